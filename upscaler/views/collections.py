"""Collections and saved views: ways into the library that a person made."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from upscaler.library.collections import collection_get_or_create, collection_rename, collections_of
from upscaler.library.search import Wanted
from upscaler.models import SavedView
from upscaler.pipeline.core.printable import one_line
from upscaler.views.requests import person

MOST_VIEWS = 50


@require_http_methods(["GET", "POST"])
def collections(request: HttpRequest) -> HttpResponse:
    """All of a person's, and a form for another one."""
    user = person(request)
    if request.method == "POST":
        if collection_get_or_create(user=user, name=request.POST.get("name", "")) is None:
            messages.error(request, "A collection needs a name.")
        return redirect("collections")
    return render(request, "upscaler/collections.html", {"collections": collections_of(user)})


@require_POST
def collection_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give a collection another name."""
    found = get_object_or_404(collections_of(person(request)), pk=id)
    if not collection_rename(collection=found, name=request.POST.get("name", "")):
        messages.error(request, "A collection needs a name that no other has.")
    return redirect("collections")


@require_POST
def collection_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Remove a collection; its videos stay."""
    found = get_object_or_404(collections_of(person(request)), pk=id)
    found.delete()
    messages.success(request, f"The collection “{found.name}” is gone; its videos are where they were.")
    return redirect("collections")


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep a search under a name; one of the same name is replaced."""
    user = person(request)
    name = one_line(request.POST.get("name", ""))[:60]
    query = Wanted.from_query(request.POST.get("query", "")).query
    if not name:
        messages.error(request, "A view needs a name.")
    elif SavedView.objects.filter(owner=user).exclude(name=name).count() >= MOST_VIEWS:
        messages.error(request, f"{MOST_VIEWS} views are the most; delete one that you don't use.")
    else:
        SavedView.objects.update_or_create(owner=user, name=name, defaults={"query": query})
    return _back(query)


@require_POST
def view_delete(request: HttpRequest, id: int) -> HttpResponse:
    """Forget a saved search."""
    get_object_or_404(SavedView, owner=person(request), pk=id).delete()
    return _back(Wanted.from_query(request.POST.get("query", "")).query)


def _back(query: str) -> HttpResponse:
    return redirect(f"{reverse('library')}?{query}" if query else reverse("library"))
