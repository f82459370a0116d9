"""How long a clip will take: measured, or guessed, and said as a person would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.pipeline.conftest import Planned
from upscaler.pipeline.networks import speed_cache
from upscaler.pipeline.networks.backend import OPENVINO, TORCH, WINOGRAD
from upscaler.pipeline.networks.speed_cache import Tuned, about, expected
from upscaler.pipeline.networks.weights import Weights


def test_it_says_how_long_a_clip_will_take(
    tmp_path: Path, planned: Callable[..., Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed_cache, "cores", lambda: 2)
    plan = planned(make_clip(tmp_path / "clip.avi", frames=10, sound=None)).plan
    megapixels = plan.network.width * plan.network.height / 1e6
    on_cpu = Tuned(WINOGRAD, "cpu", "fp32", 0.5)
    assert on_cpu.seconds(plan) == pytest.approx(5 + 10 * megapixels * speed_cache.OTHER_SECONDS_PER_MEGAPIXEL / 2)
    assert on_cpu.in_words(plan).startswith("This machine renders 1.9")
    assert on_cpu.in_words(plan).endswith("frames per second (fp32): about 5 seconds.")
    turbo = Tuned(OPENVINO, "cpu", "int8", 0.5, 37.6)
    assert "(int8, 38 dB PSNR)" in turbo.in_words(plan)
    on_gpu = Tuned(TORCH, "some GPU", "fp16", 0.5)
    assert on_gpu.seconds(plan) == 5


def test_what_was_measured_goes_before_a_guess(
    weights: Weights, tmp_path: Path, planned: Callable[..., Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed_cache, "cores", lambda: 2)
    monkeypatch.setattr(speed_cache, "may_have_gpu", lambda: False)
    plan = planned(make_clip(tmp_path / "clip.avi", frames=10, sound=None)).plan
    store, size = tmp_path / "tuned.json", (plan.source.width, plan.source.height)
    guessed = expected(weights, plan, store)
    assert weights.path is not None
    weights.path.write_bytes(bytes(3 * weights.path.stat().st_size))
    assert expected(weights, plan, store) > guessed, "a larger network takes longer"
    speed_cache.write(store, "other size", Tuned(TORCH, "cpu", "fp32", 9.0, weights=weights.sha256, size=(1, 1)))
    speed_cache.write(store, "this", Tuned(TORCH, "cpu", "fp32", 7.0, weights=weights.sha256, size=size))
    speed_cache.write(store, "other weights", Tuned(TORCH, "cpu", "fp32", 8.0, weights="other", size=size))
    assert expected(weights, plan, store) == pytest.approx(7, abs=0.1)
    speed_cache.write(store, "this, later", Tuned(TORCH, "cpu", "fp32", 3.0, weights=weights.sha256, size=size))
    assert expected(weights, plan, store) == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "about a second"),
        (59.4, "about 59 seconds"),
        (100, "about 2 minutes"),
        (5000, "about 83 minutes"),
        (20_000, "about 6 hours"),
    ],
)
def test_durations_are_guesses(seconds: float, words: str) -> None:
    assert about(seconds) == words
