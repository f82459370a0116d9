"""What the comparison's page shows of clips to post: the form of a new one, and those that there are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from upscaler.forms.posting import PostForm
from upscaler.models import Job, Post, PostState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.comparison import comparison_clip
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.posting.clip_recipe import MB, USUAL
from upscaler.pipeline.tracks.track_plan import audible
from upscaler.selectors.jobs import artifact_of_job
from upscaler.site_urls import artifact_url
from upscaler.templatetags.words import clock


def panel(job: Job, form: PostForm | None = None) -> dict[str, Any]:
    """The context of parts/posting.html."""
    plan = job.plan
    has_clip = artifact_of_job(job, ArtifactKind.COMPARISON_CLIP) is not None
    return {
        "post_form": form or form_of(job),
        "post_rows": [row(post, plan) for post in job.posts.select_related("artifact")],
        "post_waits": not has_clip and not job.comparison_version and not job.extras_error,
        "post_is_slow": not has_clip and not comparison_clip.is_wanted(plan),
    }


def form_of(job: Job, said: Any = None) -> PostForm:
    """The form of a new clip. At first it begins so that the picture of the job's links is in the clip's middle."""
    plan, facts = job.plan, job.video.facts
    shown = artifact_of_job(job, ArtifactKind.LINK_PREVIEW)
    moment = (shown.frame or 0) / plan.rate - USUAL / 2 if shown else Fraction(0)
    return PostForm(said, plan=plan, has_sound=bool(facts and audible(facts)), moment=moment)


def row(post: Post, plan: Plan | None = None) -> dict[str, Any]:
    """One clip, in words. ``seen`` tells whether a row that is shown is still right."""
    plan = plan or post.job.plan
    made = post.artifact if post.state == PostState.DONE else None
    seconds = f"{float(post.frames / plan.rate):.1f}".removesuffix(".0")
    begins = clock(post.first / plan.rate)
    state = "made" if made else "lost" if post.state == PostState.DONE else post.state
    if state == PostState.WANTED and post.is_being_made:
        state = "making"
    return {
        "post": post,
        "state": state,
        "seen": f"{state} {post.waits_for}",
        "says": f"{post.get_form_display()}, {seconds} s from {begins}, {post.get_format_display()}",
        "facts": _facts(post),
        "made": made,
        "url": artifact_url(made) if made else "",
        "is_video": post.recipe.is_video,
    }


def _facts(post: Post) -> str:
    made = post.artifact
    if made is None:
        return f"At most {post.most_bytes // MB} MB"
    said = [f"{made.size / MB:.1f} MB", f"{made.width} × {made.height}"]  # noqa: RUF001
    if post.recipe.is_video:
        said.append("with sound" if post.with_sound else "without sound")
    return " · ".join(said)
