"""Passwords of links."""

from __future__ import annotations

from enum import Enum

from django.contrib.auth.hashers import check_password

from upscaler.knocks import door_of_share, hashing, knock, knocks_forget
from upscaler.models import Share


class Tried(Enum):
    """What came of a password."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_OFTEN = "too often"
    """It was not even looked at."""


def password_try(*, share: Share, password: str, address: str) -> Tried:
    """Is it the share's password? It is looked at a few times only from each address, see knocks.py."""
    door = door_of_share(share)
    if not knock(door=door, address=address):
        return Tried.TOO_OFTEN
    with hashing:
        is_right = check_password(password, share.password)
    if not is_right:
        return Tried.WRONG
    knocks_forget(door=door, address=address)
    return Tried.RIGHT
