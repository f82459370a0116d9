"""The page of a dataset, which several views show."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from upscaler.forms.datasets import CaptureLinkForm
from upscaler.live.snapshots import dataset_snapshot
from upscaler.models import CaptureLink, Dataset
from upscaler.publish import capture_access
from upscaler.selectors.coverage import coverage_of
from upscaler.selectors.leaks import leak_report

CAPTURES_PER_PAGE = 50


def new_link_form(data: QueryDict | None = None) -> CaptureLinkForm:
    return CaptureLinkForm(data, auto_id="new-link-%s")


def dataset_page(request: HttpRequest, dataset: Dataset, link_form: CaptureLinkForm, status: int = 200) -> HttpResponse:
    """Show a dataset's page, with this form of a new link."""
    listed = Paginator(dataset.captures.order_by("-created_at", "pk"), CAPTURES_PER_PAGE)
    context: dict[str, Any] = {
        "dataset": dataset,
        "captures": listed.get_page(request.GET.get("page")),
        "coverage": coverage_of(dataset),
        "leaks": leak_report(dataset),
        "snapshot": dataset_snapshot(dataset),
        "link_form": link_form,
        "links": [_row(request, link) for link in dataset.links.filter(revoked_at__isnull=True)],
    }
    return render(request, "upscaler/dataset.html", context, status=status)


def _row(request: HttpRequest, link: CaptureLink) -> dict[str, Any]:
    used = capture_access.usage(link)
    return {
        "link": link,
        "url": request.build_absolute_uri(reverse("capture-link", args=[link.token])),
        "used": used,
        "is_full": capture_access.is_full(link, used),
    }
