"""A tus client of a few lines."""

from __future__ import annotations

import base64
from typing import Any

from django.test import Client

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = bytes(range(256)) * 40


def metadata(**values: str) -> str:
    """As the Upload-Metadata header has it."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def create(client: Client, size: object = len(CONTENT), headers: dict[str, str] | None = None, **values: str) -> Any:
    said = {"Upload-Length": str(size), "Upload-Metadata": metadata(**{"filename": "clip.avi"} | values)}
    return client.post("/uploads/", headers=TUS | said | (headers or {}))


def begin(client: Client, **values: Any) -> str:
    """A new upload's address."""
    response = create(client, **values)
    assert response.status_code == 201, response.content
    return str(response["Location"])


def patch(client: Client, url: str, content: bytes, offset: int, headers: dict[str, str] | None = None) -> Any:
    said = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
    return client.patch(url, content, headers=TUS | said | (headers or {}))


def offset_of(client: Client, url: str) -> int:
    response = client.head(url, headers=TUS)
    assert response.status_code == 200
    return int(response["Upload-Offset"])
