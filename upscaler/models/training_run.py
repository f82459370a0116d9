"""Training runs: fine-tunings of a network on a dataset."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .dataset import Dataset
from .subject import Subject
from .upscale_model import UpscaleModel


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    PREPARING = "preparing", "Preparing samples"
    TRAINING = "training", "Training"
    PAUSED = "paused", "Paused"
    EVALUATING = "evaluating", "Evaluating"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_RUN_STATES = (
    *(RunState.QUEUED, RunState.PREPARING, RunState.TRAINING),
    *(RunState.PAUSED, RunState.EVALUATING),
)


class TrainingRun(Subject):
    """One run. Its recipes are frozen when it starts; its checkpoints, snapshots and samples are in ``folder``."""

    dataset = models.ForeignKey(Dataset, on_delete=models.RESTRICT, related_name="runs")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    name = models.CharField(max_length=120)
    base = models.ForeignKey(UpscaleModel, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The model that it starts from; null from scratch."""
    recipe_json = models.JSONField()
    """A training.trainer.recipe.TrainingRecipe."""
    preparation_json = models.JSONField()
    """How its samples are made: the era, the twins, the tiles."""
    state = models.CharField(max_length=12, choices=RunState, default=RunState.QUEUED)
    error = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)
    waits_for = models.TextField(blank=True)
    """Why no worker can run it; empty while one can."""
    yields = models.BooleanField(default=True)
    """Does it leave the device to upscaling jobs, and continue after them?"""
    samples_done = models.PositiveIntegerField(default=0)
    """Shards of samples."""
    samples_total = models.PositiveIntegerField(default=0)
    step = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    """Steps; 0 while the speed isn't known yet."""
    seconds = models.FloatField(default=0.0)
    """Seconds that it trained."""
    best_step = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def folder(self) -> str:
        """The folder of its files in media storage."""
        return f"runs/{self.id}"


class RunPoint(models.Model):
    """A point of a run's curves."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="points")
    step = models.PositiveIntegerField()
    seconds = models.FloatField()
    loss = models.FloatField(null=True)
    rate = models.FloatField()
    score = models.FloatField(null=True)
    """The held-out PSNR-Y in dB, where the averaged weights were kept and scored."""
    note = models.TextField(blank=True)
    """What the guard did."""
    has_snapshot = models.BooleanField(default=False)

    class Meta:
        ordering = ["run", "step"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="point_of_run")]

    def __str__(self) -> str:
        return f"Step {self.step}"
