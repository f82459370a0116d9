"""Files that are no videos are refused with one clear sentence, and leave nothing half-made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import factories
from tests.clips import make_headers_only, make_sound_only
from tests.fakes import EnqueuedTasks
from upscaler.jobs import tasks
from upscaler.jobs.actions import lifecycle
from upscaler.models import Event, Job, UpscaleModel, User, Video, VideoState
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.core.recipe import Recipe

pytestmark = pytest.mark.django_db(transaction=True)


def text_file(path: Path) -> Path:
    path.write_text("just some words\n" * 100)
    return path


def empty_file(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize("make", [text_file, empty_file, make_sound_only, make_headers_only])
def test_what_is_no_video_is_refused(
    make: Callable[[Path], Path],
    bring: Callable[..., Video],
    enqueued: EnqueuedTasks,
    tmp_path: Path,
    settings: Settings,
) -> None:
    video = bring(make(tmp_path / "a clip.avi"))

    tasks.take_in_video(str(video.pk))

    video.refresh_from_db()
    assert video.state == VideoState.REFUSED
    assert video.error.endswith((".", "?"))
    assert "Traceback" not in video.error and str(tmp_path) not in video.error
    told = Event.objects.filter(subject=video.pk).values_list("payload", flat=True)
    assert told.last() == {"kind": "failed", "error": video.error}
    assert video.lease_until is None
    assert (enqueued, Job.objects.count()) == ([], 0)
    kept = video.artifacts.get()
    assert (kept.kind, kept.sha256) == ("original", video.sha256), "the file as it came can be had again"
    assert not [path for path in Path(settings.SCRATCH).rglob("*") if path.is_file()]


@pytest.mark.parametrize("state", sorted(set(VideoState) - {VideoState.READY}))
def test_no_job_starts_on_a_video_that_is_not_ready(person: User, state: VideoState) -> None:
    video = factories.make_video(person, state=state)

    with pytest.raises(Refused, match="still being analysed"):
        lifecycle.job_create(video=video, model=factories.nearest_model(), recipe=Recipe())

    assert Job.objects.count() == 0


def test_a_recipe_that_can_not_be_done_leaves_no_job(video: Video) -> None:
    model = UpscaleModel(name="x", scale=400)

    with pytest.raises(Refused, match="Choose a model with a smaller scale"):
        lifecycle.job_create(video=video, model=model, recipe=Recipe())

    assert Job.objects.count() == 0
