"""What a file's ending says, before anybody has looked into it.

A hint and no judgement: probe.py decides by what is in the file. Only what is certainly no video is left out before.
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
_PARCELS = "zip rar 7z gz bz2 xz tar iso cue par2 sfv md5 torrent"
_PROGRAMS = """
exe dll msi bat cmd sh py js css c h cpp dmg app apk deb rpm db ds_store thm ifo bup pth pt safetensors onnx
veg prproj aep fcp sfk pek cfa
"""

VIDEOS = frozenset(_VIDEOS.split())
"""Endings of the containers that formats.py lets in, as people and cameras wrote them."""
OTHERS = frozenset(" ".join([_PICTURES, _SOUND, _TEXT, _PARCELS, _PROGRAMS]).split())
"""Endings that no video has. A file with an ending that is in neither may be one."""
UNFINISHED = ("part", "partial", "crdownload", "download", "tmp", "temp", "filepart", "opdownload", "aria2", "ytdl")
"""What browsers and other programs call a file that they have not finished."""


def ending(name: str) -> str:
    """Of a file's name, in small letters and without its dot."""
    return PurePath(name).suffix[1:].lower()


def is_unfinished(name: str) -> bool:
    """Is it hidden, or still being written by somebody?"""
    return name.startswith((".", "~")) or ending(name) in UNFINISHED
