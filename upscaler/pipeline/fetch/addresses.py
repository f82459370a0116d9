"""Addresses that downloads may connect to: those of the public internet, and none of the local network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from upscaler.pipeline.core.errors import Refused

from .local_networks import Network, own_networks

MAX_LENGTH = 2000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PRIVATE = "This URL leads to a machine that isn't on the public internet. Videos are imported only from public sites."

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Allows = Callable[[str], bool]
"""Predicate of a numeric IP address: may downloads connect to it?"""


def is_public(address: str) -> bool:
    """Tell whether an IP address is public and outside this machine's own networks.

    IPv4 embedded in IPv6 counts as the IPv4 address. The machine's interfaces are read on each call. Raises OSError
    when that fails.
    """
    candidates = _with_embedded(address)
    return bool(candidates) and _is_global(candidates[-1]) and not is_in(address, own_networks())


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an IP address, or the IPv4 address embedded in it, belongs to one of the networks."""
    candidates = _with_embedded(address)
    return any(candidate in network for network in networks for candidate in candidates)


def check_form(address: str) -> str:
    """Return the URL, stripped. Raises Refused for a malformed one; doesn't resolve its host."""
    address = address.strip()
    if len(address) > MAX_LENGTH or not address.isprintable() or any(character.isspace() for character in address):
        raise Refused("This isn't a video URL. Copy it from the browser's address bar.")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("This URL is malformed. Copy it from the browser's address bar.") from None
    if parts.scheme not in ("http", "https"):
        raise Refused("A URL starts with http:// or https://.")
    if not host:
        raise Refused("This URL has no host name.")
    if parts.username is not None:
        raise Refused("Remove the user name and the password from the URL.")
    return address


def check(address: str, allows: Allows = is_public, barred: Iterable[Network] = ()) -> None:
    """Resolve the URL's host. Raises Refused unless all its IP addresses are public and outside the barred networks.
    Later connections, such as those of redirects, are checked by guard.py."""
    parts = urlsplit(check_form(address))
    assert parts.hostname is not None
    try:
        entries = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(f"There is no site called {parts.hostname}, or its name can't be resolved right now.") from None
    numbers = [str(entry[4][0]) for entry in entries]
    if not numbers or not all(allows(number) and not is_in(number, barred) for number in numbers):
        raise Refused(PRIVATE)


def _is_global(address: Address) -> bool:
    is_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified or is_local)


def _with_embedded(address: str) -> list[Address]:
    """Return the address and, last, the IPv4 one embedded in it; [] for a malformed one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return []
    inner = _embedded(parsed)
    return [parsed] if inner is None else [parsed, inner]


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address embedded in an IPv6 one."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo
