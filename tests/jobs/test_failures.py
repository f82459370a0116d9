"""Failures that are no fault of the file: said in words, never repeated for ever, and nothing is lost by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.programs import stopped_at_first
from upscaler.jobs import tasks
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base import failures, leases, stopping
from upscaler.jobs.base.leases import MAX_STARTS
from upscaler.jobs.recovery import reaper
from upscaler.jobs.steps import analysis
from upscaler.models import Encoder, Event, Job, JobState, SegmentState, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import FINISHING_STATES
from upscaler.pipeline.comparison import proxy, stills
from upscaler.pipeline.core.errors import PipelineError, Stalled
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output import assemble
from upscaler.pipeline.programs import ffmpeg

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rendered_once")]

Bring = Callable[..., Video]


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_arguments: Any, **_options: Any) -> Any:
        raise error

    return fail


BROKEN = failing(PipelineError("The decoder of the stills failed.", permanent=True))
FULL_DISK = failing(OSError(28, "No space left on device"))


@pytest.fixture
def started(measured: Bring, small_clip: Path, enqueued: EnqueuedTasks, settings: Settings) -> Job:
    """A job of 60 frames in three segments, queued."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, segment_frames=25)
    return lifecycle.job_create(video=measured(small_clip), model=factories.nearest_model(), recipe=Recipe())


def test_an_upload_waits_while_the_disk_is_full_and_goes_on_by_itself(
    bring: Bring, small_clip: Path, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = bring(small_clip, starts_job=False)
    with monkeypatch.context() as patched:
        patched.setattr(stills, "write_poster", FULL_DISK)
        tasks.take_in_video(str(video.pk))
    video.refresh_from_db()
    assert (video.state, video.starts, video.error) == (VideoState.ANALYSING, 0, "")
    assert video.notice == "The disk is full. This continues automatically when there is space."

    reaper.reap()
    enqueued.run_all()

    video.refresh_from_db()
    assert (video.state, video.error, video.notice) == (VideoState.READY, "", "")
    assert not lifecycle.video_measure_again(video=video), "only what was refused is looked at again"


def test_an_upload_whose_disk_does_not_answer_is_looked_at_again(
    bring: Bring,
    small_clip: Path,
    enqueued: EnqueuedTasks,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, limits=replace(settings.ENVIRONMENT.limits, stall_seconds=0.5))
    video = bring(small_clip, starts_job=False)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", stopped_at_first("ffprobe", tmp_path))
        tasks.take_in_video(str(video.pk))
    video.refresh_from_db()
    assert (video.state, video.starts, video.error) == (VideoState.PROBING, 1, "")
    assert "ffprobe made no progress" in video.notice
    assert video.notice.endswith("HaloWeb will retry.")

    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, limits=replace(settings.ENVIRONMENT.limits, stall_seconds=30))
    reaper.reap()
    enqueued.run("take_in_video")

    video.refresh_from_db()
    assert (video.state, video.notice, video.starts) == (VideoState.READY, "", 0)


