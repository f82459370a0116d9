"""Rows and files, as real as the app would make them."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from itertools import count
from typing import Any

from django.core.files.storage import default_storage

from upscaler.library.listing import listing_follow, listing_write
from upscaler.media.files import commit_file, source_path, working_path
from upscaler.models import (
    Artifact,
    Capture,
    CaptureLink,
    CaptureState,
    Dataset,
    Frame,
    Job,
    JobState,
    ModelState,
    Post,
    PostState,
    Segment,
    Share,
    TrainingRun,
    UpscaleModel,
    User,
    Video,
    VideoState,
)
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import COMPARISON_VERSION
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.core.stream_facts import AudioStream
from upscaler.pipeline.networks.builtin import BUILTIN
from upscaler.pipeline.planning.plan import make_plan
from upscaler.training.trainer.recipe import TrainingRecipe

numbers = count(1)

FACTS = Facts(
    container="avi",
    codec="mpeg4",
    width=64,
    height=48,
    sar=Fraction(1),
    pix_fmt="yuv420p",
    matrix="smpte170m",
    full_range=False,
    colour_tagged=False,
    decoded_frames=30,
    rate=Fraction(30),
    timing="constant",
    frames=30,
    first_frame_time=Fraction(0),
    audio=(AudioStream(0, "pcm_s16le", 44100, 1, "", ""),),
    cuts=(),
    poster_frame=10,
    decode_errors=0,
)
PASSWORD = "warthog-run-2004"
RECEIPT = {
    "source": {"frames": 30},
    "result": {
        "frames_out": 30,
        "rate": "30",
        "audio_streams": 1,
        "audio_shift_ms": 0.5,
        "colour": {"color_space": "bt709", "color_range": "tv"},
        "sha256": "ab" * 32,
    },
    "engine": {"backend": "nearest", "device": "cpu", "precision": "exact"},
    "fps": 60.0,
    "seconds": 3.0,
}


def make_user(name: str = "", **values: Any) -> User:
    return User.objects.create_user(name or f"marine-{next(numbers)}", password=PASSWORD, **values)


def make_video(owner: User, **values: Any) -> Video:
    """Measured and ready, with its original in place, unless told otherwise."""
    number = next(numbers)
    usual = {
        "title": f"Blood Gulch {number}",
        "original_name": f"blood_gulch_{number}.avi",
        "state": VideoState.READY,
        "size": 9,
        "sha256": "cd" * 32,
        "facts_json": FACTS.to_json(),
    }
    video = Video.objects.create(owner=owner, **usual | values)
    listing_write([video.pk])
    store(video.key, b"original!")
    return video


def nearest_model() -> UpscaleModel:
    """The network that is none: quick, and needs no weights."""
    return _shipped("nearest")


def builtin_model() -> UpscaleModel:
    """The one of the migration, also after a test that emptied the tables."""
    return _shipped("realesr-animevideov3")


def make_model(**values: Any) -> UpscaleModel:
    """One that somebody uploaded."""
    usual = {
        "name": f"halo-{next(numbers)}",
        "original_name": "net_g_latest.pth",
        "state": ModelState.READY,
        "architecture": "RealESRGAN Compact",
        "scale": 4,
        "sha256": "ef" * 32,
        "size": 1000,
    }
    return UpscaleModel.objects.create(**usual | values)


def make_job(video: Video, *, segment_frames: int = 15, recipe: Recipe | None = None, **values: Any) -> Job:
    """Planned and cut into segments, as ``lifecycle.job_create`` does, but in whatever state."""
    assert video.facts is not None
    recipe = recipe or Recipe()
    plan = make_plan(video.facts, recipe, 4, Limits(), segment_frames=segment_frames)
    usual = {
        "model": values.pop("model", None) or nearest_model(),
        "recipe_json": recipe.to_json(),
        "plan_json": plan.to_json(),
        "frames_total": plan.frame_count,
    }
    if values.get("state") == JobState.DONE:
        usual |= {"receipt_json": RECEIPT, "frames_done": plan.frame_count}
    job = Job.objects.create(video=video, **usual | values)
    for index, (start, end) in enumerate(plan.segments):
        Segment.objects.create(job=job, index=index, start=start, end=end)
    listing_follow([video.pk])
    return job


def make_run(owner: User, *, recipe: TrainingRecipe | None = None, **values: Any) -> TrainingRun:
    """Queued to be trained, its samples prepared."""
    usual = {
        "name": f"run {next(numbers)}",
        "dataset": values.pop("dataset", None) or make_dataset(owner),
        "recipe_json": (recipe or TrainingRecipe(steps=100)).to_json(),
        "preparation_json": {"era": "2001-2008"},
        "samples_done": 1,
        "samples_total": 1,
    }
    return TrainingRun.objects.create(owner=owner, **usual | values)


def make_artifact(of: Video | Job, kind: ArtifactKind, content: bytes = b"0123456789", **values: Any) -> Artifact:
    """A row and its file."""
    folder = of.folder if isinstance(of, Job) else f"videos/{of.pk}"
    key = f"{folder}/{kind}-{next(numbers)}"
    store(key, content)
    return Artifact.objects.create(
        job=of if isinstance(of, Job) else None,
        video=of if isinstance(of, Video) else None,
        kind=kind,
        key=key,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        **{"width": 64, "height": 48} | values,
    )


def make_finished_job(video: Video) -> Job:
    """Done, with a result, a receipt and stills; its video with a poster and a proxy."""
    job = make_job(video, state=JobState.DONE)
    make_artifact(job, ArtifactKind.RESULT)
    make_artifact(job, ArtifactKind.RECEIPT)
    for frame in (5, 20):
        make_artifact(job, ArtifactKind.STILL_BEFORE, frame=frame)
        make_artifact(job, ArtifactKind.STILL_AFTER, frame=frame)
    job.comparison_version = COMPARISON_VERSION
    job.save(update_fields=["comparison_version"])
    make_artifact(video, ArtifactKind.POSTER)
    make_artifact(video, ArtifactKind.PROXY)
    make_artifact(video, ArtifactKind.ORIGINAL)
    return job


def make_post(job: Job, content: bytes = b"0123456789", **values: Any) -> Post:
    """A clip to post that was made, unless told otherwise; one that is done with its file."""
    usual = {"form": "side", "format": "mp4", "first": 0, "frames": 30, "most_bytes": 10_000_000}
    usual |= {"with_sound": True, "with_labels": True, "state": PostState.DONE} | values
    post = Post.objects.create(job=job, **usual)
    if post.state == PostState.DONE and post.artifact is None:
        key = f"{job.folder}/posts/{post.pk}-{next(numbers)}.{post.format}"
        store(key, content)
        post.artifact = Artifact.objects.create(
            job=job, kind=ArtifactKind.POST, key=key, size=len(content), sha256="ab" * 32, width=256, height=192
        )
        post.save(update_fields=["artifact"])
    return post


def make_copies(video: Video) -> Video:
    """What browsers play and what the scrubber shows: nothing is left to be made of the video."""
    make_artifact(video, ArtifactKind.PROXY)
    make_artifact(video, ArtifactKind.SPRITE)
    return video


def make_dataset(owner: User, **values: Any) -> Dataset:
    return Dataset.objects.create(owner=owner, **{"name": f"Sidewinder {next(numbers)}", "licence": "CC0-1.0"} | values)


def make_capture(dataset: Dataset, frames: int = 0, **values: Any) -> Capture:
    """Measured and harvested, unless told otherwise; its frames alternate between kept and left out as blurred."""
    number = next(numbers)
    facts = {"kind": "video", "width": 640, "height": 480, "rate": "30", "frames": frames, "warnings": []}
    usual = {
        "title": f"Capture {number}",
        "original_name": f"capture_{number}.mkv",
        "state": CaptureState.READY,
        "facts_json": facts,
        "size": 9,
        "frames_seen": frames,
        "frames_kept": (frames + 1) // 2,
    }
    capture = Capture.objects.create(dataset=dataset, **usual | values)
    Frame.objects.bulk_create(
        Frame(
            capture=capture,
            number=at,
            burst=at,
            scene=at // 10,
            sharpness=100.0,
            brightness=float(at * 37 % 256),
            motion=at % 30 / 10,
            hash=at,
            kept=at % 2 == 0,
            reason="" if at % 2 == 0 else "blurred",
        )
        for at in range(frames)
    )
    return capture


def make_capture_link(dataset: Dataset, **values: Any) -> CaptureLink:
    return CaptureLink.objects.create(
        dataset=dataset, created_by=dataset.owner, **{"licence": "CC0-1.0", "note": "Play at 1440p."} | values
    )


def make_share(job: Job) -> Share:
    return Share.objects.create(job=job, created_by=job.video.owner)


def store(key: str, content: bytes) -> None:
    """A file in media storage."""
    working_path(key).write_bytes(content)
    commit_file(key)


def stored(key: str) -> bytes:
    """What lies in media storage."""
    with source_path(key) as path:
        return path.read_bytes()


def files_under(prefix: str) -> list[str]:
    """What lies in media storage there, by name."""
    try:
        folders, names = default_storage.listdir(prefix)
    except FileNotFoundError:
        return []
    return sorted([*names, *(name for folder in folders for name in files_under(f"{prefix}/{folder}"))])


def has_file(key: str) -> bool:
    return bool(default_storage.exists(key))


def _shipped(name: str) -> UpscaleModel:
    weights = BUILTIN[name]
    model, _ = UpscaleModel.objects.get_or_create(
        builtin_name=name,
        defaults={
            "name": name,
            "state": ModelState.READY,
            "architecture": weights.architecture,
            "scale": weights.scale,
            "sha256": weights.sha256,
        },
    )
    return model
