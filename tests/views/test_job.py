"""A job's page: where it is, how it is stopped, what it made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests import factories
from tests.fakes import Bells
from upscaler.jobs import lifecycle
from upscaler.live import log
from upscaler.models import Artifact, Event, Job, JobState, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.recipe import Filters, Recipe

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.DONE}))
def test_the_page_says_where_the_job_is(person_client: Client, video: Video, state: JobState) -> None:
    error = "The network needs more memory." if state == JobState.FAILED else ""
    job = factories.make_job(video, state=state, error=error, frames_done=7)

    page = person_client.get(f"/jobs/{job.pk}/").content.decode()

    assert state.label in page
    assert error in page
    assert 'value="7" max="30"' in page
    assert "64 × 48 to 256 × 192" in page  # noqa: RUF001
    assert (f'action="/jobs/{job.pk}/cancel/"' in page) is job.is_active
    assert (f'action="/jobs/{job.pk}/delete/"' in page) is not job.is_active


def test_a_done_job_shows_its_result_and_its_receipt(person_client: Client, finished: Job) -> None:
    page = person_client.get(f"/jobs/{finished.pk}/").content.decode()

    result, receipt = (finished.artifacts.get(kind=kind) for kind in (ArtifactKind.RESULT, ArtifactKind.RECEIPT))
    assert f'src="/media/{result.pk}"' in page
    assert f'href="/media/{result.pk}?download=1"' in page
    assert f'href="/media/{receipt.pk}"' in page
    assert f'href="/jobs/{finished.pk}/compare/"' in page
    assert "30 in, 30 out" in page
    assert "moved by 0.5 ms" in page
    assert '<dt>Mean speed</dt><dd><span id="fps">60.0 frames/s</span>' in page
    assert '<dt>Took</dt><dd><span id="left">0:03</span>' in page


def test_a_result_waits_behind_a_picture_of_itself(person_client: Client, finished: Job) -> None:
    stills = {one.frame: one for one in finished.artifacts.filter(kind=ArtifactKind.STILL_AFTER)}
    assert f' poster="/media/{stills[20].pk}"' in person_client.get(f"/jobs/{finished.pk}/").content.decode()

    finished.artifacts.filter(kind=ArtifactKind.STILL_AFTER).delete()

    assert " poster=" not in person_client.get(f"/jobs/{finished.pk}/").content.decode()


def test_the_head_says_what_was_done_with_which_video(person_client: Client, finished: Job) -> None:
    page = person_client.get(f"/jobs/{finished.pk}/").content.decode()

    assert f"<title>{finished.video.title}, upscaled · HaloWeb</title>" in page
    assert "<h1>Upscale</h1>" in page
    assert f'<p class="muted">{finished.made_with} · 64 × 48 to 256 × 192 · 30 frames' in page  # noqa: RUF001


def test_the_sound_is_rounded_as_in_the_log_and_the_checks(person_client: Client, finished: Job) -> None:
    receipt = finished.receipt_json or {}
    result = receipt["result"] | {"audio_shift_ms": 1.25}
    Job.objects.filter(pk=finished.pk).update(receipt_json=receipt | {"result": result})

    assert f"moved by {1.25:.1f} ms" in person_client.get(f"/jobs/{finished.pk}/").content.decode()


def test_the_first_frame_has_a_number(person_client: Client, rendering: Job) -> None:
    assert '<span id="pair-frame">–</span>' in person_client.get(f"/jobs/{rendering.pk}/").content.decode()  # noqa: RUF001

    log.append(rendering, {"kind": "pair", "frame": 0, "before": "/media/b", "after": "/media/a"})

    assert '<span id="pair-frame">0</span>' in person_client.get(f"/jobs/{rendering.pk}/").content.decode()


def test_a_page_opened_late_shows_the_log_and_the_last_pair(person_client: Client, rendering: Job) -> None:
    log.append(rendering, {"kind": "log", "text": "<b>Trying</b> again."})
    log.append(rendering, {"kind": "pair", "frame": 9, "before": "/media/b", "after": "/media/a"})

    page = person_client.get(f"/jobs/{rendering.pk}/").content.decode()

    assert "&lt;b&gt;Trying&lt;/b&gt; again." in page
    assert "<b>Trying" not in page
    assert 'src="/media/b"' in page


def test_its_status_is_for_pages_without_a_websocket(
    person_client: Client, stranger_client: Client, rendering: Job
) -> None:
    url = f"/jobs/{rendering.pk}/status.json"

    status = person_client.get(url).json()

    assert (status["state"], status["frame"], status["total"], status["seconds_left"]) == ("rendering", 12, 30, 3.0)
    assert stranger_client.get(url).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_job_is_cancelled(person_client: Client, rendering: Job, bells: Bells) -> None:
    response = person_client.post(f"/jobs/{rendering.pk}/cancel/")

    assert response["Location"] == f"/jobs/{rendering.pk}/"
    rendering.refresh_from_db()
    assert rendering.state == JobState.CANCELLED
    assert [(bell.name, bell.arguments) for bell in bells] == [
        ("remove_folder", (f"{rendering.folder}/segments",)),
    ]


def test_cancelling_what_has_ended_says_so(person_client: Client, finished: Job) -> None:
    response = person_client.post(f"/jobs/{finished.pk}/cancel/", follow=True)

    assert "The job had already ended." in response.content.decode()
    finished.refresh_from_db()
    assert finished.state == JobState.DONE


@pytest.mark.parametrize("state", JobState)
def test_the_buttons_fit_the_state(person_client: Client, video: Video, state: JobState) -> None:
    job = factories.make_job(video, state=state)

    page = person_client.get(f"/jobs/{job.pk}/").content.decode()

    can_pause, can_resume = state in (JobState.QUEUED, JobState.RENDERING), state == JobState.PAUSED
    pause = f'action="/jobs/{job.pk}/pause/" data-while="queued rendering"'
    resume = f'action="/jobs/{job.pk}/resume/" data-while="paused"'
    # the hidden ones are there too, for the page that is told of another state
    assert (f"{pause}>" in page, f"{pause} hidden>" in page) == (can_pause, job.is_active and not can_pause)
    assert (f"{resume}>" in page, f"{resume} hidden>" in page) == (can_resume, job.is_active and not can_resume)


def test_a_job_is_paused_and_goes_on(
    person_client: Client,
    rendering: Job,
    bells: Bells,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    response = person_client.post(f"/jobs/{rendering.pk}/pause/")
    rendering.refresh_from_db()
    assert (response["Location"], rendering.state) == (f"/jobs/{rendering.pk}/", JobState.PAUSED)

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        response = person_client.post(f"/jobs/{rendering.pk}/resume/", {"on": "queue"})
    rendering.refresh_from_db()
    assert (response["Location"], rendering.state) == ("/queue/", JobState.QUEUED)
    assert bells.names == ["render"]


@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("pause", JobState.VERIFYING, "Only a job that waits or is being upscaled can be paused."),
        ("pause", JobState.PAUSED, "Only a job that waits or is being upscaled can be paused."),
        ("resume", JobState.CANCELLED, "The job was not paused any more."),
    ],
)
def test_a_button_that_came_too_late_says_so(
    person_client: Client, video: Video, action: str, state: JobState, words: str
) -> None:
    job = factories.make_job(video, state=state)

    assert words in person_client.post(f"/jobs/{job.pk}/{action}/", follow=True).content.decode()

    job.refresh_from_db()
    assert job.state == state


def test_why_nobody_works_on_it_is_said_and_told(person_client: Client, job: Job) -> None:
    lifecycle.job_wait(job, "The disk is full.")

    page = person_client.get(f"/jobs/{job.pk}/").content.decode()
    assert '<div class="notice warning" id="waits" role="status"><' in page
    assert "<p>The disk is full.</p>" in page
    assert person_client.get(f"/jobs/{job.pk}/status.json").json()["waits_for"] == "The disk is full."

    lifecycle.job_wait(job, "The disk is full.")
    lifecycle.job_wait(job, "")

    told = Event.objects.filter(subject=job.pk, kind="waits").values_list("payload__text", flat=True)
    assert list(told) == ["The disk is full.", ""], "each once"
    assert 'id="waits" role="status" hidden>' in person_client.get(f"/jobs/{job.pk}/").content.decode()


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.CANCELLED])
def test_a_job_that_nobody_should_work_on_waits_for_nothing(job: Job, state: JobState) -> None:
    Job.objects.filter(pk=job.pk).update(state=state)

    lifecycle.job_wait(job, "The disk is full.")

    job.refresh_from_db()
    assert (job.waits_for, Event.objects.count()) == ("", 0)


def test_it_can_be_run_again_with_other_settings(person_client: Client, job: Job) -> None:
    link = f'href="/videos/{job.video_id}/?from={job.pk}#upscale"'
    assert link in person_client.get(f"/jobs/{job.pk}/").content.decode()

    Video.objects.update(state=VideoState.REFUSED)

    assert link not in person_client.get(f"/jobs/{job.pk}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_deleted_job_takes_its_files_and_leaves_the_original(
    person_client: Client, finished: Job, bells: Bells
) -> None:
    video, folder = finished.video, finished.folder
    log.append(finished, {"kind": "log", "text": "done"})
    factories.make_share(finished)

    response = person_client.post(f"/jobs/{finished.pk}/delete/")

    assert response["Location"] == f"/videos/{video.pk}/"
    assert (Job.objects.count(), Event.objects.count(), Artifact.objects.exclude(video=video).count()) == (0, 0, 0)
    bells.answer("remove_folder")
    assert factories.files_under(folder) == []
    assert factories.has_file(video.key)


@pytest.mark.parametrize("action", ["cancel", "pause", "delete"])
def test_a_stranger_stops_nothing(stranger_client: Client, rendering: Job, action: str) -> None:
    assert stranger_client.post(f"/jobs/{rendering.pk}/{action}/").status_code == 404

    rendering.refresh_from_db()
    assert rendering.state == JobState.RENDERING


def test_a_result_that_browsers_do_not_play_is_shown_by_its_copy(person_client: Client, finished: Job) -> None:
    result = finished.artifacts.get(kind=ArtifactKind.RESULT)
    playable = factories.make_artifact(finished, ArtifactKind.PLAYABLE)

    page = person_client.get(f"/jobs/{finished.pk}/").content.decode()

    assert f'src="/media/{playable.pk}"' in page
    assert f'href="/media/{result.pk}?download=1"' in page
    assert "this is a copy in H.264" in page


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

    page = person_client.get(f"/jobs/{finished.pk}/").content.decode()

    assert page.count("Passed") == 2
    for words in ("at most 10 ms", "gap of 2.5 s at 0:10", "Subtitles", "subrip, deu", "left out", "12" * 32):
        assert words in page


def test_a_receipt_of_an_older_job_has_less_in_it(person_client: Client, finished: Job) -> None:
    page = person_client.get(f"/jobs/{finished.pk}/").content.decode()

    assert "Checked</h3>" not in page
    assert "Everything else" not in page


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
        "Trimmed to the frames 5 to 24",
        "Fields made into whole frames, the top one first",
        "Cut 30 px at top and bottom",
        "Pixels of 8:9 made square",
        "Noise taken out, light",
        "Flicker calmed where nothing moves",
    ]


def test_a_job_that_failed_says_that_its_segments_are_kept(person_client: Client, video: Video) -> None:
    error = "The result did not pass its check: frames: 29 instead of 30."
    job = factories.make_job(video, state=JobState.FAILED, error=error)
    assert "is kept" not in person_client.get(f"/jobs/{job.pk}/").content.decode()

    job.segments.update(key="jobs/x/segments/0")

    page = person_client.get(f"/jobs/{job.pk}/").content.decode()
    assert error in page
    assert "What was rendered is kept" in page


def test_a_job_that_failed_is_tried_again(
    person_client: Client,
    video: Video,
    bells: Bells,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    job = factories.make_job(video, state=JobState.FAILED, error="It broke.")
    assert f'action="/jobs/{job.pk}/retry/"' in person_client.get(f"/jobs/{job.pk}/").content.decode()

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        person_client.post(f"/jobs/{job.pk}/retry/")

    job.refresh_from_db()
    assert (job.state, job.error, bells.names) == (JobState.QUEUED, "", ["render"])
    page = person_client.post(f"/jobs/{job.pk}/retry/", follow=True).content.decode()
    assert "Only a job that failed can be started again." in page


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.VERIFYING])
def test_a_result_that_is_not_published_is_not_shown(person_client: Client, finished: Job, state: JobState) -> None:
    Job.objects.filter(pk=finished.pk).update(state=state)

    page = person_client.get(f"/jobs/{finished.pk}/")

    assert (page.context["result_url"], page.context["receipt_url"]) == (None, None)
    assert "Compare" not in page.content.decode()


def test_a_job_of_an_older_version_does_not_claim_what_it_did_not_do(person_client: Client, person: User) -> None:
    facts = factories.FACTS.to_json() | {"border": {"left": 0, "top": 4, "right": 0, "bottom": 4}, "field_order": "tff"}
    job = factories.make_job(factories.make_video(person, facts_json=facts | {"fields_are": "apart"}))
    kept = [step for step in job.plan_json["steps"] if step["name"] not in ("crop", "bwdif")]
    Job.objects.filter(pk=job.pk).update(plan_json=job.plan_json | {"steps": kept})

    done = person_client.get(f"/jobs/{job.pk}/").context["done"]

    assert done == ["The original's colours kept"]
