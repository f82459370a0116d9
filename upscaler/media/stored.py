"""Types of media storage: stored objects, progress callbacks and errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from upscaler.pipeline.core.errors import PipelineError

ProgressCallback = Callable[[int], None]
"""A callback during transfers, called in the caller's thread with a number of bytes. An exception in it ends them."""


@dataclass(frozen=True)
class StoredObject:
    """One version of an object."""

    key: str
    size: int
    modified: int
    """Whole seconds since 1970, which is the resolution of object storage."""
    etag: str
    """The storage's ETag, with its quotation marks; it changes with the bytes."""


class StorageTrouble(PipelineError):
    """Object storage can't be reached, refuses a request, or has other bytes than it should."""

    def __init__(self, detail: str) -> None:
        message = "Media storage isn't responding as expected. Try again later; details are in the server's log."
        super().__init__(message, permanent=False, detail=detail)


NAMES = {"original": "The original of this video", "weights.safetensors": "The file of this model"}
"""How messages name the files whose keys end like this."""


class Gone(PipelineError):
    """A file is missing."""

    def __init__(self, key: str, where: str = "in media storage") -> None:
        name = NAMES.get(PurePosixPath(key).name, "A file")
        message = f"{name} is no longer {where}. Restore it from a backup, or upload it again."
        super().__init__(message, permanent=True, detail=key)
