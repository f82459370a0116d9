"""Files of videos and models that no row names go after a day; what may be arriving, or belongs elsewhere, stays."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from tests import factories
from upscaler.jobs.recovery import orphans, tidy
from upscaler.media.media_store import media_store
from upscaler.models import Event, Upload, User, Video

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_storage")]

HOUR = 3600.0


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch, person: User) -> dict[str, float]:
    """When files came, by their keys. The first account is a month old."""
    User.objects.update(date_joined=timezone.now() - timedelta(days=30))
    times: dict[str, float] = {}
    monkeypatch.setattr(type(media_store()), "modified_at", lambda self, key: times.get(key))
    return times


def left(came: dict[str, float], *, hours: float, id: UUID | None = None, name: str = "original") -> str:
    """A file of a video that is none, of so many hours ago; gives its key."""
    key = f"videos/{id or uuid4()}/{name}"
    factories.store(key, b"original!")
    came[key] = time.time() - hours * HOUR
    return key


def test_files_that_no_row_names_go_after_a_day(came: dict[str, float], video: Video) -> None:
    old, young = left(came, hours=25), left(came, hours=23)
    came[video.key] = time.time() - 100 * HOUR
    Event.objects.create(subject=UUID(old.split("/")[1]), seq=1, kind="log", payload={})

    tidy.tidy()

    assert [factories.has_file(key) for key in (old, young, video.key)] == [False, True, True]
    assert not Event.objects.exists()
    assert orphans.orphans_delete() == 0


def test_weights_that_no_row_names_go_as_well(came: dict[str, float]) -> None:
    model = factories.make_model()
    kept, gone = model.key, f"models/{uuid4()}/weights.safetensors"
    for key in (kept, gone):
        factories.store(key, b"weights")
        came[key] = time.time() - 25 * HOUR

    assert orphans.orphans_delete() == 1

    assert [factories.has_file(key) for key in (kept, gone)] == [True, False]


def test_the_newest_file_of_a_folder_counts(came: dict[str, float]) -> None:
    id = uuid4()
    old, young = left(came, hours=50, id=id), left(came, hours=2, id=id, name="below/poster.jpg")

    assert orphans.orphans_delete() == 0

    assert factories.has_file(old)
    came[young] = time.time() - 30 * HOUR
    assert orphans.orphans_delete() == 1
    assert factories.files_under(f"videos/{id}") == []


def test_an_arrival_that_was_cut_off_goes_on_later(came: dict[str, float], person: User) -> None:
    upload = Upload.objects.create(owner=person, purpose="video", name="clip.avi", size=9, offset=9)
    key = left(came, hours=100, id=upload.pk)

    assert orphans.orphans_delete() == 0
    assert factories.has_file(key)

    upload.delete()
    assert orphans.orphans_delete() == 1


def test_what_is_in_the_trash_stays(came: dict[str, float], video: Video) -> None:
    Video.objects.update(trashed_at=timezone.now())
    came[video.key] = time.time() - 100 * HOUR

    assert orphans.orphans_delete() == 0
    assert factories.has_file(video.key)


def test_files_of_another_database_stay(came: dict[str, float]) -> None:
    older_than_this_one = left(came, hours=24 * 31)

    assert orphans.orphans_delete() == 0

    User.objects.all().delete()
    came[older_than_this_one] = time.time() - 100 * HOUR
    assert orphans.orphans_delete() == 0
    assert factories.has_file(older_than_this_one)


def test_folders_that_are_not_ours_stay(came: dict[str, float]) -> None:
    key = "videos/holiday/original"
    factories.store(key, b"x")
    came[key] = time.time() - 100 * HOUR

    assert orphans.orphans_delete() == 0
    assert factories.has_file(key)
