"""Exports a dataset as Real-ESRGAN's folders with their meta files, in one archive."""

from __future__ import annotations

import contextlib
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from django.conf import settings

from upscaler.jobs.base import stopping
from upscaler.jobs.steps.capture_analysis import unpacked
from upscaler.jobs.steps.dataset_folder import write_folder
from upscaler.jobs.steps.dataset_work import DatasetWork, dataset_work
from upscaler.media.files import Scratch, free_bytes, source_path, store_file
from upscaler.models import CaptureState, Dataset
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.training.dataset.realesrgan_folders import export_folders
from upscaler.wording.sizes import file_size

ACTIVITY = "Exporting a dataset"
PNG_SHARE = 0.6
"""Size of a frame as PNG, of its bytes as RGB, in captures of games: mostly less."""


def export_dataset(dataset_id: UUID, work: str) -> None:
    """Write the used frames of a dataset as an archive of PNGs, which its owner can download."""
    with dataset_work("export", dataset_id, work, activity=ACTIVITY, scratch=Scratch.EXPORT) as begun:
        if begun is None:
            return
        _check_space(begun.dataset, begun.scratch)
        archive = begun.scratch / "export.zip"
        _pack(_folders(begun), archive, lambda: stopping.raise_if_cancelled(0))
        digest, size = sha256_of(archive), archive.stat().st_size
        store_file(archive, begun.dataset.export_key)
        begun.finish(sha256=digest, size=size)


def _check_space(dataset: Dataset, scratch: Path) -> None:
    """Raises PipelineError unless the frames fit on the disk, and the archive of them into media storage."""
    captures = dataset.captures.filter(state=CaptureState.READY)
    pixels = sum(row.frames_kept * row.facts_json["width"] * row.facts_json["height"] for row in captures)  # type: ignore[index]
    needed = int(3 * PNG_SHARE * pixels)
    available = min(shutil.disk_usage(scratch).free, free_bytes()) - settings.ENVIRONMENT.disk_floor_bytes
    if needed > available:
        raise PipelineError(
            f"The export needs about {file_size(needed)} of disk space; {file_size(max(0, available))} available. "
            "Free some space, or exclude frames.",
            permanent=True,
        )


def _folders(work: DatasetWork) -> Path:
    """Write Real-ESRGAN's folders, and return the one that holds them."""
    with contextlib.ExitStack() as files:
        paths = {}
        for capture in work.dataset.captures.filter(state=CaptureState.READY):
            path = files.enter_context(source_path(capture.key, stopping.raise_if_cancelled))
            paths[capture.pk] = unpacked(capture, path, work.scratch / str(capture.pk), stopping.raise_if_cancelled)
        folder = write_folder(work.dataset, work.scratch / "dataset", paths)
        return export_folders(folder, work.scratch / "datasets", settings.ENVIRONMENT.limits, work.on_progress).parent


def _pack(folder: Path, archive: Path, check: Callable[[], None]) -> None:
    """Move the files below a folder into an archive: PNGs are compressed already."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            check()
            packed.write(path, Path(folder.name, path.relative_to(folder)))
            path.unlink()
