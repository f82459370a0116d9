"""One line of the verification."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What was expected, what was found, and whether that will do."""

    name: str
    expected: str
    got: str
    passed: bool

    @property
    def complaint(self) -> str:
        return f"{self.name}: {self.got} instead of {self.expected}"


def same(name: str, expected: object, got: object) -> Check:
    """A line that only the very same passes."""
    return Check(name, str(expected), str(got), str(expected) == str(got))
