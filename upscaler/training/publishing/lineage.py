"""What a model was made of, so that it can be made again, and its licences followed up."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from .licences import Part

PACKAGES = ("torch", "accelerate", "numpy", "opencv-python", "imageio-ffmpeg")
"""Packages on which a training run's result depends."""


def package_versions() -> dict[str, str]:
    """Return the versions of the installed packages that a result depends on."""
    found = {}
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


@dataclass(frozen=True)
class Dataset:
    """``sha256`` is a hash of the dataset's content."""

    name: str
    sha256: str
    frames: int
    maps: tuple[str, ...] = ()
    held_out_maps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Base:
    """Weights that the training started from, or learned from. ``sha256`` is that of the tensors or the file."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Lineage:
    """How a model came about. ``recipe`` is the training recipe as plain data, ``degradation`` that of the twins."""

    dataset: Dataset
    recipe: Mapping[str, Any]
    degradation: Mapping[str, Any]
    seed: int
    steps: int
    haloweb: str
    """HaloWeb's version."""
    parts: tuple[Part, ...]
    """The chain of licences: captures, base weights and others."""
    base: Base | None = None
    """None for a network that was trained from scratch."""
    teacher: Base | None = None
    """The larger network that a distilled one learned from."""
    seconds: float = 0.0
    """Time of the training on the clock."""
    device: str = ""
    packages: Mapping[str, str] = field(default_factory=package_versions)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Lineage:
        dataset = dict(data["dataset"])
        maps = {key: tuple(dataset[key]) for key in ("maps", "held_out_maps")}
        return cls(
            **{
                **data,
                "dataset": Dataset(**dataset | maps),
                "parts": tuple(Part(**part) for part in data["parts"]),
                "base": Base(**data["base"]) if data["base"] else None,
                "teacher": Base(**data["teacher"]) if data["teacher"] else None,
            }
        )
