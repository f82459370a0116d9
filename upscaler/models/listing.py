"""What the library finds a video by: one narrow row a video."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from .video import Video

LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not take apart into a plain one and an accent."""


MOST_SORTED = 400
"""Letters of a title that are sorted by."""


def fold(text: str) -> str:
    """Text as it is searched: no accents, no case, one space between words."""
    if text.isascii():  # a tenth of the time, and almost always
        return " ".join(text.lower().split())
    parts = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(plain.translate(LETTERS).split())


def in_order(title: str) -> str:
    """What titles are sorted by: "part 10" comes after "part 9"."""
    return re.sub(r"\d+", lambda number: number.group().zfill(6), fold(title))[:MOST_SORTED]


class Listing(models.Model):
    """Of a video that is in the library, all that is searched, filtered and sorted by. One in the trash has none.

    A table of its own, because it is read as a whole for a search: rows of videos and jobs are ten times as wide with
    what was measured and planned. ``upscaler/library/listing.py`` keeps it.
    """

    video = models.OneToOneField("upscaler.Video", on_delete=models.CASCADE, primary_key=True, related_name="listing")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    sort_title = models.CharField(max_length=MOST_SORTED)
    search_text = models.TextField()
    """Title, game, map, mode, players, tags, notes, file name and uploader, folded, each on a line of its own."""
    game = models.CharField(max_length=12, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    """Of the source, in lines; null until it is measured, as ``seconds``."""
    seconds = models.FloatField(null=True)
    size = models.PositiveBigIntegerField()
    state = models.CharField(max_length=12)
    """Of the newest job, or of the video where there is none."""
    model = models.ForeignKey("upscaler.UpscaleModel", on_delete=models.SET_NULL, null=True, related_name="+")
    """That of the newest job."""

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
        """That of a video that has just come: nothing is known but its names."""
        return cls(
            video=video,
            owner_id=video.owner_id,
            created_at=video.created_at,
            sort_title=in_order(video.title),
            search_text=f"{fold(video.title)}\n{fold(video.original_name)}",
            size=video.size,
            state=video.state,
        )
