"""Scans the watched folder every few seconds, and imports files that have stopped growing.

It runs in a thread of the server's reaper, so that a network folder that hangs holds up nothing else.
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

from upscaler.intake import copy_in
from upscaler.intake.copy_in import FileChanged, FolderFile
from upscaler.intake.upload_policy import Denied
from upscaler.jobs.base.failures import UNEXPECTED
from upscaler.jobs.base.isolated import isolated
from upscaler.models import User, Watch, WatchedFile
from upscaler.pipeline.containers.file_extensions import VIDEO_EXTENSIONS, extension_of, is_unfinished
from upscaler.pipeline.core.errors import PipelineError

logger = logging.getLogger(__name__)

SCAN_SECONDS = 5.0
REST_FACTOR = 5.0
"""The pause after a long scan, as a multiple of its length, so that a large network folder is not kept busy."""
QUIET_SECONDS = 10.0
"""How long size and modification time must not change."""


def begin(ended: threading.Event) -> None:
    """Scan until ``ended``, in a thread of its own, if the settings name a folder."""
    environment = settings.ENVIRONMENT
    if environment.watch is not None:
        watcher = Watcher(environment.watch, environment.watch_owner)
        threading.Thread(target=_watch, args=(watcher, ended), daemon=True, name="watcher").start()


def _watch(watcher: Watcher, ended: threading.Event) -> None:
    while not ended.is_set():
        began = time.monotonic()
        try:
            watcher.look(began)
        except DatabaseError as error:
            logger.warning("Scan of the watched folder was interrupted (%s); trying again", error)
        except Exception:
            logger.exception("Scan of the watched folder failed; trying again")
        with isolated("closing the connection to the database"):
            connections.close_all()
        ended.wait(max(SCAN_SECONDS, REST_FACTOR * (time.monotonic() - began)))


@dataclass
class _Seen:
    """A file, and when it was first seen with this size and modification time."""

    file: FolderFile
    since: float


class Watcher:
    """Remembers files from one scan to the next; imported ones are in the database."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._seen: dict[str, _Seen] = {}
        self._taken: set[tuple[str, int, int]] | None = None
        self._wrong: dict[str, str] | None = None

    def look(self, now: float) -> None:
        """Scan once. ``now`` is in seconds of a monotonic clock."""
        if self._taken is None:
            rows = WatchedFile.objects.filter(reason="").values_list("path", "inode", "size", "mtime_ns")
            self._taken = {(name, size, at) for path, inode, size, at in rows for name in (path, _inode(inode))}
        owner, error = _owner_called(self._owner)
        others, growing = 0, 0
        present = set()
        wrong: dict[str, str] = {}
        try:
            if not self._folder.is_dir():
                error = error or f"The folder {self._folder} doesn't exist or can't be reached."
            for file in _files_in(self._folder, wrong):
                present.add(file.name)
                if extension_of(file.path.name) not in VIDEO_EXTENSIONS:
                    others += 1
                elif self._is_taken(file):
                    self._seen.pop(file.name, None)
                elif not self._is_quiet(file, now):
                    growing += 1
                elif owner is not None and (reason := self._take(file, owner)):
                    wrong[file.name] = reason
        except OSError as trouble:
            error = error or f"The folder can't be read: {trouble.strerror or trouble}."
        self._seen = {name: seen for name, seen in self._seen.items() if name in present}
        self._report(wrong)
        state = {"folder": str(self._folder), "owner": owner, "error": error, "growing": growing, "others": others}
        Watch.objects.update_or_create(pk=1, defaults=state | {"looked_at": timezone.now()})

    def _is_taken(self, file: FolderFile) -> bool:
        """Was it imported, under this name or, if it was only renamed, with this inode?"""
        assert self._taken is not None
        shape = (file.size, file.mtime_ns)
        return any((name, *shape) in self._taken for name in (file.name, _inode(file.inode)))

    def _is_quiet(self, file: FolderFile, now: float) -> bool:
        seen = self._seen.get(file.name)
        if seen is None or seen.file != file:
            self._seen[file.name] = _Seen(file, now)
            return False
        return now - seen.since >= QUIET_SECONDS

    def _take(self, file: FolderFile, owner: User) -> str:
        """Import a file, and return why that failed, or ""."""
        try:
            copy_in.copy_in(file, owner)
        except FileChanged:
            self._seen.pop(file.name, None)
            return ""
        except (Denied, PipelineError) as error:
            return error.message
        except IntegrityError:
            logger.info("Another process has just imported %s", file.name)
        except OSError as error:
            return f"Can't be read or copied: {error.strerror or error}."
        except (OperationalError, InterfaceError):
            raise  # the database is away, for all files
        except Exception:
            if file.name not in (self._wrong or {}):  # it is tried again at every scan
                logger.exception("Can't import %s", file.name)
            return UNEXPECTED
        assert self._taken is not None
        self._taken |= {(name, file.size, file.mtime_ns) for name in (file.name, _inode(file.inode))}
        self._seen.pop(file.name, None)
        return ""

    def _report(self, wrong: dict[str, str]) -> None:
        """Save the files that could not be imported, for the page, in place of those of the last scan."""
        if wrong == self._wrong:
            return
        WatchedFile.objects.exclude(reason="").delete()
        WatchedFile.objects.bulk_create(
            WatchedFile(path=path, size=0, mtime_ns=0, inode="", reason=reason) for path, reason in wrong.items()
        )
        self._wrong = wrong


def _inode(number: str) -> str:
    """Return an inode as text that differs from all paths, by a character that none has."""
    return f"\0{number}"


def _owner_called(name: str) -> tuple[User | None, str]:
    """Return the account whose library the files go to, or why there is none."""
    if name:
        owner = User.objects.filter(username=name, is_active=True).first()
        return owner, "" if owner else f"HALOWEB_WATCH_OWNER is {name}, but there is no such account."
    owner = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    return owner, "" if owner else "This server has no owner account yet."


def _files_in(folder: Path, wrong: dict[str, str]) -> Iterator[FolderFile]:
    """Yield regular files in order, without hidden and unfinished ones. Links are not followed.

    A folder or a file that can't be read is added to ``wrong`` with the reason.
    """

    def note(error: OSError) -> None:
        path = Path(os.fsdecode(error.filename or folder))
        wrong[copy_in.shown_path(path, folder)] = f"Can't be read: {error.strerror}."

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
                yield FolderFile(
                    path, copy_in.shown_path(path, folder), facts.st_size, facts.st_mtime_ns, str(facts.st_ino)
                )
