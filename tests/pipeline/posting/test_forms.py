"""What a clip to post shows: which picture is where, and when."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.clips import corpus
from tests.numbered import make_numbered, number_in
from tests.pipeline.conftest import LIMITS
from tests.pipeline.posting.comparisons import comparison, is_before, made, pictures, plan_of, recipe_of
from tests.pipeline.rendering import Plans, enlarged
from upscaler.pipeline.comparison.comparison_clip import make_comparison_clip
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.posting import labels, layouts
from upscaler.pipeline.posting.clip_recipe import latest, part_of, picture_size
from upscaler.pipeline.posting.frame_pairs import Part, pairs


def test_a_wipe_begins_in_the_middle_and_has_before_at_the_left(tmp_path: Path) -> None:
    plan = plan_of(60)
    clip, size = made(comparison(tmp_path / "c.mp4", plan), plan, recipe_of(), tmp_path)

    assert size == Size(320, 240)
    frames = pictures(clip, size)
    red = [float((frame[..., 0].astype(int) > frame[..., 2]).mean()) for frame in frames]
    assert [red[0], red[15], red[30], red[45]] == pytest.approx([0.5, 0, 0.5, 1], abs=0.03)
    for frame in (frames[0], frames[30]):
        assert is_before(frame[:, :140]) and not is_before(frame[:, 180:])
        assert frame[:, 159:161].min() > 200, "the line is white"


def test_a_longer_wipe_sweeps_more_than_once_and_ends_where_it_began() -> None:
    at = [layouts.place(number, 480, 2, 100) for number in range(481)]
    assert (at[0], at[240], at[480]) == (50, 50, 50)
    assert (min(at), max(at)) == (0, 100)
    assert at.count(0) == at.count(100)
    assert max(abs(one - other) for one, other in pairwise(at)) <= 2


def test_side_by_side_has_both_whole(tmp_path: Path) -> None:
    plan = plan_of(30)
    clip, size = made(comparison(tmp_path / "c.mp4", plan), plan, recipe_of(form="side", frames=30), tmp_path)

    assert size == Size(640, 240)
    for frame in pictures(clip, size):
        assert is_before(frame[:, :310]) and not is_before(frame[:, 330:])


def test_a_flip_shows_one_after_the_other(tmp_path: Path) -> None:
    plan = plan_of(120)
    clip, size = made(comparison(tmp_path / "c.mp4", plan), plan, recipe_of(form="flip", frames=120), tmp_path)

    seen = [is_before(frame) for frame in pictures(clip, size)]
    assert seen == [True] * 45 + [False] * 45 + [True] * 30


def test_it_shows_exactly_the_frames_that_were_asked_for(tmp_path: Path, planned: Plans) -> None:
    work = planned(make_numbered(tmp_path / "numbered.avi", 90))
    stacked = tmp_path / "c.mp4"
    make_comparison_clip(work.source, enlarged(work, tmp_path / "r.mp4"), work.facts, work.plan, stacked, LIMITS)

    for first in (0, 1, 31, 77):
        both = list(pairs(Part(stacked, work.plan, first, 13), Size(512, 384), LIMITS, lambda _: None))
        assert [(number_in(before, 0), number_in(after, 1)) for before, after in both] == [
            (number, number) for number in range(first, first + 13)
        ]
    sampled = pairs(Part(stacked, work.plan, 10, 13, 3), Size(512, 384), LIMITS, lambda _: None)
    assert [number_in(after, 0) for _, after in sampled] == [10, 13, 16, 19, 22]


def test_a_part_is_made_of_both_films_as_the_whole_would_be(tmp_path: Path, planned: Plans) -> None:
    work = planned(make_numbered(tmp_path / "numbered.avi", 90))
    part = tmp_path / "part.mp4"

    make_comparison_clip(
        work.source, enlarged(work, tmp_path / "r.mp4"), work.facts, work.plan, part, LIMITS, part=(41, 20)
    )

    seen = pairs(Part(part, work.plan, 0, 20), Size(512, 384), LIMITS, lambda _: None)
    assert [(number_in(before, 0), number_in(after, 1)) for before, after in seen] == [(n, n) for n in range(41, 61)]


def test_each_label_belongs_to_its_own_picture() -> None:
    recipe = recipe_of(form="side", with_labels=True)
    grey = [np.full((240, 320, 3), 128, np.uint8) for _ in range(2)]
    (frame,) = layouts.composed([(grey[0], grey[1])], recipe, Size(320, 240), 1, Fraction(30))

    changed = np.abs(frame.astype(int) - 128).max(axis=2) > 0
    changed[:, 318:322] = False  # the line between them
    rows, columns = np.nonzero(changed)
    assert rows.max() < 40
    assert columns.min() < 12 and columns.max() > 640 - 12
    assert not changed[:, 100:540].any()
    assert frame[:40, :100].max() > 240, "the letters are white"


def test_a_label_that_does_not_fit_is_left_out() -> None:
    picture = np.full((60, 80, 3), 128, np.uint8)
    labels.draw(labels.BEFORE, 60).put(picture, at_right=False)
    assert (picture == 128).all()


def test_sizes_are_even_and_never_above_the_result() -> None:
    odd = plan_of(30, width=319, height=237)
    for format, most in (("mp4", 1920), ("webp", 800), ("gif", 480)):
        for form, across in (("wipe", 1), ("side", 2), ("flip", 1)):
            for width in (None, 333, 161, 120):
                size = picture_size(recipe_of(format, form), odd, width)
                assert size.width % 2 == size.height % 2 == 0
                assert size.width * across <= min(most, width or most) + 1
                assert size.width <= odd.output.width
                assert size.width / size.height == pytest.approx(319 / 237, rel=0.04)


def test_a_part_ends_where_the_plan_does() -> None:
    plan = plan_of(300)
    assert part_of(plan, Fraction(2), Fraction(8)) == (60, 240)
    assert part_of(plan, Fraction(7), Fraction(8)) == (210, 90)
    assert part_of(plan, Fraction("0.04"), Fraction(1)) == (1, 30)
    assert latest(plan) == 9
    assert latest(plan_of(20)) == 0


def test_footage_with_odd_sides_goes_through(tmp_path: Path, planned: Plans) -> None:
    work = planned(corpus("mpeg4_319x237_odd.avi"), Recipe(trim=(20, 50), height=240))
    stacked = tmp_path / "c.mp4"
    result = enlarged(work, tmp_path / "r.mp4")
    make_comparison_clip(work.source, result, work.facts, work.plan, stacked, LIMITS)
    clip, size = made(stacked, work.plan, recipe_of(frames=30), tmp_path)
    assert len(pictures(clip, size)) == 30
