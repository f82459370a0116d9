"""The page of a job that is done: its result, its receipt, and what was done."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.models import Job, JobState, User
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.recipe import Filters, Recipe

pytestmark = pytest.mark.django_db


def test_a_done_job_shows_its_result_and_its_receipt(person_client: Client, finished: Job) -> None:
    page = Page(person_client.get(f"/jobs/{finished.pk}/"))

    result, receipt = (finished.artifacts.get(kind=kind) for kind in (ArtifactKind.RESULT, ArtifactKind.RECEIPT))
    assert page.one("#result")["src"] == f"/media/{result.pk}"
    assert page.has(f'#actions a[download][href="/media/{result.pk}?download=1"]')
    assert page.has(f'#receipt a[download][href="/media/{receipt.pk}"]')
    assert page.has(f'#actions a[href="/jobs/{finished.pk}/compare/"]')
    assert "30 in, 30 out" in page.text("#receipt")
    assert "0.5 ms offset from the video" in page.text("#receipt")
    assert {"Average speed 60.0 frames/s", "Time taken 0:03"} <= set(page.texts("#figures > div"))


def test_a_result_waits_behind_a_picture_of_itself(person_client: Client, finished: Job) -> None:
    stills = {one.frame: one for one in finished.artifacts.filter(kind=ArtifactKind.STILL_AFTER)}
    assert Page(person_client.get(f"/jobs/{finished.pk}/")).one("#result")["poster"] == f"/media/{stills[20].pk}"

    finished.artifacts.filter(kind=ArtifactKind.STILL_AFTER).delete()

    assert Page(person_client.get(f"/jobs/{finished.pk}/")).has("#result:not([poster])")


def test_the_head_says_what_was_done_with_which_video(person_client: Client, finished: Job) -> None:
    page = Page(person_client.get(f"/jobs/{finished.pk}/"))

    assert page.text("title") == f"{finished.video.title}, upscaled · HaloWeb"
    assert page.text("h1") == "Upscale"
    head = page.text(".job-head .job-summary")
    assert head.startswith(f"{finished.made_with} · 64 × 48 to 256 × 192 · 30 frames")  # noqa: RUF001


def test_the_sound_is_rounded_as_in_the_log_and_the_checks(person_client: Client, finished: Job) -> None:
    receipt = finished.receipt_json or {}
    result = receipt["result"] | {"audio_shift_ms": 1.25}
    Job.objects.filter(pk=finished.pk).update(receipt_json=receipt | {"result": result})

    assert f"{1.25:.1f} ms offset from the video" in Page(person_client.get(f"/jobs/{finished.pk}/")).text("#receipt")


def test_a_result_that_browsers_do_not_play_is_shown_by_its_copy(person_client: Client, finished: Job) -> None:
    result = finished.artifacts.get(kind=ArtifactKind.RESULT)
    playable = factories.make_artifact(finished, ArtifactKind.PLAYABLE)

    page = Page(person_client.get(f"/jobs/{finished.pk}/"))

    assert page.one("#result")["src"] == f"/media/{playable.pk}"
    assert page.has(f'#actions a[download][href="/media/{result.pk}?download=1"]')
    assert "this is an H.264 copy" in page.text("#outcome")


def test_the_receipt_shows_its_checks_its_streams_and_what_went_wrong(person_client: Client, finished: Job) -> None:
    more = {
        "checks": [
            {"name": "frames", "expected": "30", "got": "30", "passed": True},
            {"name": "sound", "expected": "at most 10 ms", "got": "0.5 ms", "passed": True},
        ],
        "warnings": ["The file has a gap of 2.5 s at 0:10."],
        "streams": [{"kind": "subtitles", "codec": "subrip", "language": "deu", "said": "left out", "why": "MP4"}],
        "model": {"name": "animevideo", "sha256": "12" * 32},
    }
    Job.objects.filter(pk=finished.pk).update(receipt_json=factories.RECEIPT | more)

    page = Page(person_client.get(f"/jobs/{finished.pk}/"))

    papers = page.one("#receipt")
    assert papers.texts("tbody td:last-child") == ["Passed", "Passed"]
    for words in ("at most 10 ms", "gap of 2.5 s at 0:10", "Subtitles", "subrip, deu", "left out", "12" * 32):
        assert words in papers.text()


def test_a_receipt_of_an_older_job_has_less_in_it(person_client: Client, finished: Job) -> None:
    page = Page(person_client.get(f"/jobs/{finished.pk}/"))

    assert page.texts("#receipt h2") == ["Receipt"]
    assert not page.has("#receipt h3")


def test_what_was_done_is_said(person_client: Client, person: User) -> None:
    facts = factories.FACTS.to_json() | {
        "width": 640, "height": 480, "border": {"left": 0, "top": 30, "right": 0, "bottom": 30},
        "field_order": "tff", "fields_are": "apart", "sar": "8/9",
    }  # fmt: skip
    video = factories.make_video(person, facts_json=facts)
    recipe = Recipe(trim=(5, 25), filters=Filters(denoise="light", deflicker="on", keep_colours="off"))
    job = factories.make_job(video, recipe=recipe)

    done = person_client.get(f"/jobs/{job.pk}/").context["done"]

    assert done == [
        "Trimmed to frames 5 to 24",
        "Deinterlaced, top field first",
        "Cropped 30 px at the top and bottom",
        "Scaled 8:9 pixels to square",
        "Denoised (light)",
        "Deflickered",
    ]


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.VERIFYING])
def test_a_result_that_is_not_published_is_not_shown(person_client: Client, finished: Job, state: JobState) -> None:
    Job.objects.filter(pk=finished.pk).update(state=state)

    response = person_client.get(f"/jobs/{finished.pk}/")

    assert (response.context["result_url"], response.context["receipt_url"]) == (None, None)
    assert not Page(response).has(f'a[href="/jobs/{finished.pk}/compare/"]')


def test_a_job_of_an_older_version_does_not_claim_what_it_did_not_do(person_client: Client, person: User) -> None:
    facts = factories.FACTS.to_json() | {"border": {"left": 0, "top": 4, "right": 0, "bottom": 4}, "field_order": "tff"}
    job = factories.make_job(factories.make_video(person, facts_json=facts | {"fields_are": "apart"}))
    kept = [step for step in job.plan_json["steps"] if step["name"] not in ("crop", "bwdif")]
    Job.objects.filter(pk=job.pk).update(plan_json=job.plan_json | {"steps": kept})

    done = person_client.get(f"/jobs/{job.pk}/").context["done"]

    assert done == ["Kept the original's colours"]
