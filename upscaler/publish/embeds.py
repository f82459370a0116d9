"""The HTML that shows a comparison in a page of another site, and its size there."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from upscaler.pipeline.planning.plan import Size

WIDTH = 960
"""Pixels, unless the other page has less space."""
CONTROLS_HEIGHT = 150
"""Pixels of height for the title and the controls."""
MIN_WIDTH = 200


@dataclass(frozen=True)
class Frame:
    """The size of a frame in another page, in pixels."""

    width: int
    height: int


def frame_for(picture: Size, max_width: int | None = None, max_height: int | None = None) -> Frame:
    """Return a frame for a picture of this shape and the controls, within the space that the other page has."""
    width = min(WIDTH, max_width or WIDTH)
    height = round(width * picture.height / picture.width) + CONTROLS_HEIGHT
    if max_height is not None and height > max_height:
        height = max_height
        width = min(width, max(MIN_WIDTH, round((height - CONTROLS_HEIGHT) * picture.width / picture.height)))
    return Frame(width, height)


def snippet(address: str, title: str, frame: Frame) -> SafeString:
    """Return the iframe of an embed page. ``title`` is for screen readers."""
    return format_html(
        '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy" allow="fullscreen" '
        'referrerpolicy="no-referrer"></iframe>',
        address,
        frame.width,
        frame.height,
        title,
    )
