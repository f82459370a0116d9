"""A training run's page is told of its points, by a snapshot first; nobody else's page is."""

from __future__ import annotations

from asgiref.sync import sync_to_async

from tests import factories
from tests.live.conftest import Watch
from upscaler.live import consumers, log
from upscaler.models import RunPoint, TrainingRun, User
from upscaler.training.trainer.run_files import TRUTH, picture_name


def made(person: User) -> TrainingRun:
    run = factories.make_run(person)
    for step in (20, 40):
        RunPoint.objects.create(run=run, step=step, seconds=step, loss=0.02, rate=2e-4, has_snapshot=step == 40)
    for shows in (TRUTH, 40):
        factories.store(f"{run.folder}/{picture_name(0, shows)}", b"RIFF")
    return run


async def test_a_run_is_watched(watch: Watch, person: User) -> None:
    run = await sync_to_async(made)(person)
    page = await watch(run, person)
    snapshot = (await page.message())["payload"]
    assert [(point["step"], point["has_pictures"]) for point in snapshot["points"]] == [(20, False), (40, True)]
    assert (snapshot["pictures"], snapshot["has_base"], snapshot["is_final"]) == (1, False, False)
    await sync_to_async(log.append)(run, {"kind": "rewound", "step": 20})
    assert (await page.message())["payload"] == {"kind": "rewound", "step": 20}


async def test_a_run_of_somebody_else_does_not_exist(viewer: Watch, person: User, stranger: User) -> None:
    run = await sync_to_async(made)(person)
    page = await viewer(run, stranger)
    assert await page.connect()
    assert await page.code() == consumers.NOT_FOUND
