"""What a page of HTML says: its title, its text and where it points to."""

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

_SILENT = frozenset(("script", "style", "noscript", "template", "svg"))
# These stand within a line; any other element ends the word before it.
_INLINE = frozenset(
    (
        *("a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "label"),
        *("mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var"),
    )
)
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_LOOKED_AT = 2_048  # bytes in which a page may name its encoding


class Page(HTMLParser):
    """Reads markup of any quality; what cannot be read is left out."""

    def __init__(self, url: str, markup: str) -> None:
        super().__init__()
        self._url = url
        self._open: list[str] = []
        self._title: list[str] = []
        self._text: list[str] = []
        self.links: set[str] = set()
        try:
            self.feed(markup)
            self.close()
        except AssertionError:
            # The parser gives up at a few malformed declarations; what came before them counts.
            self._open.clear()

    @property
    def title(self) -> str:
        return _words(self._title)

    @property
    def text(self) -> str:
        return _words(self._text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _SILENT or tag == "title":
            self._open.append(tag)
        elif tag == "a" and (href := dict(attrs).get("href")):
            self._link(href)
        self._part_words(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[self._open.index(tag) :]
        self._part_words(tag)

    def handle_data(self, data: str) -> None:
        if not self._open:
            self._text.append(data)
        elif self._open[-1] == "title" and "svg" not in self._open:
            self._title.append(data)

    def _part_words(self, tag: str) -> None:
        if tag not in _INLINE:
            self._text.append(" ")

    def _link(self, href: str) -> None:
        try:
            target, _ = urldefrag(urljoin(self._url, href.strip()))
        except ValueError:
            return  # no address at all
        if target.startswith(("http://", "https://")):
            self.links.add(target)


def decoded(body: bytes, charset: str | None) -> str:
    """The text of a body, in the encoding that its sender or the page itself names."""
    named = _CHARSET.search(body[:_LOOKED_AT])
    for encoding in (charset, named and named[1].decode(), "utf-8"):
        if encoding:
            try:
                # Some encodings can spell half characters, which nobody can store.
                return body.decode(encoding, "replace").encode("utf-8", "replace").decode()
            except (LookupError, UnicodeError):
                continue
    return ""


def _words(parts: Sequence[str]) -> str:
    return " ".join("".join(parts).split()).replace("\x00", "\ufffd")
