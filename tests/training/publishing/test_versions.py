"""Names and numbers of versions."""

from __future__ import annotations

import pytest

from upscaler.pipeline.core.errors import Refused
from upscaler.training.publishing.versions import Version, next_version, parse


def test_the_first_version_of_a_name_is_number_one() -> None:
    assert str(next_version("h1", [])) == "h1v1"
    assert str(next_version("h1", ["h2v7", "h1", "h1v", "notes", ".publishing-x"])) == "h1v1"


def test_the_next_version_follows_the_highest_of_its_name() -> None:
    assert str(next_version("h1", ["h1v1", "h1v9", "h1v10", "h10v44"])) == "h1v11"
    assert str(next_version("gameplay-x4", ["gameplay-x4v2"])) == "gameplay-x4v3"


def test_small_and_capital_letters_are_one_name() -> None:
    assert str(next_version("H1", ["h1v3"])) == "H1v4"


def test_a_version_is_read_from_its_text() -> None:
    assert parse("h1v2") == Version("h1", 2)
    assert parse("gameplay-x4v12") == Version("gameplay-x4", 12)
    assert [parse(text) for text in ("h1", "v2", "h1v0", "h1v02", "../h1v1", "h1v1v2", "")] == [None] * 7


@pytest.mark.parametrize("name", ["", "../h1", "h1/2", ".h1", "h1.", "a" * 49, "h 1", "höhle", "h1\n"])
def test_names_that_are_no_file_names_are_refused(name: str) -> None:
    with pytest.raises(Refused, match="name has 1 to 48"):
        Version(name, 1)


def test_a_name_that_ends_like_a_version_is_refused() -> None:
    with pytest.raises(Refused, match="counts versions"):
        Version("h1v2", 1)
    with pytest.raises(Refused, match="from 1"):
        Version("h1", 0)
