"""Serves objects of object storage as Starlette serves files: with the same ranges, HEAD and conditions.

The bytes pass through this process instead of a signed URL, because a revoked share has to stop working at once.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread
from django.core.files.storage import default_storage
from starlette.responses import FileResponse

from upscaler.media.stored import StoredObject

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from upscaler.media.s3 import ObjectStorage


def beginning(content: Path | StoredObject, length: int) -> bytes:
    """Return the first bytes of a file, at most ``length``."""
    if isinstance(content, StoredObject):
        return cast("ObjectStorage", default_storage).read(content, 0, min(length, content.size))
    with content.open("rb") as file:
        return file.read(length)


class ObjectResponse(FileResponse):
    """A response that reads and sends an object piece by piece: one piece of memory per viewer, no open connection."""

    chunk_size = 1024 * 1024

    def __init__(self, stored: StoredObject, **options: Any) -> None:
        facts = (stat.S_IFREG, 0, 0, 1, 0, 0, stored.size, stored.modified, stored.modified, stored.modified)
        super().__init__(stored.key, stat_result=os.stat_result(facts), **options)
        self._stored = stored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the object without the server's "pathsend" extension: there is no file that the server could send."""
        extensions = scope.get("extensions", {})
        usable = {name: extension for name, extension in extensions.items() if "pathsend" not in name}
        await super().__call__({**scope, "extensions": usable}, receive, send)

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[Any]:
        yield _Reader(self._stored)


class _Reader:
    """The part of a file's interface that a response needs. Each read is a request of its own, in a thread."""

    def __init__(self, stored: StoredObject) -> None:
        self._stored = stored
        self._at = 0

    async def seek(self, position: int) -> None:
        self._at = position

    async def read(self, size: int) -> bytes:
        start, end = self._at, min(self._at + size, self._stored.size)
        if start >= end:
            return b""
        self._at = end
        storage = cast("ObjectStorage", default_storage)
        return await anyio.to_thread.run_sync(storage.read, self._stored, start, end)
