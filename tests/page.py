"""A page as a person sees it: its elements by selectors, their text, their attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from selectolax.lexbor import LexborHTMLParser, LexborNode

UNSEEN = {"script", "style", "template", "noscript"}
"""Elements whose content no reader of the page sees."""
INLINE = {"a", "abbr", "b", "code", "em", "i", "kbd", "local-time", "q", "s", "small", "span", "strong", "time"}
"""Elements that stand within a line; text before and after any other is apart."""


class Answer(Protocol):
    """A response of Django's test client, or of httpx."""

    @property
    def content(self) -> bytes: ...


def _parts(node: LexborNode) -> Iterator[str]:
    for child in node.iter(include_text=True):
        if child.is_text_node:
            yield child.text_content or ""
        elif child.tag not in UNSEEN and "hidden" not in child.attributes:
            apart = "" if child.tag in INLINE else " "
            yield apart
            yield from _parts(child)
            yield apart


class Element:
    """One element. A selector looks among what it holds."""

    def __init__(self, node: LexborNode) -> None:
        self._node = node

    def all(self, selector: str) -> list[Element]:
        return [Element(node) for node in self._node.css(selector) if node.mem_id != self._node.mem_id]

    def one(self, selector: str) -> Element:
        """Return the only element that fits; fail the test if there is none, or another."""
        elements = self.all(selector)
        assert len(elements) == 1, f"{len(elements)} elements fit {selector} in {self}"
        return elements[0]

    def has(self, selector: str) -> bool:
        return bool(self.all(selector))

    def text(self, selector: str = "") -> str:
        """Return what can be read here, or in the only element that fits, with single spaces."""
        element = self.one(selector) if selector else self
        return " ".join("".join(_parts(element._node)).split())

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that fits, in the order of the page."""
        return [element.text() for element in self.all(selector)]

    def __getitem__(self, attribute: str) -> str:
        """Return the value of an attribute, "" for one without a value."""
        return self._node.attributes[attribute] or ""

    def get(self, attribute: str) -> str | None:
        """Return the value of an attribute, None where it has none of that name."""
        return self[attribute] if attribute in self._node.attributes else None

    @property
    def is_hidden(self) -> bool:
        return "hidden" in self._node.attributes

    def __str__(self) -> str:
        return self._node.html or ""


class Page(Element):
    """The page of an answer, or a part of one; parsed as browsers parse it."""

    def __init__(self, answer: Answer | str) -> None:
        self.source = answer if isinstance(answer, str) else answer.content.decode()
        """All of it, as it was sent: what must not be told at all is looked for here."""
        self._parser = LexborHTMLParser(self.source)
        root = self._parser.root
        assert root is not None
        super().__init__(root)

    def text(self, selector: str = "body") -> str:
        return super().text(selector)

    @property
    def messages(self) -> list[str]:
        """What the server says above the content of the forms that were just sent."""
        return self.texts("#main > p.notice:not([id])")

    @property
    def message(self) -> str:
        """The only one of its messages."""
        (message,) = self.messages
        return message

    @property
    def errors(self) -> list[str]:
        """What the fields of its forms complain about."""
        return self.texts(".field-error")
