"""Runs of a recipe on a video, and the segments that they are made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from django.db import models

from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.plan import Plan

from .subject import Subject
from .upscale_model import UpscaleModel


class JobState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RENDERING = "rendering", "Upscaling"
    PAUSED = "paused", "Paused"
    ASSEMBLING = "assembling", "Putting it together"
    VERIFYING = "verifying", "Checking the result"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_STATES = (JobState.QUEUED, JobState.RENDERING, JobState.PAUSED, JobState.ASSEMBLING, JobState.VERIFYING)
QUEUED_STATES = (JobState.QUEUED, JobState.RENDERING, JobState.PAUSED)
"""In which a job has a place in the queue."""
RENDERABLE_STATES = (JobState.QUEUED, JobState.RENDERING)
FINISHING_STATES = (JobState.ASSEMBLING, JobState.VERIFYING)
COMPARISON_VERSION = 2
"""The version of what a comparison is made of: stills and their PNGs, the comparison clip and the sweep. A higher
number has that of every job made again."""
FINAL_STATES = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
WITHOUT_SEGMENTS = (JobState.DONE, JobState.CANCELLED)
"""In which nobody needs a job's segments any more, and their files go."""


@dataclass(frozen=True)
class ImportedResult:
    """What is known of a result that was made elsewhere."""

    name: str
    """As its owner calls it, such as "Topaz, 2024"."""
    file_name: str
    """As the person's computer called the file: shown, never used as a path."""
    starts: Fraction
    """Seconds after the container's start at which its first frame is shown."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"starts": str(self.starts)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ImportedResult:
        return cls(**data | {"starts": Fraction(data["starts"])})


class Job(Subject):
    """One run. The recipe and the plan are frozen when it is made; the engine by the first segment.

    Of a result that was made elsewhere, the plan says how the original is shown beside it; nothing was run.
    """

    video = models.ForeignKey("upscaler.Video", on_delete=models.CASCADE, related_name="jobs")
    model = models.ForeignKey("upscaler.UpscaleModel", on_delete=models.PROTECT, null=True, related_name="jobs")
    """Null for what was made elsewhere, and only there."""
    import_json = models.JSONField(null=True, blank=True)
    """What is known of a result that was made elsewhere; null for one that was made here."""
    recipe_json = models.JSONField()
    plan_json = models.JSONField()
    engine_json = models.JSONField(null=True, blank=True)
    """What made the first segment's pixels; every other segment is made the same way."""
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    error = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)
    waits_for = models.TextField(blank=True)
    """Why nobody works on it though it is wanted, such as a full disk; empty while somebody may."""
    priority = models.IntegerField(default=0)
    """Jobs with a higher one come first; those with the same, in the order in which they were made."""
    frames_total = models.PositiveIntegerField()
    frames_done = models.PositiveIntegerField(default=0)
    fps = models.FloatField(null=True, blank=True)
    render_seconds = models.FloatField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    receipt_json = models.JSONField(null=True, blank=True)
    comparison_version = models.PositiveSmallIntegerField(default=0)
    """Which version of the files of its comparison there is; 0 for none."""

    class Meta:
        indexes = [models.Index(fields=["state", "-priority", "created_at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(model__isnull=True) ^ models.Q(import_json__isnull=True),
                name="job_made_here_or_imported",
            )
        ]

    def __str__(self) -> str:
        return f"{self.video.title} with {self.made_with}"

    @property
    def is_import(self) -> bool:
        """Was the result made elsewhere, and brought here to be compared?"""
        return self.import_json is not None

    @property
    def brought(self) -> ImportedResult | None:
        return ImportedResult.from_json(self.import_json) if self.import_json is not None else None

    @property
    def made_with(self) -> str:
        """Name of the model, or what its owner calls what was made elsewhere."""
        brought = self.brought
        return brought.name if brought else self.network.name

    @property
    def network(self) -> UpscaleModel:
        """The model of a job that is run here."""
        assert self.model is not None
        return self.model

    @property
    def recipe(self) -> Recipe:
        return Recipe.from_json(self.recipe_json)

    @property
    def plan(self) -> Plan:
        return Plan.from_json(self.plan_json)

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def seconds_left(self) -> float | None:
        """Of rendering, at the speed that it has now; None unless somebody is at it."""
        if self.state != JobState.RENDERING or not self.fps:
            return None
        return (self.frames_total - self.frames_done) / self.fps

    @property
    def folder(self) -> str:
        """Prefix of all of the job's keys in media storage."""
        return f"jobs/{self.id}"


class SegmentState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "Claimed"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Segment(models.Model):
    """The frames [start, end) of a job: what is claimed, rendered and retried.

    ``fence`` grows with every claim; a worker may commit only while it still holds the number that
    it was given. ``attempt`` is counted before any work, so that a crash counts too.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="segments")
    index = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=SegmentState, default=SegmentState.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=200, blank=True)
    frames_begun = models.PositiveIntegerField(default=0)
    """How many are rendered, while it is under work."""
    fps = models.FloatField(null=True, blank=True)
    """Of the worker that has it, or had it last."""
    frames = models.PositiveIntegerField(default=0)
    """How many were counted into its file."""
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    seconds = models.FloatField(default=0)
    changes_nothing = models.BooleanField(default=False)
    """Does every picture of it that the network gave equal plain enlargement?"""
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="segment_once_per_job")]
        indexes = [models.Index(fields=["state", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.job_id} {self.start}:{self.end}"
