"""``/healthz``: does this server answer, and its database? ``python -m haloweb.health`` asks it, for a container.

In front of Django, so that whoever watches over the server needs neither a login nor one of its names.
"""

from __future__ import annotations

import http.client
import os
import sys

from haloweb.addresses import address_here
from haloweb.body_limit import Receive, Scope, Send

SECONDS = 8.0
"""For an answer; a database that is away is waited for 5 s, see PATIENCE in haloweb/env.py."""


async def health(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001  what ASGI calls
    """ASGI application: 200 when the database answers, else 503 with what is wrong."""
    from channels.db import database_sync_to_async

    is_well = await database_sync_to_async(_database_answers)()
    status, body = (200, b"ok\n") if is_well else (503, b"The database does not answer.\n")
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _database_answers() -> bool:
    from django.db import DatabaseError

    from upscaler.models import User

    try:
        User.objects.exists()  # a row of ours: SQLite gives a plain "SELECT 1" without looking into its file
    except DatabaseError:
        return False
    return True


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


if __name__ == "__main__":
    main()
