"""What a clip is, as the person who brings it knows: each kind a row, which decides the filters of its first job."""

from __future__ import annotations

from dataclasses import dataclass, field

from upscaler.pipeline.core.recipe import Filters


@dataclass(frozen=True)
class ClipProfile:
    """One answer to "What is it?"."""

    name: str
    """What rows and addresses hold."""
    label: str
    description: str
    """One sentence: what such clips look like, and what is done about it."""
    game: str = ""
    """As models.Game names it; empty where the kind does not say it."""
    filters: Filters = field(default_factory=Filters)


OTHER = "other"

CLIP_PROFILES: dict[str, ClipProfile] = {
    kind.name: kind
    for kind in (
        ClipProfile(
            name="halo-ce",
            label="Halo CE capture, 320x240",
            description="Small and heavily compressed. HaloWeb deblocks and denoises it before upscaling.",
            game="ce",
            # bitrates of 300 to 700 kbit/s: every 8 by 8 block has edges, which the model would sharpen
            filters=Filters(deinterlace="off", deblock="strong", denoise="light", keep_colours="on"),
        ),
        ClipProfile(
            name="halo-2",
            label="Halo 2 capture card, 480i",
            description="Captured from a console at an aspect ratio of 4:3. HaloWeb denoises and deflickers it, and "
            "deinterlaces it where it finds fields.",
            game="halo2",
            # the game draws 30 pictures a second: whether a card wove its fields rightly is seen in the picture, so
            # deinterlace stays automatic; cards of the time wrote no pixel shape, and analogue noise is strong
            filters=Filters(aspect="4:3", denoise="medium", deflicker="on", keep_colours="on"),
        ),
        ClipProfile(
            name="halo-3",
            label="Halo 3 theatre, 360p",
            description="Progressive, widescreen and clean. HaloWeb deblocks it lightly, to keep fine detail.",
            game="halo3",
            filters=Filters(deinterlace="off", deblock="light", keep_colours="on"),
        ),
        ClipProfile(
            name=OTHER,
            label="Something else",
            description="HaloWeb analyses the video and corrects only the problems it finds.",
        ),
    )
}
"""In the order in which they are offered."""


def clip_profile(name: str) -> ClipProfile:
    """The kind of this name; "something else" for one that is not known any more."""
    return CLIP_PROFILES.get(name, CLIP_PROFILES[OTHER])
