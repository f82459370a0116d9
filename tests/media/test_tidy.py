"""What nobody needs any more goes, wherever media lies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from upscaler.jobs.recovery import tidy
from upscaler.media.media_store import media_store
from upscaler.models import JobState, Upload, User, Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_storage")]


def test_an_abandoned_upload_goes_with_its_bytes(person: User) -> None:
    uploads = [Upload.objects.create(owner=person, purpose="video", name="clip.avi", size=9) for _ in range(2)]
    for upload in uploads:
        media_store().incoming_path(upload.key).write_bytes(b"half")
    Upload.objects.filter(pk=uploads[0].pk).update(updated_at=timezone.now() - timedelta(days=30))

    assert tidy.tidy_uploads() == 1

    assert [media_store().incoming_path(upload.key).exists() for upload in uploads] == [False, True]


def test_segments_that_nobody_needs_go_and_the_others_stay(video: Video) -> None:
    tidy.tidy_segments()  # of nothing yet
    done = factories.make_job(video, state=JobState.DONE)
    rendering = factories.make_job(video, state=JobState.RENDERING)
    gone = factories.make_job(video)
    for job in (done, rendering, gone):
        factories.store(f"{job.folder}/segments/000000-1.mp4", b"frames")
        factories.store(f"{job.folder}/result.mp4", b"film")
    gone.delete()

    tidy.tidy_segments()

    assert factories.files_under("jobs") == ["000000-1.mp4", "result.mp4", "result.mp4"]
    assert factories.files_under(f"{rendering.folder}/segments") == ["000000-1.mp4"]
