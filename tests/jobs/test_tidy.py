"""What nobody needs any more goes; what somebody may need stays."""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.intake import tus
from tests.jobs.helpers import make_worker
from upscaler.jobs.recovery import tidy
from upscaler.jobs.rendering import claims
from upscaler.jobs.steps import matching
from upscaler.media.disk import local_path
from upscaler.media.files import Scratch, scratch_folder
from upscaler.models import Job, JobState, Upload, UploadPurpose, User, Video, VideoState, Worker

pytestmark = pytest.mark.django_db


def make_upload(person: User, *, days: float, **values: object) -> Upload:
    upload = Upload.objects.create(owner=person, purpose=UploadPurpose.VIDEO, name="clip.avi", size=9, **values)
    local_path(upload.key).write_bytes(b"half")
    Upload.objects.filter(pk=upload.pk).update(updated_at=timezone.now() - timedelta(days=days))
    return upload


def test_an_upload_that_was_abandoned_goes_after_its_time(person: User) -> None:
    old, young = make_upload(person, days=8), make_upload(person, days=6)

    assert tidy.tidy_uploads() == 1

    assert list(Upload.objects.all()) == [young]
    assert not factories.has_file(old.key)
    assert factories.has_file(young.key)


@pytest.mark.parametrize("act", ["sends more", "asks how much is there", "sends the rest"])
def test_an_upload_that_was_begun_long_ago_stays_while_its_browser_goes_on(
    person_client: Client, enqueued: EnqueuedTasks, act: str
) -> None:
    url = tus.begin(person_client)
    tus.patch(person_client, url, tus.CONTENT[:100], 0)
    long_ago = timezone.now() - timedelta(days=8)
    Upload.objects.update(created_at=long_ago, updated_at=long_ago)

    match act:
        case "sends more":
            assert tus.patch(person_client, url, tus.CONTENT[100:200], 100).status_code == 204
        case "asks how much is there":
            assert tus.offset_of(person_client, url) == 100
        case _:
            assert tus.patch(person_client, url, tus.CONTENT[100:], 100).status_code == 204

    assert tidy.tidy_uploads() == 0
    assert person_client.head(url, headers=tus.TUS).status_code == 200


def test_an_upload_that_has_arrived_takes_nothing_with_it(person: User, video: Video) -> None:
    make_upload(person, days=8, result_id=video.pk)

    assert tidy.tidy_uploads() == 0

    assert not Upload.objects.exists()
    assert Video.objects.filter(pk=video.pk).exists()
    assert factories.has_file(video.key)


@pytest.mark.parametrize("state", list(JobState))
def test_segments_go_with_the_jobs_that_need_none(job: Job, state: JobState) -> None:
    key = f"{job.folder}/segments/000000-1.mp4"
    local_path(key).write_bytes(b"a segment")
    Job.objects.filter(pk=job.pk).update(state=state)

    tidy.tidy_segments()

    assert factories.has_file(key) is (state not in (JobState.DONE, JobState.CANCELLED))


def test_the_folder_of_a_job_that_is_no_more_goes(job: Job) -> None:
    gone = f"jobs/{uuid.uuid4()}/result.mp4"
    kept = f"{job.folder}/result.mp4"
    for key in (gone, kept):
        local_path(key).write_bytes(b"a result")

    tidy.tidy_segments()

    assert not factories.has_file(gone)
    assert factories.has_file(kept)


@pytest.mark.parametrize("name", ["@eaDir", "lost+found", "#recycle", "0" * 32])
@pytest.mark.usefixtures("each_storage")
def test_folders_of_others_among_those_of_jobs_stay_and_the_rest_is_tidied(name: str) -> None:
    foreign, gone = f"jobs/{name}/index", f"jobs/{uuid.uuid4()}/result.mp4"
    for key in (foreign, gone):
        factories.store(key, b"anything")
    make_worker("there:1:1", machine="another", heartbeat_at=timezone.now() - timedelta(hours=25))

    tidy.tidy()

    assert factories.has_file(foreign)
    assert not factories.has_file(gone)
    assert not Worker.objects.exists()


