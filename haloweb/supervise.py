"""``python -m haloweb.supervise -c FILE``: supervisord that also prints to the terminal what it can't start.

The original only logs it, and tries again forever.
"""

from __future__ import annotations

import sys
from typing import TextIO

from supervisor import supervisord
from supervisor.loggers import LogRecord, StreamHandler
from supervisor.options import ServerOptions

SPAWN_ERROR = "spawnerr: "
"""The prefix of supervisord's log lines about a process that can't be started."""


class Terminal(StreamHandler):  # type: ignore[misc]
    """A log handler that prints each reason once; everything else is in the log alone."""

    def __init__(self, stream: TextIO, log: str) -> None:
        super().__init__(stream)
        self._log = log
        self._printed: set[str] = set()

    def emit(self, record: LogRecord) -> None:
        reason = str(record.msg)
        if not reason.startswith(SPAWN_ERROR) or reason in self._printed:
            return
        self._printed.add(reason)
        self.stream.write(
            f"server: Can't start a process, retrying: {reason.removeprefix(SPAWN_ERROR)}. Details are in {self._log}\n"
        )
        self.flush()


class Options(ServerOptions):  # type: ignore[misc]
    def make_logger(self) -> None:
        super().make_logger()
        self.logger.addHandler(Terminal(sys.stderr, self.logfile))


def main() -> None:
    supervisord.ServerOptions = Options  # main() creates them again at each SIGHUP
    supervisord.main()


if __name__ == "__main__":
    main()
