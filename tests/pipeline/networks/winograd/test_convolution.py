"""One layer, compiled: what torch gives, at every size, and the same bits for every width of vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from upscaler.pipeline.networks.winograd import native
from upscaler.pipeline.networks.winograd.emitter import Target
from upscaler.pipeline.networks.winograd.layers import Layer
from upscaler.pipeline.networks.winograd.method import Floats
from upscaler.pipeline.networks.winograd.program import Place, Plan, Program, Step
from upscaler.pipeline.networks.winograd.shapes import KEPT_LINES, Convolution, line

pytestmark = pytest.mark.skipif(native.this_target() is None, reason="This processor has no wide vectors.")

NOTHING = np.zeros((1, 1, 3), np.uint8)
NARROW, MIDDLE, WIDE = Target(4, 32), Target(8, 16), Target(16, 32)
SIZES = [(1, 1), (5, 7), (6, 6), (7, 13), (24, 18), (25, 331), (40, 660)]


def some_layer(taken: int, given: int) -> Layer:
    numbers = np.random.default_rng(taken * 100 + given)
    return Layer(
        numbers.normal(size=(given, taken, 3, 3)).astype(np.float32) / np.float32(3 * taken**0.5),
        numbers.normal(size=given).astype(np.float32),
        numbers.uniform(-0.5, 1.5, given).astype(np.float32),
    )


def some_picture(height: int, width: int, channels: int) -> Floats:
    return np.random.default_rng(height * width).normal(size=(height, width, channels)).astype(np.float32)


def convolved(layer: Layer, shape: Convolution, target: Target, picture: Floats, *added: Floats) -> Floats:
    """The layer's picture, (height, width, given_of), -1 where it wrote nothing."""
    places = tuple(Place(f"added{number}") for number in range(len(added)))
    step = Step(shape, Place("taken"), Place("given"), layer.packed(target), layer.bias, layer.slope, places)
    given = np.full((shape.height, shape.width, shape.given_of), -1, np.float32)
    pictures = {"taken": picture, "given": given} | {
        place.name: each for place, each in zip(places, added, strict=True)
    }
    sizes = {name: with_lines(each).size for name, each in pictures.items()}
    workspace = Program(Plan([[step]], sizes, (1, 1, 3)), target).workspace()
    for name, each in pictures.items():
        workspace.pictures[name][:] = with_lines(each).ravel()
    workspace.run(NOTHING, NOTHING)
    return without_lines(workspace.pictures["given"], given.shape)


def with_lines(picture: Floats) -> Floats:
    """(height, width, channels) as kernels have it, with room behind each line."""
    height, width, channels = picture.shape
    padded = np.full((height, line(width, channels)), np.nan, np.float32)
    padded[:, : width * channels] = picture.reshape(height, -1)
    return padded


def without_lines(floats: Floats, shape: tuple[int, ...]) -> Floats:
    height, width, channels = shape
    return floats.reshape(height, -1)[:, : width * channels].reshape(shape).copy()


def by_torch(layer: Layer, picture: Floats) -> Floats:
    taken = torch.tensor(picture).permute(2, 0, 1)[None].double()
    given = torch.nn.functional.conv2d(
        taken, torch.tensor(layer.weights).double(), torch.tensor(layer.bias).double(), padding=1
    )
    activated = torch.nn.functional.prelu(given, torch.tensor(layer.slope).double())
    return np.asarray(activated[0].permute(1, 2, 0).numpy(), np.float32)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_it_gives_what_torch_gives(size: tuple[int, int]) -> None:
    height, width = size
    layer, picture = some_layer(32, 48), some_picture(height, width, 32)
    result = convolved(layer, Convolution(width, height, 32, 32, 48, 48), MIDDLE, picture)
    np.testing.assert_allclose(result, by_torch(layer, picture), atol=2e-4)


@pytest.mark.parametrize("size", [(7, 13), (24, 50)], ids=str)
def test_the_width_of_vectors_does_not_change_a_bit(size: tuple[int, int]) -> None:
    height, width = size
    layer, picture = some_layer(32, 64), some_picture(height, width, 32)
    shape = Convolution(width, height, 32, 32, 64, 64)
    narrow, middle, wide = (convolved(layer, shape, target, picture) for target in (NARROW, MIDDLE, WIDE))
    np.testing.assert_array_equal(narrow, middle)
    np.testing.assert_array_equal(narrow, wide)


def test_it_takes_and_gives_some_of_the_channels_of_larger_pictures() -> None:
    layer, picture = some_layer(16, 16), some_picture(20, 30, 48)
    shape = Convolution(30, 20, 16, 48, 16, 32)
    result = convolved(layer, shape, MIDDLE, picture)
    np.testing.assert_allclose(result[..., :16], by_torch(layer, picture[..., :16]), atol=2e-4)
    assert (result[..., 16:] == -1).all()


def test_two_pictures_are_added_with_their_factors() -> None:
    layer, picture = some_layer(16, 16), some_picture(20, 31, 16)
    one, other = some_picture(20, 31, 16), some_picture(31, 20, 32).reshape(20, 31, 32)
    shape = Convolution(31, 20, 16, 16, 16, 16, added=((16, 0.25), (32, 1.0)))
    result = convolved(layer, shape, MIDDLE, picture, one, other)
    np.testing.assert_allclose(result, by_torch(layer, picture) + 0.25 * one + other[..., :16], atol=2e-4)


def test_what_is_taken_can_be_enlarged_on_the_way() -> None:
    layer, picture = some_layer(16, 16), some_picture(9, 14, 16)
    shape = Convolution(28, 18, 16, 16, 16, 16, enlarged=2)
    large = picture.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_allclose(convolved(layer, shape, MIDDLE, picture), by_torch(layer, large), atol=2e-4)


@pytest.mark.parametrize("height", [5, 24, 48, 49, 113])
def test_a_picture_between_two_layers_can_keep_its_last_lines_only(height: int) -> None:
    width, picture = 21, some_picture(height, 21, 16)
    first, second = some_layer(16, 24), some_layer(24, 16)
    shapes = Convolution(width, height, 16, 16, 24, 24), Convolution(width, height, 24, 24, 16, 16)
    outcomes = []
    for lines in (0, KEPT_LINES):
        one, two = replace(shapes[0], given_lines=lines), replace(shapes[1], taken_lines=lines)
        steps = [
            Step(shape, Place(taken), Place(given), layer.packed(MIDDLE), layer.bias, layer.slope, ())
            for shape, layer, taken, given in ((one, first, "taken", "between"), (two, second, "between", "given"))
        ]
        given = with_lines(picture)
        sizes = {"taken": given.size, "given": given.size, "between": (lines or height) * line(width, 24)}
        workspace = Program(Plan([steps], sizes, (1, 1, 3)), MIDDLE).workspace()
        workspace.pictures["taken"][:] = given.ravel()
        workspace.run(NOTHING, NOTHING)
        outcomes.append(without_lines(workspace.pictures["given"], picture.shape))
    np.testing.assert_array_equal(outcomes[0], outcomes[1])


@pytest.mark.parametrize("width", [1, 300, 330, 700, 2000])
@pytest.mark.parametrize("channels", [8, 64, 192])
def test_blocks_of_tiles_cover_a_row_and_waste_little(width: int, channels: int) -> None:
    shape = Convolution(width, 6, channels, channels, 64, 64)
    assert shape.blocks * shape.tiles >= shape.columns > (shape.blocks - 1) * shape.tiles
    assert shape.blocks * shape.tiles - shape.columns < 6 * shape.blocks
