"""Labels of the filters and of their values, as forms show them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .pictures import FIELD_MODES, FIRST_FIELDS

CUSTOM = "figures"
"""The value of a form's choice whose numbers are typed beside it."""
OFF = "Off"


@dataclass(frozen=True)
class FilterWords:
    """The label, the help and the values of one filter."""

    label: str
    help: str
    values: dict[str, str] = field(default_factory=dict)
    """Every value but "auto", whose label depends on the video."""


FILTERS = {
    "deinterlace": FilterWords(
        "Interlacing",
        "Interlaced video stores each picture as two fields. One frame per field keeps motion smooth and doubles "
        "the rate.",
        {name: mode.setting for name, mode in FIELD_MODES.items()},
    ),
    "field_order": FilterWords(
        "First field",
        "If motion jitters in the result, try the other order.",
        {name: first.capitalize() for name, first in FIRST_FIELDS.items()},
    ),
    "crop": FilterWords(
        "Borders",
        "Black bars take time to upscale and add nothing.",
        {"off": OFF, CUSTOM: "Crop (pixels)"},
    ),
    "aspect": FilterWords(
        "Shape",
        "The shape of the whole picture, including borders. Set it if people look too thin or too wide.",
        {"off": "Square pixels", "4:3": "4:3", "16:9": "16:9", CUSTOM: "Custom"},
    ),
    "matrix": FilterWords(
        "Colour matrix",
        "If greens and reds look slightly wrong, try the other one.",
        {"bt601": "BT.601 (standard definition)", "bt709": "BT.709 (high definition)"},
    ),
    "range": FilterWords(
        "Brightness range",
        "If black looks grey, choose TV. If shadows lose detail, choose full.",
        {"tv": "TV (16 to 235)", "full": "Full (0 to 255)"},
    ),
    "rate": FilterWords(
        "Frame rate",
        "A variable rate becomes constant. A rate below the video's own leaves frames out.",
        {CUSTOM: "Custom"},
    ),
    "deblock": FilterWords(
        "Deblocking",
        "Softens the edges of 8x8 compression blocks, which the model would sharpen.",
        {"off": OFF, "light": "Light", "strong": "Strong"},
    ),
    "denoise": FilterWords(
        "Denoising",
        "Averages nearly unchanged pixels over 5 frames. Strong settings smear.",
        {"off": OFF, "light": "Light", "medium": "Medium", "strong": "Strong"},
    ),
    "duplicates": FilterWords(
        "Repeated frames",
        "A frame that repeats the one before can reuse its result. It stays in the video either way.",
        {"off": "Upscale every frame"},
    ),
    "keep_colours": FilterWords(
        "Colours",
        "Some models shift colours. This restores the original's.",
        {"on": "Keep the original's", "off": "Leave the model's"},
    ),
    "deflicker": FilterWords(
        "Flicker",
        "Reduces shimmer in still areas.",
        {"off": OFF, "on": "On"},
    ),
}
