"""The code of an older version is taken out of the history, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.upgrade.make_data import COMMIT
from tests.upgrade.older import NoHistory, check_out


def test_a_commit_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoHistory, match="isn't in this checkout's history"):
        check_out("0" * 40, tmp_path)


def test_a_commit_that_is_there_is_checked_out_as_it_was(tmp_path: Path) -> None:
    try:
        code = check_out(COMMIT, tmp_path)
    except NoHistory as error:
        pytest.skip(str(error))

    assert (code / "upscaler/migrations/0014_knocks_at_accounts.py").is_file()
    assert not (code / "upscaler/migrations/0015_source_clock.py").exists()
