"""A person's browser, or a visitor's: forms and resumable uploads. It speaks HTTP to any version of the server."""

from __future__ import annotations

import base64
import logging
from typing import Any

import httpx

TUS = {"Tus-Resumable": "1.0.0"}
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line a request
STREAM = "application/offset+octet-stream"


class Browser:
    """Keeps cookies; follows no redirect."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def cookies(self) -> list[tuple[str, str, str]]:
        """Name, value and path of each."""
        return [(cookie.name, cookie.value or "", cookie.path) for cookie in self._client.cookies.jar]

    def take(self, cookies: list[tuple[str, str, str]]) -> Browser:
        """Have these cookies, as the browser that a person used before the upgrade."""
        for name, value, path in cookies:
            self._client.cookies.set(name, value, domain="127.0.0.1", path=path)
        return self

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, f"{path} answers {answer.status_code}: {answer.text[:500]}"
        return answer.json()

    def post(self, path: str, **values: str) -> httpx.Response:
        """Send a form."""
        return self._client.post(path, data=values, headers=self._token())

    def log_in(self, name: str, password: str) -> httpx.Response:
        return self.post("/log-in/", username=name, password=password)

    def upload_begin(self, name: str, size: int, **metadata: str) -> str:
        """Announce an upload; gives its address."""
        values = {"filename": name, **metadata}
        said = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
        headers = TUS | self._token() | {"Upload-Length": str(size), "Upload-Metadata": said}
        answer = self._client.post("/uploads/", headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def upload_send(self, address: str, content: bytes, offset: int = 0) -> httpx.Response:
        """Send the bytes that belong at ``offset``."""
        headers = TUS | self._token() | {"Content-Type": STREAM, "Upload-Offset": str(offset)}
        answer = self._client.patch(address, content=content, headers=headers)
        assert answer.status_code == 204, answer.text
        return answer

    def upload_offset(self, address: str) -> int:
        """How many bytes the server has."""
        answer = self._client.head(address, headers=TUS)
        assert answer.status_code == 200, f"{address} answers {answer.status_code}"
        return int(answer.headers["Upload-Offset"])

    def upload(self, name: str, content: bytes, **metadata: str) -> str:
        """All of it; gives the id of the video, or of the model."""
        address = self.upload_begin(name, len(content), **metadata)
        return self.upload_send(address, content).headers["X-Result-Id"]

    def _token(self) -> dict[str, str]:
        """By which the server sees that its own pages ask. Any page with a form gives it."""
        if "csrftoken" not in self._client.cookies:
            self.get("/log-in/")
        return {"X-CSRFToken": self._client.cookies["csrftoken"]}
