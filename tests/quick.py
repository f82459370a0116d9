"""What ``script/test --quick`` leaves out: browsers, networks, whole servers, and long work of ffmpeg."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PIPELINE = TESTS / "pipeline"
SLOW = {
    "cli", "e2e", "faults", "models/test_move.py", "training", "upgrade",
    "haloweb/test_bootstrap.py", "haloweb/test_database_version.py", "haloweb/test_listening.py",
    "haloweb/test_proxies.py", "haloweb/test_server.py", "haloweb/test_strangers.py", "haloweb/test_supervise.py",
    "haloweb/test_web_process.py",
    "jobs/test_captures.py", "jobs/test_dataset_export.py", "jobs/test_leak_check.py",
    "jobs/test_chain.py", "jobs/test_failures.py", "jobs/test_joining.py", "jobs/test_matching.py",
    "jobs/test_model_check.py", "jobs/test_object_storage.py", "jobs/test_on_postgres.py", "jobs/test_outputs.py",
    "jobs/test_posts.py", "jobs/test_samples.py", "jobs/test_stopping.py", "jobs/test_takeover.py",
    "jobs/test_training.py",
    "views/test_captures.py",
}  # fmt: skip
"""Folders and files below tests/ that are not even collected: much of their time is the import of torch."""
NOT_SLOW = {
    "postfilters/test_colour_match.py", "postfilters/test_deflicker.py", "fetch/test_addresses.py",
    "fetch/test_guard.py", "test_clip_profiles.py", "test_damage_report.py", "test_facts.py", "test_file_extensions.py",
    "test_frame_rate.py", "test_plan.py", "test_source_clock.py",
}  # fmt: skip
"""Files below tests/pipeline that are not left out; all others there are."""
MARKERS = {"browser", "network", "upgrade"}
"""Markers of single tests that are left out of other files."""
FEWEST = 1500
"""Tests that a quick run of everything has at least."""


def is_slow(path: Path) -> bool:
    """Tell whether a file is left out, or a folder in which every file is."""
    if TESTS not in path.parents:
        return False
    if PIPELINE in (path, *path.parents):
        return not any((PIPELINE / name).is_relative_to(path) for name in NOT_SLOW)
    return any(str(part.relative_to(TESTS)) in SLOW for part in (path, *path.parents) if TESTS in part.parents)


def check_lists() -> None:
    """Refuse a list with a file that has moved: its tests would come back unnoticed, or go.

    Raises:
        pytest.UsageError: a listed file is gone.
    """
    missing = [name for name in SLOW if not (TESTS / name).exists()]
    missing += [name for name in NOT_SLOW if not (PIPELINE / name).exists()]
    if missing:
        raise pytest.UsageError(f"tests/quick.py lists files that don't exist: {', '.join(sorted(missing))}")


def leave_out_marked(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the tests that have one of MARKERS out of ``items``."""
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in MARKERS)]
    items[:] = [item for item in items if item not in set(left_out)]
    config.hook.pytest_deselected(items=left_out)


def fail_if_few(session: pytest.Session, tests: int) -> None:
    """Fail a run of all quick tests that had hardly any."""
    if tests < FEWEST and session.config.args == session.config.getini("testpaths") and not session.exitstatus:
        print(f"\nonly {tests} tests ran; tests/quick.py expects {FEWEST} at least")
        session.exitstatus = pytest.ExitCode.USAGE_ERROR
