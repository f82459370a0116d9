"""One account of time for all streams of a source: what a jump is, and what is moved by how much."""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest

from upscaler.pipeline.core.timeline import Recording, Seam, Shift
from upscaler.pipeline.timing.clock_runs import NO_STAMP, Run, find_runs
from upscaler.pipeline.timing.source_clock import Timeline, build_timeline, shift_per_frame

STEP, MILLISECOND = 40, Fraction(1, 1000)
"""Frames are 40 ms long."""


def steady(begins: float, frames: int, step: int = STEP) -> list[int]:
    """Milliseconds at which frames of an even rate begin."""
    return [round(begins * 1000) + number * step for number in range(frames)]


def runs_of(stamps: Iterable[int], step: int = STEP) -> list[Run]:
    known = np.array(list(stamps), np.int64)
    return find_runs(known, np.full(len(known), step, np.int64), MILLISECOND)


def seconds(found: Iterable[Run]) -> list[tuple[float, float]]:
    return [(float(run.begins), float(run.ends)) for run in found]


def at(*spans: tuple[float, float], step: float = 0.04) -> list[Run]:
    """Runs from their times alone."""
    found: list[Run] = []
    for begins, ends in spans:
        first = found[-1].end if found else 0
        frames = round((ends - begins) / step)
        found.append(Run(first, first + frames, Fraction(str(begins)), Fraction(str(ends))))
    return found


def shifts(account: Timeline, track: int | None = None) -> list[float]:
    of = account.pictures if track is None else account.sounds[track]
    return [float(shift.seconds) for shift in of]


# --- runs


def test_an_even_clock_is_one_run() -> None:
    assert runs_of(steady(0.5, 10)) == [Run(0, 10, Fraction(1, 2), Fraction(9, 10))]


def test_a_stream_without_a_stamp_has_no_run() -> None:
    assert runs_of([NO_STAMP] * 5) == []
    assert runs_of([]) == []


def test_frames_without_a_stamp_belong_to_the_run_around_them() -> None:
    assert runs_of([NO_STAMP, *steady(0, 3), NO_STAMP, *steady(0.16, 3), NO_STAMP]) == [
        Run(0, 9, Fraction(0), Fraction(28, 100))
    ]


def test_a_clock_that_begins_again_is_a_new_run_each_time() -> None:
    found = runs_of(steady(0, 75) + steady(0, 75) + steady(0, 50))
    assert [(run.first, run.end) for run in found] == [(0, 75), (75, 150), (150, 200)]
    assert seconds(found) == [(0, 3), (0, 3), (0, 2)]


@pytest.mark.parametrize("hours", [1, -1, 24 * 365])
def test_a_jump_of_hours_is_a_new_run(hours: int) -> None:
    begins = 5000.0
    found = runs_of(steady(begins, 50) + steady(begins + 2 + 3600 * hours, 50))
    assert [(run.first, run.end) for run in found] == [(0, 50), (50, 100)]


@pytest.mark.parametrize("pause", [0.5, 20, 599])
def test_a_pause_is_none(pause: float) -> None:
    assert seconds(runs_of(steady(0, 50) + steady(2 + pause, 50))) == [(0, 4 + pause)]


def test_frames_in_the_wrong_order_are_no_new_clock() -> None:
    pairs = [stamp for first in range(0, 4000, 80) for stamp in (first + 40, first)]
    deep = [0, 160, 80, 40, 120, 320, 240, 200, 280]
    assert seconds(runs_of(pairs)) == [(0, 4)]
    assert seconds(runs_of(deep)) == [(0, 0.36)]


def test_a_short_step_back_onto_times_that_are_taken_is_a_new_run() -> None:
    found = runs_of(steady(0, 15) + steady(0, 75))
    assert [(run.first, run.end) for run in found] == [(0, 15), (15, 90)]


