"""The whole way of a video whose files lie in object storage, over machines that share nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.intake.tus import begin, patch
from tests.publish.conftest import logged_in
from upscaler.jobs import tasks
from upscaler.jobs.actions import lifecycle, removal
from upscaler.jobs.base import stopping
from upscaler.jobs.rendering import claims, runner
from upscaler.jobs.steps import joining
from upscaler.jobs.worker.render_process import child
from upscaler.media import files
from upscaler.media.stored import StorageTrouble
from upscaler.models import Artifact, Job, JobState, Segment, SegmentState, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import Stopped
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("object_storage")]

Measured = Callable[[Path], Video]


@pytest.fixture(autouse=True)
def small_segments(settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, segment_frames=25)


@pytest.fixture
def machine(settings: Settings, tmp_path: Path) -> Callable[[str], None]:
    """Go on at another machine: with a scratch folder of its own, and without a media folder."""

    def go(name: str) -> None:
        settings.SCRATCH = tmp_path / name / "scratch"

    return go


def test_a_clip_goes_the_whole_way_over_several_machines(
    person: User,
    person_client: Client,
    small_clip: Path,
    enqueued: EnqueuedTasks,
    machine: Callable[[str], None],
    settings: Settings,
    tmp_path: Path,
) -> None:
    person.default_model = factories.nearest_model()
    person.save()
    content = small_clip.read_bytes()

    machine("web")
    url = begin(person_client, size=len(content), filename="small.avi")
    half = len(content) // 2
    patch(person_client, url, content[:half], 0)
    patch(person_client, url, content[half:], half)
    while enqueued:
        task = enqueued.pop(0)
        machine(task.name)
        task.run()

    video = Video.objects.get()
    job = Job.objects.get(video=video)
    assert video.sha256 == hashlib.sha256(content).hexdigest()
    assert (job.state, job.frames_done) == (JobState.DONE, 60), job.error_detail
    assert not Path(settings.MEDIA_ROOT).exists()
    assert factories.files_under(f"{job.folder}/segments") == []
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and "scratch" in path.parts]
    assert {path.relative_to(tmp_path).parts[2] for path in kept} == {"copies"}
    machine("web again")
    the_files_are_what_the_rows_say([*video.artifacts.all(), *job.artifacts.all()])
    the_result_plays(job)
    the_result_is_handed_out_in_ranges(person, job)


def the_files_are_what_the_rows_say(artifacts: list[Artifact]) -> None:
    assert {artifact.kind for artifact in artifacts} >= {"original", "result", "receipt", "poster", "proxy", "sprite"}
    for artifact in artifacts:
        content = factories.stored(artifact.key)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (artifact.size, artifact.sha256), artifact.key


def the_result_plays(job: Job) -> None:
    with files.source_path(job.artifacts.get(kind=ArtifactKind.RESULT).key) as result:
        facts = analyse(result, probe(result, Limits()), Limits())
    assert (facts.width, facts.height, facts.frames, facts.rate) == (256, 192, 60, 30)


def the_result_is_handed_out_in_ranges(person: User, job: Job) -> None:
    result = job.artifacts.get(kind=ArtifactKind.RESULT)
    content, ask = factories.stored(result.key), async_to_sync(logged_in(person))
    middle = len(content) // 2

    whole = ask(f"/media/{result.pk}")
    first = ask(f"/media/{result.pk}", Range=f"bytes=0-{middle - 1}")
    rest = ask(f"/media/{result.pk}", Range=f"bytes={middle}-", If_Range=first.headers["etag"])

    assert (whole.status_code, whole.content) == (200, content)
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.content + rest.content == content


def test_copies_for_browsers_and_joined_films_go_that_way_too(
    person: User, measured: Measured, small_clip: Path, enqueued: EnqueuedTasks, machine: Callable[[str], None]
) -> None:
    parts = [measured(small_clip), measured(small_clip)]
    machine("join")
    film = joining.film_create(owner=person, parts=[part.pk for part in parts], title="Film", starts_job=False)
    enqueued.run("take_in_video")
    film.refresh_from_db()
    assert (film.state, film.facts and film.facts.frames) == (VideoState.READY, 120), film.error
    assert film.size == len(factories.stored(film.key))

    machine("render")
    job = lifecycle.job_create(
        video=parts[0], model=factories.nearest_model(), recipe=Recipe(preset="utvideo", trim=(0, 30))
    )
    enqueued.run("render")
    assert len(factories.files_under(f"{job.folder}/segments")) == 4
    machine("assemble")
    enqueued.run("assemble")

    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error_detail
    assert job.artifacts.filter(kind=ArtifactKind.PLAYABLE).exists()
    assert factories.files_under(f"{job.folder}/segments") == []


def test_a_segment_that_is_gone_is_rendered_again(
    measured: Measured, small_clip: Path, enqueued: EnqueuedTasks
) -> None:
    job = lifecycle.job_create(video=measured(small_clip), model=factories.nearest_model(), recipe=Recipe())
    enqueued.run("render")
    files.delete_file(job.segments.all()[1].key)

    enqueued.run_all()

    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error_detail
    assert list(job.segments.values_list("fence", flat=True)) == [1, 2, 1]


@pytest.fixture
def no_child(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Requests that would have gone to the render child, which writes a file for each and says that it is done."""
    asked: list[Any] = []

    def render(request: Any) -> Iterator[dict[str, Any]]:
        weights = request.weights["path"]
        asked.append((Path(request.source).read_bytes(), weights and Path(weights).read_bytes()))
        Path(request.target).write_bytes(b"frames")
        engine = {"backend": "nearest", "device": "cpu", "precision": "exact"}
        rendered = {"frames": request.end - request.start, "size": 6, "sha256": "", "seconds": 1.0}
        yield {"kind": "done", "rendered": rendered, "engine": engine}

    monkeypatch.setattr(child, "render", render)
    return asked


