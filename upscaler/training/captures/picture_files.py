"""The pictures of a folder, in natural order: frame2 comes before frame10."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
DIGITS = re.compile(r"(\d+)")
IGNORED_FOLDERS = frozenset({"__MACOSX"})
"""What macOS adds to archives: its files have the names of pictures."""


def is_picture_name(name: str) -> bool:
    return Path(name).suffix.lower() in PICTURE_SUFFIXES and not name.startswith(".")


def picture_files(folder: Path) -> list[Path]:
    """Return the pictures below a folder, in natural order of their relative paths. Links are not followed."""
    return sorted(_walk(folder), key=lambda path: natural_key(path.relative_to(folder).as_posix()))


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key in which numbers within names count as numbers, and upper case as lower case."""
    words = DIGITS.split(name.lower())
    return (*((0, int(word), "") if word.isdecimal() else (1, 0, word) for word in words), (1, 0, name))


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in IGNORED_FOLDERS and not entry.name.startswith("."):
                    yield from _walk(Path(entry.path))
            elif entry.is_file(follow_symlinks=False) and is_picture_name(entry.name):
                yield Path(entry.path)
