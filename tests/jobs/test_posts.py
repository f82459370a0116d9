"""The picture that goes with a link is made once, after the stills, whenever the job was done."""

from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np
import pytest
from django.utils import timezone

from tests import factories
from tests.fakes import Bells
from upscaler.jobs import posts, reaper
from upscaler.models import Job, JobState, User
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db(transaction=True)


def a_picture(level: int, noise: int) -> bytes:
    levels = np.random.default_rng(level).integers(level - noise, level + noise + 1, (48, 64, 3))
    return bytes(cv2.imencode(".png", levels.astype(np.uint8))[1])


@pytest.fixture
def done(person: User) -> Job:
    """With a still of little, and one of much to be seen."""
    job = factories.make_job(factories.make_copies(factories.make_video(person)), state=JobState.DONE)
    for frame, noise in ((5, 2), (20, 60)):
        factories.make_artifact(job, ArtifactKind.STILL_BEFORE, a_picture(100, noise), frame=frame)
        factories.make_artifact(job, ArtifactKind.STILL_AFTER, a_picture(150, noise), frame=frame)
    return job


@pytest.mark.usefixtures("each_storage")
def test_it_is_of_the_still_on_which_most_is_to_be_seen(done: Job) -> None:
    posts.make_split(done.pk)

    split = done.artifacts.get(kind=ArtifactKind.SPLIT)
    assert (split.width, split.height, split.frame, split.content_type) == (1200, 630, 20, "image/jpeg")
    content = factories.stored(split.key)
    made = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert made is not None and made.shape == (630, 1200, 3)


def test_it_is_made_once(done: Job) -> None:
    posts.make_split(done.pk)
    first = done.artifacts.get(kind=ArtifactKind.SPLIT).pk

    posts.make_split(done.pk)

    assert done.artifacts.get(kind=ArtifactKind.SPLIT).pk == first


def test_a_job_that_was_done_earlier_is_found(done: Job, bells: Bells) -> None:
    reaper.reap()
    assert [(bell.queue, bell.name, bell.arguments) for bell in bells] == [("cpu", "make_split", (str(done.pk),))]

    bells.answer_all()
    reaper.reap()

    assert bells == []


def test_one_that_somebody_is_at_is_left_alone(done: Job, bells: Bells) -> None:
    Job.objects.filter(pk=done.pk).update(lease_until=timezone.now() + timedelta(seconds=20))

    reaper.reap()
    posts.make_split(done.pk)

    assert bells == []
    assert not done.artifacts.filter(kind=ArtifactKind.SPLIT).exists()


def test_stills_that_can_not_be_read_are_not_tried_for_ever(person: User, bells: Bells) -> None:
    job = factories.make_finished_job(factories.make_copies(factories.make_video(person)))

    posts.make_split(job.pk)

    job.refresh_from_db()
    assert "could not be read" in job.extras_error
    reaper.reap()
    assert bells == []


def test_a_job_without_stills_rings_for_nothing(person: User, bells: Bells) -> None:
    job = factories.make_job(factories.make_video(person), state=JobState.DONE)

    posts.ring_if_wanted(job.pk)
    posts.make_split(job.pk)

    assert bells == []
