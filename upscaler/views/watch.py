"""Playlists of the finished segments of a job. publish/downloads.py serves their files."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from upscaler.media.stored import Gone, StorageTrouble
from upscaler.models import Job, Share
from upscaler.publish import share_access, watching
from upscaler.selectors.jobs import job_get
from upscaler.views.requests import person
from upscaler.views.share import behind_a_link


@never_cache
@require_safe
def job_playlist(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return the playlist for the job's owner."""
    return _playlist(job_get(user=person(request), id=id), None)


@behind_a_link
@require_safe
def share_playlist(request: HttpRequest, token: str) -> HttpResponse:
    """Return the playlist for anyone with a link that shows progress."""
    answer = share_access.check(token, request.COOKIES)
    if not isinstance(answer, share_access.Open) or not answer.share.shows_progress:
        raise Http404
    return _playlist(answer.share.job, answer.share)


def _playlist(job: Job, share: Share | None) -> HttpResponse:
    try:
        written = watching.playlist(job, share)
    except Gone as gone:
        raise Http404 from gone
    except StorageTrouble as trouble:
        return HttpResponse(trouble.message, status=503, content_type="text/plain")
    if written is None:
        raise Http404
    return HttpResponse(written, content_type=watching.CONTENT_TYPE)
