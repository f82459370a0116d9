"""Serves media files to those who may have them, with ranges, ETags, HEAD and fixed types.

An ASGI application of its own beside Django, whose FileResponse knows no ranges and, under ASGI,
reads the whole file into memory.
"""

from __future__ import annotations

import asyncio
import logging
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.db.models import Q
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response

from upscaler.media.media_store import media_store
from upscaler.media.stored import StorageTrouble, StoredObject
from upscaler.models import Artifact, Dataset, JobState, Post, Share, User
from upscaler.models.artifact import POST_TYPES, RESULT_TYPES, ArtifactKind
from upscaler.pipeline.core.safe_text import JOINERS
from upscaler.publish import share_access, watching
from upscaler.publish.streaming import ObjectResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SHARED_KINDS = (
    ArtifactKind.RESULT,
    ArtifactKind.PLAYABLE,
    ArtifactKind.SOURCE_CLIP,
    ArtifactKind.STILL_BEFORE,
    ArtifactKind.STILL_AFTER,
    ArtifactKind.PNG_BEFORE,
    ArtifactKind.PNG_AFTER,
    ArtifactKind.COMPARISON_CLIP,
    ArtifactKind.LINK_PREVIEW,
)
"""Files of a job that its share links give out."""
SAVED_KINDS = (ArtifactKind.PNG_BEFORE, ArtifactKind.PNG_AFTER)
"""Files that no page shows: they are only downloaded."""
PLAYED_INSTEAD = (ArtifactKind.PLAYABLE, ArtifactKind.COMPARISON_CLIP)
"""Files that a page plays instead of the result."""
SHARED_WHILE_RENDERED = (ArtifactKind.LIVE_BEFORE, ArtifactKind.LIVE_AFTER)
"""Files that share links give out before the job is done: no result before it is checked."""
SHARED_OF_VIDEO = (ArtifactKind.PROXY, ArtifactKind.POSTER)
"""Files of the whole video that share links give out, unless the job is trimmed. Never the original."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
SHARED_HEADERS = HEADERS | {"x-robots-tag": "noindex, nofollow", "cache-control": "no-store"}
DOWNLOADED = (ArtifactKind.ORIGINAL, ArtifactKind.RECEIPT)

STORAGE_THREADS = 16
"""Threads that query storage: 160 files per second if an answer takes 0.1 s. The database has one thread in this
process, which live pages and /healthz need as well: storage may not hold that up."""

logger = logging.getLogger(__name__)
_threads = ThreadPoolExecutor(STORAGE_THREADS, "storage")


@dataclass(frozen=True)
class _File:
    key: str
    content_type: str
    etag: str
    name: str
    is_download: bool
    is_revalidated: bool
    """Must a cache revalidate its copy at each use?"""
    is_for_other_pages: bool
    """Is it the picture that other sites show in their preview of a link?"""


class Media:
    """Serves /media/ID to the owner, and /s/TOKEN/media/ID to anyone with the token.

    Serves the segments of a running job, too, at /jobs/ID/live/INDEX.mp4 and /s/TOKEN/live/INDEX.mp4, and a dataset's
    export at /datasets/ID/export.zip.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(scope)
        except StorageTrouble as error:
            logger.warning("Can't serve a file: %s", error.detail)
            response = PlainTextResponse(error.message, 503, HEADERS)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope) -> Response:
        headers = Headers(scope=scope)
        common = SHARED_HEADERS if "token" in scope["url_route"]["kwargs"] else HEADERS
        if not validate_host(split_domain_port(headers.get("host", ""))[0], settings.ALLOWED_HOSTS):
            return PlainTextResponse("Unknown host.", 400, common)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET and HEAD are allowed.", 405, common | {"allow": "GET, HEAD"})
        is_download = b"download=1" in scope["query_string"]
        file = await _find(scope, is_download=is_download)
        content = await asyncio.get_running_loop().run_in_executor(_threads, _content, file.key) if file else None
        if file is None or content is None:
            return PlainTextResponse("Not found.", 404, common)
        caching = "private, no-cache" if file.is_revalidated else "private, max-age=31536000, immutable"
        file_headers = common | {"etag": file.etag, "cache-control": caching}
        if file.is_for_other_pages:
            file_headers |= {"cross-origin-resource-policy": "cross-origin"}
        if file.etag in [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=file_headers)
        as_response: dict[str, Any] = {
            "headers": file_headers,
            "media_type": file.content_type,
            "filename": file.name,
            "content_disposition_type": "attachment" if file.is_download or is_download else "inline",
        }
        if isinstance(content, StoredObject):
            return ObjectResponse(content, **as_response)
        return FileResponse(content, **as_response)


def _content(key: str) -> Path | StoredObject | None:
    return media_store().content(key)


@database_sync_to_async
def _find(scope: Scope, *, is_download: bool) -> _File | None:
    """Look a file up in the database alone; only storage knows whether its bytes are there."""
    route: dict[str, Any] = scope["url_route"]["kwargs"]
    share = None
    if "token" in route:
        cookies = parse_cookie("; ".join(Headers(scope=scope).getlist("cookie")))
        answer = share_access.check(route["token"], cookies)
        share = answer.share if isinstance(answer, share_access.Open) else None
    if "dataset" in route:
        return _export(scope.get("user"), route["dataset"])
    if "index" in route:
        return _segment(share, route, scope.get("user"), is_download=is_download)
    if "token" in route:
        artifact = _of_share(share, route["id"], is_download=is_download) if share else None
    else:
        artifact = _of_owner(scope.get("user"), route["id"])
    if artifact is None:
        return None
    return _File(
        key=artifact.key,
        content_type=artifact.content_type,
        etag=f'"{artifact.sha256}"',
        name=_download_name(artifact, share),
        is_download=artifact.kind in DOWNLOADED,
        is_revalidated=share is not None,  # it may be revoked at any time
        is_for_other_pages=share is not None and artifact.kind == ArtifactKind.LINK_PREVIEW,
    )


