"""A limit on request bodies, outside Django.

Under ASGI, Django writes the whole body of a request to a file before any middleware or view runs,
so a limit inside it comes too late.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

FORM_BYTES = 256 * 1024
"""Limit of all requests except those of uploads."""
MAX_HEADERS = 100
MAX_DIGITS = 18
"""Digits of a content-length that is worth parsing: Python refuses to parse thousands."""
UPLOADS = re.compile(r"(/c/[^/]{1,64})?/uploads/")
"""The start of the paths of uploads: of people with an account, and through capture links."""


class BodyLimit:
    """ASGI wrapper that answers 413 to a body that is too large, declared or sent.

    Only uploads may have ``chunk`` bytes, and only if ``may_upload`` is true. Otherwise the application is called
    with an empty body, so that it can answer that a log-in, or another link, is required.
    """

    def __init__(self, application: Application, *, chunk: int, may_upload: Callable[[Scope], Awaitable[bool]]) -> None:
        self._application = application
        self._chunk = chunk
        self._may_upload = may_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if len(scope["headers"]) > MAX_HEADERS:
            await _refuse(send, 431, "The request has too many headers.")
            return
        is_upload = scope["method"] == "PATCH" and UPLOADS.match(scope["path"]) is not None
        limit = self._chunk if is_upload else FORM_BYTES
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > MAX_DIGITS or int(declared) > limit:
            await _refuse(send, 413, "The request is too large.")
        elif is_upload and not await self._may_upload(scope):
            await self._application(scope, _without_body(receive), send)
        else:
            await self._bounded(scope, receive, send, limit)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        taken, is_answered = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            # a client that sends more than it declared is treated as disconnected
            return {"type": "http.disconnect"} if taken > limit else message

        async def answer(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        await self._application(scope, counted, answer)
        if taken > limit and not is_answered:
            await _refuse(send, 413, "The request is too large.")


def _without_body(receive: Receive) -> Receive:
    """Receive an empty body, then the end of the connection; everything in between is discarded."""
    is_sent = False

    async def received() -> Message:
        nonlocal is_sent
        if not is_sent:
            is_sent = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await receive())["type"] != "http.disconnect":
            pass
        return message

    return received


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = sentence.encode()
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
