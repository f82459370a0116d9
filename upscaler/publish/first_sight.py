"""What an empty library shows: the comparison of the clip that comes with the app."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.templatetags.static import static

from upscaler import demo

FOLDER = "upscaler/demo"


def first_sight() -> dict[str, Any]:
    """As static/upscaler/js/compare-player.js takes it."""
    known = _known()
    return {
        "rate": known["rate"],
        "frames": known["frames"],
        "width": known["width"],
        "height": known["height"],
        "names": ["Before", "After"],
        "clip": {"url": static(f"{FOLDER}/comparison.mp4"), "layout": known["layout"]},
        "pair": None,
        "poster": {name: static(f"{FOLDER}/{name}.jpg") for name in ("before", "after")} | {"frame": known["still"]},
        "hasSound": False,
        "soundBefore": None,
        "linked": False,
        "saves": False,
    }


@cache
def _known() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(Path(demo.__file__).with_name("demo.json").read_text())
    return known
