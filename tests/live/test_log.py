"""Events are numbered without holes, and the log does not grow for ever."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from upscaler.live import log
from upscaler.live.events import Payload
from upscaler.live.snapshots import LOG_LINES, job_snapshot
from upscaler.models import Event, Job, JobState, Video
from upscaler.selectors.events import events_after

pytestmark = pytest.mark.django_db


def line(text: str = "hello") -> Payload:
    return {"kind": "log", "text": text}


def progress(frame: int) -> Payload:
    return {"kind": "progress", "frame": frame, "total": 1000, "fps": 10.0, "seconds_left": 1.0}


def pair(frame: int) -> Payload:
    return {"kind": "pair", "frame": frame, "before": "/media/1", "after": "/media/2"}


def seqs(subject: Job | Video) -> list[int]:
    return list(Event.objects.filter(subject=subject.pk).values_list("seq", flat=True))


def test_events_of_a_subject_are_counted_from_one(job: Job, video: Video) -> None:
    assert [log.append(job, line()) for _ in range(3)] == [1, 2, 3]
    assert [log.append(video, line()) for _ in range(2)] == [1, 2]

    job.refresh_from_db()
    assert (seqs(job), seqs(video), job.event_seq) == ([1, 2, 3], [1, 2], 3)


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_leave_no_hole_and_no_double(job: Job) -> None:
    start, given = threading.Barrier(4), list[int]()

    def write() -> None:
        start.wait()
        try:
            for _ in range(10):
                given.append(log.append(job, line()))
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(given) == list(range(1, 41))
    assert seqs(job) == list(range(1, 41))


def test_what_is_deleted_is_told_nothing(job: Job) -> None:
    Job.objects.filter(pk=job.pk).delete()

    assert log.append(job, line()) == 0
    assert seqs(job) == []


def test_old_progress_and_pairs_are_pruned_and_the_rest_is_kept(job: Job) -> None:
    for number in range(300):
        log.append(job, progress(number))
        if number % 10 == 0:
            log.append(job, pair(number))
    for number in range(70):
        log.append(job, line(str(number)))

    events = Event.objects.filter(subject=job.pk)
    kept = {
        kind: list(events.filter(kind=kind).values_list("payload__frame", flat=True)) for kind in ("progress", "pair")
    }
    assert kept["progress"] == list(range(100, 300))
    assert kept["pair"] == list(range(200, 300, 10))
    assert events.filter(kind="log").count() == 70


def test_the_missing_events_are_given_exactly(job: Job) -> None:
    for number in range(1, 6):
        log.append(job, line(str(number)))

    assert [event["seq"] for event in events_after(job.pk, 2, 5) or []] == [3, 4, 5]
    assert events_after(job.pk, 5, 5) == []


def test_where_some_are_pruned_or_never_were_nothing_is_given(job: Job) -> None:
    for number in range(1, 6):
        log.append(job, line(str(number)))
    Event.objects.filter(subject=job.pk, seq=3).delete()

    assert events_after(job.pk, 2, 5) is None
    assert events_after(job.pk, 9, 5) is None
    assert events_after(job.pk, 3, 5) is not None


def test_a_snapshot_holds_all_that_the_page_shows(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=JobState.RENDERING, frames_done=10, fps=5.0)
    log.append(job, line("first"))
    log.append(job, pair(3))
    log.append(job, pair(7))
    log.append(job, line("second"))

    snapshot = job_snapshot(job)

    assert snapshot["last"] == 4
    assert (snapshot["state"], snapshot["label"], snapshot["is_final"]) == ("rendering", "Upscaling", False)
    assert (snapshot["frame"], snapshot["total"], snapshot["fps"], snapshot["seconds_left"]) == (10, 30, 5.0, 4.0)
    assert snapshot["pair"]["frame"] == 7
    assert [said["text"] for said in snapshot["log"]] == ["first", "second"]
    assert snapshot["url"] is None


def test_a_snapshot_of_a_finished_job_says_where_the_comparison_is(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)

    snapshot = job_snapshot(job)

    assert (snapshot["is_final"], snapshot["url"]) == (True, f"/jobs/{job.pk}/compare/")


def test_a_snapshot_shows_the_newest_lines_of_a_long_log(job: Job) -> None:
    for number in range(LOG_LINES + 5):
        log.append(job, line(str(number)))

    said = [entry["text"] for entry in job_snapshot(job)["log"]]

    assert (said[0], said[-1], len(said)) == ("5", "204", 200)
