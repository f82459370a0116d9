"""Reads new events and delivers them to viewers. Each web process has one tailer, which is idle without viewers."""

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
"""A viewer that is this far behind is disconnected, and catches up when it connects again."""
SUBJECTS_AT_ONCE = 300
"""Subjects per query: SQLite allows at most 1,000 alternatives in an expression."""

logger = logging.getLogger(__name__)

Message = dict[str, Any]


class Viewer:
    """The queue of one open page. None in it means that the page was too slow and has to connect again.

    It holds back new events while past ones are still being read, so that order is kept.
    """

    def __init__(self, after: int) -> None:
        self.queue: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE_EVENTS + 1)
        self._last = after
        self._held: list[Message] | None = []

    def deliver(self, message: Message) -> None:
        """Add one event; one that was delivered before is skipped."""
        if self._held is not None:
            self._held.append(message)
        else:
            self._put(message)

    def catch_up(self, past: list[Message]) -> None:
        """Add past events, then those held back; from now on, events are added at once."""
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
    """Delivers events to viewers. All its methods run on one event loop."""

    def __init__(self) -> None:
        self._viewers: dict[UUID, set[Viewer]] = {}
        self._last: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def watching(self, subject: UUID, after: int) -> AsyncIterator[Viewer]:
        """Open a queue that gets every event of ``subject`` with a number above ``after``."""
        viewer = Viewer(after)
        is_first = subject not in self._viewers
        self._viewers.setdefault(subject, set()).add(viewer)
        try:
            if is_first:
                self._last[subject] = after
                viewer.catch_up([])
            else:  # other viewers may be further on
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
                for batch in _batches(dict(self._last)):
                    self._fan_out(batch, await _events(batch))
            except Exception:
                logger.exception("Can't read the event table; trying again")
                await asyncio.sleep(1)
                continue
            await asyncio.sleep(SECONDS)

    def _fan_out(self, batch: dict[UUID, int], messages: list[Message]) -> None:
        """Deliver events, except of a subject whose viewers left meanwhile: new viewers may be less far on."""
        watched = {subject for subject, number in batch.items() if self._last.get(subject) == number}
        for message in messages:
            subject = message["subject"]
            if subject in watched:
                self._last[subject] = message["seq"]
                for viewer in self._viewers[subject]:
                    viewer.deliver(message)


def _batches(last: dict[UUID, int]) -> Iterator[dict[UUID, int]]:
    subjects = list(last.items())
    for start in range(0, len(subjects), SUBJECTS_AT_ONCE):
        yield dict(subjects[start : start + SUBJECTS_AT_ONCE])


@database_sync_to_async
def _events(last: dict[UUID, int]) -> list[Message]:
    newer = Q()
    for subject, number in last.items():
        newer |= Q(subject=subject, seq__gt=number)
    rows = Event.objects.filter(newer).order_by("subject", "seq") if newer else Event.objects.none()
    return [_message(row) for row in rows]


def _message(row: Event) -> Message:
    """Return an event with its ``text`` for the wire, which is serialised once for all viewers."""
    message = {"seq": row.seq, "payload": payload_for_page(row)}
    return {"subject": row.subject, "text": json.dumps(message), **message}


tailer = Tailer()
"""The only one of this process."""
