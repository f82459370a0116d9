"""What a clip is decides the filters that it starts with."""

from __future__ import annotations

import pytest

from tests.pipeline.facts_of import facts_of
from upscaler.models import Game
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.planning.clip_profiles import KINDS, OTHER, Kind, kind_of
from upscaler.pipeline.planning.plan import make_plan


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_can_be_planned_and_read(kind: Kind) -> None:
    plan = make_plan(facts_of(width=320, height=240), Recipe(filters=kind.filters), 4, Limits(), segment_frames=60)

    assert plan.frame_count > 0
    assert kind.label
    assert kind.description.endswith(".")
    assert len(kind.name) <= 20, "the rows hold no more"


def test_something_else_changes_nothing() -> None:
    assert (KINDS[OTHER].filters, KINDS[OTHER].game) == (Filters(), "")


def test_the_kinds_of_a_game_name_it() -> None:
    assert {kind.game for kind in KINDS.values()} == {"", Game.CE, Game.HALO_2, Game.HALO_3}


def test_a_kind_that_is_no_more_is_something_else() -> None:
    assert kind_of("halo-infinite") is KINDS[OTHER]
