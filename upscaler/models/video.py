"""Sources."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models, transaction

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.planning.clip_profiles import OTHER, kind_of

from .listing import Listing
from .subject import Subject
from .tag import Tag

FIRST_YEAR, LAST_YEAR = 1970, 2100


class VideoState(models.TextChoices):
    JOINING = "joining", "Joining its parts"
    FETCHING = "fetching", "Being fetched"
    UPLOADING = "uploading", "Uploading"
    PROBING = "probing", "Looking at it"
    ANALYSING = "analysing", "Measuring"
    PAIRING = "pairing", "Matching it to the original"
    READY = "ready", "Ready"
    REFUSED = "refused", "Refused"


INTAKE_STATES = (
    *(VideoState.JOINING, VideoState.FETCHING, VideoState.PROBING, VideoState.ANALYSING),
    VideoState.PAIRING,
)
"""In which a video waits for its analysis, or is being analysed."""


class Game(models.TextChoices):
    """What was played. The names are what a person searches for, too."""

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
    """An uploaded source. The original file is never touched after it was stored."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="videos")
    title = models.CharField(max_length=200)
    original_name = models.CharField(max_length=255)
    """As the person's computer called it: shown, never used as a path."""
    state = models.CharField(max_length=12, choices=VideoState, default=VideoState.UPLOADING)
    error = models.TextField(blank=True)
    notice = models.TextField(blank=True)
    """What its owner should know all the same, such as why no job was started."""
    starts_job = models.BooleanField(default=True)
    """Start a job with the owner's defaults as soon as the video is ready."""
    kind = models.CharField(max_length=20, default=OTHER)
    """One of pipeline.kinds: what its owner said it is. Decides the filters of its first job."""
    imported_from = models.TextField(blank=True)
    """The address that it was fetched from; empty for what was uploaded."""
    upscale_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="brought")
    """Of a file that was brought as an upscale made elsewhere: the original. It becomes a result of that one once it
    is measured; where it does not fit, it stays a video of its own, and ``notice`` says why."""
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    facts_json = models.JSONField(null=True, blank=True)

    game = models.CharField(max_length=12, choices=Game, blank=True)
    map = models.CharField(max_length=100, blank=True)
    mode = models.CharField(max_length=100, blank=True)
    players = models.CharField(max_length=500, blank=True)
    """As a person types them, with commas between."""
    year = models.PositiveSmallIntegerField(
        "Year", null=True, blank=True, validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    """In which it was played, or recorded."""
    source_url = models.CharField(max_length=1000, blank=True, validators=[URLValidator(schemes=["http", "https"])])
    """Where it was found."""
    uploader = models.CharField(max_length=200, blank=True)
    """Who put it there first."""
    notes = models.TextField(blank=True)
    tags = models.ManyToManyField(Tag, related_name="videos", blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)
    """Since when it is in the trash: nobody but its owner finds it there, and after a time it is deleted."""

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["owner", "trashed_at"], name="video_trash"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new one is in the library from its first moment, whoever makes it."""
        is_new = self._state.adding
        if is_new and not self.game:
            self.game = kind_of(self.kind).game
        with transaction.atomic():
            super().save(*args, **kwargs)
            if is_new:
                Listing.first(self).save(force_insert=True)

    @property
    def key(self) -> str:
        """Where the original lies in media storage."""
        return f"videos/{self.id}/original"

    @property
    def facts(self) -> Facts | None:
        return Facts.from_json(self.facts_json) if self.facts_json else None
