"""No request fills the disk, whatever it says about its length."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from haloweb.asgi import application as haloweb
from haloweb.body_limit import SLACK_BYTES, Application, BodyLimit, Message, Receive, Scope, Send

LIMIT = 1000
MOST = LIMIT + SLACK_BYTES


class Listener:
    """An application that reads its body to the end, as Django does."""

    def __init__(self) -> None:
        self.got = 0
        self.disconnected = False
        self.called = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.called = True
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnected = True
                return
            self.got += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"thanks"})


async def post(application: Application, content: bytes | AsyncIterator[bytes], **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.post("/", content=content, headers=headers)


async def test_a_body_within_the_limit_passes_untouched() -> None:
    listener = Listener()

    response = await post(BodyLimit(listener, LIMIT), b"x" * MOST)

    assert (response.status_code, response.content, listener.got) == (200, b"thanks", MOST)


async def test_a_body_that_says_that_it_is_too_large_is_not_even_read() -> None:
    listener = Listener()

    response = await post(BodyLimit(listener, LIMIT), b"x" * (MOST + 1))

    assert (response.status_code, response.text) == (413, "The request is too large.")
    assert response.headers["connection"] == "close"
    assert not listener.called


@pytest.mark.parametrize("said", ["-1", "x", "", "1e9", "9" * 30, "9" * 5000])
async def test_a_length_that_is_none_is_refused(said: str) -> None:
    listener = Listener()

    response = await post(BodyLimit(listener, LIMIT), b"x", **{"content-length": said})

    assert response.status_code == 413
    assert not listener.called


async def test_a_body_that_does_not_say_its_length_is_cut_off(bodies: list[bytes]) -> None:
    listener, answers = Listener(), list[Message]()

    async def receive() -> Message:
        return {"type": "http.request", "body": bodies.pop(0), "more_body": bool(bodies)}

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "http", "headers": [(b"transfer-encoding", b"chunked")]}
    await BodyLimit(listener, LIMIT)(scope, receive, send)

    assert listener.disconnected
    assert listener.got == MOST - 100
    assert bodies == [b"never read"]
    assert [message["status"] for message in answers if message["type"] == "http.response.start"] == [413]


@pytest.fixture
def bodies() -> list[bytes]:
    return [b"x" * (MOST - 100), b"y" * 200, b"never read"]


async def test_a_chunked_body_within_the_limit_passes() -> None:
    listener = Listener()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    response = await post(BodyLimit(listener, LIMIT), chunks())

    assert (response.status_code, listener.got) == (200, 10_000)


async def test_the_whole_application_is_behind_it() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1024**2

    assert (await post(haloweb, b"", **{"content-length": str(9 * 1024**2)})).status_code == 413
    assert (await post(haloweb, chunks())).status_code == 413


async def test_websockets_pass_by() -> None:
    seen = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope = {"type": "websocket"}

    async def nothing() -> Message:
        raise AssertionError

    async def nowhere(message: Message) -> None:
        raise AssertionError

    await BodyLimit(application, LIMIT)(scope, nothing, nowhere)

    assert seen == [scope]
