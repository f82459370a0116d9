"""A dataset on disk: dataset.json, and the frames of each capture in files of their own.

dataset.json
captures/ID/harvest-N/frames.jsonl ...      see frame_files.py
pictures/ID/                                unpacked archives
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.archive import is_archive, unpack_pictures
from upscaler.training.captures.probe import id_of, probe_capture
from upscaler.training.core.capture import Burst, Capture, Split

from .files import digest, locked
from .frame_files import FrameFiles, Mark, Page, Shown, write_frames
from .harvest import harvest
from .harvest_options import CountsCallback, HarvestCounts, HarvestOptions
from .manifest import NAME, CaptureEntry, Harvested, Manifest, read_manifest, write_manifest
from .split import decide_split
from .summary import CaptureSummary, content_hash, kept_bursts, summarise


class Dataset:
    """Reads dataset.json whenever it is asked, so that several processes see one state. Frames stay on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(
        cls,
        folder: Path,
        name: str,
        *,
        game: str = "",
        licence: str = "",
        notes: str = "",
        target: tuple[int, int] | None = None,
    ) -> Dataset:
        """Make an empty dataset. Raises Refused where the folder has one."""
        folder.mkdir(parents=True, exist_ok=True)
        dataset = cls(folder)
        with locked(folder):
            if (folder / NAME).exists():
                raise Refused(f"The folder {folder.name} holds a dataset already. Choose another folder.")
            dataset._save(Manifest(name, game, licence, notes, created=_now(), target=target))
        return dataset

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Open a dataset. Raises Refused where there is none."""
        read_manifest(folder)
        return cls(folder)

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.folder)

    @property
    def captures(self) -> tuple[Capture, ...]:
        return tuple(entry.capture for entry in self.manifest.captures)

    def add_capture(
        self,
        path: Path,
        limits: Limits,
        *,
        game: str = "",
        map_name: str = "",
        licence: str = "",
        split: Split | None = None,
        facts: Facts | None = None,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> Capture:
        """Measure a video, a folder of pictures or an archive of them, and add it. Its file stays where it is.

        Without ``split``, ``decide_split`` decides about it and all others that nobody decided about. Raises Refused
        for what can't serve as a capture, or is in the dataset already.
        """
        capture_id = self._free_id(path)
        source, unpacked = path, self.folder / "pictures" / capture_id
        if is_archive(path):
            unpack_pictures(path, unpacked, on_progress=on_progress)
            source = unpacked
        try:
            sha256, size = digest(source, lambda: on_progress(0))
            self._check_new(sha256)
            measured = probe_capture(
                source, limits, capture_id=capture_id, target=self.manifest.target, facts=facts, on_progress=on_progress
            )
        except BaseException:
            shutil.rmtree(unpacked, ignore_errors=True)
            raise
        capture = replace(
            measured, game=game or self.manifest.game, map=map_name, licence=licence, split=split or Split.TRAINING
        )
        with locked(self.folder):
            entry = CaptureEntry(capture, sha256, size, _now(), is_split_chosen=split is not None)
            self._save(_with_split(self.manifest.with_entry(entry)))
        return self.manifest.entry(capture_id).capture

    def remove_capture(self, capture_id: str) -> None:
        """Remove a capture and its frames. Its file is deleted only where the dataset unpacked it."""
        with locked(self.folder):
            manifest = self.manifest
            manifest.entry(capture_id)
            kept = tuple(entry for entry in manifest.captures if entry.capture.id != capture_id)
            self._save(_with_split(replace(manifest, captures=kept)))
        shutil.rmtree(self.folder / "captures" / capture_id, ignore_errors=True)
        shutil.rmtree(self.folder / "pictures" / capture_id, ignore_errors=True)

    def describe(self, *, name: str, game: str, licence: str, notes: str) -> None:
        """Set what people say of the dataset."""
        with locked(self.folder):
            self._save(replace(self.manifest, name=name, game=game, licence=licence, notes=notes))

    def describe_capture(self, capture_id: str, *, game: str, map_name: str, licence: str) -> None:
        """Set what people say of a capture. Another map may move it to the other side of the split."""
        with locked(self.folder):
            entry = self.manifest.entry(capture_id)
            capture = replace(entry.capture, game=game, map=map_name, licence=licence)
            self._save(_with_split(self.manifest.with_entry(replace(entry, capture=capture))))

    def choose_split(self, chosen: Mapping[str, Split]) -> None:
        """Set the side of captures by their ids; ``decide_split`` decides the others again."""
        with locked(self.folder):
            manifest = self.manifest
            for capture_id, side in chosen.items():
                entry = manifest.entry(capture_id)
                capture = replace(entry.capture, split=side)
                manifest = manifest.with_entry(replace(entry, capture=capture, is_split_chosen=True))
            self._save(_with_split(manifest))

    def harvest(
        self,
        capture_id: str,
        options: HarvestOptions,
        limits: Limits,
        on_progress: CountsCallback = lambda _: None,
    ) -> HarvestCounts:
        """Harvest a capture in place of an earlier harvest of it, whose marks are lost with it.

        What fails or is cancelled leaves the earlier one. Raises what ``harvest.harvest`` raises.
        """
        entry = self.manifest.entry(capture_id)
        earlier = entry.harvested
        name = f"harvest-{int(earlier.folder.rpartition('-')[2]) + 1 if earlier else 1}"
        folder = self.folder / "captures" / capture_id / name
        shutil.rmtree(folder, ignore_errors=True)  # of a harvest that was killed
        counts = HarvestCounts(0, entry.capture.frames)

        def report(latest: HarvestCounts) -> None:
            nonlocal counts
            counts = latest
            on_progress(latest)

        try:
            write_frames(folder, harvest(entry.capture, options, limits, report))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        left_out = {reason.value: count for reason, count in counts.left_out.items()}
        harvested = Harvested(name, options, _now(), counts.kept, counts.bursts, left_out)
        with locked(self.folder):
            manifest = self.manifest
            self._save(manifest.with_entry(replace(manifest.entry(capture_id), harvested=harvested)))
        if earlier:
            shutil.rmtree(folder.with_name(earlier.folder), ignore_errors=True)
        return counts

    def frame_files(self, capture_id: str) -> FrameFiles:
        """Return the frames of a capture; none before its harvest."""
        return self._files_of(self.manifest.entry(capture_id))

    def page(self, capture_id: str, first: int, count: int, shown: Shown = Shown.ALL) -> Page:
        """Return some frames of a capture; see ``FrameFiles.page``."""
        return self.frame_files(capture_id).page(first, count, shown)

    def mark(self, capture_id: str, numbers: Sequence[int], mark: Mark) -> None:
        """Include or exclude frames of a capture by their numbers, or take the harvest's word for them again."""
        with locked(self.folder):
            self.frame_files(capture_id).mark(numbers, mark)
            self._save(self.manifest)

    def bursts(self, capture_id: str) -> list[Burst]:
        """Return the kept frames of a capture as bursts, in order. A still is a burst of one."""
        return kept_bursts(self.frame_files(capture_id), self.manifest.entry(capture_id).capture)

    def summary(self) -> list[CaptureSummary]:
        """Return the counts of each capture."""
        return [summarise(entry, self.frame_files(entry.capture.id)) for entry in self.manifest.captures]

    def _files_of(self, entry: CaptureEntry) -> FrameFiles:
        harvested = entry.harvested.folder if entry.harvested else "none"
        return FrameFiles(self.folder / "captures" / entry.capture.id / harvested)

    def _save(self, manifest: Manifest) -> None:
        files = [self._files_of(entry) for entry in manifest.captures]
        write_manifest(self.folder, replace(manifest, content_hash=content_hash(manifest.captures, files)))

    def _free_id(self, path: Path) -> str:
        base = id_of(path.name if path.is_dir() else path.name.split(".")[0])
        taken = {capture.id for capture in self.captures}
        numbered = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
        return next(name for name in numbered if name not in taken)

    def _check_new(self, sha256: str) -> None:
        for entry in self.manifest.captures:
            if entry.sha256 == sha256:
                raise Refused(f"This capture is in the dataset already, as {entry.capture.id}.")


def _with_split(manifest: Manifest) -> Manifest:
    chosen = {entry.capture.id: entry.capture.split for entry in manifest.captures if entry.is_split_chosen}
    sides = decide_split((entry.capture for entry in manifest.captures), chosen)
    captures = tuple(
        replace(entry, capture=replace(entry.capture, split=sides[entry.capture.id])) for entry in manifest.captures
    )
    return replace(manifest, captures=captures)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
