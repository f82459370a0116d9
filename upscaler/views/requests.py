"""A request whose user is known."""

from __future__ import annotations

from django.http import HttpRequest

from upscaler.models import User


def person(request: HttpRequest) -> User:
    """Who asks; the middleware has already turned strangers away."""
    assert isinstance(request.user, User)
    return request.user
