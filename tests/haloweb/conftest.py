"""What the tests of starting share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.haloweb.checkouts import make_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that is set up already."""
    return make_checkout(tmp_path / "checkout")
