"""Adds the demo clip to a library, as an upload would."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from upscaler import demo
from upscaler.intake import completion
from upscaler.intake.upload_policy import check_upload
from upscaler.media.media_store import media_store
from upscaler.models import Upload, UploadPurpose, User

CLIP = Path(demo.__file__).with_name("clip.avi")
NAME, TITLE = "openarena.avi", "OpenArena, three seconds"


def demo_add(*, user: User) -> UUID:
    """Add the demo clip to a person's library, and return the video's id. Raises Denied if there is no space for it."""
    size = CLIP.stat().st_size
    check_upload(user=user, purpose=UploadPurpose.VIDEO, size=size)
    upload = Upload.objects.create(
        owner=user,
        purpose=UploadPurpose.VIDEO,
        name=NAME,
        title=TITLE,
        size=size,
        offset=size,
        starts_job=user.auto_upscale,
    )
    shutil.copyfile(CLIP, media_store().incoming_path(upload.key))
    return completion.upload_complete(upload)
