"""Template filters for units and facts; the words are those of upscaler/wording."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from upscaler.library.fact_rows import fact_rows
from upscaler.wording.durations import clock, moment
from upscaler.wording.proportions import percent
from upscaler.wording.rates import speed
from upscaler.wording.sizes import limit

register = template.Library()

for words in (clock, moment, percent, speed, limit, fact_rows):
    register.filter(words)


@register.filter
def local_time(at: datetime, shows: str = "") -> SafeString:
    """Return a time in UTC, which js/local-time.js shows in the reader's own zone; with "date" only its day."""
    in_utc = at.astimezone(UTC)
    text = f"{in_utc:%-d %B %Y} UTC" if shows == "date" else f"{in_utc:%-d %B %Y, %H:%M} UTC"
    return format_html(
        '<local-time data-shows="{}"><time datetime="{}">{}</time></local-time>', shows, at.isoformat(), text
    )
