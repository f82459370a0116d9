"""Rows of an older version, after its upgrade."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection

from tests import factories
from upscaler.models import Collection, Job, JobState, SegmentState, User, Video, VideoState

measure_again = importlib.import_module("upscaler.migrations.0004_measure_again").measure_again

by_the_clock = importlib.import_module("upscaler.migrations.0015_source_clock").measure_again

join_collections = importlib.import_module("upscaler.migrations.0017_one_normal_form").join_collections


@pytest.mark.django_db
def test_what_was_measured_with_less_is_measured_again_and_starts_nothing(person: User) -> None:
    old, new = factories.make_video(person), factories.make_video(person)
    older = {name: value for name, value in (old.facts_json or {}).items() if name != "time_base"}
    Video.objects.filter(pk=old.pk).update(facts_json=older, starts_job=True)

    measure_again(apps, connection.schema_editor())

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, old.starts_job) == (VideoState.PROBING, False)
    assert new.state == VideoState.READY


@pytest.mark.django_db
@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RENDERING, JobState.PAUSED, JobState.ASSEMBLING])
def test_a_job_under_work_ends_with_a_reason(person: User, state: JobState) -> None:
    job = factories.make_job(factories.make_video(person))
    Job.objects.filter(pk=job.pk).update(state=state)
    job.segments.filter(index=0).update(state=SegmentState.DONE, key="jobs/x/0.mp4")

    measure_again(apps, connection.schema_editor())

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "Start it again" in job.error
    assert set(job.segments.values_list("state", "key")) == {(SegmentState.WAITING, "")}


@pytest.mark.django_db
def test_what_was_measured_before_its_clock_was_accounted_for_is_measured_again(person: User) -> None:
    old, new = factories.make_video(person), factories.make_video(person)
    older = {name: value for name, value in (old.facts_json or {}).items() if name not in ("pieces", "seams")}
    Video.objects.filter(pk=old.pk).update(facts_json=older, starts_job=True)

    by_the_clock(apps, connection.schema_editor())

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, old.starts_job) == (VideoState.PROBING, False)
    assert new.state == VideoState.READY
    assert old.facts is not None, "what was measured before can be read all the same"


@pytest.mark.django_db
def test_collections_that_read_the_same_become_one(person: User, stranger: User) -> None:
    videos = [factories.make_video(person) for _ in range(3)]
    composed, apart = "Caf\u00e9", "Cafe\u0301"
    for owner, name, of_it in ((person, composed, videos[:2]), (person, apart, videos[1:]), (stranger, apart, [])):
        Collection.objects.create(owner=owner, name=name).videos.set(of_it)

    join_collections(apps, connection.schema_editor())

    assert set(Collection.objects.values_list("owner", "name")) == {(person.pk, composed), (stranger.pk, composed)}
    assert set(Collection.objects.get(owner=person).videos.all()) == set(videos)
