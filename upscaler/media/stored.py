"""The words of media storage: one version of an object, who is told while bytes travel, what is said of trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from upscaler.pipeline.core.errors import PipelineError

Tell = Callable[[int], None]
"""Called now and then, with a number of bytes, while they travel: by the caller's thread. What it raises ends that."""


@dataclass(frozen=True)
class StoredObject:
    """One version of an object."""

    key: str
    size: int
    modified: int
    """Whole seconds since 1970: object storage knows no better."""
    etag: str
    """The storage's own, with its quotation marks; changes with the bytes."""


class StorageTrouble(PipelineError):
    """Object storage is away, refuses us, or holds something else than it should."""

    def __init__(self, detail: str) -> None:
        message = (
            "Media storage can't be reached, or did not do what it was asked to; try again in a while, or look at the "
            "server's log."
        )
        super().__init__(message, permanent=False, detail=detail)


WHAT = {"original": "The original of this video", "weights.safetensors": "The file of this model's weights"}
"""What lies under keys with these names."""


class Gone(PipelineError):
    """There should be a file, and there is none."""

    def __init__(self, key: str, where: str = "in media storage") -> None:
        what = WHAT.get(PurePosixPath(key).name, "A file of this")
        message = f"{what} is no longer {where}. Restore it from a backup, or upload it again."
        super().__init__(message, permanent=True, detail=key)
