"""Jobs, each of which runs a recipe on a video, and their segments."""

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
    QUEUED = "queued", "Queued"
    RENDERING = "rendering", "Upscaling"
    PAUSED = "paused", "Paused"
    ASSEMBLING = "assembling", "Assembling"
    VERIFYING = "verifying", "Checking"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_STATES = (JobState.QUEUED, JobState.RENDERING, JobState.PAUSED, JobState.ASSEMBLING, JobState.VERIFYING)
QUEUED_STATES = (JobState.QUEUED, JobState.RENDERING, JobState.PAUSED)
"""States in which a job has a place in the queue."""
RENDERABLE_STATES = (JobState.QUEUED, JobState.RENDERING)
FINISHING_STATES = (JobState.ASSEMBLING, JobState.VERIFYING)
COMPARISON_VERSION = 2
"""The version of a comparison's files: stills, their PNGs, the comparison clip and the hover clip. A higher number
has them made again for every job."""
WITHOUT_SEGMENTS = (JobState.DONE, JobState.CANCELLED)
"""States in which a job's segments are no longer needed, and their files are deleted."""


@dataclass(frozen=True)
class ImportedResult:
    """The details of an imported result."""

    name: str
    """The owner's name for it, such as "Topaz, 2024"."""
    file_name: str
    """The file's name on the person's computer: shown, never used as a path."""
    starts: Fraction
    """Seconds after the container's start at which its first frame is shown."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"starts": str(self.starts)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ImportedResult:
        return cls(**data | {"starts": Fraction(data["starts"])})


class Job(Subject):
    """One run of a recipe. Recipe and plan are frozen when it is created, the engine by its first segment.

    An imported result is a job, too: its plan says how the original is shown beside it, and nothing runs.
    """

    video = models.ForeignKey("upscaler.Video", on_delete=models.CASCADE, related_name="jobs")
    model = models.ForeignKey("upscaler.UpscaleModel", on_delete=models.PROTECT, null=True, related_name="jobs")
    """Null for imported results, and only for them."""
    import_json = models.JSONField(null=True, blank=True)
    """The details of an imported result; null for one that was rendered here."""
    recipe_json = models.JSONField()
    plan_json = models.JSONField()
    engine_json = models.JSONField(null=True, blank=True)
    """The engine that rendered the first segment; every other segment is rendered the same way."""
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    error = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)
    waits_for = models.TextField(blank=True)
    """Why no worker can run it, such as a full disk; empty while one can."""
    priority = models.IntegerField(default=0)
    """Jobs with a higher priority run first; those with the same, in the order of their creation."""
    frames_total = models.PositiveIntegerField()
    frames_done = models.PositiveIntegerField(default=0)
    fps = models.FloatField(null=True, blank=True)
    render_seconds = models.FloatField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    receipt_json = models.JSONField(null=True, blank=True)
    comparison_version = models.PositiveSmallIntegerField(default=0)
    """The version of its comparison's files; 0 for none."""

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
        """Was the result imported?"""
        return self.import_json is not None

    @property
    def imported_result(self) -> ImportedResult | None:
        """The details of an imported result; None for one that was rendered here."""
        return ImportedResult.from_json(self.import_json) if self.import_json is not None else None

    @property
    def made_with(self) -> str:
        """The name of the model, or of an imported result."""
        imported = self.imported_result
        return imported.name if imported else self.network.name

    @property
    def network(self) -> UpscaleModel:
        """The model of a job that isn't an import."""
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
        """The rest of the rendering time at the current speed; None unless a worker renders it."""
        if self.state != JobState.RENDERING or not self.fps:
            return None
        return (self.frames_total - self.frames_done) / self.fps

    @property
    def folder(self) -> str:
        """The prefix of all of the job's keys in media storage."""
        return f"jobs/{self.id}"


class SegmentState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "Claimed"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Segment(models.Model):
    """The frames [start, end) of a job, which are claimed, rendered and retried together.

    ``fence`` grows with every claim; a worker may commit only while it holds the latest number.
    ``attempt`` is counted before any work, so that a crash counts too.
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
    """Frames that are rendered so far."""
    fps = models.FloatField(null=True, blank=True)
    """The speed of the worker that renders it, or rendered it last."""
    frames = models.PositiveIntegerField(default=0)
    """Frames that were counted into its file."""
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    seconds = models.FloatField(default=0)
    changes_nothing = models.BooleanField(default=False)
    """Does every picture of the network equal plain enlargement?"""
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["job", "index"], name="segment_once_per_job")]
        indexes = [models.Index(fields=["state", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.job_id} {self.start}:{self.end}"
