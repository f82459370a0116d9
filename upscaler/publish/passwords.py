"""Passwords of share links."""

from __future__ import annotations

from enum import Enum

from django.contrib.auth.hashers import check_password

from upscaler.accounts.throttle import count_attempt, forget_attempts, hashing, scope_of_share
from upscaler.models import CaptureLink, Share


class Tried(Enum):
    """The outcome of an attempt."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_OFTEN = "too often"
    """The password was not even checked."""


def password_try(*, share: Share | CaptureLink, password: str, address: str) -> Tried:
    """Check a password, at most a few times from each address: see accounts/throttle.py."""
    scope = scope_of_share(share)
    if not count_attempt(scope=scope, address=address):
        return Tried.TOO_OFTEN
    with hashing:
        is_right = check_password(password, share.password)
    if not is_right:
        return Tried.WRONG
    forget_attempts(scope=scope, address=address)
    return Tried.RIGHT
