"""Times in templates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from upscaler.templatetags.words import local_time


def test_a_time_is_marked_as_utc() -> None:
    evening = datetime(2026, 12, 5, 23, 30, tzinfo=UTC)
    assert ">5 December 2026, 23:30 UTC</time>" in local_time(evening)
    assert ">5 December 2026 UTC</time>" in local_time(evening, "date")
    assert ">5 December 2026, 23:30 UTC</time>" in local_time(evening.astimezone(timezone(timedelta(hours=9))))