def test_a_dangling_link_in_scratch_ends_nothing(settings: Settings) -> None:
    old = [scratch_folder(Scratch.FINISHING, uuid.uuid4()), scratch_folder(Scratch.COMPARISON, uuid.uuid4())]
    for folder in old:
        os.utime(folder, (0, time.time() - 2 * tidy.SCRATCH_SECONDS))
    links = [Path(settings.SCRATCH, name) for name in ("a-link", f"finish-{uuid.uuid4()}")]
    for link in links:
        link.symlink_to("nowhere")
    make_worker("there:1:1", machine="another", heartbeat_at=timezone.now() - timedelta(hours=25))

    tidy.tidy()

    assert sorted(Path(settings.SCRATCH).iterdir()) == sorted(links)
    assert not Worker.objects.exists()


def test_a_step_that_fails_is_named_and_fails_alone(
    person: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    Path(settings.MEDIA_ROOT).mkdir()
    Path(settings.MEDIA_ROOT, "jobs").write_bytes(b"no folder")
    old = make_upload(person, days=8)
    make_worker("there:1:1", machine="another", heartbeat_at=timezone.now() - timedelta(hours=25))

    tidy.tidy()

    assert not factories.has_file(old.key)
    assert not Worker.objects.exists()
    assert [record.getMessage().partition(" ")[0] for record in caplog.records if record.levelname == "WARNING"] == [
        "tidy_segments"
    ]


def test_an_upload_that_can_not_be_removed_keeps_no_other(person: User) -> None:
    first, second = make_upload(person, days=9), make_upload(person, days=8)
    for upload in (first, second):
        local_path(upload.key).unlink()
    local_path(f"{first.key}/a folder in its place")

    tidy.tidy_uploads()

    assert not Upload.objects.exists()


def test_the_folder_of_an_upscale_that_is_being_matched_stays(person: User, video: Video) -> None:
    made = factories.make_video(person, state=VideoState.PAIRING, upscale_of=video)
    (folder,) = matching.ids_of_jobs()
    factories.store(f"jobs/{folder}/result.mov", b"a result without a row")

    tidy.tidy_segments()
    assert factories.has_file(f"jobs/{folder}/result.mov")

    Video.objects.filter(pk=made.pk).update(state=VideoState.READY)  # it did not fit
    tidy.tidy_segments()
    assert not factories.has_file(f"jobs/{folder}/result.mov")


def test_scratch_of_dead_workers_goes_and_that_of_living_ones_stays(job: Job, video: Video, settings: Settings) -> None:
    claims.claim_next("a worker")
    old = [scratch_folder(Scratch.FINISHING, uuid.uuid4()), scratch_folder(Scratch.COMPARISON, uuid.uuid4())]
    kept = [
        scratch_folder(Scratch.LIVE_PREVIEW, f"{job.pk}-123"),
        Path(settings.SCRATCH) / "of-another-program",
        scratch_folder(Scratch.JOINING, video.pk),
    ]
    kept[1].mkdir()
    Video.objects.filter(pk=video.pk).update(lease_until=timezone.now() + timedelta(seconds=20))
    for folder in (*old, *kept):
        os.utime(folder, (0, time.time() - 2 * tidy.SCRATCH_SECONDS))
    young = scratch_folder(Scratch.VIDEO_COPIES, uuid.uuid4())

    tidy.tidy()

    left = {path.name for path in Path(settings.SCRATCH).iterdir()}
    assert left == {folder.name for folder in (*kept, young)}


def test_workers_that_nobody_has_heard_of_for_a_day_are_forgotten() -> None:
    make_worker("there:1:1", machine="another", heartbeat_at=timezone.now() - timedelta(hours=25))
    make_worker("there:2:1", machine="another", heartbeat_at=timezone.now() - timedelta(hours=23))

    tidy.tidy()

    assert [worker.name for worker in Worker.objects.all()] == ["there:2:1"]


def test_sessions_that_have_expired_go_and_others_stay(person_client: Client, stranger_client: Client) -> None:
    expired = person_client.session.session_key
    Session.objects.filter(pk=expired).update(expire_date=timezone.now() - timedelta(seconds=1))

    tidy.tidy()

    assert [session.pk for session in Session.objects.all()] == [stranger_client.session.session_key]
