"""What a clip is decides the filters that it starts with."""

from __future__ import annotations

import pytest

from tests.pipeline.facts_of import facts_of
from upscaler.models import Game
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.planning.clip_profiles import CLIP_PROFILES, OTHER, ClipProfile, clip_profile
from upscaler.pipeline.planning.plan import make_plan


@pytest.mark.parametrize("kind", CLIP_PROFILES.values(), ids=lambda kind: kind.name)
def test_every_kind_can_be_planned_and_read(kind: ClipProfile) -> None:
    plan = make_plan(facts_of(width=320, height=240), Recipe(filters=kind.filters), 4, Limits(), segment_frames=60)

    assert plan.frame_count > 0
    assert kind.label
    assert kind.description.endswith(".")
    assert len(kind.name) <= 20, "the rows hold no more"


def test_something_else_changes_nothing() -> None:
    assert (CLIP_PROFILES[OTHER].filters, CLIP_PROFILES[OTHER].game) == (Filters(), "")


def test_the_kinds_of_a_game_name_it() -> None:
    assert {kind.game for kind in CLIP_PROFILES.values()} == {"", Game.CE, Game.HALO_2, Game.HALO_3}


def test_a_kind_that_is_no_more_is_something_else() -> None:
    assert clip_profile("halo-infinite") is CLIP_PROFILES[OTHER]
