"""Which segment a worker takes next: neighbours, and the far half of what another has before it."""

from __future__ import annotations

import pytest

from upscaler.jobs.rendering.segment_selection import SKIPPED_MEGAPIXELS, Candidate, choose, gaps
from upscaler.models import SegmentState

STATES = {".": SegmentState.WAITING, "c": SegmentState.CLAIMED, "d": SegmentState.DONE, "f": SegmentState.FAILED}
FRAMES = 100
MEGAPIXELS = 0.0768


def segments(states: str) -> list[Candidate]:
    """A letter a segment: waiting, claimed, done, failed."""
    return [
        Candidate(number + 1000, number, number * FRAMES, (number + 1) * FRAMES, STATES[letter], 0)
        for number, letter in enumerate(states)
    ]


def chosen(states: str, after: int | None = None, seconds_per_frame: float = 0.2) -> int | None:
    candidate = choose(segments(states), after, seconds_per_frame=seconds_per_frame, megapixels=MEGAPIXELS)
    return None if candidate is None else candidate.index


@pytest.mark.parametrize(
    ("states", "after", "expected"),
    [
        ("......", None, 0),
        ("d.....", 0, 1),
        ("dddd..", 3, 4),
        ("c.....", None, 3),
        ("c....c", None, 3),
        ("c...c.........", None, 9),
        ("dc", None, None),
        ("dddddd", 5, None),
        ("dd.ddd", None, 2),
        ("c.", None, 1),
        ("cc....", 0, 4),
        ("f.....", None, 1),
        (".cdddd", None, 0),
        ("ddc...c.", 1, 4),
    ],
    ids=[
        "nobody is at it: from the beginning",
        "behind its last one",
        "behind its last one, near the end",
        "another leads: the far half",
        "both ends are taken",
        "of two stretches the longer one",
        "all is taken",
        "all is done",
        "one that failed before and waits again",
        "the last one",
        "the next is taken: the far half of what is left",
        "behind one that failed for good nobody goes on by himself",
        "in front of another",
        "the longer of two behind others",
    ],
)
def test_a_worker_takes(states: str, after: int | None, expected: int | None) -> None:
    assert chosen(states, after) == expected


def test_a_takeover_that_would_cost_more_than_it_saves_is_left_alone() -> None:
    """Decoding up to the frame takes longer than the viewer in front needs to get there."""
    states = "d" * 997 + "c.."
    to_get_there = 998 * FRAMES * MEGAPIXELS / SKIPPED_MEGAPIXELS

    assert chosen(states, seconds_per_frame=to_get_there / FRAMES * 1.1) == 999
    assert chosen(states, seconds_per_frame=to_get_there / FRAMES * 0.9) is None


def test_a_gap_knows_whether_a_worker_is_in_front_of_it() -> None:
    found = gaps(segments("..d.c.."))

    assert [([candidate.index for candidate in gap.segments], gap.is_led) for gap in found] == [
        ([0, 1], False),
        ([3], False),
        ([5, 6], True),
    ]


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_all_of_a_long_job_is_done_once_and_few_decoders_begin_anew(workers: int) -> None:
    """Three hours in segments of a minute: each takeover decodes from the beginning, so there must be few."""
    states = ["."] * 1080
    at: list[int | None] = [None] * workers
    begun = decoded = 0
    while "." in states or "c" in states:
        for number in range(workers):
            before = at[number]
            if before is not None:
                states[before] = "d"
            candidate = choose(segments("".join(states)), before, seconds_per_frame=0.2, megapixels=MEGAPIXELS)
            at[number] = None if candidate is None else candidate.index
            if candidate is None:
                continue
            states[candidate.index] = "c"
            is_neighbour = before is not None and candidate.index == before + 1
            begun += not is_neighbour
            decoded += FRAMES + (0 if is_neighbour else candidate.start)

    assert set(states) == {"d"}
    assert begun <= workers * 12
    assert decoded <= 1080 * FRAMES * (1 + 5 * (workers - 1)), "linear in the length"
