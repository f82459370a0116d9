"""A web process that has served every page has loaded no network, and stays small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from haloweb.env import BASE_DIR
from tests.data_folder import prepare

MAX_MEGABYTES = 150
HEAVY = ("torch", "cv2", "realesrgan", "basicsr", "spandrel", "openvino", "torchvision")

PROGRAM = """
import asyncio, json, sys
from haloweb import asgi

from django.test import Client
from django.test.utils import setup_test_environment

setup_test_environment()

import httpx
import psutil
from tests import factories

owner = factories.make_user("owner", is_superuser=True, is_staff=True)
job = factories.make_finished_job(factories.make_video(owner))
active = factories.make_job(job.video)
share = factories.make_share(job)
client, visitor = Client(), Client()
client.force_login(owner)

pages = ["/", "/library.json", "/upload/", "/models/", "/preferences/", "/admin/upscaler/user/"]
pages += [f"/videos/{job.video_id}/", f"/videos/{job.video_id}/status.json", f"/jobs/{job.pk}/compare/"]
pages += [f"/jobs/{one.pk}/{page}" for one in (job, active) for page in ("", "status.json")]
served = {page: client.get(page).status_code for page in pages}
served |= {page: visitor.get(page).status_code for page in ("/log-in/", f"/s/{share.token}/")}
served["start"] = client.post(f"/videos/{job.video_id}/jobs/", {"model": job.model_id, "preset": "h264"}).status_code


async def media():
    cookies = {"sessionid": client.cookies["sessionid"].value}
    transport = httpx.ASGITransport(asgi.application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", cookies=cookies) as browser:
        for artifact in [artifact async for artifact in job.artifacts.all()]:
            served[artifact.kind] = (await browser.get(f"/media/{artifact.pk}")).status_code
        begun = await browser.options("/uploads/")
        served["uploads"] = begun.status_code

asyncio.run(media())
memory = psutil.Process().memory_full_info()
print(json.dumps({"served": served, "modules": sorted(sys.modules), "uss": memory.uss, "pss": memory.pss}))
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data = tmp_path_factory.mktemp("web")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
    environment |= {"HALOWEB_DATA": str(data), "PYTHONPATH": str(BASE_DIR)}
    prepare(data)
    serve = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        serve, check=False, capture_output=True, text=True, timeout=120, env=environment, cwd=BASE_DIR
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_every_page_is_served(answer: dict[str, Any]) -> None:
    served = answer["served"]
    assert served.pop("start") == 302
    assert served.pop("uploads") == 204
    assert len(served) > 15
    assert {page: status for page, status in served.items() if status != 200} == {}


def test_nothing_heavy_was_loaded(answer: dict[str, Any]) -> None:
    assert [name for name in HEAVY if name in answer["modules"]] == []


def test_it_stays_small(answer: dict[str, Any]) -> None:
    assert answer["pss"] / 1024**2 < MAX_MEGABYTES
    assert answer["uss"] / 1024**2 < MAX_MEGABYTES
