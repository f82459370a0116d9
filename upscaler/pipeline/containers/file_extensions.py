"""Classify files by their extensions, before they are probed.

The extension is only a hint: probe.py decides by the content. Only files that certainly aren't videos are skipped.
"""

from __future__ import annotations

from pathlib import PurePath

_VIDEOS = """
3g2 3gp asf avi bik dat divx dv evo f4v flv h264 ivf m1v m2p m2t m2ts m2v m4v mjpeg mjpg mk3d mkv mod mov mp2v mp4
mpe mpeg mpg mpv mts nut nuv ogm ogv qt rm rmvb smk tod ts vc1 vob webm wm wmv xvid
"""
_PICTURES = "jpg jpeg png gif bmp tif tiff webp heic ico svg psd xcf raw"
_SOUND = "mp3 wav wma m4a aac flac ogg opus mid midi aif aiff"
_TEXT = """
txt nfo md rtf pdf doc docx odt xls xlsx ods csv ppt pptx htm html url webloc lnk ini log xml json yml yaml
srt sub idx ass ssa vtt smi
"""
_ARCHIVES = "zip rar 7z gz bz2 xz tar iso cue par2 sfv md5 torrent"
_PROGRAMS = """
exe dll msi bat cmd sh py js css c h cpp dmg app apk deb rpm db ds_store thm ifo bup pth pt safetensors onnx
veg prproj aep fcp sfk pek cfa
"""

VIDEO_EXTENSIONS = frozenset(_VIDEOS.split())
"""Extensions of the containers that formats.py allows."""
OTHER_EXTENSIONS = frozenset(" ".join([_PICTURES, _SOUND, _TEXT, _ARCHIVES, _PROGRAMS]).split())
"""Extensions that no video has. A file with any other extension may be a video."""
UNFINISHED_EXTENSIONS = (
    "part",
    "partial",
    "crdownload",
    "download",
    "tmp",
    "temp",
    "filepart",
    "opdownload",
    "aria2",
    "ytdl",
)
"""Extensions that browsers and other programs give to incomplete files."""


def extension_of(name: str) -> str:
    """Return a file name's extension in lower case, without its dot."""
    return PurePath(name).suffix[1:].lower()


def is_unfinished(name: str) -> bool:
    """Return whether a file is hidden, or still being written."""
    return name.startswith((".", "~")) or extension_of(name) in UNFINISHED_EXTENSIONS
