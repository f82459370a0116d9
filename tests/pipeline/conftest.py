"""What the tests of the pipeline share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.clips import make_clip
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.backends.nearest import NearestBackend
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.output.checks import against_source
from upscaler.pipeline.planning.plan import Plan, make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

LIMITS = Limits(stall_seconds=30)
_facts: dict[tuple[str, str], Facts] = {}


@dataclass(frozen=True)
class Planned:
    """A source with everything that is known of it before rendering."""

    source: Path
    facts: Facts
    plan: Plan


def analysed(source: Path) -> Facts:
    """The facts of a file. The same bytes are analysed once a process: tests often use one clip in several ways."""
    key = sha256_of(source), source.suffix
    if key not in _facts:
        _facts[key] = analyse(source, probe(source, LIMITS), LIMITS)
    return _facts[key]


@pytest.fixture(scope="module")
def source_read_once() -> Iterator[None]:
    """Of one source, with one set of facts and one plan, the check of results reads the packets and the times
    of the sound once."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("moments", "decode_sound_frames", "video_stream_checks"):
            patched.setattr(against_source, name, cache(getattr(against_source, name)))
        yield


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
        facts = analysed(source)
        return Planned(source, facts, make_plan(facts, recipe or Recipe(), 4, LIMITS, **options))

    return work_out
