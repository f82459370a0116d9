"""How many files and connections a process may have open."""

from __future__ import annotations

import resource

MOST = 65_536
"""Some systems allow a thousand million, with which programs that go through all of them take minutes to start."""


def descriptor_limit() -> int:
    """The limit of this process."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)


def raise_descriptor_limit() -> None:
    """Raise it, for this process and those that it starts, as far as the system allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    allowed = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if descriptor_limit() < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
