"""The current activities of all workers, for the workers page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from upscaler.models import (
    Capture,
    CaptureState,
    Job,
    JobState,
    Post,
    RunState,
    Segment,
    SegmentState,
    TrainingRun,
    UpscaleModel,
    Video,
    VideoState,
)

JOB_ACTIVITIES = {JobState.ASSEMBLING: "Assembling", JobState.VERIFYING: "Checking the result of"}
VIDEO_ACTIVITIES = {
    VideoState.JOINING: "Joining the parts of",
    VideoState.PAIRING: "Matching to its original",
    VideoState.READY: "Making a browser copy of",
}


@dataclass(frozen=True)
class Activity:
    """One activity, such as "Upscaling" of a video, "segment 3 of 12"."""

    name: str
    video: Video | None = None
    job: Job | None = None
    run: TrainingRun | None = None
    part: str = ""
    fps: float | None = None
    weights: str = ""
    """The name of the model, if the activity isn't about a video."""
    capture: Capture | None = None


def activities() -> dict[str, list[Activity]]:
    """Return the activities by the worker's name. Idle workers are missing."""
    by_worker: dict[str, list[Activity]] = defaultdict(list)
    for segment in _claimed():
        part = f"segment {segment.index + 1} of {segment.of}"  # type: ignore[attr-defined]
        by_worker[segment.worker].append(
            Activity("Upscaling", segment.job.video, segment.job, part=part, fps=segment.fps)
        )
    now = timezone.now()
    for job in Job.objects.filter(lease_until__gt=now).select_related("video"):
        by_worker[job.leased_by].append(
            Activity(JOB_ACTIVITIES.get(JobState(job.state), "Making the comparison of"), job.video, job)
        )
    for video in Video.objects.filter(lease_until__gt=now):
        by_worker[video.leased_by].append(Activity(VIDEO_ACTIVITIES.get(VideoState(video.state), "Analysing"), video))
    for capture in Capture.objects.filter(lease_until__gt=now).select_related("dataset"):
        by_worker[capture.leased_by].append(Activity(_of_capture(capture), capture=capture))
    for post in Post.objects.filter(lease_until__gt=now).select_related("job__video"):
        by_worker[post.leased_by].append(Activity("Making a clip to post of", post.job.video, post.job))
    for model in UpscaleModel.objects.filter(lease_until__gt=now):
        by_worker[model.leased_by].append(Activity("Checking the model", weights=model.name))
    for run in TrainingRun.objects.filter(lease_until__gt=now):
        by_worker[run.leased_by].append(_of_run(run))
    return by_worker


def _of_capture(capture: Capture) -> str:
    return "Harvesting frames of" if capture.state == CaptureState.HARVESTING else "Analysing the capture"


def _of_run(run: TrainingRun) -> Activity:
    if run.state == RunState.PREPARING:
        part = f"shard {run.samples_done} of {run.samples_total}" if run.samples_total else ""
        return Activity("Preparing samples of", run=run, part=part)
    return Activity("Training", run=run, part=f"step {run.step:,}" if run.step else "")


def _claimed() -> list[Segment]:
    rows = Segment.objects.filter(state=SegmentState.CLAIMED).select_related("job__video")
    return list(rows.annotate(of=Count("job__segments")).order_by("pk"))
