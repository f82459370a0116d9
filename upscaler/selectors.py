"""Reads. Rows are fetched through their owner: what is not yours does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Prefetch, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from upscaler.models import (
    Artifact,
    Encoder,
    Event,
    Job,
    JobState,
    ModelState,
    Part,
    Post,
    PostState,
    Segment,
    SegmentState,
    Share,
    UpscaleModel,
    User,
    Video,
    VideoState,
)
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import COMPARISON_VERSION, WITHOUT_SEGMENTS
from upscaler.pipeline.core.presets import PRESETS, Preset

LOG_LINES = 200
SETTLES_SECONDS = 5
"""After which no event with a lower id becomes visible: on PostgreSQL, ids are given out before they are committed."""
MOST_EVENTS = 20_000
"""How far back somebody is told what happened, so that it costs the same however long they were away."""
MOST_ENDED = 10

Row = TypeVar("Row", bound=Model)


def videos_of(user: User) -> QuerySet[Video]:
    """A person's library, newest first, with what a card shows."""
    return with_cards(Video.objects.filter(owner=user, trashed_at__isnull=True).order_by("-created_at"))


def with_cards(videos: QuerySet[Video]) -> QuerySet[Video]:
    """Videos with what a card shows of them: their posters, and their jobs without what was planned and measured."""
    jobs = Job.objects.select_related("model").order_by("-created_at")
    narrow = jobs.defer("recipe_json", "plan_json", "engine_json", "receipt_json", "error_detail")
    narrow = narrow.prefetch_related(
        Prefetch("artifacts", Artifact.objects.filter(kind=ArtifactKind.HOVER_CLIP), to_attr="hovers")
    )
    return videos.prefetch_related(
        Prefetch("jobs", narrow, to_attr="newest_jobs"),
        Prefetch("artifacts", Artifact.objects.filter(kind=ArtifactKind.POSTER), to_attr="posters"),
    )


def video_get(*, user: User, id: UUID) -> Video:
    """Raises Http404 unless it exists, is the person's own, and is not in the trash."""
    return _found(Video.objects.filter(owner=user, pk=id, trashed_at__isnull=True).first())


def job_get(*, user: User, id: UUID) -> Job:
    """Raises Http404 unless it exists, is of a video of the person's own, and this is not in the trash."""
    jobs = Job.objects.select_related("video", "model")
    return _found(jobs.filter(video__owner=user, video__trashed_at__isnull=True, pk=id).first())


def jobs_without_comparison() -> QuerySet[Job]:
    """Done, and without the files that its comparison shows, though nothing speaks against them."""
    return Job.objects.filter(
        state=JobState.DONE, comparison_version__lt=COMPARISON_VERSION, extras_error="", video__trashed_at__isnull=True
    )


def posts_wanted() -> QuerySet[Post]:
    """Clips to post that are still to be made, the one that was asked for first coming first."""
    wanted = Post.objects.filter(state=PostState.WANTED, job__video__trashed_at__isnull=True)
    return wanted.order_by("created_at", "pk")


def post_get(*, user: User, id: UUID) -> Post:
    """Raises Http404 unless it exists, is of a video of the person's own, and this is not in the trash."""
    posts = Post.objects.select_related("job__video", "job__model", "artifact")
    return _found(posts.filter(job__video__owner=user, job__video__trashed_at__isnull=True, pk=id).first())


def videos_without_copy() -> QuerySet[Video]:
    """Ready, and without the small pictures or the copy that browsers play, though nothing speaks against them."""
    of_video = Artifact.objects.filter(video=OuterRef("pk"))
    has_all = Exists(of_video.filter(kind=ArtifactKind.PROXY)) & Exists(of_video.filter(kind=ArtifactKind.SPRITE))
    return Video.objects.filter(~has_all, state=VideoState.READY, extras_error="", trashed_at__isnull=True)


def jobs_comparable_with(job: Job) -> list[Job]:
    """The other results of its video that have the same frames at the same times, newest first."""
    done = Job.objects.select_related("model").filter(video=job.video_id, state=JobState.DONE).exclude(pk=job.pk)
    frames = _frames_of(job)
    return [other for other in done.order_by("-created_at") if _frames_of(other) == frames]


