"""The search index of the library: one narrow row per video."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from .video import Video

LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not decompose into a base letter and an accent."""


MAX_SORTED = 400
"""Characters of a title that count for sorting."""


def fold(text: str) -> str:
    """Return text as it is searched: no accents, no case, one space between words."""
    if text.isascii():  # a tenth of the time, and almost always
        return " ".join(text.lower().split())
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(plain.translate(LETTERS).split())


def in_order(title: str) -> str:
    """Return the sort key of a title, by which "part 10" comes after "part 9"."""
    return re.sub(r"\d+", lambda number: number.group().zfill(6), fold(title))[:MAX_SORTED]


class Listing(models.Model):
    """The columns by which a video is searched, filtered and sorted. A video in the trash has no row.

    It is a table of its own because a search reads all of it: rows of videos and jobs are ten times as wide, with
    facts and plans. ``upscaler/library/listing.py`` keeps it up to date.
    """

    video = models.OneToOneField("upscaler.Video", on_delete=models.CASCADE, primary_key=True, related_name="listing")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    sort_title = models.CharField(max_length=MAX_SORTED)
    search_text = models.TextField()
    """Title, game, map, mode, players, tags, notes, file name and uploader, folded, each on a line of its own."""
    game = models.CharField(max_length=12, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    """The source's height in lines; null, like ``seconds``, until it is analysed."""
    seconds = models.FloatField(null=True)
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=12)
    """The state of the newest job, or of a video without jobs."""
    model = models.ForeignKey("upscaler.UpscaleModel", on_delete=models.SET_NULL, null=True, related_name="+")
    """The model of the newest job."""

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at", "video"]),
            models.Index(fields=["owner", "sort_title", "video"]),
            models.Index(fields=["owner", "year"]),
        ]

    def __str__(self) -> str:
        return self.sort_title

    @classmethod
    def first(cls, video: Video) -> Listing:
        """Return the row of a new video, of which only the names are known."""
        return cls(
            video=video,
            owner_id=video.owner_id,
            created_at=video.created_at,
            sort_title=in_order(video.title),
            search_text=f"{fold(video.title)}\n{fold(video.original_name)}",
            size=video.size,
            state=video.state,
        )
