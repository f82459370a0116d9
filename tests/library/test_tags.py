"""Tags and collections: one of a kind, of one person, and nothing is left over."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from tests import factories
from upscaler.library.collections import (
    collection_add,
    collection_get_or_create,
    collection_remove,
    collection_rename,
    collections_of,
)
from upscaler.library.tags import names_of, tags_add, tags_remove, tags_set
from upscaler.models import Collection, Tag, User, Video

pytestmark = pytest.mark.django_db


def names(video: Video) -> list[str]:
    return [tag.name for tag in video.tags.all()]


def test_tags_are_typed_with_commas_between() -> None:
    assert names_of(" LAN,  no   scope ,,lan, ") == ["lan", "no scope"]
    assert names_of("x" * 80) == ["x" * 50]
    assert names_of(",") == []


def test_a_tag_that_there_is_keeps_its_name(person: User) -> None:
    first, second = factories.make_video(person), factories.make_video(person)

    tags_set(video=first, names=["Café LAN"])
    tags_set(video=second, names=["cafe lan", "new"])

    assert names(second) == ["Café LAN", "new"]
    assert Tag.objects.count() == 2


def test_a_tag_that_no_video_has_is_gone(person: User) -> None:
    video = factories.make_video(person)
    tags_set(video=video, names=["one", "two"])

    tags_set(video=video, names=["two"])
    assert [tag.name for tag in Tag.objects.all()] == ["two"]

    tags_remove(user=person, ids=[video.pk], names=["TWO"])
    assert not Tag.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_tag_that_is_given_while_its_last_video_loses_it_stays(person: User) -> None:
    loses, gets = factories.make_video(person), factories.make_video(person)
    tags_set(video=loses, names=["capture the flag"])
    given, failures = threading.Event(), list[BaseException]()

    def give() -> None:
        with transaction.atomic():
            tags_set(video=gets, names=["capture the flag"])
            given.set()
            taking.join(1)  # it waits for us, or has gone by us

    def take() -> None:
        given.wait(10)
        tags_set(video=loses, names=[])

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    giving, taking = (threading.Thread(target=run, args=(work,)) for work in (give, take))
    for thread in (taking, giving):  # `give` joins the other thread, so that has to run by then
        thread.start()
    for thread in (giving, taking):
        thread.join()

    assert not failures
    assert [tag.name for tag in gets.tags.all()] == ["capture the flag"]
    assert not loses.tags.exists()


def test_people_have_tags_of_their_own(person: User, stranger: User) -> None:
    mine, theirs = factories.make_video(person), factories.make_video(stranger)
    tags_add(user=person, ids=[mine.pk], names=["LAN"])
    tags_add(user=stranger, ids=[theirs.pk], names=["LAN"])

    tags_remove(user=stranger, ids=[mine.pk, theirs.pk], names=["LAN"])

    assert (names(mine), names(theirs)) == (["LAN"], [])


def test_a_tag_is_added_once(video: Video, person: User) -> None:
    for _ in range(2):
        tags_add(user=person, ids=[video.pk], names=["LAN", "sniper"])

    assert names(video) == ["LAN", "sniper"]


def test_a_collection_holds_a_video_once(video: Video, person: User) -> None:
    collection = collection_get_or_create(user=person, name="  Best \n of ")
    assert collection is not None
    assert collection.name == "Best of"
    for _ in range(2):
        collection_add(collection=collection, ids=[video.pk])
    assert [one.count for one in collections_of(person)] == [1]  # type: ignore[attr-defined]  # annotated

    collection_remove(collection=collection, ids=[video.pk])
    assert [one.count for one in collections_of(person)] == [0]  # type: ignore[attr-defined]  # annotated
    assert Video.objects.filter(pk=video.pk).exists()


def test_a_collection_is_the_same_however_its_accents_are_typed(person: User) -> None:
    """A Mac gives an "é" in two parts."""
    composed, apart = "Caf\u00e9", "Cafe\u0301"
    collection = collection_get_or_create(user=person, name=apart)
    assert collection is not None

    assert collection.name == composed
    assert collection_get_or_create(user=person, name=composed) == collection
    other = collection_get_or_create(user=person, name="Other")
    assert other is not None
    assert not collection_rename(collection=other, name=apart)


def test_collections_have_different_names(person: User, stranger: User) -> None:
    one, two = (collection_get_or_create(user=person, name=name) for name in ("One", "Two"))
    assert one is not None
    assert two is not None

    assert collection_get_or_create(user=person, name=" ") is None
    assert collection_get_or_create(user=person, name="One") == one
    assert not collection_rename(collection=two, name="One")
    assert not collection_rename(collection=two, name=" ")
    assert collection_rename(collection=two, name="Three")
    assert collection_get_or_create(user=stranger, name="One") != one
    assert Collection.objects.count() == 3
