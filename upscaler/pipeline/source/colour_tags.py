"""Colour matrix, range and transfer of a source, from its tags or by the defaults of its time."""

from __future__ import annotations

from .probe import Probe

MATRIX_NAMES = {
    "bt709": "bt709",
    "smpte170m": "smpte170m",
    "bt470bg": "bt470bg",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}
"""ffprobe's names of matrices, with those of ffmpeg's scale filter."""


def matrix(probed: Probe) -> tuple[str, bool]:
    """Return the colour matrix as ffmpeg's scale filter names it, and whether it is tagged.

    Old files are untagged: standard definition was BT.601, high definition BT.709.
    """
    if named := MATRIX_NAMES.get(probed.color_space):
        return named, True
    is_high_definition = probed.height >= 720 or probed.width >= 1280
    return ("bt709" if is_high_definition else "smpte170m"), False


def matrix_of(color_space: str) -> str:
    """Return the matrix of a frame's tag, empty where untagged. Both names of BT.601 mean one matrix."""
    return MATRIX_NAMES.get(color_space, "").replace("bt470bg", "smpte170m")


def is_full_range(probed: Probe) -> bool:
    """Return whether the source has full range: black is 0, not 16. Untagged gray has full range."""
    is_gray = probed.pix_fmt.startswith(("gray", "ya"))
    return probed.color_range == "pc" or probed.pix_fmt.startswith("yuvj") or (is_gray and probed.color_range != "tv")


def range_is_tagged(probed: Probe) -> bool:
    """Return whether the range is tagged."""
    return probed.color_range in ("pc", "tv") or probed.pix_fmt.startswith("yuvj")


def luma_is_full_range(probed: Probe) -> bool:
    """Return whether the luma that analyse measures has full range. Luma of RGB and gray always has."""
    return is_full_range(probed) or not probed.pix_fmt.startswith(("yuv", "nv", "uyvy", "yuyv"))


def transfer(probed: Probe) -> str:
    """Return the tagged transfer characteristics, "unknown" where untagged."""
    return probed.color_transfer or "unknown"
