"""The card of a dataset, as JSON for programs and as Markdown for people."""

from __future__ import annotations

from typing import Any

from .coverage import coverage
from .folder import Dataset
from .harvest_options import HarvestOptions

UNKNOWN = "unknown"


def card(dataset: Dataset) -> dict[str, Any]:
    """Return the card as plain JSON types. It names no path of this machine."""
    manifest = dataset.manifest
    covered = coverage(dataset)
    harvested = {entry.capture.id: entry.harvested for entry in manifest.captures}
    return {
        "name": manifest.name,
        "game": manifest.game,
        "licence": manifest.licence,
        "notes": manifest.notes,
        "created": manifest.created,
        "content_hash": manifest.content_hash,
        "frames": {"training": covered.frames, "held-out": covered.held_out_frames},
        "maps": dict(covered.by_map),
        "brightness": dict(covered.by_brightness),
        "motion": dict(covered.by_motion),
        "missing": list(covered.missing),
        "captures": [
            {
                "id": summary.capture.id,
                "file": summary.capture.path.name,
                "kind": summary.capture.kind.value,
                "game": summary.capture.game,
                "map": summary.capture.map,
                "licence": summary.capture.licence or manifest.licence,
                "split": summary.capture.split.value,
                "width": summary.capture.width,
                "height": summary.capture.height,
                "rate": str(summary.capture.rate) if summary.capture.rate is not None else None,
                "frames": summary.frames,
                "kept": summary.kept,
                "bursts": summary.bursts,
                "harvest": _options(harvested[summary.capture.id]),
                "sha256": manifest.entry(summary.capture.id).sha256,
                "warnings": list(summary.capture.warnings),
            }
            for summary in dataset.summary()
        ],
    }


def card_markdown(dataset: Dataset) -> str:
    """Return the card as Markdown: what is in the dataset, under which licences, and what is missing."""
    data = card(dataset)
    lines = [
        f"# {_cell(data['name'])}",
        "",
        f"{data['frames']['training']:,} frames to train on, {data['frames']['held-out']:,} held out to evaluate.",
        "",
        f"- Game: {_cell(data['game']) or UNKNOWN}",
        f"- Licence: {_cell(data['licence']) or UNKNOWN}",
        f"- Content: SHA-256 {data['content_hash']}",
        f"- Created: {data['created']}",
    ]
    if data["notes"]:
        lines += ["", data["notes"]]
    lines += [
        "",
        "## Captures",
        "",
        "| capture | map | split | size | frames kept | licence |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(each) for each in data["captures"]]
    lines += ["", "## Coverage", "", "| | frames to train on |", "|---|---|"]
    for name in ("maps", "brightness", "motion"):
        lines += [f"| {_cell(key)} | {count:,} |" for key, count in data[name].items()]
    warnings = [f"- {_cell(each['id'])}: {sentence}" for each in data["captures"] for sentence in each["warnings"]]
    if data["missing"] or warnings:
        lines += ["", "## What to know", "", *(f"- {sentence}" for sentence in data["missing"]), *warnings]
    return "\n".join(lines) + "\n"


def _row(capture: dict[str, Any]) -> str:
    cells = (
        _cell(capture["id"]),
        _cell(capture["map"]) or UNKNOWN,
        capture["split"],
        f"{capture['width']}x{capture['height']}",
        f"{capture['kept']:,} of {capture['frames']:,}",
        _cell(capture["licence"]) or UNKNOWN,
    )
    return f"| {' | '.join(cells)} |"


def _options(harvested: Any) -> dict[str, Any] | None:
    options: HarvestOptions | None = harvested.options if harvested else None
    return options.to_json() if options else None


def _cell(text: str) -> str:
    """Return text that stays within a line and a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
