"""The piece of HTML that shows a comparison in another page, and how large it is there."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from upscaler.pipeline.planning.plan import Size

WIDTH = 960
"""Unless the other page says that it has less room, or more than its height allows."""
BESIDE = 150
"""Pixels of height besides the picture: what it is called, and what is pressed."""
LEAST = 200


@dataclass(frozen=True)
class Frame:
    """Of the other page, in its pixels."""

    width: int
    height: int


def frame_for(picture: Size, most_width: int | None = None, most_height: int | None = None) -> Frame:
    """Room for a picture of this shape and for what is beside it, within what there is."""
    width = min(WIDTH, most_width or WIDTH)
    height = round(width * picture.height / picture.width) + BESIDE
    if most_height is not None and height > most_height:
        height = most_height
        width = min(width, max(LEAST, round((height - BESIDE) * picture.width / picture.height)))
    return Frame(width, height)


def snippet(address: str, title: str, frame: Frame) -> SafeString:
    """An iframe of an embed page. ``title`` is for those who don't see it."""
    return format_html(
        '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" allow="fullscreen" '
        'referrerpolicy="no-referrer"></iframe>',
        address,
        frame.width,
        frame.height,
        title,
    )
