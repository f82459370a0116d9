"""Checks host names, addresses and origins of settings. A nearly right one is refused with the right one.

Django and browsers compare them character by character, so that an extra port or slash makes one match nothing.
"""

from __future__ import annotations

import contextlib
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

EVERYWHERE = "0.0.0.0"  # noqa: S104  compared, not bound
EVERYWHERE_V6 = "::"
NAME = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*")
"""What Django accepts as a host; a leading dot stands for all subdomains."""
DEFAULT_PORTS = {"http": 80, "https": 443}
"""Ports that browsers leave out."""


def listening_address(text: str) -> str:
    """Check an address or a name to listen on. Raises ValueError with the nearest right one."""
    if text == "":
        raise ValueError("it is empty; remove it to listen on this server only")
    right = EVERYWHERE if text == "*" else _parts(text)[1].lstrip(".")
    if text.lower() != right:
        raise _refused(text, right, "an address to listen on", f"192.168.1.20, or {EVERYWHERE} for all addresses")
    return text


def allowed_host(text: str) -> str:
    """Check a host name of the server. Raises ValueError with the nearest right one."""
    if text == "*":
        raise ValueError("“*” would let pages of any site open websockets; list the host names")
    right = _bracketed(_parts(text.replace("*.", ".", 1))[1])
    if text.lower() != right:
        raise _refused(text, right, "a host name", "halo.local or [2001:db8::1]")
    return text


def origin(text: str) -> str:
    """Check a scheme and a host, as in a browser's ``Origin``. Raises ValueError with the nearest right one."""
    star = "*." if text.rpartition("://")[2].startswith("*.") else ""
    scheme, host, port = _parts(text.replace("*.", "", 1) if star else text)
    scheme = scheme or "https"
    right = f"{scheme}://{star}{_bracketed(host)}" if host and scheme in DEFAULT_PORTS else ""
    if right and port not in (None, DEFAULT_PORTS[scheme]):
        right += f":{port}"
    if text != right:
        raise _refused(text, right, "an origin", "https://halo.example.org")
    return text


def address_here(host: str) -> str:
    """Return the address by which this machine reaches a server that listens on ``host``."""
    return "127.0.0.1" if host in (EVERYWHERE, EVERYWHERE_V6) else host


def bound_host(host: str) -> str:
    """Return ``host`` for asyncio, which listens on IPv6 alone for "::" and on both for ""."""
    return "" if host == EVERYWHERE_V6 else host


def _parts(text: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port, as far as they can be recognised. The host is "" if there is none."""
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
