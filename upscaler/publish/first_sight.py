"""The comparison of the demo clip, which an empty library shows."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.templatetags.static import static

from upscaler import demo

FOLDER = "upscaler/demo"


def first_sight() -> dict[str, Any]:
    """Return the data of static/upscaler/js/compare-player.js."""
    clip = _clip()
    return {
        "rate": clip["rate"],
        "frames": clip["frames"],
        "width": clip["width"],
        "height": clip["height"],
        "names": ["Before", "After"],
        "clip": {"url": static(f"{FOLDER}/comparison.mp4"), "layout": clip["layout"]},
        "pair": None,
        "poster": {name: static(f"{FOLDER}/{name}.jpg") for name in ("before", "after")} | {"frame": clip["still"]},
        "hasSound": False,
        "soundBefore": None,
        "linked": False,
        "saves": False,
    }


@cache
def _clip() -> dict[str, Any]:
    clip: dict[str, Any] = json.loads(Path(demo.__file__).with_name("demo.json").read_text())
    return clip
