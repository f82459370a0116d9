"""How a line of the server's log is written."""

from __future__ import annotations

import logging

from upscaler.pipeline.core.printable import printable_lines


class OneRecord(logging.Formatter):
    """Indents what follows a record's first line, and leaves control characters out.

    Records quote strangers: names of files, what a site answered, what a program said of a file. None of these can pass
    itself off as a record of its own, or speak to the terminal that shows the log.
    """

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(printable_lines(super().format(record)).split("\n"))
