"""What is asked for in the address is what is found."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from django.utils import timezone

from tests import factories
from upscaler.jobs.actions.trash import videos_trash
from upscaler.library.collections import collection_add, collection_get_or_create
from upscaler.library.listing import listing_write
from upscaler.library.search import SIZES, SORTS, STATES, LibraryQuery, find, find_in_order
from upscaler.library.tags import tags_set
from upscaler.models import Game, JobState, User, Video, VideoState

pytestmark = pytest.mark.django_db


def make(person: User, title: str, tags: tuple[str, ...] = (), **values: object) -> Video:
    video = factories.make_video(person, title=title, original_name=f"capture{len(title)}.avi", **values)
    tags_set(video=video, names=tags)
    listing_write([video.pk])
    return video


def titles(person: User, query: str) -> list[str]:
    rows = find_in_order(person, LibraryQuery.from_query(query)).select_related("video")
    return [row.video.title for row in rows]


def found(person: User, query: str) -> set[str]:
    return set(titles(person, query))


def test_every_word_has_to_be_found_somewhere(person: User) -> None:
    make(person, "Sniper run", map="Blood Gulch", notes="From a LAN party")
    make(person, "Sniper montage", players="Élite 7, Ember", tags=("No scope",), uploader="bungie.org")

    for words, expected in {
        "sniper": {"Sniper run", "Sniper montage"},
        "gulch SNIPER": {"Sniper run"},
        "elite": {"Sniper montage"},
        "ÉLITE 7": {"Sniper montage"},
        "scope bungie": {"Sniper montage"},
        "lan scope": set(),
        "capture14.avi": {"Sniper montage"},
        "run blood": {"Sniper run"},
        "%": set(),
        "_": set(),
        "'; --": set(),
    }.items():
        assert found(person, f"q={words.replace('%', '%25')}") == expected, words


def test_words_are_not_found_across_two_fields(person: User) -> None:
    make(person, "Warthog", map="jump")

    assert found(person, "q=warthog+jump") == {"Warthog"}
    assert found(person, "q=warthogjump") == set()


def test_the_game_is_found_by_its_name(person: User) -> None:
    make(person, "One", game=Game.HALO_3)
    make(person, "Other", game=Game.REACH)

    assert found(person, "q=halo+3") == {"One"}
    assert found(person, "q=reach") == {"Other"}
    assert found(person, "game=halo3") == {"One"}


def test_filters_go_together(person: User) -> None:
    make(person, "One", game=Game.CE, year=2003, tags=("LAN", "sniper"))
    make(person, "Two", game=Game.CE, year=2004, tags=("lan",))
    make(person, "Three", game=Game.HALO_2, year=2003, tags=("sniper",))

    assert found(person, "year=2003") == {"One", "Three"}
    assert found(person, "year=2003&game=ce") == {"One"}
    assert found(person, "tag=lan") == {"One", "Two"}
    assert found(person, "tag=lan&tag=sniper") == {"One"}
    assert found(person, "tag=lan&q=two&game=ce") == {"Two"}


@pytest.mark.parametrize(("name", "lines"), [("240", 240), ("360", 241), ("480", 480), ("576", 576), ("720", 577)])
def test_a_source_is_in_one_class_of_sizes(person: User, name: str, lines: int) -> None:
    make(person, "This", facts_json=factories.FACTS.to_json() | {"height": lines})
    make(person, "Large", facts_json=factories.FACTS.to_json() | {"height": 1080})
    make(person, "Unknown", facts_json=None, state=VideoState.PROBING)

    assert [size for size in SIZES if "This" in found(person, f"size={size}")] == [name]
    assert found(person, "size=more") == {"Large"}


def test_the_state_and_the_model_are_those_of_the_newest_job(person: User) -> None:
    model = factories.make_model()
    for title, states in {
        "New": [],
        "Done": ["failed", "done"],
        "Failed": ["done", "failed"],
        "At work": ["rendering"],
    }.items():
        video = make(person, title)
        for state in states:
            factories.make_job(video, state=JobState(state), model=model if state == "done" else None)
    make(person, "Refused", state=VideoState.REFUSED)

    assert {name: found(person, f"state={name}") for name in STATES} == {
        "new": {"New"}, "done": {"Done"}, "failed": {"Failed", "Refused"}, "active": {"At work"}, "paused": set(),
        "cancelled": set(),
    }  # fmt: skip
    assert found(person, f"model={model.pk}") == {"Done"}


def test_every_state_belongs_to_one_filter() -> None:
    named = [state for group in STATES.values() for state in group.states]
    assert sorted(named) == sorted([*JobState.values, *VideoState.values])


def test_a_collection_is_the_library_filtered(person: User, stranger: User) -> None:
    inside, _ = make(person, "Inside"), make(person, "Outside")
    collection = collection_get_or_create(user=person, name="Best of")
    assert collection is not None
    collection_add(collection=collection, ids=[inside.pk])

    assert found(person, f"collection={collection.pk}") == {"Inside"}
    assert found(stranger, f"collection={collection.pk}") == set()


def test_nothing_of_others_and_nothing_of_the_trash_is_found(person: User, stranger: User) -> None:
    make(stranger, "Gulch of others", tags=("lan",))
    gone = make(person, "Gulch in the trash", tags=("lan",))
    make(person, "Gulch", tags=("lan",))
    videos_trash(user=person, ids=[gone.pk])

    assert found(person, "") == found(person, "q=gulch") == found(person, "tag=lan") == {"Gulch"}


def test_orders(person: User) -> None:
    facts = factories.FACTS.to_json()
    for number, (title, year, frames, size) in enumerate(
        [("Part 10", None, 30, 5), ("part 9", 2003, 90, 1), ("Álamo", 2007, 60, 9)]
    ):
        video = make(person, title, year=year, size=size, facts_json=facts | {"frames": frames})
        Video.objects.filter(pk=video.pk).update(created_at=timezone.now() - timedelta(days=9 - number))
        listing_write([video.pk])
    for row in find(person, LibraryQuery()).select_related("video"):
        row.created_at = row.video.created_at
        row.save()

    assert {name: titles(person, f"sort={name}") for name in SORTS} == {
        "newest": ["Álamo", "part 9", "Part 10"],
        "oldest": ["Part 10", "part 9", "Álamo"],
        "title": ["Álamo", "part 9", "Part 10"],
        "year": ["Álamo", "part 9", "Part 10"],
        "longest": ["part 9", "Álamo", "Part 10"],
        "largest": ["Álamo", "Part 10", "part 9"],
    }


@pytest.mark.parametrize(
    "query",
    ["", "q=halo+3&game=ce", "tag=lan&tag=sniper&sort=title&view=list", "q=%C3%A9&state=done&size=more&year=2003"],
)
def test_an_address_says_what_it_said(query: str) -> None:
    assert LibraryQuery.from_query(query).query == query


@pytest.mark.parametrize(
    "query",
    [
        "q=+++", "q=%00", "game=doom", "model=7", "state=tired", "size=big", "year=99", "year=abcd", "tag=", "tag=+",
        "collection=1", "sort=random", "sort=newest", "view=cube", "page=7", "unknown=1",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out(query: str) -> None:
    assert LibraryQuery.from_query(query) == LibraryQuery()


def test_a_filter_is_taken_away_by_itself() -> None:
    search = LibraryQuery.from_query("q=x&tag=a&tag=b&year=2003")

    assert search.without("year").query == "q=x&tag=a&tag=b"
    assert search.without("tag", "a").query == "q=x&year=2003&tag=b"
    assert search.is_filtered
    assert not LibraryQuery(sort="title", view="list").is_filtered


def test_a_length_is_what_the_frames_take(person: User) -> None:
    video = make(person, "PAL", facts_json=factories.FACTS.to_json() | {"frames": 50, "rate": "25"})

    assert find(person, LibraryQuery()).get(pk=video.pk).seconds == float(50 / Fraction(25))
