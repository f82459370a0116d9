"""Only the public internet is called, whatever an address looks like."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import psutil
import pytest

from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.fetch import addresses
from upscaler.pipeline.fetch.local_networks import own_networks

HOME = [ipaddress.ip_network(network) for network in ("2a02:8109:1:2::/64", "93.184.216.0/29", "2002:0808:0808::/64")]
"""A network at home with a public prefix, and a few public IPv4 addresses."""


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd12::3", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "fec0::1", "feff::1", "2001:db8::1", "localhost", "", "127.1", "0x7f000001",
    ],
)  # fmt: skip
def test_no_machine_of_this_network_is_called(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_the_public_internet_is(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    ("address", "is_called"),
    [
        ("2a02:8109:1:2::1", False),
        ("2a02:8109:1:2:ffff::9", False),
        ("2a02:8109:1:3::1", True),
        ("93.184.216.7", False),
        ("::ffff:93.184.216.1", False),
        ("64:ff9b::5db8:d801", False),
        ("93.184.216.8", True),
        ("2002:808:808::9", False),
    ],
)
def test_public_addresses_of_ones_own_network_are_not(
    monkeypatch: pytest.MonkeyPatch, address: str, is_called: bool
) -> None:
    monkeypatch.setattr(addresses, "own_networks", lambda: HOME)

    assert addresses.is_public(address) is is_called


def test_this_machine_s_networks_are_those_of_all_its_interfaces() -> None:
    found = own_networks()

    assert ipaddress.ip_network("127.0.0.0/8") in found
    for entry in (entry for entries in psutil.net_if_addrs().values() for entry in entries):
        if entry.family == socket.AF_INET:
            assert ipaddress.ip_network(f"{entry.address}/{entry.netmask}", strict=False) in found
        elif entry.family == socket.AF_INET6 and entry.address != "::1":
            number = entry.address.partition("%")[0]
            assert ipaddress.ip_network(f"{number}/64", strict=False) in found


@pytest.mark.parametrize("address", ["http://93.184.216.34/", "http://[::ffff:93.184.216.34]/"])
def test_what_the_settings_bar_is_refused(address: str) -> None:
    router = ipaddress.ip_network("93.184.216.34/32")

    addresses.check(address)
    with pytest.raises(Refused, match="public internet"):
        addresses.check(address, barred=[router])


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://site.example/a.wmv", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("javascript:alert(1)", "http:// or https://"),
        ("site.example/a.wmv", "http:// or https://"),
        ("--exec=rm", "http:// or https://"),
        ("https:///a.wmv", "has no host name"),
        ("https://me:secret@site.example/", "password"),
        ("https://site.example:99999/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://a b/", "isn't a video URL"),
        ("https://site.example/\x00", "isn't a video URL"),
        ("https://site.example/" + "x" * 3000, "isn't a video URL"),
    ],
)
def test_what_is_no_address_is_refused_in_words(address: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        addresses.check_form(address)


def test_blanks_around_an_address_are_no_harm() -> None:
    assert addresses.check_form("  https://site.example/a.wmv\n") == "https://site.example/a.wmv"


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost/",
        "http://127.0.0.1:8000/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0/",
    ],
)
def test_however_loopback_is_written_it_is_found_out(address: str) -> None:
    with pytest.raises(Refused, match=r"public internet|no site called"):
        addresses.check(address)


def test_a_name_that_leads_to_both_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(*arguments: Any, **values: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    with pytest.raises(Refused, match="public internet"):
        addresses.check("https://both.example/a.wmv")


def test_a_name_that_nobody_has_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(*arguments: Any, **values: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    with pytest.raises(Refused, match=r"There is no site called nowhere\.example"):
        addresses.check("https://nowhere.example/")
