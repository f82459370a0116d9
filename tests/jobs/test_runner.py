"""What the runner makes of a segment's end: tried again, given up, thrown away or committed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.jobs.helpers import RENDERED, claimed, events_of
from upscaler.jobs import tasks
from upscaler.jobs.actions import removal
from upscaler.jobs.base import installation
from upscaler.jobs.base.failures import UNEXPECTED
from upscaler.jobs.rendering import claims, runner
from upscaler.jobs.rendering.claims import Claim
from upscaler.jobs.worker.render_process import child
from upscaler.media.disk import local_path
from upscaler.media.files import delete_file
from upscaler.media.stored import Gone
from upscaler.models import Job, JobState, Segment, SegmentState
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.render.segments import Rendered

pytestmark = pytest.mark.django_db


def given(*claims: Claim) -> Callable[..., Claim | None]:
    """These one after the other, and then nothing more to do."""
    left = [*claims]
    return lambda *_arguments, **_values: left.pop(0) if left else None


def test_a_failure_that_may_pass_is_tried_again_and_told(
    job: Job,
    enqueued: EnqueuedTasks,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    failures = ["once", "twice"]

    def run(claim: Claim, target: object) -> Rendered:
        if failures:
            raise PipelineError(f"It broke {failures.pop(0)}.", permanent=False)
        local_path(claim.key).write_bytes(b"a segment")
        return RENDERED

    monkeypatch.setattr(runner, "_run", run)
    with django_capture_on_commit_callbacks(execute=True):
        runner.work()

    job.refresh_from_db()
    assert job.state == JobState.ASSEMBLING
    assert enqueued.names == ["assemble"]
    assert list(job.segments.values_list("attempt", flat=True)) == [3, 1]
    lines = [event["payload"]["text"] for event in events_of(job) if event["payload"]["kind"] == "log"]
    assert lines == ["It broke once. Retrying.", "It broke twice. Retrying."]


def test_a_permanent_failure_fails_the_job_with_its_sentence(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(claim: Claim, target: object) -> Rendered:
        raise PipelineError("The weights are missing.", permanent=True, detail="a traceback")

    monkeypatch.setattr(runner, "_run", run)
    runner.work()

    job.refresh_from_db()
    assert (job.state, job.error, job.error_detail) == (JobState.FAILED, "The weights are missing.", "a traceback")
    assert events_of(job)[-1]["payload"] == {"kind": "failed", "error": "The weights are missing."}
    assert job.segments.get(index=1).attempt == 0


def test_a_worker_that_lost_its_segment_fails_no_job(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(claim: Claim, target: object) -> Rendered:
        if claim.fence == 1:
            Segment.objects.filter(pk=claim.segment.pk).update(fence=9)
        raise PipelineError("A file of this is gone.", permanent=True)

    monkeypatch.setattr(runner, "_run", run)
    monkeypatch.setattr(claims, "claim_next", given(claimed()))
    runner.work()

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.RENDERING, "")
    assert job.segments.get(index=0).state == SegmentState.CLAIMED
    assert [event for event in events_of(job) if event["payload"]["kind"] == "log"] == []


def test_a_worker_that_lost_its_segment_throws_its_file_away(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []

    def run(claim: Claim, target: object) -> Rendered:
        local_path(claim.key).write_bytes(b"late")
        written.append(claim.key)
        removal.job_cancel(job=job)
        Segment.objects.filter(pk=claim.segment.pk).update(fence=9)
        return RENDERED

    monkeypatch.setattr(runner, "_run", run)
    runner.work()

    assert len(written) == 1
    assert not factories.has_file(written[0])


def test_what_fails_behind_the_commit_costs_no_file(
    job: Job, monkeypatch: pytest.MonkeyPatch, enqueued: EnqueuedTasks
) -> None:
    def run(claim: Claim, target: object) -> Rendered:
        local_path(claim.key).write_bytes(b"in time")
        return RENDERED

    def fail(_job: Job) -> None:
        raise InterruptedError("by a test")

    monkeypatch.setattr(runner, "_run", run)
    monkeypatch.setattr(runner, "report_watchable", fail)
    with pytest.raises(InterruptedError):
        runner.work()

    done = job.segments.get(state=SegmentState.DONE)
    assert factories.has_file(done.key)


@pytest.mark.parametrize(
    ("state", "ends"),
    [
        (JobState.PAUSED, True),
        (JobState.CANCELLED, True),
        (JobState.ASSEMBLING, False),
        (JobState.DONE, False),
    ],
)
def test_the_network_is_let_go_where_its_job_was_stopped_between_two_segments(
    job: Job, state: JobState, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[object] = []
    monkeypatch.setattr(child, "end", lambda: ended.append(state))
    claim = claimed()
    Job.objects.filter(pk=job.pk).update(state=state)

    runner._unload_after(claim)

    assert bool(ended) is ends


@pytest.mark.expects_errors
@pytest.mark.parametrize("plan", [{}, {"frame_count": 30}])
def test_a_job_that_can_not_be_read_fails_and_those_behind_it_are_done(
    job: Job, plan: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = factories.make_job(job.video, started_at=timezone.now(), plan_json=plan, priority=-1)
    first = factories.make_job(job.video, plan_json=plan, priority=1)

    def run(claim: Claim, target: object) -> Rendered:
        local_path(claim.key).write_bytes(b"a segment")
        return RENDERED

    monkeypatch.setattr(runner, "_run", run)
    runner.work()

    assert [Job.objects.get(pk=each.pk).state for each in (first, job, begun)] == ["failed", "assembling", "failed"]
    assert Job.objects.get(pk=first.pk).error == UNEXPECTED


@pytest.mark.usefixtures("each_storage")
def test_a_job_whose_original_is_gone_says_so_at_once(job: Job) -> None:
    delete_file(job.video.key)

    runner.work()

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error.startswith("The original of this video is no longer ")
    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.FAILED, 1), (SegmentState.WAITING, 0)}


def test_a_job_waits_where_all_media_is_gone_with_its_original(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as of a network folder that is lost while the job is rendered."""
    installation.install()
    read = runner._keys_read

    def lost(of: Job) -> list[str]:
        for key in (job.video.key, installation.MARKER):
            delete_file(key)
        return read(of)

    monkeypatch.setattr(runner, "_keys_read", lost)
    runner.work()

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.RENDERING, "")
    assert job.waits_for == "Media storage can't be reached. This continues automatically when it can."
    assert set(job.segments.values_list("state", "attempt")) == {(SegmentState.WAITING, 0)}


@pytest.mark.parametrize("state", [JobState.ASSEMBLING, JobState.VERIFYING])
def test_a_job_that_is_put_together_says_so_as_well(job: Job, state: JobState, enqueued: EnqueuedTasks) -> None:
    for segment in job.segments.all():
        key = f"{job.folder}/segments/{segment.index}.mp4"
        factories.store(key, b"a segment")
        digest = hashlib.sha256(b"a segment").hexdigest()
        values = {"state": SegmentState.DONE, "key": key, "size": 9, "sha256": digest}
        Segment.objects.filter(pk=segment.pk).update(**values)
    Job.objects.filter(pk=job.pk).update(state=state)
    delete_file(job.video.key)

    tasks.assemble(str(job.pk))

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, Gone(job.video.key, "on the disk").message)
