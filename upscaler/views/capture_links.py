"""The capture links of a dataset: its owner creates and revokes them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from upscaler.models import CaptureLink
from upscaler.publish.capture_links import capture_link_create, capture_link_revoke
from upscaler.selectors.datasets import dataset_get
from upscaler.views.dataset_page import dataset_page, new_link_form
from upscaler.views.requests import person


@require_POST
def capture_link_new(request: HttpRequest, id: UUID) -> HttpResponse:
    """Create a link by which friends add captures to a dataset."""
    dataset = dataset_get(user=person(request), id=id)
    form = new_link_form(request.POST)
    if not form.is_valid():
        return dataset_page(request, dataset, form, status=400)
    capture_link_create(dataset=dataset, user=person(request), terms=form.terms())
    return redirect(f"{reverse('dataset', args=[dataset.pk])}#links")


@require_POST
def capture_link_end(request: HttpRequest, id: UUID) -> HttpResponse:
    """Revoke a link."""
    link = CaptureLink.objects.filter(dataset__owner=person(request), pk=id).first()
    if link is None:
        raise Http404
    capture_link_revoke(link=link)
    messages.success(request, "Link revoked.")
    return redirect("dataset", link.dataset_id)
