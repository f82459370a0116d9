"""A model's card: what it is, what it was made from, how well it does, and what to know before using it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from upscaler.training.evaluation.clips import Sampling
from upscaler.training.evaluation.report import markdown_table, to_json, to_markdown
from upscaler.training.evaluation.summary import Summary

from .licences import limits_of_use
from .lineage import Base, Lineage
from .versions import Version

SPECIAL = re.compile(r"([\\`*_\[\]<>#])")
"""Characters that markdown, or HTML within it, would take as markup; tables take care of their bars."""
RESTORED = "It draws what such frames usually show, which need not be what was there."


@dataclass(frozen=True)
class Evaluation:
    """What ``evaluation.report`` gives: plain data, and tables in markdown."""

    data: Mapping[str, Any]
    tables: str

    @classmethod
    def of(cls, summary: Summary, sampling: Sampling) -> Evaluation:
        """Return an evaluation's report for a card."""
        return cls(to_json(summary, sampling), to_markdown(summary, sampling))


@dataclass(frozen=True)
class Speed:
    """A measured speed of the network alone. ``size`` is that of the low-resolution frame, such as "320x240"."""

    seconds_per_frame: float
    size: str
    device: str
    precision: str


@dataclass(frozen=True)
class PublishedFile:
    """A file beside the card, by its name."""

    name: str
    bytes: int
    sha256: str
    purpose: str


@dataclass(frozen=True)
class CardPicture:
    """A picture beside the card. ``file`` is its name in the folder."""

    file: str
    caption: str


@dataclass(frozen=True)
class Card:
    """``licence`` is an SPDX identifier. ``publish`` fills in ``files``, ``parameters`` and ``tensors_sha256``."""

    version: Version
    game: str
    author: str
    licence: str
    architecture: str
    """Such as "Compact 64x16"."""
    lineage: Lineage
    scale: int = 4
    notes: str = ""
    evaluation: Evaluation | None = None
    speed: Speed | None = None
    pictures: tuple[CardPicture, ...] = ()
    files: tuple[PublishedFile, ...] = ()
    parameters: int = 0
    tensors_sha256: str = ""

    @property
    def limits(self) -> list[str]:
        """What to know before using or sharing the model, in sentences."""
        trained_on = f"It was trained on video of {self.game}: other footage may gain less."
        return [*limits_of_use(self.lineage.parts), trained_on, RESTORED]

    def to_json(self) -> dict[str, Any]:
        """Return the card as plain data; ``limits`` and the version's text are for readers only."""
        return asdict(self) | {"title": str(self.version), "limits": self.limits}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Card:
        given = {key: value for key, value in data.items() if key not in ("title", "limits")}
        return cls(
            **given
            | {
                "version": Version(**data["version"]),
                "lineage": Lineage.from_json(data["lineage"]),
                "evaluation": Evaluation(**data["evaluation"]) if data["evaluation"] else None,
                "speed": Speed(**data["speed"]) if data["speed"] else None,
                "pictures": tuple(CardPicture(**each) for each in data["pictures"]),
                "files": tuple(PublishedFile(**each) for each in data["files"]),
            }
        )

    def to_markdown(self) -> str:
        """Return the card as a page. What people entered is shown as plain text."""
        sections = [
            f"# {self.version}",
            _facts(self),
            *([_text(self.notes)] if self.notes else []),
            *([f"## Evaluation\n\n{self.evaluation.tables.strip()}"] if self.evaluation else []),
            *([_pictures(self.pictures)] if self.pictures else []),
            "## Limits of use\n\n" + "\n".join(f"- {_text(sentence)}" for sentence in self.limits),
            _lineage(self.lineage),
            *([_files(self.files)] if self.files else []),
        ]
        return "\n\n".join(sections) + "\n"


def _facts(card: Card) -> str:
    rows = [
        ("game", card.game),
        ("author", card.author),
        ("licence", card.licence or "unknown"),
        ("architecture", f"{card.architecture}, {card.parameters:,} parameters"),
        ("scale", f"{card.scale}x"),
        *([("size", f"{card.files[0].bytes / 1e6:.1f} MB")] if card.files else []),
    ]
    if card.speed:
        speed = card.speed
        rows.append(
            (
                "speed",
                f"{speed.seconds_per_frame:.3f} s per frame of {speed.size} on {speed.device} in {speed.precision}",
            )
        )
    return markdown_table(("model", str(card.version)), [(name, _text(value)) for name, value in rows])


def _pictures(pictures: Sequence[CardPicture]) -> str:
    shown = [f"![{_text(picture.caption)}]({quote(picture.file)})\n\n{_text(picture.caption)}" for picture in pictures]
    return "\n\n".join(["## Pictures", *shown])


def _lineage(lineage: Lineage) -> str:
    dataset = lineage.dataset
    rows = [
        ("dataset", f"{dataset.name}, {dataset.frames:,} frames, SHA-256 {dataset.sha256}"),
        ("maps trained on", ", ".join(dataset.maps) or "unknown"),
        ("maps held out", ", ".join(dataset.held_out_maps) or "none"),
        ("base weights", _base(lineage.base) or "none: trained from scratch"),
        *([("teacher", _base(lineage.teacher))] if lineage.teacher else []),
        ("steps", f"{lineage.steps:,}, seed {lineage.seed}"),
        *([("time", f"{lineage.seconds / 3600:.1f} hours on {lineage.device}")] if lineage.seconds else []),
        ("HaloWeb", f"{lineage.haloweb}, {', '.join(f'{name} {each}' for name, each in lineage.packages.items())}"),
        ("created", lineage.created),
    ]
    table = markdown_table(("made of", ""), [(name, _text(value)) for name, value in rows])
    parts = [
        (part.kind, _text(part.name), _text(part.licence or "unknown"), _text(part.author)) for part in lineage.parts
    ]
    licences = markdown_table(("part", "name", "licence", "author"), parts)
    return f"## Lineage\n\n{table}\n\n## Licences\n\n{licences}\n\nThe recipes are in card.json."


def _base(base: Base | None) -> str:
    return f"{base.name}, SHA-256 {base.sha256}" if base else ""


def _files(files: Sequence[PublishedFile]) -> str:
    rows = [(_text(each.name), f"{each.bytes:,}", each.sha256, each.purpose) for each in files]
    return f"## Files\n\n{markdown_table(('file', 'bytes', 'SHA-256', 'for'), rows)}"


def _text(text: str) -> str:
    """Return text without markup; lines become one."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
