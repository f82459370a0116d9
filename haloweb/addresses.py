"""Names and addresses of a server, as settings say them. A nearly right one is refused with the right one.

Django and browsers compare them letter by letter, so that one with a port or a slash too many matches nothing.
"""

from __future__ import annotations

import contextlib
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

EVERYWHERE = "0.0.0.0"  # noqa: S104  compared, not bound
EVERYWHERE_V6 = "::"
NAME = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*")
"""What Django takes for a host; a dot in front stands for all names below it."""
USUAL_PORTS = {"http": 80, "https": 443}
"""Browsers leave these out."""


def listening_address(text: str) -> str:
    """An address, or a name, to listen on. Raises ValueError, with the nearest right one."""
    if text == "":
        raise ValueError("it is empty: leave it out to listen on this machine only")
    right = EVERYWHERE if text == "*" else _parts(text)[1].lstrip(".")
    if text.lower() != right:
        raise _refused(
            text, right, "an address to listen on", f"192.168.1.20, or {EVERYWHERE} for all of the machine's"
        )
    return text


def allowed_host(text: str) -> str:
    """A name by which browsers call the server. Raises ValueError, with the nearest right one."""
    if text == "*":
        raise ValueError("“*” would let pages of all other sites open websockets: name the hosts")
    right = _bracketed(_parts(text.replace("*.", ".", 1))[1])
    if text.lower() != right:
        raise _refused(text, right, "a host name", "halo.local or [2001:db8::1]")
    return text


def origin(text: str) -> str:
    """A scheme and a host, as a browser says its ``Origin``. Raises ValueError, with the nearest right one."""
    star = "*." if text.rpartition("://")[2].startswith("*.") else ""
    scheme, host, port = _parts(text.replace("*.", "", 1) if star else text)
    scheme = scheme or "https"
    right = f"{scheme}://{star}{_bracketed(host)}" if host and scheme in USUAL_PORTS else ""
    if right and port not in (None, USUAL_PORTS[scheme]):
        right += f":{port}"
    if text != right:
        raise _refused(text, right, "an origin", "https://halo.example.org")
    return text


def address_here(host: str) -> str:
    """Where this machine reaches a server that listens on ``host``."""
    return "127.0.0.1" if host in (EVERYWHERE, EVERYWHERE_V6) else host


def bound_host(host: str) -> str:
    """What asyncio is given for ``host``: of "::" it would make IPv6 alone, and of nothing it makes both."""
    return "" if host == EVERYWHERE_V6 else host


def _parts(text: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, as far as they can be made out. The host is "" where there is none."""
    with contextlib.suppress(ValueError):
        return "", str(ip_address(text.strip().strip("[]"))), None
    try:
        parts = urlsplit(text.strip() if "://" in text else f"//{text.strip()}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
        with contextlib.suppress(ValueError):
            return parts.scheme, str(ip_address(host)), port
        name = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return "", "", None
    return parts.scheme, name if NAME.fullmatch(name) else "", port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _refused(text: str, right: str, what: str, example: str) -> ValueError:
    return ValueError(f"“{text}” is not {what}{f'; write {right}' if right else f', such as {example}'}")
