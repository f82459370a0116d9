"""What a person's uploads start with."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from tests.page import Page
from upscaler.models import ModelState, UpscaleModel, User

pytestmark = pytest.mark.django_db


def test_what_is_chosen_is_kept_for_this_person_only(
    person_client: Client, person: User, stranger: User, nearest: UpscaleModel
) -> None:
    chosen = {"default_model": str(nearest.pk), "default_preset": "h264-high", "default_height": "960"}

    response = person_client.post("/preferences/", chosen, follow=True)

    assert response.redirect_chain == [("/preferences/", 302)]
    assert Page(response).message == "Saved."
    person.refresh_from_db()
    assert (person.default_model, person.default_preset, person.default_height) == (nearest, "h264-high", 960)
    assert person.auto_upscale is False, "the box was not ticked"
    assert person.default_recipe.height == 960
    assert person.default_kind == "other", "nothing was said of it"
    stranger.refresh_from_db()
    assert (stranger.default_model, stranger.default_height, stranger.auto_upscale) == (None, None, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"default_preset": "lossless-8k"},
        {"default_kind": "halo-9"},
        {"default_height": "17"},
        {"default_model": "not-a-uuid"},
    ],
)
def test_what_does_not_exist_can_not_be_chosen(person_client: Client, person: User, wrong: dict[str, str]) -> None:
    response = person_client.post("/preferences/", {"default_preset": "h264"} | wrong)

    assert response.status_code == 200
    assert response.context["form"].errors.keys() == wrong.keys()
    person.refresh_from_db()
    assert (person.default_preset, person.default_height, person.auto_upscale) == ("h264", None, True)


def test_a_model_that_is_not_ready_can_not_be_chosen(person_client: Client) -> None:
    refused = factories.make_model(state=ModelState.REFUSED)

    response = person_client.post("/preferences/", {"default_preset": "h264", "default_model": str(refused.pk)})

    assert "default_model" in response.context["form"].errors


def test_nobody_makes_themselves_the_owner(person_client: Client, person: User) -> None:
    person_client.post("/preferences/", {"default_preset": "h264", "is_superuser": "on", "username": "root"})

    person.refresh_from_db()
    assert (person.is_superuser, person.username) == (False, "miranda")
