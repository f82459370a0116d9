"""Datasets: captures that models are trained on, their frames, and the links by which friends add captures."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone

from .leased import Leased
from .share import new_token
from .subject import Subject
from .video import Game


class Dataset(Subject):
    """Captures of a game, and what was harvested of them. Pages watch it while captures are measured."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=120)
    game = models.CharField(max_length=12, choices=Game, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    """For captures that have none of their own: an SPDX identifier or a sentence."""
    notes = models.TextField(blank=True)
    harvest_json = models.JSONField(default=dict, blank=True)
    """The options of the harvest; empty for the defaults."""
    leaks_json = models.JSONField(null=True, blank=True)
    """How the last leak check stands and what it found; null without one since the last change."""
    export_json = models.JSONField(null=True, blank=True)
    """How the last export stands, and the size and SHA-256 of its archive; null without one."""

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> str:
        """The folder of its own files in media storage; captures have theirs."""
        return f"datasets/{self.id}"

    @property
    def export_key(self) -> str:
        """The key of the archive of its export."""
        return f"{self.folder}/export.zip"


class CaptureState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    MEASURING = "measuring", "Analysing"
    HARVESTING = "harvesting", "Harvesting frames"
    READY = "ready", "Ready"
    REFUSED = "refused", "Refused"


CAPTURE_ACTIVE_STATES = (CaptureState.WAITING, CaptureState.MEASURING, CaptureState.HARVESTING)
"""The states in which a worker has something to do."""


class CaptureSplit(models.TextChoices):
    TRAINING = "training", "Training"
    HELD_OUT = "held-out", "Held out"


class Capture(Leased):
    """One recording of a dataset: a video, or an archive of pictures. Its file never changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="captures")
    video = models.ForeignKey("upscaler.Video", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    """The video of the library that it is a copy of, if it is."""
    link = models.ForeignKey(
        "upscaler.CaptureLink", on_delete=models.SET_NULL, null=True, blank=True, related_name="captures"
    )
    """The link by which it was added, if it was."""
    contributor = models.CharField(max_length=120, blank=True)
    """The name that a friend entered who added it by a link."""
    title = models.CharField(max_length=200)
    original_name = models.CharField(max_length=255, blank=True)
    map = models.CharField(max_length=100, blank=True)
    licence = models.CharField(max_length=120, blank=True)
    split = models.CharField(max_length=10, choices=CaptureSplit, default=CaptureSplit.TRAINING)
    state = models.CharField(max_length=12, choices=CaptureState, default=CaptureState.WAITING)
    error = models.TextField(blank=True)
    facts_json = models.JSONField(null=True, blank=True)
    """A training.core.capture.Capture, without its path; null until it is measured."""
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    frames_seen = models.PositiveIntegerField(default=0)
    """Frames that the harvest looked at so far."""
    frames_kept = models.PositiveIntegerField(default=0)
    """Frames that are used: those of the harvest's choice, and of people's."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def folder(self) -> str:
        """The folder of its files in media storage."""
        return f"captures/{self.id}"

    @property
    def key(self) -> str:
        """The key of its file in media storage."""
        return f"{self.folder}/original"

    def sheet_key(self, page: int) -> str:
        """Return the key of a page of thumbnails."""
        return f"{self.folder}/sheets/{page:05d}.jpg"


class Frame(models.Model):
    """A frame that the harvest looked at closely. ``kept`` is its choice; ``choice`` is a person's, which wins."""

    capture = models.ForeignKey(Capture, on_delete=models.CASCADE, related_name="frames")
    number = models.PositiveIntegerField()
    burst = models.PositiveIntegerField()
    """The number of the first frame of its burst."""
    scene = models.PositiveIntegerField()
    sharpness = models.FloatField()
    brightness = models.FloatField()
    motion = models.FloatField(null=True)
    """Null for stills."""
    hash = models.BigIntegerField()
    """The 64 bits of its perceptual hash, as a signed number."""
    kept = models.BooleanField()
    reason = models.CharField(max_length=20, blank=True)
    """Why the harvest left it out."""
    choice = models.BooleanField(null=True)
    """True to include it, False to exclude it, null for the harvest's choice."""
    is_used = models.GeneratedField(
        expression=Coalesce("choice", "kept"), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        ordering = ["capture", "number"]
        constraints = [models.UniqueConstraint(fields=["capture", "number"], name="frame_of_capture")]
        indexes = [models.Index(fields=["capture", "is_used", "number"], name="frame_used")]

    def __str__(self) -> str:
        return f"Frame {self.number}"


class CaptureLink(models.Model):
    """A link by which anyone with its token adds captures to a dataset, until it is revoked, expires or is used up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="links")
    token = models.CharField(max_length=64, unique=True, default=new_token)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    """None for never."""
    note = models.TextField(max_length=1000, blank=True)
    """Shown on its page: what to capture, and how."""
    licence = models.CharField(max_length=120)
    """What contributors agree to."""
    password = models.CharField(max_length=128, blank=True)
    """Hashed; empty for none."""
    max_captures = models.PositiveSmallIntegerField(default=10)
    max_bytes = models.PositiveBigIntegerField(default=20 * 1024**3)
    """Of all captures together."""

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Capture link of {self.dataset_id}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()
