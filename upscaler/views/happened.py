"""What happened elsewhere: jobs of a person's that ended while they look at another page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from upscaler.models import Job, JobState
from upscaler.selectors.events import event_settled, jobs_ended
from upscaler.views.requests import person

MOST_DIGITS = 18


@require_GET
def happened(request: HttpRequest) -> JsonResponse:
    """The jobs that ended behind event ``after``, oldest first, and the event to ask behind next time.

    Without ``after`` nothing has happened yet: a page that is new to this asks from now on.
    """
    text = request.GET.get("after", "")
    last = event_settled()
    after = int(text) if text.isdecimal() and text.isascii() and len(text) <= MOST_DIGITS else last
    ended = jobs_ended(user=person(request), after=after, last=last)
    return JsonResponse({"last": max(after, last), "ended": [_said(number, job) for number, job in ended]})


def _said(number: int, job: Job) -> dict[str, Any]:
    is_done = job.state == JobState.DONE
    times = (job.started_at, job.finished_at)
    return {
        "number": number,
        "job": str(job.pk),
        "is_done": is_done,
        "title": job.video.title,
        "text": "is upscaled" if is_done else "could not be upscaled",
        "url": reverse("job", args=[job.pk]),
        "seconds": (times[1] - times[0]).total_seconds() if times[0] and times[1] else 0,
    }
