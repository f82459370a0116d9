"""The limit on open files and connections of a process."""

from __future__ import annotations

import resource

MAX_DESCRIPTORS = 65_536
"""Some systems allow a thousand million, with which programs that loop over all of them take minutes to start."""


def descriptor_limit() -> int:
    """Return the limit of this process."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else min(soft, MAX_DESCRIPTORS)


def raise_descriptor_limit() -> None:
    """Raise the limit of this process and its children as far as the system allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    allowed = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if descriptor_limit() < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
