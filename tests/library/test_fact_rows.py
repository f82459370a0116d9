"""Facts in plain words, each with the filter that it suggests."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.pipeline.facts_of import facts_of
from upscaler.library.fact_rows import FactRow, fact_rows
from upscaler.pipeline.core.facts import Border
from upscaler.pipeline.core.recipe import CHOICES
from upscaler.pipeline.core.repeats import Repeats
from upscaler.pipeline.core.stream_facts import AudioStream, Chapter, SubtitleStream
from upscaler.pipeline.core.timeline import Gap


def row(name: str, **changes: Any) -> FactRow:
    return next(row for row in fact_rows(facts_of(**changes)) if row.name == name)


@pytest.mark.parametrize(
    ("name", "changes", "sentence", "suggests", "filter_name"),
    [
        (
            "Picture",
            {"width": 720, "height": 480, "sar": Fraction(8, 9)},
            "720x480, shown as 640x480. HaloWeb scales it to square pixels.",
            "Square pixels",
            "aspect",
        ),
        ("Picture", {"rotation": -90}, "320x240. Rotated by 90°, as set in the file.", "", "aspect"),
        (
            "Timing",
            {"timing": "variable"},
            "Variable rate. HaloWeb makes the rate constant: 300 frames at 30 per second.",
            "Constant rate",
            "rate",
        ),
        (
            "Timing",
            {"timing": "jittered", "rate": Fraction(4), "quickest": Fraction(120)},
            "Still nearly all the time. HaloWeb makes the rate constant: 300 frames at 4 per second, though some come "
            "at 120. A frame may be off by 0.25 s.",
            "Constant rate",
            "rate",
        ),
        (
            "Interlacing",
            {"field_order": "tff", "fields_are": "apart", "interlaced_share": 0.97},
            "Interlaced, top field first, in 97% of the moving frames. HaloWeb deinterlaces it.",
            "Deinterlace",
            "deinterlace",
        ),
        (
            "Interlacing",
            {"field_order": "bff", "fields_are": "shifted", "interlaced_share": 0.4},
            "Bottom field first, in 40% of the moving frames. The two fields of a picture are in neighbouring frames; "
            "HaloWeb matches them.",
            "Match fields",
            "deinterlace",
        ),
        ("Interlacing", {}, "None (progressive)", "", "deinterlace"),
        (
            "Borders",
            {"border": Border(top=30, bottom=30)},
            "Black, 30 px at the top and bottom. HaloWeb crops them.",
            "Crop",
            "crop",
        ),
        (
            "Borders",
            {"border": Border(left=24, top=18, right=24, bottom=18)},
            "Black, 24 px at the left and right and 18 px at the top and bottom. HaloWeb crops them.",
            "Crop",
            "crop",
        ),
        (
            "Repeats",
            {"repeats": Repeats.of(range(1, 300, 2))},
            "Half of the frames repeat the one before. HaloWeb reuses its result.",
            "Reuse",
            "duplicates",
        ),
        (
            "Repeats",
            {"repeats": Repeats.of([7])},
            "One frame repeats the one before. HaloWeb reuses its result.",
            "Reuse",
            "duplicates",
        ),
        ("Colour", {}, "BT.601, assumed from the size: the file doesn't say", "Check by eye", "matrix"),
        ("Colour", {"colour_tagged": True, "transfer": "smpte2084"}, "BT.601, smpte2084 transfer", "", "matrix"),
        ("Brightness", {"range_tagged": False}, "TV range, assumed: the file doesn't say", "Check by eye", "range"),
        (
            "Sound",
            {"audio": (AudioStream(0, "wmav2", 44100, 2, "deu", "Ton", Fraction(3, 4)),)},
            "wmav2, 44.1 kHz, stereo, deu, Ton, starts 0.75 s late",
            "",
            "",
        ),
        ("Sound", {"audio": ()}, "None", "", ""),
        ("Subtitles", {"subtitles": (SubtitleStream(0, "ass", "eng", ""),)}, "ass, eng", "", ""),
        ("Chapters", {"chapters": (Chapter(Fraction(0), Fraction(5), "Spawn"),)}, "1", "", ""),
        (
            "Damage",
            {"gaps": (Gap(1056, Fraction(34), Fraction(6, 5)),)},
            "A gap of 1.2 s at 0:34: the picture freezes, the sound continues.",
            "",
            "",
        ),
        (
            "Damage",
            {"declared_seconds": Fraction(46, 1000) + 14},
            "The file ends 4.0 s before its declared end.",
            "",
            "",
        ),
        ("Damage", {"listed_frames": 314}, "14 of the 314 frames listed in the file are missing.", "", ""),
        ("Damage", {"decode_errors": 1}, "The decoder reported one error; some frames may be damaged.", "", ""),
    ],
)
def test_a_fact_is_a_sentence_and_a_suggestion(
    name: str, changes: dict[str, Any], sentence: str, suggests: str, filter_name: str
) -> None:
    assert row(name, **changes) == FactRow(name, sentence, suggests, filter_name)


def test_many_gaps_are_summed_up() -> None:
    gaps = tuple(Gap(60 * number, Fraction(number), Fraction(1)) for number in range(1, 9))
    sentences = [row.sentence for row in fact_rows(facts_of(gaps=gaps)) if row.name == "Damage"]
    assert len(sentences) == 6
    assert sentences[-1] == "3 more gaps, 3.0 s in total."


def test_every_filter_that_is_named_exists() -> None:
    everything = facts_of(
        sar=Fraction(8, 9), timing="jittered", field_order="tff", fields_are="apart", border=Border(top=8),
        repeats=Repeats.of([1]),
    )  # fmt: skip
    named = {row.filter for row in fact_rows(everything)} - {""}
    assert named == {"aspect", "rate", "deinterlace", "crop", "duplicates", "matrix", "range"}
    assert named <= set(CHOICES)


def test_what_does_not_happen_automatically_is_for_a_person() -> None:
    assert row("Colour", colour_tagged=False).is_for_a_person
    assert not row("Borders", border=Border(0, 0, 60, 60)).is_for_a_person
