"""Decides, before a body is read, whether a connection may send parts of an upload."""

from __future__ import annotations

import re
from typing import Any

from channels.db import database_sync_to_async
from django.http import parse_cookie

from haloweb.sessions import is_logged_in
from upscaler.publish import capture_access

THROUGH_LINK = re.compile(r"/c/([^/]+)/uploads/")


async def may_upload(scope: Any) -> bool:
    """Is an ASGI connection logged in, or, for an upload through a capture link, is that link open for it?"""
    through = THROUGH_LINK.match(scope["path"])
    if through is None:
        return await is_logged_in(scope)
    cookies = parse_cookie("; ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"))
    answer = await database_sync_to_async(capture_access.check)(through[1], cookies)
    return isinstance(answer, capture_access.Open)
