"""What holds for media wherever it lies: on the file system, and in object storage."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from tests import factories
from upscaler.media import files
from upscaler.media.artifacts import artifact_publish, artifacts_delete
from upscaler.media.media_store import media_store
from upscaler.media.stored import Gone
from upscaler.models import Artifact, Job, Video
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import Stopped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("each_storage")]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A finished file, somewhere in scratch."""
    path = tmp_path / "made.jpg"
    path.write_bytes(b"a picture")
    return path


def test_what_was_kept_can_be_read_under_its_key() -> None:
    files.working_path("jobs/1/segment.mp4").write_bytes(b"frames")

    files.commit_file("jobs/1/segment.mp4")

    with files.source_path("jobs/1/segment.mp4") as path:
        assert path.read_bytes() == b"frames"
        assert path == media_store().reading_path("jobs/1/segment.mp4")
    assert media_store().content("jobs/1/segment.mp4") is not None


def test_what_is_gone_is_said_by_what_it_was(video: Video, each_storage: str) -> None:
    media_store().delete(video.key)

    with pytest.raises(Gone) as said, files.source_path(video.key):
        pytest.fail("there is nothing to read")

    where = "in media storage" if each_storage == "object storage" else "on the disk"
    assert said.value.message == (
        f"The original of this video is no longer {where}. Restore it from a backup, or upload it again."
    )
    assert said.value.permanent


def test_it_is_known_when_a_file_came_not_when_it_was_made(made: Path) -> None:
    os.utime(made, (0, 10**9))

    files.store_file(made, "videos/1/original")

    came = media_store().modified_at("videos/1/original")
    assert came is not None
    assert abs(time.time() - came) < 60
    assert media_store().modified_at("videos/1/nothing") is None


def test_several_are_given_in_the_order_that_was_asked(made: Path) -> None:
    for name in "abc":
        factories.store(f"jobs/1/{name}", name.encode())

    with files.source_paths(["jobs/1/c", "jobs/1/a", "jobs/1/b"]) as paths:
        assert [path.read_bytes() for path in paths] == [b"c", b"a", b"b"]


def test_a_file_that_was_put_is_not_where_it_was(made: Path) -> None:
    files.store_file(made, "videos/1/poster.jpg")

    assert not made.exists()
    assert factories.stored("videos/1/poster.jpg") == b"a picture"


def test_what_is_put_again_is_what_is_read(made: Path) -> None:
    factories.store("videos/1/original", b"first")
    assert factories.stored("videos/1/original") == b"first"

    files.store_file(made, "videos/1/original")

    assert factories.stored("videos/1/original") == b"a picture"


def test_nothing_is_given_out_where_nothing_is() -> None:
    assert media_store().content("videos/1/original") is None


def test_what_is_discarded_is_gone_whether_it_was_kept_or_not() -> None:
    factories.store("jobs/1/kept", b"frames")
    files.working_path("jobs/1/written").write_bytes(b"half")

    for key in ("jobs/1/kept", "jobs/1/written", "jobs/1/never"):
        files.delete_file(key)

    assert factories.files_under("jobs/1") == []
    assert not any(files.working_path(key).exists() for key in ("jobs/1/kept", "jobs/1/written"))


def test_a_folder_goes_with_all_that_is_in_it_and_nothing_beside_it() -> None:
    for key in ("jobs/1/result.mp4", "jobs/1/stills/a.jpg", "jobs/10/result.mp4", "jobs/2/result.mp4"):
        factories.store(key, b"x")

    files.folder_delete("jobs/1")
    files.folder_delete("jobs/3")

    assert factories.files_under("jobs/1") == []
    assert factories.has_file("jobs/10/result.mp4") and factories.has_file("jobs/2/result.mp4")


def test_an_artifact_is_a_file_and_a_row_that_says_what_is_in_it(video: Video, made: Path) -> None:
    artifact = artifact_publish(of=video, kind=ArtifactKind.POSTER, file=made, name="poster.jpg", size=(64, 48))

    assert (artifact.key, artifact.size) == (f"videos/{video.pk}/poster.jpg", 9)
    assert artifact.sha256 == hashlib.sha256(b"a picture").hexdigest()
    assert factories.stored(artifact.key) == b"a picture"
    assert not made.exists()


def test_an_artifact_takes_the_place_of_another_of_its_name(video: Video, made: Path, tmp_path: Path) -> None:
    artifact_publish(of=video, kind=ArtifactKind.POSTER, file=made, name="poster.jpg")
    made.write_bytes(b"another")

    second = artifact_publish(of=video, kind=ArtifactKind.POSTER, file=made, name="poster.jpg")

    assert list(Artifact.objects.filter(kind=ArtifactKind.POSTER)) == [second]
    assert factories.stored(second.key) == b"another"


def test_deleted_artifacts_leave_neither_row_nor_file(job: Job) -> None:
    artifacts = [factories.make_artifact(job, ArtifactKind.LIVE_BEFORE, frame=number) for number in range(3)]

    artifacts_delete(artifacts[:2])

    assert list(Artifact.objects.all()) == artifacts[2:]
    assert [factories.has_file(artifact.key) for artifact in artifacts] == [False, False, True]


@pytest.mark.django_db(transaction=True)
def test_a_file_of_a_job_that_was_deleted_is_thrown_away(job: Job, made: Path) -> None:
    gone = Job.objects.get(pk=job.pk)
    job.delete()

    with pytest.raises(Stopped):
        artifact_publish(of=gone, kind=ArtifactKind.RECEIPT, file=made, name="receipt.json")

    assert factories.files_under(f"jobs/{gone.pk}") == []


def test_an_upload_that_has_gathered_is_brought_to_its_place_once() -> None:
    gathering = media_store().incoming_path("uploads/1")
    gathering.write_bytes(b"all of it")

    for _ in range(2):
        media_store().send("uploads/1", "videos/1/original")
        media_store().finalize("uploads/1", "videos/1/original")
        assert factories.stored("videos/1/original") == b"all of it"
        gathering.unlink(missing_ok=True)


def test_there_is_room() -> None:
    assert files.free_bytes() > 0
