"""The whole way of a video through the tasks, with real files and a real render child."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings
from safetensors.torch import save_file

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.pipeline.networks.networks_of import compact
from upscaler.jobs import tasks
from upscaler.jobs.actions import lifecycle
from upscaler.live.events import payload_for_page
from upscaler.models import Event, Job, JobState, SegmentState, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.backend import TORCH, WINOGRAD, Engine
from upscaler.pipeline.networks.reproducibility import versions
from upscaler.pipeline.networks.weights import sha256_of
from upscaler.pipeline.networks.winograd import native
from upscaler.pipeline.output.receipt import CHANGES_NOTHING
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.selectors.jobs import stills_of

pytestmark = pytest.mark.django_db(transaction=True)

Bring = Callable[..., Video]


@pytest.fixture
def small_segments(settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, segment_frames=25)


@pytest.fixture
def finished(
    person: User, bring: Bring, small_clip: Path, enqueued: EnqueuedTasks, small_segments: None
) -> tuple[Video, Job, list[str]]:
    """A clip that has gone the whole way, and the tasks that it enqueued."""
    person.default_model = factories.nearest_model()
    person.save()
    video = bring(small_clip)
    tasks.take_in_video(str(video.pk))
    names = enqueued.run_all()
    return video, Job.objects.get(video=video), names


def test_an_uploaded_clip_goes_the_whole_way(
    finished: tuple[Video, Job, list[str]], small_clip: Path, settings: Settings
) -> None:
    video, job, names = finished
    video.refresh_from_db()

    assert names == ["render", "make_proxy", "assemble", "make_comparison"]
    assert video.state == VideoState.READY
    assert video.sha256 == hashlib.sha256(small_clip.read_bytes()).hexdigest()
    assert job.state == JobState.DONE
    assert job.frames_done == job.frames_total == 60
    assert job.engine_json
    assert job.engine_json | {"versions": ""} == {
        "backend": "nearest", "device": "cpu", "precision": "exact", "versions": "",
    }  # fmt: skip
    assert job.engine_json["versions"].startswith("ffmpeg ")
    assert job.started_at and job.finished_at and job.started_at < job.finished_at
    the_result_plays(job)
    the_files_are_what_the_rows_say(video, job)
    the_stills_show_the_same_frames_before_and_after(job)
    segments_and_scratch_are_gone(job, Path(settings.SCRATCH))
    the_events_tell_the_story_in_order(video, job)


def the_result_plays(job: Job) -> None:
    result = Path(default_storage.path(job.artifacts.get(kind=ArtifactKind.RESULT).key))
    facts = analyse(result, probe(result, Limits()), Limits())
    assert (facts.width, facts.height, facts.frames, facts.rate) == (256, 192, 60, 30)
    assert [stream.codec for stream in facts.audio] == ["aac"]


def the_files_are_what_the_rows_say(video: Video, job: Job) -> None:
    artifacts = [*job.artifacts.all(), *video.artifacts.all()]
    assert {artifact.kind for artifact in artifacts} >= {"result", "receipt", "poster", "proxy"}
    for artifact in artifacts:
        content = Path(default_storage.path(artifact.key)).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (artifact.size, artifact.sha256), artifact.key

    receipt = json.loads(Path(default_storage.path(job.artifacts.get(kind=ArtifactKind.RECEIPT).key)).read_text())
    assert receipt == job.receipt_json
    assert receipt["result"]["frames_out"] == 60
    assert receipt["result"]["sha256"] == job.artifacts.get(kind=ArtifactKind.RESULT).sha256


def the_stills_show_the_same_frames_before_and_after(job: Job) -> None:
    pairs = stills_of(job)
    assert len(pairs) >= 5
    assert all(before.frame == after.frame for before, after in pairs)
    assert {(before.width, before.height, after.width, after.height) for before, after in pairs} == {(64, 48, 256, 192)}


def segments_and_scratch_are_gone(job: Job, scratch: Path) -> None:
    assert list(job.segments.values_list("state", "attempt", "fence")) == [(SegmentState.DONE, 1, 1)] * 3
    assert not any(factories.has_file(segment.key) for segment in job.segments.all())
    assert not [path for path in scratch.rglob("*") if path.is_file()]


def the_events_tell_the_story_in_order(video: Video, job: Job) -> None:
    events = list(Event.objects.filter(subject=job.pk))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    stages = [event.payload["state"] for event in events if event.kind == "stage"]
    assert stages == ["queued", "rendering", "assembling", "verifying", "done"]
    frames = [event.payload["frame"] for event in events if event.kind == "progress"]
    assert frames == sorted(frames)
    assert frames[-1] == 60
    assert any(event.kind == "pair" for event in events)
    assert [payload_for_page(event)["url"] for event in events if event.kind == "finished"] == [
        f"/jobs/{job.pk}/compare/"
    ]

    of_video = [event.payload["state"] for event in Event.objects.filter(subject=video.pk, kind="stage")]
    assert of_video == ["analysing", "ready", "ready"]  # the last one says that the proxy is there


def test_what_has_ended_is_not_done_again_and_a_second_job_makes_the_same_pixels(
    finished: tuple[Video, Job, list[str]], enqueued: EnqueuedTasks
) -> None:
    video, job, _ = finished
    before = set(job.artifacts.exclude(kind__startswith="still").values_list("pk", "sha256"))
    last, stills = job.event_seq, len(stills_of(job))

    tasks.take_in_video(str(video.pk))
    tasks.render()
    tasks.assemble(str(job.pk))
    job.refresh_from_db()
    assert (job.event_seq, enqueued) == (last, [])

    tasks.make_comparison(str(job.pk))
    assert set(job.artifacts.exclude(kind__startswith="still").values_list("pk", "sha256")) == before
    assert len(stills_of(job)) == stills

    video.refresh_from_db()
    assert job.model
    second = lifecycle.job_create(video=video, model=job.model, recipe=job.recipe)
    enqueued.run_all()
    digests = [list(each.segments.values_list("sha256", flat=True)) for each in (job, second)]
    assert digests[0] == digests[1]


def test_a_video_that_shall_not_start_a_job_starts_none(
    bring: Bring, small_clip: Path, enqueued: EnqueuedTasks
) -> None:
    video = bring(small_clip, starts_job=False)

    tasks.take_in_video(str(video.pk))

    assert Job.objects.count() == 0
    assert enqueued.names == ["make_proxy"]


def test_without_a_choice_the_model_that_ships_is_taken(
    bring: Bring, small_clip: Path, enqueued: EnqueuedTasks
) -> None:
    shipped = factories.builtin_model()
    video = bring(small_clip)

    tasks.take_in_video(str(video.pk))

    assert Job.objects.get(video=video).model == shipped


@pytest.mark.network
def test_a_real_network_is_measured_and_the_job_says_how_long_it_will_take(
    bring: Bring, small_clip: Path, enqueued: EnqueuedTasks, small_segments: None, settings: Settings
) -> None:
    factories.builtin_model()
    video = bring(small_clip)
    tasks.take_in_video(str(video.pk))
    enqueued.run_all()
    job = Job.objects.get(video=video)
    assert (job.state, job.segments.count(), job.frames_done) == (JobState.DONE, 3, 60)
    told = [event.payload["text"] for event in Event.objects.filter(subject=job.pk, kind="log")]
    speeds = [text for text in told if text.startswith("This machine renders ")]
    assert len(speeds) == 1
    assert re.search(r"frames per second \((fp32|bf16, \d+ dB PSNR)\): about", speeds[0]), (
        "the exact one, or bf16 where the processor has it"
    )
    (measured,) = json.loads(settings.TUNED.read_text()).values()
    engine = {name: measured[name] for name in ("backend", "device", "precision")}
    assert job.engine_json and engine.items() <= job.engine_json.items()
    assert job.receipt_json and job.receipt_json["warnings"] == []


def test_the_receipt_says_that_a_network_changed_nothing(
    measured: Bring, small_clip: Path, enqueued: EnqueuedTasks, small_segments: None, tmp_path: Path
) -> None:
    """The engine is set, so that none is measured first. Of a network that does change pictures, nothing is said:
    the test before this one."""
    network = {key: tensor * 0 for key, tensor in compact().items()}
    save_file(network, tmp_path / "x.safetensors")
    model = factories.make_model(sha256=sha256_of(tmp_path / "x.safetensors"))
    factories.store(model.key, (tmp_path / "x.safetensors").read_bytes())
    job = lifecycle.job_create(video=measured(small_clip), model=model, recipe=Recipe())
    backend = WINOGRAD if native.this_target() else TORCH
    engine = Engine(backend, "cpu", "fp32", versions(backend, "cpu"))
    Job.objects.filter(pk=job.pk).update(engine_json=asdict(engine))

    enqueued.run_all()

    job.refresh_from_db()
    assert (job.state, job.segments.count()) == (JobState.DONE, 3)
    assert job.receipt_json and job.receipt_json["warnings"] == [CHANGES_NOTHING]


def test_a_default_recipe_that_does_not_fit_is_said_and_the_video_stays(
    bring: Bring, small_clip: Path, enqueued: EnqueuedTasks, person: User
) -> None:
    factories.builtin_model()
    person.default_height = 17
    person.save()
    video = bring(small_clip)

    tasks.take_in_video(str(video.pk))

    video.refresh_from_db()
    assert video.state == VideoState.READY
    assert Job.objects.count() == 0
    assert "A height of 17 isn't possible" in video.notice
