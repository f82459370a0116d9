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


def posts_wanted() -> QuerySet[Post]:
    """Clips to post that are still to be made, the one that was asked for first coming first."""
    wanted = Post.objects.filter(state=PostState.WANTED, job__video__trashed_at__isnull=True)
    return wanted.order_by("created_at", "pk")


def post_get(*, user: User, id: UUID) -> Post:
    """Raises Http404 unless it exists, is of a video of the person's own, and this is not in the trash."""
    posts = Post.objects.select_related("job__video", "job__model", "artifact")
    return found_or_404(posts.filter(job__video__owner=user, job__video__trashed_at__isnull=True, pk=id).first())
