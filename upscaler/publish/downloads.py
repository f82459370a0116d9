"""Who may have which file, and the handing over: ranges, ETags, HEAD, fixed types.

An ASGI application of its own beside Django, whose FileResponse knows no ranges and, under ASGI,
reads the whole file into memory.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.db.models import Q
from django.http.request import split_domain_port, validate_host
from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response

from upscaler.media.medium import medium
from upscaler.media.stored import StorageTrouble, StoredObject
from upscaler.models import Artifact, Share, User
from upscaler.models.artifact import RESULT_TYPES, ArtifactKind
from upscaler.publish.streaming import ObjectResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SHARED_KINDS = (
    ArtifactKind.RESULT,
    ArtifactKind.PLAYABLE,
    ArtifactKind.BEFORE,
    ArtifactKind.STILL_BEFORE,
    ArtifactKind.STILL_AFTER,
)
"""What a share gives of its job."""
SHARED_OF_VIDEO = (ArtifactKind.PROXY, ArtifactKind.POSTER)
"""What it gives of the whole video, unless the job is of a part: what was cut off is not shared. Never the original."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
DOWNLOADED = (ArtifactKind.ORIGINAL, ArtifactKind.RECEIPT)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _File:
    content: Path | StoredObject
    content_type: str
    etag: str
    name: str
    is_download: bool
    is_shared: bool


class Media:
    """Serves /media/ID to the owner, and /s/TOKEN/media/ID to whoever has the token."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(scope)
        except StorageTrouble as error:
            logger.warning("a file can't be given out: %s", error.detail)
            response = PlainTextResponse(error.message, 503, HEADERS)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope) -> Response:
        headers = Headers(scope=scope)
        if not validate_host(split_domain_port(headers.get("host", ""))[0], settings.ALLOWED_HOSTS):
            return PlainTextResponse("No such host.", 400, HEADERS)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET and HEAD.", 405, HEADERS | {"allow": "GET, HEAD"})
        file = await _find(scope)
        if file is None:
            return PlainTextResponse("Not found.", 404, HEADERS)
        # a share may be revoked at any time: whoever keeps a copy has to ask whether it still holds
        kept = "private, no-cache" if file.is_shared else "private, max-age=31536000, immutable"
        known = HEADERS | {"etag": file.etag, "cache-control": kept}
        if file.etag in [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=known)
        is_download = file.is_download or b"download=1" in scope["query_string"]
        said: dict[str, Any] = {
            "headers": known,
            "media_type": file.content_type,
            "filename": file.name,
            "content_disposition_type": "attachment" if is_download else "inline",
        }
        if isinstance(file.content, StoredObject):
            return ObjectResponse(file.content, **said)
        return FileResponse(file.content, **said)


@database_sync_to_async
def _find(scope: Scope) -> _File | None:
    route: dict[str, Any] = scope["url_route"]["kwargs"]
    share = None
    if "token" in route:
        share = Share.objects.select_related("job").filter(token=route["token"], revoked_at__isnull=True).first()
        artifact = _of_share(share, route["id"]) if share else None
    else:
        artifact = _of_owner(scope.get("user"), route["id"])
    content = medium().content(artifact.key) if artifact else None
    if artifact is None or content is None:
        return None
    return _File(
        content=content,
        content_type=artifact.content_type,
        etag=f'"{artifact.sha256}"',
        name=_download_name(artifact, is_shared=share is not None),
        is_download=artifact.kind in DOWNLOADED,
        is_shared=share is not None,
    )


def _of_owner(user: object, id: UUID) -> Artifact | None:
    if not isinstance(user, User) or not user.is_active:
        return None
    mine = Q(video__owner=user) | Q(job__video__owner=user)
    return Artifact.objects.select_related("video", "job__video").filter(mine, pk=id).first()


def _of_share(share: Share, id: UUID) -> Artifact | None:
    shared = Q(job=share.job, job__video__trashed_at=None, kind__in=SHARED_KINDS)
    if not share.job.plan.is_trimmed:
        shared |= Q(video=share.job.video_id, video__trashed_at=None, kind__in=SHARED_OF_VIDEO)
    return Artifact.objects.select_related("video", "job__video").filter(shared, pk=id).first()


def _download_name(artifact: Artifact, *, is_shared: bool) -> str:
    """A name that any computer takes. A share gives neutral ones."""
    video = artifact.video or (artifact.job.video if artifact.job else None)
    title = (
        "comparison" if is_shared or video is None else re.sub(r"[^\w .()-]+", "_", video.title).strip(" .") or "video"
    )
    if artifact.kind == ArtifactKind.ORIGINAL and video is not None:
        return re.sub(r"[^\w .()-]+", "_", video.original_name).strip(" .") or "original"
    endings = {
        "video/mp4": "mp4",
        "application/json": "json",
        **{content_type: ending for ending, content_type in RESULT_TYPES.items()},
    }
    numbered = f" frame {artifact.frame}" if artifact.frame is not None else ""
    said = {
        ArtifactKind.RESULT: "upscaled",
        ArtifactKind.PLAYABLE: "upscaled, for browsers",
        ArtifactKind.PROXY: "original",
        ArtifactKind.BEFORE: "original",
    }.get(ArtifactKind(artifact.kind), artifact.kind)
    return f"{title} - {said}{numbered}.{endings.get(artifact.content_type, 'jpg')}"
