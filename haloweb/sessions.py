"""The accounts of sessions, for code outside Django's middleware."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie

from upscaler.models import User


def user_of_session(key: str | None) -> User | None:
    """Return the account of a session; None if it is inactive, or has changed its password since."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


async def is_logged_in(scope: Any) -> bool:
    """Has an ASGI connection the cookie of a session that is logged in?"""
    cookies = "; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie")
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    return bool(key) and await database_sync_to_async(user_of_session)(key) is not None
