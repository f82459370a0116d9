"""Damaged files by the hundred: each must be upscaled as far as it decodes, or be refused in words.

    python benchmarks/mutations.py FOOTAGE [--count 200] [--seed 1] [--keep FOLDER] [--json FILE]

FOOTAGE is a folder of clips, or one that has them in a folder ``old``. Bytes are flipped, blocks blanked or cut out,
ends cut off, files joined byte by byte. What a result's receipt says of its frames is counted again here, with ffprobe.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from measure import ROOT, upscale_command

LIMIT_SECONDS = 180
HEADER_BYTES = 4096
NO_MEDIA = frozenset({".json", ".md", ".py", ".sh", ".txt"})
"""Suffixes of what else is in a folder of clips."""
AFTER_RENDER = frozenset({"assemble...", "verify..."})
"""What script/upscale says when it begins the stages that come after all the work."""

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def flip_bytes(dice: random.Random, data: bytes, _other: bytes) -> bytes:
    """Between 1 and 200 bytes anywhere."""
    return _flipped(dice, data, dice.randint(1, 200), 0, len(data))


def flip_header(dice: random.Random, data: bytes, _other: bytes) -> bytes:
    """A few bytes of what describes the streams."""
    return _flipped(dice, data, dice.randint(1, 8), 0, min(HEADER_BYTES, len(data)))


def cut_short(dice: random.Random, data: bytes, _other: bytes) -> bytes:
    """A download that stopped."""
    return data[: int(len(data) * dice.uniform(0.02, 0.95))]


def cut_out(dice: random.Random, data: bytes, _other: bytes) -> bytes:
    """A stretch is missing in the middle."""
    start = int(len(data) * dice.uniform(0.05, 0.8))
    return data[:start] + data[start + int(len(data) * dice.uniform(0.01, 0.15)) :]


def blank(dice: random.Random, data: bytes, _other: bytes) -> bytes:
    """A stretch of zeros, as a bad disk gives it."""
    start = int(len(data) * dice.uniform(0.05, 0.9))
    length = min(len(data) - start, dice.randint(512, 65536))
    return data[:start] + bytes(length) + data[start + length :]


def join(_dice: random.Random, data: bytes, other: bytes) -> bytes:
    """Two files, one behind the other, as people joined parts without a tool."""
    return data + other


MUTATIONS: dict[str, Mutation] = {
    "bytes flipped": flip_bytes,
    "header flipped": flip_header,
    "cut short": cut_short,
    "cut out": cut_out,
    "blanked": blank,
    "concatenated": join,
}


@dataclass(frozen=True)
class Outcome:
    """What became of one damaged file."""

    name: str
    mutation: str
    end: str
    """One of "done", "done with warnings", "refused"; or what went wrong, such as "too slow", "wrong count" or
    "ended after the render"."""
    said: str
    seconds: float

    @property
    def is_good(self) -> bool:
        return self.end in ("done", "done with warnings", "refused")


def _flipped(dice: random.Random, data: bytes, count: int, start: int, end: int) -> bytes:
    changed = bytearray(data)
    for _ in range(count):
        changed[dice.randrange(start, end)] ^= dice.randint(1, 255)
    return bytes(changed)


def count_frames(path: Path) -> int:
    """Frames that decode, as ffprobe counts them."""
    command = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-of", "csv=p=0"]
    return int(
        subprocess.check_output([*command, "-show_entries", "stream=nb_read_frames", f"file:{path}"]).strip(b",\n")
    )


def attempt(source: Path, mutation: str, folder: Path) -> Outcome:
    """Upscale one damaged file, small and with the nearest-neighbour network, and look at how it ends."""
    target = folder / "result.mp4"
    target.unlink(missing_ok=True)
    command = upscale_command(
        source, target, "--model", "nearest", "--scale", "1", "--set", "keep_colours=off", "--json"
    )
    began = time.monotonic()
    try:
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return Outcome(source.name, mutation, "too slow", "", LIMIT_SECONDS)
    end, said = _judge(finished, target)
    return Outcome(source.name, mutation, end, said, time.monotonic() - began)


def _judge(finished: subprocess.CompletedProcess[str], target: Path) -> tuple[str, str]:
    if finished.returncode:
        said = (finished.stderr.strip().splitlines() or [""])[-1]
        if target.exists():
            return "failed", f"left a file behind: {said}"
        if "Traceback" in finished.stderr or not said.startswith("upscale: "):
            return "no sentence", said
        if finished.returncode == 1 and AFTER_RENDER.intersection(finished.stderr.splitlines()):
            return "ended after the render", said
        return ("refused" if finished.returncode == 2 else "failed"), said
    receipt = json.loads(finished.stdout)
    result = receipt["result"]["frames_out"]
    if not count_frames(target) == result == receipt["planned_frames"]:
        return "wrong count", f"{result} on the receipt"
    warnings = receipt["warnings"]
    return ("done with warnings" if warnings else "done"), " ".join(warnings)


def clips_of(footage: Path) -> list[Path]:
    """The clips of a folder, in the order of their names."""
    folder = footage / "old" if (footage / "old").is_dir() else footage
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix not in NO_MEDIA)


def main() -> int:
    parser = argparse.ArgumentParser(description="Damaged copies of the corpus through script/upscale.")
    parser.add_argument("footage", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files that went wrong")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    clips = clips_of(options.footage)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="mutations-") as name:
        folder = Path(name)
        for number in range(options.count):
            mutation = list(MUTATIONS)[number % len(MUTATIONS)]
            clip, other = dice.choice(clips), dice.choice(clips)
            source = folder / f"{number:03}-{mutation.replace(' ', '-')}-{clip.name}"
            source.write_bytes(MUTATIONS[mutation](dice, clip.read_bytes(), other.read_bytes()))
            outcome = attempt(source, mutation, folder)
            outcomes.append(outcome)
            print(
                f"{outcome.seconds:6.1f} s  {outcome.end:22}  {source.name}: {outcome.said}",
                file=sys.stderr,
                flush=True,
            )
            if not outcome.is_good and options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, options.keep)
            source.unlink()
    ends = sorted({outcome.end for outcome in outcomes})
    counts = Counter((outcome.mutation, outcome.end) for outcome in outcomes)
    print("| what was done to the file | " + " | ".join(ends) + " |\n" + "|---" * (len(ends) + 1) + "|")
    for mutation in MUTATIONS:
        print(f"| {mutation} | " + " | ".join(str(counts[mutation, end]) for end in ends) + " |")
    slowest = max(outcome.seconds for outcome in outcomes)
    bad = sum(not outcome.is_good for outcome in outcomes)
    print(f"\n{len(outcomes)} files, seed {options.seed}; {bad} went wrong; the slowest took {slowest:.0f} s.")
    if options.json:
        options.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
