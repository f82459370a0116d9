"""Do two versions write the same bits? 20 segments of five clips of the corpus by both, compared byte for byte.

    python benchmarks/identical.py FOOTAGE OTHER [--model realesr-animevideov3] [--frames 12] [--only NAME ...]

OTHER is a checkout of the other version, or a commit of this repository. A segment is a stretch of frames that
script/upscale renders by itself, with its sound, as a file of its own; four of each clip, from its beginning to its
end. What differs in the receipts is listed beside it, but for how long it took and what the versions are called.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import ROOT, upscale_with

sys.path.insert(0, str(ROOT))

from tests.upgrade.older import check_out

CLIPS = (
    "xvid_320x240_30_mp3.avi",
    "wmv2_320x240_15_wma.wmv",
    "mpeg2_640x480_interlaced_tff.mpg",
    "spark_425x319_odd_25.flv",
    "h264_320x240_vfr_vorbis.mkv",
)
"""Of five codecs and containers: interlaced, of odd sizes, of a variable rate."""
SEGMENTS = 4
"""Of each clip."""
LIMIT_SECONDS = 1800.0
OF_THE_RUN = ("seconds", "render_seconds", "fps", "versions")
"""What a receipt says of the run rather than of its result."""


@dataclass(frozen=True)
class Written:
    """What a version makes of a segment."""

    content: bytes
    receipt: dict[str, Any]


def written(app: Path, source: Path, first: int, frames: int, folder: Path, options: list[str]) -> Written:
    """Raises RuntimeError with what the version says when it fails."""
    target = folder / "result.mp4"
    between = ("--frames", f"{first}:{first + frames}")
    finished, _ = upscale_with(app, source, target, *between, *options, limit_seconds=LIMIT_SECONDS)
    if finished is None or finished.returncode:
        reason = finished.stderr.strip().splitlines()[-1] if finished else "it takes too long"
        raise RuntimeError(f"{source.name} from frame {first} in {app}: {reason}")
    receipt = {name: value for name, value in json.loads(finished.stdout).items() if name not in OF_THE_RUN}
    return Written(target.read_bytes(), receipt)


def receipt_differences(here: Written, there: Written) -> str:
    """Names of the entries that are not the same: figures, or the words in which a version puts them."""
    names = here.receipt.keys() | there.receipt.keys()
    return ", ".join(sorted(name for name in names if here.receipt.get(name) != there.receipt.get(name)))


def main() -> int:
    parser = argparse.ArgumentParser(description="Segments of the corpus by two versions, compared byte for byte.")
    parser.add_argument("footage", type=Path)
    parser.add_argument("other", help="a checkout, or a commit")
    parser.add_argument("--model", default="realesr-animevideov3")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--frames", type=int, default=12, help="of a segment")
    parser.add_argument("--only", nargs="+", default=CLIPS, metavar="NAME")
    options = parser.parse_args()
    truths = {
        Path(one["file"]).name: one for one in json.loads((options.footage / "manifest.json").read_text())["clips"]
    }
    chosen = ["--model", options.model, "--precision", options.precision]
    compared = differ = 0
    print("| clip | from frame | frames | bytes | file | differs in the receipt |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="identical-") as scratch:
        folder = Path(scratch)
        is_checkout = Path(options.other).is_dir()
        other = Path(options.other).absolute() if is_checkout else check_out(options.other, folder / "other")
        for name in options.only:
            source = options.footage.absolute() / truths[name]["file"]
            for number in range(SEGMENTS):
                first = number * (truths[name]["decoded_frames"] - options.frames) // (SEGMENTS - 1)
                both = [written(app, source, first, options.frames, folder, chosen) for app in (ROOT, other)]
                is_same = both[0].content == both[1].content
                compared += 1
                differ += not is_same
                row = (name, first, options.frames, f"{len(both[0].content):,}", "same" if is_same else "differs")
                print(f"| {' | '.join(map(str, row))} | {receipt_differences(*both) or 'nothing'} |", flush=True)
    print(f"\n{compared - differ} of {compared} segments are the same, byte for byte.")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
