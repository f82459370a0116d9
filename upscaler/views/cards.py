"""Cards of videos in the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from upscaler.models import Listing, Video, VideoState
from upscaler.selectors.videos import with_cards
from upscaler.site_urls import artifact_url

WIDE = ("facts_json", "error", "notice", "notes", "derived_files_error")
"""Columns that no card shows."""


def cards_of(rows: Sequence[Listing]) -> list[dict[str, Any]]:
    """Return one card per row, in their order."""
    videos = with_cards(Video.objects.filter(pk__in=[row.video_id for row in rows]).defer(*WIDE))
    by_id = {video.pk: video for video in videos}
    return [card_of(by_id[row.video_id], row) for row in rows if row.video_id in by_id]


def card_of(video: Video, row: Listing) -> dict[str, Any]:
    """Return the context of templates/upscaler/parts/card.html."""
    posters = video.posters  # type: ignore[attr-defined]
    return {
        **state_of(video),
        "video": video,
        "poster": artifact_url(posters[0]) if posters else None,
        "hover": _hover(video),
        "seconds": row.seconds,
        "height": row.height,
        "about": " · ".join(filter(None, (video.get_game_display(), video.map, video.mode))),
        "can_join": row.seconds is not None and video.state == VideoState.READY,
    }


def _hover(video: Video) -> str | None:
    """Return the URL of the clip that plays under the pointer, which is the newest result's."""
    jobs = video.newest_jobs  # type: ignore[attr-defined]
    return next((artifact_url(job.hovers[0]) for job in jobs if job.hovers), None)


def state_of(video: Video) -> dict[str, Any]:
    """Return the state of the newest job, or of the video if it has none; "video" is the video's own state."""
    jobs = video.newest_jobs  # type: ignore[attr-defined]
    if jobs:
        job = jobs[0]
        return {
            "video": video.state,
            "state": job.state,
            "label": job.get_state_display(),
            "done": job.frames_done,
            "total": job.frames_total,
            "is_active": job.is_active,
            "waits_for": job.waits_for,
        }
    is_active = video.state not in ("ready", "refused")
    label = "Not upscaled yet" if video.state == "ready" else video.get_state_display()
    return {
        "video": video.state,
        "state": video.state,
        "label": label,
        "done": 0,
        "total": 0,
        "is_active": is_active,
        "waits_for": "",
    }
