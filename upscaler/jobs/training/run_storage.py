"""The files of a run in media storage, so that another machine can continue it, and pages can show its pictures."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.core.files.storage import default_storage

from upscaler.media.files import delete_file, reading_path, source_path, source_paths, store_file
from upscaler.media.stored import ProgressCallback
from upscaler.models import TrainingRun
from upscaler.training.trainer.run_files import (
    BASE,
    CHECKPOINTS,
    CURVE,
    PICTURE,
    PICTURES,
    SNAPSHOT,
    TRUTH,
    picture_name,
    snapshot_name,
)

SAMPLES = "samples"
INFO = "shard.json"
"""The description of a shard, which is stored last."""
FOLDERS = ("", PICTURES, CHECKPOINTS)
"""Folders of a run's files, in the order in which they are stored: a checkpoint comes after all that it follows."""
TEMPORARY = ".tmp"


class RunStorage:
    """Copies between a run's local folder and media storage. Stored files are never changed, only replaced."""

    def __init__(self, run: TrainingRun, folder: Path) -> None:
        self._run, self._folder = run, folder
        self._stored: dict[str, tuple[int, int]] = {}

    def fetch(self, on_progress: ProgressCallback) -> None:
        """Bring everything that is stored into the local folder. Raises PipelineError if storage fails."""
        for place in FOLDERS:
            (self._folder / place).mkdir(parents=True, exist_ok=True)
            for name in _names(f"{self._run.folder}/{place}".rstrip("/")):
                file = f"{place}/{name}".lstrip("/")
                with source_path(f"{self._run.folder}/{file}", on_progress) as path:
                    _copy(path, self._folder / file)
                self._stored[file] = _version(self._folder / file)

    def publish(self, on_progress: ProgressCallback | None = None) -> set[str]:
        """Store what is new, and delete from storage what the run has deleted. Return the names of what was stored.

        Raises PipelineError or OSError if storage fails or the disk is full.
        """
        files = list(self._local())
        stored = {file for file in files if self._store(file, on_progress)}
        for file in set(self._stored).difference(files):
            delete_file(f"{self._run.folder}/{file}")
            del self._stored[file]
        return stored

    def snapshots(self) -> set[int]:
        """Return the steps of the snapshots that are stored."""
        return {int(match[1]) for file in self._stored if (match := SNAPSHOT.fullmatch(file))}

    def pictures(self, step: int) -> int:
        """Return the number of stored pictures of a step."""
        return sum(int(match[1]) == step for file in self._stored if (match := PICTURE.fullmatch(file)))

    def fixed_pictures(self) -> tuple[int, bool]:
        """Return how many frames are shown, and whether as the weights before show them, too."""
        count = sum(file.endswith(f"-{TRUTH}.webp") for file in self._stored)
        return count, count > 0 and picture_name(count - 1, BASE) in self._stored

    def _local(self) -> Iterator[str]:
        for place in FOLDERS:
            folder = self._folder / place
            for path in sorted(folder.iterdir()) if folder.is_dir() else []:
                file = f"{place}/{path.name}".lstrip("/")
                if path.is_file() and path.suffix != TEMPORARY and self._is_current(file):
                    yield file

    def _is_current(self, file: str) -> bool:
        """Is it anything but a picture of a snapshot that was deleted?"""
        match = PICTURE.fullmatch(file)
        return match is None or (self._folder / snapshot_name(int(match[1]))).is_file()

    def _store(self, file: str, on_progress: ProgressCallback | None) -> bool:
        path = self._folder / file
        outgoing = self._folder / f"outgoing{TEMPORARY}"
        try:
            version = _version(path)
            if self._stored.get(file) == version:
                return False
            _copy(path, outgoing)
        except FileNotFoundError:  # the run has replaced it by a newer one
            return False
        store_file(outgoing, f"{self._run.folder}/{file}", on_progress)
        self._stored[file] = version
        return True


class SampleStorage:
    """Moves finished shards from a local folder to media storage. What is stored isn't made again."""

    def __init__(self, run: TrainingRun, folder: Path) -> None:
        self.folder = folder
        self._prefix = f"{run.folder}/{SAMPLES}"
        self.has_examples = False

    def fetch(self) -> None:
        """Bring the descriptions of the stored shards, by which they count as made."""
        for key in _keys(self._prefix):
            self.has_examples = self.has_examples or key.endswith(".npz")
            if key.endswith(f"/{INFO}"):
                target = self.folder / key.removeprefix(f"{self._prefix}/")
                target.parent.mkdir(parents=True, exist_ok=True)
                with source_path(key) as path:
                    shutil.copyfile(path, target)

    def publish(self, on_progress: ProgressCallback | None = None) -> None:
        """Move what is finished, of each shard its description last. Raises PipelineError if storage fails."""
        for path in sorted(self.folder.glob(f"*/*/{INFO}")):
            parts = [part for part in sorted(path.parent.iterdir()) if part != path]
            if path.parent.suffix == TEMPORARY or not parts:
                continue  # not finished yet, or stored before
            for part in parts:
                self._move(part, on_progress)
            described = path.with_name(f"outgoing{TEMPORARY}")
            shutil.copyfile(path, described)
            store_file(described, self._key(path), on_progress)
        for path in sorted(self.folder.glob("*/*.npz")):
            self._move(path, on_progress)

    def _move(self, path: Path, on_progress: ProgressCallback | None) -> None:
        store_file(path, self._key(path), on_progress)

    def _key(self, path: Path) -> str:
        return f"{self._prefix}/{path.relative_to(self.folder)}"


@contextlib.contextmanager
def samples_folder(run: TrainingRun, on_progress: ProgressCallback) -> Iterator[Path]:
    """Open a local folder with the run's samples until the block ends: the stored ones, or copies of them."""
    prefix = f"{run.folder}/{SAMPLES}"
    with source_paths(sorted(_keys(prefix)), on_progress):
        yield reading_path(prefix)


def _keys(prefix: str) -> Iterator[str]:
    """Yield all keys under a prefix."""
    try:
        folders, names = default_storage.listdir(prefix)
    except FileNotFoundError:
        return
    yield from (f"{prefix}/{name}" for name in names)
    for folder in folders:
        yield from _keys(f"{prefix}/{folder}")


def _names(prefix: str) -> list[str]:
    try:
        return sorted(name for name in default_storage.listdir(prefix)[1] if not name.endswith(TEMPORARY))
    except FileNotFoundError:
        return []


def _copy(source: Path, target: Path) -> None:
    """Copy a file. Only the curve is ever written to again, so that of all others a second name is enough."""
    target.unlink(missing_ok=True)
    if source.name != CURVE:
        with contextlib.suppress(OSError):  # on another disk, or one without hard links
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def _version(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size
