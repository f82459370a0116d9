"""What is still stops flickering; what moves is left alone, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from upscaler.pipeline.core.frame import Frame
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.render.pictures import Picture
from upscaler.pipeline.render.postfilters.deflicker import MOVED, averaged, deflickered, stillness

SIZE = (60, 80)


def scene(width: int = SIZE[1]) -> Frame:
    """Soft shapes with hard edges between them, as in a game."""
    random = np.random.default_rng(3)
    blocks = random.integers(30, 220, (SIZE[0] // 10, width // 10, 3)).astype(np.uint8)
    picture: Frame = blocks.repeat(10, axis=0).repeat(10, axis=1)
    return picture + random.integers(0, 12, picture.shape).astype(np.uint8)


def flickering(sources: list[Frame], amount: int = 8) -> list[Picture]:
    """Each source enlarged, with noise and a flicker of the whole picture that differ from one to the next."""
    random = np.random.default_rng(5)
    pictures = []
    for number, source in enumerate(sources):
        after = NearestBackend(2).upscale(source[None])[0].astype(int)
        after += random.integers(-amount, amount + 1, after.shape) + random.integers(-amount, amount + 1)
        pictures.append(Picture(number, source, np.clip(after, 0, 255).astype(np.uint8)))
    return pictures


def steady(pictures: list[Picture], radius: int = 2) -> list[Frame]:
    return [one.after for one in deflickered(iter(pictures), radius, range(len(pictures)))]


def variance(frames: list[Frame]) -> float:
    """Over time, mean over the pixels."""
    return float(np.stack(frames).astype(float).var(axis=0).mean())


def off(one: Frame, other: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """By how much the worst channel of each pixel differs."""
    distance: np.ndarray[tuple[int, ...], np.dtype[np.int64]] = np.abs(one.astype(int) - other).max(axis=-1)
    return distance


def test_the_variance_of_a_still_scene_falls_by_more_than_half() -> None:
    pictures = flickering([scene()] * 16)
    middle = slice(2, -2)
    assert variance(steady(pictures)[middle]) < 0.3 * variance([one.after for one in pictures][middle])


def test_a_codecs_faint_noise_in_the_source_does_not_stop_that() -> None:
    random = np.random.default_rng(9)
    sources = [scene() + random.integers(0, 4, (*SIZE, 3)).astype(np.uint8) for _ in range(16)]
    pictures = flickering(sources)
    assert variance(steady(pictures)[2:-2]) < 0.5 * variance([one.after for one in pictures][2:-2])


def test_a_fast_pan_is_left_alone() -> None:
    wide = scene(400)
    pictures = flickering([wide[:, 12 * number :][:, : SIZE[1]].copy() for number in range(10)], amount=3)
    results = steady(pictures)
    assert all((result == one.after).all() for result, one in zip(results, pictures, strict=True))


def test_not_one_bit_changes_where_the_source_moved() -> None:
    """A square crosses a still scene: what it covers, leaves or touches is never averaged with another moment."""
    still = scene()
    sources = []
    for number in range(9):
        source = still.copy()
        source[20:36, 6 * number : 6 * number + 16] = (250, 40, 10)
        sources.append(source)
    pictures = flickering(sources)
    for one, other in permutations(pictures, 2):
        moved = off(one.before, other.before) >= MOVED
        assert moved.sum() > 100
        result = off(averaged(one, [other]), one.after)
        assert result[moved.repeat(2, axis=0).repeat(2, axis=1)].max() == 0
        assert result[:20].mean() > 2  # far from the square there is something to take out


def test_what_moved_has_no_weight_and_what_did_not_has_all() -> None:
    still, moved = scene(), scene()
    moved[30, 40] += MOVED
    weights = stillness(still, moved)
    assert weights[29:32, 39:42].max() == 0
    assert weights[:20].min() == weights[:, :30].min() == 255


def test_pictures_that_do_not_flicker_come_back_as_they_were() -> None:
    pictures = [Picture(number, scene(), scene()) for number in range(5)]
    assert all((result == scene()).all() for result in steady(pictures))


def test_the_window_is_symmetric_and_ends_with_the_clip() -> None:
    pictures = [Picture(number, scene(), np.full((*SIZE, 3), 10 * number, np.uint8)) for number in range(7)]
    assert [int(result[0, 0, 0]) for result in steady(pictures)] == [10, 15, 20, 30, 40, 45, 50]


def test_a_part_comes_out_as_it_does_in_the_whole() -> None:
    pictures = flickering([scene()] * 12)
    whole = steady(pictures)
    part = list(deflickered(iter(pictures[3:10]), 2, range(5, 8)))
    assert [one.number for one in part] == [5, 6, 7]
    assert all((one.after == whole[one.number]).all() for one in part)


def test_it_holds_no_more_than_its_window() -> None:
    taken: list[int] = []

    def endless() -> Iterator[Picture]:
        number = 0
        while True:
            taken.append(number)
            yield Picture(number, scene(), scene())
            number += 1

    results = deflickered(endless(), 2, range(1000))
    for expected in range(4):
        assert next(results).number == expected
        assert len(taken) == expected + 3
