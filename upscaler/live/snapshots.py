"""Snapshots of jobs, videos and datasets, from which open pages update themselves."""

from __future__ import annotations

from typing import Any

from upscaler.live.events import CaptureChange, payload_for_page
from upscaler.models import (
    Capture,
    Dataset,
    Event,
    Job,
    JobState,
    TrainingRun,
    Video,
    VideoState,
)
from upscaler.models.artifact import ArtifactKind
from upscaler.models.training_run import ACTIVE_RUN_STATES
from upscaler.selectors.jobs import seconds_watchable
from upscaler.selectors.runs import pictures_of, points_shown, seconds_left
from upscaler.selectors.videos import artifact_of_video, videos_without_copy
from upscaler.site_urls import comparison_url

LOG_LINES = 200


def job_snapshot(job: Job) -> dict[str, Any]:
    """Return everything that the job's page shows. ``last`` is the number of the last event in it.

    The number is read first. An event that comes in between is then sent twice, which is harmless; if the number were
    read last, the event would be lost.
    """
    job.refresh_from_db()
    last = job.event_seq
    events = Event.objects.filter(subject=job.pk)
    pair = events.filter(kind="pair").order_by("-seq").first()
    lines = list(events.filter(kind="log").order_by("-seq")[:LOG_LINES])
    return {
        "kind": "snapshot",
        "last": last,
        "state": job.state,
        "label": job.get_state_display(),
        "error": job.error,
        "waits_for": job.waits_for,
        "frame": job.frames_done,
        "total": job.frames_total,
        "fps": job.fps,
        "seconds_left": job.seconds_left,
        "watchable": seconds_watchable(job),
        "pair": payload_for_page(pair) if pair else None,
        "log": [{"text": line.payload["text"], "at": line.created_at.isoformat()} for line in reversed(lines)],
        "is_final": not job.is_active,
        "url": comparison_url(job.pk) if job.state == JobState.DONE else None,
    }


def video_snapshot(video: Video) -> dict[str, Any]:
    """Return everything of a video that changes without a request."""
    video.refresh_from_db()
    last = video.event_seq
    newest = video.jobs.order_by("-created_at").first()
    progress = Event.objects.filter(subject=video.pk, kind="progress").order_by("-seq").first()
    return {
        "kind": "snapshot",
        "last": last,
        "state": video.state,
        "label": video.get_state_display(),
        "error": video.error,
        "is_final": video.state in (VideoState.READY, VideoState.REFUSED),
        "joined": progress.payload if progress and video.state == VideoState.JOINING else None,
        "has_proxy": artifact_of_video(video, ArtifactKind.PROXY) is not None,
        "is_complete": not videos_without_copy().filter(pk=video.pk).exists(),
        "job": job_card(newest) if newest else None,
    }


def dataset_snapshot(dataset: Dataset) -> dict[str, Any]:
    """Return the states of a dataset's captures. It is never final: friends may send captures at any time."""
    dataset.refresh_from_db()
    last = dataset.event_seq
    return {
        "kind": "snapshot",
        "last": last,
        "is_final": False,
        "captures": [capture_change(capture) for capture in dataset.captures.all()],
    }


def capture_change(capture: Capture) -> CaptureChange:
    """Return the state of a capture, as an event has it."""
    return {
        "kind": "capture",
        "id": str(capture.pk),
        "state": capture.state,
        "label": capture.get_state_display(),
        "seen": capture.frames_seen,
        "total": (capture.facts_json or {}).get("frames", 0),
        "kept": capture.frames_kept,
    }


def run_snapshot(run: TrainingRun) -> dict[str, Any]:
    """Return everything that a training run's page shows and that changes without a request."""
    run.refresh_from_db()
    last = run.event_seq
    pictures = pictures_of(run)
    lines = list(Event.objects.filter(subject=run.pk, kind="log").order_by("-seq")[:LOG_LINES])
    return {
        "kind": "snapshot",
        "last": last,
        "state": run.state,
        "label": run.get_state_display(),
        "error": run.error,
        "waits_for": run.waits_for,
        "samples": {"done": run.samples_done, "total": run.samples_total},
        "step": run.step,
        "total": run.total,
        "seconds": run.seconds,
        "seconds_left": seconds_left(run),
        "points": [
            {
                "step": point.step,
                "seconds": point.seconds,
                "loss": point.loss,
                "score": point.score,
                "note": point.note,
                "has_snapshot": point.has_snapshot,
                "has_pictures": point.has_snapshot and point.step in pictures.steps,
            }
            for point in points_shown(run)
        ],
        "pictures": pictures.examples,
        "has_base": pictures.has_base,
        "log": [{"text": line.payload["text"], "at": line.created_at.isoformat()} for line in reversed(lines)],
        "is_final": run.state not in ACTIVE_RUN_STATES,
    }


def job_card(job: Job) -> dict[str, Any]:
    """Return the values of a job that a card shows."""
    return {
        "id": str(job.pk),
        "state": job.state,
        "label": job.get_state_display(),
        "frame": job.frames_done,
        "total": job.frames_total,
        "is_active": job.is_active,
    }
