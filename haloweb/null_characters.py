"""Refuses requests with NUL characters, which PostgreSQL can't store or search for.

Django's forms refuse them; this module checks what views read from URLs, cookies and POST data.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from haloweb.body_limit import Application, Receive, Scope, Send

NUL = "\0"
SENTENCE = "The request contains a NUL character."


class NoNullInHead:
    """ASGI wrapper that answers 400 to a query or a cookie with a NUL, and closes such websockets.

    A path with one matches no route.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _has_null(scope):
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
        else:
            body = SENTENCE.encode()
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 400, "headers": headers})
            await send({"type": "http.response.body", "body": body})


class NoNullInForms:
    """Middleware that refuses forms with a NUL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST" and any(NUL in value for _, values in request.POST.lists() for value in values):
            raise BadRequest(SENTENCE)
        return self._get_response(request)


def _has_null(scope: Scope) -> bool:
    if scope["type"] not in ("http", "websocket"):
        return False
    cookies = (value for name, value in scope["headers"] if name == b"cookie")
    return b"%00" in scope["query_string"] or any(rb"\000" in cookie for cookie in cookies)
