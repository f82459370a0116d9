"""Media is an ASGI application of its own: tests ask it as a browser would."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import Client

from haloweb.asgi import application
from tests import factories
from upscaler.models import Artifact, Job, Share, SiteSettings, User, Video
from upscaler.models.artifact import ArtifactKind

Ask = Callable[..., Coroutine[Any, Any, httpx.Response]]


def browser(cookies: dict[str, str] | None = None) -> Ask:
    async def ask(url: str, method: str = "GET", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(application)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", cookies=cookies) as client:
            return await client.request(method, url, headers=said)

    return ask


def logged_in(user: User) -> Ask:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return browser({name: client.cookies[name].value})


@pytest.fixture
def as_person(transactional_db: None, person: User) -> Ask:
    return logged_in(person)


@pytest.fixture
def as_stranger(transactional_db: None, stranger: User) -> Ask:
    return logged_in(stranger)


@pytest.fixture
def as_visitor(transactional_db: None) -> Ask:
    """Not logged in."""
    return browser()


@pytest.fixture
def finished(transactional_db: None, video: Video) -> Job:
    return factories.make_finished_job(video)


@pytest.fixture
def result(finished: Job) -> Artifact:
    """The file of it is b"0123456789"."""
    return finished.artifacts.get(kind=ArtifactKind.RESULT)


@pytest.fixture
def share(finished: Job) -> Share:
    return factories.make_share(finished)


@pytest.fixture
def files(finished: Job) -> dict[str, str]:
    """The id of one file of each kind, of the job and of its video."""
    artifacts = [*finished.artifacts.all(), *finished.video.artifacts.all()]
    return {artifact.kind: str(artifact.pk) for artifact in artifacts}


@pytest.fixture
def full_share(finished: Job) -> Share:
    """Of a job with everything that there can be, in the gallery."""
    for kind in (ArtifactKind.PLAYABLE, ArtifactKind.SOURCE_CLIP, ArtifactKind.COMPARISON_CLIP):
        factories.make_artifact(finished, kind)
    for frame in (5, 20):
        factories.make_artifact(finished, ArtifactKind.PNG_BEFORE, frame=frame)
        factories.make_artifact(finished, ArtifactKind.PNG_AFTER, frame=frame)
    factories.make_artifact(finished, ArtifactKind.LINK_PREVIEW, width=1200, height=630, frame=5)
    SiteSettings.objects.create(pk=1, shows_gallery=True)
    return Share.objects.create(
        job=finished, created_by=finished.video.owner, in_gallery=True, title="Warthog run", note="From 2003."
    )
