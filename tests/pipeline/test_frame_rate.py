"""The base rate: four steps, each right where the one before it can't be."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from upscaler.pipeline.core.timeline import Shift
from upscaler.pipeline.timing.clock_runs import NO_STAMP, find_runs
from upscaler.pipeline.timing.frame_rate import Timing, base_rate
from upscaler.pipeline.timing.frame_slots import frame_slots as slots_of
from upscaler.pipeline.timing.frame_slots import numbering_pieces
from upscaler.pipeline.timing.source_clock import build_timeline

MILLISECONDS = Fraction(1, 1000)
UNKNOWN = Fraction(0)


def shifts_of(stamps: list[int], time_base: Fraction = MILLISECONDS) -> tuple[Shift, ...]:
    """The account of pictures that nothing else goes with, each as long as the usual step."""
    whole = np.array(stamps, np.int64)
    steps = np.diff(whole[whole != NO_STAMP])
    step = int(np.median(steps[steps > 0])) if (steps > 0).any() else 1
    return build_timeline(find_runs(whole, np.full(len(whole), step), time_base), []).pictures


def slots(stamps: list[int], time_base: Fraction, rate: Fraction) -> list[int]:
    whole = np.array(stamps, np.int64)
    first = int(whole[whole != NO_STAMP][0])
    within = numbering_pieces(whole, time_base, rate, shifts_of(stamps, time_base), first)
    return [int(number) for number in slots_of(whole, within, time_base, rate)]


def stamps_at(rate: Fraction, slots: list[int], time_base: Fraction = MILLISECONDS) -> list[int]:
    return [round(slot / rate / time_base) for slot in slots]


def test_a_coarse_time_base_is_the_grid_itself_whatever_the_header_says() -> None:
    timing = base_rate([0, 1, 2, 4], Fraction(1, 25), Fraction(1000), Fraction(90))
    assert timing == Timing(Fraction(25), "variable", 5)


def test_a_coarse_time_base_counts_by_the_largest_step_that_all_frames_share() -> None:
    assert base_rate([0, 2, 4, 6], Fraction(1, 30), UNKNOWN, UNKNOWN) == Timing(Fraction(15), "constant", 4)


def test_a_declared_rate_that_fits_every_frame_is_taken() -> None:
    stamps = stamps_at(Fraction(30), list(range(50)))
    assert base_rate(stamps, MILLISECONDS, Fraction(30), UNKNOWN) == Timing(Fraction(30), "constant", 50)


def test_a_declared_rate_is_snapped_to_the_standard_one_beside_it() -> None:
    stamps = stamps_at(Fraction(30000, 1001), list(range(50)))
    timing = base_rate(stamps, MILLISECONDS, Fraction(2997, 100), UNKNOWN)
    assert timing.rate == Fraction(30000, 1001)


def test_a_few_frames_have_the_standard_rate_that_fits_them() -> None:
    assert base_rate([46, 79, 113, 146], MILLISECONDS, Fraction(179, 6), UNKNOWN).rate == Fraction(30000, 1001)


def test_a_declared_rate_that_is_nobodys_standard_is_kept_where_it_fits() -> None:
    rate = Fraction(14)
    timing = base_rate(stamps_at(rate, list(range(40))), MILLISECONDS, rate, UNKNOWN)
    assert timing == Timing(rate, "constant", 40)


def test_a_declared_rate_of_a_thousand_is_not_believed() -> None:
    stamps = stamps_at(Fraction(25), list(range(40)))
    assert base_rate(stamps, MILLISECONDS, Fraction(1000), UNKNOWN) == Timing(Fraction(25), "constant", 40)


def test_without_a_declared_rate_the_lowest_standard_one_that_fits_is_taken() -> None:
    stamps = stamps_at(Fraction(30), [0, 1, 3, 4, 50, 89])
    assert base_rate(stamps, MILLISECONDS, UNKNOWN, UNKNOWN) == Timing(Fraction(30), "variable", 90)


def test_frames_on_no_grid_take_the_standard_rate_nearest_to_their_average() -> None:
    stamps = [0, 21, 77, 98, 140, 171, 200, 230, 370, 403]
    timing = base_rate(stamps, Fraction(1, 1000), UNKNOWN, Fraction(297, 10))
    assert (float(timing.rate), timing.kind) == (pytest.approx(30, abs=0.04), "jittered")
    assert abs(timing.frames / timing.rate - Fraction(403, 1000)) <= 2 / timing.rate


def test_jitter_that_leaves_no_slot_empty_is_a_constant_rate() -> None:
    stamps = [0, 21, 77, 98, 140, 171, 200, 230, 270, 303]
    assert base_rate(stamps, MILLISECONDS, UNKNOWN, Fraction(297, 10)).kind == "constant"


def test_every_frame_has_a_slot_of_its_own_as_near_to_its_time_as_can_be() -> None:
    assert slots([0, 30, 36, 100, 170], MILLISECONDS, Fraction(30)) == [0, 1, 2, 3, 5]


def test_timestamps_that_go_back_lose_no_frame() -> None:
    assert slots([0, 33, 67, 0, 33], MILLISECONDS, Fraction(30)) == [0, 1, 2, 3, 4]
    stamps = [0, 40, 80, 0, 40, 80]
    assert base_rate(stamps, MILLISECONDS, Fraction(25), UNKNOWN, shifts_of(stamps)).frames == 6


def test_a_clock_that_jumps_by_weeks_adds_no_weeks_of_repeats() -> None:
    assert slots([0, 33, 2**31, 2**31 + 33], MILLISECONDS, Fraction(30)) == [0, 1, 2, 3]


def test_a_clock_that_begins_anew_keeps_the_gaps_behind_it() -> None:
    stamps = [*stamps_at(Fraction(30), [0, 1, 2, 3, 5, 40]), *stamps_at(Fraction(30), [0, 2, 3])]
    assert slots(stamps, MILLISECONDS, Fraction(30)) == [0, 1, 2, 3, 5, 40, 41, 43, 44]


def test_a_frame_without_a_timestamp_follows_the_one_before_it() -> None:
    assert slots([NO_STAMP, 0, NO_STAMP, 100], MILLISECONDS, Fraction(30)) == [0, 1, 2, 3]
    assert base_rate([NO_STAMP, NO_STAMP], MILLISECONDS, Fraction(12), UNKNOWN) == Timing(Fraction(12), "constant", 2)


def test_the_rate_is_that_of_the_longest_run_of_one_clock() -> None:
    stamps = [*stamps_at(Fraction(25), list(range(40))), *(stamp + 2**31 + 7 for stamp in range(0, 300, 33))]
    assert base_rate(stamps, MILLISECONDS, UNKNOWN, UNKNOWN, shifts_of(stamps)).rate == 25


def test_a_declared_average_that_is_far_off_is_one_of_ffmpegs_guesses() -> None:
    stamps = [round(number * 33.3 + number * 7919 % 23) for number in range(60)]
    timing = base_rate(stamps, MILLISECONDS, Fraction(51), Fraction(51))
    assert timing.frames in (60, 61)
    assert float(timing.rate) == pytest.approx(30, abs=0.04)


def test_an_average_that_the_header_does_not_know_is_worked_out() -> None:
    stamps = [0, 21, 77, 98, 140, 171, 200, 230, 270, 303]
    assert base_rate(stamps, MILLISECONDS, UNKNOWN, UNKNOWN).rate == Fraction(30000, 1001)


def test_no_two_frames_share_a_slot() -> None:
    timing = base_rate([0, 1, 100, 200], MILLISECONDS, Fraction(10), UNKNOWN)
    assert timing.rate != 10


@pytest.mark.parametrize(("declared", "rate"), [(Fraction(12), 12), (Fraction(1000), 25), (UNKNOWN, 25)])
def test_one_frame_has_the_declared_rate_or_a_sane_one(declared: Fraction, rate: int) -> None:
    assert base_rate([40], MILLISECONDS, declared, UNKNOWN) == Timing(Fraction(rate), "constant", 1, origin=40)


def test_no_frames_have_no_rate() -> None:
    with pytest.raises(ValueError, match="without frames"):
        base_rate([], MILLISECONDS, UNKNOWN, UNKNOWN)


def test_a_few_pictures_with_long_gaps_do_not_become_millions_of_frames() -> None:
    """Two at once, and then one every ten minutes for six hours."""
    stamps = [0, 8, *(8 + 599_000 * number for number in range(1, 37))]
    timing = base_rate(stamps, MILLISECONDS, Fraction(125), UNKNOWN)
    assert timing.frames < 100_000
    assert timing.frames / timing.rate == pytest.approx(stamps[-1] / 1000, abs=1)
    assert timing.quickest >= 100
    numbers = slots_of(
        np.array(stamps),
        numbering_pieces(np.array(stamps), MILLISECONDS, timing.rate, shifts_of(stamps), timing.origin),
        MILLISECONDS, timing.rate,
    )  # fmt: skip
    assert max(abs(number / timing.rate - stamp / 1000) for number, stamp in zip(numbers, stamps, strict=True)) < 0.5


def test_slots_of_a_strange_time_base_are_counted_right_for_hours() -> None:
    time_base = Fraction(1253133, 500000000)
    stamps = [0, 3, 7, *(7 + 238_900 * number for number in range(1, 37))]
    timing = base_rate(stamps, time_base, UNKNOWN, UNKNOWN)
    assert timing.frames / timing.rate == pytest.approx(float(stamps[-1] * time_base), abs=1)


def test_a_long_recording_of_a_screen_that_seldom_changes_keeps_its_rate() -> None:
    """As many slots as an hour has, and each picture at its time."""
    stamps = stamps_at(Fraction(30), list(range(0, 100_000, 50)))
    stamps.insert(1, stamps_at(Fraction(30), [1])[0])
    timing = base_rate(stamps, MILLISECONDS, Fraction(30), UNKNOWN)
    assert (timing.rate, timing.quickest) == (30, 0)
