"""A mail that is HTML alone, as the text that its reader saw: the extra `mail`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from helpdesk_core.errors import InvalidValueError

_CHUNK = 4096
_DEEPEST = 1000  # elements within each other: more takes libxml2 quadratic time
_LONGEST_LINK = 2000

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_APART = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "p"])  # an empty line around them
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]{1,40})", re.IGNORECASE)
_WEB = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)


class TooDeepError(Exception):
    """The page has more elements within each other than anybody writes."""


def charset_in(page: bytes) -> str | None:
    """What a page says of its own characters, for a mail that says nothing of them."""
    found = _CHARSET.search(page[:2048])
    return found[1].decode("ascii") if found else None


def text_in(page: str) -> str:
    """The words of a page: quoted blocks as `> ` lines, links named, nothing that is not seen.

    Raises `InvalidValueError` where the extra is not installed, `TooDeepError` for what is no mail.
    """
    try:
        from lxml import etree
    except ImportError:
        raise InvalidValueError(
            "mail", "is HTML alone, and reading it needs the extra helpdesk-core[mail]"
        ) from None
    seen = _Seen()
    parser = etree.HTMLParser(target=seen, huge_tree=True)
    try:
        for start in range(0, len(page), _CHUNK):
            parser.feed(page[start : start + _CHUNK])
        parser.close()
    except etree.LxmlError:  # an empty page, and the like: what was read until there counts
        pass
    return seen.text()


class _Seen:
    """Takes the elements as they come, and writes lines; no tree is made."""

    def __init__(self) -> None:
        self._open: list[tuple[str, bool, str]] = []  # tag, whether unseen, link to name at its end
        self._unseen = self._quoted = self._kept = 0  # elements open of each kind
        self._lines: list[str] = []
        self._line: list[str] = []
        self._link_from = 0

    # --- what the parser calls -------------------------------------------------------------------

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        unseen = tag in _UNSEEN or _HIDDEN.search(attributes.get("style", "")[:1000]) is not None
        if not (unseen or self._unseen):
            self._begin(tag, attributes)
        if tag in _VOID:
            return
        if len(self._open) >= _DEEPEST:
            raise TooDeepError
        link = attributes.get("href", "") if tag == "a" and not self._unseen else ""
        self._open.append((tag, unseen, link))
        self._unseen += unseen
        self._quoted += tag == "blockquote"
        self._kept += tag == "pre"

    def end(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open[-1][0] != tag:
            return  # the parser closes in order; html and body come once more at the end
        _, unseen, link = self._open.pop()
        if not self._unseen:
            self._name(link)
            if tag in _BLOCKS:
                self._break(apart=tag in _APART)
        self._unseen -= unseen
        self._quoted -= tag == "blockquote"
        self._kept -= tag == "pre"

    def data(self, text: str) -> None:
        if self._unseen:
            return
        if self._kept:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self._line.append(first)
            for other in others:
                self._break(even_if_empty=True)
                self._line.append(other)
        else:
            text = _SPACES.sub(" ", text)
            if text.startswith(" ") and (not self._line or self._line[-1].endswith(" ")):
                text = text[1:]
            if text:
                self._line.append(text)

    def comment(self, text: str) -> None:
        pass

    def close(self) -> None:
        self._break()

    # --- lines -----------------------------------------------------------------------------------

    def text(self) -> str:
        self._break()
        return "\n".join(self._lines).strip("\n")

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "br":
            self._break(even_if_empty=True)
        elif tag in _BLOCKS:
            self._break(apart=tag in _APART)
        if tag == "hr":
            self._line.append("_" * 32)
            self._break()
        elif tag == "li":
            self._line.append("- ")
        elif tag in ("td", "th") and self._line:
            self.data(" ")
        elif tag == "img":
            self.data(attributes.get("alt", ""))
        elif tag == "a":
            self._link_from = len(self._line)

    def _name(self, link: str) -> None:
        if not _WEB.match(link) or len(link) > _LONGEST_LINK:
            return
        said = "".join(self._line[self._link_from :]).strip()
        if said and link.partition(":")[2].strip("/") not in said.strip("/"):
            self._line.append(f" <{_SPACES.sub('', link)}>")

    def _break(self, *, apart: bool = False, even_if_empty: bool = False) -> None:
        line = "".join(self._line)
        line = line if self._kept else line.strip(" ")
        self._line.clear()
        self._link_from = 0
        mark = "> " * self._quoted
        if line.strip() or even_if_empty:
            self._lines.append((mark + line).rstrip() if mark else line)
        if apart and self._lines and self._lines[-1].strip(" >"):
            self._lines.append(mark.rstrip())
