"""The clips that tests run on: made on the spot by ffmpeg's own sources, or taken from the corpus.

The corpus and the larger weights are not part of the app; they lie beside the checkout, and a test
that wants them is skipped where they don't.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
FOOTAGE = SHARED / "footage"
MANIFEST = FOOTAGE / "manifest.json"


def corpus_truths() -> list[dict[str, Any]]:
    """What the manifest says of every clip; empty where there is no corpus."""
    if not MANIFEST.is_file():
        return []
    truths: list[dict[str, Any]] = json.loads(MANIFEST.read_text())["clips"]
    return truths


def corpus_parameters() -> list[Any]:
    """Every clip of the corpus as a parameter with its name, or one that is skipped."""
    truths = corpus_truths()
    if not truths:
        return [pytest.param(None, marks=pytest.mark.skip(reason="there is no corpus beside this checkout"))]
    return [pytest.param(truth, id=Path(truth["file"]).name) for truth in truths]


def corpus(name: str) -> Path:
    """A clip of the corpus by its file name; skips the test where there is none."""
    path = FOOTAGE / "old" / name
    if not path.is_file():
        pytest.skip(f"there is no corpus beside this checkout ({name})")
    return path


def truth_of(name: str) -> dict[str, Any]:
    """What the manifest says of one clip."""
    return next(truth for truth in corpus_truths() if Path(truth["file"]).name == name)


def shared_weights(name: str) -> Path:
    """A file of weights that does not ship with the app; skips the test where there is none."""
    path = SHARED / "weights" / name
    if not path.is_file():
        pytest.skip(f"these weights are not beside this checkout ({name})")
    return path


clip_cache: Path | None = None
"""A folder of this run, shared by its workers; None outside pytest."""


def ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg quietly, replacing what is there. A clip that depends on nothing but the arguments is encoded once a
    run, and copied after that: most of the time of a short clip is the start of ffmpeg."""
    *options, target = map(str, arguments)
    if clip_cache is None or not _is_cacheable(options, target):
        _run_ffmpeg(*options, target)
        return
    ending = Path(target).suffix
    kept = clip_cache / f"{hashlib.sha256(json.dumps(options).encode()).hexdigest()}{ending}"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=clip_cache) as folder:
            fresh = Path(folder, f"clip{ending}")
            _run_ffmpeg(*options, f"file:{fresh}")
            fresh.rename(kept)  # in one step: another worker may make the same clip at this moment
    shutil.copyfile(kept, target.removeprefix("file:"))


def _is_cacheable(options: list[str], target: str) -> bool:
    """Does the command read no file, and write one only?"""
    inputs = [at for at, option in enumerate(options) if option == "-i"]
    paths = [option for option in options if option.removeprefix("file:").startswith("/")]
    generated = all(options[at - 2 : at] == ["-f", "lavfi"] and "movie=" not in options[at + 1] for at in inputs)
    return generated and not paths and bool(Path(target).suffix) and "%" not in target


def _run_ffmpeg(*arguments: str) -> None:
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments]
    subprocess.run(command, check=True, timeout=60)


def make_clip(
    path: Path,
    *,
    frames: int = 30,
    rate: str = "30",
    size: str = "64x48",
    sar: str = "1",
    codec: str = "mpeg4",
    sound: str | None = "pcm_s16le",
    sound_late: float = 0.0,
    extra: tuple[str, ...] = (),
) -> Path:
    """A moving test picture, no two frames alike, with noise for sound: a tone would have many alignments.

    ``sound_late`` shifts the sound against the picture, in seconds. The sound is cut to the picture.
    """
    numerator, _, denominator = rate.partition("/")
    seconds = frames * int(denominator or 1) / int(numerator)
    noise = f"anoisesrc=color=pink:seed=7:amplitude=0.6:sample_rate=44100:duration={seconds}"
    has_sound = sound is not None
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate},noise=alls=24:allf=t,setsar={sar}",
        *(("-itsoffset", str(sound_late), "-f", "lavfi", "-i", noise) if has_sound else ()),
        "-map", "0:v", "-frames:v", str(frames), "-c:v", codec, "-q:v", "4", "-pix_fmt", "yuv420p",
        *(("-map", "1:a", "-c:a", str(sound)) if has_sound else ()),
        *extra,
        f"file:{path}",
    )  # fmt: skip
    return path


def make_sound_only(path: Path) -> Path:
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=seed=7:duration=1", "-c:a", "libmp3lame", "-f", "avi", f"file:{path}")
    return path


def make_headers_only(path: Path) -> Path:
    """An AVI that declares a video and holds not one frame of it."""
    make_clip(path, frames=5, sound=None, extra=("-f", "avi"))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"movi") - 8] + b"LIST" + (4).to_bytes(4, "little") + b"movi")
    return path
