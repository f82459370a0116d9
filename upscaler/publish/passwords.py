"""Passwords of share links."""

from __future__ import annotations

from enum import Enum

from django.contrib.auth.hashers import check_password

from upscaler.knocks import door_of_share, hashing, knock, knocks_forget
from upscaler.models import Share


class Tried(Enum):
    """The outcome of an attempt."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_OFTEN = "too often"
    """The password was not even checked."""


def password_try(*, share: Share, password: str, address: str) -> Tried:
    """Check a password, at most a few times from each address: see knocks.py."""
    door = door_of_share(share)
    if not knock(door=door, address=address):
        return Tried.TOO_OFTEN
    with hashing:
        is_right = check_password(password, share.password)
    if not is_right:
        return Tried.WRONG
    knocks_forget(door=door, address=address)
    return Tried.RIGHT
