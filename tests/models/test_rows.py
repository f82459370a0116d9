"""What the tables promise by themselves."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from tests import factories
from upscaler.models import Artifact, Event, Job, Segment, Share, UpscaleModel, User, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.builtin import BUILTIN, DEFAULT

pytestmark = pytest.mark.django_db


def test_the_migrations_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out


def test_the_model_that_ships_is_what_its_file_is() -> None:
    model = factories.builtin_model()

    assert model.weights is BUILTIN[DEFAULT]
    assert (model.sha256, model.scale) == (BUILTIN[DEFAULT].sha256, 4)


def test_an_uploaded_model_is_found_in_the_media_folder() -> None:
    model = factories.make_model()

    assert str(model.weights.path).endswith(f"/media/models/{model.pk}/weights.safetensors")
    assert (model.weights.sha256, model.weights.architecture) == (model.sha256, model.architecture)


def test_facts_recipe_and_plan_come_back_as_they_went_in(video: Video) -> None:
    job = Job.objects.get(pk=factories.make_job(video, recipe=Recipe(height=480, trim=(3, 20))).pk)

    assert Video.objects.get(pk=video.pk).facts == factories.FACTS
    assert job.recipe == Recipe(height=480, trim=(3, 20))
    assert (job.plan.frame_count, job.plan.first_frame, job.plan.output.height) == (17, 3, 480)


def test_a_file_belongs_to_a_video_or_to_a_job_never_to_both_or_none(job: Job) -> None:
    for owner in ({"video": job.video, "job": job}, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Artifact.objects.create(kind=ArtifactKind.POSTER, key="k", size=1, sha256="", **owner)


def test_a_segment_and_an_event_exist_once(job: Job) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Segment.objects.create(job=job, index=0, start=0, end=1)
    Event.objects.create(subject=job.pk, seq=1, kind="log", payload={})
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.create(subject=job.pk, seq=1, kind="log", payload={})


def test_segments_cover_every_frame_once(job: Job) -> None:
    ranges = list(job.segments.values_list("start", "end"))

    assert ranges[0][0] == 0
    assert ranges[-1][1] == job.frames_total
    assert [end for _, end in ranges[:-1]] == [start for start, _ in ranges[1:]]


def test_a_person_who_leaves_takes_their_library_along(person: User, job: Job) -> None:
    factories.make_artifact(job, ArtifactKind.RESULT)
    factories.make_share(job)
    brought = factories.make_model(uploaded_by=person)

    person.delete()

    assert not any(table.objects.exists() for table in (Video, Job, Segment, Artifact, Share))
    brought.refresh_from_db()
    assert brought.uploaded_by is None


def test_weights_that_made_a_job_are_kept(job: Job) -> None:
    with pytest.raises(ProtectedError):
        UpscaleModel.objects.get(jobs=job).delete()


def test_every_kind_of_file_has_a_type_of_its_own() -> None:
    types = {kind: Artifact(kind=kind).content_type for kind in ArtifactKind}

    assert set(types.values()) == {
        *("image/jpeg", "image/png", "video/mp4", "application/json", "application/octet-stream")
    }
    assert types[ArtifactKind.ORIGINAL] == "application/octet-stream", "a stranger's bytes are never shown by a browser"


def test_rows_say_what_they_are(job: Job) -> None:
    assert str(job) == f"{job.video.title} with nearest"
    assert [str(row) for row in job.segments.all()] == [f"{job.pk} 0:15", f"{job.pk} 15:30"]
