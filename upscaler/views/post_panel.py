"""The clips to post on the comparison page: the form of a new one, and the list."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from upscaler.forms.posting import PostForm
from upscaler.models import Job, Post, PostState
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.comparison import comparison_clip
from upscaler.pipeline.planning.plan import Plan
from upscaler.pipeline.posting.clip_recipe import MB, USUAL
from upscaler.pipeline.tracks.track_plan import decodable_audio
from upscaler.selectors.jobs import artifact_of_job
from upscaler.site_urls import artifact_url
from upscaler.wording.durations import clock
from upscaler.wording.sizes import picture_size


def panel(job: Job, form: PostForm | None = None) -> dict[str, Any]:
    """Return the context of parts/clips.html."""
    plan = job.plan
    has_clip = artifact_of_job(job, ArtifactKind.COMPARISON_CLIP) is not None
    return {
        "post_form": form or form_of(job),
        "post_rows": [row(post, plan) for post in job.posts.select_related("artifact")],
        "post_waits": not has_clip and not job.comparison_version and not job.derived_files_error,
        "post_is_slow": not has_clip and not comparison_clip.is_short_enough(plan),
    }


def form_of(job: Job, data: Any = None) -> PostForm:
    """Return the form of a new clip, whose default start puts the picture of the job's links in its middle."""
    plan, facts = job.plan, job.video.facts
    preview = artifact_of_job(job, ArtifactKind.LINK_PREVIEW)
    moment = (preview.frame or 0) / plan.rate - USUAL / 2 if preview else Fraction(0)
    return PostForm(data, plan=plan, has_sound=bool(facts and decodable_audio(facts)), moment=moment)


def row(post: Post, plan: Plan | None = None) -> dict[str, Any]:
    """Return the row of a clip. A page asks with ``seen`` whether its row is out of date."""
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
        "label": f"{post.get_form_display()}, {seconds} s from {begins}, {post.get_format_display()}",
        "facts": _facts(post),
        "made": made,
        "url": artifact_url(made) if made else "",
        "is_video": post.recipe.is_video,
    }


def _facts(post: Post) -> str:
    artifact = post.artifact
    if artifact is None:
        return f"At most {post.most_bytes // MB} MB"
    properties = [f"{artifact.size / MB:.1f} MB", picture_size(artifact.width, artifact.height)]
    if post.recipe.is_video:
        properties.append("with sound" if post.with_sound else "without sound")
    return " · ".join(properties)
