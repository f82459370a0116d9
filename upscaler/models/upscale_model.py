"""Network weights that jobs can choose."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from upscaler.media.medium import medium
from upscaler.pipeline.networks.builtin import BUILTIN
from upscaler.pipeline.networks.weights import Weights, local_weights


class ModelState(models.TextChoices):
    CHECKING = "checking", "Being checked"
    READY = "ready", "Ready"
    REFUSED = "refused", "Refused"


class UpscaleModel(models.Model):
    """A set of network weights. ``shipped`` names one that comes with the app, and has no file of ours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    shipped = models.CharField(max_length=80, blank=True)
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
    created_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    """While it is being checked: until when the worker is believed to be alive."""
    leased_by = models.CharField(max_length=120, blank=True)
    """Name of the worker that checks it."""
    starts = models.PositiveSmallIntegerField(default=0)
    """How often the check was begun without coming to an end."""

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """Where the safetensors file lies in media storage."""
        return f"models/{self.id}/weights.safetensors"

    @property
    def upload_key(self) -> str:
        """Where the file lies as it came, until it is checked."""
        return f"models/{self.id}/upload"

    @property
    def weights(self) -> Weights:
        """What the pipeline needs to load the network. From object storage, the file has to be had first."""
        if self.shipped:
            return BUILTIN[self.shipped]
        path = str(medium().reading_path(self.key))
        return local_weights(self.name, path, self.sha256, self.architecture, self.scale)
