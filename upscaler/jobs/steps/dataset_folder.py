"""Writes a dataset of the database as a dataset's folder, on which training's checks and exports work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np

from upscaler.media.files import source_path
from upscaler.models import Capture, CaptureState, Dataset
from upscaler.selectors.contact_sheets import TILE_WIDTH, tile_height, tile_of
from upscaler.selectors.datasets import measured_capture
from upscaler.training.core.twin import Pixels
from upscaler.training.dataset.folder import Dataset as DatasetFolder
from upscaler.training.dataset.frame import NO_BURST, HarvestedFrame, Reason
from upscaler.training.dataset.frame_files import write_frames
from upscaler.training.dataset.harvest_options import HarvestOptions
from upscaler.training.dataset.manifest import CaptureEntry, Harvested, Manifest, write_manifest

HARVEST = "harvest-1"
ROWS_AT_ONCE = 2000
QUALITY = 95


def write_folder(dataset: Dataset, folder: Path, paths: Mapping[UUID, Path]) -> DatasetFolder:
    """Write the measured captures of a dataset into a new folder, with their used frames as its kept ones.

    ``paths`` are the files of captures, or their folders of pictures, by id; those without one can't be decoded. The id
    of a capture in the folder is that of its row. Memory holds one page of thumbnails.
    """
    entries = []
    for capture in dataset.captures.select_related("dataset").filter(state=CaptureState.READY):
        write_frames(folder / "captures" / str(capture.pk) / HARVEST, _frames(capture))
        harvested = Harvested(
            folder=HARVEST,
            options=HarvestOptions.from_json(dataset.harvest_json),
            time=capture.created_at.isoformat(timespec="seconds"),
            kept=capture.frames_kept,
            bursts=capture.frames.filter(is_used=True).values("burst").distinct().count(),
            left_out={},
        )
        entries.append(
            CaptureEntry(
                capture=measured_capture(
                    capture, paths.get(capture.pk, Path(capture.original_name or str(capture.pk)))
                ),
                sha256=capture.sha256,
                size_in_bytes=capture.size,
                added=capture.created_at.isoformat(timespec="seconds"),
                is_split_chosen=True,
                harvested=harvested,
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_manifest(
        folder,
        Manifest(
            name=dataset.name,
            game=dataset.get_game_display() if dataset.game else "",
            licence=dataset.licence,
            notes=dataset.notes,
            created=dataset.created_at.isoformat(timespec="seconds"),
            captures=tuple(entries),
        ),
    )
    return DatasetFolder.open(folder)


def _frames(capture: Capture) -> Iterator[HarvestedFrame]:
    """Yield the frames of a capture as they are used, with their thumbnails."""
    page, pictures = -1, None
    height = tile_height(capture)
    for frame in capture.frames.order_by("number").iterator(ROWS_AT_ONCE):
        tile = tile_of(frame.number)
        if tile.sheet != page:
            page, pictures = tile.sheet, _sheet(capture, tile.sheet)
        left, top = tile.column * TILE_WIDTH, tile.row * height
        yield HarvestedFrame(
            number=frame.number,
            burst=frame.burst if frame.is_used else NO_BURST,
            scene=frame.scene,
            sharpness=frame.sharpness,
            brightness=frame.brightness,
            motion=frame.motion or 0.0,
            hash=frame.hash % 2**64,
            kept=frame.is_used,
            reason=Reason.NONE if frame.is_used else Reason(frame.reason),
            thumbnail=_jpeg(pictures[top : top + height, left : left + TILE_WIDTH]) if pictures is not None else b"",
        )


def _sheet(capture: Capture, page: int) -> Pixels | None:
    with source_path(capture.sheet_key(page)) as path:
        picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return None if picture is None else np.asarray(picture, np.uint8)


def _jpeg(picture: Pixels) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
