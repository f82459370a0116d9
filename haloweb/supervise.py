"""``python -m haloweb.supervise -c FILE``: supervisord, which also says on the terminal what it can't start.

By itself it writes that into its log alone, and tries again for ever.
"""

from __future__ import annotations

import sys
from typing import TextIO

from supervisor import supervisord
from supervisor.loggers import LogRecord, StreamHandler
from supervisor.options import ServerOptions

SPAWN_ERROR = "spawnerr: "
"""With which supervisord begins what it logs of a process that could not be started."""


class Terminal(StreamHandler):  # type: ignore[misc]
    """Says each reason once; everything else is in the log alone."""

    def __init__(self, stream: TextIO, log: str) -> None:
        super().__init__(stream)
        self._log = log
        self._said: set[str] = set()

    def emit(self, record: LogRecord) -> None:
        reason = str(record.msg)
        if not reason.startswith(SPAWN_ERROR) or reason in self._said:
            return
        self._said.add(reason)
        self.stream.write(
            f"server: a process can't be started, and is tried again: {reason.removeprefix(SPAWN_ERROR)}. "
            f"All that happened is in {self._log}\n"
        )
        self.flush()


class Options(ServerOptions):  # type: ignore[misc]
    def make_logger(self) -> None:
        super().make_logger()
        self.logger.addHandler(Terminal(sys.stderr, self.logfile))


def main() -> None:
    supervisord.ServerOptions = Options  # main() makes them anew at each SIGHUP
    supervisord.main()


if __name__ == "__main__":
    main()
