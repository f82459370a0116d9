"""Harvest a capture: measure every frame once, and keep sharp and distinct ones of all its scenes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.frames import reduced_frames
from upscaler.training.core.capture import Capture, CaptureKind

from .frame import HarvestedFrame, Reason
from .harvest_options import CountsCallback, HarvestCounts, HarvestOptions
from .measures import LONGEST, Measurer, Measures
from .selection import Selection, has_motion
from .windows import windows

REPORT_SECONDS = 0.5
STATIC_SECONDS = 1


def harvest(
    capture: Capture, options: HarvestOptions, limits: Limits, on_progress: CountsCallback = lambda _: None
) -> Iterator[HarvestedFrame]:
    """Yield every frame of a capture, in order, with whether it is kept and why not.

    Videos of 10 frames per second or more become bursts, slower ones and pictures stills. The capture is decoded once,
    reduced to 640 pixels. Memory holds two windows of measures, never the frames. Raises what ``reduced_frames`` does.
    """
    selection = Selection(capture, options)
    left_out: Counter[Reason] = Counter()
    seen, last_report = 0, time.monotonic()
    for frame in _decided(capture, options, selection, limits):
        seen += 1
        if not frame.kept:
            left_out[frame.reason] += 1
        if time.monotonic() - last_report >= REPORT_SECONDS:
            on_progress(HarvestCounts(seen, capture.frames, seen - left_out.total(), selection.bursts, dict(left_out)))
            last_report = time.monotonic()
        yield frame
    on_progress(HarvestCounts(seen, capture.frames, seen - left_out.total(), selection.bursts, dict(left_out)))


def _decided(
    capture: Capture, options: HarvestOptions, selection: Selection, limits: Limits
) -> Iterator[HarvestedFrame]:
    """Yield the frames of all windows, and those that can't be read at their place between them."""
    unreadable: list[int] = []
    grouped = windows(
        _measured(capture, limits, unreadable),
        _window_frames(capture, options),
        static_frames=_static_frames(capture, options),
        leave_out_black=options.leave_out_black and not options.keep_all,
    )
    for window in grouped:
        while unreadable and unreadable[0] < window.frames[0].number:
            yield _unreadable(unreadable.pop(0), window.frames[0].scene)
        for frame in selection.decide(window):
            while unreadable and unreadable[0] < frame.number:
                yield _unreadable(unreadable.pop(0), frame.scene)
            yield frame
    yield from (_unreadable(number, 0) for number in unreadable)


def _measured(capture: Capture, limits: Limits, unreadable: list[int]) -> Iterator[Measures]:
    measurer = Measurer()
    for number, frame in reduced_frames(capture, LONGEST, limits):
        if frame is None:
            unreadable.append(number)
        else:
            yield measurer.add(number, frame)


def _window_frames(capture: Capture, options: HarvestOptions) -> int:
    """Return the frames of a window. Pictures of a folder may be of any moments, so each is judged by itself."""
    if has_motion(capture):
        return options.burst_frames
    return options.still_window if capture.kind is CaptureKind.VIDEO else 1


def _static_frames(capture: Capture, options: HarvestOptions) -> int:
    """Return from how many frames on a run without motion is left out; 0 for never."""
    if capture.rate is None or options.keep_all or not options.leave_out_static:
        return 0
    return max(2, round(STATIC_SECONDS * capture.rate))


def _unreadable(number: int, scene: int) -> HarvestedFrame:
    return HarvestedFrame(
        number=number, burst=-1, scene=scene, sharpness=0, brightness=0, motion=0, hash=0, kept=False,
        reason=Reason.UNREADABLE,
    )  # fmt: skip
