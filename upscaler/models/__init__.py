"""All tables, one concern per module."""

from .artifact import Artifact
from .collection import Collection, SavedView
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
from .upload import Upload, UploadPurpose
from .upscale_model import ModelState, UpscaleModel
from .user import User
from .video import Game, Video, VideoState
from .watched import Watch, WatchedFile
from .worker import Installation, Worker

__all__ = [
    "Artifact",
    "Collection",
    "Encoder",
    "Event",
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
    "SavedView",
    "Segment",
    "SegmentState",
    "Share",
    "SiteSettings",
    "Tag",
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
