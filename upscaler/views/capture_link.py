"""The page behind a capture link, and the uploads through it: a friend needs no account, and sees nothing else."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from upscaler.accounts.throttle import address_of, count_upload
from upscaler.forms.datasets import ContributorForm
from upscaler.intake.completion import clean_name
from upscaler.intake.tus import TusView, UploadFileView, created
from upscaler.intake.tus_headers import announced
from upscaler.intake.upload_policy import Denied, check_upload
from upscaler.models import CaptureLink, Upload, UploadPurpose
from upscaler.publish import capture_access
from upscaler.views.share import behind_a_link, unlock

LOCKED = "This link needs a password. Open its page again and enter it."
NOT_ENOUGH_LEFT = "The file is too large for what this link still accepts."
TOO_OFTEN = "Too many uploads from your address. Try again in 10 minutes."


@behind_a_link
@require_http_methods(["GET", "HEAD", "POST"])
def capture_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what to capture, and a field for files; before the password, only a form for it."""
    answer = capture_access.check(token, request.COOKIES)
    if isinstance(answer, capture_access.Unknown):
        raise Http404
    if isinstance(answer, capture_access.Closed):
        return _page(request, "capture_link_closed", {"reason": answer.reason}, status=410)
    if isinstance(answer, capture_access.Locked):
        return unlock(request, answer.link, reverse("capture-link", args=[token]))
    if request.method == "POST":
        return redirect("capture-link", token)  # it was open already, in another tab
    link = answer.link
    used = capture_access.usage(link)
    if capture_access.is_full(link, used):
        return _page(request, "capture_link_closed", {"reason": capture_access.FULL}, status=410)
    context = {
        "link": link,
        "form": ContributorForm(link=link),
        "captures_left": link.max_captures - used.captures,
        "bytes_left": min(link.max_bytes - used.bytes, settings.ENVIRONMENT.limits.max_bytes),
        "chunk_bytes": settings.UPLOAD_CHUNK_BYTES,
    }
    return _page(request, "capture_link", context)


def _page(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, f"upscaler/{name}.html", context, status=status)
    # without a referrer, the CSRF check would refuse the uploads
    response["Referrer-Policy"] = "same-origin"
    return response


class LinkTusView(TusView):
    """Uploads through a link: its gate stands before each request."""

    link: CaptureLink

    def check_access(self, request: HttpRequest, **route: object) -> None:
        """Raises Denied unless the link of the URL is open for this visitor."""
        answer = capture_access.check(str(route["token"]), request.COOKIES)
        if isinstance(answer, capture_access.Unknown):
            raise Denied("Not found.", 404)
        if isinstance(answer, capture_access.Closed):
            raise Denied(answer.reason, 410)
        if isinstance(answer, capture_access.Locked):
            raise Denied(LOCKED, 403)
        self.link = answer.link


class LinkUploadCreateView(LinkTusView):
    """Creates uploads of captures, within the limits of the link."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        size, metadata = announced(request)
        form = ContributorForm(metadata, link=self.link)
        if not form.is_valid():
            raise Denied(str(next(iter(form.errors.values()))[0]), 400)
        check_upload(user=self.link.dataset.owner, purpose=UploadPurpose.CAPTURE, size=size)
        if not count_upload(link=self.link, address=address_of(request)):
            raise Denied(TOO_OFTEN, 429)
        with transaction.atomic():
            link = CaptureLink.objects.select_for_update().get(pk=self.link.pk)
            _check_limits(link, size)
            upload = Upload.objects.create(
                owner=self.link.dataset.owner,
                purpose=UploadPurpose.CAPTURE,
                dataset=self.link.dataset,
                link=link,
                name=clean_name(metadata.get("filename", "")),
                size=size,
                contributor=form.cleaned_data["contributor"],
                map=form.cleaned_data["map"],
            )
        return created(upload, reverse("capture-link-upload", args=[token, upload.pk]))


class LinkUploadFileView(LinkTusView, UploadFileView):
    """HEAD, PATCH and DELETE of an upload through the link of the URL. Its id is known to who started it."""

    def uploads(self, request: HttpRequest) -> QuerySet[Upload]:
        return Upload.objects.filter(link=self.link)


def _check_limits(link: CaptureLink, size: int) -> None:
    """Raises Denied unless the link accepts one more capture of this size."""
    used = capture_access.usage(link)
    if capture_access.is_full(link, used):
        raise Denied(capture_access.FULL, 410)
    if used.bytes + size > link.max_bytes:
        raise Denied(NOT_ENOUGH_LEFT, 413)
