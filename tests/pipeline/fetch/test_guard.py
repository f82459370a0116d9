"""What the download process can't do, tried in a separate process: the guard is never removed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BEFORE = """
import os, socket, subprocess, sys
from pathlib import Path
from upscaler.pipeline.fetch.addresses import is_public
from upscaler.pipeline.fetch.guard import Guard
folder = Path(sys.argv[1])
guard = Guard(folder, is_public)
guard.install()
try:
    {attempt}
except OSError as error:
    print(type(error).__name__, guard.refused)
else:
    print("done")
"""


def attempt(code: str, folder: Path) -> str:
    script = BEFORE.replace("{attempt}", code)
    command = [sys.executable, "-c", script, str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("socket.create_connection(('127.0.0.1', 9), 1)", "PermissionError True"),
        ("socket.create_connection(('localhost', 9), 1)", "PermissionError True"),
        ("socket.socket().connect(('localhost', 9))", "PermissionError True"),
        ("socket.socket(socket.AF_INET6).connect(('::1', 9))", "PermissionError True"),
        ("socket.socket(socket.AF_UNIX).connect('/run/some.sock')", "PermissionError True"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))", "PermissionError False"),
        ("subprocess.run(['true'])", "FileNotFoundError False"),
        ("os.system('true')", "FileNotFoundError False"),
        ("os.posix_spawn('/bin/true', ['true'], {})", "FileNotFoundError False"),
        ("(folder.parent / 'outside').write_bytes(b'')", "PermissionError False"),
        ("(folder / '..' / 'outside').write_bytes(b'')", "PermissionError False"),
        ("os.open(folder.parent / 'outside', os.O_CREAT | os.O_WRONLY)", "PermissionError False"),
        ("(folder.parent / 'before').unlink()", "PermissionError False"),
        ("(folder.parent / 'before').rename(folder / 'inside')", "PermissionError False"),
        ("(folder / 'own').rename(folder.parent / 'outside')", "PermissionError False"),
        ("(folder.parent / 'outside').mkdir()", "PermissionError False"),
        ("os.truncate(folder.parent / 'before', 0)", "PermissionError False"),
        ("(folder.parent / 'before').chmod(0o777)", "PermissionError False"),
        ("(folder / 'link').symlink_to(folder.parent)", "PermissionError False"),
        ("(folder / 'link').hardlink_to(folder.parent / 'before')", "PermissionError False"),
        ("(folder / 'own').rename(folder / 'whole'); (folder / 'whole').unlink()", "done"),
        ("(folder / 'inside').write_bytes(b'')", "done"),
        ("Path('/proc/self/status').read_bytes()", "done"),
    ],
)
def test_it_holds(tmp_path: Path, code: str, outcome: str) -> None:
    folder, before = tmp_path / "folder", tmp_path / "before"
    folder.mkdir()
    (folder / "own").write_bytes(b"own")
    before.write_bytes(b"before")
    mode = before.stat().st_mode

    assert attempt(code, folder) == outcome
    assert not (tmp_path / "outside").exists()
    assert (before.read_bytes(), before.stat().st_mode, before.stat().st_nlink) == (b"before", mode, 1)


def test_networks_that_the_settings_bar_are_not_called(tmp_path: Path) -> None:
    pytest.importorskip("yt_dlp", reason="yt-dlp is not installed: requirements-import.txt")
    request = {"address": "http://[2606:4700::1]/a.mp4", "folder": str(tmp_path), "max_bytes": 10**6}
    request["barred"] = ["2606:4700::/32"]
    command = [sys.executable, "-s", "-m", "upscaler.pipeline.fetch.child"]

    said = subprocess.run(
        command, input=json.dumps(request) + "\n", cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout

    assert "isn't on the public internet" in json.loads(said.splitlines()[-1])["error"]


def test_a_way_out_through_a_link_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")

    assert attempt("(folder / 'link').write_bytes(b'')", folder) == "PermissionError False"
    assert not (tmp_path / "outside").exists()
