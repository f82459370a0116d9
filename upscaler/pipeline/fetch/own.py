"""The networks that this machine is in, as its interfaces are now: getifaddrs(3), by Linux's layouts."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

SHAPES = {socket.AF_INET: (4, 4), socket.AF_INET6: (8, 16)}
"""Where in a socket's address the IP address begins, and how many bytes it has."""
SHARED_BITS = 64
"""That many in front are the same in all machines of an IPv6 network, also where an interface says /128."""


class _Interface(ctypes.Structure):
    """struct ifaddrs, as far as it is read."""


_Interface._fields_ = [
    ("next", ctypes.POINTER(_Interface)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
    ("netmask", ctypes.c_void_p),
]


def own_networks() -> list[Network]:
    """Each interface's own network, its address among them. Raises OSError when they can't be had."""
    libc = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(_Interface)()
    if libc.getifaddrs(ctypes.byref(first)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        return list(_networks(first))
    finally:
        libc.freeifaddrs(first)


def _networks(interface: ctypes._Pointer[_Interface]) -> Iterator[Network]:
    while interface:
        entry = interface.contents
        interface = entry.next
        family = ctypes.c_ushort.from_address(entry.address).value if entry.address else 0
        if family in SHAPES:
            address, mask = ip_address(_bytes(entry.address, family)), _bytes(entry.netmask, family)
            bits = int.from_bytes(mask).bit_count() if mask else address.max_prefixlen
            if address.version == 6 and not address.is_loopback:
                bits = min(bits, SHARED_BITS)
            yield ip_network(f"{address}/{bits}", strict=False)


def _bytes(place: int | None, family: int) -> bytes:
    start, length = SHAPES[socket.AddressFamily(family)]
    return ctypes.string_at(place + start, length) if place else b""
