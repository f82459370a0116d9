"""How templates are written; script/test checks their indentation by djhtml."""

from __future__ import annotations

from django.conf import settings

MAX_COLUMNS = 120


def test_no_line_is_longer_than_120_columns() -> None:
    templates = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
    too_long = [
        f"{path.relative_to(settings.BASE_DIR)}:{number}"
        for path in templates
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > MAX_COLUMNS
    ]

    assert templates
    assert too_long == []
