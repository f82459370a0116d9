"""The form that starts a job: formats, sizes, filters, and the range of frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.models import Encoder, Job, UpscaleModel, User, Video
from upscaler.pipeline.core.recipe import CHOICES, Filters
from upscaler.pipeline.core.repeats import Repeats
from upscaler.pipeline.networks import speed_cache

pytestmark = pytest.mark.django_db


@pytest.fixture
def start(person_client: Client, video: Video, nearest: UpscaleModel) -> Any:
    def post(of: Video | None = None, **values: str) -> Any:
        data = {"model": str(nearest.pk), "preset": "h264"} | values
        return person_client.post(f"/videos/{(of or video).pk}/jobs/", data)

    return post


def error_of(response: Any, field: str) -> str:
    """The one error, which is on the page beside its field."""
    assert response.status_code == 400
    errors = response.context["form"].errors
    assert errors.keys() == {field}, errors
    assert Page(response).text(f"#id_{field}_error") == errors[field][0]
    assert Job.objects.count() == 0
    return str(errors[field][0])


def test_a_form_that_says_nothing_leaves_all_to_the_server(start: Any) -> None:
    start()

    recipe = Job.objects.get().recipe
    assert (recipe.filters, recipe.trim, recipe.height, recipe.scale) == (Filters(), None, None, None)


@pytest.mark.parametrize("is_there", [True, False])
def test_turbo_is_offered_where_its_library_is(start: Any, is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upscaler.forms.job_form.is_installed", lambda _extra: is_there)
    response = start(precision="int8")
    if is_there:
        assert Job.objects.get().recipe.precision == "int8"
    else:
        error_of(response, "precision")


@pytest.mark.parametrize(("chosen", "precision"), [("", "auto"), ("auto", "auto"), ("fp32", "fp32")])
def test_exact_pixels_can_be_asked_for(start: Any, chosen: str, precision: str) -> None:
    start(precision=chosen)

    assert (Job.objects.get().recipe.precision, Job.objects.get().plan.precision) == (precision, precision)


def test_a_job_is_cut_by_what_was_measured_on_this_machine(
    start: Any, person: User, nearest: UpscaleModel, settings: Any
) -> None:
    long = factories.make_video(person, facts_json=factories.FACTS.to_json() | {"frames": 150})
    size = (factories.FACTS.width, factories.FACTS.height)
    speed_cache.write(
        settings.TUNED, "key", speed_cache.Tuned("x", "cpu", "fp32", 1.0, weights=nearest.weights.sha256, size=size)
    )
    start(long)

    assert Job.objects.get().plan.segments == ((0, 60), (60, 120), (120, 150))
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, segment_frames=100)
    start(long)
    assert Job.objects.latest("created_at").plan.segments == ((0, 100), (100, 150))


@pytest.mark.parametrize(
    ("size", "output"), [("", (256, 192)), ("480p", (640, 480)), ("1x", (64, 48)), ("3x", (192, 144))]
)
def test_a_size_is_a_height_or_a_scale(start: Any, size: str, output: tuple[int, int]) -> None:
    start(size=size)

    plan = Job.objects.get().plan
    assert (plan.output.width, plan.output.height) == output


@pytest.mark.parametrize("name", CHOICES)
def test_every_value_of_every_filter_can_be_chosen(start: Any, name: str) -> None:
    for value in CHOICES[name]:
        start(**{name: value})
        assert getattr(Job.objects.latest("created_at").recipe.filters, name) == value


@pytest.mark.parametrize(
    ("said", "filters"),
    [
        ({"crop": "figures", "crop_top": "8", "crop_bottom": "6"}, Filters(crop="0:8:0:6")),
        ({"aspect": "figures", "aspect_figures": " 5 : 4 "}, Filters(aspect="5:4")),
        ({"rate": "figures", "rate_figures": "25"}, Filters(rate="25")),
        ({"rate": "figures", "rate_figures": "29,97"}, Filters(rate="30000/1001")),
        ({"rate": "figures", "rate_figures": "23.976"}, Filters(rate="24000/1001")),
        ({"rate": "figures", "rate_figures": "12.5"}, Filters(rate="25/2")),
        ({"rate": "figures", "rate_figures": "30000/1001"}, Filters(rate="30000/1001")),
        ({"rate_figures": "25", "crop_left": "9"}, Filters()),
    ],
)
def test_figures_are_taken_where_they_are_asked_for(start: Any, said: dict[str, str], filters: Filters) -> None:
    start(**said)

    assert Job.objects.get().recipe.filters == filters


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"deinterlace": "weave"}, "deinterlace", "weave is not one of"),
        ({"crop": "figures", "crop_top": "-1"}, "crop_top", "greater than or equal to 0"),
        ({"crop": "figures", "crop_top": "ten"}, "crop_top", "whole number"),
        ({"crop": "figures", "crop_left": "40", "crop_right": "20"}, "crop", "leaves too little of 64x48"),
        ({"aspect": "figures"}, "aspect_figures", "such as 5:4"),
        ({"aspect": "figures", "aspect_figures": "wide"}, "aspect_figures", "such as 5:4"),
        ({"rate": "figures", "rate_figures": "fast"}, "rate_figures", "such as 25"),
        ({"rate": "figures", "rate_figures": "900"}, "rate_figures", "1 to 240"),
        ({"rate": "figures", "rate_figures": "1/0"}, "rate_figures", "such as 25"),
    ],
)
def test_figures_that_say_nothing_are_answered_at_their_field(
    start: Any, said: dict[str, str], field: str, words: str
) -> None:
    response = start(**said)

    assert words in error_of(response, field)
    assert Page(response).has("#filters[open]")


def test_a_rate_that_leaves_no_frame_is_answered_at_its_field(start: Any, person: User) -> None:
    short = factories.make_video(person, facts_json=factories.FACTS.to_json() | {"frames": 11})
    response = start(of=short, rate="figures", rate_figures="1")
    assert "Choose 2 or more" in error_of(response, "rate_figures")


def test_a_range_of_frames_is_half_open(start: Any) -> None:
    start(trim_start="5", trim_end="25")

    job = Job.objects.get()
    assert (job.recipe.trim, job.frames_total) == ((5, 25), 20)


def test_the_whole_clip_is_no_trim(start: Any) -> None:
    start(trim_start="0", trim_end="30")

    assert Job.objects.get().recipe.trim is None


def test_a_range_stays_where_it_is_at_another_rate(start: Any) -> None:
    start(trim_start="10", trim_end="20", rate="figures", rate_figures="60")

    job = Job.objects.get()
    assert (job.recipe.trim, job.plan.start) == ((20, 40), Fraction(1, 3))


@pytest.mark.parametrize(
    ("start_at", "end_at", "field", "words"),
    [
        ("30", "", "trim_start", "The last frame of this video is 29."),
        ("0", "31", "trim_end", "This video ends at frame 30."),
        ("9", "9", "trim_end", "10 or later"),
        ("9", "3", "trim_end", "10 or later"),
        ("-1", "", "trim_start", "greater than or equal to 0"),
        ("a", "", "trim_start", "whole number"),
    ],
)
def test_a_range_that_is_none_is_answered_at_its_field(
    start: Any, start_at: str, end_at: str, field: str, words: str
) -> None:
    assert words in error_of(start(trim_start=start_at, trim_end=end_at), field)


def test_a_format_that_this_server_can_not_make_is_shown_with_the_reason(
    start: Any, person_client: Client, video: Video, person: User
) -> None:
    Encoder.objects.create(name="libx265", works=False, reason="The ffmpeg on this machine was built without libx265.")
    person.default_preset = "hevc"
    person.save()

    for url in (f"/videos/{video.pk}/", "/preferences/"):
        page = Page(person_client.get(url))
        option = page.one('optgroup[label="Smaller files"] option[value=hevc]')
        assert page.has("option[value=hevc][disabled]")
        assert "built without libx265" in option.text()
    assert person_client.get(f"/videos/{video.pk}/").context["form"]["preset"].initial == "h264"
    assert "HEVC isn't available on this server: The ffmpeg" in Page(start(preset="hevc")).text("#upscale")
    assert Job.objects.count() == 0


def test_hardware_that_nobody_has_found_can_not_be_chosen(start: Any) -> None:
    assert "No worker has checked for this hardware yet." in error_of(start(preset="h264-nvenc"), "preset")
    Encoder.objects.create(name="h264_nvenc", works=True)
    start(preset="h264-nvenc")
    assert Job.objects.get().recipe.preset == "h264-nvenc"


def test_automatic_says_what_it_does_with_this_video(person_client: Client, person: User) -> None:
    changes = {
        "width": 640, "height": 480, "border": {"left": 8, "top": 30, "right": 8, "bottom": 30},
        "field_order": "bff", "fields_are": "apart", "rate": "30000/1001", "timing": "variable",
        "repeats": {"packed": Repeats.of([3, 5]).packed},
    }  # fmt: skip
    video = factories.make_video(person, facts_json=factories.FACTS.to_json() | changes)

    form = person_client.get(f"/videos/{video.pk}/").context["form"]

    said = {name: form.fields[name].choices[0][1] for name in CHOICES if CHOICES[name][0] == "auto"}
    assert said == {
        "deinterlace": "Automatic: deinterlace",
        "field_order": "Automatic: bottom",
        "crop": "Automatic: crop 8 px at the left and right and 30 px at the top and bottom",
        "aspect": "Automatic: 4:3, as set in the file",
        "matrix": "Automatic: BT.601, assumed",
        "range": "Automatic: TV",
        "rate": "Automatic: 29.97 per second, made constant",
        "duplicates": "Automatic: 2 reused",
        "keep_colours": "Automatic: keep the original's",
    }


def test_what_was_chosen_is_still_there_after_an_error(start: Any) -> None:
    page = Page(start(denoise="strong", trim_start="40", crop="figures", crop_top="7"))

    assert page.one("[name=denoise] option[selected]")["value"] == "strong"
    assert page.one("[name=trim_start]")["value"] == "40"
    assert page.one("[name=crop_top]")["value"] == "7"