def test_an_upload_whose_disk_never_answers_says_so_after_the_third_look(
    bring: Bring, small_clip: Path, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = bring(small_clip, starts_job=False)
    monkeypatch.setattr(analysis, "analyse", failing(Stalled("The decoder made no progress.")))

    tasks.take_in_video(str(video.pk))
    for _ in range(2):
        video.refresh_from_db()
        assert video.state == VideoState.ANALYSING
        reaper.reap()
        enqueued.run("take_in_video")

    video.refresh_from_db()
    assert (video.state, video.error, video.starts) == (VideoState.REFUSED, "The decoder made no progress.", 0)


@pytest.mark.parametrize("module", ["finishing.assemble.assemble", "finishing.verify.verify"])
def test_a_result_whose_disk_does_not_answer_is_put_together_again(
    started: Job, module: str, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(f"upscaler.jobs.steps.{module}", failing(Stalled("The assembly made no progress.")))
        enqueued.run_all()
    started.refresh_from_db()
    assert (started.state in FINISHING_STATES, started.error, started.starts) == (True, "", 1)
    assert started.waits_for == "The assembly made no progress. HaloWeb will retry."
    rendered = set(started.segments.values_list("key", "sha256"))

    reaper.reap()
    enqueued.run_all()

    started.refresh_from_db()
    assert (started.state, started.waits_for, started.starts) == (JobState.DONE, "", 0)
    assert set(started.segments.values_list("key", "sha256")) == rendered


@pytest.mark.expects_errors
def test_an_error_that_nobody_foresaw_ends_the_intake(
    bring: Bring, small_clip: Path, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = bring(small_clip)
    monkeypatch.setattr(analysis, "analyse", failing(ZeroDivisionError()))

    tasks.take_in_video(str(video.pk))

    video.refresh_from_db()
    assert (video.state, video.error) == (VideoState.REFUSED, failures.UNEXPECTED)
    reaper.reap()
    assert enqueued == []


def test_the_job_that_it_was_to_get_is_not_lost_with_the_database(
    bring: Bring, small_clip: Path, person: User, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.default_model = factories.nearest_model()
    person.save()
    video = bring(small_clip)
    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "job_create", failing(OperationalError("database is locked")))
        with pytest.raises(OperationalError):
            tasks.take_in_video(str(video.pk))

    reaper.reap()
    enqueued.run_all()

    video.refresh_from_db()
    assert (video.state, Job.objects.get().video) == (VideoState.READY, video)


def test_a_file_that_ends_its_workers_is_given_up(bring: Bring, small_clip: Path) -> None:
    video = bring(small_clip, starts=MAX_STARTS)

    tasks.take_in_video(str(video.pk))

    video.refresh_from_db()
    assert (video.state, video.error, video.starts) == (VideoState.REFUSED, failures.CRASHED, 0)


def test_measuring_again_takes_nothing_away(measured: Bring, small_clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = measured(small_clip)
    before = video.facts_json
    Video.objects.filter(pk=video.pk).update(state=VideoState.PROBING)  # as after an upgrade
    monkeypatch.setattr(analysis, "analyse", failing(PipelineError("It can't be read.", permanent=True)))

    tasks.take_in_video(str(video.pk))

    video.refresh_from_db()
    assert (video.state, video.error, video.facts_json) == (VideoState.READY, "", before)
    assert "the previous analysis is kept" in video.notice


def test_a_worker_that_is_asked_to_stop_leaves_the_measuring_to_the_next(
    bring: Bring, long_clip: Path, enqueued: EnqueuedTasks
) -> None:
    video = bring(long_clip, starts_job=False)
    stopping.requested.set()
    try:
        tasks.take_in_video(str(video.pk))
    finally:
        stopping.requested.clear()
    video.refresh_from_db()
    assert (video.state, video.starts, video.lease_until) == (VideoState.ANALYSING, 0, None)

    reaper.reap()
    enqueued.run("take_in_video")

    video.refresh_from_db()
    assert video.state == VideoState.READY


def test_why_no_job_was_started_is_on_the_video(
    bring: Bring, small_clip: Path, person: User, enqueued: EnqueuedTasks
) -> None:
    person.default_model = factories.nearest_model()
    person.default_preset = "av1"
    person.save()
    Encoder.objects.create(name="libsvtav1", works=False, reason="Built without it.")

    video = bring(small_clip)
    tasks.take_in_video(str(video.pk))

    video.refresh_from_db()
    assert video.state == VideoState.READY
    assert video.notice == "Automatic upscaling did not start. The preset av1 can't be used: Built without it."
    assert Job.objects.count() == 0


def test_a_job_waits_while_the_disk_is_full_and_goes_on_from_what_was_rendered(
    started: Job, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(assemble, "assemble", FULL_DISK)
        enqueued.run_all()
    started.refresh_from_db()
    assert (started.state, started.error) == (JobState.ASSEMBLING, "")
    assert started.waits_for == "The disk is full. This continues automatically when there is space."
    rendered = set(started.segments.values_list("key", "sha256"))

    reaper.reap()
    assert enqueued.run_all() == ["assemble", "make_proxy", "make_comparison"]

    started.refresh_from_db()
    assert (started.state, started.error, started.waits_for) == (JobState.DONE, "", "")
    assert set(started.segments.values_list("key", "sha256")) == rendered
    told = Event.objects.filter(subject=started.pk, kind="waits").values_list("payload__text", flat=True)
    assert list(told) == ["The disk is full. This continues automatically when there is space.", ""]
    assert not lifecycle.job_retry(job=started), "only what failed is tried again"


def test_a_job_that_failed_half_way_renders_only_what_is_missing(started: Job, enqueued: EnqueuedTasks) -> None:
    enqueued.run("render")
    enqueued.clear()
    last = started.segments.last()
    assert last is not None
    started.segments.filter(pk=last.pk).update(state=SegmentState.FAILED, attempt=3, error="It broke.")
    Job.objects.filter(pk=started.pk).update(state=JobState.FAILED, error="It broke.")
    fences = list(started.segments.values_list("fence", flat=True))

    assert lifecycle.job_retry(job=started)
    enqueued.run_all()

    started.refresh_from_db()
    assert started.state == JobState.DONE, started.error
    assert list(started.segments.values_list("fence", flat=True)) == [*fences[:-1], fences[-1] + 1]


def test_a_comparison_that_can_not_be_made_is_not_tried_for_ever(
    started: Job, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "after_frames", BROKEN)
    enqueued.run_all()
    started.refresh_from_db()
    assert started.state == JobState.DONE
    assert started.derived_files_error == "The decoder of the stills failed."
    factories.make_copies(started.video)

    reaper.reap()
    assert enqueued == []


def test_a_comparison_waits_for_room_and_is_then_made(
    started: Job, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(stills, "after_frames", FULL_DISK)
        enqueued.run_all()
    started.refresh_from_db()
    assert (started.state, started.derived_files_error, started.comparison_version) == (JobState.DONE, "", 0)
    factories.make_copies(started.video)

    reaper.reap()
    assert enqueued.run_all() == ["make_comparison"]

    assert started.artifacts.filter(kind=ArtifactKind.COMPARISON_CLIP).exists()


def test_pictures_and_copies_whose_worker_died_are_rung_for_again(started: Job, enqueued: EnqueuedTasks) -> None:
    enqueued.run("render")
    enqueued.run("assemble")
    enqueued.clear()  # the worker died with what was rung

    reaper.reap()
    assert sorted(enqueued.run_all()) == ["make_comparison", "make_proxy"]

    assert started.artifacts.filter(kind=ArtifactKind.STILL_AFTER).exists()
    assert started.video.artifacts.filter(kind=ArtifactKind.PROXY).exists()
    reaper.reap()
    assert enqueued == []


def test_a_copy_that_fails_costs_neither_the_small_pictures_nor_the_next_round(
    measured: Bring, small_clip: Path, enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = measured(small_clip)
    monkeypatch.setattr(proxy, "make_proxy", FULL_DISK)

    tasks.make_proxy(str(video.pk))
    for _ in range(MAX_STARTS - 1):
        video.refresh_from_db()
        assert video.derived_files_error == ""
        reaper.reap()
        assert enqueued.run_all() == ["make_proxy"]

    video.refresh_from_db()
    assert video.artifacts.filter(kind=ArtifactKind.SPRITE).exists()
    assert "No space left on device" in video.derived_files_error
    reaper.reap()
    assert enqueued == []


def test_a_copy_of_a_video_that_is_deleted_is_not_made_to_the_end(
    measured: Bring, small_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long one would keep a worker for minutes, and all who wait for it."""
    video = measured(small_clip)
    monkeypatch.setattr(leases, "CHECK_SECONDS", 0.0)
    written = []
    transcode = ffmpeg.transcode

    def deleted_meanwhile(output: Any, *, on_progress: Callable[[], None] = lambda: None, **options: Any) -> None:
        Video.objects.filter(pk=video.pk).delete()
        transcode(output, on_progress=on_progress, **options)
        written.append(output)

    monkeypatch.setattr(ffmpeg, "transcode", deleted_meanwhile)

    tasks.make_proxy(str(video.pk))

    assert written == []
