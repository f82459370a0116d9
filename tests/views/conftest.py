"""Pages and who asks for them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from upscaler.models import Job, JobState, UpscaleModel, Video


@pytest.fixture
def finished(video: Video) -> Job:
    """A done job with all of its files."""
    return factories.make_finished_job(video)


@pytest.fixture
def nearest() -> UpscaleModel:
    return factories.nearest_model()


@pytest.fixture
def rendering(video: Video) -> Job:
    return factories.make_job(video, state=JobState.RENDERING, frames_done=12, fps=6.0)


def queries_of(client: Client, page: str) -> int:
    """How many questions the database is asked for a page that is there."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)
