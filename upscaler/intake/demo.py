"""The clip that comes with the app goes the way of an upload."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from upscaler import demo
from upscaler.intake import arrival
from upscaler.intake.gate import may_upload
from upscaler.media.medium import medium
from upscaler.models import Upload, UploadPurpose, User

CLIP = Path(demo.__file__).with_name("clip.avi")
NAME, TITLE = "openarena.avi", "OpenArena, three seconds"


def demo_add(*, user: User) -> UUID:
    """Put the clip into a person's library; gives the video's id. Raises Denied when there is no room for it."""
    size = CLIP.stat().st_size
    may_upload(user=user, purpose=UploadPurpose.VIDEO, size=size)
    upload = Upload.objects.create(
        owner=user,
        purpose=UploadPurpose.VIDEO,
        name=NAME,
        title=TITLE,
        size=size,
        offset=size,
        starts_job=user.auto_upscale,
    )
    shutil.copyfile(CLIP, medium().gathering_path(upload.key))
    return arrival.arrive(upload)
