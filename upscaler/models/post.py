"""Clips to post: short pieces of a comparison for other sites."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from upscaler.pipeline.posting.clip_recipe import FORMATS, FORMS, PostRecipe

from .leased import Leased


class PostState(models.TextChoices):
    WANTED = "wanted", "Queued"
    DONE = "done", "Ready"
    FAILED = "failed", "Failed"


class Post(Leased):
    """One clip of a finished job. It is for the job's owner, not behind any link."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey("upscaler.Job", on_delete=models.CASCADE, related_name="posts")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    form = models.CharField(max_length=8, choices=FORMS)
    format = models.CharField(max_length=8, choices=FORMATS)
    first = models.PositiveIntegerField()
    """The number of its first frame in the job's plan."""
    frames = models.PositiveIntegerField()
    most_bytes = models.PositiveIntegerField()
    with_sound = models.BooleanField()
    with_labels = models.BooleanField()
    state = models.CharField(max_length=8, choices=PostState, default=PostState.WANTED)
    error = models.TextField(blank=True)
    """Why it failed."""
    waits_for = models.TextField(blank=True)
    """Why no worker can make it, such as a full disk."""
    artifact = models.OneToOneField(
        "upscaler.Artifact", on_delete=models.SET_NULL, null=True, blank=True, related_name="post"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "form", "format", "first", "frames", "most_bytes", "with_sound", "with_labels"],
                name="post_is_made_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_form_display()} of {self.job_id} from frame {self.first}"

    @property
    def recipe(self) -> PostRecipe:
        return PostRecipe(
            form=self.form,
            format=self.format,
            first=self.first,
            frames=self.frames,
            most_bytes=self.most_bytes,
            with_sound=self.with_sound,
            with_labels=self.with_labels,
        )

    @property
    def is_being_made(self) -> bool:
        """Does a worker make it now?"""
        return self.state == PostState.WANTED and self.lease_until is not None and self.lease_until > timezone.now()
