"""Facts in plain words, each with the filter that it suggests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import pytest

from tests.page import Page
from tests.pipeline.facts_of import facts_of
from upscaler.pipeline.core.facts import AudioStream, Border, Chapter, Gap, Repeats, SubtitleStream
from upscaler.pipeline.core.recipe import CHOICES
from upscaler.templatetags.words import FactRow, fact_rows, facts_in_words, limit, local_time, moment, speed


def row(name: str, **changes: Any) -> FactRow:
    return next(row for row in fact_rows(facts_of(**changes)) if row.name == name)


@pytest.mark.parametrize(
    ("name", "changes", "sentence", "suggests", "filter_name"),
    [
        (
            "Picture",
            {"width": 720, "height": 480, "sar": Fraction(8, 9)},
            "720 × 480, shown as 640 × 480. Will be scaled to square pixels.",  # noqa: RUF001
            "Square pixels",
            "aspect",
        ),
        ("Picture", {"rotation": -90}, "320 × 240. Turned by 90°, as the file asks.", "", "aspect"),  # noqa: RUF001
        (
            "Timing",
            {"timing": "variable"},
            "Variable rate. Will be made constant: 300 frames at 30 a second.",
            "Constant rate",
            "rate",
        ),
        (
            "Timing",
            {"timing": "jittered", "rate": Fraction(4), "quickest": Fraction(120)},
            "Stands still nearly all the time. Will be made constant: 300 frames at 4 a second, though some come at "
            "120. A frame may be 0.25 s off.",
            "Constant rate",
            "rate",
        ),
        (
            "Interlacing",
            {"field_order": "tff", "fields_are": "apart", "interlaced_share": 0.97},
            "Interlaced, top field first: 97% of the frames that move. Will be deinterlaced.",
            "Deinterlace",
            "deinterlace",
        ),
        (
            "Interlacing",
            {"field_order": "bff", "fields_are": "shifted", "interlaced_share": 0.4},
            "Bottom field first, in 40% of the frames that move; the two fields of one picture lie in neighbouring "
            "frames. Will be put together again.",
            "Match fields",
            "deinterlace",
        ),
        ("Interlacing", {}, "None: frames are whole", "", "deinterlace"),
        (
            "Borders",
            {"border": Border(top=30, bottom=30)},
            "Black: 30 px at the top and bottom. Will be cropped.",
            "Crop",
            "crop",
        ),
        (
            "Borders",
            {"border": Border(left=24, top=18, right=24, bottom=18)},
            "Black: 24 px at the left and right and 18 px at the top and bottom. Will be cropped.",
            "Crop",
            "crop",
        ),
        (
            "Repeats",
            {"repeats": Repeats.of(range(1, 300, 2))},
            "Half of the frames are repeats: they cost no time.",
            "Reuse",
            "duplicates",
        ),
        (
            "Repeats",
            {"repeats": Repeats.of([7])},
            "One frame is a repeat: it costs no time.",
            "Reuse",
            "duplicates",
        ),
        ("Colour", {}, "BT.601, assumed from the size: the file does not say", "Check by eye", "matrix"),
        ("Colour", {"colour_tagged": True, "transfer": "smpte2084"}, "BT.601, smpte2084 transfer", "", "matrix"),
        ("Brightness", {"range_tagged": False}, "TV range, assumed: the file does not say", "Check by eye", "range"),
        (
            "Sound",
            {"audio": (AudioStream(0, "wmav2", 44100, 2, "deu", "Ton", Fraction(3, 4)),)},
            "wmav2, 44.1 kHz, stereo, deu, Ton, begins 0.75 s late",
            "",
            "",
        ),
        ("Sound", {"audio": ()}, "None", "", ""),
        ("Subtitles", {"subtitles": (SubtitleStream(0, "ass", "eng", ""),)}, "ass, eng", "", ""),
        ("Chapters", {"chapters": (Chapter(Fraction(0), Fraction(5), "Spawn"),)}, "1", "", ""),
        (
            "Damage",
            {"gaps": (Gap(1056, Fraction(34), Fraction(6, 5)),)},
            "A gap of 1.2 s at 0:34: the picture stands still there, the sound goes on.",
            "",
            "",
        ),
        (
            "Damage",
            {"declared_seconds": Fraction(46, 1000) + 14},
            "The file ends 4.0 s before it says.",
            "",
            "",
        ),
        ("Damage", {"listed_frames": 314}, "14 of the 314 frames that it lists are missing.", "", ""),
        ("Damage", {"decode_errors": 1}, "The decoder complained once; some pictures may show it.", "", ""),
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
    assert sentences[-1] == "3 more gaps, 3.0 s together."


def test_every_filter_that_is_named_exists() -> None:
    everything = facts_of(
        sar=Fraction(8, 9), timing="jittered", field_order="tff", fields_are="apart", border=Border(top=8),
        repeats=Repeats.of([1]),
    )  # fmt: skip
    named = {row.filter for row in fact_rows(everything)} - {""}
    assert named == {"aspect", "rate", "deinterlace", "crop", "duplicates", "matrix", "range"}
    assert named <= set(CHOICES)


def test_the_pairs_are_the_rows() -> None:
    assert facts_in_words(facts_of()) == [(row.name, row.sentence) for row in fact_rows(facts_of())]


@pytest.mark.parametrize(("fps", "said"), [(0.123, "0.12 frames/s"), (9.5, "9.50 frames/s"), (10, "10.0 frames/s")])
def test_a_speed_has_as_many_decimals_as_tell_something(fps: float, said: str) -> None:
    assert speed(fps) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0, "0.0 s"), (1.27, "1.3 s"), (59.9, "59.9 s"), (59.97, "1:00"), (93.4, "1:33")]
)
def test_moments_of_a_short_clip_are_told_apart(seconds: float, said: str) -> None:
    assert moment(seconds) == said


@pytest.mark.parametrize(("size", "said"), [(64 * 1024**3, "64 GB"), (3 * 1024**3 // 2, "1.5 GB"), (10, "10 bytes")])
def test_an_even_limit_has_nothing_behind_the_point(size: int, said: str) -> None:
    assert limit(size) == said.replace(" ", "\N{NO-BREAK SPACE}")


def test_what_does_not_happen_by_itself_is_for_a_person() -> None:
    assert row("Colour", colour_tagged=False).is_for_a_person
    assert not row("Borders", border=Border(0, 0, 60, 60)).is_for_a_person


def test_a_moment_says_that_it_is_in_utc() -> None:
    evening = datetime(2026, 12, 5, 23, 30, tzinfo=UTC)
    in_japan = evening.astimezone(timezone(timedelta(hours=9)))
    assert Page(local_time(evening)).text("local-time time") == "5 December 2026, 23:30 UTC"
    assert Page(local_time(evening, "date")).text("local-time time") == "5 December 2026 UTC"
    assert Page(local_time(in_japan)).text("local-time time") == "5 December 2026, 23:30 UTC"
