"""oEmbed (https://oembed.com): how a comparison is shown by a page in which somebody puts its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_safe

from upscaler.models import JobState, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.publish import embeds, gate
from upscaler.selectors.jobs import artifact_of_job
from upscaler.site_urls import artifact_url
from upscaler.views.share import behind_a_link

FORMAT = "json"


@behind_a_link
@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """Of a link that is open to everybody, the frame that fits into what the other page has room for."""
    if request.GET.get("format", FORMAT) != FORMAT:
        return HttpResponse("Only JSON is given.", status=501, content_type="text/plain")
    try:
        most_width, most_height = (_pixels(request, name) for name in ("maxwidth", "maxheight"))
    except ValueError:
        return HttpResponse("A size is a whole number of pixels.", status=400, content_type="text/plain")
    share = _share_at(request, request.GET.get("url", ""))
    frame = embeds.frame_for(share.job.plan.output, most_width, most_height)
    address = request.build_absolute_uri(reverse("share-embed", args=[share.token]))
    return JsonResponse(
        {
            "version": "1.0",
            "type": "rich",
            "provider_name": "HaloWeb",
            "provider_url": request.build_absolute_uri("/"),
            "title": share.shown_title,
            "html": embeds.snippet(address, share.shown_title, frame),
            "width": frame.width,
            "height": frame.height,
            **_thumbnail(request, share, most_width, most_height),
        }
    )


def _share_at(request: HttpRequest, address: str) -> Share:
    """The one whose page or frame has this address here. Raises Http404 for all that is not open to everybody."""
    try:
        parts = urlsplit(address)
        found = resolve(parts.path)
    except (ValueError, Resolver404) as error:
        raise Http404 from error
    is_ours = parts.scheme in ("http", "https") and parts.netloc == request.get_host()
    if not is_ours or found.url_name not in ("share", "share-embed"):
        raise Http404
    answer = gate.ask(found.kwargs["token"], {})
    if not isinstance(answer, gate.Open) or answer.share.job.state != JobState.DONE:
        raise Http404
    return answer.share


def _pixels(request: HttpRequest, name: str) -> int | None:
    said = request.GET.get(name)
    if not said:
        return None
    pixels = int(said)
    if pixels < 1:
        raise ValueError(said)
    return pixels


def _thumbnail(request: HttpRequest, share: Share, most_width: int | None, most_height: int | None) -> dict[str, Any]:
    """The picture of two halves; none where it is larger than what was asked for."""
    split = artifact_of_job(share.job, ArtifactKind.LINK_PREVIEW)
    if split is None or split.width > (most_width or split.width) or split.height > (most_height or split.height):
        return {}
    return {
        "thumbnail_url": request.build_absolute_uri(artifact_url(split, share)),
        "thumbnail_width": split.width,
        "thumbnail_height": split.height,
    }
