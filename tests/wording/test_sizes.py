"""Sizes of files and of pictures."""

from __future__ import annotations

import pytest
from django.template.defaultfilters import filesizeformat

from upscaler.wording.sizes import file_size, limit, picture_size


@pytest.mark.parametrize("size", [0, 1, 10, 1023, 1024, 1500, 64 * 1024**3, 3 * 1024**4, 5 * 1024**5, 7 * 1024**6])
def test_a_size_reads_as_in_templates(size: int) -> None:
    assert file_size(size) == filesizeformat(size)


@pytest.mark.parametrize(("size", "text"), [(64 * 1024**3, "64 GB"), (3 * 1024**3 // 2, "1.5 GB"), (10, "10 bytes")])
def test_an_even_limit_has_no_decimals(size: int, text: str) -> None:
    assert limit(size) == text.replace(" ", "\N{NO-BREAK SPACE}")


def test_a_picture_is_width_by_height() -> None:
    assert picture_size(320, 240) == "320x240"
