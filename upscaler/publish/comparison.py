"""The data of a comparison page and its player. It names no file that the viewer may not download."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from upscaler.models import Artifact, Job, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.pipeline.comparison import comparison_clip
from upscaler.pipeline.core.facts import Facts
from upscaler.pipeline.tracks.track_plan import decodable_audio
from upscaler.selectors.videos import artifact_of_video
from upscaler.site_urls import artifact_url, comparison_status_url

Address = Callable[[Artifact | None], str | None]


def comparison(job: Job, share: Share | None, *, against: Job | None = None) -> dict[str, Any]:
    """Return the context of a comparison page; through a share, with the share's URLs alone.

    ``against`` is another job of the same video, shown instead of the original.
    """
    address = _addresses(share)
    files = _Files(job)
    after = files.playable()
    stills = [] if against else _stills(files, address)
    saves = share is None or share.allows_download
    has_no_copy = bool(job.derived_files_error or job.video.derived_files_error)
    player = _player(files, stills, address) | {"saves": saves}
    if against is not None:
        player |= _against(job, against, after, address)
    return {
        "job": job,
        "plan": job.plan,
        "facts": job.video.facts,
        "stills": stills,
        "result": address(files.first(ArtifactKind.RESULT)),
        "saves": saves,
        "player": player,
        "is_ready": is_ready(job),
        "status": comparison_status_url(job, share),
        "no_copy": "HaloWeb couldn't make a copy that browsers can play." if has_no_copy else "",
    }


def is_ready(job: Job) -> bool:
    """Whether the stills and the comparison clip of a done job are there, or can't be made."""
    return job.comparison_version > 0 or bool(job.derived_files_error)


class _Files:
    """The artifacts of a job, read once."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._all = list(job.artifacts.order_by("frame"))

    def of(self, kind: ArtifactKind) -> dict[int, Artifact]:
        """Return the artifacts of a kind by their frame numbers."""
        return {artifact.frame or 0: artifact for artifact in self._all if artifact.kind == kind}

    def first(self, kind: ArtifactKind) -> Artifact | None:
        return next(iter(self.of(kind).values()), None)

    def playable(self) -> Artifact | None:
        """Return the result, or the copy of it that browsers play."""
        return self.first(ArtifactKind.PLAYABLE) or self.first(ArtifactKind.RESULT)

    def before(self) -> Artifact | None:
        """Return the playable file of the source; of a trimmed job never the whole video, which nobody else may see."""
        source = self.first(ArtifactKind.SOURCE_CLIP)
        if source is None and not self.job.plan.is_trimmed:
            source = artifact_of_video(self.job.video, ArtifactKind.PROXY)
        return source


def begins(artifact: Artifact, job: Job) -> Fraction:
    """Return the seconds after its start at which a playable file shows the job's first frame."""
    imported_result = job.imported_result
    if imported_result is not None and artifact.kind in (ArtifactKind.RESULT, ArtifactKind.PLAYABLE):
        return imported_result.starts
    if artifact.kind in (ArtifactKind.SOURCE_CLIP, ArtifactKind.COMPARISON_CLIP):
        return Fraction(0)
    if artifact.kind == ArtifactKind.PROXY:
        facts = job.video.facts
        return facts.begins if facts else Fraction(0)
    return job.plan.start - job.plan.zero


def side(artifact: Artifact, job: Job, address: Address) -> dict[str, Any]:
    """Return one of the two videos that the player keeps in step."""
    return {"url": address(artifact), "start": float(begins(artifact, job))}


def _player(files: _Files, stills: list[dict[str, Any]], address: Address) -> dict[str, Any]:
    job, clip, before, after = files.job, files.first(ArtifactKind.COMPARISON_CLIP), files.before(), files.playable()
    plan = job.plan
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
        "clip": {"url": address(clip), "layout": comparison_clip.layout(plan).to_json()} if clip else None,
        "pair": pair,
        "poster": {name: best[name] for name in ("before", "after", "frame")} if best else None,
        "hasSound": bool(_sound(job.video.facts)),
        "soundBefore": side(before, job, address) if before and _sound(job.video.facts) else None,
        "linked": True,
    }


def _against(job: Job, other: Job, after: Artifact | None, address: Address) -> dict[str, Any]:
    """Compare two results frame by frame, named by their models, or by model and time if these are the same."""
    theirs = _Files(other).playable()
    pair = None
    if theirs is not None and after is not None:
        pair = {"before": side(theirs, other, address), "after": side(after, job, address)}
    names = [other.made_with, job.made_with]
    if names[0] == names[1]:
        names = [f"{result.made_with}, {result.created_at:%d %b %H:%M}" for result in (other, job)]
    return {"clip": None, "pair": pair, "poster": None, "names": names, "soundBefore": None}


def _sound(facts: Facts | None) -> bool:
    return facts is not None and bool(decodable_audio(facts))


def _stills(files: _Files, address: Address) -> list[dict[str, Any]]:
    kinds = ArtifactKind.STILL_BEFORE, ArtifactKind.STILL_AFTER, ArtifactKind.PNG_BEFORE, ArtifactKind.PNG_AFTER
    befores, afters, png_befores, png_afters = (files.of(kind) for kind in kinds)
    return [
        {
            "before": address(befores[frame]),
            "after": address(after),
            "png_before": address(png_befores.get(frame)),
            "png_after": address(png_afters.get(frame)),
            "frame": frame,
            "seconds": float(frame / files.job.plan.rate),
            "width": after.width,
            "height": after.height,
            "detail": after.size,
        }
        for frame, after in afters.items()
        if frame in befores
    ]


def _addresses(share: Share | None) -> Address:
    return lambda artifact: artifact_url(artifact, share) if artifact else None
