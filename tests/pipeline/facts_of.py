"""Facts as a test needs them: those of a plain clip, with what the test is about changed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.stream_facts import AudioStream

PLAIN = Facts(
    container="avi",
    codec="mpeg4",
    width=320,
    height=240,
    sar=Fraction(1),
    pix_fmt="yuv420p",
    matrix="smpte170m",
    full_range=False,
    colour_tagged=False,
    decoded_frames=300,
    rate=Fraction(30),
    timing="constant",
    frames=300,
    first_frame_time=Fraction(46, 1000),
    audio=(AudioStream(index=0, codec="mp3", sample_rate=44100, channels=2, language="eng", title="Game"),),
    cuts=(40, 120),
    poster_frame=7,
    decode_errors=0,
)


def facts_of(**changes: Any) -> Facts:
    return replace(PLAIN, **changes)
