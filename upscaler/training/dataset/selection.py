"""Choose bursts and stills among windows, and number the bursts."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import fmean, median

from upscaler.training.core.capture import Capture, CaptureKind

from .distances import DistinctHashes
from .frame import NO_BURST, HarvestedFrame, Reason
from .harvest_options import HarvestOptions
from .measures import Measures
from .windows import Window

BLURRED_SHARE = 0.3
"""Sharpness below this share of the median of the windows before it is a blur, not another scene."""
COMPARED_WINDOWS = 31
MIN_MOTION_RATE = 10
"""Frames per second from which on consecutive frames show motion."""
REPEATS_SHARE = 0.1
"""Share of repeated frames from which on a window is no burst: a capture of 15 in 30 frames per second has half."""


def has_motion(capture: Capture) -> bool:
    """Tell whether a capture is harvested as bursts: it is a video of 10 frames per second or more."""
    return capture.rate is not None and capture.rate >= MIN_MOTION_RATE


class Selection:
    """Decides on one window after the other. Memory: 8 bytes per kept burst or still."""

    def __init__(self, capture: Capture, options: HarvestOptions) -> None:
        self._options = options
        self._total = max(1, capture.frames)
        self._of_bursts = has_motion(capture) and not options.keep_all
        self._least = min(options.min_burst_frames, capture.frames)
        self._kept_hashes = DistinctHashes()
        self._has_order = capture.kind is CaptureKind.VIDEO
        self._sharpness: deque[float] = deque(maxlen=COMPARED_WINDOWS)
        self.kept = 0
        self.bursts = 0

    def decide(self, window: Window) -> list[HarvestedFrame]:
        """Return all frames of a window, kept or with the reason for which they are left out."""
        if window.reason:
            return _left_out(window.frames, window.reason)
        if self._options.keep_all:
            return [self._kept(frame) for frame in window.frames]
        if self._is_beyond_pace(window):
            return _left_out(window.frames, Reason.ENOUGH)
        if self._of_bursts and not _repeats(window):
            return self._burst(window)
        return self._still(window)

    def _burst(self, window: Window) -> list[HarvestedFrame]:
        if len(window.frames) < self._least:
            return _left_out(window.frames, Reason.SHORT)
        if self._is_blurred(fmean(frame.sharpness for frame in window.frames)):
            return _left_out(window.frames, Reason.BLURRED)
        middle = window.frames[len(window.frames) // 2]
        if not self._kept_hashes.add(middle.hash, self._options.min_distance):
            return _left_out(window.frames, Reason.DUPLICATE)
        frames = [_harvested(frame, burst=self.bursts) for frame in window.frames]
        self.bursts += 1
        self.kept += len(frames)
        return frames

    def _still(self, window: Window) -> list[HarvestedFrame]:
        """Keep the sharpest frame of a window that differs from all kept ones."""
        by_sharpness = sorted(window.frames, key=lambda frame: -frame.sharpness)
        is_blurred = self._is_blurred(by_sharpness[0].sharpness)
        decided: dict[int, HarvestedFrame] = {}
        has_kept = False
        for frame in by_sharpness:
            if has_kept or is_blurred:
                reason = Reason.SOFTER if has_kept else Reason.BLURRED
                decided[frame.number] = _harvested(frame, reason=reason)
            elif self._kept_hashes.add(frame.hash, self._options.min_distance):
                decided[frame.number], has_kept = self._kept(frame), True
            else:
                decided[frame.number] = _harvested(frame, reason=Reason.DUPLICATE)
        return [decided[frame.number] for frame in window.frames]

    def _kept(self, frame: Measures) -> HarvestedFrame:
        kept = _harvested(frame, burst=self.bursts)
        self.bursts += 1
        self.kept += 1
        return kept

    def _is_beyond_pace(self, window: Window) -> bool:
        """Tell whether so many frames are kept that the rest of the capture would get none."""
        most = self._options.max_frames
        if not most:
            return False
        size = len(window.frames) if self._of_bursts else 1
        return self.kept + size > most or self.kept > most * window.frames[0].number / self._total

    def _is_blurred(self, sharpness: float) -> bool:
        usual = median(self._sharpness) if self._has_order and self._sharpness else 0.0
        self._sharpness.append(sharpness)
        return sharpness < BLURRED_SHARE * usual


def _repeats(window: Window) -> bool:
    """Tell whether a window has too many repeated frames for a burst. Its first frame may repeat one before it."""
    repeats = sum(frame.is_repeat for frame in window.frames[1:])
    return repeats > REPEATS_SHARE * len(window.frames)


def _left_out(frames: Sequence[Measures], reason: Reason) -> list[HarvestedFrame]:
    return [_harvested(frame, reason=reason) for frame in frames]


def _harvested(frame: Measures, *, burst: int = NO_BURST, reason: Reason = Reason.NONE) -> HarvestedFrame:
    return HarvestedFrame(
        number=frame.number,
        burst=burst,
        scene=frame.scene,
        sharpness=frame.sharpness,
        brightness=frame.brightness,
        motion=frame.motion,
        hash=frame.hash,
        kept=burst != NO_BURST,
        reason=reason,
        thumbnail=frame.thumbnail,
    )
