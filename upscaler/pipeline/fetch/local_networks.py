"""The networks that this machine is in, as its interfaces are now."""

from __future__ import annotations

import socket
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network

import psutil

Network = IPv4Network | IPv6Network

FAMILIES = (socket.AF_INET, socket.AF_INET6)
SHARED_BITS = 64
"""That many in front are the same in all machines of an IPv6 network, also where an interface says /128."""


def own_networks() -> list[Network]:
    """Each interface's own network, its address among them. Raises OSError when they can't be had."""
    found = (entry for entries in psutil.net_if_addrs().values() for entry in entries if entry.family in FAMILIES)
    return [_network(entry.address, entry.netmask) for entry in found]


def _network(address: str, netmask: str | None) -> Network:
    """An interface without a mask is a network of one address. The name behind the % is the interface's."""
    address = address.partition("%")[0]
    if ":" not in address:
        return ip_interface(f"{address}/{netmask or 32}").network
    bits = int.from_bytes(socket.inet_pton(socket.AF_INET6, netmask)).bit_count() if netmask else 128
    return ip_network(f"{address}/{bits if address == '::1' else min(bits, SHARED_BITS)}", strict=False)
