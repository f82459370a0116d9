"""Viewers of the whole websocket application, as a browser would be one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

from haloweb.asgi import application
from upscaler.live import log
from upscaler.models import Dataset, Job, TrainingRun, User, Video


class Viewer:
    """One websocket, from ``connect`` to ``close``. (channels.testing wants daphne, which we do not use.)"""

    def __init__(self, path: str, user: User | None, origin: str) -> None:
        headers = [(b"host", b"localhost"), (b"origin", origin.encode())]
        self.client = Client()
        if user is not None:
            self.client.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            headers.append((b"cookie", f"{name}={self.client.cookies[name].value}".encode()))
        path, _, query = path.partition("?")
        scope = {"type": "websocket", "path": path, "query_string": query.encode(), "headers": headers}
        self._socket = ApplicationCommunicator(application, {"subprotocols": [], **scope})

    async def connect(self) -> bool:
        """Was the door opened?"""
        await self._socket.send_input({"type": "websocket.connect"})
        return bool((await self._output())["type"] == "websocket.accept")

    async def message(self) -> dict[str, Any]:
        output = await self._output()
        assert output["type"] == "websocket.send", output
        got: dict[str, Any] = json.loads(output["text"])
        return got

    async def messages(self, last: int) -> list[dict[str, Any]]:
        """All that come until event ``last``."""
        got = [await self.message()]
        while got[-1]["seq"] < last:
            got.append(await self.message())
        return got

    async def code(self) -> int:
        """The code that the door was shut with."""
        output = await self._output()
        assert output["type"] == "websocket.close", output
        return int(output["code"])

    async def rest(self) -> tuple[list[dict[str, Any]], int]:
        """All that come until the door is shut, and the code that it is shut with."""
        got = []
        while (output := await self._output())["type"] == "websocket.send":
            got.append(json.loads(output["text"]))
        return got, int(output["code"])

    async def say(self, text: str) -> None:
        await self._socket.send_input({"type": "websocket.receive", "text": text})

    async def close(self) -> None:
        """Go away, and wait until the application has noticed."""
        await self._socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await self._socket.wait(timeout=10)

    async def _output(self) -> dict[str, Any]:
        output: dict[str, Any] = await self._socket.receive_output(timeout=10)
        return output


Watch = Callable[..., Awaitable[Viewer]]


@pytest.fixture
async def viewer(transactional_db: None) -> AsyncIterator[Callable[..., Awaitable[Viewer]]]:
    """``await viewer(subject, user, query="")``: one that has not connected yet; closed at the end."""
    opened: list[Viewer] = []

    async def made(
        subject: Job | Video | Dataset | TrainingRun,
        user: User | None,
        query: str = "",
        origin: str = "http://localhost",
    ) -> Viewer:
        kind = {Job: "jobs", Video: "videos", Dataset: "datasets", TrainingRun: "runs"}[type(subject)]
        one = await sync_to_async(Viewer)(f"/ws/{kind}/{subject.pk}/{query}", user, origin)
        opened.append(one)
        return one

    yield made
    await asyncio.gather(*(one.close() for one in opened), return_exceptions=True)


@pytest.fixture
def watch(viewer: Callable[..., Awaitable[Viewer]]) -> Watch:
    """The same, connected."""

    async def connected(*arguments: Any, **options: Any) -> Viewer:
        one = await viewer(*arguments, **options)
        assert await one.connect()
        return one

    return connected


async def tell(subject: Job | Video, *texts: str) -> None:
    """Log lines, one event each."""

    def append() -> None:
        for text in texts:
            log.append(subject, {"kind": "log", "text": text})

    await sync_to_async(append)()
