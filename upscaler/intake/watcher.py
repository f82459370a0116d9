"""Looks into the watched folder, again and again, and takes in what has stopped growing.

In a thread of the server's reaper: a network folder that hangs holds up this thread and nothing else.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connections
from django.utils import timezone

from upscaler.intake import adopt
from upscaler.intake.adopt import Changed, Found
from upscaler.intake.gate import Denied
from upscaler.jobs.base.failures import UNFORESEEN
from upscaler.jobs.base.isolated import isolated
from upscaler.models import User, Watch, WatchedFile
from upscaler.pipeline.containers.endings import VIDEOS, ending, is_unfinished
from upscaler.pipeline.core.errors import PipelineError

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
SHARE = 5.0
"""A look that takes long is followed by so many times its length of rest: a large network folder is not kept busy."""
QUIET_SECONDS = 10.0
"""So long neither size nor time of change may have moved."""


def begin(ended: threading.Event) -> None:
    """Look until ``ended``, in a thread of its own, if the settings name a folder."""
    environment = settings.ENVIRONMENT
    if environment.watch is not None:
        watcher = Watcher(environment.watch, environment.watch_owner)
        threading.Thread(target=_watch, args=(watcher, ended), daemon=True, name="watcher").start()


def _watch(watcher: Watcher, ended: threading.Event) -> None:
    while not ended.is_set():
        begun = time.monotonic()
        try:
            watcher.look(begun)
        except DatabaseError as error:
            logger.warning("a look into the watched folder was cut short (%s); trying again", error)
        except Exception:
            logger.exception("a look into the watched folder went wrong; trying again")
        with isolated("closing the connection to the database"):
            connections.close_all()
        ended.wait(max(LOOK_SECONDS, SHARE * (time.monotonic() - begun)))


@dataclass
class _Seen:
    """A file as it was first seen in this shape, and when."""

    found: Found
    since: float


class Watcher:
    """Remembers what it saw from one look to the next; what was taken is in the database."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._seen: dict[str, _Seen] = {}
        self._taken: set[tuple[str, int, int]] | None = None
        self._wrong: dict[str, str] | None = None

    def look(self, now: float) -> None:
        """Once; ``now`` is in seconds of any clock that only goes forward."""
        if self._taken is None:
            rows = WatchedFile.objects.filter(reason="").values_list("path", "inode", "size", "mtime_ns")
            self._taken = {(name, size, at) for path, inode, size, at in rows for name in (path, _inode(inode))}
        owner, error = _owner_called(self._owner)
        others, growing = 0, 0
        present = set()
        wrong: dict[str, str] = {}
        try:
            if not self._folder.is_dir():
                error = error or f"There is no folder {self._folder}, or it can't be reached."
            for found in _files_in(self._folder, wrong):
                present.add(found.name)
                if ending(found.path.name) not in VIDEOS:
                    others += 1
                elif self._is_taken(found):
                    self._seen.pop(found.name, None)
                elif not self._is_quiet(found, now):
                    growing += 1
                elif owner is not None and (reason := self._take(found, owner)):
                    wrong[found.name] = reason
        except OSError as trouble:
            error = error or f"The folder can't be read: {trouble.strerror or trouble}."
        self._seen = {name: seen for name, seen in self._seen.items() if name in present}
        self._tell(wrong)
        told = {"folder": str(self._folder), "owner": owner, "error": error, "growing": growing, "others": others}
        Watch.objects.update_or_create(pk=1, defaults=told | {"looked_at": timezone.now()})

    def _is_taken(self, found: Found) -> bool:
        """By its name or, when it was only given another one, by its inode."""
        assert self._taken is not None
        shape = (found.size, found.mtime_ns)
        return any((name, *shape) in self._taken for name in (found.name, _inode(found.inode)))

    def _is_quiet(self, found: Found, now: float) -> bool:
        seen = self._seen.get(found.name)
        if seen is None or seen.found != found:
            self._seen[found.name] = _Seen(found, now)
            return False
        return now - seen.since >= QUIET_SECONDS

    def _take(self, found: Found, owner: User) -> str:
        """Take it in; gives the reason why that can't be, or ""."""
        try:
            adopt.adopt(found, owner)
        except Changed:
            self._seen.pop(found.name, None)
            return ""
        except (Denied, PipelineError) as error:
            return error.message
        except IntegrityError:
            logger.info("another process has just taken in %s", found.name)
        except OSError as error:
            return f"It can't be read or copied: {error.strerror or error}."
        except (OperationalError, InterfaceError):
            raise  # the database is away, for all files
        except Exception:
            if found.name not in (self._wrong or {}):  # it is tried again at every look
                logger.exception("%s could not be taken in", found.name)
            return UNFORESEEN
        assert self._taken is not None
        self._taken |= {(name, found.size, found.mtime_ns) for name in (found.name, _inode(found.inode))}
        self._seen.pop(found.name, None)
        return ""

    def _tell(self, wrong: dict[str, str]) -> None:
        """What could not be taken, for the page; what is not there any more goes."""
        if wrong == self._wrong:
            return
        WatchedFile.objects.exclude(reason="").delete()
        WatchedFile.objects.bulk_create(
            WatchedFile(path=path, size=0, mtime_ns=0, inode="", reason=reason) for path, reason in wrong.items()
        )
        self._wrong = wrong


def _inode(number: str) -> str:
    """Told from all paths by a character that none has."""
    return f"\0{number}"


def _owner_called(name: str) -> tuple[User | None, str]:
    """Whose the files become, or why they become nobody's."""
    if name:
        owner = User.objects.filter(username=name, is_active=True).first()
        return owner, "" if owner else f"HALOWEB_WATCH_OWNER names {name}, and there is no such account."
    owner = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    return owner, "" if owner else "Nobody owns this server yet."


def _files_in(folder: Path, wrong: dict[str, str]) -> Iterator[Found]:
    """Every file that is one, in order, without what is hidden or still being written. Links are not followed.

    A folder or a file that can't be looked at goes into ``wrong``.
    """

    def note(error: OSError) -> None:
        path = Path(os.fsdecode(error.filename or folder))
        wrong[adopt.shown(path, folder)] = f"It can't be looked at: {error.strerror}."

    for parent, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if is_unfinished(name):
                continue
            try:
                facts = path.lstat()
            except FileNotFoundError:
                continue
            except OSError as error:
                note(error)
                continue
            if stat.S_ISREG(facts.st_mode):
                yield Found(path, adopt.shown(path, folder), facts.st_size, facts.st_mtime_ns, str(facts.st_ino))
