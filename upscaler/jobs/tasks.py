"""The tasks of django-q2's queues. Queued tasks name these functions; rows say what there is to do."""

from __future__ import annotations

from uuid import UUID

from upscaler.jobs.actions import trash
from upscaler.jobs.rendering import runner
from upscaler.jobs.steps import (
    analysis,
    capture_analysis,
    comparison_files,
    dataset_export,
    finishing,
    leak_check,
    model_check,
    posting,
)
from upscaler.jobs.training import preparation
from upscaler.jobs.training import runner as training
from upscaler.jobs.worker.heartbeat import heartbeat
from upscaler.media.files import folder_delete

DELETES_FILES = "Deleting files"
"""The activity that the workers page shows."""


def render() -> None:
    runner.work()


def take_in_video(video: str) -> None:
    analysis.take_in(UUID(video))


def make_proxy(video: str) -> None:
    analysis.make_proxy(UUID(video))


def assemble(job: str) -> None:
    finishing.finish(UUID(job))


def make_comparison(job: str) -> None:
    comparison_files.make_comparison(UUID(job))


def make_post(post: str) -> None:
    posting.make_post(UUID(post))


def check_weights(model: str) -> None:
    model_check.check_weights(UUID(model))


def prepare_samples(run: str) -> None:
    preparation.prepare_samples(UUID(run))


def train(run: str) -> None:
    training.train(UUID(run))


def measure_capture(capture: str) -> None:
    capture_analysis.measure_capture(UUID(capture))


def check_leaks(dataset: str, work: str) -> None:
    leak_check.check_leaks(UUID(dataset), work)


def export_dataset(dataset: str, work: str) -> None:
    dataset_export.export_dataset(UUID(dataset), work)


def empty_trash() -> None:
    with heartbeat.activity(DELETES_FILES):
        trash.trash_expire()


def remove_folder(*prefixes: str) -> None:
    with heartbeat.activity(DELETES_FILES):
        for prefix in prefixes:
            folder_delete(prefix)
