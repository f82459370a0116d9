"""Programs that misbehave, in the place of real ones."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def stopped_at_first(name: str, folder: Path, times: int = 1) -> str:
    """A PATH on which ``name`` stands still when it is called for the first ``times``, as if a disk did not answer,
    and works from then on."""
    program = folder / "programs" / name
    program.parent.mkdir()
    calls = folder / f"{name}-calls"
    program.write_text(
        f"""#!/bin/sh
echo >> "{calls}"
[ "$(wc -l < "{calls}")" -gt {times} ] || kill -STOP $$
exec "{shutil.which(name)}" "$@"
"""
    )
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.environ['PATH']}"
