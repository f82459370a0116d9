"""Restrictions of the download process, by an audit hook that Python code can't remove.

Every connection is checked by its IP address, so that neither a redirect nor a name that resolves differently the
second time leads into the local network. No other program is started: ffmpeg would open URLs by itself. Files are
written, renamed and removed in one folder only. The hook doesn't see what C extensions do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .addresses import PRIVATE, Allows, is_in
from .local_networks import Network

PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn")
DATAGRAMS = ("socket.sendto", "socket.sendmsg", "socket.bind")
ONE_FOLDER = "files are written to one folder only"
LINKS = ("os.link", "os.symlink")
CHANGES = {
    "os.rename": 2,
    "os.remove": 1,
    "os.mkdir": 1,
    "os.rmdir": 1,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.chown": 1,
    "os.utime": 1,
    "os.setxattr": 1,
    "os.removexattr": 1,
}
"""Audit events, with the number of their leading arguments that are paths."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Guard:
    """The audit hook. ``refused`` is set once a connection to a non-public address was attempted."""

    def __init__(self, folder: Path, allows: Allows, barred: Sequence[Network] = ()) -> None:
        self.refused = False
        self._folder = os.path.realpath(folder)
        self._allows = allows
        self._barred = barred

    def install(self) -> None:
        """Install the hook for the rest of the process."""
        sys.addaudithook(self._audit)

    def _audit(self, event: str, values: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            self._connect(values[1])
        elif event == "open":
            self._open(values[0], values[2])
        elif event in CHANGES:
            for path in values[: CHANGES[event]]:
                self._change(path)
        elif event in PROGRAMS:
            raise FileNotFoundError("no other program is started here")
        elif event in DATAGRAMS:
            raise PermissionError("only connections are made here")
        elif event in LINKS:
            raise PermissionError("no links are made here")

    def _connect(self, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if not isinstance(host, str) or not self._allows(host) or is_in(host, self._barred):
            self.refused = True
            raise PermissionError(PRIVATE)

    def _open(self, path: Any, flags: Any) -> None:
        if not isinstance(flags, int) or not flags & WRITES or isinstance(path, int):
            return
        if os.path.dirname(os.path.realpath(os.fsdecode(path))) != self._folder:  # noqa: PTH120
            raise PermissionError(ONE_FOLDER)

    def _change(self, path: Any) -> None:
        """Check a change of the entry itself, which may be a link. A path relative to ``dir_fd`` is refused, since the
        current folder is another."""
        if isinstance(path, int):
            return
        if os.path.realpath(os.path.dirname(os.path.abspath(os.fsdecode(path)))) != self._folder:  # noqa: PTH120
            raise PermissionError(ONE_FOLDER)
