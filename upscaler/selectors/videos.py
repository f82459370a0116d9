"""Videos, selected by their owner: other users' videos don't exist."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from upscaler.models import (
    Artifact,
    Job,
    Part,
    User,
    Video,
    VideoState,
)
from upscaler.models.artifact import ArtifactKind
from upscaler.selectors.rows import found_or_404


def videos_of(user: User) -> QuerySet[Video]:
    """Return a user's library, newest first, with the rows that cards show."""
    return with_cards(Video.objects.filter(owner=user, trashed_at__isnull=True).order_by("-created_at"))


def with_cards(videos: QuerySet[Video]) -> QuerySet[Video]:
    """Prefetch the rows that cards show: posters, and jobs without their large columns."""
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
    """Return a video. Raises Http404 if it doesn't exist, is another user's, or is in the trash."""
    return found_or_404(Video.objects.filter(owner=user, pk=id, trashed_at__isnull=True).first())


def videos_without_copy() -> QuerySet[Video]:
    """Return ready videos whose thumbnails or copy for browsers are missing and have not failed."""
    of_video = Artifact.objects.filter(video=OuterRef("pk"))
    has_all = Exists(of_video.filter(kind=ArtifactKind.PROXY)) & Exists(of_video.filter(kind=ArtifactKind.SPRITE))
    return Video.objects.filter(~has_all, state=VideoState.READY, derived_files_error="", trashed_at__isnull=True)


def parts_of(film: Video) -> list[Video]:
    """Return the videos that a video was joined from, in order, without deleted ones."""
    parts = (
        Part.objects.filter(film=film, source__isnull=False, source__trashed_at__isnull=True)
        .order_by("position")
        .select_related("source")
    )
    return [part.source for part in parts if part.source is not None]


def films_of(video: Video) -> QuerySet[Video]:
    """Return the videos that were joined from this one."""
    return Video.objects.filter(parts__source=video, trashed_at__isnull=True).distinct().order_by("created_at")


def videos_in_order(*, user: User, ids: Sequence[UUID]) -> list[Video]:
    """Return a user's videos with these ids, in the order of the ids, with the rows that cards show."""
    by_id = {video.pk: video for video in videos_of(user).filter(pk__in=ids)}
    return [by_id[id] for id in dict.fromkeys(ids) if id in by_id]


def artifact_of_video(video: Video, kind: ArtifactKind) -> Artifact | None:
    return video.artifacts.filter(kind=kind).order_by("-created_at").first()
