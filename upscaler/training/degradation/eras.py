"""Named recipes: distributions of degradations, from which twins are drawn."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np

from upscaler.pipeline.core.errors import Refused
from upscaler.training.core.degradation import CaptureCard, Degradation, Encoding

from . import second_order
from .codecs import CODECS

Choice = TypeVar("Choice")
Weighted = tuple[tuple[str, float], ...]
"""Names with their weights."""
BASE_AREA = 320 * 240
"""Bit rates of a recipe are those of clips of this many pixels."""
SIDE_MULTIPLE = 4
"""The widths of clips are multiples of it, as the encoders of DivX and Xvid asked."""
TWICE_SECOND: Weighted = (("spark", 2), ("wmv2", 1), ("xvid", 1))
"""What clips were encoded with again, most of them by sites that showed them in Flash."""
NEARLY_CLEAN = 2, 3
"""Quantisers that leave hardly a trace."""
OVERLAYS = ("www.halo-clips.net", "UNREGISTERED", "29 FPS", "REC 00:12", "(c) 2004", "Player 1", "DEMO VERSION")
MAX_STRETCH = 0.03
"""Part by which the shape of a clip of a given size may differ from the capture's."""
MAX_REPEATED_RATE = 31
"""Frames per second. Clips that showed each frame twice had 30."""


@dataclass(frozen=True)
class EraRecipe:
    """A distribution of degradations. Shares are from 0 to 1."""

    name: str
    codecs: Weighted
    """Names in ``codecs.CODECS``."""
    kbps: tuple[int, ...] = (250, 350, 500, 700, 900, 1200)
    """Bit rates of a clip of 320x240, in kbit/s; other sizes get them in proportion to their area."""
    quantisers: tuple[int, ...] = ()
    """Constant quantisers in place of bit rates."""
    sizes: tuple[tuple[int, float], ...] = ((240, 6), (160, 1), (180, 1), (288, 1), (360, 1), (480, 2))
    """Heights with their weights; those above a quarter of the capture's are left out."""
    width: int = 0
    """Width of every clip, where it agrees with the capture's shape; 0 for that of the capture's shape."""
    rates: tuple[tuple[int, float], ...] = ((30, 6), (15, 2), (12, 1), (10, 1))
    """Frames per second, with their weights."""
    repeated_share: float = 0.1
    """Clips that show each frame twice, as 15 frames per second in a file of 30."""
    kernels: Weighted = (("area", 2), ("bicubic", 1), ("lanczos", 1))
    blurred_share: float = 0.5
    blur: tuple[float, float] = (0.3, 0.7)
    """Lowest and highest sigma of those that are blurred, in pixels of the clip."""
    gops: tuple[int, ...] = ()
    """Distances of key frames, in frames; empty for those that were usual."""
    b_frames_share: float | None = None
    """Clips with B-frames, of the codecs that have them; None for the share that was usual."""
    twice_share: float = 0.25
    """Clips of DivX and its likes that are encoded again."""
    capture_card_share: float = 0.2
    overlay_share: float = 0.05
    clean_share: float = 0.2
    """Clips without an encoder (half of them), or with a quantiser of 2 or 3."""
    noise: float = 0.0
    """Standard deviation of luma noise before the encoder of every clip, of 255."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> EraRecipe:
        return cls(**{name: _tuples(value) for name, value in data.items()})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


DIVX_LIKES = ("xvid", "mpeg4", "divx3")
OF_THE_TIME: Weighted = (
    ("xvid", 3), ("wmv2", 2), ("spark", 2), ("mpeg4", 1), ("divx3", 1.5), ("wmv1", 1), ("mpeg1", 1), ("mpeg2", 1),
    ("h264", 1),
)  # fmt: skip
ONE_SIZE = ((240, 1.0),)
RECIPES: dict[str, EraRecipe] = {
    recipe.name: recipe
    for recipe in (
        EraRecipe("2001-2008", OF_THE_TIME),
        EraRecipe("320x240", OF_THE_TIME, sizes=ONE_SIZE),
        EraRecipe("capture card", OF_THE_TIME, capture_card_share=1.0, clean_share=0.1),
        EraRecipe(
            "synthetic", (), kernels=((second_order.NAME, 1),), rates=((30, 1),), repeated_share=0.0, blurred_share=0.0,
            capture_card_share=0.0, overlay_share=0.0, clean_share=1.0,
        ),
    )
}  # fmt: skip
"""The recipes that come with HaloWeb. "synthetic" is Real-ESRGAN's own chain of single frames."""


def recipe_named(name: str) -> EraRecipe:
    """Return a recipe that comes with HaloWeb. Raises Refused, with the names that there are."""
    if name not in RECIPES:
        raise Refused(f"There is no recipe {name}. Use one of {', '.join(RECIPES)}.")
    return RECIPES[name]


