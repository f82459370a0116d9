"""Where sound lies against the picture, measured without a line of the code under test.

ffprobe says when the first frame of each stream is shown or heard once decoded; numpy finds the lag
between two recordings.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
SEARCH_SECONDS = 2.0


def sound_shift_ms(source: Path, result: Path, *, source_zero: float = 0.0, window: tuple[float, float]) -> float:
    """Milliseconds by which the result's sound comes later than the source's.

    Time zero is the first displayed frame of each file, plus ``source_zero`` seconds in the source
    (where a trimmed result begins). ``window`` is the part compared, in seconds of the result.
    """
    there = _heard(source, _first_frame(source, "v:0") + source_zero, window)
    here = _heard(result, _first_frame(result, "v:0"), window)
    assert np.sqrt(np.mean(there**2)) > 50, "the window is silent: nothing can be measured in it"
    size = 2 * there.size
    correlation = np.fft.irfft(np.fft.rfft(here, size) * np.conj(np.fft.rfft(there, size)), size)
    reach = int(min(SEARCH_SECONDS * RATE, there.size - 1))
    lags = np.arange(-reach, reach + 1)
    likeness = correlation[lags % size]
    best = int(np.argmax(likeness))
    strength = likeness[best] / (np.linalg.norm(here) * np.linalg.norm(there))
    assert strength > 0.5, f"the sound is not the same sound (correlation {strength:.2f})"
    return float(lags[best]) * 1000 / RATE


def _first_frame(path: Path, stream: str) -> float:
    """Seconds, in the file's own time, at which the first decoded frame is presented."""
    output = subprocess.check_output(
        ["ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "frame=pts_time",
         "-read_intervals", "%+2", "-of", "csv=p=0", f"file:{path}"],
        text=True, timeout=60,
    )  # fmt: skip
    stamps = (line.strip().rstrip(",") for line in output.splitlines())
    return min(float(stamp) for stamp in stamps if stamp not in ("", "N/A"))


def _heard(path: Path, zero: float, window: tuple[float, float]) -> NDArray[np.float64]:
    """The samples between the bounds of ``window``, counted from ``zero``; silence where there are none."""
    pcm = subprocess.check_output(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", f"file:{path}", "-map", "0:a:0", "-ac", "1", "-ar", str(RATE),
         "-f", "s16le", "-"],
        timeout=60, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    samples = np.frombuffer(pcm, np.int16).astype(np.float64)
    begins = round((_first_frame(path, "a:0") - zero - window[0]) * RATE)
    wanted = np.zeros(round((window[1] - window[0]) * RATE))
    first, last = max(0, begins), min(wanted.size, begins + samples.size)
    if first < last:
        wanted[first:last] = samples[first - begins : last - begins]
    return wanted
