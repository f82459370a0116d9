"""Expressions of ffmpeg's select filter that pass the frames of many bursts in one run."""

from __future__ import annotations

from collections.abc import Sequence

from upscaler.training.core.capture import Burst

LEAF = 16
"""Bursts that are compared one after the other, at the leaves of the tree."""
MAX_BURSTS = 2500
"""Bursts of one run: their expression has at most 100 kB, and Linux accepts 128 kB in one argument."""


def in_order(bursts: Sequence[Burst]) -> list[Burst]:
    """Return the bursts by their first frame, those that adjoin as one. Raises ValueError where two overlap."""
    merged: list[Burst] = []
    for burst in sorted(bursts, key=lambda each: each.first):
        last = merged[-1] if merged else None
        if burst.count < 1 or burst.first < 0 or (last and burst.first < last.first + last.count):
            raise ValueError(f"The burst of {burst.count} frames from {burst.first} on is empty or overlaps another.")
        if last and burst.first == last.first + last.count:
            merged[-1] = Burst(last.first, last.count + burst.count)
        else:
            merged.append(burst)
    return merged


def runs(bursts: Sequence[Burst], gap: int | None = None) -> list[tuple[Burst, ...]]:
    """Group bursts, so that each group fits one run of ffmpeg, and lies within frames of which at most ``gap`` in a row
    aren't wanted."""
    groups: list[list[Burst]] = []
    for burst in bursts:
        last = groups[-1][-1] if groups else None
        is_far = last is not None and gap is not None and burst.first - (last.first + last.count) > gap
        if last is None or is_far or len(groups[-1]) == MAX_BURSTS:
            groups.append([])
        groups[-1].append(burst)
    return [tuple(group) for group in groups]


def expression(bursts: Sequence[Burst], skipped: int = 0) -> str:
    """Return the select filter's condition for the frames of these bursts, which are in order.

    ``skipped`` is the number of frames that the filter doesn't get, before the first of them.

    A binary tree: each frame is compared with about log2(bursts) + LEAF numbers.
    """
    leaves = _chunks([Burst(burst.first - skipped, burst.count) for burst in bursts], LEAF)
    return _tree(leaves)


def _tree(leaves: Sequence[tuple[Burst, ...]]) -> str:
    if len(leaves) == 1:
        return "+".join(_condition(burst) for burst in leaves[0])
    middle = len(leaves) // 2
    return f"if(lt(n,{leaves[middle][0].first}),{_tree(leaves[:middle])},{_tree(leaves[middle:])})"


def _condition(burst: Burst) -> str:
    if burst.count == 1:
        return f"eq(n,{burst.first})"
    return f"between(n,{burst.first},{burst.first + burst.count - 1})"


def _chunks(bursts: Sequence[Burst], size: int) -> list[tuple[Burst, ...]]:
    return [tuple(bursts[first : first + size]) for first in range(0, len(bursts), size)]
