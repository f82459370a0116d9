"""What a comparison shows, as its page and its player take it; no file is named that the viewer may not have."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from upscaler import selectors
from upscaler.models import Artifact, Job, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline import stacked
from upscaler.pipeline.facts import Facts
from upscaler.pipeline.tracks import audible

Address = Callable[[Artifact | None], str | None]


def comparison(job: Job, share: Share | None, *, against: Job | None = None) -> dict[str, Any]:
    """The context of a comparison's page; through a share, with its addresses alone.

    ``against`` is another job of the same video, to be shown where the original would be.
    """
    address = _addresses(share)
    result = selectors.artifact_of_job(job, ArtifactKind.RESULT)
    after = playable_of(job)
    original = before_of(job)
    stills = [] if against else _stills(job, address)
    player = _player(job, original, after, stills, address)
    if against is not None:
        player |= _against(job, against, after, address)
    return {
        "job": job,
        "plan": job.plan,
        "facts": job.video.facts,
        "stills": stills,
        "result": address(result),
        "player": player,
        "is_made": job.comparison > 0 or bool(job.extras_error),
        "no_copy": "No copy that browsers play could be made." if job.extras_error or job.video.extras_error else "",
    }


def playable_of(job: Job) -> Artifact | None:
    """The result, or the copy of it that browsers play."""
    copy = selectors.artifact_of_job(job, ArtifactKind.PLAYABLE)
    return copy or selectors.artifact_of_job(job, ArtifactKind.RESULT)


def before_of(job: Job) -> Artifact | None:
    """The playable file of what the network saw. What a trim cuts off is nobody else's to see."""
    seen = selectors.artifact_of_job(job, ArtifactKind.BEFORE)
    whole = None if job.plan.is_trimmed else job.video
    return seen or (selectors.artifact_of_video(whole, ArtifactKind.PROXY) if whole else None)


def begins(artifact: Artifact, job: Job) -> Fraction:
    """Seconds after its start at which a playable file shows the job's first frame."""
    if artifact.kind in (ArtifactKind.BEFORE, ArtifactKind.STACKED):
        return Fraction(0)
    if artifact.kind == ArtifactKind.PROXY:
        facts = job.video.facts
        return facts.first_frame_time if facts else Fraction(0)
    return Fraction(0) if job.plan.is_trimmed else job.plan.start


def side(artifact: Artifact, job: Job, address: Address) -> dict[str, Any]:
    """One of two videos that the player holds together."""
    return {"url": address(artifact), "start": float(begins(artifact, job))}


def _player(
    job: Job, before: Artifact | None, after: Artifact | None, stills: list[dict[str, Any]], address: Address
) -> dict[str, Any]:
    plan, clip = job.plan, selectors.artifact_of_job(job, ArtifactKind.STACKED)
    best = max(stills, key=lambda still: still["detail"], default=None)
    pair = None
    if clip is None and before is not None and after is not None:
        pair = {"before": side(before, job, address), "after": side(after, job, address)}
    return {
        "rate": [plan.rate.numerator, plan.rate.denominator],
        "frames": plan.frame_count,
        "width": plan.output.width,
        "height": plan.output.height,
        "names": ["Before", "After"],
        "clip": {"url": address(clip), "layout": stacked.layout(plan).to_json()} if clip else None,
        "pair": pair,
        "poster": {name: best[name] for name in ("before", "after", "frame")} if best else None,
        "hasSound": bool(_sound(job.video.facts)),
        "soundBefore": side(before, job, address) if before and _sound(job.video.facts) else None,
        "linked": True,
    }


def _against(job: Job, other: Job, after: Artifact | None, address: Address) -> dict[str, Any]:
    """Two results, frame by frame. They are told apart by their models, or by when they were made."""
    theirs = playable_of(other)
    pair = None
    if theirs is not None and after is not None:
        pair = {"before": side(theirs, other, address), "after": side(after, job, address)}
    names = [other.model.name, job.model.name]
    if names[0] == names[1]:
        names = [f"{one.model.name}, {one.created_at:%d %b %H:%M}" for one in (other, job)]
    return {"clip": None, "pair": pair, "poster": None, "names": names, "soundBefore": None}


def _sound(facts: Facts | None) -> bool:
    return facts is not None and bool(audible(facts))


def _stills(job: Job, address: Address) -> list[dict[str, Any]]:
    pngs = {(one.frame, one.kind): one for one in job.artifacts.filter(kind__startswith="png-")}
    return [
        {
            "before": address(before),
            "after": address(after),
            "png_before": address(pngs.get((after.frame, ArtifactKind.PNG_BEFORE))),
            "png_after": address(pngs.get((after.frame, ArtifactKind.PNG_AFTER))),
            "frame": after.frame or 0,
            "seconds": float((after.frame or 0) / job.plan.rate),
            "width": after.width,
            "height": after.height,
            "detail": after.size,
        }
        for before, after in selectors.stills_of(job)
    ]


def _addresses(share: Share | None) -> Address:
    return lambda artifact: selectors.artifact_url(artifact, share) if artifact else None
