"""A comparison's links, for its owner: made, changed, taken back."""

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
    """What parts/links.html shows: the links that were not revoked, and the form of a new one."""
    has_gallery = SiteSettings.read().shows_gallery
    usual = Share(shows_progress=job.state != JobState.DONE)
    frame = embeds.frame_for(job.plan.output)
    held = job.shares.filter(revoked_at__isnull=True)
    return {
        "links": [_row(request, job, share, frame, has_gallery=has_gallery) for share in held],
        "new_link": ShareForm(instance=usual, auto_id="new-link-%s", has_gallery=has_gallery),
        "has_gallery": has_gallery,
    }


@require_POST
def share_create(request: HttpRequest, id: UUID) -> HttpResponse:
    """Make a link to a comparison."""
    job = job_get(user=person(request), id=id)
    form = ShareForm(request.POST, has_gallery=SiteSettings.read().shows_gallery)
    if not form.is_valid():
        return _not_taken(request, job, form)
    if shares.share_create(job=job, user=person(request), terms=form.terms()) is None:
        reason = "There is nothing to share before the job is done"
        messages.error(request, f"{reason}, unless it may be watched while it renders.")
    elif job.state != JobState.DONE:
        messages.success(request, "The link is made; it stands under Links.")
    return _back(job)


@require_POST
def share_change(request: HttpRequest, id: UUID) -> HttpResponse:
    """Say something else of a link."""
    share = _share_get(request, id)
    form = ShareForm(request.POST, instance=share, has_gallery=SiteSettings.read().shows_gallery)
    if not form.is_valid():
        return _not_taken(request, share.job, form)
    if shares.share_change(share=share, terms=form.terms()):
        messages.success(request, "The link is changed.")
    else:
        messages.info(request, "The link had been taken back already.")
    return _back(share.job)


@require_POST
def share_revoke(request: HttpRequest, id: UUID) -> HttpResponse:
    """Take a link back."""
    share = _share_get(request, id)
    shares.share_revoke(share=share)
    messages.success(request, "The link no longer works.")
    return _back(share.job)


def _row(request: HttpRequest, job: Job, share: Share, frame: embeds.Frame, *, has_gallery: bool) -> dict[str, Any]:
    can_be_embedded = not share.password and not share.is_over and job.state == JobState.DONE
    address = request.build_absolute_uri(reverse("share-embed", args=[share.token]))
    return {
        "share": share,
        "url": request.build_absolute_uri(reverse("share", args=[share.token])),
        "says": _in_words(share, job, has_gallery=has_gallery),
        "embed": embeds.snippet(address, share.shown_title, frame) if can_be_embedded else "",
        "form": ShareForm(instance=share, auto_id=f"link-{share.pk}-%s", has_gallery=has_gallery),
    }


def _in_words(share: Share, job: Job, *, has_gallery: bool) -> str:
    """What whoever has the link meets now."""
    if share.is_over:
        return "Over: shows nothing any more"
    if job.state != JobState.DONE and not share.shows_progress:
        return "Shows nothing until the job is done"
    shown = "Shows the comparison" if job.state == JobState.DONE else "Shows how far it is"
    if share.password:
        return f"{shown} to whoever knows the password"
    is_listed = has_gallery and share.in_gallery and job.state == JobState.DONE
    return f"{shown} to everybody, also in the gallery" if is_listed else f"{shown} to whoever has it"


def _share_get(request: HttpRequest, id: UUID) -> Share:
    """Raises Http404 unless it exists, is of the person's own job, and this is not in the trash."""
    mine = Share.objects.select_related("job").filter(job__video__owner=person(request), job__video__trashed_at=None)
    share = mine.filter(pk=id).first()
    if share is None:
        raise Http404
    return share


def _not_taken(request: HttpRequest, job: Job, form: ShareForm) -> HttpResponse:
    for name, errors in form.errors.items():
        field = form.fields.get(name)
        messages.error(request, f"{field.label}: {errors[0]}" if field else str(errors[0]))
    return _back(job)


def _back(job: Job) -> HttpResponse:
    """To the comparison; before there is one, that leads to the job."""
    return redirect("compare", job.pk)
