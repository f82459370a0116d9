"""Runs inside an older version, with its code: a question a line, an answer a line.

Its modules are imported by their names, since they need not be there in this version.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")

import django

django.setup()

from django.db import connections

models: Any = import_module("upscaler.models")
lifecycle: Any = import_module("upscaler.jobs.lifecycle")
trash: Any = import_module("upscaler.jobs.trash")
joining: Any = import_module("upscaler.jobs.joining")
fetching: Any = import_module("upscaler.jobs.fetching")
leases: Any = import_module("upscaler.jobs.leases")
posts: Any = import_module("upscaler.jobs.posts")
shares: Any = import_module("upscaler.publish.shares")
tags: Any = import_module("upscaler.library.tags")
collections: Any = import_module("upscaler.library.collections")
about: Any = import_module("upscaler.library.about")
recipes: Any = import_module("upscaler.pipeline.recipe")
posting: Any = import_module("upscaler.pipeline.posting.recipe")
named: Any = import_module("upscaler.pipeline.networks.named")
parent: Any = import_module("upscaler.pipeline.fetch.parent")
storage: Any = import_module("upscaler.storage")

Answer = dict[str, Any]


def people(password: str) -> Answer:
    """The server's owner, and somebody else with a library."""
    owner = models.User.objects.create_superuser("avery", password=password)
    person = models.User.objects.create_user("miranda", password=password)
    models.User.objects.filter(pk=person.pk).update(starts_jobs=False, default_kind="halo-3", lists_library=True)
    models.SiteSettings.objects.create(pk=1, shows_gallery=True, imports=True)
    return {"owner": owner.pk, "person": person.pk}


def job(
    video: str,
    model: str = "nearest",
    preset: str = "h264",
    height: int | None = None,
    trim: list[int] | None = None,
    priority: int = 0,
    **filters: str,
) -> Answer:
    if model in named.NAMED:
        weights = named.NAMED[model]
        values = {"name": model, "state": "ready", "architecture": weights.architecture, "scale": weights.scale}
        row, _ = models.UpscaleModel.objects.get_or_create(shipped=model, defaults=values)
    else:
        row = models.UpscaleModel.objects.get(pk=model)
    between = (trim[0], trim[1]) if trim else None
    recipe = recipes.Recipe(preset=preset, height=height, trim=between, filters=recipes.Filters(**filters))
    made = lifecycle.job_create(video=_video(video), model=row, recipe=recipe)
    models.Job.objects.filter(pk=made.pk).update(priority=priority)
    return {"id": str(made.pk)}


def act(job: str, name: str) -> Answer:
    """Call one of the job services, such as "pause"."""
    return {"done": getattr(lifecycle, f"job_{name}")(job=models.Job.objects.get(pk=job))}


def share(job: str, revoked: bool = False, **terms: Any) -> Answer:
    found = models.Job.objects.select_related("video__owner").get(pk=job)
    if "expires_at" in terms:
        terms["expires_at"] = datetime.fromisoformat(terms["expires_at"])
    made = shares.share_create(job=found, user=found.video.owner, terms=terms)
    if revoked:
        shares.share_revoke(share=made)
    return {"token": made.token}


def film(parts: list[str], title: str) -> Answer:
    owner = _video(parts[0]).owner
    made = joining.film_create(owner=owner, parts=list(map(UUID, parts)), title=title, starts_job=False)
    return {"id": str(made.pk)}


def wanted_from(address: str, owner: str) -> Answer:
    """A video that is asked for by its address, and that nobody has fetched yet."""
    user = models.User.objects.get(username=owner)
    made = fetching.import_create(owner=user, address=address, kind="other", starts_job=False)
    return {"id": str(made.pk)}


def fetched(path: str, address: str, owner: str) -> Answer:
    """A video that came from an address. The file is a local one, and all else is as it would be."""

    def fetch(_address: str, folder: Path, **_ways: object) -> Any:
        return parent.Fetched(Path(shutil.copy(path, folder)), "A film that was fetched")

    id = wanted_from(address, owner)["id"]
    video = _video(id)
    with leases.lease(video, ("fetching",)) as start:
        assert start
        fetching.fetch_source(video, fetch)
    import_module("upscaler.jobs.enqueue").ring_intake(video.pk)
    return {"id": id}


def post(job: str, first: int = 0, frames: int = 15, form: str = "side", format: str = "mp4") -> Answer:
    found = models.Job.objects.select_related("video__owner").get(pk=job)
    recipe = posting.PostRecipe(form, format, first, frames, 10_000_000, with_sound=True, with_labels=True)
    made, _ = posts.post_create(job=found, user=found.video.owner, recipe=recipe)
    return {"id": str(made.pk)}


def library(videos: list[str]) -> Answer:
    """Tags, two collections and two saved views of these videos' owner, and what is known about the first one."""
    user, ids = _video(videos[0]).owner, list(map(UUID, videos))
    values = {
        "title": "Blood Gulch, the long game",
        "game": "ce",
        "map": "Blood Gulch",
        "mode": "Capture the Flag",
        "players": "Sierra, Noble",
        "year": 2004,
        "source_url": "https://example.org/gulch.avi",
        "uploader": "Vale",
        "notes": "From the second disc.",
    }
    about.video_describe(video=_video(videos[0]), values=values, tags=["LAN"])
    tags.tags_add(user=user, ids=ids, names=["montage", "Café"])
    for name, part in (("Best of 2004", ids[:3]), ("Cafe\u0301 sessions", ids[2:])):
        collections.collection_add(collection=collections.collection_get_or_create(user=user, name=name), ids=part)
    models.SavedView.objects.create(owner=user, name="Ready to watch", query="state=done&sort=longest&view=list")
    models.SavedView.objects.create(owner=user, name="Montages", query="tag=montage&game=ce")
    return {}


def put_into_trash(videos: list[str]) -> Answer:
    user = _video(videos[0]).owner
    return {"count": trash.videos_trash(user=user, ids=list(map(UUID, videos)))}


def empty_trash(owner: str) -> Answer:
    return {"count": trash.trash_empty(user=models.User.objects.get(username=owner))}


def _video(id: str) -> Any:
    return models.Video.objects.select_related("owner").get(pk=id)


QUESTIONS: dict[str, Callable[..., Answer]] = {
    each.__name__: each
    for each in (
        people, job, act, share, film, wanted_from, fetched, post, library, put_into_trash, empty_trash,
    )
}  # fmt: skip


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
