"""A library to try things with."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from tests import factories
from upscaler.jobs.rendering import claims
from upscaler.library.search import LibraryQuery, find
from upscaler.models import Artifact, Job, User, Video
from upscaler.selectors.jobs import jobs_without_comparison
from upscaler.selectors.videos import videos_without_copy

pytestmark = pytest.mark.django_db


def test_so_many_videos_with_all_that_a_library_shows(person: User) -> None:
    kept = factories.make_video(person)
    factories.nearest_model()

    call_command("make_library", "60", owner=person.username, verbosity=0)

    samples = find(person, LibraryQuery.from_query("tag=sample"))
    assert samples.count() == 60
    assert kept.pk not in set(samples.values_list("pk", flat=True))
    assert Artifact.objects.filter(video__in=samples.values("pk"), kind="poster").count() == 60
    assert all(factories.has_file(artifact.key) for artifact in Artifact.objects.all()[:5])
    assert Job.objects.exists()
    assert person.collections.count() == 2
    assert len(set(samples.values_list("created_at", flat=True))) == 60


def test_no_worker_takes_any_of_it(person: User) -> None:
    factories.nearest_model()

    call_command("make_library", "30", owner=person.username, verbosity=0)

    assert claims.claim_next("a worker") is None
    assert not videos_without_copy().exists()
    assert not jobs_without_comparison().exists()


def test_the_same_seed_makes_the_same_library(person: User, stranger: User) -> None:
    factories.nearest_model()
    for user in (person, stranger):
        call_command("make_library", "20", owner=user.username, seed=7, verbosity=0)

    mine, theirs = (
        [*Video.objects.filter(owner=user).order_by("title").values_list("title", "year", "players", "sha256")]
        for user in (person, stranger)
    )
    assert mine == theirs


def test_it_needs_somebody_to_give_it_to(person: User) -> None:
    with pytest.raises(CommandError, match="There is no account called nobody"):
        call_command("make_library", "5", owner="nobody")
    with pytest.raises(CommandError, match="must be at least 1"):
        call_command("make_library", "0", owner=person.username)
