"""What the headers of a mail say: read without trust, each within a length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import EmailMessage
from email.parser import HeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from helpdesk_core.adapters.mail.characters import one_line, text_of
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import ADDRESS_LIMIT, NAME_LIMIT
from helpdesk_core.mail_ids import MAIL_ID_LIMIT

_LONGEST = 16 * 1024  # characters of a header that are looked at; mails have some hundred
_LONGEST_FROM = 2000  # of a header with one address, or a few
_LONGEST_HEADERS = 256 * 1024  # of all headers together
_MOST_REFERENCES = 50
_MOST_RECIPIENTS = 200
# One plain address: `EmailMessage` would read "a@b, c@d" as two recipients.
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")
_TWICE = re.compile(r"\s*([^\s@<>]{1,200}@[^\s@<>]{1,200})\s*<\1>\s*$")  # as its own name
_IN_BRACKETS = re.compile(r"<([^<>]+)>")


class TolerantPolicy(policy.EmailPolicy):
    """The standard library's, with headers given as plain text and cut where nobody writes so much.

    Its own reading of a header takes quadratic time, and raises whatever comes, on hostile ones.
    """

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """The header without its folding; bytes beyond ASCII are UTF-8 where they can be."""
        value = "".join(str(value[:_LONGEST]).splitlines())
        if value.isascii():
            return value
        return text_of(value.encode("utf-8", "surrogateescape"), None)


def decoded(value: str) -> str:
    """A header's words as they are meant: RFC 2047, also where it is broken.

    >>> decoded("=?utf-8?q?Caff=C3=A8?= e =?x?= t=")
    'Caffè e =?x?= t='
    """
    if "=?" not in value:
        return one_line(value)
    try:
        parts = decode_header(value)
    except (MessageError, ValueError):
        return one_line(value)
    return one_line(
        "".join(
            part
            if isinstance(part, str)
            else text_of(part, charset)
            if charset is not None
            else part.decode("raw_unicode_escape", "replace")  # as decode_header made bytes of it
            for part, charset in parts
        )
    )


def header(mail: EmailMessage, name: str) -> str:
    """The first header of this name, in one line; empty when there is none."""
    return one_line(str(mail.get(name, "")))


def headers_in(text: str) -> EmailMessage:
    """The headers at the beginning of a text: of a mail in a mail."""
    parser = HeaderParser(EmailMessage, policy=TolerantPolicy())
    found = parser.parsestr(text.lstrip()[:_LONGEST_HEADERS])
    assert isinstance(found, EmailMessage)
    return found


# --- addresses -----------------------------------------------------------------------------------


def sender_of(mail: EmailMessage) -> tuple[str, str]:
    """The one plain address that a mail is from, and the name beside it.

    Two readers must agree on it: what the mail server has verified is what it has read. `Sender`
    is asked only which of several in `From` it was.
    """
    values = mail.get_all("From", [])
    if not values:
        raise InvalidValueError("sender", "must be one plain address: the mail has no From")
    if len(values) > 1:
        raise InvalidValueError("sender", "must be one plain address: the mail has several From")
    found = _addresses(values[0])
    if len(found) > 1:
        chosen = {address for _, address in _addresses(header(mail, "Sender"))}
        found = [(name, address) for name, address in found if {address} == chosen]
    if len(found) != 1:
        raise InvalidValueError("sender", "must be one plain address")
    name, address = found[0]
    return address, decoded(name)[:NAME_LIMIT].strip()


def recipients_of(mail: EmailMessage) -> tuple[str, ...]:
    """Everybody whom a mail names as one it is for, each once."""
    found: dict[str, str] = {}
    for name in ("To", "Cc", "Delivered-To", "X-Original-To"):
        for value in mail.get_all(name, []):
            for _, address in _plain(getaddresses_of(value)):
                found.setdefault(address.casefold(), address)
    return tuple(found.values())[:_MOST_RECIPIENTS]


def _addresses(value: str) -> list[tuple[str, str]]:
    """The plain addresses of a header that has nothing else with an `@` outside quotes."""
    if len(value) > _LONGEST_FROM:
        return []
    value = _TWICE.sub(r"<\1>", value)
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", value)
    found = _plain(getaddresses_of(value))
    if bare.count("@") != len(found) or ":" in re.sub(r"<[^<>]*>", "", bare):
        return []  # a group, a comment, or something that readers take in different ways
    return found


def _plain(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (name, address)
        for name, address in found
        if len(address) <= ADDRESS_LIMIT and address.isprintable() and ADDRESS.fullmatch(address)
    ]


def getaddresses_of(value: str) -> list[tuple[str, str]]:
    """The standard library's reading; comments in comments without end are no addresses."""
    try:
        return getaddresses([value])
    except (RecursionError, ValueError, IndexError):
        return []


# --- ids and time --------------------------------------------------------------------------------


def ids_in(values: Iterable[str]) -> Iterator[str]:
    """The ids of mails in these headers, in order; what is none is passed over.

    >>> list(ids_in(["Your message of Monday <7@a>", "8@b", "nothing", "<9 9@c>"]))
    ['<7@a>', '<8@b>', '<99@c>']
    """
    for value in values:
        inside = _IN_BRACKETS.findall(value)
        if not inside and "@" in value and len(value.split()) == 1:
            inside = [value.strip()]  # as some old programs write it
        for text in inside:
            id = f"<{''.join(text.split())}>"  # a long one is folded in the middle by some
            if 2 < len(id) <= MAIL_ID_LIMIT and id.isascii() and id.isprintable():
                yield id


def mail_id_in(mail: EmailMessage) -> str | None:
    """The mail's own id."""
    return next(ids_in(mail.get_all("Message-ID", [])), None)


def references_of(mail: EmailMessage, returned: Iterable[EmailMessage] = ()) -> tuple[str, ...]:
    """What a mail answers, nearest first: In-Reply-To, then References from the last on.

    For a mail that says that another did not arrive, it is that one first, and what it answered.
    """
    found: dict[str, None] = {}
    for other in (*returned, mail):
        if other is not mail:
            found.update(dict.fromkeys(ids_in(other.get_all("Message-ID", []))))
        found.update(dict.fromkeys(ids_in(other.get_all("In-Reply-To", []))))
        found.update(dict.fromkeys(reversed([*ids_in(other.get_all("References", []))])))
    found.pop(mail_id_in(mail) or "", None)
    return tuple(found)[:_MOST_REFERENCES]


def time_of(mail: EmailMessage) -> datetime | None:
    """When the mail says that it was written; None when it says nothing that is a time."""
    try:
        at = parsedate_to_datetime(header(mail, "Date")[:100])
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
