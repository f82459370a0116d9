"""Nobody keeps a connection without saying what they want of it. Real sockets, at a real uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn
from websockets.sync.client import connect

from haloweb import http_protocol
from haloweb.body_limit import Receive, Scope, Send
from haloweb.http_protocol import HEAD_BYTES, PIECE_BYTES, BoundedH11Protocol, Phase

POST = b"POST / HTTP/1.1\r\nhost: halo\r\ncontent-length: %d\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nhost: halo\r\n\r\n"
LIMIT = 10.0


@dataclass
class Application:
    """Reads a body to its end, as Django does, and says how long it was. Repeats what a websocket says."""

    disconnects: int = 0
    bodies: list[int] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.repeat(receive, send)
            return
        taken = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnects += 1
                return
            taken += len(message["body"])
            if not message["more_body"]:
                break
        self.bodies.append(taken)
        body = str(taken).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def repeat(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


@dataclass
class Server:
    port: int
    application: Application

    def open(self, said: bytes = b"") -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT)
        one.sendall(said)
        return one

    def ask(self, said: bytes) -> bytes:
        with self.open(said) as one:
            return answer(one)


def answer(one: socket.socket) -> bytes:
    """What comes until the end of an answer, or of the connection."""
    got = b""
    while b"\r\n\r\n" not in got or (got.startswith(b"HTTP/1.1 200") and got.endswith(b"\r\n\r\n")):
        try:
            part = one.recv(65536)
        except ConnectionResetError:
            break
        if not part:
            break
        got += part
    return got


def is_closed(one: socket.socket) -> bool:
    """Does the server end it, without a word?"""
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True


def until(happens: Callable[[], object]) -> None:
    end = time.monotonic() + LIMIT
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(http_protocol, "STALL_SECONDS", 2.0)
    monkeypatch.setattr(BoundedH11Protocol, "in_phase", {phase: {} for phase in Phase})
    application = Application()
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = uvicorn.Config(
        application,
        port=0, http=BoundedH11Protocol, lifespan="off", log_config=None, timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    serving = uvicorn.Server(config)
    thread = threading.Thread(target=serving.run)
    thread.start()
    until(lambda: serving.started)
    yield Server(serving.servers[0].sockets[0].getsockname()[1], application)
    serving.should_exit = True
    thread.join(LIMIT)
    assert not thread.is_alive()


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: halo\r\nx-slow: 1"])
def test_headers_that_do_not_come_are_not_waited_for(server: Server, said: bytes) -> None:
    with server.open(said) as one:
        assert is_closed(one)


def test_headers_that_trickle_are_not_waited_for(server: Server) -> None:
    with server.open() as one, pytest.raises(ConnectionError):
        for _ in range(1000):
            one.sendall(b"x")
            time.sleep(0.01)


def test_the_next_request_of_a_connection_has_a_time_of_its_own(server: Server) -> None:
    with server.open(GET) as one:
        assert answer(one).endswith(b"0")
        time.sleep(0.6)  # longer than headers may take: between two requests it is uvicorn's time that counts
        one.sendall(GET)
        assert answer(one).endswith(b"0")
        one.sendall(b"GET / HT")
        assert is_closed(one)


def test_a_body_that_stops_short_is_given_up_by_the_application_too(server: Server) -> None:
    assert server.ask(POST % 1000 + b"x" * 999).startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    until(lambda: server.application.disconnects == 1)


def test_a_body_that_trickles_is_given_up(server: Server) -> None:
    with server.open(POST % 100_000) as one, pytest.raises(ConnectionError):
        for _ in range(1000):
            one.sendall(b"x")
            time.sleep(0.01)
    until(lambda: server.application.disconnects == 1)


def test_a_slow_body_that_keeps_coming_passes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "MIN_BODY_BYTES_PER_SECOND", 1024)
    with server.open(POST % 15_360) as one:
        for _ in range(30):  # for longer than a body may pause
            one.sendall(b"x" * 512)
            time.sleep(0.1)
        assert answer(one).endswith(b"15360")


def test_a_body_that_the_server_does_not_read_is_not_late(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Application.__call__

    async def later(self: Application, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(3)
        await read(self, scope, receive, send)

    monkeypatch.setattr(Application, "__call__", later)

    assert server.ask(POST % 1_000_000 + b"x" * 1_000_000).endswith(b"1000000")


def test_a_large_body_passes(server: Server) -> None:
    assert server.ask(POST % 8_000_000 + b"x" * 8_000_000).endswith(b"8000000")


def test_requests_that_come_together_are_all_answered(server: Server) -> None:
    with server.open(GET * 3 + POST % 5 + b"hello") as one:
        got = b""
        while got.count(b"HTTP/1.1 200 OK") < 4 or not got.endswith(b"5"):
            got += one.recv(65536)
    assert server.application.bodies == [0, 0, 0, 5]


@pytest.mark.parametrize("piece", [b"x-many: 1\r\n", b"x"])
def test_headers_without_end_are_refused(server: Server, piece: bytes) -> None:
    with server.open(b"GET / HTTP/1.1\r\nhost: halo\r\nx-long: ") as one:
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 100 * HEAD_BYTES:
                one.sendall(piece * 4096)
                sent += len(piece) * 4096
        assert sent < 100 * HEAD_BYTES
    assert not server.application.bodies


def test_headers_that_are_too_large_at_once_are_refused(server: Server) -> None:
    said = b"GET / HTTP/1.1\r\nhost: halo\r\nx-long: %b\r\n\r\n" % (b"x" * (HEAD_BYTES + PIECE_BYTES))

    assert not server.ask(said).startswith(b"HTTP/1.1 200")
    assert server.ask(said.replace(b"x" * 2 * PIECE_BYTES, b"")).startswith(b"HTTP/1.1 200")


def test_where_too_many_wait_the_one_that_waits_longest_makes_room(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 60)
    monkeypatch.setattr(http_protocol, "STALL_SECONDS", 60)
    monkeypatch.setattr(BoundedH11Protocol, "limits", dict.fromkeys(Phase, 3))
    with contextlib.ExitStack() as opened:
        heads = [opened.enter_context(server.open(b"GET / HT")) for _ in range(3)]
        until(lambda: len(BoundedH11Protocol.in_phase[Phase.HEAD]) == 3)
        assert server.ask(GET).endswith(b"0")
        assert is_closed(heads[0])
        bodies = [opened.enter_context(server.open(POST % 9)) for _ in range(3)]
        until(lambda: len(BoundedH11Protocol.in_phase[Phase.BODY]) == 3)
        assert server.ask(POST % 5 + b"hello").endswith(b"5")
        until(lambda: len(BoundedH11Protocol.in_phase[Phase.IDLE]) == 0)
        one_more = opened.enter_context(server.open(POST % 5))
        assert answer(bodies[0]).startswith(b"HTTP/1.1 408")
        one_more.sendall(b"hello")
        assert answer(one_more).endswith(b"5")
        bodies[2].sendall(b"x" * 9)
        assert answer(bodies[2]).endswith(b"9"), "it is left alone"


def test_a_connection_that_ends_is_counted_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_SECONDS", 60)
    monkeypatch.setattr(http_protocol, "STALL_SECONDS", 60)
    with server.open(b"GET / HT"), server.open(POST % 9), server.open(GET):
        until(lambda: [len(BoundedH11Protocol.in_phase[phase]) for phase in Phase] == [1, 1, 0, 1])

    until(lambda: not any(BoundedH11Protocol.in_phase.values()))


def test_websockets_stay_open(server: Server) -> None:
    with connect(f"ws://127.0.0.1:{server.port}/") as one:
        time.sleep(2.5)  # longer than either headers or a body may take
        one.send("still here")
        assert one.recv(LIMIT) == "still here"
        assert not any(BoundedH11Protocol.in_phase.values())
