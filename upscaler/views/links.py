"""The share links of a comparison: its owner creates, changes and revokes them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from upscaler.forms.sharing import ShareForm
from upscaler.models import Job, JobState, Share, SiteSettings
from upscaler.publish import embeds, shares
from upscaler.selectors.jobs import job_get
from upscaler.views.requests import person


def panel(request: HttpRequest, job: Job) -> dict[str, Any]:
    """Return the context of parts/links.html: the links that aren't revoked, and the form of a new one."""
    has_gallery = SiteSettings.read().shows_gallery
    new_share = Share(shows_progress=job.state != JobState.DONE)
    frame = embeds.frame_for(job.plan.output)
    links = job.shares.filter(revoked_at__isnull=True)
    return {
        "links": [_row(request, job, share, frame, has_gallery=has_gallery) for share in links],
        "new_link": ShareForm(instance=new_share, auto_id="new-link-%s", has_gallery=has_gallery),
        "has_gallery": has_gallery,
    }


@require_POST
def share_create(request: HttpRequest, id: UUID) -> HttpResponse:
    """Create a link to a comparison."""
    job = job_get(user=person(request), id=id)
    form = ShareForm(request.POST, has_gallery=SiteSettings.read().shows_gallery)
    if not form.is_valid():
        return _show_errors(request, job, form)
    if shares.share_create(job=job, user=person(request), terms=form.terms()) is None:
        messages.error(request, "This job isn't done. Select “Show progress while rendering” to share it now.")
    elif job.state != JobState.DONE:
        messages.success(request, "Link created.")
    return _back(job)


@require_POST
def share_change(request: HttpRequest, id: UUID) -> HttpResponse:
    """Change the terms of a link."""
    share = _share_get(request, id)
    form = ShareForm(request.POST, instance=share, has_gallery=SiteSettings.read().shows_gallery)
    if not form.is_valid():
        return _show_errors(request, share.job, form)
    if shares.share_change(share=share, terms=form.terms()):
        messages.success(request, "Link changed.")
    else:
        messages.info(request, "The link was already revoked.")
    return _back(share.job)


@require_POST
def share_revoke(request: HttpRequest, id: UUID) -> HttpResponse:
    """Revoke a link."""
    share = _share_get(request, id)
    shares.share_revoke(share=share)
    messages.success(request, "Link revoked.")
    return _back(share.job)


def _row(request: HttpRequest, job: Job, share: Share, frame: embeds.Frame, *, has_gallery: bool) -> dict[str, Any]:
    can_be_embedded = not share.password and not share.is_over and job.state == JobState.DONE
    address = request.build_absolute_uri(reverse("share-embed", args=[share.token]))
    return {
        "share": share,
        "url": request.build_absolute_uri(reverse("share", args=[share.token])),
        "status": _status(share, job, has_gallery=has_gallery),
        "embed": embeds.snippet(address, share.shown_title, frame) if can_be_embedded else "",
        "form": ShareForm(instance=share, auto_id=f"link-{share.pk}-%s", has_gallery=has_gallery),
    }


def _status(share: Share, job: Job, *, has_gallery: bool) -> str:
    """Return what visitors of the link see now."""
    if share.is_over:
        return "Expired"
    if job.state != JobState.DONE and not share.shows_progress:
        return "Shows nothing until the job is done"
    shown = "Shows the comparison" if job.state == JobState.DONE else "Shows progress"
    if share.password:
        return f"{shown} to anyone with the password"
    is_listed = has_gallery and share.in_gallery and job.state == JobState.DONE
    return f"{shown} to everyone, in the public gallery" if is_listed else f"{shown} to anyone with the link"


def _share_get(request: HttpRequest, id: UUID) -> Share:
    """Return a link. Raises Http404 unless its video is the person's own and not in the trash."""
    own_shares = Share.objects.select_related("job").filter(
        job__video__owner=person(request), job__video__trashed_at=None
    )
    share = own_shares.filter(pk=id).first()
    if share is None:
        raise Http404
    return share


def _show_errors(request: HttpRequest, job: Job, form: ShareForm) -> HttpResponse:
    for name, errors in form.errors.items():
        field = form.fields.get(name)
        messages.error(request, f"{field.label}: {errors[0]}" if field else str(errors[0]))
    return _back(job)


def _back(job: Job) -> HttpResponse:
    """Redirect to the comparison, which redirects to the job while it isn't done."""
    return redirect("compare", job.pk)
