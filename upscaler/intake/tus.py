"""Resumable uploads: tus 1.0 core, with creation and termination (https://tus.io/protocols/resumable-upload).

POST   /uploads/       a new upload; its length and metadata are said in headers
HEAD   /uploads/ID     how much is stored
PATCH  /uploads/ID     more bytes, from exactly that offset on
DELETE /uploads/ID     forget it

A page that sends a queue says in X-For-User whose it is: a cookie of somebody else must not send it.
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
import re
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View

from upscaler.intake import arrival
from upscaler.intake.gate import Denied, may_upload, original_of
from upscaler.intake.gathered import GONE, offset_put_back
from upscaler.jobs.base import disk_space
from upscaler.media.medium import medium
from upscaler.models import Upload, UploadPurpose, User
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.core.printable import printable
from upscaler.pipeline.planning.clip_profiles import KINDS

VERSION = "1.0.0"
COPY_BYTES = 1024 * 1024
LONGEST_TITLE = 200
LENGTH = re.compile(r"[0-9]{1,18}")
"""Of a file, in bytes: as much as a column of the database holds. `isdigit` would take "²" as well."""
NO_ROOM = "The server's disk is full. The upload goes on by itself when there is room."
TOO_LONG = "These are more bytes than the upload was said to have."
LOGGED_OUT = "You are not logged in any more. Log in, and the upload goes on."
SOMEBODY_ELSE = "Somebody else is logged in here now. The upload goes on when its owner is."
NO_SUCH_UPLOAD = "There is no such upload; start it again."

logger = logging.getLogger(__name__)


@method_decorator(login_not_required, name="dispatch")
class TusView(View):
    """What all tus answers have in common. Who is not logged in is told so, and not sent to a page."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            response = HttpResponse("This is a tus 1.0.0 server.", status=412, content_type="text/plain")
        elif reason := _why_not_them(request):
            response = _text(reason, 401)
        else:
            response = self._answer(request, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        response["Tus-Version"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    def _answer(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            answer = super().dispatch(request, *args, **kwargs)
        except Upload.DoesNotExist:  # forgotten while its bytes were on their way to object storage
            return _text(NO_SUCH_UPLOAD, 404)
        except Denied as error:
            return _text(error.message, error.status)
        except PipelineError as error:
            logger.warning("an upload could not be put into media storage: %s %s", error.message, error.detail)
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
    """POST: make room for a new upload."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        assert isinstance(user, User)
        length = request.headers.get("Upload-Length", "")
        if not LENGTH.fullmatch(length):
            return _text("Say the file's size in Upload-Length.", 400)
        try:
            metadata = _metadata(request.headers.get("Upload-Metadata", ""))
            purpose = UploadPurpose(metadata.get("purpose", UploadPurpose.VIDEO))
        except ValueError:
            return _text("The upload's metadata can't be read.", 400)
        try:
            may_upload(user=user, purpose=purpose, size=int(length))
            original = original_of(user=user, said=metadata.get("upscale_of", ""))
        except Denied as error:
            return _text(error.message, error.status)
        kind = metadata.get("kind", user.default_kind)
        if kind not in KINDS:
            return _text("There is no such kind of video.", 400)
        upload = Upload.objects.create(
            owner=user,
            purpose=purpose,
            name=arrival.clean_name(metadata.get("filename", "")),
            title=printable(metadata.get("title", ""))[:LONGEST_TITLE],
            size=int(length),
            kind=kind,
            upscale_of=original,
            starts_job=original is None and metadata.get("starts_job", "1" if user.auto_upscale else "0") == "1",
        )
        medium().gathering_path(upload.key).touch()
        return HttpResponse(status=201, headers={"Location": reverse("upload-file", args=[upload.pk])})


class UploadFileView(TusView):
    """HEAD, PATCH and DELETE on one upload, for the person who began it."""

    http_method_names = ["head", "patch", "delete", "options"]

    def head(self, request: HttpRequest, id: UUID) -> HttpResponse:
        upload = _upload(request, id)
        if upload is None:
            return HttpResponse(status=404)
        offset_put_back(upload)
        Upload.objects.filter(pk=upload.pk).update(updated_at=timezone.now())
        _arrive_if_whole(upload)
        return _state(upload, 200)

    def patch(self, request: HttpRequest, id: UUID) -> HttpResponse:
        upload = _upload(request, id)
        if upload is None:
            return _text(NO_SUCH_UPLOAD, 404)
        if request.headers.get("Content-Type") != "application/offset+octet-stream":
            return _text("Send application/offset+octet-stream.", 415)
        offset_put_back(upload)
        if request.headers.get("Upload-Offset") != str(upload.offset):
            refusal = _text(f"{upload.offset} bytes are stored; go on from there.", 409)
            refusal["Upload-Offset"] = str(upload.offset)
            return refusal
        if upload.offset < upload.size:
            stored = _store(upload, request)
            if stored is None:
                return _text("Somebody else is sending the same upload.", 423)
            upload.offset = stored
        _arrive_if_whole(upload)
        return _state(upload, 204)

    def delete(self, request: HttpRequest, id: UUID) -> HttpResponse:
        upload = _upload(request, id)
        if upload is None:
            return HttpResponse(status=404)
        Upload.objects.filter(pk=upload.pk).delete()
        medium().gathering_path(upload.key).unlink(missing_ok=True)
        return HttpResponse(status=204)


def _store(upload: Upload, request: HttpRequest) -> int | None:
    """Append the body; gives the new offset, or None if another request has moved it.

    A connection that breaks off leaves what came; the bytes are on disk before the row says so. Raises Denied for more
    than the upload was said to have, and where the disk is full, or fuller than the settings allow: what is stored
    stays, and the upload may go on later.
    """
    if disk_space.shortage():
        raise Denied(NO_ROOM, 507)
    position = upload.offset
    try:
        with medium().gathering_path(upload.key).open("r+b") as file:
            file.seek(position)
            while part := _part(request):
                if position + len(part) > upload.size:
                    raise Denied(TOO_LONG, 413)
                file.write(part)
                position += len(part)
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError as error:  # it was forgotten a moment ago
        raise Denied(GONE, 410) from error
    except OSError as error:
        if disk_space.is_full(error):
            raise Denied(NO_ROOM, 507) from error
        raise
    with transaction.atomic():
        rows = Upload.objects.filter(pk=upload.pk, offset=upload.offset)
        moved = rows.update(offset=position, updated_at=timezone.now())
    return position if moved else None


def _part(request: HttpRequest) -> bytes:
    """Some of the body; nothing at its end, or where the connection broke off: what arrived is kept."""
    try:
        return request.read(COPY_BYTES)
    except UnreadablePostError:
        return b""


def _arrive_if_whole(upload: Upload) -> None:
    """Also asked by HEAD: after a crash at the last byte, a client that resumes sends nothing more."""
    if upload.offset == upload.size:
        upload.result_id = arrival.arrive(upload)


def _why_not_them(request: HttpRequest) -> str:
    """Why whoever is logged in may not send this, or ""."""
    if not isinstance(request.user, User):
        return LOGGED_OUT
    said = request.headers.get("X-For-User", "")
    return SOMEBODY_ELSE if said and said != str(request.user.pk) else ""


def _upload(request: HttpRequest, id: UUID) -> Upload | None:
    assert isinstance(request.user, User)
    return Upload.objects.filter(owner=request.user, pk=id).first()


def _state(upload: Upload, status: int) -> HttpResponse:
    headers = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}
    if upload.result_id is not None:
        headers["X-Result-Id"] = str(upload.result_id)
    return HttpResponse(status=status, headers=headers)


def _text(message: str, status: int) -> HttpResponse:
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")


def _metadata(header: str) -> dict[str, str]:
    """Pairs of a key and a base64 value, separated by commas. Raises ValueError."""
    pairs = {}
    for item in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = item.partition(" ")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError(str(error)) from error
    return pairs
