"""The icon tag, and the sprite that it refers to."""

from __future__ import annotations

import re

from django.conf import settings
from django.template import Context, Template

NAMES = re.compile(r"(?m)^lucide\S+\s+icons\.svg#(\S+)")


def sprite() -> set[str]:
    """The names that script/bootstrap puts into the sprite."""
    return set(NAMES.findall((settings.BASE_DIR / "script/vendor.txt").read_text()))


def test_an_icon_is_a_reference_into_the_sprite() -> None:
    html = Template('{% icon "film" %}').render(Context())

    assert re.fullmatch(
        r'<svg class="icon" aria-hidden="true"><use href="/static/vendor/icons(\.\w+)?\.svg#film"></use></svg>', html
    )


def test_every_icon_of_the_templates_is_in_the_sprite() -> None:
    used = {
        name
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r'\{% icon "([^"]+)" %\}', path.read_text())
    }

    assert "film" in used
    assert used - sprite() == set()


def test_every_icon_of_the_sprite_is_used() -> None:
    sources = [
        path.read_text()
        for folder, pattern in (("templates", "*.html"), ("static/upscaler/js", "*.js"))
        for path in (settings.BASE_DIR / folder).rglob(pattern)
    ]

    assert {name for name in sprite() if not any(f'"{name}"' in source for source in sources)} == set()