def test_the_render_child_finds_the_source_and_the_weights_on_its_machine(
    video: Video, enqueued: EnqueuedTasks, no_child: list[Any]
) -> None:
    model = factories.make_model()
    factories.store(model.key, b"weights")
    job = factories.make_job(video, model=model)

    tasks.render()

    assert no_child == [(b"original!", b"weights")] * 2
    assert set(job.segments.values_list("state", flat=True)) == {SegmentState.DONE}
    assert {factories.stored(segment.key) for segment in job.segments.all()} == {b"frames"}


def test_a_segment_that_can_not_be_put_into_storage_waits_for_it_and_no_attempt_is_counted(
    job: Job, enqueued: EnqueuedTasks, no_child: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def keep(key: str, tell: Any) -> None:
        tries.append(key)
        if len(tries) == 1:
            raise StorageTrouble("nowhere")
        files.commit_file(key, tell)

    monkeypatch.setattr(runner, "commit_file", keep)

    tasks.render()

    assert list(job.segments.values_list("state", "attempt")) == [(SegmentState.WAITING, 0)] * 2
    job.refresh_from_db()
    assert job.waits_for == "Media storage can't be reached. This continues automatically when it can."

    tasks.render()

    assert list(job.segments.values_list("state", "attempt")) == [(SegmentState.DONE, 1)] * 2
    assert len(factories.files_under(f"{job.folder}/segments")) == 2


def test_a_lease_is_renewed_while_bytes_travel(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = claims.claim_next("a worker")
    assert claim is not None
    soon = timezone.now() + timedelta(seconds=1)
    Segment.objects.filter(pk=claim.segment.pk).update(lease_until=soon)
    tell = runner._lease_keeper(claim)

    tell(1000)
    assert Segment.objects.get(pk=claim.segment.pk).lease_until == soon
    monkeypatch.setattr(claims, "HEARTBEAT_SECONDS", 0.0)
    tell(1000)
    renewed = Segment.objects.get(pk=claim.segment.pk).lease_until
    assert renewed is not None and renewed > soon

    removal.job_cancel(job=job)
    with pytest.raises(Stopped):
        tell(1000)


def test_a_worker_that_is_to_stop_does_not_wait_for_a_download(job: Job, no_child: list[Any]) -> None:
    stopping.requested.set()
    try:
        claim = claims.claim_next("a worker")
        assert claim is not None
        runner._render(claim)
    finally:
        stopping.requested.clear()

    assert no_child == []
    segment = job.segments.get(pk=claim.segment.pk)
    assert (segment.state, segment.attempt) == (SegmentState.WAITING, 0)
