"""Clips to post, read through the owner of their video."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from upscaler.models import (
    Post,
    PostState,
    User,
)
from upscaler.selectors.rows import found_or_404


def posts_queued() -> QuerySet[Post]:
    """Return the queued clips to post, oldest first."""
    queued = Post.objects.filter(state=PostState.WANTED, job__video__trashed_at__isnull=True)
    return queued.order_by("created_at", "pk")


def post_get(*, user: User, id: UUID) -> Post:
    """Return a clip to post. Raises Http404 if it doesn't exist, or its video is another user's or in the trash."""
    posts = Post.objects.select_related("job__video", "job__model", "artifact")
    return found_or_404(posts.filter(job__video__owner=user, job__video__trashed_at__isnull=True, pk=id).first())
