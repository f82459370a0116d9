"""Icons of the sprite that script/bootstrap makes of those named in script/vendor.txt."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SPRITE = "vendor/icons.svg"


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the icon of this name. It says nothing to a screen reader: its button or link has words of its own."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static(SPRITE), name)
