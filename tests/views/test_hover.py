"""Cards play the sweep of the newest result; it is its owner's alone."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.models import Video
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.downloads import SHARED_KINDS, SHARED_OF_VIDEO, SHARED_WHILE_RENDERED

pytestmark = pytest.mark.django_db


def test_a_card_names_the_sweep_of_the_newest_result(person_client: Client, video: Video) -> None:
    older, newer = (factories.make_artifact(factories.make_job(video), ArtifactKind.HOVER_CLIP) for _ in range(2))
    factories.make_job(video)

    page = Page(person_client.get("/"))

    assert page.one(".card [data-hover]")["data-hover"] == f"/media/{newer.pk}"
    assert str(older.pk) not in page.source
    assert newer.content_type == "video/mp4"


def test_a_card_without_a_result_plays_nothing(person_client: Client, video: Video) -> None:
    page = Page(person_client.get("/"))
    assert page.has(".card")
    assert not page.has("[data-hover]")


def test_no_link_gives_it() -> None:
    assert ArtifactKind.HOVER_CLIP not in (*SHARED_KINDS, *SHARED_OF_VIDEO, *SHARED_WHILE_RENDERED)
