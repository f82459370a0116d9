"""Which addresses may be called for somebody: those of the public internet, and no machine of this network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from upscaler.pipeline.core.errors import Refused

from .local_networks import Network, own_networks

LONGEST = 2000
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PRIVATE = "This address leads to a machine that is not on the public internet, which can't be asked for videos."

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Allows = Callable[[str], bool]
"""Says of a numeric IP address whether it may be called."""


def is_public(address: str) -> bool:
    """Is this IP address one of the public internet, and none of this machine or of a network that it is in?

    IPv4 within IPv6 is looked at as what it leads to. The machine's interfaces are read anew each time. Raises OSError
    when they can't be.
    """
    faces = _faces(address)
    return bool(faces) and _is_global(faces[-1]) and not is_in(address, own_networks())


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Does this IP address, or the IPv4 address that it stands for, belong to one of the networks?"""
    faces = _faces(address)
    return any(face in network for network in networks for face in faces)


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


def check(address: str, allows: Allows = is_public, barred: Iterable[Network] = ()) -> None:
    """Look up where the address leads. Raises Refused for one that is not public, or leads into a network that is
    barred; what it leads on to is watched by guard.py."""
    parts = urlsplit(check_form(address))
    assert parts.hostname is not None
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(f"There is no site called {parts.hostname}, or it can't be looked up now.") from None
    numbers = [str(entry[4][0]) for entry in found]
    if not numbers or not all(allows(number) and not is_in(number, barred) for number in numbers):
        raise Refused(PRIVATE)


def _is_global(address: Address) -> bool:
    is_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified or is_local)


def _faces(address: str) -> list[Address]:
    """The address, and last the IPv4 one that it stands for; nothing for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return []
    inner = _within(found)
    return [found] if inner is None else [found, inner]


def _within(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo
