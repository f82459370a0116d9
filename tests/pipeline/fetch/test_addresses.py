"""Only the public internet is called, whatever an address looks like."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from upscaler.pipeline.errors import Refused
from upscaler.pipeline.fetch import addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd12::3", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "2001:db8::1", "localhost", "", "127.1", "0x7f000001",
    ],
)  # fmt: skip
def test_no_machine_of_this_network_is_called(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_the_public_internet_is(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://site.example/a.wmv", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("javascript:alert(1)", "http:// or https://"),
        ("site.example/a.wmv", "http:// or https://"),
        ("--exec=rm", "http:// or https://"),
        ("https:///a.wmv", "names no site"),
        ("https://me:secret@site.example/", "password"),
        ("https://site.example:99999/", "can't be read"),
        ("https://[::1/", "can't be read"),
        ("https://a b/", "no address"),
        ("https://site.example/\x00", "no address"),
        ("https://site.example/" + "x" * 3000, "no address"),
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
