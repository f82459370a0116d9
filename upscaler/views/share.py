"""The pages behind a share link: no names, no originals, nothing for search engines."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from csp.decorators import csp_replace, csp_update
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.defaults import page_not_found

from upscaler.accounts.throttle import address_of
from upscaler.forms.sharing import PasswordForm
from upscaler.models import CaptureLink, Job, JobState, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.models.job import WITHOUT_SEGMENTS
from upscaler.publish import share_access
from upscaler.publish.comparison import comparison, is_ready
from upscaler.publish.passwords import Tried, password_try
from upscaler.publish.shares import share_count_view
from upscaler.selectors.jobs import artifact_of_job, newest_pair, seconds_watchable
from upscaler.site_urls import artifact_url, share_url
from upscaler.wording.proportions import percent

SEEN = "seen"
"""A cookie that ends with the visitor's session, so that each visitor is counted once."""
STATUS = {Tried.WRONG: 403, Tried.TOO_OFTEN: 429}
ERRORS = {
    Tried.WRONG: "Wrong password.",
    Tried.TOO_OFTEN: "Too many attempts. Try again in 15 minutes.",
}

View = Callable[..., HttpResponseBase]


def behind_a_link(view: View) -> View:
    """Make a view public, but neither cached nor indexed; the same holds for its 404."""

    @wraps(view)
    def answer(request: HttpRequest, **route: Any) -> HttpResponseBase:
        try:
            response = view(request, **route)
        except Http404 as nothing:
            response = page_not_found(request, nothing)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        return response

    return login_not_required(never_cache(answer))


@behind_a_link
@require_http_methods(["GET", "HEAD", "POST"])
@csp_update({"media-src": ["blob:"]})  # type: ignore[arg-type]  # what is played while it renders is fed by a script
def share(request: HttpRequest, token: str) -> HttpResponse:
    """Show the comparison or its progress; before the password, only a form for it."""
    answer = share_access.check(token, request.COOKIES)
    if isinstance(answer, share_access.Locked):
        return unlock(request, answer.share, share_url(answer.share))
    open_share = _opened(answer)
    if request.method == "POST":
        return redirect("share", token)  # it was open already, in another tab
    is_done = open_share.job.state == JobState.DONE
    context = _of_page(request, open_share) | (_whole(open_share) if is_done else _so_far(open_share))
    name = "share" if is_done else "share_progress"
    response = render(request, f"upscaler/{name}.html", context)
    if request.method == "GET":
        _count(request, open_share, response)
    return response


@behind_a_link
@require_safe
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # typed for views without a route
def share_embed(request: HttpRequest, token: str) -> HttpResponse:
    """Show the comparison alone, for a frame of another site: the only page that may be in one."""
    open_share = _opened(share_access.check(token, request.COOKIES))
    if open_share.job.state != JobState.DONE:
        raise Http404
    context = {"share": open_share, "embedded": True} | _whole(open_share)
    return render(request, "upscaler/share_embed.html", context)


@behind_a_link
@require_safe
def share_state(request: HttpRequest, token: str) -> HttpResponse:
    """Return a job's progress and its newest frame, for a page that waits."""
    return JsonResponse(_progress(_opened(share_access.check(token, request.COOKIES))))


def _opened(answer: share_access.Answer) -> Share:
    """Return the link. Raises Http404 if it is gone or not unlocked."""
    if isinstance(answer, share_access.Open):
        return answer.share
    raise Http404


def unlock(request: HttpRequest, share: Share | CaptureLink, page: str) -> HttpResponse:
    """Ask for a link's password. The right one opens ``page``, the path of the link, for a while."""
    form = PasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        tried = password_try(share=share, password=form.cleaned_data["password"], address=address_of(request))
        if tried == Tried.RIGHT:
            return _unlocked(request, share, page)
        form.add_error("password", ERRORS[tried])
        status = STATUS[tried]
    response = render(request, "upscaler/share_locked.html", {"form": form}, status=status)
    # without a referrer, the CSRF check would refuse the form
    response["Referrer-Policy"] = "same-origin"
    return response


def _unlocked(request: HttpRequest, share: Share | CaptureLink, page: str) -> HttpResponse:
    response = redirect(page)
    response.set_cookie(
        share_access.COOKIE,
        share_access.key_for(share),
        max_age=share_access.OPEN_FOR,
        path=page,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


def _count(request: HttpRequest, share: Share, response: HttpResponse) -> None:
    """Count each visitor once, and its owner never."""
    if SEEN in request.COOKIES or request.user.pk == share.job.video.owner_id:
        return
    share_count_view(share=share)
    response.set_cookie(SEEN, "1", path=share_url(share), httponly=True, samesite="Lax", secure=request.is_secure())


def _whole(share: Share) -> dict[str, Any]:
    context = comparison(share.job, share)
    return context if share.allows_download else context | {"result": None}


def _so_far(share: Share) -> dict[str, Any]:
    """Return what can be watched of a job that isn't done."""
    if share.job.state in WITHOUT_SEGMENTS:
        return {}
    playlist = reverse("share-playlist", args=[share.token])
    return {"plan": share.job.plan, "playlist": playlist, "watchable": seconds_watchable(share.job)}


def _of_page(request: HttpRequest, share: Share) -> dict[str, Any]:
    """Return the link with its progress and, unless it has a password, the URLs for previews in other programs."""
    context: dict[str, Any] = {"share": share, "progress": _progress(share)}
    if share.password:
        return context
    address = request.build_absolute_uri(reverse("share", args=[share.token]))
    context["preview"] = preview = {"url": address}
    if share.job.state != JobState.DONE:
        return context
    if split := artifact_of_job(share.job, ArtifactKind.LINK_PREVIEW):
        preview["split"] = request.build_absolute_uri(artifact_url(split, share))
        context["split"] = split
    played = artifact_of_job(share.job, ArtifactKind.PLAYABLE) or artifact_of_job(share.job, ArtifactKind.RESULT)
    if share.allows_download and played is not None and played.content_type == "video/mp4":
        preview["video"] = request.build_absolute_uri(artifact_url(played, share))
        context["played"] = played
    query = f"?url={quote(address, safe='')}&format=json"
    preview["oembed"] = request.build_absolute_uri(reverse("oembed")) + query
    return context


def _progress(share: Share) -> dict[str, Any]:
    job = share.job
    return {
        "state": job.state,
        "label": job.get_state_display(),
        "is_active": job.is_active,
        "is_done": job.state == JobState.DONE,
        "is_ready": is_ready(job),
        "percent": percent(job.frames_done, job.frames_total),
        "watchable": seconds_watchable(job),
        "pair": None if job.state == JobState.DONE else _pair(job, share),
    }


def _pair(job: Job, share: Share) -> dict[str, Any] | None:
    """Return the newest frame that has both pictures."""
    pair = newest_pair(job)
    if pair is None:
        return None
    before, after = pair
    return {
        "frame": after.frame,
        "before": artifact_url(before, share),
        "after": artifact_url(after, share),
    }
