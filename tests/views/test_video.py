"""A video's page: its states, its jobs, a new job, the end of it."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from tests import factories
from tests.fakes import EnqueuedTasks
from tests.page import Page
from upscaler.live import log
from upscaler.models import Artifact, Event, Job, JobState, ModelState, Part, UpscaleModel, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db

RECIPE = {"preset": "h264", "size": ""}


@pytest.mark.parametrize("state", VideoState)
def test_the_page_says_where_the_video_is(person_client: Client, person: User, state: VideoState) -> None:
    is_ready = state == VideoState.READY
    error = "This file holds sound but no picture." if state == VideoState.REFUSED else ""
    facts = factories.FACTS.to_json() if is_ready else None
    video = factories.make_video(person, state=state, error=error, facts_json=facts)

    page = Page(person_client.get(f"/videos/{video.pk}/"))

    assert page.text("h1") == video.title
    assert page.text(f'.state[data-state="{state}"] .label') == state.label
    outcome = page.one("#outcome")
    assert error in outcome.text()
    is_measured = state in (VideoState.READY, VideoState.REFUSED, VideoState.JOINING, VideoState.FETCHING)
    assert ("HaloWeb is analysing every frame" in outcome.text()) is not is_measured
    assert ("HaloWeb is joining the parts" in outcome.text()) is (state == VideoState.JOINING)
    assert outcome.has(f'form[action="/videos/{video.pk}/jobs/"]') is is_ready


def test_a_ready_video_shows_what_it_is(person_client: Client, video: Video) -> None:
    page = Page(person_client.get(f"/videos/{video.pk}/"))

    for words in ("64x48", "30 at 30 per second", "mpeg4 in avi", "44.1 kHz, mono", video.original_name):
        assert words in page.text(".video-facts .facts")


def test_it_plays_once_there_is_a_copy_that_browsers_play(person_client: Client, video: Video) -> None:
    poster = factories.make_artifact(video, ArtifactKind.POSTER)
    page = Page(person_client.get(f"/videos/{video.pk}/"))
    assert "HaloWeb is creating a copy that browsers can play" in page.text("#viewer")
    assert not page.has("#viewer video")

    proxy = factories.make_artifact(video, ArtifactKind.PROXY)

    player = Page(person_client.get(f"/videos/{video.pk}/")).one("#viewer video")
    assert (player["src"], player["poster"]) == (f"/media/{proxy.pk}", f"/media/{poster.pk}")


@pytest.mark.parametrize("state", JobState)
def test_its_jobs_are_listed_in_any_state(person_client: Client, video: Video, state: JobState) -> None:
    job = factories.make_job(video, state=state)

    row = Page(person_client.get(f"/videos/{video.pk}/")).one(f"#jobs #job-{job.pk}")

    assert state.label in row.text(f'.state[data-state="{state}"]')
    assert row.one("a")["href"] == f"/jobs/{job.pk}/{'compare/' if state == JobState.DONE else ''}"


def test_its_status_is_for_pages_without_a_websocket(
    person_client: Client, stranger_client: Client, rendering: Job
) -> None:
    url = f"/videos/{rendering.video_id}/status.json"

    status = person_client.get(url).json()

    assert (status["kind"], status["state"], status["is_final"]) == ("snapshot", "ready", True)
    assert (status["job"]["id"], status["job"]["frame"]) == (str(rendering.pk), 12)
    assert stranger_client.get(url).status_code == 404


def test_a_job_is_started_with_what_was_chosen(
    person_client: Client,
    video: Video,
    nearest: UpscaleModel,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = person_client.post(
            f"/videos/{video.pk}/jobs/", {"model": str(nearest.pk), "preset": "h264-high", "size": "480p"}
        )

    job = Job.objects.get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert (job.video, job.model, job.state, job.frames_total) == (video, nearest, JobState.QUEUED, 30)
    assert (job.recipe.preset, job.recipe.height, job.plan.output.height) == ("h264-high", 480, 480)
    assert job.segments.count() == 1
    assert enqueued.names == ["render"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"preset": "lossless-8k"}, "preset"),
        ({"size": "17p"}, "size"),
        ({"precision": "fp8"}, "precision"),
        ({"model": "x"}, "model"),
        ({"model": ""}, "model"),
    ],
)
def test_a_recipe_that_does_not_exist_is_answered_on_the_page(
    person_client: Client, video: Video, nearest: UpscaleModel, wrong: dict[str, str], field: str
) -> None:
    response = person_client.post(f"/videos/{video.pk}/jobs/", RECIPE | {"model": str(nearest.pk)} | wrong)

    assert response.status_code == 400
    assert response.context["form"].errors.keys() == {field}
    assert Page(response).text(f"#id_{field}_error") == response.context["form"].errors[field][0]
    assert Job.objects.count() == 0


def test_a_result_that_would_be_too_large_is_answered_with_a_sentence(person_client: Client, person: User) -> None:
    wide = factories.make_video(person, facts_json=factories.FACTS.to_json() | {"width": 4000})
    model = factories.nearest_model()

    response = person_client.post(f"/videos/{wide.pk}/jobs/", RECIPE | {"model": str(model.pk)})

    assert response.status_code == 400
    assert "Choose a model with a smaller scale" in Page(response).text('#upscale [role="alert"]')
    assert Job.objects.count() == 0


def test_a_job_on_a_video_that_is_not_ready_is_refused(
    person_client: Client, person: User, nearest: UpscaleModel
) -> None:
    video = factories.make_video(person, state=VideoState.ANALYSING, facts_json=None)

    response = person_client.post(f"/videos/{video.pk}/jobs/", RECIPE | {"model": str(nearest.pk)})

    assert response.status_code == 400
    assert "still being analysed" in str(response.context["form"].non_field_errors())
    assert Job.objects.count() == 0


def test_weights_that_were_refused_can_not_be_chosen(person_client: Client, video: Video) -> None:
    refused = factories.make_model(state=ModelState.REFUSED)

    response = person_client.post(f"/videos/{video.pk}/jobs/", RECIPE | {"model": str(refused.pk)})

    assert response.status_code == 400
    assert refused.name not in Page(person_client.get(f"/videos/{video.pk}/")).texts("#upscale [name=model] option")


def test_the_form_begins_with_what_the_person_prefers(person_client: Client, person: User, video: Video) -> None:
    chosen = factories.make_model()
    person.default_model, person.default_preset, person.default_height = chosen, "h264-high", 960
    person.save()

    form = person_client.get(f"/videos/{video.pk}/").context["form"]

    assert [form[name].initial for name in ("model", "preset", "size")] == [chosen.pk, "h264-high", "960p"]


def test_a_stranger_starts_no_job(stranger_client: Client, video: Video, nearest: UpscaleModel) -> None:
    response = stranger_client.post(f"/videos/{video.pk}/jobs/", RECIPE | {"model": str(nearest.pk)})

    assert (response.status_code, Job.objects.count()) == (404, 0)


@pytest.mark.django_db(transaction=True)
def test_a_video_that_is_deleted_from_the_trash_takes_everything_with_it(
    person_client: Client, finished: Job, rendering: Job, enqueued: EnqueuedTasks, person: User
) -> None:
    video, kept = finished.video, factories.make_video(person)
    folders = [f"videos/{video.pk}", finished.folder, rendering.folder]
    factories.make_share(finished)
    assert all(factories.files_under(folder) for folder in folders[:2])

    moved = person_client.post(f"/videos/{video.pk}/trash/", follow=True)
    assert moved.redirect_chain == [("/", 302)]
    assert Page(moved).message == f"Moved “{video.title}” to the trash."
    assert all(factories.files_under(folder) for folder in folders[:2]), "it can be had back"
    response = person_client.post(f"/trash/{video.pk}/delete/", follow=True)

    assert response.redirect_chain == [("/trash/", 302)]
    assert Page(response).message == f"Permanently deleted “{video.title}”."
    assert list(Video.objects.all()) == [kept]
    assert (Job.objects.count(), Artifact.objects.count(), Event.objects.count()) == (0, 0, 0)
    enqueued.run("remove_folder")
    assert not any(factories.files_under(folder) for folder in folders)
    assert factories.has_file(kept.key)


def test_a_damaged_file_says_so_at_the_top(person_client: Client, person: User) -> None:
    changes = {
        "decode_errors": 12,
        "gaps": [{"frame": 300, "time": "10", "seconds": "5/2"}],
        "declared_seconds": "61",
    }
    damaged = factories.make_video(person, facts_json=factories.FACTS.to_json() | changes)

    notice = Page(person_client.get(f"/videos/{damaged.pk}/")).text("#outcome .notice")

    for words in (
        "This file is damaged.",
        "everything that it can read: 30 frames.",
        "12 errors",
        "2.5 s",
        "60.0 s",
    ):
        assert words in notice


def test_a_sound_file_has_no_such_notice(person_client: Client, video: Video) -> None:
    assert not Page(person_client.get(f"/videos/{video.pk}/")).has("#outcome .notice")


def test_the_scrubber_knows_its_pictures(person_client: Client, video: Video) -> None:
    def scrubber() -> dict[str, object]:
        return dict(person_client.get(f"/videos/{video.pk}/").context["scrubber"])

    assert scrubber()["sprite"] is None
    sprite = factories.make_artifact(video, ArtifactKind.SPRITE)

    found = scrubber()
    assert (found["sprite"], found["frames"], found["rate"]) == (f"/media/{sprite.pk}", 30, [30, 1])
    assert found["sheet"] == {
        "every": 1, "pictures": 30, "columns": 10, "rows": 3, "width": 160, "height": 120,
    }  # fmt: skip


def test_a_film_names_its_parts_and_a_part_its_film(person_client: Client, person: User) -> None:
    parts = [factories.make_video(person) for _ in range(2)]
    film = factories.make_video(person, title="The whole film")
    for position, part in enumerate(parts[::-1]):
        Part.objects.create(film=film, source=part, position=position)

    page = Page(person_client.get(f"/videos/{film.pk}/"))
    links = page.all('[aria-label="Parts"] li a')
    assert [link["href"] for link in links] == [f"/videos/{part.pk}/" for part in parts[::-1]]
    of_part = Page(person_client.get(f"/videos/{parts[0].pk}/"))
    assert of_part.text(f'#outcome a[href="/videos/{film.pk}/"]') == "The whole film"


def test_a_film_says_how_far_its_joining_is(person_client: Client, person: User) -> None:
    film = factories.make_video(person, state=VideoState.JOINING, facts_json=None)
    log.append(film, {"kind": "progress", "frame": 1500, "total": 4000, "fps": None, "seconds_left": None})

    page = Page(person_client.get(f"/videos/{film.pk}/"))

    assert page.text("#joined-text") == "1,500 of 4,000 frames"
    status = person_client.get(f"/videos/{film.pk}/status.json").json()
    assert (status["joined"]["frame"], status["is_final"]) == (1500, False)


def test_who_comes_back_to_the_address_of_a_form_gets_the_page(person_client: Client, video: Video) -> None:
    assert person_client.get(f"/videos/{video.pk}/jobs/")["Location"] == f"/videos/{video.pk}/"


@pytest.mark.parametrize("state", [VideoState.REFUSED, VideoState.PROBING])
def test_results_can_be_reached_whatever_becomes_of_the_video(
    person_client: Client, finished: Job, state: VideoState
) -> None:
    Video.objects.filter(pk=finished.video_id).update(state=state, error="It is broken.")

    page = Page(person_client.get(f"/videos/{finished.video_id}/"))

    assert page.has(f'#jobs a[href="/jobs/{finished.pk}/compare/"]')


def test_what_was_refused_is_looked_at_again(
    person_client: Client,
    person: User,
    enqueued: EnqueuedTasks,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    video = factories.make_video(person, state=VideoState.REFUSED, facts_json=None, error="The disk was full.")
    assert Page(person_client.get(f"/videos/{video.pk}/")).has(f'form[action="/videos/{video.pk}/measure/"]')

    with django_capture_on_commit_callbacks(execute=True):
        person_client.post(f"/videos/{video.pk}/measure/")

    video.refresh_from_db()
    assert (video.state, video.error, enqueued.names) == (VideoState.PROBING, "", ["take_in_video"])


def test_what_went_wrong_beside_the_measuring_is_said(person_client: Client, person: User) -> None:
    video = factories.make_video(
        person, notice="Automatic upscaling did not start.", derived_files_error="The disk was full."
    )
    factories.make_artifact(video, ArtifactKind.POSTER)

    page = Page(person_client.get(f"/videos/{video.pk}/"))

    assert page.text("#outcome .notice") == "Automatic upscaling did not start."
    assert page.text("#viewer .note") == "HaloWeb couldn't create a copy that browsers can play. The disk was full."
    assert person_client.get(f"/videos/{video.pk}/status.json").json()["is_complete"]


def test_the_form_comes_before_what_was_made(person_client: Client, video: Video) -> None:
    """In the order in which a phone shows them, a keyboard reaches them and a reader says them."""
    page = Page(person_client.get(f"/videos/{video.pk}/"))

    assert [element["id"] for element in page.all("#jobs, #upscale, #viewer")] == ["viewer", "upscale", "jobs"]


def test_the_way_back_is_above_the_title(person_client: Client, person: User, video: Video) -> None:
    imported = factories.make_video(person, upscale_of=video, title="Topaz, 2024")

    for shown, back in ((video, "/"), (imported, f"/videos/{video.pk}/")):
        page = Page(person_client.get(f"/videos/{shown.pk}/"))
        assert page.one(".crumb a")["href"] == back
        assert page.texts(".crumb, h1")[1] == shown.title


def test_one_link_leads_to_what_is_said_of_it(person_client: Client, video: Video) -> None:
    link = f'a[href="/videos/{video.pk}/about/"]'
    page = Page(person_client.get(f"/videos/{video.pk}/"))
    assert page.texts(link) == ["Edit", "Add details"], "and one where nothing is said yet"

    Video.objects.filter(pk=video.pk).update(map="Valhalla")

    page = Page(person_client.get(f"/videos/{video.pk}/"))
    assert page.texts(link) == ["Edit"]
