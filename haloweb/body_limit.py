"""A bound on request bodies, outside Django.

Under ASGI, Django writes the whole body of a request to a file before any middleware or view runs,
so a bound inside it comes too late.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SLACK_BYTES = 64 * 1024
"""For the fields of a form around a file."""
MOST_DIGITS = 18
"""Of a length that is worth reading: Python refuses to make a number of thousands."""


class BodyLimit:
    """ASGI wrapper: answers 413 to a body of more than ``limit`` bytes, declared or sent."""

    def __init__(self, application: Application, limit: int) -> None:
        self._application = application
        self._limit = limit + SLACK_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > MOST_DIGITS or int(declared) > self._limit:
            await _refuse(send)
            return
        taken, is_answered = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            # a client that lies about its length is cut off as if it had gone away
            return {"type": "http.disconnect"} if taken > self._limit else message

        async def answer(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        await self._application(scope, counted, answer)
        if taken > self._limit and not is_answered:
            await _refuse(send)


async def _refuse(send: Send) -> None:
    body = b"The request is too large."
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
