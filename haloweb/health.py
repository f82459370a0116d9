"""``/healthz``: does this server answer, and its database? ``python -m haloweb.health`` asks it, for a container.

Missing workers are said, and are no reason to fail: a load balancer goes on sending people to pages that still answer.

In front of Django, so that whoever watches over the server needs neither a login nor one of its names.
"""

from __future__ import annotations

import http.client
import os
import sys

from haloweb.addresses import address_here
from haloweb.body_limit import Receive, Scope, Send

OK = "ok"
NO_DATABASE = "The database does not answer."
SECONDS = 8.0
"""For an answer; a database that is away is waited for 5 s, see PATIENCE in haloweb/env.py."""


async def health(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  what ASGI calls
    """ASGI application: 200 when the database answers, with "ok" or what is missing; else 503 with what is wrong."""
    from channels.db import database_sync_to_async

    missing = await database_sync_to_async(_missing)()
    status, said = (503, [NO_DATABASE]) if missing is None else (200, missing or [OK])
    body = "".join(f"{line}\n" for line in said).encode()
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _missing() -> list[str] | None:
    """What to say of workers that are missing; None where the database does not answer."""
    from django.db import DatabaseError

    from upscaler.jobs.recovery import liveness

    try:
        return list(liveness.missing().values())
    except DatabaseError:
        return None


def main() -> None:
    """Exits with 1, and says why, unless the server on this machine is well."""
    host = address_here(os.environ.get("HALOWEB_HOST", "127.0.0.1"))
    port = os.environ.get("HALOWEB_PORT", "8000")
    try:
        connection = http.client.HTTPConnection(host, int(port), timeout=SECONDS)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        said = answer.read().decode().strip()
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"health: nothing answers on port {port} ({error}).")
    if answer.status != 200:
        sys.exit(f"health: {said}")
    if said != OK:
        sys.stdout.write(f"health: {said}\n")


if __name__ == "__main__":
    main()
