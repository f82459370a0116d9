"""Datasets as Real-ESRGAN's folders with their meta file, and such folders as captures.

    datasets/NAME/NAME_HR/CAPTURE/00000012.png
    datasets/NAME/meta_info/meta_info_NAME.txt              paths to train on, relative to datasets/NAME
    datasets/NAME/meta_info/meta_info_NAME_held-out.txt     those held out
    datasets/NAME/card.json, README.md

The layout is that of Real-ESRGAN's Training.md: ``dataroot_gt: datasets/NAME``, ``meta_info: ...``.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import cv2

from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.frames import truth_frames
from upscaler.training.captures.picture_files import is_picture_name, picture_files
from upscaler.training.captures.probe import id_of
from upscaler.training.core.capture import Capture, Split

from .card import card, card_markdown
from .files import FULL, disk_full_said
from .folder import Dataset
from .frame_files import Mark
from .harvest_options import HarvestOptions

META = "meta_info"
CARD = "card.json"
SIZE = re.compile(r" \(\d+,\d+(,\d+)?\).*$")
"""The size behind a path, in BasicSR's meta files."""
MAX_META_BYTES = 256 * 1024**2
ProgressCallback = Callable[[int, int], None]
"""Called with the pictures done and their total. An exception in it cancels."""


def export_folders(
    dataset: Dataset, folder: Path, limits: Limits, on_progress: ProgressCallback = lambda _done, _total: None
) -> Path:
    """Write the kept frames as PNGs with meta files and the card, and return the dataset's folder.

    ``folder`` is Real-ESRGAN's "datasets". Raises Refused where it has a dataset of this name, and PipelineError where
    the disk is full; nothing stays then.
    """
    name = id_of(dataset.manifest.name)
    target = folder / name
    if target.exists():
        raise Refused(
            f"The folder {folder.name} has a dataset named {name} already. Delete it, or choose another folder."
        )
    draft = folder / f"{name}.exporting"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with disk_full_said():
            (draft / META).mkdir(parents=True)
            _export_captures(dataset, draft, name, limits, on_progress)
            (draft / CARD).write_text(json.dumps(card(dataset), indent=1, ensure_ascii=False) + "\n")
            (draft / "README.md").write_text(card_markdown(dataset))
            draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _export_captures(dataset: Dataset, draft: Path, name: str, limits: Limits, on_progress: ProgressCallback) -> None:
    meta = {
        Split.TRAINING: draft / META / f"meta_info_{name}.txt",
        Split.HELD_OUT: draft / META / f"meta_info_{name}_{Split.HELD_OUT}.txt",
    }
    total, done = sum(summary.kept for summary in dataset.summary()), 0
    for side, path in meta.items():
        with path.open("w") as listed:
            for capture in (each for each in dataset.captures if each.split is side):
                below = PurePosixPath(f"{name}_HR", capture.id)
                (draft / below).mkdir(parents=True)
                for number, frame in truth_frames(capture, dataset.bursts(capture.id), limits):
                    picture = below / f"{number:08}.png"
                    if not cv2.imwrite(str(draft / picture), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)):
                        raise PipelineError(FULL, permanent=False)
                    listed.write(f"{picture}\n")
                    done += 1
                    on_progress(done, total)


@dataclass(frozen=True)
class FoundFolder:
    """A folder of pictures to import, and what its card says of it. ``listed`` are the names to keep, None for all."""

    path: Path
    listed: frozenset[str] | None
    game: str = ""
    map: str = ""
    licence: str = ""
    split: Split | None = None


def import_folders(
    dataset: Dataset, root: Path, limits: Limits, on_progress: Callable[[int], None] = lambda _: None
) -> list[Capture]:
    """Add the folders of an export, of Real-ESRGAN's folders with a meta file, or one plain folder of pictures.

    Each folder becomes a capture of stills, of which all pictures are kept that the meta files list. Without a meta
    file, all are. The card of an export gives their maps, licences and split. Raises Refused where there is no picture.
    """
    captures = []
    for found in find_folders(root):
        capture = dataset.add_capture(
            found.path,
            limits,
            game=found.game,
            map_name=found.map,
            licence=found.licence,
            split=found.split,
            on_progress=on_progress,
        )
        dataset.harvest(capture.id, HarvestOptions(keep_all=True), limits)
        if found.listed is not None:
            names = [path.relative_to(found.path).as_posix() for path in picture_files(found.path)]
            unlisted = [number for number, name in enumerate(names) if name not in found.listed]
            dataset.mark(capture.id, unlisted, Mark.EXCLUDED)
        captures.append(dataset.manifest.entry(capture.id).capture)
    return captures


def find_folders(root: Path) -> list[FoundFolder]:
    """Return the folders of pictures below ``root`` that its meta files list, or ``root`` itself where it has none."""
    described = _described(root)
    listed: dict[PurePosixPath, set[str]] = {}
    for name in _listed_names(root):
        listed.setdefault(name.parent, set()).add(name.name)
    if not listed:
        return [FoundFolder(root, None)]
    found = []
    for folder, names in listed.items():
        about = described.get(folder.name, {})
        found.append(
            FoundFolder(
                root / folder,
                frozenset(names),
                game=str(about.get("game", "")),
                map=str(about.get("map", "")),
                licence=str(about.get("licence", "")),
                split=Split(about["split"]) if about.get("split") in list(Split) else None,
            )
        )
    return found


def _listed_names(root: Path) -> Iterator[PurePosixPath]:
    """Yield the paths of the meta files, below ``root``.

    A line is "GT", "GT, LQ", or "GT (height,width,channels)", as Real-ESRGAN's and BasicSR's scripts write them.
    """
    for path in sorted([*root.glob(f"{META}*.txt"), *(root / META).glob(f"{META}*.txt")]):
        if path.stat().st_size > MAX_META_BYTES:
            raise Refused(f"The meta file {path.name} is too large.")
        for line in path.read_text("utf-8", "replace").splitlines():
            name = PurePosixPath(SIZE.sub("", line.split(", ")[0]).strip().replace("\\", "/"))
            if not is_picture_name(name.name):
                continue
            if name.is_absolute() or ".." in name.parts:
                raise Refused(f"The meta file {path.name} lists a path that leads out of its folder.")
            if not (root / name).is_file():
                raise Refused(f"The meta file {path.name} lists {name}, which isn't there. Copy the folder again.")
            yield name


def _described(root: Path) -> dict[str, dict[str, Any]]:
    """Return what the card of an export says of each capture, by id; nothing without one."""
    try:
        data = json.loads((root / CARD).read_bytes())
        return {str(each["id"]): dict(each) for each in data["captures"]}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise Refused(f"The {CARD} of this folder is damaged. Delete it, or copy the folder again.") from None
