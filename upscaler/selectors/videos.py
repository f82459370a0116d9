"""Videos, read through their owner: what is not yours does not exist."""

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
    return found_or_404(Video.objects.filter(owner=user, pk=id, trashed_at__isnull=True).first())


def videos_without_copy() -> QuerySet[Video]:
    """Ready, and without the small pictures or the copy that browsers play, though nothing speaks against them."""
    of_video = Artifact.objects.filter(video=OuterRef("pk"))
    has_all = Exists(of_video.filter(kind=ArtifactKind.PROXY)) & Exists(of_video.filter(kind=ArtifactKind.SPRITE))
    return Video.objects.filter(~has_all, state=VideoState.READY, derived_files_error="", trashed_at__isnull=True)


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


def artifact_of_video(video: Video, kind: ArtifactKind) -> Artifact | None:
    return video.artifacts.filter(kind=kind).order_by("-created_at").first()
