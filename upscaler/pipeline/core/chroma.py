"""How colour is stored: at how much less detail than brightness, or as red, green and blue."""

from __future__ import annotations

CHROMA = {"yuv420p": (1, 1), "yuv410p": (2, 2), "yuv411p": (2, 0), "yuv422p": (1, 0), "yuv440p": (0, 1)} | {
    "yuv444p": (0, 0)
}
"""How often colour is halved across and down, by ffmpeg's name of the format."""
PLANAR = {"yuyv422": "yuv422p", "uyvy422": "yuv422p", "nv12": "yuv420p", "gray": "gray"}
"""The same pixels, stored in planes."""
DEEP_RGB = {"rgb48": "gbrp16", "bgr48": "gbrp16", "rgba64": "gbrp16", "bgra64": "gbrp16"} | {
    "x2rgb10": "gbrp10",
    "x2bgr10": "gbrp10",
}
"""RGB of more than eight bits, and the planes that lose nothing of it."""


def layout(pix_fmt: str) -> str:
    """The format's name without what it says of range and bits, such as "yuv420p"."""
    return pix_fmt.replace("yuvj", "yuv").removesuffix("10le")


def grid(pix_fmt: str) -> tuple[int, int]:
    """Pixels across and down that share one sample of colour: 1 and 1 where none do, or where nothing is known."""
    name = layout(pix_fmt)
    across, down = CHROMA.get(PLANAR.get(name, name), (0, 0))
    return 2**across, 2**down


def full(pix_fmt: str) -> str:
    """The format with as much detail in colour as in brightness, of as many bits."""
    return "yuv444p10le" if pix_fmt.endswith("10le") else "yuv444p"


def is_rgb(pix_fmt: str) -> bool:
    """Red, green and blue, or a palette of them, and not brightness and colour?"""
    return any(name in pix_fmt for name in ("rgb", "bgr", "gbr")) or pix_fmt in ("pal8", "monow", "monob")


def planes_of_rgb(pix_fmt: str) -> tuple[str, ...]:
    """Formats through which RGB comes into planes without loss, one after the other; none for what lies in planes.

    From a palette, or from fewer than eight bits, ffmpeg is exact on the way to rgb24 only.
    """
    if not is_rgb(pix_fmt) or pix_fmt.startswith("gbr"):
        return ()
    deep = DEEP_RGB.get(pix_fmt.removesuffix("le").removesuffix("be"))
    return (deep,) if deep else ("rgb24", "gbrp")
