"""What licences mean for those who use a model."""

from __future__ import annotations

import pytest

from upscaler.training.publishing.licences import BASE, CAPTURES, Part, limits_of_use


def test_gpl_game_content_is_said() -> None:
    (sentence,) = limits_of_use([Part(CAPTURES, "OpenArena", "GPL-2.0-or-later")])
    assert sentence.startswith("The captures of OpenArena are game content under GPL-2.0-or-later.")
    assert "GPL-2 or later" in limits_of_use([Part(CAPTURES, "OpenArena", "GPL-2 or later")])[0]


@pytest.mark.parametrize("licence", ["BSD-3-Clause", "MIT", "CC0-1.0", "Apache-2.0", "CC-BY-4.0"])
def test_free_licences_have_no_limits_to_say(licence: str) -> None:
    assert limits_of_use([Part(BASE, "a base", licence)]) == []


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        ("CC-BY-NC-4.0", ["forbids commercial use"]),
        ("CC-BY-NC-SA-4.0", ["forbids commercial use", "under the same licence"]),
        ("CC-BY-NC-ND-4.0", ["forbids commercial use", "forbids sharing what is made"]),
        ("for non-commercial use", ["forbids commercial use"]),
        ("PolyForm-Noncommercial-1.0.0", ["forbids commercial use"]),
        ("", ["is unknown. Ask for permission"]),
        ("NOASSERTION", ["is unknown"]),
    ],
)
def test_a_base_whose_licence_limits_its_use_is_said(licence: str, words: list[str]) -> None:
    sentences = limits_of_use([Part(BASE, "4x-Thing", licence)])
    assert len(sentences) == len(words)
    for sentence, expected in zip(sentences, words, strict=True):
        assert expected in sentence
        assert "4x-Thing" in sentence


def test_the_same_sentence_is_said_once() -> None:
    part = Part(CAPTURES, "OpenArena", "GPL-2.0-or-later")
    assert len(limits_of_use([part, part])) == 1
