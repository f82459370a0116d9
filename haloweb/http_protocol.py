"""uvicorn's HTTP/1.1, with limits on how long and how many connections wait for a complete request.

For ``uvicorn --http haloweb.http_protocol:BoundedH11Protocol``. A request that doesn't arrive in time is closed, and
if too many connections are in the same phase, the oldest one is.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from haloweb.descriptors import descriptor_limit

HEAD_SECONDS = 10.0
"""Limit from the first byte of a request, or the opening of a connection, to the end of the headers."""
HEAD_BYTES = 32 * 1024
PIECE_BYTES = 8 * 1024
"""h11 limits only incomplete heads, so it gets input in pieces: no head exceeds the limit by more."""
STALL_SECONDS = 30.0
"""Longest pause of a body."""
MIN_BODY_BYTES_PER_SECOND = 1024
"""Lowest average rate of a body after its first STALL_SECONDS."""

TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Phase(Enum):
    """The phase of a connection."""

    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    IDLE = "idle"
    """Between two requests; uvicorn closes it after --timeout-keep-alive."""


def max_connections() -> dict[Phase, int]:
    """Return the limit of connections in each phase, so that some descriptors always stay free."""
    descriptors = descriptor_limit()
    return {
        Phase.HEAD: min(512, descriptors // 4),
        Phase.BODY: min(256, descriptors // 8),
        Phase.ANSWER: descriptors // 4,
        Phase.IDLE: min(2048, descriptors // 4),
    }


class BoundedH11Protocol(H11Protocol):
    """One connection."""

    limits = max_connections()
    in_phase: dict[Phase, dict[BoundedH11Protocol, None]] = {phase: {} for phase in Phase}
    """All connections of this process by phase, the oldest first."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = h11.Connection(h11.SERVER, HEAD_BYTES)
        self._phase: Phase | None = None
        self._began = self._latest = 0.0
        self._received = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_websocket = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._enter(Phase.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        self._enter(None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            piece = data[start : start + PIECE_BYTES]
            super().data_received(piece)
            if self._is_websocket or self.transport.is_closing():
                return
            self._received += len(piece)
            self._latest = self.loop.time()
            self._follow(Phase.HEAD)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing():
            self._follow(Phase.IDLE)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._is_websocket = True
        self._enter(None)
        super().handle_websocket_upgrade(event)

    def _follow(self, between: Phase) -> None:
        """Enter the phase of h11; ``between`` two requests, h11 doesn't know whether another one has started."""
        if self.conn.their_state is h11.IDLE:
            phase = between
        else:
            phase = Phase.BODY if self.conn.their_state is h11.SEND_BODY else Phase.ANSWER
        if phase is not self._phase:
            self._enter(phase)

    def _enter(self, phase: Phase | None) -> None:
        if self._phase is not None:
            self.in_phase[self._phase].pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._phase = phase
        if phase is None:
            return
        self._began = self._latest = self.loop.time()
        self._received = 0
        others = self.in_phase[phase]
        if len(others) >= self.limits[phase]:
            next(iter(others)).give_up()
        others[self] = None
        if phase in (Phase.HEAD, Phase.BODY):
            self._timer = self.loop.call_at(self._deadline(), self._look)

    def _deadline(self) -> float:
        if self._phase is Phase.HEAD:
            return self._began + HEAD_SECONDS
        slowest = self._began + STALL_SECONDS + self._received / MIN_BODY_BYTES_PER_SECOND
        return min(self._latest + STALL_SECONDS, slowest)

    def _look(self) -> None:
        if self.flow.read_paused:  # this server is the slow side
            self._began = self._latest = self.loop.time()
            self._received = 0
        deadline = self._deadline()
        if self.loop.time() < deadline:
            self._timer = self.loop.call_at(deadline, self._look)
        else:
            self.give_up()

    def give_up(self) -> None:
        """Close the connection, which ends the application's work for it."""
        phase = self._phase
        self._enter(None)
        if self.transport.is_closing():
            self.transport.abort()  # the client doesn't read the last bytes
        elif phase is Phase.IDLE:
            self.timeout_keep_alive_handler()
        elif phase is Phase.BODY and not self.cycle.response_started and not self.transport.get_write_buffer_size():
            self.transport.write(TIMED_OUT)
            self.transport.close()
        else:
            self.transport.abort()
