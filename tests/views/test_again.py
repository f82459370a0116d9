"""A job's settings in the form of its video's page, to be run again with others."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.models import Encoder, Job, User, Video
from upscaler.pipeline.core.recipe import Filters, Recipe

pytestmark = pytest.mark.django_db


def fields_of(client: Client, job: Job) -> dict[str, Any]:
    """What the form would send as it is shown."""
    form = client.get(f"/videos/{job.video_id}/?from={job.pk}").context["form"]
    values = {field.name: field.value() for field in form}
    return {name: value for name, value in values.items() if value not in (None, "")}


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(height=720, preset="prores"),
        Recipe(scale=Fraction(2), precision="fp32", trim=(3, 20)),
        Recipe(filters=Filters(crop="0:4:2:6", aspect="5:4", rate="24000/1001", denoise="strong", deflicker="on")),
        Recipe(filters=Filters(rate="60"), trim=(10, 60)),
        Recipe(filters=Filters(rate="12"), trim=(5, 12)),
        Recipe(filters=Filters(rate="25/2", deinterlace="field", aspect="16:9", crop="off"), trim=(4, 5)),
    ],
    ids=str,
)
def test_the_same_settings_are_the_same_recipe(person_client: Client, video: Video, recipe: Recipe) -> None:
    job = factories.make_job(video, recipe=recipe)

    response = person_client.post(f"/videos/{video.pk}/jobs/", fields_of(person_client, job))

    again = Job.objects.exclude(pk=job.pk).get()
    assert response["Location"] == f"/jobs/{again.pk}/"
    assert (again.recipe, again.model) == (job.recipe, job.model)


def test_the_page_says_whose_settings_these_are_and_opens_the_filters(person_client: Client, video: Video) -> None:
    job = factories.make_job(video, recipe=Recipe(filters=Filters(denoise="light")))

    page = Page(person_client.get(f"/videos/{video.pk}/?from={job.pk}"))

    link = f'#upscale .help a[href="/jobs/{job.pk}/"]'
    assert page.has(link)
    assert page.has("#filters[open]")
    plain = Page(person_client.get(f"/videos/{video.pk}/"))
    assert not plain.has(link)
    assert not plain.has("#filters[open]")


def test_a_format_that_can_not_be_made_any_more_is_not_chosen(person_client: Client, video: Video) -> None:
    job = factories.make_job(video, recipe=Recipe(preset="prores"))
    Encoder.objects.create(name="prores_ks", works=False, reason="It is gone.")

    assert fields_of(person_client, job)["preset"] == "h264"


def test_only_a_job_of_this_video_is_followed(
    person_client: Client, stranger_client: Client, person: User, job: Job
) -> None:
    other = factories.make_video(person)

    for url in (f"/videos/{other.pk}/?from={job.pk}", *(f"/videos/{job.video_id}/?from={id}" for id in (uuid4(), "x"))):
        assert person_client.get(url).status_code == 404
    assert stranger_client.get(f"/videos/{job.video_id}/?from={job.pk}").status_code == 404
