"""A file that lies on this machine becomes a video; where it lies, it stays as it is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from upscaler.intake.arrival import clean_name, title_of
from upscaler.intake.gate import may_upload
from upscaler.jobs import queues
from upscaler.models import UploadPurpose, User, Video, VideoState, WatchedFile
from upscaler.storage import discard, keep, working_path

COPY_BYTES = 1024 * 1024
FICLONE = 0x40049409
"""ioctl_ficlone(2): both files share their blocks until one of them is changed."""


class Changed(Exception):
    """The file is not what it was when it was looked at."""


@dataclass(frozen=True)
class Found:
    """A file as it was found; ``name`` is its path below the folder, as it is kept and shown."""

    path: Path
    name: str
    size: int
    mtime_ns: int
    inode: str


def shown(path: Path, folder: Path) -> str:
    """A path below a folder as text: bytes that are no UTF-8 become escapes, and no two paths the same."""
    return os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")


def adopt(found: Found, owner: User) -> None:
    """Make it a video of its owner's. Raises Denied, Changed, PipelineError, or OSError where it can't be read.

    Its id follows from what was found: what a process that died here left behind is written over, not left, and two
    that find the same make one video of it.
    """
    may_upload(user=owner, purpose=UploadPurpose.VIDEO, size=found.size)
    said = f"{found.name}\0{found.inode}\0{found.size}\0{found.mtime_ns}\0{owner.pk}"
    name = clean_name(Path(found.name).name)
    video = Video(
        id=uuid5(NAMESPACE_URL, said),
        owner=owner,
        title=title_of(name),
        original_name=name,
        state=VideoState.PROBING,
        starts_job=owner.auto_upscale,
        kind=owner.default_kind,
        size=found.size,
    )
    made = Video.objects.filter(pk=video.pk)
    if made.exists():
        return
    try:
        _bring(found, working_path(video.key))
        keep(video.key)
        with transaction.atomic():
            video.save(force_insert=True)
            WatchedFile.objects.create(
                path=found.name, size=found.size, mtime_ns=found.mtime_ns, inode=found.inode, video=video
            )
            queues.enqueue_analysis(video.pk)
    except BaseException:
        if not made.exists():
            discard(video.key)
        raise


def _bring(found: Found, target: Path) -> None:
    """Shared blocks where the file system has them, else a second name for the file, else a copy."""
    target.unlink(missing_ok=True)
    descriptor = os.open(found.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as source:  # noqa: PTH123
        _see(found, source)
        if not _clone(source, target) and not _link(found, source, target):
            with target.open("wb") as copy:
                shutil.copyfileobj(source, copy, COPY_BYTES)
        _see(found, source)
    if target.stat().st_size != found.size:
        raise Changed


def _see(found: Found, source: BinaryIO) -> None:
    facts = os.fstat(source.fileno())
    if (facts.st_size, facts.st_mtime_ns, str(facts.st_ino)) != (found.size, found.mtime_ns, found.inode):
        raise Changed


def _clone(source: BinaryIO, target: Path) -> bool:
    with target.open("wb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), FICLONE, source.fileno())
        except OSError:
            target.unlink()
            return False
    return True


def _link(found: Found, source: BinaryIO, target: Path) -> bool:
    """On the same file system, if the kernel allows it for a file of this owner."""
    with contextlib.suppress(OSError):
        os.link(found.path, target, follow_symlinks=False)
        if target.stat().st_ino == os.fstat(source.fileno()).st_ino:
            return True
        target.unlink()
    return False
