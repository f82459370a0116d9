"""The websocket of a page that watches one video or one job."""

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
from upscaler.live.snapshots import job_snapshot, video_snapshot
from upscaler.live.tailer import Viewer, tailer
from upscaler.models import Job, User, Video
from upscaler.selectors.events import events_after
from upscaler.selectors.jobs import job_get
from upscaler.selectors.videos import video_get

LOGGED_OUT = 4401
NOT_FOUND = 4404
TOO_SLOW = 4408
TOO_MANY = 4429
AWAY = 4503
"""The database does not answer."""
LOOK_SECONDS = 10.0
"""How long something may be told after it was seen that the person is logged in and may see it."""
MOST_PAGES = 200
"""Of one person that are told of what happens by one web process; those beyond ask every few seconds (live.js)."""

_pages: Counter[int | None] = Counter()
"""How many each person has open; None for visitors, who are shown out."""


class LoggedOut(Exception):
    """Nobody is logged in by this session."""


class SubjectConsumer(AsyncWebsocketConsumer):
    """Authenticates, says where things stand, then forwards. Nothing that a page sends is heeded.

    ``?after=N`` resumes behind event N; without it, or where N is no longer kept, a snapshot comes
    first. Every message is {"seq": number, "payload": {...}}.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Counted from its first word to its last, however it ends."""
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
        if _pages[self._person] > MOST_PAGES:
            await self.close(TOO_MANY)
            return
        self._forwarding = asyncio.create_task(self._forward(subject, first))

    async def disconnect(self, code: int) -> None:
        if self._forwarding is not None:
            self._forwarding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._forwarding

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A page has nothing to say here."""

    @database_sync_to_async
    def _opening(self) -> tuple[UUID, list[dict[str, Any]]]:
        """The subject, and the messages to begin with. Raises LoggedOut, and Http404 for what is not the person's."""
        subject = self._subject(self.scope.get("user"))
        snapshot = job_snapshot if isinstance(subject, Job) else video_snapshot
        after = self._after()
        if after is not None:
            subject.refresh_from_db()
            missed = events_after(subject.pk, after, subject.event_seq)
            if missed is not None:
                return subject.pk, missed or [{"seq": after, "payload": {"kind": "resumed"}}]
        payload = snapshot(subject)  # type: ignore[arg-type]
        return subject.pk, [{"seq": payload["last"], "payload": payload}]

    def _subject(self, user: object) -> Job | Video:
        if not isinstance(user, User) or not user.is_authenticated or not user.is_active:
            raise LoggedOut
        route = self.scope["url_route"]["kwargs"]
        if route["kind"] == "jobs":
            return job_get(user=user, id=route["id"])
        return video_get(user=user, id=route["id"])

    @database_sync_to_async
    def _why_close(self) -> int:
        """The code with which the page is told that it may watch no longer; 0 while it may."""
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
            await self._say(message)
        async with tailer.watching(subject, first[-1]["seq"]) as viewer:
            code = await self._pass_on(viewer)
        await self.close(code)

    async def _pass_on(self, viewer: Viewer) -> int:
        """What happens, until the page may not be told or is too slow; gives the code to close with."""
        looked_at = time.monotonic()
        while True:
            events: list[dict[str, Any] | None] = []
            with contextlib.suppress(TimeoutError):
                events.append(await asyncio.wait_for(viewer.queue.get(), LOOK_SECONDS))
            if time.monotonic() - looked_at >= LOOK_SECONDS:
                if code := await self._why_close():
                    return code
                looked_at = time.monotonic()
            for event in events:
                if event is None:
                    return TOO_SLOW
                await self._say(event)

    async def _say(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message.get("text") or json.dumps(message))
