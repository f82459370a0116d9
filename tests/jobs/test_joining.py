"""Videos of a library become the parts of a film, which then goes the way of an upload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from tests import factories
from tests.clips import make_clip
from tests.fakes import EnqueuedTasks
from upscaler.jobs import tasks
from upscaler.jobs.actions import removal
from upscaler.jobs.recovery import reaper
from upscaler.jobs.steps import joining
from upscaler.models import Event, Job, JobState, Part, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.comparison.sprite import sprite_layout
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.join import join_files
from upscaler.selectors.videos import artifact_of_video, parts_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def parts(measured: Callable[[Path], Video], small_clip: Path, tmp_path: Path) -> list[Video]:
    """60 frames at 30 frames/s with sound, and 20 at 10 without."""
    slow = make_clip(tmp_path / "slow.avi", frames=20, rate="10", sound=None)
    return [measured(small_clip), measured(slow)]


def film_of(person: User, parts: list[Video], **values: Any) -> Video:
    usual: dict[str, Any] = {"title": "Warthog Jump", "starts_job": False} | values
    return joining.film_create(owner=person, parts=[part.pk for part in parts], **usual)


def test_a_film_is_of_the_kind_of_its_parts(person: User) -> None:
    def kind_of_film(*kinds: str) -> str:
        parts = [factories.make_video(person, kind=kind).pk for kind in kinds]
        return joining.film_create(owner=person, parts=parts, title="Film", starts_job=False).kind

    assert kind_of_film("halo-2", "halo-2") == "halo-2"
    assert kind_of_film("halo-2", "halo-3") == "other"


def test_a_film_goes_the_whole_way(person: User, parts: list[Video], enqueued: EnqueuedTasks) -> None:
    before = [(part.sha256, part.facts_json) for part in parts]
    person.default_model = factories.nearest_model()
    person.save()

    film = film_of(person, parts[::-1], title="  Warthog\n Jump ", starts_job=True)

    assert (film.state, film.title, film.original_name) == (VideoState.JOINING, "Warthog Jump", "Warthog Jump.mkv")
    assert enqueued.run_all() == ["take_in_video", "render", "make_proxy", "assemble", "make_comparison"]
    film.refresh_from_db()
    facts = film.facts
    assert facts is not None
    assert (film.state, facts.frames, facts.rate, facts.timing) == (VideoState.READY, 120, 30, "constant")
    assert film.size == Path(default_storage.path(film.key)).stat().st_size > 1000
    assert Job.objects.get(video=film).state == JobState.DONE
    assert [part.source for part in film.parts.all()] == parts[::-1]
    stages = [event.payload["state"] for event in Event.objects.filter(subject=film.pk, kind="stage")]
    assert stages[:3] == ["probing", "analysing", "ready"]
    progress = Event.objects.filter(subject=film.pk, kind="progress").first()
    assert progress is not None
    assert (progress.payload["frame"], progress.payload["total"]) == (50, 120)
    for part, untouched in zip(parts, before, strict=True):
        part.refresh_from_db()
        assert (part.sha256, part.facts_json) == untouched
        assert factories.has_file(part.key)


def test_a_new_video_gets_its_sheet_of_small_pictures(parts: list[Video]) -> None:
    tasks.make_proxy(str(parts[0].pk))

    sprite = artifact_of_video(parts[0], ArtifactKind.SPRITE)
    assert sprite is not None
    assert parts[0].facts is not None
    sheet = sprite_layout(parts[0].facts)
    assert (sprite.width, sprite.height) == (sheet.columns * sheet.width, sheet.rows * sheet.height)
    assert artifact_of_video(parts[0], ArtifactKind.PROXY) is not None


def test_what_can_not_be_joined_is_refused_at_once(person: User, stranger: User, enqueued: EnqueuedTasks) -> None:
    mine, other = factories.make_video(person), factories.make_video(stranger)
    waiting = factories.make_video(person, state=VideoState.ANALYSING, facts_json=None)

    for wrong, reason in (
        ([mine.pk], "2 to 50 different videos"),
        ([mine.pk, mine.pk], "2 to 50 different videos"),
        ([mine.pk, other.pk], "was deleted, or isn't analysed yet"),
        ([mine.pk, waiting.pk], "was deleted, or isn't analysed yet"),
        ([mine.pk, uuid4()], "was deleted, or isn't analysed yet"),
    ):
        with pytest.raises(Refused, match=reason):
            joining.film_create(owner=person, parts=wrong, title="Film", starts_job=False)
    with pytest.raises(Refused, match="title"):
        film_of(person, [mine, factories.make_video(person)], title=" \n ")
    assert (Part.objects.count(), enqueued.names) == (0, [])


def test_a_film_that_is_too_long_or_too_large_is_refused_at_once(
    person: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = factories.FACTS.to_json() | {"frames": 30 * 3600 * 4}
    with pytest.raises(Refused, match=r"8\.0 hours long. This server accepts up to 6\.0"):
        film_of(person, [factories.make_video(person, facts_json=long) for _ in range(2)])

    videos = [factories.make_video(person) for _ in range(2)]
    floor = settings.ENVIRONMENT.disk_floor_bytes
    monkeypatch.setattr(joining, "free_bytes", lambda: floor + 1000)
    with pytest.raises(Refused, match="too little disk space"):
        film_of(person, videos)
    assert Video.objects.filter(state=VideoState.JOINING).count() == 0


def test_a_part_that_can_not_be_read_refuses_the_film_alone(
    person: User, parts: list[Video], enqueued: EnqueuedTasks
) -> None:
    film = film_of(person, parts)
    Path(default_storage.path(parts[1].key)).write_bytes(b"no longer a video")

    enqueued.run("take_in_video")

    film.refresh_from_db()
    assert film.state == VideoState.REFUSED
    assert "Part 2 can no longer be read" in film.error
    assert {Video.objects.get(pk=part.pk).state for part in parts} == {VideoState.READY}
    assert factories.files_under(f"videos/{film.pk}") == []


def test_a_part_that_is_deleted_first_refuses_the_film(
    person: User, parts: list[Video], enqueued: EnqueuedTasks
) -> None:
    film = film_of(person, parts)

    removal.video_delete(video=parts[0])

    film.refresh_from_db()
    assert film.state == VideoState.REFUSED
    assert f"“{parts[0].title}” was deleted" in film.error
    enqueued.run("take_in_video")
    assert Video.objects.get(pk=film.pk).state == VideoState.REFUSED


def test_a_film_that_is_deleted_while_it_is_joined_leaves_nothing(
    person: User, parts: list[Video], enqueued: EnqueuedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = film_of(person, parts)
    joined = join_files.join

    def then_deleted(*arguments: Any) -> int:
        count = joined(*arguments)
        removal.video_delete(video=Video.objects.get(pk=film.pk))
        return count

    monkeypatch.setattr(join_files, "join", then_deleted)
    enqueued.run("take_in_video")

    assert not Video.objects.filter(pk=film.pk).exists()
    assert factories.files_under(f"videos/{film.pk}") == []


def test_a_film_whose_part_is_gone_is_not_made_of_the_rest(
    person: User, parts: list[Video], enqueued: EnqueuedTasks
) -> None:
    film = film_of(person, parts)
    Video.objects.filter(pk=parts[0].pk).delete()  # at the same moment, so that the film was not seen

    enqueued.run("take_in_video")

    film.refresh_from_db()
    assert (film.state, film.error) == (
        VideoState.REFUSED,
        "A part of this video was deleted. Join the others, or upload it again.",
    )
    assert parts_of(film) == parts[1:]


def test_what_a_dead_worker_left_does_not_count_as_room_that_is_taken(
    person: User, parts: list[Video], enqueued: EnqueuedTasks, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = film_of(person, parts)
    left = Path(settings.SCRATCH) / f"join-{film.pk}" / "film.mkv"
    left.parent.mkdir(parents=True)
    left.touch()
    floor = settings.ENVIRONMENT.disk_floor_bytes
    monkeypatch.setattr(joining, "free_bytes", lambda: floor if left.exists() else floor + 1024**4)

    enqueued.run("take_in_video")

    assert Video.objects.get(pk=film.pk).state == VideoState.READY


def test_a_film_whose_worker_died_is_joined_again(person: User, parts: list[Video], enqueued: EnqueuedTasks) -> None:
    film = film_of(person, parts)
    for part in parts:
        factories.make_copies(part)
    enqueued.clear()

    reaper.reap()

    assert enqueued.names == ["take_in_video"]
    enqueued.run("take_in_video")
    assert Video.objects.get(pk=film.pk).state == VideoState.READY
