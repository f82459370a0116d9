"""What shards are made of: consecutive frames of a capture, or stills that a moving window makes a clip of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise

import numpy as np

from upscaler.pipeline.core.limits import Limits
from upscaler.training.captures.frames import truth_frames
from upscaler.training.core.capture import Burst, Capture
from upscaler.training.core.twin import Pixels
from upscaler.training.degradation.moving_window import moving_window, window_size

SHORTEST = 10
"""Frames of a burst; shorter ones are taken as stills, since an encoder's quality needs some frames to settle."""
LONGEST = 300
"""Frames of a clip; a longer burst is divided."""
STILLS = 10
"""Stills in one clip, each a scene of STILL_FRAMES."""
STILL_FRAMES = 15
STILL_RATE = Fraction(30)


@dataclass(frozen=True)
class ClipSource:
    """The frames of one clip: one burst, or several stills."""

    capture: Capture
    bursts: tuple[Burst, ...]

    @property
    def is_stills(self) -> bool:
        return self.capture.rate is None or self.bursts[0].count < SHORTEST

    @property
    def name(self) -> str:
        """Its name, which no other clip of a dataset has, as a part of a file name."""
        id = self.capture.id
        plain = "".join(letter if letter.isalnum() or letter == "-" else "_" for letter in id)[:48]
        unique = plain if plain == id else f"{plain}-{sha256(id.encode()).hexdigest()[:8]}"
        return f"{unique}-{self.bursts[0].first:07d}"

    @property
    def size(self) -> tuple[int, int]:
        """The width and height of its frames, in pixels."""
        size = self.capture.width, self.capture.height
        return window_size(*size) if self.is_stills else size

    @property
    def rate(self) -> Fraction:
        """Its frames per second."""
        return STILL_RATE if self.is_stills else self.capture.rate or STILL_RATE

    @property
    def count(self) -> int:
        """Its number of frames."""
        return STILL_FRAMES * len(self.bursts) if self.is_stills else self.bursts[0].count

    def frames(self, limits: Limits, seed: int) -> Iterator[Pixels]:
        """Yield its frames (h, w, 3), RGB. Raises what decoding raises."""
        truths = truth_frames(self.capture, self.bursts, limits)
        for number, truth in truths:
            if self.is_stills:
                random = np.random.default_rng((seed, number))
                yield from moving_window(truth, *self.size, STILL_FRAMES, random)
            else:
                yield truth


def clip_sources(capture: Capture, bursts: Sequence[Burst]) -> Iterator[ClipSource]:
    """Divide a capture's bursts into clips: its long bursts first, then its stills, STILLS at a time."""
    stills: list[Burst] = []
    for burst in bursts:
        if capture.rate is None or burst.count < SHORTEST:
            stills += [Burst(number, 1) for number in range(burst.first, burst.first + burst.count)]
            continue
        parts = -(-burst.count // LONGEST)
        edges = [burst.first + burst.count * part // parts for part in range(parts + 1)]
        for first, end in pairwise(edges):
            yield ClipSource(capture, (Burst(first, end - first),))
    for start in range(0, len(stills), STILLS):
        yield ClipSource(capture, tuple(stills[start : start + STILLS]))
