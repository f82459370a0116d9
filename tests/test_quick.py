"""What a quick run leaves out, and that it can't lose its tests unnoticed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests import quick


@pytest.mark.parametrize(
    ("name", "is_slow"),
    [
        ("e2e", True),
        ("e2e/test_share.py", True),
        ("faults/test_kills.py", True),
        ("haloweb/test_supervise.py", True),
        ("haloweb/test_env.py", False),
        ("pipeline", False),
        ("pipeline/networks", True),
        ("pipeline/test_probe.py", True),
        ("pipeline/test_plan.py", False),
        ("training/trainer/test_guard.py", True),
        ("views", False),
        ("views/test_share.py", False),
    ],
)
def test_files_with_browsers_networks_and_servers_are_left_out(name: str, is_slow: bool) -> None:
    assert quick.is_slow(quick.TESTS / name) is is_slow


def test_every_listed_file_exists() -> None:
    quick.check_lists()


@pytest.mark.parametrize("files", ["SLOW", "NOT_SLOW"])
def test_a_listed_file_that_has_moved_is_named(monkeypatch: pytest.MonkeyPatch, files: str) -> None:
    monkeypatch.setattr(quick, files, {"test_moved.py"})

    with pytest.raises(pytest.UsageError, match=r"test_moved\.py"):
        quick.check_lists()


@pytest.mark.parametrize(
    ("tests", "arguments", "fails"),
    [(0, ["tests"], True), (quick.FEWEST, ["tests"], False), (3, ["tests/views"], False)],
)
def test_a_run_of_all_quick_tests_that_had_few_fails(
    pytestconfig: pytest.Config, tests: int, arguments: list[str], fails: bool
) -> None:
    config = SimpleNamespace(args=arguments, getini=pytestconfig.getini)
    session = SimpleNamespace(config=config, exitstatus=pytest.ExitCode.OK)

    quick.fail_if_few(session, tests)  # type: ignore[arg-type]  # the parts of a session that it reads

    assert session.exitstatus == (pytest.ExitCode.USAGE_ERROR if fails else pytest.ExitCode.OK)
