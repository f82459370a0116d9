"""The public gallery of comparisons, which the server's owner switches on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from upscaler.forms.sharing import SiteForm
from upscaler.models import Artifact, Share, SiteSettings
from upscaler.models.artifact import ArtifactKind
from upscaler.publish import share_access
from upscaler.site_urls import artifact_url
from upscaler.views.requests import person
from upscaler.views.share import behind_a_link

PAGE_SHARES = 24


@behind_a_link
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """List the comparisons in the gallery, newest first."""
    if not SiteSettings.read().shows_gallery:
        raise Http404
    splits = Prefetch("job__artifacts", Artifact.objects.filter(kind=ArtifactKind.LINK_PREVIEW), to_attr="splits")
    shares = share_access.public_shares().filter(in_gallery=True).select_related("job").prefetch_related(splits)
    page = Paginator(shares.order_by("-created_at", "pk"), PAGE_SHARES).get_page(request.GET.get("page"))
    cards = [_card(share) for share in page.object_list]
    return render(request, "upscaler/gallery.html", {"page": page, "cards": cards})


@require_POST
def site_change(request: HttpRequest) -> HttpResponse:
    """Save the settings of the whole server."""
    if not person(request).is_superuser:
        raise Http404
    form = SiteForm(request.POST, instance=SiteSettings.read())
    if form.is_valid():
        form.save()
        messages.success(request, "Saved.")
    return redirect("preferences")


def _card(share: Share) -> dict[str, Any]:
    splits = share.job.splits  # type: ignore[attr-defined]
    plan = share.job.plan
    return {
        "share": share,
        "split": artifact_url(splits[0], share) if splits else None,
        "plan": plan,
        "seconds": plan.frame_count / plan.rate,
    }