def _frames_of(job: Job) -> tuple[object, ...]:
    plan = job.plan
    return plan.rate, plan.start, plan.frame_count


def models_ready() -> QuerySet[UpscaleModel]:
    """Those that a job may choose."""
    return UpscaleModel.objects.filter(state=ModelState.READY)


def presets_available() -> list[tuple[Preset, str]]:
    """All presets in their order, each with the reason why no worker here can write it, or "".

    One whose encoder no worker has tried yet counts as available, unless it wants hardware.
    """
    tried = {encoder.name: encoder for encoder in Encoder.objects.all()}
    found = []
    for preset in PRESETS.values():
        row = tried.get(preset.encoder)
        untried = "No worker has looked for this hardware yet." if preset.device else ""
        found.append((preset, untried if row is None else "" if row.works else row.reason))
    return found


def parts_of(film: Video) -> list[Video]:
    """The videos that a film was joined of, in its order, as far as they are still here."""
    parts = (
        Part.objects.filter(film=film, source__isnull=False, source__trashed_at__isnull=True)
        .order_by("position")
        .select_related("source")
    )
    return [part.source for part in parts if part.source is not None]


def films_of(video: Video) -> QuerySet[Video]:
    """The films that a video is a part of."""
    return Video.objects.filter(parts__source=video, trashed_at__isnull=True).distinct().order_by("created_at")


def videos_in_order(*, user: User, ids: Sequence[UUID]) -> list[Video]:
    """A person's videos among these, in the order in which they are named, with what a card shows."""
    by_id = {video.pk: video for video in videos_of(user).filter(pk__in=ids)}
    return [by_id[id] for id in dict.fromkeys(ids) if id in by_id]


def artifact_url(artifact: Artifact, share: Share | None = None) -> str:
    """Where the file can be had: by its owner, or by whoever has the share."""
    if share is not None:
        return f"/s/{share.token}/media/{artifact.pk}"
    return f"/media/{artifact.pk}"


def stills_of(job: Job) -> list[tuple[Artifact, Artifact]]:
    """Pairs of pictures of the same frame, before and after, in the order of their frames."""
    before = {a.frame: a for a in job.artifacts.filter(kind=ArtifactKind.STILL_BEFORE)}
    after = {a.frame: a for a in job.artifacts.filter(kind=ArtifactKind.STILL_AFTER)}
    return [(before[frame], after[frame]) for frame in sorted(before.keys() & after.keys(), key=lambda f: f or 0)]


def newest_pair(job: Job) -> tuple[Artifact, Artifact] | None:
    """Of a job under work, the two pictures of the frame that was shown last."""
    before = {a.frame: a for a in job.artifacts.filter(kind=ArtifactKind.LIVE_BEFORE)}
    after = job.artifacts.filter(kind=ArtifactKind.LIVE_AFTER).order_by("-created_at")
    return next(((before[one.frame], one) for one in after if one.frame in before), None)


def segments_watchable(job: Job) -> list[Segment]:
    """Those that are rendered without a gap from the beginning, while they are kept."""
    if job.state in WITHOUT_SEGMENTS:
        return []
    segments = job.segments.only("job", "index", "start", "end", "state", "key", "size", "sha256")
    return list(takewhile(lambda segment: segment.state == SegmentState.DONE, segments))


def seconds_watchable(job: Job) -> float:
    """How much of the result can be watched before it is one: what ``segments_watchable`` gives, in seconds."""
    if job.state in WITHOUT_SEGMENTS:
        return 0.0
    first_missing = job.segments.exclude(state=SegmentState.DONE).order_by("index").first()
    frames = first_missing.start if first_missing else job.frames_total
    return float(frames / job.plan.rate)


def artifact_of_job(job: Job, kind: ArtifactKind) -> Artifact | None:
    return job.artifacts.filter(kind=kind).first()


