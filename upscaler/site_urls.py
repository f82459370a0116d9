"""Every URL of a page, a file or a share, made by ``reverse``: the URLconf alone says how they look."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from upscaler.models import Artifact, Job, Share, Video


def library_url(query: str = "") -> str:
    """Return the library's URL with a search in it, such as ``q=lan&game=ce``."""
    return f"{reverse('library')}?{query}" if query else reverse("library")


def video_url(video: Video) -> str:
    return reverse("video", args=[video.pk])


def job_url(job: Job) -> str:
    return reverse("job", args=[job.pk])


def comparison_url(job_id: UUID) -> str:
    return reverse("compare", args=[job_id])


def comparison_status_url(job: Job, share: Share | None = None) -> str:
    """Return the URL that says whether a comparison is ready: for its owner, or for visitors of a share."""
    if share is not None:
        return reverse("share-state", args=[share.token])
    return reverse("compare-status", args=[job.pk])


def share_url(share: Share) -> str:
    """Return the URL of a link's page. Everything of the link is below it, and its cookies hold there."""
    return reverse("share", args=[share.token])


def artifact_url(artifact: Artifact, share: Share | None = None) -> str:
    """Return the URL of a file: for its owner, or for visitors of a share."""
    return media_url(artifact.pk, share)


def media_url(artifact_id: UUID | str, share: Share | None = None) -> str:
    """Return the URL of the file with this artifact id."""
    if share is not None:
        return reverse("share-media", args=[share.token, artifact_id])
    return reverse("media", args=[artifact_id])


def segment_url(job: Job, index: int, share: Share | None = None) -> str:
    """Return the URL of a rendered segment, for a playlist."""
    if share is not None:
        return reverse("share-segment", args=[share.token, index])
    return reverse("job-segment", args=[job.pk, index])
