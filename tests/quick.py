"""What ``script/test --quick`` leaves out: browsers, networks, whole servers, and long work of ffmpeg."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
SLOW = {
    "cli", "e2e", "faults", "models/test_move.py",
    "haloweb/test_bootstrap.py", "haloweb/test_listening.py", "haloweb/test_proxies.py", "haloweb/test_server.py",
    "haloweb/test_strangers.py", "haloweb/test_supervise.py", "haloweb/test_web_process.py",
    "jobs/test_chain.py", "jobs/test_joining.py", "jobs/test_object_storage.py", "jobs/test_on_postgres.py",
    "jobs/test_outputs.py", "jobs/test_pairing.py", "jobs/test_posts.py", "jobs/test_weights.py",
}  # fmt: skip
"""Folders and files below tests/ that are not even collected: much of their time is the import of torch."""
NOT_SLOW = {
    "test_addresses.py", "test_clock.py", "test_colours.py", "test_damage.py", "test_deflicker.py", "test_endings.py",
    "test_facts.py", "test_guard.py", "test_kinds.py", "test_plan.py", "test_rate.py",
}  # fmt: skip
"""Files anywhere below tests/pipeline that are not left out."""
MARKERS = {"browser", "network"}
"""Markers of single tests that are left out of other files."""
FEWEST = 1500
"""Tests that a quick run of everything has at least."""


def is_slow(path: Path) -> bool:
    """Tell whether a file is left out, or a folder in which every file is."""
    if TESTS not in path.parents:
        return False
    inside = path.relative_to(TESTS)
    if inside.parts[0] == "pipeline":
        return not any(path.rglob(name) for name in NOT_SLOW) if path.is_dir() else path.name not in NOT_SLOW
    return any(str(part) in SLOW for part in (inside, *inside.parents))


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the tests with a marker of slow ones out of ``items``.

    Raises:
        pytest.UsageError: a listed file is gone, or hardly any test is left.
    """
    missing = [name for name in SLOW if not (TESTS / name).exists()]
    missing += [name for name in NOT_SLOW if not any((TESTS / "pipeline").rglob(name))]
    if missing:
        raise pytest.UsageError(f"tests/quick.py lists what is not there: {', '.join(sorted(missing))}")
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in MARKERS)]
    items[:] = [item for item in items if item not in set(left_out)]
    config.hook.pytest_deselected(items=left_out)
    if config.args == config.getini("testpaths") and len(items) < FEWEST:
        raise pytest.UsageError(f"only {len(items)} tests are quick; tests/quick.py expects {FEWEST} at least")