def artifact_of_video(video: Video, kind: ArtifactKind) -> Artifact | None:
    return video.artifacts.filter(kind=kind).order_by("-created_at").first()


def job_snapshot(job: Job) -> dict[str, Any]:
    """All that the job's page shows, as it is now; ``last`` is the number of the last event in it.

    The number is read first: an event that comes in between is then in the snapshot and told again,
    which does no harm; the other way round it would be missing.
    """
    job.refresh_from_db()
    last = job.event_seq
    events = Event.objects.filter(subject=job.pk)
    pair = events.filter(kind="pair").order_by("-seq").first()
    lines = list(events.filter(kind="log").order_by("-seq")[:LOG_LINES])
    return {
        "kind": "snapshot",
        "last": last,
        "state": job.state,
        "label": job.get_state_display(),
        "error": job.error,
        "waits_for": job.waits_for,
        "frame": job.frames_done,
        "total": job.frames_total,
        "fps": job.fps,
        "seconds_left": job.seconds_left,
        "watchable": seconds_watchable(job),
        "pair": pair.payload if pair else None,
        "log": [{"text": line.payload["text"], "at": line.created_at.isoformat()} for line in reversed(lines)],
        "is_final": not job.is_active,
        "url": reverse("compare", args=[job.pk]) if job.state == JobState.DONE else None,
    }


def video_snapshot(video: Video) -> dict[str, Any]:
    """All of a video that changes by itself."""
    video.refresh_from_db()
    last = video.event_seq
    newest = video.jobs.order_by("-created_at").first()
    progress = Event.objects.filter(subject=video.pk, kind="progress").order_by("-seq").first()
    return {
        "kind": "snapshot",
        "last": last,
        "state": video.state,
        "label": video.get_state_display(),
        "error": video.error,
        "is_final": video.state in (VideoState.READY, VideoState.REFUSED),
        "joined": progress.payload if progress and video.state == VideoState.JOINING else None,
        "has_proxy": artifact_of_video(video, ArtifactKind.PROXY) is not None,
        "is_complete": not videos_without_copy().filter(pk=video.pk).exists(),
        "job": job_card(newest) if newest else None,
    }


def job_card(job: Job) -> dict[str, Any]:
    """The few figures that a card shows."""
    return {
        "id": str(job.pk),
        "state": job.state,
        "label": job.get_state_display(),
        "frame": job.frames_done,
        "total": job.frames_total,
        "is_active": job.is_active,
    }


def events_after(subject: UUID, after: int, last: int) -> list[dict[str, Any]] | None:
    """The events (after, last] of a subject; None if some of them are pruned, or never were."""
    if after > last:
        return None
    rows = list(Event.objects.filter(subject=subject, seq__gt=after, seq__lte=last))
    if len(rows) != last - after:
        return None
    return [{"seq": row.seq, "payload": row.payload} for row in rows]


def event_settled() -> int:
    """The id of the newest event that none will come before any more; 0 where there is none."""
    settled = timezone.now() - timedelta(seconds=SETTLES_SECONDS)
    return Event.objects.filter(created_at__lte=settled).order_by("-pk").values_list("pk", flat=True).first() or 0


def jobs_ended(*, user: User, after: int, last: int) -> list[tuple[int, Job]]:
    """A person's jobs that finished or failed by the events (after, last], and are still so; oldest first, each with
    the id of its event."""
    span = Event.objects.filter(pk__gt=max(after, last - MOST_EVENTS), pk__lte=last)
    ends = dict(span.filter(kind__in=["finished", "failed"]).order_by("pk").values_list("subject", "pk"))
    if not ends:
        return []
    jobs = Job.objects.select_related("video").filter(
        pk__in=ends, video__owner=user, video__trashed_at__isnull=True, state__in=[JobState.DONE, JobState.FAILED]
    )
    narrow = jobs.only("state", "started_at", "finished_at", "video__title")
    return sorted(((ends[job.pk], job) for job in narrow), key=lambda end: end[0])[-MOST_ENDED:]


def _found(row: Row | None) -> Row:
    if row is None:
        raise Http404
    return row
