"""All tables, one concern a file."""

from .artifact import Artifact
from .event import Event
from .job import Job, JobState, Segment, SegmentState
from .share import Share
from .upload import Upload, UploadPurpose
from .upscale_model import ModelState, UpscaleModel
from .user import User
from .video import Video, VideoState

__all__ = [
    "Artifact",
    "Event",
    "Job",
    "JobState",
    "ModelState",
    "Segment",
    "SegmentState",
    "Share",
    "Upload",
    "UploadPurpose",
    "UpscaleModel",
    "User",
    "Video",
    "VideoState",
]
