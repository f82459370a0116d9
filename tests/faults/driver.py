"""A process of its own inside an installation: ``python -m tests.faults.driver``, a question a line, an answer a line.

The tests themselves have a database of their own; this one has that of the server under test.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from upscaler.jobs import queues
from upscaler.jobs.actions import lifecycle, removal
from upscaler.media.disk import local_path
from upscaler.models import Artifact, Job, Segment, UpscaleModel, User, Video, VideoState, Worker
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.recipe import Recipe
from upscaler.pipeline.networks.builtin import BUILTIN

Answer = dict[str, Any]


def bring(path: str) -> Answer:
    """An upload that has just arrived."""
    user, _ = User.objects.get_or_create(username="miranda")
    file = Path(path)
    video = Video.objects.create(
        owner=user,
        title=file.stem,
        original_name=file.name,
        state=VideoState.PROBING,
        size=file.stat().st_size,
        starts_job=False,
    )
    shutil.copy(file, local_path(video.key))
    queues.enqueue_analysis(video.pk)
    return {"video": str(video.pk)}


def video(id: str) -> Answer:
    found = Video.objects.get(pk=id)
    return {"state": found.state, "error": found.error, "notice": found.notice}


def start(video: str, model: str = "realesr-animevideov3", priority: int = 0, preset: str = "h264") -> Answer:
    weights = BUILTIN[model]
    chosen, _ = UpscaleModel.objects.get_or_create(
        builtin_name=model,
        defaults={"name": model, "state": "ready", "architecture": weights.architecture, "scale": weights.scale},
    )
    job = lifecycle.job_create(video=Video.objects.get(pk=video), model=chosen, recipe=Recipe(preset=preset))
    Job.objects.filter(pk=job.pk).update(priority=priority)
    return {"job": str(job.pk), "segments": job.segments.count()}


def job(id: str) -> Answer:
    """All that tests ask of a job."""
    found = Job.objects.get(pk=id)
    rows = list(found.segments.values("index", "state", "attempt", "fence", "worker", "error", "key"))
    result = Artifact.objects.filter(job=found, kind=ArtifactKind.RESULT)
    return {
        "state": found.state,
        "error": found.error,
        "waits_for": found.waits_for,
        "frames": found.frames_done,
        "segments": rows,
        "done": sum(row["state"] == "done" for row in rows),
        "results": [{"key": one.key, "sha256": one.sha256, "size": one.size} for one in result],
        "artifacts": [[one.key, one.size] for one in found.artifacts.all()],
    }


def state(id: str) -> Answer:
    return {"state": Job.objects.values_list("state", flat=True).get(pk=id)}


def act(id: str, name: str) -> Answer:
    """Call one of the job services, such as "cancel"."""
    services: dict[str, Callable[..., object]] = {
        "cancel": removal.job_cancel,
        "pause": lifecycle.job_pause,
        "resume": lifecycle.job_resume,
        "retry": lifecycle.job_retry,
        "delete": removal.job_delete,
    }
    return {"done": services[name](job=Job.objects.get(pk=id))}


def workers() -> Answer:
    """Those that were heard of within half a minute."""
    heard = [worker for worker in Worker.objects.all() if not worker.is_silent]
    return {"workers": [{"name": one.name, "host": one.host, "queue": one.queue, "pid": one.pid} for one in heard]}


def segment_sizes(id: str) -> Answer:
    return {"sizes": list(Segment.objects.filter(job_id=id).values_list("size", flat=True))}


def cookie() -> Answer:
    """Return the cookie of a session in which the videos' owner is logged in."""
    return {"cookie": _session_of(User.objects.get(username="miranda"))}


def log_in(name: str, password: str) -> Answer:
    """Return the cookie of a session of an owner's account, which is made if there is none."""
    user = User.objects.filter(username=name).first() or User.objects.create_superuser(name, password=password)
    return {"cookie": _session_of(user)}


def _session_of(user: User) -> str | None:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


QUESTIONS: dict[str, Callable[..., Answer]] = {
    "bring": bring,
    "video": video,
    "start": start,
    "job": job,
    "state": state,
    "act": act,
    "cookie": cookie,
    "log_in": log_in,
    "workers": workers,
    "segment_sizes": segment_sizes,
}


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = QUESTIONS[asked.pop("ask")](**asked)
        except Exception as error:
            answer = {"failed": repr(error)}
        finally:
            connections.close_all()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
