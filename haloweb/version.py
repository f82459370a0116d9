"""The version of HaloWeb. Workers of another version than the server's don't accept work."""

from __future__ import annotations

import hashlib
from pathlib import Path

NUMBER = "0.2.0"
ROOT = Path(__file__).resolve().parent.parent


def fingerprint(root: Path) -> str:
    """Return a digest of a checkout's code, which differs before and after ``git pull``."""
    digest = hashlib.sha256()
    for folder in ("haloweb", "upscaler"):
        for path in sorted((root / folder).rglob("*.py")):
            digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


VERSION = f"{NUMBER}+{fingerprint(ROOT)}"
