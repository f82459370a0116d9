"""All tables, one concern per module."""

from .artifact import Artifact
from .collection import Collection, SavedView
from .dataset import Capture, CaptureLink, CaptureSplit, CaptureState, Dataset, Frame
from .encoder import Encoder
from .event import Event
from .job import Job, JobState, Segment, SegmentState
from .listing import Listing
from .login_attempt import LoginAttempt
from .part import Part
from .post import Post, PostState
from .share import Share
from .site import SiteSettings
from .tag import Tag
from .training_run import RunPoint, RunState, TrainingRun
from .upload import Upload, UploadPurpose
from .upscale_model import ModelState, UpscaleModel
from .user import User
from .video import Game, Video, VideoState
from .watched import Watch, WatchedFile
from .worker import Installation, Worker

__all__ = [
    "Artifact",
    "Capture",
    "CaptureLink",
    "CaptureSplit",
    "CaptureState",
    "Collection",
    "Dataset",
    "Encoder",
    "Event",
    "Frame",
    "Game",
    "Installation",
    "Job",
    "JobState",
    "Listing",
    "LoginAttempt",
    "ModelState",
    "Part",
    "Post",
    "PostState",
    "RunPoint",
    "RunState",
    "SavedView",
    "Segment",
    "SegmentState",
    "Share",
    "SiteSettings",
    "Tag",
    "TrainingRun",
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
