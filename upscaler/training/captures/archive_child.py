"""Unpack pictures of an untrusted archive, in a confined process: ``python -m ...archive_child``, with a request as one
line of JSON. Answers in lines of JSON: {"pictures": N} as it goes, then {"done": N} or {"refused": REASON}.

Paths are never taken from the archive as they are: each part of a name is checked. Standard library only.
"""

from __future__ import annotations

import errno
import json
import stat
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from .picture_files import IGNORED_FOLDERS, is_picture_name

BLOCK = 1024**2
REPORT_EVERY = 50
MAX_DEPTH, MAX_NAME_BYTES = 16, 200
UNREADABLE = "This archive is damaged, or it isn't a .zip or .tar file. Copy or download it again."
FULL = "The disk is full. Free some space, then add the archive again."


class NotUnpacked(Exception):
    """Raised for an archive that is refused; its text is the reason, for a person."""


@dataclass(frozen=True)
class Bounds:
    """Limits of one archive. ``ratio`` is that of the bytes unpacked to those of the archive."""

    entries: int
    pictures: int
    picture_bytes: int
    total_bytes: int
    ratio: int


def main() -> None:
    request = json.loads(sys.stdin.readline())
    source, target = Path(request["source"]), Path(request["target"])
    try:
        _say(done=unpack(source, target, Bounds(**request["bounds"])))
    except NotUnpacked as reason:
        _say(refused=str(reason))
    except OSError as error:
        _say(refused=FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else UNREADABLE, detail=str(error))
    except Exception as error:  # the parsers may raise anything for foreign bytes
        _say(refused=UNREADABLE, detail=str(error))


def unpack(source: Path, target: Path, bounds: Bounds) -> int:
    """Write the pictures below ``target`` and return their number. Raises NotUnpacked with the reason."""
    room = min(bounds.total_bytes, bounds.ratio * source.stat().st_size)
    count = 0
    for name, data in _entries(source, bounds):
        relative = safe_path(name)
        if relative is None or not is_picture_name(relative.name) or set(relative.parts) & IGNORED_FOLDERS:
            continue
        count += 1
        if count > bounds.pictures:
            raise NotUnpacked(f"The archive has more than {bounds.pictures:,} pictures. Split it into several.")
        room -= _write(data, target / relative, min(bounds.picture_bytes, room))
        if count % REPORT_EVERY == 0:
            _say(pictures=count)
    if not count:
        raise NotUnpacked("The archive has no pictures (PNG, JPEG, WebP or BMP).")
    return count


def safe_path(name: str) -> PurePosixPath | None:
    """Return the relative path of an entry, None for a folder. Raises NotUnpacked for one that leaves its folder."""
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or ".." in parts or ":" in parts[0] or "\0" in name:
        raise NotUnpacked("The archive has a file whose path leads out of its folder. Pack the pictures again.")
    kept = [part for part in parts if part not in ("", ".")]
    if not parts[-1] or not kept:
        return None
    if len(kept) > MAX_DEPTH or any(len(part.encode("utf-8", "surrogateescape")) > MAX_NAME_BYTES for part in kept):
        raise NotUnpacked("The archive has a path that is too long. Pack the pictures with shorter names.")
    return PurePosixPath(*kept)


def _entries(source: Path, bounds: Bounds) -> Iterator[tuple[str, IO[bytes]]]:
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            infos = archive.infolist()
            _check_count(len(infos), bounds)
            for info in infos:
                _check_zip_entry(info)
                if not info.is_dir():
                    with archive.open(info) as data:
                        yield info.filename, data
        return
    with tarfile.open(source, "r:*") as archive:
        for count, member in enumerate(archive, 1):
            _check_count(count, bounds)
            if member.issym() or member.islnk() or member.isdev():
                raise NotUnpacked("The archive has a link or a device in place of a file. Pack the pictures again.")
            unpacked = archive.extractfile(member) if member.isreg() else None
            if unpacked is not None:
                yield member.name, unpacked


def _check_count(entries: int, bounds: Bounds) -> None:
    if entries > bounds.entries:
        raise NotUnpacked(f"The archive has more than {bounds.entries:,} files. Split it into several.")


def _check_zip_entry(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise NotUnpacked("The archive has a link or a device in place of a file. Pack the pictures again.")
    if info.flag_bits & 1:
        raise NotUnpacked("The archive is protected by a password. Pack the pictures without one.")


def _write(data: IO[bytes], target: Path, most: int) -> int:
    """Copy an entry and return its bytes, which are counted as they are unpacked: headers may lie."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with _new_file(target) as file:
        while block := data.read(BLOCK):
            written += len(block)
            if written > most:
                raise NotUnpacked(
                    "The archive unpacks to far more than its size, or a picture in it is too large. "
                    "Unpack it yourself, and use the folder."
                )
            file.write(block)
    return written


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    try:
        with target.open("xb") as file:
            yield file
    except FileExistsError:
        raise NotUnpacked(f"The archive has two files named {target.name} in one folder. Rename one.") from None


def _say(**answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
