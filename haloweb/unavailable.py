"""Answers 503 with a sentence if the database is locked or unreachable, or the disk can't be used."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import loader
from django.utils.log import log_response
from django.views.defaults import server_error

from haloweb.body_limit import Application, Message, Receive, Scope, Send

DISK = frozenset({errno.EROFS, errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.ESTALE, errno.ENOTCONN})
"""Errors of a disk that is full, mounted read-only, broken, or on an unreachable network."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trouble:
    """A temporary failure, as the response describes it."""

    sentence: str
    retry_seconds: int


DATABASE = Trouble("The server's database is busy or not responding. Try again in a moment.", 10)


def trouble_of(error: BaseException | None) -> Trouble | None:
    """Return the temporary failure that an error means; None if it means none."""
    if isinstance(error, OperationalError | InterfaceError):
        return DATABASE
    if isinstance(error, OSError) and error.errno in DISK:
        return Trouble(f"The server can't use its disk ({error.strerror}). Try again in a few minutes.", 60)
    return None


class UnavailableMiddleware:
    """Middleware for exceptions of views. It logs them in one line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        trouble = trouble_of(exception)
        if trouble is None:
            return None
        response = _answer(request, trouble)
        line = (request.method, request.path, exception)
        log_response("%s %s: %s", *line, response=response, request=request, logger=logger, level="warning")
        return response


def handler500(request: HttpRequest) -> HttpResponseBase:
    """Answer exceptions outside views, which Django logs itself."""
    trouble = trouble_of(sys.exc_info()[1])
    return _answer(request, trouble) if trouble else server_error(request)


class Unavailable:
    """ASGI wrapper for applications beside Django."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_answered = False

        async def answer(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._application(scope, receive, answer)
        except (OperationalError, InterfaceError, OSError) as error:
            trouble = trouble_of(error)
            if trouble is None or is_answered or scope["type"] != "http":
                raise
            logger.warning("%s %s: %s", scope["method"], scope["path"], error)
            body = trouble.sentence.encode()
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"retry-after", str(trouble.retry_seconds).encode()),
                (b"cache-control", b"no-store"),
            ]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": body})


def _answer(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    if request.get_preferred_type(["text/plain", "text/html"]) == "text/html":
        page = loader.render_to_string(
            "503.html", {"sentence": trouble.sentence}
        )  # without the request, whose user needs the database
        response = HttpResponse(page, status=503)
    else:
        response = HttpResponse(trouble.sentence, status=503, content_type="text/plain; charset=utf-8")
    response["Retry-After"] = str(trouble.retry_seconds)
    response["Cache-Control"] = "no-store"
    return response
