"""Every clip of the old-format corpus through script/upscale: is what comes out faithful?

    python benchmarks/corpus.py FOOTAGE [--model nearest] [--preset h264] [--scale X] [--only NAME ...] [--json FILE]

FOOTAGE is a folder with a manifest.json that holds the truth about each clip. The default network enlarges by
nearest neighbour: which frames, shape, colours and sound come out does not depend on the network.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from measure import ROOT, machine, upscale_command

sys.path.insert(0, str(ROOT))

from benchmarks import faithful
from tests.listening import sound_shift_ms

MOST_SHIFT_MS = 10.0
MOST_ASPECT_ERROR = 0.005
MOST_BORDER_ERROR = 2
MOST_COLOUR_ERROR = 4.0
FIELD_ORDERS = {"tt": "tff", "bb": "bff", "tb": "tff", "bt": "bff"}


@dataclass(frozen=True)
class Row:
    """What was measured of one clip's result."""

    name: str
    frames_expected: int
    frames_got: int
    source_frames_lost: int
    repeats: int
    wrong_repeats: int
    sound_error_ms: float | None
    """None for a clip without sound."""
    aspect_error: float
    border_left: int
    """Coded pixels of border that are still there, on the worst side."""
    picture_lost: int
    """Coded pixels of picture that are gone, on the worst side."""
    fields: str
    combed: float
    """Part of the result's frames that idet calls interlaced."""
    colour_error: float
    warnings: int

    def complaints(self, truth: dict[str, Any]) -> list[str]:
        """What is not as it should be."""
        found = []
        if self.frames_got != self.frames_expected:
            found.append("frame count")
        if self.source_frames_lost:
            found.append("lost frames")
        if self.wrong_repeats or (self.repeats and not truth["vfr"] and not has_gaps(truth)):
            found.append("repeats")
        if self.sound_error_ms is not None and abs(self.sound_error_ms) > MOST_SHIFT_MS:
            found.append("sound")
        if self.aspect_error > MOST_ASPECT_ERROR:
            found.append("aspect")
        if max(self.border_left, self.picture_lost) > MOST_BORDER_ERROR:
            found.append("crop")
        if self.fields != "right" or self.combed > 0.02:
            found.append("fields")
        if self.colour_error > MOST_COLOUR_ERROR:
            found.append("colour")
        if bool(self.warnings) != truth["truncated"]:
            found.append("warnings")
        return found


def has_gaps(truth: dict[str, Any]) -> bool:
    """A clip whose frames are not evenly spaced: its slots without a frame are filled."""
    shortest, longest = truth["frame_gap_ms"]
    return bool(longest > 1.5 * shortest)


def upscale(source: Path, target: Path, *options: str) -> dict[str, Any]:
    """Run script/upscale; gives its receipt. Raises RuntimeError with its words when it fails."""
    command = upscale_command(source, target, "--json", "--force", *options)
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(f"{source.name}: {finished.stderr.strip().splitlines()[-1]}")
    receipt: dict[str, Any] = json.loads(finished.stdout)
    return receipt


def measure(source: Path, truth: dict[str, Any], folder: Path, options: list[str]) -> Row:
    """Upscale one clip and look at the result."""
    target = folder / "result.mp4"
    receipt = upscale(source, target, *options)
    rate = Fraction(truth["nominal_fps"])
    numbers = faithful.slots(faithful.frame_times(source), rate)
    left, top, width, height = truth["active"]
    area = f"{width}:{height}:{left}:{top}"
    order = FIELD_ORDERS.get(truth["field_order"], "progressive") if truth["interlaced"] else "progressive"
    before = f"bwdif=mode=send_frame:parity={order}:deint=all" if truth["interlaced"] else "null"
    there = faithful.pictures(source, faithful.rgb("smpte170m", area, before))
    here = faithful.pictures(target, faithful.rgb("bt709"))
    seen = faithful.shown(there, here, numbers)
    video = next(stream for stream in faithful.probe(target)["streams"] if stream["codec_type"] == "video")
    numerator, _, denominator = truth["sar"].partition(":")
    sar = Fraction(int(numerator), int(denominator)) if denominator else Fraction(1)
    aspect = float(Fraction(video["width"], video["height"]) / (Fraction(width, height) * sar))
    crop = receipt["plan"]["crop"]
    off = [crop[side] - truth["border"][side] for side in ("left", "top", "right", "bottom")]
    seconds = len(here) / rate
    return Row(
        name=source.name,
        frames_expected=numbers[-1] + 1,
        frames_got=len(here),
        source_frames_lost=seen.lost,
        repeats=seen.repeats,
        wrong_repeats=seen.wrong_repeats,
        sound_error_ms=worst_shift(source, target, float(seconds)) if truth["audio"] else None,
        aspect_error=abs(aspect - 1),
        border_left=max(0, *(-side for side in off)),
        picture_lost=max(0, *off),
        fields="right" if receipt["source"]["field_order"] == order else f"wrong ({receipt['source']['field_order']})",
        combed=faithful.combing(target) if truth["interlaced"] else 0.0,
        colour_error=seen.colour_error,
        warnings=len(receipt["warnings"]),
    )


def worst_shift(source: Path, target: Path, seconds: float) -> float:
    """Milliseconds, the larger of the shift early and late in the clip."""
    windows = ((0.5, seconds / 2), (seconds / 2, seconds - 0.3))
    return max((sound_shift_ms(source, target, window=window) for window in windows), key=abs)


def line(row: Row, complaints: list[str]) -> str:
    cells = (
        row.name,
        f"{row.frames_expected} / {row.frames_got}",
        row.source_frames_lost,
        f"{row.repeats} ({row.wrong_repeats})",
        "none" if row.sound_error_ms is None else f"{row.sound_error_ms:+.2f}",
        f"{row.aspect_error:.2%}",
        f"{row.border_left} / {row.picture_lost}",
        row.fields + (f", combed {row.combed:.0%}" if row.combed else ""),
        f"{row.colour_error:.2f}",
        ", ".join(complaints) or "passed",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


COLUMNS = (
    "clip",
    "frames expected / got",
    "source frames lost",
    "repeats (wrong)",
    "sound, ms",
    "aspect error",
    "border left / picture lost, px",
    "field order",
    "colour error",
    "verdict",
)


def main() -> int:
    parser = argparse.ArgumentParser(description="Every clip of the corpus through script/upscale.")
    parser.add_argument("footage", type=Path)
    parser.add_argument("--model", default="nearest")
    parser.add_argument("--preset", default="h264")
    parser.add_argument("--scale", help="of the result; the network's own unless said")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    truths = json.loads((options.footage / "manifest.json").read_text())["clips"]
    rows, failed = [], 0
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|")
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        for truth in truths:
            source = options.footage / truth["file"]
            if options.only and source.name not in options.only:
                continue
            chosen = ["--model", options.model, "--preset", options.preset]
            chosen += ["--scale", options.scale] if options.scale else []
            row = measure(source, truth, Path(folder), chosen)
            complaints = row.complaints(truth)
            failed += bool(complaints)
            rows.append(row)
            print(line(row, complaints), flush=True)
    print(f"\n{len(rows) - failed} of {len(rows)} clips passed.")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "rows": [asdict(row) for row in rows]}, indent=2))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