def test_jitter_is_no_new_clock() -> None:
    odd = random.Random(7)
    assert len(runs_of(round(stamp + odd.uniform(-15, 15)) for stamp in steady(1, 500))) == 1


def test_stamps_that_are_noise_say_nothing() -> None:
    odd = random.Random(7)
    assert runs_of(odd.randrange(10**7) for _ in range(2000)) == []


def test_one_wild_stamp_takes_no_other_frame_with_it() -> None:
    stamps = steady(0, 100)
    stamps[50] = 10**7
    found = build_timeline(runs_of(stamps), [])
    moved = shift_per_frame(found.pictures, 100)
    placed = [round(stamp + 1000 * by) for stamp, by in zip(stamps, moved, strict=True)]
    assert placed[:50] + placed[51:] == steady(0, 100)[:50] + steady(0, 100)[51:]


# --- the account


def test_one_clock_is_not_moved() -> None:
    found = build_timeline(at((0, 3)), [at((0.5, 4))])
    assert found == Timeline((Shift(0, Fraction(0)),), ((Shift(0, Fraction(0)),),), (), ())


def test_what_was_recorded_after_a_reconnect_follows_what_was_recorded_before() -> None:
    found = build_timeline(at((0, 3), (0, 3)), [at((0, 3.03), (0, 3.03))])
    behind = Fraction("3.03")
    assert found.pictures == (Shift(0, Fraction(0)), Shift(75, behind))
    assert found.sounds == ((Shift(0, Fraction(0)), Shift(76, behind)),)
    assert found.seams == (Seam(behind, Fraction(-3)),)
    assert found.recordings == (
        Recording(Fraction(0), Fraction(3), Fraction(0)),
        Recording(Fraction(0), Fraction(3), behind),
    )


def test_three_recordings_follow_each_other_by_the_longest_stream_of_each() -> None:
    found = build_timeline(at((0, 3), (0, 2), (0, 1)), [at((0, 2.9), (0, 2.5), (0, 1))])
    assert shifts(found) == shifts(found, 0) == [0, 3, 5.5]


def test_sound_that_begins_before_its_pictures_keeps_its_lead_behind_a_seam() -> None:
    found = build_timeline(at((0.1, 3), (0.1, 3)), [at((0, 3), (0, 3))])
    assert shifts(found) == shifts(found, 0) == [0, 3]


@pytest.mark.parametrize("jump", [3600, -3600, 10**6])
def test_a_jump_is_taken_out_of_all_streams_alike(jump: int) -> None:
    begins = 5000
    film = at((begins, begins + 3), (begins + 3 + jump, begins + 6 + jump))
    sound = at((begins, begins + 3), (begins + 3 + jump, begins + 6 + jump))
    found = build_timeline(film, [sound])
    assert shifts(found) == shifts(found, 0) == [0, -jump]
    assert found.seams == (Seam(Fraction(begins + 3), Fraction(jump)),)


def test_a_pause_is_left_where_the_sound_goes_on_through_it() -> None:
    found = build_timeline(at((0, 3), (703, 706), step=1), [at((0, 706))])
    assert (shifts(found), shifts(found, 0), found.seams) == ([0], [0], ())


def test_a_pause_in_the_sound_is_left_where_pictures_go_on_through_it() -> None:
    found = build_timeline(at((0, 1000), step=1), [at((0, 3), (900, 1000))])
    assert (shifts(found), shifts(found, 0), found.seams) == ([0], [0], ())


def test_a_pause_of_all_streams_is_a_jump() -> None:
    found = build_timeline(at((0, 3), (703, 706), step=1), [at((0, 3), (703, 706))])
    assert shifts(found) == shifts(found, 0) == [0, -700]


@pytest.mark.parametrize("wild", [1, 2, 3])
def test_a_clock_that_comes_back_after_one_wild_stamp_is_the_old_one_to_the_tick(wild: int) -> None:
    found = build_timeline(at((0, wild), (5000, 5000.04), (wild + 0.04, 4)), [at((0, 4))])
    assert shifts(found)[0] == shifts(found)[-1] == 0
    assert shifts(found, 0) == [0]


