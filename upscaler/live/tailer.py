"""Reads new events and hands them to whoever watches. One a web process; with no viewer it is idle."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.db.models import Q

from upscaler.live.events import payload_for_page
from upscaler.models import Event

SECONDS = 0.1
QUEUE_EVENTS = 500
"""A viewer that is so far behind is cut off, and catches up when it connects again."""
SUBJECTS_AT_ONCE = 300
"""In one question to the database: SQLite takes an expression of at most 1,000 alternatives."""

logger = logging.getLogger(__name__)

Message = dict[str, Any]


class Viewer:
    """One open page's mailbox. None in it means: you were too slow, connect again.

    Holds back what arrives while the past is still being fetched, so that order is kept.
    """

    def __init__(self, after: int) -> None:
        self.queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE_EVENTS + 1)
        self._last = after
        self._held: list[Message] | None = []

    def deliver(self, message: Message) -> None:
        """Take one event; those that were had already are passed over."""
        if self._held is not None:
            self._held.append(message)
        else:
            self._put(message)

    def catch_up(self, past: list[Message]) -> None:
        """Take the past, then what was held back, and from now on everything at once."""
        held, self._held = self._held or [], None
        for message in [*past, *held]:
            self._put(message)

    def _put(self, message: Message) -> None:
        if message["seq"] <= self._last:
            return
        self._last = message["seq"]
        if self.queue.qsize() < QUEUE_EVENTS:
            self.queue.put_nowait(message)
        elif self.queue.qsize() == QUEUE_EVENTS:
            self.queue.put_nowait(None)


class Tailer:
    """Fans events out to viewers. Everything here runs on one event loop."""

    def __init__(self) -> None:
        self._viewers: dict[UUID, set[Viewer]] = {}
        self._last: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def watching(self, subject: UUID, after: int) -> AsyncIterator[Viewer]:
        """A mailbox that gets every event of ``subject`` with a number above ``after``."""
        viewer = Viewer(after)
        is_first = subject not in self._viewers
        self._viewers.setdefault(subject, set()).add(viewer)
        try:
            if is_first:
                self._last[subject] = after
                viewer.catch_up([])
            else:  # others watch already and may be further on
                viewer.catch_up(await _events({subject: after}))
            self._keep_running()
            yield viewer
        finally:
            self._leave(subject, viewer)

    def _keep_running(self) -> None:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.create_task(self._run())

    def _leave(self, subject: UUID, viewer: Viewer) -> None:
        viewers = self._viewers[subject]
        viewers.discard(viewer)
        if not viewers:
            del self._viewers[subject]
            del self._last[subject]

    async def _run(self) -> None:
        while self._viewers:
            try:
                for asked in _parts(dict(self._last)):
                    self._fan_out(asked, await _events(asked))
            except Exception:
                logger.exception("the event table could not be read; trying again")
                await asyncio.sleep(1)
                continue
            await asyncio.sleep(SECONDS)

    def _fan_out(self, asked: dict[UUID, int], messages: list[Message]) -> None:
        """Passes over a subject whose viewers left meanwhile: whoever came instead may be less far on."""
        watched = {subject for subject, number in asked.items() if self._last.get(subject) == number}
        for message in messages:
            subject = message["subject"]
            if subject in watched:
                self._last[subject] = message["seq"]
                for viewer in self._viewers[subject]:
                    viewer.deliver(message)


def _parts(last: dict[UUID, int]) -> Iterator[dict[UUID, int]]:
    subjects = list(last.items())
    for start in range(0, len(subjects), SUBJECTS_AT_ONCE):
        yield dict(subjects[start : start + SUBJECTS_AT_ONCE])


@database_sync_to_async
def _events(last: dict[UUID, int]) -> list[Message]:
    wanted = Q()
    for subject, number in last.items():
        wanted |= Q(subject=subject, seq__gt=number)
    rows = Event.objects.filter(wanted).order_by("subject", "seq") if wanted else Event.objects.none()
    return [_message(row) for row in rows]


def _message(row: Event) -> Message:
    """With its ``text`` for the wire, which is written once however many watch."""
    said = {"seq": row.seq, "payload": payload_for_page(row)}
    return {"subject": row.subject, "text": json.dumps(said), **said}


tailer = Tailer()
"""This process's only one."""
