"""Collections and saved views of the library."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from upscaler.library.collections import collection_get_or_create, collection_rename, collections_of
from upscaler.library.search import LibraryQuery
from upscaler.models import SavedView
from upscaler.pipeline.core.safe_text import one_line
from upscaler.views.requests import person

MAX_VIEWS = 50


@require_http_methods(["GET", "POST"])
def collections(request: HttpRequest) -> HttpResponse:
    """List a person's collections, with a form for a new one."""
    user = person(request)
    if request.method == "POST":
        if collection_get_or_create(user=user, name=request.POST.get("name", "")) is None:
            messages.error(request, "Enter a name for the collection.")
        return redirect("collections")
    return render(request, "upscaler/collections.html", {"collections": collections_of(user)})


@require_POST
def collection_edit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Rename a collection."""
    collection = get_object_or_404(collections_of(person(request)), pk=id)
    if not collection_rename(collection=collection, name=request.POST.get("name", "")):
        messages.error(request, "Enter a name that isn't in use.")
    return redirect("collections")


@require_POST
def collection_delete(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete a collection and keep its videos."""
    collection = get_object_or_404(collections_of(person(request)), pk=id)
    collection.delete()
    messages.success(request, f"Deleted the collection “{collection.name}”. Its videos were kept.")
    return redirect("collections")


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Save a search under a name, in place of one that has the same name."""
    user = person(request)
    name = one_line(request.POST.get("name", ""))[:60]
    query = LibraryQuery.from_query(request.POST.get("query", "")).query
    if not name:
        messages.error(request, "Enter a name for the view.")
    elif SavedView.objects.filter(owner=user).exclude(name=name).count() >= MAX_VIEWS:
        messages.error(request, f"You can save at most {MAX_VIEWS} views. Delete one first.")
    else:
        SavedView.objects.update_or_create(owner=user, name=name, defaults={"query": query})
    return _back(query)


@require_POST
def view_delete(request: HttpRequest, id: int) -> HttpResponse:
    """Delete a saved search."""
    get_object_or_404(SavedView, owner=person(request), pk=id).delete()
    return _back(LibraryQuery.from_query(request.POST.get("query", "")).query)


def _back(query: str) -> HttpResponse:
    return redirect(f"{reverse('library')}?{query}" if query else reverse("library"))
