"""What a stranger writes is never a line of the server's log."""

from __future__ import annotations

import logging

import pytest

FORGED = "\n2026-11-29 12:00:00,000 CRITICAL django: forged\x1b[2J\u202e\r\x07"


def written(record: logging.LogRecord) -> list[str]:
    """The lines that the server's own handler makes of it."""
    handler = next(handler for handler in logging.getLogger().handlers if handler.name == "console")
    return handler.format(record).split("\n")


def record_of(message: str, *arguments: object) -> logging.LogRecord:
    return logging.getLogger("halo").makeRecord("halo", logging.INFO, __file__, 1, message, arguments, None)


def test_a_record_is_one_line_that_begins_at_the_margin() -> None:
    first, *rest = written(record_of("%s was refused: %s", "a file", f"a name{FORGED}\n\tand more"))
    assert first.endswith(" INFO halo: a file was refused: a name")
    assert "    2026-11-29 12:00:00,000 CRITICAL django: forged [2J" in [line.rstrip() for line in rest]
    assert all(line.startswith("    ") for line in rest)


def test_nothing_in_it_speaks_to_a_terminal() -> None:
    assert "".join(written(record_of("%s", FORGED))).isprintable()


def test_a_name_that_is_not_utf_8_can_be_written() -> None:
    assert "".join(written(record_of("%s", "f\udcf6r.avi"))).encode()


def test_a_traceback_keeps_its_shape(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(f"what a site said{FORGED}")
    except ValueError:
        logging.getLogger("halo").warning("it failed", exc_info=True)
    (record,) = caplog.records
    _, second, third, *rest = written(record)
    assert (second, third[:12]) == ("    Traceback (most recent call last):", '      File "')
    assert all(line.startswith("    ") for line in rest)
