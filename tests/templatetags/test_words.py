"""Times in templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from tests.page import Page
from upscaler.templatetags.words import local_time


def test_a_time_is_marked_as_utc() -> None:
    evening = datetime(2026, 12, 5, 23, 30, tzinfo=UTC)
    in_japan = evening.astimezone(timezone(timedelta(hours=9)))
    assert Page(local_time(evening)).text("local-time time") == "5 December 2026, 23:30 UTC"
    assert Page(local_time(evening, "date")).text("local-time time") == "5 December 2026 UTC"
    assert Page(local_time(in_japan)).text("local-time time") == "5 December 2026, 23:30 UTC"
