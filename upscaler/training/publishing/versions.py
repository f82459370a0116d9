"""Names and numbers of models: h1v1, h1v2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from upscaler.pipeline.core.errors import Refused

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,46}[A-Za-z0-9])?")
NUMBERED = re.compile(r"(?P<name>.+)v(?P<number>[1-9][0-9]{0,4})")


@dataclass(frozen=True)
class Version:
    """One published state of a model. Its text, such as "h1v2", names its folder and files.

    Raises Refused for a name that can't be part of a file name, or that ends like a version itself.
    """

    name: str
    number: int

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise Refused(
                "A model's name has 1 to 48 letters of a to z, digits, dots, hyphens and underscores, "
                "and begins and ends with a letter or digit."
            )
        if NUMBERED.fullmatch(self.name):
            raise Refused(f"The name {self.name} ends like a version. Leave the number out: HaloWeb counts versions.")
        if self.number < 1:
            raise Refused("Versions are counted from 1.")

    def __str__(self) -> str:
        return f"{self.name}v{self.number}"


def parse(text: str) -> Version | None:
    """Return the version that a text such as "h1v2" names; None for any other text."""
    match = NUMBERED.fullmatch(text)
    try:
        return Version(match["name"], int(match["number"])) if match else None
    except Refused:
        return None


def next_version(name: str, existing: Iterable[str]) -> Version:
    """Return the version that follows the highest of this name among the ``existing`` texts, such as folder names.

    Small and capital letters count as the same, as some file systems have it. Numbers that were left out stay so.
    """
    parsed = (parse(text) for text in existing)
    numbers = [each.number for each in parsed if each is not None and each.name.casefold() == name.casefold()]
    return Version(name, max(numbers, default=0) + 1)
