"""How colour is stored: at how much less detail than brightness."""

from __future__ import annotations

CHROMA = {"yuv420p": (1, 1), "yuv410p": (2, 2), "yuv411p": (2, 0), "yuv422p": (1, 0), "yuv440p": (0, 1)} | {
    "yuv444p": (0, 0)
}
"""How often colour is halved across and down, by ffmpeg's name of the format."""
PLANAR = {"yuyv422": "yuv422p", "uyvy422": "yuv422p", "nv12": "yuv420p", "gray": "gray"}
"""The same pixels, stored in planes."""


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
