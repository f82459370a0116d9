"""All tables, one concern a file."""

from .artifact import Artifact
from .encoder import Encoder
from .event import Event
from .job import Job, JobState, Segment, SegmentState
from .part import Part
from .share import Share
from .switches import Switches
from .upload import Upload, UploadPurpose
from .upscale_model import ModelState, UpscaleModel
from .user import User
from .video import Video, VideoState
from .watched import Watch, WatchedFile
from .worker import Installation, Worker

__all__ = [
    "Artifact",
    "Encoder",
    "Event",
    "Installation",
    "Job",
    "JobState",
    "ModelState",
    "Part",
    "Segment",
    "SegmentState",
    "Share",
    "Switches",
    "Upload",
    "UploadPurpose",
    "UpscaleModel",
    "User",
    "Video",
    "VideoState",
    "Watch",
    "WatchedFile",
    "Worker",
]
