"""Group measured frames into windows: candidates for a burst, or for a still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .frame import Reason
from .measures import Measures

STATIC_SHARE = 0.02
"""Share of changed blocks up to which nothing moves: the bar of a loading screen, a blinking cursor."""


@dataclass(frozen=True)
class Window:
    """Consecutive frames of one scene. With a reason, all of them are left out."""

    frames: tuple[Measures, ...]
    reason: Reason = Reason.NONE


def windows(frames: Iterable[Measures], size: int, *, static_frames: int, leave_out_black: bool) -> Iterator[Window]:
    """Yield windows of up to ``size`` frames, in order, together all frames. Memory holds one window and its successor.

    A window ends with its scene, and where frames that are left out begin: black ones, and runs of ``static_frames``
    or more in which nothing moves. 0 keeps these runs.
    """
    window: list[Measures] = []
    reason = Reason.NONE
    for frame, why in _with_reasons(frames, static_frames, leave_out_black):
        if window and (why != reason or len(window) >= size or frame.scene != window[-1].scene):
            yield Window(tuple(window), reason)
            window = []
        reason = why
        window.append(frame)
    if window:
        yield Window(tuple(window), reason)


def _with_reasons(
    frames: Iterable[Measures], static_frames: int, leave_out_black: bool
) -> Iterator[tuple[Measures, Reason]]:
    """Yield each frame with the reason to leave it out. Frames in which nothing moves wait until their run is long."""
    waiting: list[Measures] = []
    is_static = False
    for frame in frames:
        is_black = leave_out_black and frame.is_black
        if is_black or frame.changed > STATIC_SHARE:
            yield from ((earlier, Reason.NONE) for earlier in waiting)
            waiting, is_static = [], False
        if is_black:
            yield frame, Reason.BLACK
        elif not static_frames:
            yield frame, Reason.NONE
        elif is_static:
            yield frame, Reason.STATIC
        else:
            waiting.append(frame)
            if len(waiting) >= static_frames:
                yield from ((earlier, Reason.STATIC) for earlier in waiting)
                waiting, is_static = [], True
    yield from ((earlier, Reason.NONE) for earlier in waiting)
