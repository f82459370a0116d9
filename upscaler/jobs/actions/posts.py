"""Clips to post: asked for, and thrown away. What makes them is in posting.py, for web processes load this."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction

from upscaler.jobs import queues
from upscaler.media.artifacts import artifacts_delete
from upscaler.models import Artifact, Job, JobState, Post, PostState, User
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.posting.clip_recipe import PostRecipe

MAX_POSTS = 20
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
        if held.posts.count() >= MAX_POSTS:
            raise Refused(f"There are {MAX_POSTS} clips of this comparison, which is the most. Delete one first.")
        post = Post.objects.create(job=held, asked_by=user, **asdict(recipe))
        queues.enqueue_post(post.pk)
    return post, True


def post_retry(*, post: Post) -> bool:
    """Make one that failed after all. False if it has not failed."""
    with transaction.atomic():
        if not Post.objects.filter(pk=post.pk, state=PostState.FAILED).update(state=PostState.WANTED, error=""):
            return False
        queues.enqueue_post(post.pk)
    post.refresh_from_db()
    return True


def post_delete(*, post: Post) -> None:
    """The row first, so that a worker that makes it just now throws it away."""
    Post.objects.filter(pk=post.pk).delete()
    artifacts_delete(files_of(post))


def files_of(post: Post) -> list[Artifact]:
    """What was made of it, also by a worker that died before it said so."""
    return list(
        post.job.artifacts.filter(kind=ArtifactKind.POST, key__startswith=f"{post.job.folder}/posts/{post.pk}-")
    )
