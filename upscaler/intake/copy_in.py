"""Import a file of this server as a video. The file itself is not changed."""

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

from upscaler.intake.completion import clean_name, title_of
from upscaler.intake.upload_policy import check_upload
from upscaler.jobs import queues
from upscaler.media.files import commit_file, delete_file, working_path
from upscaler.models import UploadPurpose, User, Video, VideoState, WatchedFile

COPY_BYTES = 1024 * 1024
FICLONE = 0x40049409
"""ioctl_ficlone(2): both files share their blocks until one of them is changed."""


class FileChanged(Exception):
    """The file has changed since it was listed."""


@dataclass(frozen=True)
class FolderFile:
    """A file as it was listed; ``name`` is its path below the folder, as it is stored and shown."""

    path: Path
    name: str
    size: int
    mtime_ns: int
    inode: str


def shown_path(path: Path, folder: Path) -> str:
    """Return a path below a folder as text: bytes that are not UTF-8 are escaped, so that different paths stay so."""
    return os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")


def copy_in(file: FolderFile, owner: User) -> None:
    """Make a file a video of its owner's. Raises Denied, FileChanged, PipelineError, or OSError if it can't be read.

    The video's id follows from the file: what a process that died here left behind is overwritten, and two processes
    that find the same file make one video of it.
    """
    check_upload(user=owner, purpose=UploadPurpose.VIDEO, size=file.size)
    identity = f"{file.name}\0{file.inode}\0{file.size}\0{file.mtime_ns}\0{owner.pk}"
    name = clean_name(Path(file.name).name)
    video = Video(
        id=uuid5(NAMESPACE_URL, identity),
        owner=owner,
        title=title_of(name),
        original_name=name,
        state=VideoState.PROBING,
        starts_job=owner.auto_upscale,
        kind=owner.default_kind,
        size=file.size,
    )
    same_video = Video.objects.filter(pk=video.pk)
    if same_video.exists():
        return
    try:
        _copy(file, working_path(video.key))
        commit_file(video.key)
        with transaction.atomic():
            video.save(force_insert=True)
            WatchedFile.objects.create(
                path=file.name, size=file.size, mtime_ns=file.mtime_ns, inode=file.inode, video=video
            )
            queues.enqueue_analysis(video.pk)
    except BaseException:
        if not same_video.exists():
            delete_file(video.key)
        raise


def _copy(file: FolderFile, target: Path) -> None:
    """Share the file's blocks if the file system can, else link it, else copy its bytes."""
    target.unlink(missing_ok=True)
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "rb") as source:  # noqa: PTH123
        _check_unchanged(file, source)
        if not _clone(source, target) and not _link(file, source, target):
            with target.open("wb") as copy:
                shutil.copyfileobj(source, copy, COPY_BYTES)
        _check_unchanged(file, source)
    if target.stat().st_size != file.size:
        raise FileChanged


def _check_unchanged(file: FolderFile, source: BinaryIO) -> None:
    facts = os.fstat(source.fileno())
    if (facts.st_size, facts.st_mtime_ns, str(facts.st_ino)) != (file.size, file.mtime_ns, file.inode):
        raise FileChanged


def _clone(source: BinaryIO, target: Path) -> bool:
    with target.open("wb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), FICLONE, source.fileno())
        except OSError:
            target.unlink()
            return False
    return True


def _link(file: FolderFile, source: BinaryIO, target: Path) -> bool:
    """Make a hard link: on the same file system, and if the kernel allows it for a file of this owner."""
    with contextlib.suppress(OSError):
        os.link(file.path, target, follow_symlinks=False)
        if target.stat().st_ino == os.fstat(source.fileno()).st_ino:
            return True
        target.unlink()
    return False
