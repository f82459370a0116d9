"""Which addresses may be called for somebody: those of the public internet, and no machine of this network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from ..errors import Refused

LONGEST = 2000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PRIVATE = "This address leads to a machine that is not on the public internet, which can't be asked for videos."

Allows = Callable[[str], bool]
"""Says of a numeric IP address whether it may be called."""


def is_public(address: str) -> bool:
    """Is this IP address one of the public internet? IPv4 within IPv6 is looked at as what it leads to."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner = _within(found)
    if inner is not None:
        return is_public(str(inner))
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def check_form(address: str) -> str:
    """The address as it may be asked for, without a look at where it leads. Raises Refused."""
    address = address.strip()
    if len(address) > LONGEST or not address.isprintable() or any(character.isspace() for character in address):
        raise Refused("This is no address of a video; copy it from the browser's address bar.")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("This address can't be read; copy it from the browser's address bar.") from None
    if parts.scheme not in ("http", "https"):
        raise Refused("An address begins with http:// or https://.")
    if not host:
        raise Refused("This address names no site.")
    if parts.username is not None:
        raise Refused("Leave the name and the password out of the address.")
    return address


def check(address: str, allows: Allows = is_public) -> None:
    """Look up where the address leads. Raises Refused for one that is not public; what it leads on to is watched by
    guard.py."""
    parts = urlsplit(check_form(address))
    assert parts.hostname is not None
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(f"There is no site called {parts.hostname}, or it can't be looked up now.") from None
    if not found or not all(allows(str(entry[4][0])) for entry in found):
        raise Refused(PRIVATE)


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo
