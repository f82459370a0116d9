"""Resumable uploads: tus 1.0 core, with creation and termination (https://tus.io/protocols/resumable-upload).

POST   /uploads/       create an upload; headers give its length and metadata
HEAD   /uploads/ID     return how many bytes are stored
PATCH  /uploads/ID     append bytes, from exactly that offset on
DELETE /uploads/ID     delete it

A page names the owner of its queue in X-For-User: it must not be sent with someone else's cookie.
"""

from __future__ import annotations

import logging
import os
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View

from upscaler.intake import completion
from upscaler.intake.gathered import GONE, offset_put_back
from upscaler.intake.tus_headers import INVALID_METADATA, announced
from upscaler.intake.upload_policy import Denied, check_upload, dataset_of, original_of
from upscaler.jobs.base import disk_space
from upscaler.media.media_store import media_store
from upscaler.models import Upload, UploadPurpose, User
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.safe_text import printable
from upscaler.pipeline.planning.clip_profiles import CLIP_PROFILES

VERSION = "1.0.0"
COPY_BYTES = 1024 * 1024
MAX_TITLE_LENGTH = 200
NO_SPACE = "The server's disk is full. The upload resumes automatically when there is space."
TOO_LONG = "More data than announced."
LOGGED_OUT = "You're logged out. Log in to resume the upload."
OTHER_USER = "Someone else is logged in here now. Log in as the same user to resume the upload."
NOT_FOUND = "Upload not found. Start again."

logger = logging.getLogger(__name__)


@method_decorator(login_not_required, name="dispatch")
class TusView(View):
    """The common part of all tus views. Requests without a log-in get 401 instead of a redirect."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            response = HttpResponse("This is a tus 1.0.0 server.", status=412, content_type="text/plain")
        else:
            response = self._answer(request, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        response["Tus-Version"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    def check_access(self, request: HttpRequest, **_route: object) -> None:
        """Raises Denied for requests that may not use these uploads."""
        if reason := _user_error(request):
            raise Denied(reason, 401)

    def _answer(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            self.check_access(request, **kwargs)
            answer = super().dispatch(request, *args, **kwargs)
        except Upload.DoesNotExist:  # deleted while its bytes travelled to object storage
            return _text(NOT_FOUND, 404)
        except Denied as error:
            return _text(error.message, error.status)
        except PipelineError as error:
            logger.warning("Can't move an upload to media storage: %s %s", error.message, error.detail)
            return _text(error.message, 410 if error.permanent else 503)
        assert isinstance(answer, HttpResponse)
        return answer

    def options(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return HttpResponse(
            status=204,
            headers={
                "Tus-Extension": "creation,termination",
                "Tus-Max-Size": str(settings.ENVIRONMENT.limits.max_bytes),
            },
        )


class UploadCreateView(TusView):
    """Creates uploads."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        assert isinstance(user, User)
        size, metadata = announced(request)
        try:
            purpose = UploadPurpose(metadata.get("purpose", UploadPurpose.VIDEO))
        except ValueError:
            raise Denied(INVALID_METADATA, 400) from None
        check_upload(user=user, purpose=purpose, size=size)
        if purpose == UploadPurpose.CAPTURE:
            dataset = dataset_of(user=user, id_text=metadata.get("dataset", ""))
            return created(_upload_of(user, purpose, size, metadata, dataset=dataset))
        original = original_of(user=user, id_text=metadata.get("upscale_of", ""))
        kind = metadata.get("kind", user.default_kind)
        if kind not in CLIP_PROFILES:
            raise Denied("Unknown kind of video.", 400)
        starts_job = original is None and metadata.get("starts_job", "1" if user.auto_upscale else "0") == "1"
        return created(_upload_of(user, purpose, size, metadata, kind=kind, upscale_of=original, starts_job=starts_job))


