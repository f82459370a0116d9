"""dataset.json: the dataset's name, licence and captures, as values."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.capture import Capture, CaptureKind, Split

from .files import write_atomically
from .harvest_options import HarvestOptions

NAME = "dataset.json"
VERSION = 1


@dataclass(frozen=True)
class Harvested:
    """A finished harvest. ``folder`` is its name below the capture's; ``left_out`` counts frames by reason."""

    folder: str
    options: HarvestOptions
    time: str
    kept: int
    bursts: int
    left_out: dict[str, int]


@dataclass(frozen=True)
class CaptureEntry:
    """A capture of the dataset, and its file."""

    capture: Capture
    sha256: str
    size_in_bytes: int
    added: str
    """Date and time, ISO 8601, UTC."""
    is_split_chosen: bool = False
    """Whether a person decided between training and held-out; otherwise ``decide_split`` did."""
    harvested: Harvested | None = None


@dataclass(frozen=True)
class Manifest:
    """All of dataset.json."""

    name: str
    game: str = ""
    licence: str = ""
    notes: str = ""
    created: str = ""
    target: tuple[int, int] | None = None
    """The size (width, height) that captures should have."""
    content_hash: str = ""
    """SHA-256 of the captures' files, splits and kept frames: equal datasets have equal ones."""
    captures: tuple[CaptureEntry, ...] = ()

    def entry(self, capture_id: str) -> CaptureEntry:
        """Return a capture's entry. Raises Refused where there is none."""
        for entry in self.captures:
            if entry.capture.id == capture_id:
                return entry
        raise Refused(f"The dataset {self.name} has no capture named {capture_id}.")

    def with_entry(self, entry: CaptureEntry) -> Manifest:
        """Return the manifest with a new entry, or with one in place of that with the same id."""
        ids = [each.capture.id for each in self.captures]
        if entry.capture.id not in ids:
            return replace(self, captures=(*self.captures, entry))
        captures = tuple(entry if each.capture.id == entry.capture.id else each for each in self.captures)
        return replace(self, captures=captures)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    data = asdict(manifest) | {
        "version": VERSION,
        "captures": [_entry_to_json(entry, folder) for entry in manifest.captures],
    }
    write_atomically(folder / NAME, json.dumps(data, indent=1, ensure_ascii=False).encode() + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """Read dataset.json. Raises Refused where it is missing, damaged or of a later version."""
    try:
        data: dict[str, Any] = json.loads((folder / NAME).read_bytes())
        if data.pop("version") > VERSION:
            raise Refused("This dataset was written by a later version of HaloWeb. Upgrade this one.")
        data["captures"] = tuple(_entry_from_json(entry, folder) for entry in data["captures"])
        data["target"] = tuple(data["target"]) if data["target"] else None
        return Manifest(**data)
    except FileNotFoundError:
        raise Refused(f"The folder {folder.name} holds no dataset: it has no {NAME}.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"The dataset's {NAME} is damaged. Restore it from a copy.", detail=str(error)) from error


def capture_to_json(capture: Capture) -> dict[str, Any]:
    """Return plain JSON types."""
    return asdict(capture) | {
        "path": str(capture.path),
        "rate": str(capture.rate) if capture.rate is not None else None,
        "first_time": str(capture.first_time) if capture.first_time is not None else None,
        "warnings": list(capture.warnings),
    }


def capture_from_json(data: dict[str, Any]) -> Capture:
    return Capture(
        **data
        | {
            "path": Path(data["path"]),
            "kind": CaptureKind(data["kind"]),
            "rate": Fraction(data["rate"]) if data["rate"] is not None else None,
            "first_time": Fraction(data["first_time"]) if data.get("first_time") is not None else None,
            "split": Split(data["split"]),
            "warnings": tuple(data["warnings"]),
        }
    )


def _entry_to_json(entry: CaptureEntry, folder: Path) -> dict[str, Any]:
    """Return plain JSON types. Paths within the dataset are relative, so that it can be moved."""
    capture = capture_to_json(entry.capture)
    if entry.capture.path.is_relative_to(folder):
        capture["path"] = str(entry.capture.path.relative_to(folder))
    return asdict(entry) | {"capture": capture}


def _entry_from_json(data: dict[str, Any], folder: Path) -> CaptureEntry:
    capture = capture_from_json(data["capture"])
    harvested = data["harvested"]
    return CaptureEntry(
        **data
        | {
            "capture": replace(capture, path=folder / capture.path),
            "harvested": Harvested(**harvested | {"options": HarvestOptions(**harvested["options"])})
            if harvested
            else None,
        }
    )
