"""Text of strangers, such as names of files, titles and programs' own words, in a form that is safe to keep and to log.

Unicode's normal form C, so that a name looks and compares the same whichever system it was typed on; a space for what
can't be seen, such as the escape sequences of a terminal and characters that turn the direction of writing.
"""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"
"""Zero width (non-)joiners: Persian and the scripts of India are misspelt without them, and some emoji fall apart."""


def printable(text: str) -> str:
    """One line without control characters, and without spaces around it."""
    return _visible(text).strip(f" {JOINERS}")


def one_line(text: str) -> str:
    """The same, with one space between words: a title, or a name."""
    return " ".join(printable(text).split())


def printable_lines(text: str) -> str:
    """Several lines, of which each keeps its indentation."""
    return "\n".join(_visible(line).rstrip() for line in text.splitlines())


def _visible(text: str) -> str:
    seen = (character if character.isprintable() or character in JOINERS else " " for character in text)
    return unicodedata.normalize("NFC", "".join(seen))