def test_a_wild_stamp_of_the_sound_moves_nothing_else() -> None:
    found = build_timeline(at((0, 4)), [at((0, 2), (5000, 5000.02), (2.02, 4), step=0.02)])
    assert (shifts(found), found.seams) == ([0], ())
    assert shifts(found, 0)[0] == shifts(found, 0)[-1] == 0


def test_a_jump_of_the_sound_alone_moves_no_picture() -> None:
    found = build_timeline(at((0, 4)), [at((0, 2), (3602, 3604))])
    assert (shifts(found), found.seams) == ([0], ())
    assert shifts(found, 0) == [0, -3600]


@pytest.mark.parametrize("first", [1.6, 2, 2.4])
def test_sound_that_begins_anew_while_pictures_go_on_follows_itself(first: float) -> None:
    found = build_timeline(at((0, 4)), [at((0, first), (0, round(4 - first, 1)))])
    assert (shifts(found), found.seams) == ([0], ())
    assert shifts(found, 0) == [0, first]


@pytest.mark.parametrize("first", [1.6, 2, 2.4])
def test_pictures_that_begin_anew_while_the_sound_goes_on_follow_themselves(first: float) -> None:
    found = build_timeline(at((0, first), (0, round(4 - first, 1))), [at((0, 4))])
    assert shifts(found) == [0, first]
    assert shifts(found, 0) == [0]


def test_a_frame_of_sound_with_a_time_two_seconds_ahead_puts_nothing_off() -> None:
    """MPEG sound has one where its rate changes: ffmpeg counts that frame's time in samples of the wrong rate."""
    stamps = [*steady(0, 50), 4000, *steady(2.04, 50)]
    found = build_timeline(at((0, 4.04)), [runs_of(stamps)])
    moved = shift_per_frame(found.sounds[0], len(stamps))
    assert (moved[:50] == 0).all()
    assert (moved[51:] == 0).all()
    assert shifts(found) == [0]


def test_a_small_overlap_of_the_pictures_alone_is_no_other_recording() -> None:
    found = build_timeline(at((0, 2), (1.6, 4)), [at((0, 4))])
    assert (shifts(found), found.seams) == ([0], ())


def test_tracks_of_which_one_has_no_second_part_stay_with_the_pictures() -> None:
    found = build_timeline(at((0, 3), (0, 3)), [at((0, 3)), at((0, 3), (0, 3)), []])
    assert (shifts(found), shifts(found, 0), shifts(found, 1), shifts(found, 2)) == ([0, 3], [0], [0, 3], [0])


def test_sound_that_is_in_the_second_recording_only_goes_with_that() -> None:
    found = build_timeline(at((0, 3), (3600, 3605)), [at((3600, 3605))])
    assert shifts(found) == [0, -3597]
    assert shifts(found, 0) == [-3597]


def test_pictures_without_sound_have_an_account_of_their_own() -> None:
    assert shifts(build_timeline(at((0, 3), (0, 3)), [])) == [0, 3]


def test_each_frame_is_moved_by_the_last_shift_before_it() -> None:
    found = shift_per_frame((Shift(0, Fraction(0)), Shift(2, Fraction(3)), Shift(4, Fraction(-1, 2))), 6)
    assert list(found) == [0, 0, 3, 3, -0.5, -0.5]
    assert list(shift_per_frame((), 2)) == [0, 0]


def test_a_clock_that_is_set_ahead_moves_pictures_and_sound_by_the_same() -> None:
    found = build_timeline(at((0.025, 3.025), (3600.025, 3603.025)), [at((0, 3.03), (3600, 3603.03))])
    assert found.pictures[-1].seconds == found.sounds[0][-1].seconds == Fraction("3.03") - 3600
