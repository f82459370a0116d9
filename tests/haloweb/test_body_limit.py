"""No request fills the disk, whatever it says about its length."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from haloweb.asgi import application as haloweb
from haloweb.body_limit import FORM_BYTES, MAX_HEADERS, Application, BodyLimit, Message, Receive, Scope, Send
from upscaler.intake import tus as tus_answers
from upscaler.models import User

CHUNK = 1024**2
PART = "/uploads/9f6c6d3e-0000-4000-8000-000000000000"


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


async def logged_in(scope: Scope) -> bool:
    return dict(scope["headers"]).get(b"cookie") == b"sessionid=good"


def bounded(application: Application) -> BodyLimit:
    return BodyLimit(application, chunk=CHUNK, may_upload=logged_in)


async def ask(
    application: Application,
    content: bytes | AsyncIterator[bytes],
    method: str = "POST",
    path: str = "/",
    **headers: str,
) -> httpx.Response:
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.request(method, path, content=content, headers=headers)


async def chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_a_body_within_the_limit_passes_untouched() -> None:
    listener = Listener()

    response = await ask(bounded(listener), b"x" * FORM_BYTES)

    assert (response.status_code, response.content, listener.got) == (200, b"thanks", FORM_BYTES)


async def test_a_body_that_says_that_it_is_too_large_is_not_even_read() -> None:
    listener = Listener()

    response = await ask(bounded(listener), b"x" * (FORM_BYTES + 1))

    assert (response.status_code, response.text) == (413, "The request is too large.")
    assert response.headers["connection"] == "close"
    assert not listener.called


@pytest.mark.parametrize("said", ["-1", "x", "", "1e9", "9" * 30, "9" * 5000])
async def test_a_length_that_is_none_is_refused(said: str) -> None:
    listener = Listener()

    response = await ask(bounded(listener), b"x", **{"content-length": said})

    assert response.status_code == 413
    assert not listener.called


async def test_a_body_that_does_not_say_its_length_is_cut_off() -> None:
    listener, answers = Listener(), list[Message]()
    bodies = [b"x" * (FORM_BYTES - 100), b"y" * 200, b"never read"]

    async def receive() -> Message:
        return {"type": "http.request", "body": bodies.pop(0), "more_body": bool(bodies)}

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
    await bounded(listener)(scope, receive, send)

    assert listener.disconnected
    assert listener.got == FORM_BYTES - 100
    assert bodies == [b"never read"]
    assert [message["status"] for message in answers if message["type"] == "http.response.start"] == [413]


async def test_a_chunked_body_within_the_limit_passes() -> None:
    listener = Listener()

    response = await ask(bounded(listener), chunks(10, 1000))

    assert (response.status_code, listener.got) == (200, 10_000)


async def test_a_part_of_an_upload_may_be_larger_by_somebody_who_may_upload() -> None:
    listener = Listener()

    response = await ask(bounded(listener), b"x" * CHUNK, "PATCH", PART, cookie="sessionid=good")

    assert (response.status_code, listener.got) == (200, CHUNK)
    too_large = await ask(bounded(listener), b"x" * (CHUNK + 1), "PATCH", PART, cookie="sessionid=good")
    assert too_large.status_code == 413


@pytest.mark.parametrize(("method", "path"), [("POST", "/uploads/"), ("PATCH", "/log-in/"), ("PUT", PART)])
async def test_nothing_else_may(method: str, path: str) -> None:
    response = await ask(bounded(Listener()), b"x" * (FORM_BYTES + 1), method, path, cookie="sessionid=good")

    assert response.status_code == 413


@pytest.mark.parametrize("cookie", ["sessionid=bad", "other=good"])
async def test_of_somebody_who_is_not_logged_in_no_part_is_read(cookie: str) -> None:
    listener = Listener()

    response = await ask(bounded(listener), chunks(4, 1000), "PATCH", PART, cookie=cookie)

    assert (response.text, listener.got) == ("thanks", 0), "the application answers, and sees no body"


async def test_too_many_headers_are_refused() -> None:
    few = {f"x-{number}": "1" for number in range(MAX_HEADERS // 2)}
    many = {f"x-{number}": "1" for number in range(MAX_HEADERS + 1)}

    assert (await ask(bounded(Listener()), b"", **few)).status_code == 200
    response = await ask(bounded(Listener()), b"", **many)
    assert (response.status_code, response.text) == (431, "The request has too many headers.")


@pytest.mark.django_db(transaction=True)
async def test_the_whole_application_is_behind_it(person_client: Client, person: User) -> None:
    session = f"{settings.SESSION_COOKIE_NAME}={person_client.cookies[settings.SESSION_COOKIE_NAME].value}"
    secret = "x" * 32
    tus = {"tus-resumable": "1.0.0", "x-csrftoken": secret}
    session += f"; csrftoken={secret}"
    size = settings.UPLOAD_CHUNK_BYTES

    assert (await ask(haloweb, b"", **{"content-length": str(FORM_BYTES + 1)})).status_code == 413
    assert (await ask(haloweb, chunks(10, FORM_BYTES))).status_code == 413
    assert (await ask(haloweb, chunks(9, size // 8), "PATCH", PART, cookie=session, **tus)).status_code == 413
    assert (await ask(haloweb, b"x" * size, "PATCH", PART, cookie=session, **tus)).status_code == 404
    logged_out = await ask(haloweb, b"x" * size, "PATCH", PART, cookie=f"csrftoken={secret}", **tus)
    assert (logged_out.status_code, logged_out.text) == (401, tus_answers.LOGGED_OUT)
    person.is_active = False
    await sync_to_async(person.save)()
    shut_out = await ask(haloweb, b"x" * size, "PATCH", PART, cookie=session, **tus)
    assert shut_out.status_code == 401


async def test_websockets_pass_by() -> None:
    seen = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope = {"type": "websocket"}

    async def nothing() -> Message:
        raise AssertionError

    async def nowhere(message: Message) -> None:
        raise AssertionError

    await bounded(application)(scope, nothing, nowhere)

    assert seen == [scope]
