"""What colours mean in a source: as tagged, or as its time assumed them."""

from __future__ import annotations

from .probe import Probe

NAMED = {
    "bt709": "bt709",
    "smpte170m": "smpte170m",
    "bt470bg": "bt470bg",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}
"""ffprobe's names for a matrix, and those of ffmpeg's scale filter."""


def matrix(probed: Probe) -> tuple[str, bool]:
    """The colour matrix as ffmpeg's scale filter names it, and whether the file said so.

    Files of the time are untagged; standard definition was BT.601, high definition BT.709.
    """
    if named := NAMED.get(probed.color_space):
        return named, True
    is_high_definition = probed.height >= 720 or probed.width >= 1280
    return ("bt709" if is_high_definition else "smpte170m"), False


def matrix_of(color_space: str) -> str:
    """The same of what a frame says, empty where it says nothing. Both names of BT.601 mean one matrix."""
    return NAMED.get(color_space, "").replace("bt470bg", "smpte170m")


def is_full_range(probed: Probe) -> bool:
    """Is black 0 in the source's brightness, and not 16? Gray without a word has no other range."""
    is_gray = probed.pix_fmt.startswith(("gray", "ya"))
    return probed.color_range == "pc" or probed.pix_fmt.startswith("yuvj") or (is_gray and probed.color_range != "tv")


def range_is_tagged(probed: Probe) -> bool:
    """Did the file say which?"""
    return probed.color_range in ("pc", "tv") or probed.pix_fmt.startswith("yuvj")


def luma_is_full_range(probed: Probe) -> bool:
    """Is black 0 in the luma that analyse makes of it? RGB and gray have no other range."""
    return is_full_range(probed) or not probed.pix_fmt.startswith(("yuv", "nv", "uyvy", "yuyv"))


def transfer(probed: Probe) -> str:
    """Transfer characteristics as tagged, "unknown" where they are not."""
    return probed.color_transfer or "unknown"