def _segment(share: Share | None, route: dict[str, Any], user: object, *, is_download: bool) -> _File | None:
    """Return a segment to play; through a link only if that shows progress."""
    if "token" in route:
        job = share.job if share and share.shows_progress and not is_download else None
    else:
        job = watching.job_of(user, route["id"])
    segment = watching.segment(job, route["index"]) if job else None
    if job is None or segment is None:
        return None
    return _File(
        key=watching.key_of(job, segment),
        content_type="video/mp4",
        etag=f'"{segment.sha256}-{segment.size}"',
        name=f"{segment.index}.mp4",
        is_download=False,
        is_revalidated=True,
        is_for_other_pages=False,
    )


def _export(user: object, id: UUID) -> _File | None:
    """Return the archive of a dataset's last export, for its owner."""
    if not isinstance(user, User) or not user.is_active:
        return None
    dataset = Dataset.objects.filter(owner=user, pk=id, export_json__state="done").first()
    if dataset is None:
        return None
    assert dataset.export_json is not None  # it is done
    return _File(
        key=dataset.export_key,
        content_type="application/zip",
        etag=f'"{dataset.export_json["sha256"]}"',
        name=f"{_plain(dataset.name) or 'dataset'}.zip",
        is_download=True,
        is_revalidated=True,
        is_for_other_pages=False,
    )


def _of_owner(user: object, id: UUID) -> Artifact | None:
    if not isinstance(user, User) or not user.is_active:
        return None
    own = Q(video__owner=user) | Q(job__video__owner=user)
    return Artifact.objects.select_related("video", "job__video").filter(own, pk=id).first()


def _of_share(share: Share, id: UUID, *, is_download: bool) -> Artifact | None:
    """Return a file that the page behind a link shows or, if its owner allows downloads, offers."""
    if is_download and not share.allows_download:
        return None
    job = share.job
    shared = Q(job=job, kind__in=SHARED_KINDS if job.state == JobState.DONE else SHARED_WHILE_RENDERED)
    if job.state == JobState.DONE and not job.plan.is_trimmed:
        shared |= Q(video=job.video_id, kind__in=SHARED_OF_VIDEO)
    artifact = Artifact.objects.select_related("video", "job__video").filter(shared, pk=id).first()
    if artifact is None or share.allows_download:
        return artifact
    if artifact.kind in SAVED_KINDS:
        return None
    if artifact.kind == ArtifactKind.RESULT:
        # the page plays the clip or a copy, if there is one; then the result itself is only downloaded
        has_copy = Artifact.objects.filter(job=job, kind__in=PLAYED_INSTEAD).exists()
        return None if has_copy else artifact
    return artifact


def _download_name(artifact: Artifact, share: Share | None) -> str:
    """Return a file name that every system accepts. Through a share, it has the share's title, or a neutral one."""
    video = artifact.video or (artifact.job.video if artifact.job else None)
    if share is not None:
        title = _plain(share.title) or "comparison"
    else:
        title = _plain(video.title if video else "") or "video"
    if artifact.kind == ArtifactKind.ORIGINAL and video is not None:
        return _plain(video.original_name) or "original"
    endings = {
        "video/mp4": "mp4",
        "application/json": "json",
        "image/png": "png",
        **{content_type: ending for ending, content_type in POST_TYPES.items()},
        **{content_type: ending for ending, content_type in RESULT_TYPES.items()},
    }
    numbered = f" frame {artifact.frame}" if artifact.frame is not None else ""
    suffix = {
        ArtifactKind.RESULT: "upscaled",
        ArtifactKind.PLAYABLE: "upscaled, for browsers",
        ArtifactKind.PROXY: "original",
        ArtifactKind.SOURCE_CLIP: "original",
        ArtifactKind.COMPARISON_CLIP: "comparison",
        ArtifactKind.PNG_BEFORE: "before",
        ArtifactKind.PNG_AFTER: "after",
    }.get(ArtifactKind(artifact.kind), artifact.kind)
    if artifact.kind == ArtifactKind.POST:
        suffix = _form_of(artifact)
    return f"{title} - {suffix}{numbered}.{endings.get(artifact.content_type, 'jpg')}"


def _form_of(artifact: Artifact) -> str:
    """Return the style of a clip to post, such as "wipe"."""
    post = Post.objects.filter(artifact=artifact).first()
    return post.get_form_display().lower() if post else "clip"


def _plain(text: str) -> str:
    """Replace everything but letters of any script, their marks, digits and a few others by underscores."""
    characters = (character if _is_plain(character) else "/" for character in unicodedata.normalize("NFC", text))
    return re.sub("/+", "_", "".join(characters)).strip(" .")


def _is_plain(character: str) -> bool:
    return character.isalnum() or character in f"_ .()-{JOINERS}" or unicodedata.category(character)[0] == "M"
