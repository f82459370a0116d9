"""The networks that this machine's interfaces belong to."""

from __future__ import annotations

import socket
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network

import psutil

Network = IPv4Network | IPv6Network

FAMILIES = (socket.AF_INET, socket.AF_INET6)
SHARED_BITS = 64
"""Prefix length of IPv6 networks, also where an interface reports /128."""


def own_networks() -> list[Network]:
    """Return each interface's network. Raises OSError when they can't be read."""
    entries = (
        entry for of_interface in psutil.net_if_addrs().values() for entry in of_interface if entry.family in FAMILIES
    )
    return [_network(entry.address, entry.netmask) for entry in entries]


def _network(address: str, netmask: str | None) -> Network:
    """Return an interface's network; one without a mask has a single address. The name after the % is its zone."""
    address = address.partition("%")[0]
    if ":" not in address:
        return ip_interface(f"{address}/{netmask or 32}").network
    bits = int.from_bytes(socket.inet_pton(socket.AF_INET6, netmask)).bit_count() if netmask else 128
    return ip_network(f"{address}/{bits if address == '::1' else min(bits, SHARED_BITS)}", strict=False)
