"""A worker that stood still comes back when another has taken over and finished: it touches nothing of that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests import clips, factories
from tests.fakes import EnqueuedTasks
from upscaler.jobs import tasks
from upscaler.jobs.actions import lifecycle
from upscaler.jobs.base import leases
from upscaler.jobs.steps import comparison_files, joining, matching, url_import
from upscaler.media import files
from upscaler.models import Job, JobState, SiteSettings, User, Video, VideoState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import PipelineError
from upscaler.pipeline.fetch.parent import Fetched

pytestmark = pytest.mark.django_db(transaction=True)


class TwoWorkers:
    """The first stands still, for once, where ``stand_still`` is called; the second does its work meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = "first"
        monkeypatch.setattr(leases, "worker_name", lambda: self.name)
        for module in (joining, url_import, matching):  # each is a machine of its own
            monkeypatch.setattr(
                module, "scratch_folder", lambda kind, id: files.scratch_folder(kind, f"{id}-{self.name}")
            )

    def stand_still(self, row: Video | Job, work: Callable[[], None]) -> None:
        if self.name == "second":
            return
        expired = timezone.now() - timedelta(seconds=1)
        type(row)._default_manager.filter(pk=row.pk).update(lease_until=expired)
        self.name = "second"
        work()
        self.name = "back"


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> TwoWorkers:
    return TwoWorkers(monkeypatch)


def stop_before(
    monkeypatch: pytest.MonkeyPatch,
    workers: TwoWorkers,
    module: Any,
    name: str,
    row: Video | Job,
    again: Callable[[], None],
) -> None:
    """The first worker stands still as it calls ``module.name``."""
    real = getattr(module, name)

    def late(*arguments: Any, **values: Any) -> Any:
        workers.stand_still(row, again)
        return real(*arguments, **values)

    monkeypatch.setattr(module, name, late)


@pytest.mark.parametrize("where", ["_linked", "_create_rows"])
def test_an_upscale_made_elsewhere_is_kept(
    measured: Callable[..., Video],
    bring: Callable[..., Video],
    workers: TwoWorkers,
    enqueued: EnqueuedTasks,
    tmp_path: Path,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip, made = clips.make_clip(tmp_path / "clip.avi", frames=60), tmp_path / "made.mp4"
    clips.ffmpeg("-i", clip, "-vf", "scale=256:192:flags=lanczos", "-c:v", "libx264", "-pix_fmt", "yuv420p", made)
    video = bring(made, upscale_of=measured(clip), starts_job=False)
    stop_before(monkeypatch, workers, matching, where, video, lambda: tasks.take_in_video(str(video.pk)))

    tasks.take_in_video(str(video.pk))
    assert workers.name == "back"
    enqueued.run_all()

    job = Job.objects.get()
    assert (job.state, job.derived_files_error) == (JobState.DONE, "")
    assert factories.has_file(job.artifacts.get(kind=ArtifactKind.RESULT).key)


@pytest.mark.parametrize("where", ["store_file", "must_hold"])
def test_a_film_is_kept(
    person: User,
    measured: Callable[..., Video],
    small_clip: Path,
    workers: TwoWorkers,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = [measured(small_clip), measured(small_clip)]
    film = joining.film_create(owner=person, parts=[part.pk for part in parts], title="Film", starts_job=False)
    stop_before(monkeypatch, workers, joining, where, film, lambda: tasks.take_in_video(str(film.pk)))

    tasks.take_in_video(str(film.pk))

    film.refresh_from_db()
    assert (workers.name, film.state) == ("back", VideoState.READY)
    assert factories.has_file(film.key)


@pytest.mark.parametrize("where", ["store_file", "must_hold"])
def test_what_was_fetched_is_kept(
    person: User, small_clip: Path, workers: TwoWorkers, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(_address: str, folder: Path, **_values: object) -> Fetched:
        file = folder / "fetched.avi"
        file.write_bytes(small_clip.read_bytes())
        return Fetched(file, "Blood Gulch")

    SiteSettings(pk=1, allows_url_import=True).save()
    monkeypatch.setattr(url_import, "is_installed", lambda: True)
    monkeypatch.setattr(url_import.fetch_source, "__defaults__", (fetch,))
    video = url_import.import_create(owner=person, address="https://site.example/a.avi", kind="", starts_job=False)
    stop_before(monkeypatch, workers, url_import, where, video, lambda: tasks.take_in_video(str(video.pk)))

    tasks.take_in_video(str(video.pk))

    video.refresh_from_db()
    assert (workers.name, video.state) == ("back", VideoState.READY)
    assert factories.has_file(video.key)


def test_a_film_that_is_refused_meanwhile_leaves_no_file(person: User, measured: Callable[..., Video]) -> None:
    film = factories.make_video(person, state=VideoState.REFUSED)
    lifecycle.video_discard_late(film)
    assert not factories.has_file(film.key)


@pytest.mark.expects_errors
def test_a_comparison_that_the_other_made_is_not_said_to_have_failed(
    video: Video, workers: TwoWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.make_finished_job(video)
    Job.objects.filter(pk=job.pk).update(comparison_version=0)

    def fail(*_arguments: object) -> None:
        expired = timezone.now() - timedelta(seconds=1)
        Job.objects.filter(pk=job.pk).update(lease_until=expired, leased_by="second")
        raise PipelineError("The decoder of the stills failed.", permanent=True)

    monkeypatch.setattr(comparison_files, "_make_comparison", fail)
    tasks.make_comparison(str(job.pk))

    job.refresh_from_db()
    assert job.derived_files_error == ""
