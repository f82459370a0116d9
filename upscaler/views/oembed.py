"""oEmbed (https://oembed.com): how other sites show a comparison whose URL is pasted there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_safe

from upscaler.models import JobState, Share
from upscaler.models.artifact import ArtifactKind
from upscaler.publish import embeds, share_access
from upscaler.selectors.jobs import artifact_of_job
from upscaler.site_urls import artifact_url
from upscaler.views.share import behind_a_link

FORMAT = "json"


@behind_a_link
@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """Describe the frame of a link without a password, in a size that the other page has space for."""
    if request.GET.get("format", FORMAT) != FORMAT:
        return HttpResponse("Only format=json is supported.", status=501, content_type="text/plain")
    try:
        max_width, max_height = (_pixels(request, name) for name in ("maxwidth", "maxheight"))
    except ValueError:
        return HttpResponse(
            "maxwidth and maxheight must be whole numbers of pixels.", status=400, content_type="text/plain"
        )
    share = _share_at(request, request.GET.get("url", ""))
    frame = embeds.frame_for(share.job.plan.output, max_width, max_height)
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
            **_thumbnail(request, share, max_width, max_height),
        }
    )


def _share_at(request: HttpRequest, address: str) -> Share:
    """Return the link whose page or frame has this URL. Raises Http404 for one that isn't open to everyone."""
    try:
        parts = urlsplit(address)
        match = resolve(parts.path)
    except (ValueError, Resolver404) as error:
        raise Http404 from error
    is_ours = parts.scheme in ("http", "https") and parts.netloc == request.get_host()
    if not is_ours or match.url_name not in ("share", "share-embed"):
        raise Http404
    answer = share_access.check(match.kwargs["token"], {})
    if not isinstance(answer, share_access.Open) or answer.share.job.state != JobState.DONE:
        raise Http404
    return answer.share


def _pixels(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name)
    if not text:
        return None
    pixels = int(text)
    if pixels < 1:
        raise ValueError(text)
    return pixels


def _thumbnail(request: HttpRequest, share: Share, max_width: int | None, max_height: int | None) -> dict[str, Any]:
    """Return the picture of two halves, unless it is larger than the other page allows."""
    split = artifact_of_job(share.job, ArtifactKind.LINK_PREVIEW)
    if split is None or split.width > (max_width or split.width) or split.height > (max_height or split.height):
        return {}
    return {
        "thumbnail_url": request.build_absolute_uri(artifact_url(split, share)),
        "thumbnail_width": split.width,
        "thumbnail_height": split.height,
    }
