"""The kinds of clips that users choose from, one per row. Each sets the filters of a video's first job."""

from __future__ import annotations

from dataclasses import dataclass, field

from upscaler.pipeline.core.recipe import Filters


@dataclass(frozen=True)
class ClipProfile:
    """One answer to "What is it?"."""

    name: str
    """The name in the database and in URLs."""
    label: str
    description: str
    """A sentence on the look of such clips, and one on HaloWeb's filters."""
    game: str = ""
    """The game, by its name in models.Game; empty where the kind implies none."""
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
            # the game draws 30 frames per second; whether a card paired its fields correctly is measured, so
            # deinterlace stays automatic. Cards of the time wrote no aspect ratio, and analogue noise is strong
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
"""All profiles, in the order of the form."""


def clip_profile(name: str) -> ClipProfile:
    """Return the profile of that name; OTHER for an unknown one."""
    return CLIP_PROFILES.get(name, CLIP_PROFILES[OTHER])
