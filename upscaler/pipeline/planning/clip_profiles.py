"""What a clip is, as the person who brings it knows: each kind a row, which decides the filters of its first job."""

from __future__ import annotations

from dataclasses import dataclass, field

from upscaler.pipeline.core.recipe import Filters


@dataclass(frozen=True)
class Kind:
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

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="halo-ce",
            label="Halo CE capture, 320x240",
            description="Small and hard compressed: blocks are softened and noise calmed before the model sees them.",
            game="ce",
            # bitrates of 300 to 700 kbit/s: every 8 by 8 block has edges, which the model would sharpen
            filters=Filters(deinterlace="off", deblock="strong", denoise="light", keep_colours="on"),
        ),
        Kind(
            name="halo-2",
            label="Halo 2 capture card, 480i",
            description="From a console through a capture card: noise is calmed, and the picture has the shape of a "
            "television. Fields are put right by what is measured of them.",
            game="halo2",
            # the game draws 30 pictures a second: whether a card wove its fields rightly is seen in the picture, so
            # deinterlace stays automatic; cards of the time wrote no pixel shape, and analogue noise is strong
            filters=Filters(aspect="4:3", denoise="medium", deflicker="on", keep_colours="on"),
        ),
        Kind(
            name="halo-3",
            label="Halo 3 theatre, 360p",
            description="Whole frames, widescreen and clean: little is done, so that nothing fine is lost.",
            game="halo3",
            filters=Filters(deinterlace="off", deblock="light", keep_colours="on"),
        ),
        Kind(
            name=OTHER,
            label="Something else",
            description="Everything is measured, and only what is found is put right.",
        ),
    )
}
"""In the order in which they are offered."""


def kind_of(name: str) -> Kind:
    """The kind of this name; "something else" for one that is not known any more."""
    return KINDS.get(name, KINDS[OTHER])
