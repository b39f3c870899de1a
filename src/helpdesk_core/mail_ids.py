"""The ids by which mails name each other, and what ours say of the ticket they are about (N3).

An id that we make can be read back: a mail that answers one of ours names the ticket, whatever
else was forgotten since. It gives nobody a right: who answers is asked for theirs.
"""

from __future__ import annotations

import re
from string import ascii_uppercase
from uuid import UUID

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import Id, check_id

#: The most characters of an id that is kept; the mail's standard has lines of at most 998.
MAIL_ID_LIMIT = 990
#: Where a host says no domain of its own.
NO_DOMAIN = "helpdesk.invalid"

_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_LOWER = {ord(letter): letter.lower() for letter in ascii_uppercase}
_MARKS: dict[type, str] = {int: "i", str: "s", UUID: "u"}
_NAME = r"(ticket|note)\.([isu])\.([A-Za-z0-9_%~-]+)"
_THREAD = re.compile(rf"<(?:key\.[A-Za-z0-9_%~-]+\.)?{_NAME}@([^@<>\s]+)>")
_OURS = re.compile(rf"<key\.[A-Za-z0-9_%~-]+(?:\.{_NAME})?@([^@<>\s]+)>")


@attrs.frozen
class Thread:
    """What an id of ours names: a ticket, and whether it was about an internal note (V15)."""

    ticket_id: Id
    internal: bool = False


def check_domain(field: str, value: object) -> None:
    """Refuse what cannot stand after the `@` of a mail's id.

    >>> check_domain("mail_domain", "desk@example.com")
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: mail_domain must be a domain as 'desk.example.com'
    """
    if not isinstance(value, str) or not _DOMAIN.fullmatch(value) or len(value) > 253:
        raise InvalidValueError(field, "must be a domain as 'desk.example.com'")


def mail_id_of(key: str, domain: str = NO_DOMAIN, thread: Thread | None = None) -> str:
    """The `Message-ID` of the message with this key: the same however often it is sent (N1).

    It names the thread too, for programs that answer without `References`.

    >>> mail_id_of("a b", "desk.example.com")
    '<key.a%20b@desk.example.com>'
    >>> mail_id_of("7", "desk.example.com", Thread("T-1"))
    '<key.7.ticket.s.T-1@desk.example.com>'
    """
    of = "" if thread is None else f".{_name(thread)}"
    return f"<key.{_quoted(key)}{of}@{domain}>"


def is_own(mail_id: str, domain: str) -> bool:
    """Whether a mail under this id is one that we sent ourselves: it came back.

    >>> is_own(mail_id_of("7", "desk.example.com"), "desk.example.com")
    True
    """
    found = _OURS.fullmatch(mail_id)
    return found is not None and found[4].lower() == domain.lower()


def thread_id(thread: Thread, domain: str) -> str:
    """The id that every mail about a ticket refers to; the one of its notes is another (V15).

    >>> thread_id(Thread("T-1"), "desk.example.com")
    '<ticket.s.T-1@desk.example.com>'
    """
    return f"<{_name(thread)}@{domain}>"


def thread_of(reference: str, domain: str) -> Thread | None:
    """What `thread_id` or `mail_id_of` made this id of; None: it is not one of this domain.

    >>> thread_of("<ticket.i.7@desk.example.com>", "desk.example.com")
    Thread(ticket_id=7, internal=False)
    >>> thread_of("<ticket.i.7@elsewhere.example.com>", "desk.example.com") is None
    True
    """
    found = _THREAD.fullmatch(reference)
    if found is None or found[4].lower() != domain.lower():
        return None
    text = _unquoted(found[3])
    try:
        id: Id = int(text) if found[2] == "i" else UUID(text) if found[2] == "u" else text
        check_id("ticket_id", id)
    except ValueError:  # and what is no id
        return None
    return Thread(id, found[1] == "note")


def folded_address(address: str) -> str:
    """An address for comparing: A to Z are a to z, and nothing else is anything else.

    >>> folded_address("Eve@Example.com")
    'eve@example.com'
    """
    return address.translate(_LOWER)


def _name(thread: Thread) -> str:
    word, id = "note" if thread.internal else "ticket", thread.ticket_id
    return f"{word}.{_MARKS[type(id)]}.{_quoted(str(id))}"


def _quoted(text: str) -> str:
    from urllib.parse import quote  # with much else: only where there are mails

    return quote(text, safe="").replace(".", "%2E")  # two dots in a row are no part of an id


def _unquoted(text: str) -> str:
    from urllib.parse import unquote  # as above

    return unquote(text)
