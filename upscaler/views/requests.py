"""Requests of people who are logged in."""

from __future__ import annotations

from django.http import HttpRequest

from upscaler.models import User


def person(request: HttpRequest) -> User:
    """Return the account that a request comes from; the middleware has already refused all others."""
    assert isinstance(request.user, User)
    return request.user
