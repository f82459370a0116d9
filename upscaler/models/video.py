"""Videos: the sources of jobs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models, transaction

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.planning.clip_profiles import OTHER, clip_profile

from .listing import Listing
from .subject import Subject
from .tag import Tag

FIRST_YEAR, LAST_YEAR = 1970, 2100


class VideoState(models.TextChoices):
    JOINING = "joining", "Joining"
    FETCHING = "fetching", "Downloading"
    UPLOADING = "uploading", "Uploading"
    PROBING = "probing", "Analysing"
    ANALYSING = "analysing", "Analysing"
    PAIRING = "pairing", "Matching"
    READY = "ready", "Ready"
    REFUSED = "refused", "Refused"


INTAKE_STATES = (
    *(VideoState.JOINING, VideoState.FETCHING, VideoState.PROBING, VideoState.ANALYSING),
    VideoState.PAIRING,
)
"""States in which a video waits for its analysis, or is being analysed."""


class Game(models.TextChoices):
    """The game of a video. Its label is searched, too."""

    CE = "ce", "Halo: CE"
    HALO_2 = "halo2", "Halo 2"
    HALO_3 = "halo3", "Halo 3"
    ODST = "odst", "Halo 3: ODST"
    REACH = "reach", "Halo: Reach"
    HALO_4 = "halo4", "Halo 4"
    HALO_5 = "halo5", "Halo 5"
    INFINITE = "infinite", "Halo Infinite"
    MCC = "mcc", "Master Chief Collection"
    WARS = "wars", "Halo Wars"
    CUSTOM = "custom", "Halo, custom or modded"
    OTHER = "other", "Another game"


class Video(Subject):
    """A source. Its original file never changes once it is stored."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="videos")
    title = models.CharField(max_length=200)
    original_name = models.CharField(max_length=255)
    """The file's name on the person's computer: shown, never used as a path."""
    state = models.CharField(max_length=12, choices=VideoState, default=VideoState.UPLOADING)
    error = models.TextField(blank=True)
    notice = models.TextField(blank=True)
    """A message for its owner that isn't an error, such as why no job was started."""
    starts_job = models.BooleanField(default=True)
    """Does a job with the owner's defaults start as soon as the video is ready?"""
    kind = models.CharField(max_length=20, default=OTHER)
    """The name of one of the pipeline's clip profiles, which decides the filters of its first job."""
    imported_from = models.TextField(blank=True)
    """The URL that it was imported from; empty for an upload."""
    upscale_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="imports")
    """The original of an imported result, whose result it becomes once it is analysed. If it doesn't match, it stays a
    separate video, and ``notice`` says why."""
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    facts_json = models.JSONField(null=True, blank=True)

    game = models.CharField(max_length=12, choices=Game, blank=True)
    map = models.CharField(max_length=100, blank=True)
    mode = models.CharField(max_length=100, blank=True)
    players = models.CharField(max_length=500, blank=True)
    """Names separated by commas."""
    year = models.PositiveSmallIntegerField(
        "Year", null=True, blank=True, validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    """The year in which it was played or recorded."""
    source_url = models.CharField(max_length=1000, blank=True, validators=[URLValidator(schemes=["http", "https"])])
    """The page where it was found."""
    uploader = models.CharField(max_length=200, blank=True)
    """Who uploaded it there first."""
    notes = models.TextField(blank=True)
    tags = models.ManyToManyField(Tag, related_name="videos", blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)
    """When it was moved to the trash, from which it is permanently deleted some days later."""

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["owner", "trashed_at"], name="video_trash"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the video; a new one gets its row in the library's index."""
        is_new = self._state.adding
        if is_new and not self.game:
            self.game = clip_profile(self.kind).game
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                Listing.first(self).save(force_insert=True)

    @property
    def key(self) -> str:
        """The key of the original in media storage."""
        return f"videos/{self.id}/original"

    @property
    def facts(self) -> Facts | None:
        return Facts.from_json(self.facts_json) if self.facts_json else None
