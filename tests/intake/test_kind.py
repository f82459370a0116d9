"""What a clip is goes with its upload, and decides the first job's filters."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from tests.intake.tus import begin, create, patch
from upscaler.models import Job, Upload, User, Video
from upscaler.pipeline.planning.clip_profiles import CLIP_PROFILES, OTHER

pytestmark = pytest.mark.django_db


def test_it_is_kept_from_the_first_byte_to_the_video(person_client: Client, enqueued: EnqueuedTasks) -> None:
    url = begin(person_client, size=3, kind="halo-2")
    assert Upload.objects.get().kind == "halo-2"

    patch(person_client, url, b"abc", 0)

    assert Video.objects.get().kind == "halo-2"


def test_without_a_word_it_is_what_the_person_mostly_has(person_client: Client, person: User) -> None:
    begin(person_client)
    User.objects.filter(pk=person.pk).update(default_kind="halo-ce")
    begin(person_client)

    assert list(Upload.objects.order_by("created_at").values_list("kind", flat=True)) == [OTHER, "halo-ce"]


def test_a_kind_that_there_is_not_is_refused(person_client: Client) -> None:
    response = create(person_client, kind="halo-infinite")

    assert (response.status_code, Upload.objects.count()) == (400, 0)
    assert response.text == "Unknown kind of video."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", list(CLIP_PROFILES))
def test_the_first_job_has_its_filters(
    person_client: Client, person: User, enqueued: EnqueuedTasks, tmp_path: Path, kind: str
) -> None:
    factories.builtin_model()
    person.default_height = 480
    person.save()
    content = make_clip(tmp_path / "clip.avi", frames=10).read_bytes()
    patch(person_client, begin(person_client, size=len(content), kind=kind), content, 0)

    enqueued.run("take_in_video")

    recipe = Job.objects.get().recipe
    assert recipe.filters == CLIP_PROFILES[kind].filters
    assert recipe.height == 480, "what the person prefers holds beside it"


def test_the_form_of_its_page_begins_with_them(person_client: Client, person: User) -> None:
    video = factories.make_video(person, kind="halo-2")

    form = person_client.get(f"/videos/{video.pk}/").context["form"]

    assert (form["denoise"].value(), form["aspect"].value(), form["deinterlace"].value()) == ("medium", "4:3", "auto")
    assert form.filters_chosen