class UploadFileView(TusView):
    """HEAD, PATCH and DELETE of one upload, for the person who started it."""

    http_method_names = ["head", "patch", "delete", "options"]

    def uploads(self, request: HttpRequest) -> QuerySet[Upload]:
        """Return the uploads that this request may use."""
        assert isinstance(request.user, User)
        return Upload.objects.filter(owner=request.user, link__isnull=True)

    def head(self, request: HttpRequest, id: UUID, **_route: object) -> HttpResponse:
        upload = self.uploads(request).filter(pk=id).first()
        if upload is None:
            return HttpResponse(status=404)
        offset_put_back(upload)
        Upload.objects.filter(pk=upload.pk).update(updated_at=timezone.now())
        _complete_if_whole(upload)
        return _state(upload, 200)

    def patch(self, request: HttpRequest, id: UUID, **_route: object) -> HttpResponse:
        upload = self.uploads(request).filter(pk=id).first()
        if upload is None:
            return _text(NOT_FOUND, 404)
        if request.headers.get("Content-Type") != "application/offset+octet-stream":
            return _text("Content-Type must be application/offset+octet-stream.", 415)
        offset_put_back(upload)
        if request.headers.get("Upload-Offset") != str(upload.offset):
            refusal = _text(f"{upload.offset} bytes are stored. Resume from there.", 409)
            refusal["Upload-Offset"] = str(upload.offset)
            return refusal
        if upload.offset < upload.size:
            stored = _store(upload, request)
            if stored is None:
                return _text("Another request is sending the same upload.", 423)
            upload.offset = stored
        _complete_if_whole(upload)
        return _state(upload, 204)

    def delete(self, request: HttpRequest, id: UUID, **_route: object) -> HttpResponse:
        upload = self.uploads(request).filter(pk=id).first()
        if upload is None:
            return HttpResponse(status=404)
        Upload.objects.filter(pk=upload.pk).delete()
        media_store().incoming_path(upload.key).unlink(missing_ok=True)
        return HttpResponse(status=204)


def created(upload: Upload, url: str = "") -> HttpResponse:
    """Answer that an upload was created, at ``url``."""
    media_store().incoming_path(upload.key).touch()
    return HttpResponse(status=201, headers={"Location": url or reverse("upload-file", args=[upload.pk])})


def _upload_of(owner: User, purpose: UploadPurpose, size: int, metadata: dict[str, str], **values: object) -> Upload:
    return Upload.objects.create(
        owner=owner,
        purpose=purpose,
        name=completion.clean_name(metadata.get("filename", "")),
        title=printable(metadata.get("title", ""))[:MAX_TITLE_LENGTH],
        size=size,
        **values,
    )


def _store(upload: Upload, request: HttpRequest) -> int | None:
    """Append the body and return the new offset, or None if another request has moved it.

    A connection that is cut off leaves the bytes that arrived; they are on disk before the row counts them. Raises
    Denied for more bytes than announced, and if the disk is full, or fuller than the settings allow: stored bytes
    stay, and the upload can be resumed later.
    """
    if disk_space.shortage():
        raise Denied(NO_SPACE, 507)
    position = upload.offset
    try:
        with media_store().incoming_path(upload.key).open("r+b") as file:
            file.seek(position)
            while part := _part(request):
                if position + len(part) > upload.size:
                    raise Denied(TOO_LONG, 413)
                file.write(part)
                position += len(part)
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError as error:  # the upload was deleted a moment ago
        raise Denied(GONE, 410) from error
    except OSError as error:
        if disk_space.is_full(error):
            raise Denied(NO_SPACE, 507) from error
        raise
    with transaction.atomic():
        rows = Upload.objects.filter(pk=upload.pk, offset=upload.offset)
        moved = rows.update(offset=position, updated_at=timezone.now())
    return position if moved else None


def _part(request: HttpRequest) -> bytes:
    """Read a part of the body; nothing at its end, or once the connection is cut off: arrived bytes are kept."""
    try:
        return request.read(COPY_BYTES)
    except UnreadablePostError:
        return b""


def _complete_if_whole(upload: Upload) -> None:
    """Complete a whole upload. HEAD does so too: after a crash at the last byte, a client sends nothing more."""
    if upload.offset == upload.size:
        upload.result_id = completion.upload_complete(upload)


def _user_error(request: HttpRequest) -> str:
    """Return why the current user may not send this request, or ""."""
    if not isinstance(request.user, User):
        return LOGGED_OUT
    owner = request.headers.get("X-For-User", "")
    return OTHER_USER if owner and owner != str(request.user.pk) else ""


def _state(upload: Upload, status: int) -> HttpResponse:
    headers = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}
    if upload.result_id is not None:
        headers["X-Result-Id"] = str(upload.result_id)
    return HttpResponse(status=status, headers=headers)


def _text(message: str, status: int) -> HttpResponse:
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
