"""Notes and descriptions as paragraphs: plain text, or the HTML that the editor allows (cleaned where it is stored).

The outcome is the small markup of reportlab's Paragraph: escaped, balanced, whatever was written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from types import MappingProxyType

_INLINE: Mapping[str, str] = MappingProxyType(
    {
        "b": "b",
        "strong": "b",
        "i": "i",
        "em": "i",
        "u": "u",
        "s": "strike",
        "del": "strike",
        "sup": "super",
        "sub": "sub",
    }
)
_BLOCKS = frozenset({"p", "div", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "pre"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN = frozenset({"script", "style", "title", "template"})
BULLET = "•"
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; ``bullet`` stands before it, ``depth`` says how far it is indented."""

    markup: str
    bullet: str = ""
    depth: int = 0


def of_text(text: str) -> list[Block]:
    """Plain text: an empty line ends a paragraph."""
    parts = [part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n")]
    return [Block(escape(part).replace("\n", "<br/>")) for part in parts if part.strip()]


def of_html(html: str) -> list[Block]:
    """Paragraphs, headings in bold, lists with their bullets or numbers; any other tag gives its text alone."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.finished()


def of_either(text: str, html: str) -> list[Block]:
    """The HTML where there is some: the text is made from it (S3)."""
    return of_html(html) if html else of_text(text)


@dataclass(slots=True)
class _List:
    is_numbered: bool
    count: int = 0

    def bullet(self) -> str:
        self.count += 1
        return f"{self.count}." if self.is_numbered else BULLET


@dataclass(slots=True)
class _Written:
    parts: list[str] = field(default_factory=list)
    has_text: bool = False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[Block] = []
        self._open: list[str] = []  # inline tags of the markup, innermost last
        self._lists: list[_List] = []
        self._bullet = ""
        self._now = _Written()
        self._unseen = 0
        self._links: list[tuple[str, int]] = []

    def finished(self) -> list[Block]:
        self._end_block()
        return self._blocks

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self._now.parts.append("<br/>")
        elif tag in _BLOCKS:
            self._start_block(tag)
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._now.parts)))
        elif name := _INLINE.get(tag):
            self._open.append(name)
            self._now.parts.append(f"<{name}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS:
            self._leave_block(tag)
        elif tag == "a" and self._links:
            self._say_where(*self._links.pop())
        elif (name := _INLINE.get(tag)) and name in self._open:
            self._close(name)

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        text = " ".join(data.split())
        if not text:
            text = " " if self._now.has_text else ""
        else:
            text = (" " if data[0].isspace() else "") + text + (" " if data[-1].isspace() else "")
        if text.strip():
            self._now.has_text = True
        self._now.parts.append(escape(text))

    def _start_block(self, tag: str) -> None:
        self._end_block()
        if tag in {"ul", "ol"}:
            self._lists.append(_List(is_numbered=tag == "ol"))
        elif tag == "li":
            self._bullet = self._lists[-1].bullet() if self._lists else BULLET
        elif tag in _HEADINGS:
            self._open.append("b")
            self._now.parts.append("<b>")

    def _leave_block(self, tag: str) -> None:
        if tag in _HEADINGS and "b" in self._open:
            self._close("b")
        self._end_block()
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()

    def _say_where(self, address: str, since: int) -> None:
        """Paper has no links: the address stands behind the words, unless it is them."""
        shown = "".join(self._now.parts[since:])
        bare = address.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/")
        if bare and escape(bare) not in shown:
            self._now.parts.append(f" ({escape(bare)})")

    def _close(self, name: str) -> None:
        """Close a tag, and open again those that were opened inside it."""
        inner = self._open[len(self._open) - self._open[::-1].index(name) :]
        for other in reversed(inner):
            self._now.parts.append(f"</{other}>")
        self._now.parts.append(f"</{name}>")
        del self._open[len(self._open) - len(inner) - 1 :]
        for other in inner:
            self._open.append(other)
            self._now.parts.append(f"<{other}>")

    def _end_block(self) -> None:
        if self._now.has_text:
            closing = "".join(f"</{name}>" for name in reversed(self._open))
            markup = "".join(self._now.parts).strip() + closing
            depth = min(len(self._lists), DEEPEST)
            self._blocks.append(Block(markup, self._bullet, depth))
            self._bullet = ""
        self._now = _Written([f"<{name}>" for name in self._open])
        self._links = []
