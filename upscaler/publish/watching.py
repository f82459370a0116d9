"""A job's segments as a stream to watch while the rest renders: HLS (RFC 8216) of fragmented MP4.

Browsers play the segments' own files. Each begins with the same head: the playlist names the first one's as the head
of all, and of every file the bytes behind it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from upscaler.media.media_store import media_store
from upscaler.media.stored import Gone, StoredObject
from upscaler.models import Job, Segment, SegmentState, Share, User
from upscaler.models.job import WITHOUT_SEGMENTS
from upscaler.pipeline.containers.mp4 import init_bytes
from upscaler.pipeline.core.presets import preset
from upscaler.pipeline.render.encode import playable_path
from upscaler.publish.streaming import beginning
from upscaler.selectors.jobs import segments_watchable
from upscaler.site_urls import segment_url

CONTENT_TYPE = "application/vnd.apple.mpegurl"
MAX_HEAD_BYTES = 64 * 1024
"""Heads have about 1,000 bytes, since they list no frames."""


def playlist(job: Job, share: Share | None) -> str | None:
    """Return the playlist of the segments that are done without a gap; None without any.

    Its URLs are those of the share, or the owner's. It has an end once all segments are done, or the job is over.
    """
    files = _files(job)
    if not files:
        return None
    plan = job.plan
    head = _head(key_of(job, files[0][0]))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{math.ceil(max(end - start for start, end in plan.segments) / plan.rate)}",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-START:TIME-OFFSET=0",
        f'#EXT-X-MAP:URI="{segment_url(job, files[0][0].index, share)}",BYTERANGE="{head}@0"',
    ]
    for segment, size in files:
        lines += [
            f"#EXTINF:{float((segment.end - segment.start) / plan.rate):.6f},",
            f"#EXT-X-BYTERANGE:{size - head}@{head}",
            segment_url(job, segment.index, share),
        ]
    if len(files) == len(plan.segments) or not job.is_active:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def job_of(user: object, id: UUID) -> Job | None:
    """Return a job of the person's own whose video is not in the trash."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return Job.objects.filter(pk=id, video__owner=user, video__trashed_at__isnull=True).first()


def segment(job: Job, index: int) -> Segment | None:
    """Return a segment that is done, as all before it are."""
    if job.state in WITHOUT_SEGMENTS:
        return None
    up_to = job.segments.filter(index__lte=index)
    if up_to.exclude(state=SegmentState.DONE).exists():
        return None
    return up_to.filter(index=index).first()


def key_of(job: Job, segment: Segment) -> str:
    """Return the key of the file that browsers play: the segment's, or that of the copy beside it."""
    if preset(job.plan.preset).plays:
        return segment.key
    return str(playable_path(Path(segment.key)))


def _files(job: Job) -> list[tuple[Segment, int]]:
    """Return the segments with the sizes of their playable files, up to the first file that is missing."""
    plays = preset(job.plan.preset).plays
    files: list[tuple[Segment, int]] = []
    for segment in segments_watchable(job):
        try:
            files.append((segment, segment.size if plays else _size(str(playable_path(Path(segment.key))))))
        except Gone:
            break
    return files


@lru_cache(maxsize=4096)
def _size(key: str) -> int:
    """Return the bytes of a file. A key never gets another file, so the answer is cached."""
    content = _content(key)
    return content.size if isinstance(content, StoredObject) else content.stat().st_size


@lru_cache(maxsize=256)
def _head(key: str) -> int:
    """Return the bytes of a file's head. Raises Gone for a file that is missing or has no head."""
    length = init_bytes(beginning(_content(key), MAX_HEAD_BYTES))
    if not length:
        raise Gone(key)
    return length


def _content(key: str) -> Path | StoredObject:
    content = media_store().content(key)
    if content is None:
        raise Gone(key)
    return content
