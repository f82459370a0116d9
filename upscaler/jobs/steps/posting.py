"""Makes clips to post of comparisons."""

from __future__ import annotations

import secrets
from pathlib import Path
from uuid import UUID

from django.conf import settings

from upscaler.jobs.actions.posts import files_of
from upscaler.jobs.base import disk_space, stopping
from upscaler.jobs.base.identity import worker_name
from upscaler.jobs.base.leased_work import Outcomes, leased_work
from upscaler.jobs.base.leases import must_hold
from upscaler.jobs.steps import comparison_files
from upscaler.jobs.steps.finishing import facts_of
from upscaler.media.artifacts import artifact_publish, artifacts_delete
from upscaler.media.files import Scratch, source_path, source_paths
from upscaler.models import Job, Post, PostState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.comparison import comparison_clip
from upscaler.pipeline.planning.plan import Size
from upscaler.pipeline.posting.clip_recipe import PostRecipe
from upscaler.pipeline.posting.make import make_post as write_post
from upscaler.selectors.jobs import artifact_of_job
from upscaler.selectors.posts import posts_queued


def make_post(post_id: UUID) -> None:
    """Make a queued clip. Safe to call twice."""
    post = posts_queued().select_related("job__video").filter(pk=post_id).first()
    if post is None:
        return
    outcomes = Outcomes(
        wait=lambda reason: _update(post, waits_for=reason),
        fail=lambda error: _update(post, state=PostState.FAILED, error=error.message, waits_for=""),
    )
    frame = leased_work(
        *(post, (PostState.WANTED,), outcomes),
        name=f"Clip to post {post.pk}",
        scratch=Scratch.POST,
        shortage=disk_space.shortage,
    )
    with frame as scratch:
        if scratch is not None:
            _make(post, scratch)


def _make(post: Post, scratch: Path) -> None:
    artifacts_delete(files_of(post))  # of a worker that died after it published the file
    job, recipe = post.job, post.recipe
    target = scratch / f"clip.{recipe.format}"
    clip = artifact_of_job(job, ArtifactKind.COMPARISON_CLIP)
    if clip is not None:
        with source_path(clip.key, stopping.raise_if_cancelled) as path:
            size = _write(post, path, target, scratch, at=recipe.first)
    else:
        size = _write(post, _comparison_part(job, recipe, scratch), target, scratch, at=0)
    must_hold(post)
    name = f"posts/{post.pk}-{secrets.token_hex(4)}.{recipe.format}"
    made = artifact_publish(of=job, kind=ArtifactKind.POST, file=target, name=name, size=(size.width, size.height))
    if not _update(post, state=PostState.DONE, artifact=made, error="", waits_for=""):
        artifacts_delete([made])


def _write(post: Post, clip: Path, target: Path, scratch: Path, *, at: int) -> Size:
    limits = settings.ENVIRONMENT.limits
    return write_post(clip, post.job.plan, post.recipe, target, scratch, limits, stopping.raise_if_cancelled, at=at)


def _comparison_part(job: Job, recipe: PostRecipe, scratch: Path) -> Path:
    """Write the part of a comparison clip for a job that has none. Both videos are read from the beginning."""
    part = scratch / "part.mp4"
    with source_paths([job.video.key, comparison_files.shown_of(job).key], stopping.raise_if_cancelled) as (
        source,
        result,
    ):
        limits, frames = settings.ENVIRONMENT.limits, (recipe.first, recipe.frames)
        comparison_clip.make_comparison_clip(source, result, facts_of(job), job.plan, part, limits, part=frames)
    return part


def _update(post: Post, **values: object) -> int:
    """Update the clip if it is still queued and this worker holds its lease. Return the number of updated rows."""
    return Post.objects.filter(pk=post.pk, state=PostState.WANTED, leased_by=worker_name()).update(**values)
