"""What the licences of a model's parts mean for those who use it, in sentences. Nothing is forbidden, all is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

UNKNOWN = ("", "unknown", "none", "noassertion", "other", "proprietary")


@dataclass(frozen=True)
class Part:
    """Something that a model was made from. ``licence`` is an SPDX identifier or a sentence, "" if unknown."""

    kind: str
    """What it is to the model: CAPTURES, BASE, or another word."""
    name: str
    licence: str
    author: str = ""


CAPTURES, BASE, TEACHER = "captures", "base weights", "teacher"


def limits_of_use(parts: Iterable[Part]) -> list[str]:
    """Return a sentence for everything in the licences that a person has to know before sharing or using the model."""
    found = [sentence for part in parts for sentence in _limits(part)]
    return list(dict.fromkeys(found))


def _limits(part: Part) -> list[str]:
    what = f"{_kind(part)} {part.name}".strip()
    licence = part.licence.strip()
    words = set(re.split(r"[^a-z0-9]+", licence.casefold()))
    if licence.casefold() in UNKNOWN:
        return [f"The licence of the {what} is unknown. Ask for permission before you share this model."]
    found = []
    if {"gpl", "lgpl", "agpl"} & words:
        content = "game content" if part.kind == CAPTURES else "weights"
        found.append(
            f"The {what} are {content} under {licence}. This model was trained on them: "
            f"if you share it, say so, and pass the licence on."
        )
    if "nc" in words or "noncommercial" in words or {"non", "commercial"} <= words:
        found.append(f"The {what} are licensed under {licence}, which forbids commercial use.")
    if "nd" in words or "noderivatives" in words or "noderivs" in words:
        found.append(
            f"The {what} are licensed under {licence}, which forbids sharing what is made from them. "
            "Ask their author before you share this model."
        )
    if "sa" in words or "sharealike" in words:
        found.append(f"The {what} are licensed under {licence}: share this model under the same licence.")
    return found


def _kind(part: Part) -> str:
    return f"{part.kind} of" if part.kind == CAPTURES else part.kind
