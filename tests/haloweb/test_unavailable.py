"""While the database is locked or the disk can't be written to, a page says so and asks for another try."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import httpx
import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from haloweb.body_limit import Receive, Scope, Send
from haloweb.unavailable import DATABASE, Unavailable
from tests.page import Page
from tests.read_only import read_only
from upscaler.models import Upload

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "10"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL locks rows")
def test_a_locked_database_is_no_fault_of_the_server(person_client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = person_client.post("/collections/", {"name": "Red versus Blue"}, headers=BROWSER)
        told = person_client.post("/uploads/", headers=TUS)
    finally:
        other.close()

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer["Content-Type"].startswith("text/html")
    assert Page(answer).text("main .lead") == DATABASE.sentence
    assert (told.status_code, told.text) == (503, DATABASE.sentence)
    assert told["Cache-Control"] == "no-store"
    connection.close()


@pytest.mark.django_db
def test_a_disk_that_is_read_only_is_said(person_client: Client, settings: Settings) -> None:
    with read_only(Path(settings.MEDIA_ROOT)):
        told = person_client.post("/uploads/", headers=TUS)

    assert (told.status_code, told["Retry-After"]) == (503, "60")
    assert told.text == "The server can't use its disk (Read-only file system). Try again in a few minutes."
    Upload.objects.all().delete()
    assert person_client.post("/uploads/", headers=TUS).status_code == 201


@pytest.mark.django_db
@pytest.mark.expects_errors
def test_a_database_that_is_away_before_a_view_is_asked(person_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    person_client.raise_request_exception = False

    assert person_client.get("/", headers=BROWSER).status_code == 503
    assert person_client.get("/library.json").text == DATABASE.sentence


@pytest.mark.django_db
@pytest.mark.expects_errors
def test_what_does_not_pass_is_still_an_error(person_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    person_client.raise_request_exception = False
    for error in (ValueError("a bug"), FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))):

        def fails(*_: object, _error: Exception = error, **__: object) -> None:
            raise _error

        monkeypatch.setattr("upscaler.views.workers.render", fails)
        response = person_client.get("/workers/")
        assert response.status_code == 500
        assert Page(response).text("h1") == "Something went wrong"


async def ask(error: Exception, *, late: bool = False) -> httpx.Response:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if late:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    transport = httpx.ASGITransport(Unavailable(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/media/1")


async def test_what_is_beside_django_says_it_too() -> None:
    locked = await ask(OperationalError("database is locked"))
    broken = await ask(OSError(errno.EIO, "Input/output error"))

    assert (locked.status_code, locked.text, locked.headers["retry-after"]) == (503, DATABASE.sentence, "10")
    assert (broken.status_code, broken.headers["retry-after"]) == (503, "60")
    for error, late in (
        (ValueError("a bug"), False),
        (OSError(errno.ENOENT, "gone"), False),
        (OperationalError(), True),
    ):
        with pytest.raises(type(error)):
            await ask(error, late=late)
