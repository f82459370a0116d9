"""A line to the server that can be slow, and can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

PART_BYTES = 16 * 1024


class Proxy:
    """Forwards every byte both ways. ``bytes_a_second`` holds for each connection on its way up; 0 for no bound."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self._frozen: set[socket.socket] = set()
        self.bytes_a_second = 0
        self.sent_up = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Break what is open off in the middle; nobody gets through until ``mend``."""
        self._is_cut = True
        self._drop_all()

    def freeze(self) -> None:
        """What is open now stays open, and not a byte goes through it any more."""
        with self._lock:
            self._frozen |= self._open

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self._listener.close()
        self._drop_all()
        self._frozen.clear()

    def _drop_all(self) -> None:
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._is_cut:
                    raise ConnectionRefusedError
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._forward, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, False), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(PART_BYTES):
                while source in self._frozen:
                    time.sleep(0.1)
                target.sendall(part)
                if is_up:
                    self.sent_up += len(part)
                    if self.bytes_a_second:
                        time.sleep(len(part) / self.bytes_a_second)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        with self._lock:
            self._open -= {source, target}


@contextlib.contextmanager
def running_proxy(target: str) -> Iterator[Proxy]:
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
