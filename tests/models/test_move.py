"""What is in a SQLite database goes over to PostgreSQL by the commands in docs/machines.md."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from haloweb.env import BASE_DIR
from tests.faults.postgres import postgres


def documented() -> list[list[str]]:
    """Every call of manage.py in that section, in its order."""
    section = (BASE_DIR / "docs/machines.md").read_text().split("## From SQLite to PostgreSQL")[1].split("\n## ")[0]
    lines = re.findall(r"^    \.venv/bin/python manage\.py (.*)$", section, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def manage(data: Path, database: str, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HALOWEB_")}
    environment |= {"HALOWEB_DATA": str(data), "HALOWEB_DATABASE": database}
    command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=data).stdout


def rows(data: Path, database: str) -> dict[str, Any]:
    """All that is ours, by table and key; lists, such as the videos of a collection, have no order of their own."""
    dumped = json.loads(manage(data, database, "dumpdata", "upscaler"))
    return {
        f"{row['model']} {row['pk']}": {
            name: sorted(map(str, value)) if isinstance(value, list) else value for name, value in row["fields"].items()
        }
        for row in dumped
    }


def test_every_row_goes_over_and_none_is_there_twice(tmp_path: Path) -> None:
    dump, *rest = documented()
    manage(tmp_path, "", "migrate", "--verbosity", "0")
    manage(tmp_path, "", "shell", "-v", "0", "-c", "User.objects.create(username='chief', is_superuser=True)")
    manage(tmp_path, "", "make_library", "20", "--owner", "chief")
    with postgres() as server:
        manage(tmp_path, "", *dump)
        for arguments in rest:
            manage(tmp_path, server.url, *arguments)
        before, after = rows(tmp_path, ""), rows(tmp_path, server.url)

        assert [key.split()[0] for key in after].count("upscaler.upscalemodel") == 1
        assert after == before
        for arguments in rest:
            manage(tmp_path, server.url, *arguments)
        assert rows(tmp_path, server.url) == before, "a second time does no harm"
        assert manage(tmp_path, server.url, "shell", "-v", "0", "-c", "print(User.objects.create(username='new').pk)")
