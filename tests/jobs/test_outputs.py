"""What a job leaves behind for each kind of preset, and when its result does not pass."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.pipeline.outputs_of import probed
from upscaler.jobs import tasks
from upscaler.jobs.actions import lifecycle, removal
from upscaler.jobs.rendering import claims
from upscaler.jobs.steps import finishing
from upscaler.jobs.steps.encoder_check import check_encoders
from upscaler.media.stored import StorageTrouble
from upscaler.models import Encoder, Job, JobState, SegmentState, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.pipeline.core.presets import PRESETS
from upscaler.pipeline.core.recipe import Filters, Recipe
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.output import assemble, receipt
from upscaler.pipeline.output.checks import against_source, moments
from upscaler.pipeline.output.checks.moments import Watched
from upscaler.pipeline.render.encode import playable_path

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rendered_once")]

Measured = Callable[..., Video]


@pytest.fixture
def start(
    measured: Measured, small_clip: Path, enqueued: EnqueuedTasks, settings: Settings
) -> Callable[[Recipe], tuple[Job, EnqueuedTasks]]:
    """A job of 60 frames in three segments, planned and queued."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, segment_frames=25)

    def queued(recipe: Recipe) -> tuple[Job, EnqueuedTasks]:
        job = lifecycle.job_create(video=measured(small_clip), model=factories.nearest_model(), recipe=recipe)
        return job, enqueued

    return queued


Start = Callable[[Recipe], tuple[Job, EnqueuedTasks]]


def artifact_file(job: Job, kind: ArtifactKind) -> Path:
    return Path(default_storage.path(job.artifacts.get(kind=kind).key))


@pytest.mark.parametrize(
    ("name", "ending", "content_type"),
    [("prores", "mov", "video/quicktime"), ("utvideo", "mkv", "video/x-matroska"), ("hevc", "mp4", "video/mp4")],
)
def test_what_browsers_do_not_play_comes_with_a_copy_and_leaves_no_segment(
    name: str, ending: str, content_type: str, start: Start
) -> None:
    job, enqueued = start(Recipe(preset=name))
    enqueued.run_all()
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error_detail
    result = job.artifacts.get(kind=ArtifactKind.RESULT)
    assert (result.key, result.content_type) == (f"{job.folder}/result.{ending}", content_type)
    copy = job.artifacts.get(kind=ArtifactKind.PLAYABLE)
    assert (copy.content_type, copy.width, copy.height) == ("video/mp4", 256, 192)
    assert probed(artifact_file(job, ArtifactKind.PLAYABLE))["streams"][0]["nb_frames"] == str(job.frames_total)
    assert factories.files_under(f"{job.folder}/segments") == []
    assert len(job.artifacts.filter(kind=ArtifactKind.STILL_AFTER)) > 0
    assert job.receipt_json and all(check["passed"] for check in job.receipt_json["checks"])