def draw(
    recipe: EraRecipe, capture_size: tuple[int, int], rate: Fraction, seed: int, name: str, index: int
) -> Degradation:
    """Return degradation ``index`` of the burst or capture ``name``: equal arguments give an equal one.

    ``capture_size`` is (width, height) in pixels, ``rate`` the capture's, in frames per second. Raises Refused if the
    capture is smaller than four times the smallest clip that makes sense (64x48).
    """
    digest = hashlib.sha256(f"{recipe.name}\n{name}".encode()).digest()
    random = np.random.default_rng((seed, int.from_bytes(digest[:8], "big"), index))
    width, height = _size(recipe, capture_size, random)
    is_repeated = rate <= MAX_REPEATED_RATE and random.random() < recipe.repeated_share
    wanted = _one_of(recipe.rates, random)
    blur = float(random.uniform(*recipe.blur)) if random.random() < recipe.blurred_share else 0.0
    return Degradation(
        width=width,
        height=height,
        kernel=_one_of(recipe.kernels, random),
        blur=round(blur, 3),
        keep_every=2 if is_repeated else max(1, round(rate / wanted)),
        repeat=is_repeated,
        capture_card=_capture_card(recipe, random),
        overlay=str(random.choice(OVERLAYS)) if random.random() < recipe.overlay_share else "",
        encodings=_encodings(recipe, width * height, random),
        seed=int(random.integers(2**31)),
    )


def _one_of(weighted: tuple[tuple[Choice, float], ...], random: np.random.Generator) -> Choice:
    weights = np.array([weight for _, weight in weighted])
    return weighted[int(random.choice(len(weighted), p=weights / weights.sum()))][0]


def _size(recipe: EraRecipe, capture_size: tuple[int, int], random: np.random.Generator) -> tuple[int, int]:
    """Return the size of the clip, of the capture's shape."""
    across, down = (side // 4 // SIDE_MULTIPLE * SIDE_MULTIPLE for side in capture_size)
    if across < 64 or down < 48:
        raise Refused(
            f"A capture of {capture_size[0]}x{capture_size[1]} is too small to train on. Use one of 1280x960 or more."
        )
    fitting = tuple((height, weight) for height, weight in recipe.sizes if height <= down)
    height = _one_of(fitting, random) if fitting else down
    exact = capture_size[0] * height / capture_size[1]
    if recipe.width and height == recipe.sizes[0][0] and abs(recipe.width / exact - 1) < MAX_STRETCH:
        return min(recipe.width, capture_size[0] // 4), height
    return min(round(exact / SIDE_MULTIPLE) * SIDE_MULTIPLE, across), height


def _encodings(recipe: EraRecipe, area: int, random: np.random.Generator) -> tuple[Encoding, ...]:
    is_clean, has_encoder = random.random() < recipe.clean_share, random.random() < 0.5
    if is_clean and not (has_encoder and recipe.codecs):
        return ()
    codec = _one_of(recipe.codecs, random)
    if is_clean:
        quality = int(random.integers(NEARLY_CLEAN[0], NEARLY_CLEAN[1] + 1))
        return (_encoding(recipe, codec, None, quality * 8 if codec == "h264" else quality, random),)
    if recipe.quantisers:
        return (_encoding(recipe, codec, None, int(random.choice(recipe.quantisers)), random),)
    kbps = max(20, round(int(random.choice(recipe.kbps)) * area / BASE_AREA))
    once = _encoding(recipe, codec, kbps, None, random)
    if codec not in DIVX_LIKES or random.random() >= recipe.twice_share:
        return (once,)
    return once, _encoding(recipe, _one_of(TWICE_SECOND, random), kbps, None, random)


def _encoding(
    recipe: EraRecipe, codec: str, kbps: int | None, quantiser: int | None, random: np.random.Generator
) -> Encoding:
    gops, usual_share = ((12, 15, 18), 0.7) if codec in ("mpeg1", "mpeg2") else ((60, 120, 250, 300), 0.3)
    gop = int(random.choice(recipe.gops or gops))
    share = usual_share if recipe.b_frames_share is None else recipe.b_frames_share
    b_frames = CODECS[codec].max_b_frames if random.random() < share else 0
    return Encoding(codec, kbps, quantiser, gop, b_frames)


def _capture_card(recipe: EraRecipe, random: np.random.Generator) -> CaptureCard | None:
    """Return a capture card whose errors of gamma and black level are neutral on average."""
    if random.random() >= recipe.capture_card_share:
        return CaptureCard(noise=recipe.noise) if recipe.noise else None
    is_interlaced = random.random() < 0.3
    has_wrong_levels = random.random() < 0.5
    return CaptureCard(
        noise=round(float(random.uniform(0, 6)), 2),
        interlaced=is_interlaced,
        blend_fields=is_interlaced and random.random() < 0.5,
        chroma_blur=round(float(random.uniform(0.5, 2.5)), 2),
        chroma_delay=round(float(random.uniform(-0.5, 1.5)), 2),
        sharpen=round(float(random.uniform(0, 0.8)), 2) if random.random() < 0.5 else 0.0,
        gamma=round(float(random.uniform(0.93, 1.07)), 3) if has_wrong_levels else 1.0,
        black=round(float(random.uniform(-5, 5)), 1) if has_wrong_levels else 0.0,
    )
