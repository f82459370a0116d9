"""Every address that pages behind a link use, found as a browser or a crawler would find it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx

from tests.publish.conftest import Ask

HOST = "http://testserver"


class _Attributes(HTMLParser):
    """All values of attributes, and all strings of the data that scripts read."""

    def __init__(self) -> None:
        super().__init__()
        self.values: list[str] = []
        self._is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.values += [value for _, value in attrs if value]
        self._is_data = ("type", "application/json") in attrs

    def handle_endtag(self, tag: str) -> None:
        self._is_data = False

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.values += _strings(json.loads(data))


def addresses_in(response: httpx.Response, token: str) -> set[str]:
    """What lies under the link, and what is asked about it: in attributes of a page, strings of a JSON, a playlist."""
    of_link = re.compile(rf"(?:{HOST})?(/s/{token}/[\w./?=&-]*|/oembed\?[^\s\"'<>]+)")
    found = {match for text in _texts(response) for match in of_link.findall(text)}
    return {address for address in found if "/oembed?" in address or token in address}


async def everything(ask: Ask, token: str, *more: str) -> dict[str, httpx.Response]:
    """All addresses that can be reached from the link's page, its frame, its state and ``more``, with their answers."""
    waiting = {f"/s/{token}/", f"/s/{token}/embed/", f"/s/{token}/state.json"}
    for page in more:
        waiting |= addresses_in(await ask(page), token)
    answers: dict[str, httpx.Response] = {}
    while waiting - answers.keys():
        for address in sorted(waiting - answers.keys()):
            answers[address] = await ask(address)
            waiting |= addresses_in(answers[address], token)
    return answers


def _texts(response: httpx.Response) -> Iterator[str]:
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/html"):
        parser = _Attributes()
        parser.feed(response.text)
        yield from parser.values
    elif kind.startswith("application/json"):
        yield from (html.unescape(text) for text in _strings(json.loads(response.text)))
    elif kind == "application/vnd.apple.mpegurl":
        yield from response.text.splitlines()


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
