"""One line of the verification."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One check: the expected and the measured value, and whether it passed."""

    name: str
    expected: str
    got: str
    passed: bool

    @property
    def complaint(self) -> str:
        return f"{self.name}: {self.got} instead of {self.expected}"


def same(name: str, expected: object, got: object) -> Check:
    """Return a check that passes only if both values are equal."""
    return Check(name, str(expected), str(got), str(expected) == str(got))
