"""Models: network weights that jobs can use."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from upscaler.media.media_store import media_store
from upscaler.pipeline.networks.builtin import BUILTIN
from upscaler.pipeline.networks.weights import Weights, local_weights

from .leased import Leased


class ModelState(models.TextChoices):
    CHECKING = "checking", "Checking"
    READY = "ready", "Ready"
    REFUSED = "refused", "Refused"


class UpscaleModel(Leased):
    """A set of network weights. ``builtin_name`` is the name of a built-in one, which has no file in media storage."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    builtin_name = models.CharField(max_length=80, blank=True)
    original_name = models.CharField(max_length=255, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=ModelState, default=ModelState.CHECKING)
    error = models.TextField(blank=True)
    architecture = models.CharField(max_length=80, blank=True)
    scale = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    licence = models.CharField(max_length=120, blank=True)
    notes = models.TextField(blank=True)
    run = models.ForeignKey(
        "upscaler.TrainingRun", on_delete=models.SET_NULL, null=True, blank=True, related_name="versions"
    )
    """The training run that it was published from; null for a model that was uploaded or is built in."""
    step = models.PositiveIntegerField(default=0)
    """The step of its run."""
    card_json = models.JSONField(null=True, blank=True)
    """Its card: lineage, evaluation and limits; null for a model without one."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The key of the safetensors file in media storage."""
        return f"models/{self.id}/weights.safetensors"

    @property
    def upload_key(self) -> str:
        """The key of the uploaded file, until it is checked."""
        return f"models/{self.id}/upload"

    @property
    def weights(self) -> Weights:
        """The data by which the pipeline loads the network. A file of object storage has to be downloaded first."""
        if self.builtin_name:
            return BUILTIN[self.builtin_name]
        path = str(media_store().reading_path(self.key))
        return local_weights(self.name, path, self.sha256, self.architecture, self.scale)
