"""Clips to post: asked for, made by a CPU worker from the comparison, thrown away."""

from __future__ import annotations

import logging
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from upscaler import selectors
from upscaler.jobs import enqueue, extras, space, stopping
from upscaler.jobs.finishing import facts_of
from upscaler.jobs.identity import worker_name
from upscaler.jobs.leases import is_held, lease
from upscaler.jobs.trouble import in_words
from upscaler.models import Artifact, Job, JobState, Post, PostState, User
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline import stacked
from upscaler.pipeline.errors import PipelineError, Refused, Stopped
from upscaler.pipeline.plan import Size
from upscaler.pipeline.posting.make import make_post as write_post
from upscaler.pipeline.posting.recipe import PostRecipe
from upscaler.storage import artifact_publish, artifacts_delete, scratch_folder, source_path, source_paths

logger = logging.getLogger(__name__)

MOST_KEPT = 20
"""Of one job."""


def post_create(*, job: Job, user: User, recipe: PostRecipe) -> tuple[Post, bool]:
    """A clip that will be made, and whether it is a new one: what was asked for before is not made twice.

    One that failed is tried again. Raises Refused, with the reason, when there are too many or the job is not done.
    """
    with transaction.atomic():
        held = Job.objects.select_for_update().filter(pk=job.pk, state=JobState.DONE).first()
        if held is None:
            raise Refused("Only of a finished job is there a clip to post.")
        if same := held.posts.filter(**asdict(recipe)).first():
            post_retry(post=same)
            return same, False
        if held.posts.count() >= MOST_KEPT:
            raise Refused(f"There are {MOST_KEPT} clips of this comparison, which is the most. Delete one first.")
        post = Post.objects.create(job=held, asked_by=user, **asdict(recipe))
        enqueue.ring_post(post.pk)
    return post, True


def post_retry(*, post: Post) -> bool:
    """Make one that failed after all. False if it has not failed."""
    with transaction.atomic():
        if not Post.objects.filter(pk=post.pk, state=PostState.FAILED).update(state=PostState.WANTED, error=""):
            return False
        enqueue.ring_post(post.pk)
    post.refresh_from_db()
    return True


def post_delete(*, post: Post) -> None:
    """The row first, so that a worker that makes it just now throws it away."""
    Post.objects.filter(pk=post.pk).delete()
    artifacts_delete(_files_of(post))


def make_post(post_id: UUID) -> None:
    """Make one that is wanted. Safe to call twice."""
    post = selectors.posts_wanted().select_related("job__video").filter(pk=post_id).first()
    if post is None:
        return
    with lease(post, (PostState.WANTED,)) as start:
        if not start:
            return
        if reason := space.why_full():
            _update(post, waits_for=reason)
            return
        scratch = scratch_folder(f"post-{post.pk}")
        try:
            with in_words(f"the clip to post {post.pk}", start):
                _make(post, scratch)
        except Stopped:
            return  # deleted in the meantime, or this worker is to end
        except PipelineError as error:
            logger.warning("no clip to post %s: %s\n%s", post.pk, error.message, error.detail)
            if reason := space.why_wait(error):
                _update(post, waits_for=reason)  # the reaper rings again
            else:
                _update(post, state=PostState.FAILED, error=error.message, waits_for="")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _make(post: Post, scratch: Path) -> None:
    artifacts_delete(_files_of(post))  # of a worker that died between publishing and saying so
    job, recipe = post.job, post.recipe
    target = scratch / f"clip.{recipe.format}"
    clip = selectors.artifact_of_job(job, ArtifactKind.STACKED)
    if clip is not None:
        with source_path(clip.key, stopping.heed) as path:
            size = _write(post, path, target, scratch, at=recipe.first)
    else:
        size = _write(post, _stacked_part(job, recipe, scratch), target, scratch, at=0)
    if not is_held(post):
        raise Stopped("Another worker has taken it over.")
    name = f"posts/{post.pk}-{secrets.token_hex(4)}.{recipe.format}"
    made = artifact_publish(of=job, kind=ArtifactKind.POST, file=target, name=name, size=(size.width, size.height))
    if not _update(post, state=PostState.DONE, artifact=made, error="", waits_for=""):
        artifacts_delete([made])


def _write(post: Post, clip: Path, target: Path, scratch: Path, *, at: int) -> Size:
    limits = settings.ENVIRONMENT.limits
    return write_post(clip, post.job.plan, post.recipe, target, scratch, limits, stopping.heed, at=at)


def _stacked_part(job: Job, recipe: PostRecipe, scratch: Path) -> Path:
    """What the comparison clip would show there, of a job that has none: both films are read from the beginning."""
    part = scratch / "part.mp4"
    with source_paths([job.video.key, extras.shown_of(job).key], stopping.heed) as (source, result):
        limits, frames = settings.ENVIRONMENT.limits, (recipe.first, recipe.frames)
        stacked.make_stacked(source, result, facts_of(job), job.plan, part, limits, part=frames)
    return part


def _update(post: Post, **values: object) -> int:
    """What became of it, if it is still wanted and ours."""
    return Post.objects.filter(pk=post.pk, state=PostState.WANTED, leased_by=worker_name()).update(**values)


def _files_of(post: Post) -> list[Artifact]:
    return list(
        post.job.artifacts.filter(kind=ArtifactKind.POST, key__startswith=f"{post.job.folder}/posts/{post.pk}-")
    )
