"""What every worker has in hand now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from upscaler.models import Job, JobState, Post, Segment, SegmentState, UpscaleModel, Video, VideoState

OF_JOBS = {JobState.ASSEMBLING: "Puts together", JobState.VERIFYING: "Checks the result of"}
OF_VIDEOS = {
    VideoState.JOINING: "Joins the parts of",
    VideoState.PAIRING: "Matches to its original",
    VideoState.READY: "Makes a copy for browsers of",
}


@dataclass(frozen=True)
class InHand:
    """One piece of work: "Renders", of a video, "segment 3 of 12"."""

    does: str
    video: Video | None = None
    job: Job | None = None
    part: str = ""
    fps: float | None = None
    weights: str = ""
    """Name of a set of weights, where it is no video that is worked at."""


def in_hand() -> dict[str, list[InHand]]:
    """By the worker's name, of those that have anything."""
    found: dict[str, list[InHand]] = defaultdict(list)
    for segment in _claimed():
        part = f"segment {segment.index + 1} of {segment.of}"  # type: ignore[attr-defined]
        found[segment.worker].append(InHand("Renders", segment.job.video, segment.job, part, segment.fps))
    now = timezone.now()
    for job in Job.objects.filter(lease_until__gt=now).select_related("video"):
        found[job.leased_by].append(InHand(OF_JOBS.get(JobState(job.state), "Makes stills of"), job.video, job))
    for video in Video.objects.filter(lease_until__gt=now):
        found[video.leased_by].append(InHand(OF_VIDEOS.get(VideoState(video.state), "Measures"), video))
    for post in Post.objects.filter(lease_until__gt=now).select_related("job__video"):
        found[post.leased_by].append(InHand("Makes a clip to post of", post.job.video, post.job))
    for model in UpscaleModel.objects.filter(lease_until__gt=now):
        found[model.leased_by].append(InHand("Checks the weights of", weights=model.name))
    return found


def _claimed() -> list[Segment]:
    rows = Segment.objects.filter(state=SegmentState.CLAIMED).select_related("job__video")
    return list(rows.annotate(of=Count("job__segments")).order_by("pk"))
