"""What every backend promises, whichever library is behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pipeline.networks.networks_of import checked, compact, rrdb
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.networks.backend import INT8, OPENVINO, TORCH, WINOGRAD, Backend, Batch
from upscaler.pipeline.networks.builtin import BUILTIN, NEAREST
from upscaler.pipeline.networks.optional_backends import EXTRAS, is_installed
from upscaler.pipeline.networks.registry import open_backend
from upscaler.pipeline.networks.weights import Weights
from upscaler.pipeline.networks.winograd import native

LIBRARIES = [
    pytest.param(TORCH),
    pytest.param(
        WINOGRAD,
        marks=pytest.mark.skipif(native.this_target() is None, reason="This processor has no wide vectors."),
    ),
    *(
        pytest.param(
            extra, marks=pytest.mark.skipif(not is_installed(extra), reason=f"The optional {extra} is not installed.")
        )
        for extra in EXTRAS
    ),
]
STATES = {"compact": compact, "rrdb x2": lambda: rrdb(scale=2)}
SIZES = [(24, 32), (17, 23)]
"""Few, and those of winograd/test_networks.py: for each, our own convolutions are compiled."""
Opened = Callable[..., Backend]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a network by a library's name, in fp32."""
    backends: list[Backend] = []

    def open_one(name: str, state: str = "compact") -> Backend:
        torch.save({"params": STATES[state]()}, tmp_path / "x.pth")
        weights = checked(tmp_path / "x.pth", tmp_path / "x.safetensors")
        backends.append(open_backend(weights, "fp32", name))
        return backends[-1]

    yield open_one
    for backend in backends:
        backend.close()


def some_frames(count: int, height: int, width: int) -> Batch:
    return np.random.default_rng(height).integers(0, 256, (count, height, width, 3), np.uint8)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("state", "size"), [("compact", SIZES[0]), ("compact", SIZES[1]), ("rrdb x2", SIZES[1])], ids=str
)
def test_frames_come_out_one_for_one_within_one_of_torch(
    library: str, state: str, size: tuple[int, int], opened: Opened
) -> None:
    backend, reference = opened(library, state), opened(TORCH, state)
    frames = some_frames(3, *size)
    enlarged = backend.upscale(frames)
    assert enlarged.shape == (3, size[0] * backend.scale, size[1] * backend.scale, 3)
    assert enlarged.dtype == np.uint8
    assert enlarged.flags.c_contiguous
    exact = np.concatenate([reference.upscale(frame[None]) for frame in frames])
    off = np.abs(enlarged.astype(int) - exact)
    if backend.scale == 2 and size[0] % 4:  # sides of such networks that 4 does not divide are padded differently
        off = off[:, : -8 * backend.scale, : -8 * backend.scale]
    assert off.max() <= 1


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_does_not_depend_on_those_beside_it(library: str, opened: Opened) -> None:
    backend = opened(library)
    frames = some_frames(5, 20, 28)
    together = backend.upscale(frames)
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(backend.upscale(frame[None])[0], together[number])


@pytest.mark.parametrize("library", LIBRARIES)
def test_sizes_may_change_and_come_back_and_what_was_given_stays(library: str, opened: Opened) -> None:
    backend = opened(library)
    frames = some_frames(1, *SIZES[0])
    first = backend.upscale(frames)
    kept = first.copy()
    backend.upscale(frames[:, ::-1])
    backend.upscale(some_frames(2, *SIZES[1]))
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(backend.upscale(frames), kept)


@pytest.mark.parametrize("library", LIBRARIES)
def test_it_says_what_it_is_and_how_much_it_takes_at_once(library: str, opened: Opened) -> None:
    backend = opened(library)
    assert (backend.engine.backend, backend.engine.device, backend.engine.precision) == (library, "cpu", "fp32")
    assert 1 <= backend.batch(64, 48) <= 64


def test_the_fake_keeps_the_promises_too() -> None:
    backend = open_backend(BUILTIN[NEAREST], "auto")
    frames = some_frames(3, 20, 28)
    np.testing.assert_array_equal(backend.upscale(frames), frames.repeat(4, axis=1).repeat(4, axis=2))
    assert backend.batch(28, 20) >= 1


@pytest.mark.parametrize("extra", [param for param in LIBRARIES if param.values[0] in EXTRAS])
def test_what_a_library_has_not_is_said(extra: str, weights: Weights) -> None:
    with pytest.raises(PipelineError, match=r"doesn't support fp16 on this machine.*Choose auto or fp32"):
        open_backend(weights, "fp16", extra)


@pytest.mark.skipif(not is_installed(OPENVINO), reason="The optional extra, openvino, is not installed.")
def test_int8_is_near_and_the_same_each_time(weights: Weights, capfd: pytest.CaptureFixture[str]) -> None:
    frames = some_frames(2, 40, 56)
    exact = open_backend(weights, "fp32", TORCH).upscale(frames)
    one, other = (open_backend(weights, INT8) for _ in range(2))
    assert (one.engine.backend, one.engine.precision) == (OPENVINO, INT8)
    enlarged = one.upscale(frames)
    np.testing.assert_array_equal(other.upscale(frames), enlarged)
    error = np.mean((enlarged.astype(float) - exact) ** 2)
    assert 0 < error < 255**2 / 10**2.5  # 25 dB: the network has random weights
    assert capfd.readouterr().out == "", "what it says of its progress would be taken for an answer"


@pytest.mark.skipif(not is_installed(OPENVINO), reason="The optional extra, openvino, is not installed.")
def test_openvino_tells_nobody(opened: Opened) -> None:
    opened(OPENVINO).upscale(some_frames(1, 8, 8))
    convert = sys.modules["openvino.tools.ovc.convert_impl"]
    assert convert.tm.__name__ == "openvino.tools.ovc.telemetry_stub"
    assert not [name for name in sys.modules if name.startswith("openvino_telemetry.")]


def test_measuring_loads_no_library_that_is_of_no_use_here() -> None:
    """On a processor, that is: torch takes seconds and hundreds of megabytes."""
    script = """
import sys
from upscaler.pipeline.networks import optional_backends, tune
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT
tune.has_bf16 = optional_backends.has_bf16 = tune.may_have_gpu = lambda: False
tune.choices(BUILTIN[DEFAULT], "auto")
print([name for name in ("torch", "openvino", "nncf", "onnxruntime", "onnx", "spandrel", "cv2") if name in sys.modules])
"""
    environment = {"PYTHONPATH": str(Path(__file__).parents[3])}
    answer = subprocess.check_output([sys.executable, "-c", script], text=True, env=environment)
    assert answer.strip() == ("[]" if native.this_target() else "['torch']")
