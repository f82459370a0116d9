"""What may be downloaded behind a link, what it is called there, and what other sites may show of it."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from tests.publish.conftest import Ask
from tests.publish.shown import everything
from upscaler.models import Share
from upscaler.models.artifact import ArtifactKind
from upscaler.publish.shares import Terms, share_change

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def share(full_share: Share) -> Share:
    return full_share


async def test_without_leave_nothing_is_downloaded(as_visitor: Ask, share: Share) -> None:
    found = await everything(as_visitor, share.token)
    result = str((await sync_to_async(share.job.artifacts.get)(kind=ArtifactKind.RESULT)).pk)
    files = [address for address in found if "/media/" in address and "?" not in address]
    await sync_to_async(share_change)(share=share, terms=Terms(allows_download=False))

    shown = await everything(as_visitor, share.token)

    assert not [address for address in shown if "download" in address or result in address]
    assert {answer.status_code for answer in shown.values()} == {200}
    assert {(await as_visitor(f"{address}?download=1")).status_code for address in files} == {404}
    assert (await as_visitor(f"/s/{share.token}/media/{result}")).status_code == 404, "its copy is what plays"


async def test_a_result_that_plays_itself_is_played_and_not_downloaded(as_visitor: Ask, share: Share) -> None:
    @sync_to_async
    def without_a_copy() -> str:
        share.job.artifacts.filter(kind__in=(ArtifactKind.PLAYABLE, ArtifactKind.COMPARISON_CLIP)).delete()
        share_change(share=share, terms=Terms(allows_download=False))
        return f"/s/{share.token}/media/{share.job.artifacts.get(kind=ArtifactKind.RESULT).pk}"

    result = await without_a_copy()

    assert result in await everything(as_visitor, share.token)
    assert (await as_visitor(result)).headers["content-disposition"].startswith("inline")
    assert (await as_visitor(f"{result}?download=1")).status_code == 404


async def test_the_title_of_a_link_names_its_files(as_visitor: Ask, share: Share) -> None:
    found = await everything(as_visitor, share.token)

    named = [answer.headers["content-disposition"] for answer in found.values() if "/media/" in str(answer.url)]
    assert named and all("Warthog%20run%20-%20" in name for name in named)


async def test_only_the_picture_of_a_link_may_be_shown_by_other_sites(as_visitor: Ask, share: Share) -> None:
    split = await sync_to_async(share.job.artifacts.get)(kind=ArtifactKind.LINK_PREVIEW)
    for address, answer in (await everything(as_visitor, share.token)).items():
        if "/media/" in address:
            wanted = "cross-origin" if str(split.pk) in address else "same-origin"
            assert answer.headers["cross-origin-resource-policy"] == wanted
