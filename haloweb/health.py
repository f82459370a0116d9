"""``/healthz``: do the server and its database respond? ``python -m haloweb.health`` asks it, for a container.

Missing workers are listed, but are no reason to fail: a load balancer keeps sending people to pages that respond.

It runs in front of Django, so that monitoring needs neither a log-in nor an allowed host name.
"""

from __future__ import annotations

import http.client
import os
import sys

from haloweb.addresses import address_here
from haloweb.body_limit import Receive, Scope, Send

OK = "ok"
NO_DATABASE = "The database doesn't respond."
SECONDS = 8.0
"""Limit for an answer; connecting to the database takes at most 5 s, see CONNECTION_OPTIONS in haloweb/env.py."""


async def health(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  ASGI's signature
    """ASGI application: 200 with "ok" or the missing workers if the database responds, else 503 with the reason."""
    from channels.db import database_sync_to_async

    missing = await database_sync_to_async(_missing)()
    status, lines = (503, [NO_DATABASE]) if missing is None else (200, missing or [OK])
    body = "".join(f"{line}\n" for line in lines).encode()
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _missing() -> list[str] | None:
    """Return a sentence for each kind of missing workers; None if the database doesn't respond."""
    from django.db import DatabaseError

    from upscaler.jobs.recovery import liveness

    try:
        return list(liveness.missing().values())
    except DatabaseError:
        return None


def main() -> None:
    """Exit with 1 and the reason unless the server on this machine is healthy."""
    host = address_here(os.environ.get("HALOWEB_HOST", "127.0.0.1"))
    port = os.environ.get("HALOWEB_PORT", "8000")
    try:
        connection = http.client.HTTPConnection(host, int(port), timeout=SECONDS)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        text = answer.read().decode().strip()
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"health: the server doesn't respond on port {port} ({error}).")
    if answer.status != 200:
        sys.exit(f"health: {text}")
    if text != OK:
        sys.stdout.write(f"health: {text}\n")


if __name__ == "__main__":
    main()
