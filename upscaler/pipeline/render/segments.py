"""Render segments one after another: decode -> network -> postfilters -> encode, overlapping."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from upscaler.pipeline.containers.mp4 import count_frames
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.networks.backend import Backend
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.planning.plan import Plan

from .encode import Encoder, playable_path
from .pictures import Numbering, Picture
from .postfilters import postfiltered
from .stages import Sink, for_each
from .upscale import Enlarger

OnFrame = Callable[[int, Frame, Frame], None]
"""Called with each frame's number and its picture before and after, in order, from a thread of the renderer. A frame
that repeats the one before it has the same pictures. May raise Stopped."""

WAITING = 2
"""Pictures queued behind the network: they are large, and the stages after it are faster."""


@dataclass(frozen=True)
class Rendered:
    """A finished segment's file."""

    frames: int
    size: int
    sha256: str
    seconds: float
    network_frames: int = 0
    """Number of frames that went through the network: fewer than ``frames`` where some are repeated."""
    changes_nothing: bool = False
    """True if every picture of this renderer so far equals plain enlargement."""


class Renderer:
    """Renders segments of one plan. Keeps its decoder open between consecutive segments.

    A segment's bytes are the same whatever was rendered before it. ``with_playable`` has the encoder
    write an H.264 copy beside what browsers don't play. Use it as a context manager; not for several
    threads.
    """

    def __init__(
        self, source: Path, plan: Plan, backend: Backend, limits: Limits, *, with_playable: bool = True
    ) -> None:
        if backend.scale != plan.scale:
            raise PipelineError(
                f"The plan was made for a network of scale {plan.scale}, not {backend.scale}.", permanent=True
            )
        self._plan = plan
        self._limits = limits
        self._with_playable = with_playable
        self._numbering = Numbering(plan)
        self._enlarger = Enlarger(source, plan, backend, limits, self._numbering)

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the decoder."""
        self._enlarger.close()

    def render(self, start: int, end: int, target: Path, on_frame: OnFrame) -> Rendered:
        """Render the frames [start, end) to ``target``.

        The frames are counted in the file. Raises PipelineError for an incomplete file, or where the network
        returned fewer frames than were planned; ``target`` must not be used then.
        """
        began, enlarged_before = time.monotonic(), self._enlarger.enlarged
        shown = self._numbering.shown(start, end)
        needed = self._numbering.around(shown, self._plan.deflicker)
        try:
            with Encoder(
                target, self._plan, self._limits, start=start, end=end, with_playable=self._with_playable
            ) as encoder:
                with Sink(for_each(encoder.write)) as to_encode:

                    def finish(pictures: Iterator[Picture]) -> None:
                        for picture in postfiltered(pictures, self._plan, shown):
                            for number in self._numbering.frames_of(picture.number, start, end):
                                to_encode.put(picture.after)
                                on_frame(number, picture.before, picture.after)

                    with Sink(finish, depth=WAITING) as to_finish:
                        for picture in self._enlarger.pictures(needed, end):
                            to_finish.put(picture)
                encoder.finish()
        except BaseException:
            self.close()
            raise
        return Rendered(
            frames=self._counted(target),
            size=target.stat().st_size,
            sha256=sha256_of(target),
            seconds=time.monotonic() - began,
            network_frames=self._enlarger.enlarged - enlarged_before,
            changes_nothing=self._enlarger.changes_nothing,
        )

    def _counted(self, target: Path) -> int:
        """Count the frames in the file and in its browser copy, and return the lower number."""
        written = [target]
        if self._with_playable and not preset(self._plan.preset).plays:
            written.append(playable_path(target))
        return min(count_frames(path) for path in written)
