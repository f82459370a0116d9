"""Make untrusted text, such as file names, titles and program output, safe to store and to log.

Text is normalised to Unicode's form C, so that names from different systems compare equal. Invisible characters, such
as terminal escapes and bidirectional controls, become spaces.
"""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"
"""Zero width (non-)joiners: Persian, Indic scripts and some emoji need them."""


def printable(text: str) -> str:
    """Return one line without control characters or surrounding spaces."""
    return _visible(text).strip(f" {JOINERS}")


def one_line(text: str) -> str:
    """Return a title or a name: printable, with single spaces between words."""
    return " ".join(printable(text).split())


def printable_lines(text: str) -> str:
    """Return several printable lines; each keeps its indentation."""
    return "\n".join(_visible(line).rstrip() for line in text.splitlines())


def _visible(text: str) -> str:
    seen = (character if character.isprintable() or character in JOINERS else " " for character in text)
    return unicodedata.normalize("NFC", "".join(seen))
