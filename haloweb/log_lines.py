"""The format of the server's log."""

from __future__ import annotations

import logging

from upscaler.pipeline.core.safe_text import printable_lines


class OneRecord(logging.Formatter):
    """Indents all but the first line of a record, and leaves control characters out.

    Records quote untrusted text: file names, answers of other sites, output of programs. None of it can look like a
    record of its own, or send control codes to the terminal that shows the log.
    """

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(printable_lines(super().format(record)).split("\n"))
