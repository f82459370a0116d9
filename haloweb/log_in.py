"""Redirects visitors to the log-in page; scripts, which can't follow there, get 401."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import resolve_url

LOGGED_OUT = "You're logged out."


class LogInRequired(LoginRequiredMiddleware):
    """Answers 401 to htmx, which then opens the log-in page, and to requests for JSON."""

    def handle_no_permission(  # type: ignore[override]  # Django knows redirects only
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(LOGGED_OUT, status=401, headers={"HX-Redirect": _way_back(request)})
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            return JsonResponse({"error": LOGGED_OUT}, status=401)
        return super().handle_no_permission(request, view_func)


def _way_back(request: HttpRequest) -> str:
    """Return the URL of the log-in page that leads back to the open page; htmx requests only a part of one."""
    try:
        page = urlsplit(request.headers.get("HX-Current-URL", "/"))
    except ValueError:
        page = urlsplit("/")
    address = urlunsplit(("", "", page.path, page.query, ""))
    return redirect_to_login(address, resolve_url(settings.LOGIN_URL)).url
