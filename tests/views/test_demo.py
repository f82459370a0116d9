"""The clip that comes with the app: an empty library shows what it is about, and it can be tried."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.test import Client
from pytest_django import Settings

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.intake.demo_clip import CLIP
from upscaler.models import User, Video, VideoState
from upscaler.pipeline.comparison.comparison_clip import layout
from upscaler.pipeline.core.limits import Limits
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.output.output_timing import shown
from upscaler.pipeline.planning.plan import make_plan
from upscaler.pipeline.source.analyse import analyse
from upscaler.pipeline.source.probe import probe
from upscaler.publish.first_sight import first_sight

pytestmark = pytest.mark.django_db

STATIC = Path(__file__).parents[2] / "static/upscaler/demo"


def test_an_empty_library_shows_it(person_client: Client) -> None:
    page = Page(person_client.get("/"))

    assert page.text('form[action="/demo/"] button') == "Add this video to your library"
    assert page.has('main compare-player[data-of="first-sight"]')
    assert page.has('script[src*="/first-sight."]')
    assert ".mp4" in unquote(page.text("script#first-sight"))


def test_a_library_with_videos_does_not(person_client: Client, video: Video) -> None:
    assert "first-sight" not in Page(person_client.get("/")).source


def test_a_search_that_finds_nothing_does_not(person_client: Client) -> None:
    assert "first-sight" not in Page(person_client.get("/?q=nothing")).source


def test_it_is_added_as_any_upload_is(person_client: Client, person: User, enqueued: EnqueuedTasks) -> None:
    response = person_client.post("/demo/")

    video = Video.objects.get()
    assert response["Location"] == f"/videos/{video.pk}/"
    assert (video.owner, video.state, video.starts_job) == (person, VideoState.PROBING, person.auto_upscale)
    assert factories.stored(video.key) == CLIP.read_bytes()


def test_nobody_else_gets_it_and_a_visitor_has_to_log_in(
    person_client: Client, stranger_client: Client, client: Client
) -> None:
    person_client.post("/demo/")
    video = Video.objects.get()

    assert stranger_client.get(f"/videos/{video.pk}/").status_code == 404
    assert client.post("/demo/")["Location"].startswith("/log-in/")
    assert Video.objects.count() == 1
    assert person_client.get("/demo/").status_code == 405


def test_without_room_it_says_so(person_client: Client, settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, disk_floor_bytes=1 << 60)

    response = person_client.post("/demo/", follow=True)

    assert "Not enough space" in Page(response).message
    assert not Video.objects.exists()


def test_what_is_said_of_it_is_what_the_files_are() -> None:
    facts = analyse(CLIP, probe(CLIP, Limits()), Limits())
    plan = make_plan(facts, Recipe(), 4, Limits())
    said = first_sight()

    assert (said["frames"], said["rate"]) == (facts.frames, [30, 1])
    assert said["clip"]["layout"] == json.loads(json.dumps(layout(plan).to_json()))
    assert shown(STATIC / "comparison.mp4", Limits()).frames == facts.frames
    assert CLIP.stat().st_size < 300_000
    assert sum(file.stat().st_size for file in STATIC.iterdir()) < 1_800_000