def test_a_track_that_is_missing_in_the_copy_alone_is_said(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result copies its sound, the copy for browsers encodes it."""

    def failing(*_: Any, **__: Any) -> None:
        raise PipelineError("The sound's encoder failed (exit code 1).", permanent=True)

    monkeypatch.setattr(assemble, "write_sound_timeline", failing)
    job, _ = start(Recipe(preset="ffv1"))
    tasks.render()
    finishing.finish(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error_detail
    assert len(probed(artifact_file(job, ArtifactKind.RESULT))["streams"]) == 2
    assert len(probed(artifact_file(job, ArtifactKind.PLAYABLE))["streams"]) == 1
    assert job.receipt_json
    (said,) = (line for line in job.receipt_json["warnings"] if " is left out: " in line)
    assert said.startswith("In the browser copy: Sound track 1 (")


def test_a_committed_segment_is_its_main_file(start: Start) -> None:
    job, _ = start(Recipe(preset="utvideo"))
    tasks.render()
    for segment in job.segments.all():
        path = Path(default_storage.path(segment.key))
        assert segment.size == path.stat().st_size
        assert playable_path(path).stat().st_size > 0


def test_a_result_that_plays_has_no_copy_and_an_unchanged_picture_needs_no_other_source(start: Start) -> None:
    job, enqueued = start(Recipe(filters=Filters(crop="off", deinterlace="off")))
    enqueued.run_all()
    kinds = set(job.artifacts.values_list("kind", flat=True))
    assert not kinds & {ArtifactKind.PLAYABLE, ArtifactKind.SOURCE_CLIP}


def test_a_trimmed_and_cropped_result_is_compared_with_the_same_pictures(start: Start) -> None:
    job, enqueued = start(Recipe(trim=(10, 40), filters=Filters(crop="0:8:0:8", deinterlace="off")))
    enqueued.run_all()
    before = job.artifacts.get(kind=ArtifactKind.SOURCE_CLIP)
    assert (before.width, before.height) == (64, 32)
    video = probed(artifact_file(job, ArtifactKind.SOURCE_CLIP))["streams"][0]
    assert (int(video["nb_frames"]), video["r_frame_rate"]) == (30, "30/1")


def test_a_result_that_fails_its_check_keeps_its_segments_and_says_which_line_failed(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _ = start(Recipe())
    tasks.render()
    job.refresh_from_db()
    held = factories.files_under(f"{job.folder}/segments")
    whole = moments.watch

    def one_frame_short(*watched: Any, is_strict: bool) -> Watched:
        found = whole(*watched, is_strict=is_strict)
        return replace(found, stamps=found.stamps[:-1]) if is_strict else found

    monkeypatch.setattr(against_source, "watch", one_frame_short)
    finishing.finish(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert f"frames: {job.frames_total - 1} instead of {job.frames_total}" in job.error
    assert factories.files_under(f"{job.folder}/segments") == held != []
    assert not job.artifacts.filter(kind=ArtifactKind.RESULT).exists()


@pytest.mark.parametrize("how", ["gone", "short", "changed"])
def test_a_segment_that_is_damaged_on_the_disk_is_rendered_again_and_no_other(start: Start, how: str) -> None:
    job, _ = start(Recipe())
    tasks.render()
    victim = job.segments.all()[1]
    path = Path(default_storage.path(victim.key))
    content = path.read_bytes()
    path.unlink() if how == "gone" else path.write_bytes(content[:-9] if how == "short" else content[:-1] + b"?")

    finishing.finish(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert set(job.segments.exclude(pk=victim.pk).values_list("state", flat=True)) == {SegmentState.DONE}
    tasks.render()
    finishing.finish(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    fences = dict(job.segments.values_list("index", "fence"))
    assert fences.pop(victim.index) == 2
    assert set(fences.values()) == {1}


def test_a_segment_that_the_disk_does_not_give_back_is_rendered_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _ = start(Recipe())
    tasks.render()
    victim = job.segments.all()[1]

    def read(path: Path) -> str:
        if path == Path(default_storage.path(victim.key)):
            raise OSError(errno.EIO, "Input/output error")
        return sha256_of(path)

    monkeypatch.setattr(finishing, "sha256_of", read)
    finishing.finish(job.pk)

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.QUEUED, "")
    assert set(job.segments.exclude(pk=victim.pk).values_list("state", flat=True)) == {SegmentState.DONE}


def test_a_storage_that_is_away_is_waited_for_and_no_segment_is_lost(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _ = start(Recipe())
    tasks.render()

    def away(*_arguments: object) -> None:
        raise StorageTrouble("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(finishing, "source_paths", away)
        finishing.finish(job.pk)
    job.refresh_from_db()
    assert (job.state, job.waits_for.partition(".")[0]) == (JobState.ASSEMBLING, "Media storage can't be reached")

    finishing.finish(job.pk)
    job.refresh_from_db()
    assert (job.state, set(job.segments.values_list("fence", flat=True))) == (JobState.DONE, {1})


@pytest.mark.parametrize("when", ["before it is published", "while it is published"])
def test_a_job_that_is_cancelled_while_its_result_is_checked_leaves_none(
    start: Start, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, enqueued = start(Recipe(preset="prores"))
    tasks.render()
    where = "make_receipt" if when == "before it is published" else "artifact_publish"
    module = receipt if where == "make_receipt" else finishing
    real = getattr(module, where)

    def cancelled(**values: Any) -> Any:
        removal.job_cancel(job=Job.objects.get(pk=job.pk))
        return real(**values)

    monkeypatch.setattr(module, where, cancelled)
    finishing.finish(job.pk)
    enqueued.run_all()

    job.refresh_from_db()
    assert (job.state, job.receipt_json) == (JobState.CANCELLED, None)
    pairs = {ArtifactKind.LIVE_BEFORE, ArtifactKind.LIVE_AFTER}  # of every two seconds that it rendered
    assert set(job.artifacts.values_list("kind", flat=True)) == pairs
    assert len(factories.files_under(job.folder)) == job.artifacts.count()


def test_the_encoders_of_the_worker_are_written_down() -> None:
    check_encoders()
    rows = {row.name: row for row in Encoder.objects.all()}
    assert set(rows) == {one.encoder for one in PRESETS.values()}
    assert rows["libx264"].works
    assert all(bool(row.reason) != row.works for row in rows.values())


def test_a_preset_that_no_worker_can_write_is_refused_with_the_reason(start: Start) -> None:
    Encoder.objects.create(name="libx265", works=False, reason="This machine has no such thing.")
    with pytest.raises(Refused, match=r"The preset hevc can't be used: This machine has no such thing\."):
        start(Recipe(preset="hevc"))


def test_without_ffmpeg_the_worker_starts_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_here() -> None:
        raise PipelineError("ffmpeg and ffprobe not found", permanent=True)

    monkeypatch.setattr("upscaler.pipeline.render.encoders.ffmpeg.require", none_here)
    check_encoders()
    assert not Encoder.objects.exists()


def test_a_segment_that_came_too_late_is_thrown_away_with_its_copy(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, _ = start(Recipe(preset="utvideo"))
    monkeypatch.setattr(claims, "commit", lambda *_: False)
    tasks.render()
    assert factories.files_under(f"{job.folder}/segments") == []
