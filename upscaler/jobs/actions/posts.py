"""Orders and deletes clips to post. ``steps/posting.py`` makes them, which web processes don't load."""

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
"""The limit per job."""


def post_create(*, job: Job, user: User, recipe: PostRecipe) -> tuple[Post, bool]:
    """Return a clip that will be made, and whether it is new: the same clip is not made twice.

    One that failed is retried. Raises Refused, with the reason, if there are too many or the job isn't done.
    """
    with transaction.atomic():
        locked_job = Job.objects.select_for_update().filter(pk=job.pk, state=JobState.DONE).first()
        if locked_job is None:
            raise Refused("This job isn't done yet. Clips to post can be made once it is.")
        if existing := locked_job.posts.filter(**asdict(recipe)).first():
            post_retry(post=existing)
            return existing, False
        if locked_job.posts.count() >= MAX_POSTS:
            raise Refused(f"At most {MAX_POSTS} clips per comparison. Delete one first.")
        post = Post.objects.create(job=locked_job, asked_by=user, **asdict(recipe))
        queues.enqueue_post(post.pk)
    return post, True


def post_retry(*, post: Post) -> bool:
    """Retry a clip that failed. Return False if it has not failed."""
    with transaction.atomic():
        if not Post.objects.filter(pk=post.pk, state=PostState.FAILED).update(state=PostState.WANTED, error=""):
            return False
        queues.enqueue_post(post.pk)
    post.refresh_from_db()
    return True


def post_delete(*, post: Post) -> None:
    """Delete a clip: its row first, so that a worker that is making it deletes its file."""
    Post.objects.filter(pk=post.pk).delete()
    artifacts_delete(files_of(post))


def files_of(post: Post) -> list[Artifact]:
    """Return the clip's files, including those of a worker that died before it updated the row."""
    return list(
        post.job.artifacts.filter(kind=ArtifactKind.POST, key__startswith=f"{post.job.folder}/posts/{post.pk}-")
    )
