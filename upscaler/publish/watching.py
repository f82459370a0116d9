"""A job's segments as a stream that is watched while the rest is rendered: HLS (RFC 8216) of fragmented MP4.

The segments' own files are what is played. Each begins with the same head: the playlist names the first one's as the
head of all, and of every file the bytes behind it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from upscaler.media.medium import medium
from upscaler.media.stored import Gone, StoredObject
from upscaler.models import Job, Segment, SegmentState, Share, User
from upscaler.models.job import WITHOUT_SEGMENTS
from upscaler.pipeline.containers.mp4 import head_bytes
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.render.encode import playable_path
from upscaler.publish.streaming import beginning
from upscaler.selectors.jobs import segments_watchable
from upscaler.site_urls import segment_url

CONTENT_TYPE = "application/vnd.apple.mpegurl"
LONGEST_HEAD = 64 * 1024
"""Bytes. Heads have about one thousand: they list no frames."""


def playlist(job: Job, share: Share | None) -> str | None:
    """Return a playlist of what is rendered without a gap from the beginning, or None if nothing is.

    Its URLs are those of the share, or the owner's. It ends once everything is rendered, or nothing more will come.
    """
    found = _files(job)
    if not found:
        return None
    plan = job.plan
    head = _head(key_of(job, found[0][0]))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{math.ceil(max(end - start for start, end in plan.segments) / plan.rate)}",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-START:TIME-OFFSET=0",
        f'#EXT-X-MAP:URI="{segment_url(job, found[0][0].index, share)}",BYTERANGE="{head}@0"',
    ]
    for segment, size in found:
        lines += [
            f"#EXTINF:{float((segment.end - segment.start) / plan.rate):.6f},",
            f"#EXT-X-BYTERANGE:{size - head}@{head}",
            segment_url(job, segment.index, share),
        ]
    if len(found) == len(plan.segments) or not job.is_active:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def job_of(user: object, id: UUID) -> Job | None:
    """A job of the person's own, whose video is not in the trash."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return Job.objects.filter(pk=id, video__owner=user, video__trashed_at__isnull=True).first()


def segment(job: Job, index: int) -> Segment | None:
    """One that is rendered, as all before it are."""
    if job.state in WITHOUT_SEGMENTS:
        return None
    up_to = job.segments.filter(index__lte=index)
    if up_to.exclude(state=SegmentState.DONE).exists():
        return None
    return up_to.filter(index=index).first()


def key_of(job: Job, segment: Segment) -> str:
    """Of the file that browsers play: the segment, or the copy beside it."""
    if preset(job.plan.preset).plays:
        return segment.key
    return str(playable_path(Path(segment.key)))


def _files(job: Job) -> list[tuple[Segment, int]]:
    """The segments with the sizes of the files that are played, as far as these are there."""
    plays = preset(job.plan.preset).plays
    found: list[tuple[Segment, int]] = []
    for one in segments_watchable(job):
        try:
            found.append((one, one.size if plays else _size(str(playable_path(Path(one.key))))))
        except Gone:
            break
    return found


@lru_cache(maxsize=4096)
def _size(key: str) -> int:
    """Bytes. A key gets one file and no other: it is only asked once."""
    content = _content(key)
    return content.size if isinstance(content, StoredObject) else content.stat().st_size


@lru_cache(maxsize=256)
def _head(key: str) -> int:
    """Bytes. Raises Gone for a file that is not there, or has none."""
    length = head_bytes(beginning(_content(key), LONGEST_HEAD))
    if not length:
        raise Gone(key)
    return length


def _content(key: str) -> Path | StoredObject:
    content = medium().content(key)
    if content is None:
        raise Gone(key)
    return content
