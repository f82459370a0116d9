"""The websocket of a page that watches a video, a job, a dataset or a training run."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from django.http import Http404

from haloweb.sessions import user_of_session
from upscaler.live.snapshots import dataset_snapshot, job_snapshot, run_snapshot, video_snapshot
from upscaler.live.tailer import Viewer, tailer
from upscaler.models import Dataset, Job, TrainingRun, User, Video
from upscaler.selectors.datasets import dataset_get
from upscaler.selectors.events import events_after
from upscaler.selectors.jobs import job_get
from upscaler.selectors.runs import run_get
from upscaler.selectors.videos import video_get

LOGGED_OUT = 4401
NOT_FOUND = 4404
TOO_SLOW = 4408
TOO_MANY = 4429
AWAY = 4503
"""The code for a database that doesn't answer."""
CHECK_SECONDS = 10.0
"""How long events may be sent before the log-in and the access are checked again."""
MAX_PAGES = 200
"""Open pages of one person that one web process sends events to; further ones poll every few seconds (live.js)."""

_pages: Counter[int | None] = Counter()
"""Open pages per person; None for visitors, whose connections are closed."""


class LoggedOut(Exception):
    """The session isn't logged in."""


class SubjectConsumer(AsyncWebsocketConsumer):
    """Authenticates, sends a snapshot, then forwards events. Messages from the page are ignored.

    ``?after=N`` resumes after event N; without it, or if N is no longer stored, a snapshot comes
    first. Every message is {"seq": number, "payload": {...}}.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Count the connection until it ends, however it ends."""
        self._person: int | None = scope["user"].pk
        _pages[self._person] += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            _pages[self._person] -= 1

    async def connect(self) -> None:
        self._forwarding: asyncio.Task[None] | None = None
        try:
            subject, first = await self._opening()
        except (LoggedOut, Http404) as error:
            await self.accept()  # so that the page gets the code
            await self.close(LOGGED_OUT if isinstance(error, LoggedOut) else NOT_FOUND)
            return
        await self.accept()
        if _pages[self._person] > MAX_PAGES:
            await self.close(TOO_MANY)
            return
        self._forwarding = asyncio.create_task(self._forward(subject, first))

    async def disconnect(self, code: int) -> None:
        if self._forwarding is not None:
            self._forwarding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._forwarding

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignore what a page sends."""

    @database_sync_to_async
    def _opening(self) -> tuple[UUID, list[dict[str, Any]]]:
        """Return the subject and the first messages. Raises LoggedOut, and Http404 for other people's subjects."""
        subject = self._subject(self.scope.get("user"))
        after = self._after()
        if after is not None:
            subject.refresh_from_db()
            missed = events_after(subject.pk, after, subject.event_seq)
            if missed is not None:
                return subject.pk, missed or [{"seq": after, "payload": {"kind": "resumed"}}]
        payload = _snapshot(subject)
        return subject.pk, [{"seq": payload["last"], "payload": payload}]

    def _subject(self, user: object) -> Job | Video | Dataset | TrainingRun:
        if not isinstance(user, User) or not user.is_authenticated or not user.is_active:
            raise LoggedOut
        route = self.scope["url_route"]["kwargs"]
        if route["kind"] == "jobs":
            return job_get(user=user, id=route["id"])
        if route["kind"] == "datasets":
            return dataset_get(user=user, id=route["id"])
        if route["kind"] == "runs":
            return run_get(user=user, id=route["id"])
        return video_get(user=user, id=route["id"])

    @database_sync_to_async
    def _why_close(self) -> int:
        """Return the code to close with if the page may no longer watch; 0 while it may."""
        try:
            self._subject(user_of_session(self.scope["session"].session_key))
        except LoggedOut:
            return LOGGED_OUT
        except Http404:
            return NOT_FOUND
        except DatabaseError:
            return AWAY
        return 0

    def _after(self) -> int | None:
        text = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", [""])[0]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None

    async def _forward(self, subject: UUID, first: list[dict[str, Any]]) -> None:
        for message in first:
            await self._send(message)
        async with tailer.watching(subject, first[-1]["seq"]) as viewer:
            code = await self._forward_events(viewer)
        await self.close(code)

    async def _forward_events(self, viewer: Viewer) -> int:
        """Forward events until the page may no longer watch or is too slow, and return the code to close with."""
        checked_at = time.monotonic()
        while True:
            events: list[dict[str, Any] | None] = []
            with contextlib.suppress(TimeoutError):
                events.append(await asyncio.wait_for(viewer.queue.get(), CHECK_SECONDS))
            if time.monotonic() - checked_at >= CHECK_SECONDS:
                if code := await self._why_close():
                    return code
                checked_at = time.monotonic()
            for event in events:
                if event is None:
                    return TOO_SLOW
                await self._send(event)

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message.get("text") or json.dumps(message))


def _snapshot(subject: Job | Video | Dataset | TrainingRun) -> dict[str, Any]:
    if isinstance(subject, Job):
        return job_snapshot(subject)
    if isinstance(subject, TrainingRun):
        return run_snapshot(subject)
    return dataset_snapshot(subject) if isinstance(subject, Dataset) else video_snapshot(subject)
