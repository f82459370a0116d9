"""Clips with white flashes in the picture and bursts of noise at the same moments, and what became of them.

What is measured in a result is measured by benchmarks/flashes.py, which has not a line of the app's code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks import flashes
from tests.clips import ffmpeg
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output import receipt as receipt_module
from upscaler.pipeline.output.checks import against_source
from upscaler.pipeline.programs import ffmpeg as ffmpeg_module
from upscaler.pipeline.programs.libraries import library_versions
from upscaler.pipeline.render import encoders
from upscaler.pipeline.run import upscale_file
from upscaler.pipeline.source import analyse
from upscaler.pipeline.tracks import sound_timeline
from upscaler.pipeline.tracks.sound_frames import decode_sound_frames

MOMENTS = (0.4, 1.0, 2.2, 2.8, 4.4)
"""Seconds at which a flash and a burst begin; both last for a tenth."""
SLACK_MS = 12.0
"""By how much a burst may lie beside its flash in addition to a frame: lossy sound is smeared."""
STAMPED = ("-fps_mode", "passthrough", "-enc_time_base", "-1")
TV_STREAM = ("-muxdelay", "0", "-muxpreload", "0")
LIMITS = Limits(stall_seconds=60)


def within(moments: Sequence[float] = MOMENTS) -> str:
    """An expression that is 1 during flashes and bursts."""
    return "+".join(f"between(t,{at},{at + 0.0999:.4f})" for at in moments)


def pictures(rate: str, seconds: float, size: str = "64x48", moments: Sequence[float] = MOMENTS) -> str:
    """A source for lavfi."""
    flash = f"drawbox=w=iw:h=ih:c=white:t=fill:enable='{within(moments)}'"
    return f"testsrc2=size={size}:rate={rate}:duration={seconds},{flash}"


def noise(seconds: float, sample_rate: int = 44100, moments: Sequence[float] = MOMENTS, seed: int = 0) -> str:
    """Another one. Noise of one ``seed`` is the same to the sample, but for the sample rate."""
    sown = f"if(eq(n,0),st(0,{seed}),0)*0"
    return f"aevalsrc='{sown}+0.6*(2*random(0)-1)*({within(moments)})':s={sample_rate}:d={seconds}"


def flashing(
    path: Path,
    video: Sequence[str] = ("-c:v", "mpeg4"),
    audio: Sequence[str] = ("-c:a", "pcm_s16le"),
    *,
    rate: str = "25",
    seconds: float = 3,
    size: str = "64x48",
    sample_rate: int = 44100,
    shown: str = "",
    heard: str = "",
    extra: Sequence[str] = (),
) -> Path:
    """``shown`` and ``heard`` are filters behind the flashes and the bursts, such as one that changes timestamps."""
    ffmpeg(
        "-f", "lavfi", "-i", pictures(rate, seconds, size) + (f",{shown}" if shown else ""),
        "-f", "lavfi", "-i", noise(seconds, sample_rate) + (f",{heard}" if heard else ""),
        *(STAMPED if shown else ()), *video, *audio, *extra, f"file:{path}",
    )  # fmt: skip
    return path


def joined(path: Path, *parts: Path) -> Path:
    """Files put one behind the other, byte for byte."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


@dataclass(frozen=True)
class Outcome:
    """A result, as benchmarks/flashes.py sees it."""

    path: Path
    receipt: dict[str, Any]
    pictures: flashes.Pictures

    @property
    def frames(self) -> int:
        return len(self.pictures.times)

    @property
    def seconds(self) -> float:
        return float(self.pictures.length)

    @property
    def white(self) -> list[float]:
        return flashes.flashes(self.pictures)

    @property
    def warnings(self) -> str:
        return " ".join(self.receipt["warnings"])

    def sound(self, track: int = 0) -> flashes.Sound:
        found = flashes.listen(self.path, track)
        assert found is not None, f"track {track} is not to be heard"
        return found

    def tone(self, begins: float, ends: float, track: int = 0) -> float:
        """Hz of what is to be heard between two times of the result, counted from the first sample."""
        _, samples = flashes.heard(self.path, track)
        return flashes.tone(samples[int(begins * flashes.SAMPLE_RATE) : int(ends * flashes.SAMPLE_RATE)])[0]

    def is_together(self, moments: int, *, track: int = 0, frames: float = 0.0) -> None:
        """So many flashes, each with its burst: within so many frames, where no frame begins when the burst does."""
        pairs = flashes.pair(self.white, self.sound(track).bursts)
        assert (len(pairs.distances), pairs.lone_flashes, pairs.lone_bursts) == (moments, 0, 0), pairs
        most = 1000 * frames * float(self.pictures.gap) + SLACK_MS
        assert max(abs(one) for one in pairs.distances) <= most, pairs


def upscaled(source: Path, *, preset: str = "h264", **recipe: Any) -> Outcome:
    """All that the command line does, in the source's own size."""
    ending = {"h264": "mp4", "ffv1": "mkv", "prores": "mov"}[preset]
    target = source.with_name(f"{source.stem}.result.{ending}")
    wanted = Recipe(preset=preset, scale=Fraction(1), **recipe)
    with same_machine(), same_sound():
        receipt = upscale_file(source, target, "nearest", wanted, LIMITS, lambda *_: None, force=True)
    return Outcome(target, receipt, flashes.look(target))


@contextmanager
def same_machine() -> Iterator[None]:
    """What ffmpeg and its encoders are is asked once a process instead of once a file: three programs fewer."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(encoders, "require", _require)
        patched.setattr(receipt_module, "library_versions", _library_versions)
        patched.setattr(ffmpeg_module, "version", _version)
        yield


@contextmanager
def same_sound() -> Iterator[None]:
    """Each track of a source is decoded once for its times, instead of once to measure, to write and to check it."""
    with pytest.MonkeyPatch.context() as patched:
        once = cache(decode_sound_frames)
        for module in (analyse, sound_timeline, against_source):
            patched.setattr(module, "decode_sound_frames", once)
        yield


_require = cache(encoders.require)
_library_versions = cache(library_versions)
_version = cache(ffmpeg_module.version)


def flv_tags(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type (8 is sound, 9 a picture), milliseconds and bytes of each tag of an FLV file, in order."""
    at = 13
    while at + 11 <= len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        time = int.from_bytes(data[at + 4 : at + 7], "big") | data[at + 7] << 24
        yield data[at], time, data[at : at + 15 + size]
        at += 15 + size


def flv_tag_at(tag: bytes, milliseconds: int) -> bytes:
    """The same tag at another time."""
    low, high = (milliseconds & 0xFFFFFF).to_bytes(3, "big"), bytes([milliseconds >> 24 & 255])
    return tag[:4] + low + high + tag[8:]
