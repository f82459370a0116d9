"""Notifications of jobs that finished while their owner looked at another page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from upscaler.models import Job, JobState
from upscaler.selectors.events import event_settled, jobs_ended
from upscaler.views.requests import person

MAX_DIGITS = 18


@require_GET
def notifications(request: HttpRequest) -> JsonResponse:
    """List the jobs that finished or failed after event ``after``, oldest first, with the event to ask after next time.

    Without ``after`` the list is empty: a page that asks for the first time is notified from now on.
    """
    text = request.GET.get("after", "")
    last = event_settled()
    after = int(text) if text.isdecimal() and text.isascii() and len(text) <= MAX_DIGITS else last
    ended = jobs_ended(user=person(request), after=after, last=last)
    return JsonResponse({"last": max(after, last), "ended": [_notification(number, job) for number, job in ended]})


def _notification(number: int, job: Job) -> dict[str, Any]:
    is_done = job.state == JobState.DONE
    times = (job.started_at, job.finished_at)
    return {
        "number": number,
        "job": str(job.pk),
        "is_done": is_done,
        "title": job.video.title,
        "text": "is done" if is_done else "failed",
        "url": reverse("job", args=[job.pk]),
        "seconds": (times[1] - times[0]).total_seconds() if times[0] and times[1] else 0,
    }
