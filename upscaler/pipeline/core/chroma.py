"""Chroma subsampling and RGB, by ffmpeg's pixel format."""

from __future__ import annotations

CHROMA_SHIFTS = {"yuv420p": (1, 1), "yuv410p": (2, 2), "yuv411p": (2, 0), "yuv422p": (1, 0), "yuv440p": (0, 1)} | {
    "yuv444p": (0, 0)
}
"""How often chroma is halved horizontally and vertically, by ffmpeg's name of the format."""
PLANAR_FORMATS = {"yuyv422": "yuv422p", "uyvy422": "yuv422p", "nv12": "yuv420p", "gray": "gray"}
"""Packed formats, and the planar format with the same pixels."""
HIGH_BIT_RGB = {"rgb48": "gbrp16", "bgr48": "gbrp16", "rgba64": "gbrp16", "bgra64": "gbrp16"} | {
    "x2rgb10": "gbrp10",
    "x2bgr10": "gbrp10",
}
"""RGB with more than eight bits, and the planar format that keeps all of them."""


def layout(pix_fmt: str) -> str:
    """Return the format's name without its range and bit depth, such as "yuv420p"."""
    return pix_fmt.replace("yuvj", "yuv").removesuffix("10le")


def subsampling(pix_fmt: str) -> tuple[int, int]:
    """Return how many pixels horizontally and vertically share one chroma sample; 1 and 1 for unknown formats."""
    name = layout(pix_fmt)
    across, down = CHROMA_SHIFTS.get(PLANAR_FORMATS.get(name, name), (0, 0))
    return 2**across, 2**down


def without_subsampling(pix_fmt: str) -> str:
    """Return the 4:4:4 format of the same bit depth."""
    return "yuv444p10le" if pix_fmt.endswith("10le") else "yuv444p"


def is_rgb(pix_fmt: str) -> bool:
    """Return whether the format is RGB, or a palette of RGB colours."""
    return any(name in pix_fmt for name in ("rgb", "bgr", "gbr")) or pix_fmt in ("pal8", "monow", "monob")


def planar_rgb_formats(pix_fmt: str) -> tuple[str, ...]:
    """Return the formats that convert packed RGB to planes without loss, in order; none for planar formats.

    From a palette, or from fewer than eight bits, ffmpeg converts exactly to rgb24 only.
    """
    if not is_rgb(pix_fmt) or pix_fmt.startswith("gbr"):
        return ()
    deep = HIGH_BIT_RGB.get(pix_fmt.removesuffix("le").removesuffix("be"))
    return (deep,) if deep else ("rgb24", "gbrp")
