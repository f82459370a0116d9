"""Results that browsers don't play, and the copies beside them: types, names, and who has them."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from tests import factories
from tests.publish.conftest import Ask
from upscaler.models import Artifact, Job, Share
from upscaler.models.artifact import ArtifactKind

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def made(job: Job, kind: ArtifactKind, name: str) -> Artifact:
    artifact = factories.make_artifact(job, kind)
    key = f"{job.folder}/{name}"
    factories.store(key, b"0123456789")
    Artifact.objects.filter(pk=artifact.pk).update(key=key)
    return artifact


@pytest.mark.parametrize(
    ("kind", "name", "content_type", "ending"),
    [
        (ArtifactKind.RESULT, "result.mkv", "video/x-matroska", "upscaled.mkv"),
        (ArtifactKind.RESULT, "result.mov", "video/quicktime", "upscaled.mov"),
        (ArtifactKind.RESULT, "result.mp4", "video/mp4", "upscaled.mp4"),
        (ArtifactKind.PLAYABLE, "playable.mp4", "video/mp4", "upscaled, for browsers.mp4"),
        (ArtifactKind.SOURCE_CLIP, "before.mp4", "video/mp4", "original.mp4"),
    ],
)
async def test_types_and_names_follow_from_what_it_is(
    as_person: Ask, finished: Job, kind: ArtifactKind, name: str, content_type: str, ending: str
) -> None:
    artifact = await made(finished, kind, name)

    response = await as_person(f"/media/{artifact.pk}?download=1")

    assert response.headers["content-type"] == content_type
    assert response.headers["content-disposition"].startswith("attachment")
    said = response.headers["content-disposition"].replace("%20", " ").replace("%2C", ",")
    assert ending in said


async def test_a_share_gives_the_copies_but_no_small_pictures(as_visitor: Ask, finished: Job, share: Share) -> None:
    playable = await made(finished, ArtifactKind.PLAYABLE, "playable.mp4")
    before = await made(finished, ArtifactKind.SOURCE_CLIP, "before.mp4")
    sprite = await sync_to_async(factories.make_artifact)(finished.video, ArtifactKind.SPRITE)

    for artifact, status in ((playable, 200), (before, 200), (sprite, 404)):
        assert (await as_visitor(f"/s/{share.token}/media/{artifact.pk}")).status_code == status
        assert (await as_visitor(f"/media/{artifact.pk}")).status_code == 404


async def test_a_share_of_a_part_does_not_give_the_whole(as_visitor: Ask, finished: Job, share: Share) -> None:
    proxy = await sync_to_async(factories.make_artifact)(finished.video, ArtifactKind.PROXY)
    poster = await sync_to_async(factories.make_artifact)(finished.video, ArtifactKind.POSTER)
    for artifact in (proxy, poster):
        assert (await as_visitor(f"/s/{share.token}/media/{artifact.pk}")).status_code == 200

    plan = finished.plan_json | {"is_trimmed": True}
    await Job.objects.filter(pk=finished.pk).aupdate(plan_json=plan)

    for artifact in (proxy, poster):
        assert (await as_visitor(f"/s/{share.token}/media/{artifact.pk}")).status_code == 404
