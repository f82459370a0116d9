"""What the tests of the pipeline share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clips import make_clip
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.planning.plan import Plan, make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

LIMITS = Limits(stall_seconds=30)


@dataclass(frozen=True)
class Planned:
    """A source with everything that is known of it before rendering."""

    source: Path
    facts: Facts
    plan: Plan


@pytest.fixture
def limits() -> Limits:
    return LIMITS


@pytest.fixture
def backend() -> NearestBackend:
    return NearestBackend(4)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 frames of 64x48 at 30 frames/s, with a second of noise. Not to be changed."""
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.avi")


@pytest.fixture
def planned() -> Callable[..., Planned]:
    """Probe, analyse and plan a source: ``planned(path, recipe, segment_frames=...)``."""

    def work_out(source: Path, recipe: Recipe | None = None, **options: int) -> Planned:
        facts = analyse(source, probe(source, LIMITS), LIMITS)
        return Planned(source, facts, make_plan(facts, recipe or Recipe(), 4, LIMITS, **options))

    return work_out
