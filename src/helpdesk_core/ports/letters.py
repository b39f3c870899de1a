"""What leaves and what comes in: a message to be sent, and a mail that was received (N1-N3)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import BinaryIO

import attrs
from attrs.validators import optional

from helpdesk_core.entities import Id
from helpdesk_core.fields import (
    ADDRESS_LIMIT,
    NAME_LIMIT,
    OPTIONAL_WHEN,
    SUBJECT_LIMIT,
    are_lines,
    collection,
    is_a,
    is_line,
    is_text,
)
from helpdesk_core.mail_ids import MAIL_ID_LIMIT, mail_id_of
from helpdesk_core.plans import Channel, NoticeKind

# --- what leaves ---------------------------------------------------------------------------------


class AutoSubmitted(enum.Enum):
    """What `Auto-Submitted` says of a message (N3, RFC 3834).

    `NO`: somebody wrote these words; `GENERATED`: the help desk did; `REPLIED`: the help desk did,
    because of a mail that came in.
    """

    NO = "no"
    GENERATED = "auto-generated"
    REPLIED = "auto-replied"


@attrs.frozen(kw_only=True)
class OutgoingFile:
    """A file that goes with a message; `open` gives its bytes, to be read and closed."""

    name: str
    media_type: str
    size: int
    open: Callable[[], BinaryIO] = attrs.field(repr=False, eq=False)


@attrs.frozen(kw_only=True)
class OutgoingMessage:
    """What a notifier sends. `key` names it for ever, so that a receiver can drop a second one.

    `mail_id` is made of the key, and is its `Message-ID`. `references` are ids of mails, the last
    of which it answers: for `In-Reply-To` and `References`. `html` says the same as `text`.
    `to_customer` tells the ticket's customer from those who follow it (V20).
    """

    key: str
    channel: Channel
    kind: NoticeKind
    recipient_id: Id
    to_address: str
    to_name: str
    subject: str
    text: str = attrs.field(repr=False)
    ticket_id: Id
    at: datetime
    team_id: Id | None = None
    link: str | None = None
    html: str | None = attrs.field(default=None, repr=False)
    files: tuple[OutgoingFile, ...] = ()
    language: str = "en"
    mail_id: str = attrs.field()
    references: tuple[str, ...] = ()
    auto_submitted: AutoSubmitted = AutoSubmitted.GENERATED
    to_customer: bool = False

    @mail_id.default
    def _of_its_key(self) -> str:
        return mail_id_of(self.key)


@attrs.frozen(kw_only=True)
class Later:
    """A notifier's answer: not now, but at `at`; it is no failure (RoutingNotifier).

    With `digest` everything for the same person that waits for the same moment is one message.
    """

    at: datetime
    digest: bool = False


# --- what comes in -------------------------------------------------------------------------------


class Automatic(enum.Enum):
    """How a mail is known to be a machine's (N3).

    `GENERATED`: by itself, as a monitor does; `REPLIED`: an answer, as of somebody on holiday;
    `BOUNCE`: it says that a mail did not arrive; `BULK`: sent to many, as by a list.
    """

    GENERATED = "generated"
    REPLIED = "replied"
    BOUNCE = "bounce"
    BULK = "bulk"


@attrs.frozen(kw_only=True)
class IncomingFile:
    """A file that came with a mail."""

    name: str = attrs.field(validator=is_line(255))
    media_type: str = attrs.field(validator=is_line(NAME_LIMIT))
    content: bytes = attrs.field(repr=False)


def _lines(value: Iterable[str]) -> tuple[str, ...]:
    return collection("references", value)


def _files(value: Iterable[IncomingFile]) -> tuple[IncomingFile, ...]:
    return collection("files", value)


@attrs.frozen(kw_only=True)
class IncomingEmail:
    """A mail as the desk takes it in: `parse_email` makes it of bytes.

    `sender` is one plain address. `references` are the ids of the mails that it answers, nearest
    first. `text` is what was said; `quoted` what stood around it: quoted words, and a signature.
    `automatic` is None for what somebody wrote. `at` is what the mail says of its time.

    >>> mail = IncomingEmail(sender="eve@example.com", subject="No ink", text="None left.")
    >>> mail.automatic is None, mail.references
    (True, ())
    """

    sender: str = attrs.field(validator=is_line(ADDRESS_LIMIT))
    subject: str = attrs.field(validator=is_line(SUBJECT_LIMIT, empty=True))
    text: str = attrs.field(validator=is_text, repr=False)
    sender_name: str = attrs.field(default="", validator=is_line(NAME_LIMIT, empty=True))
    quoted: str = attrs.field(default="", validator=is_text, repr=False)
    recipients: tuple[str, ...] = attrs.field(
        default=(), converter=_lines, validator=are_lines(ADDRESS_LIMIT)
    )
    mail_id: str | None = attrs.field(default=None, validator=optional(is_line(MAIL_ID_LIMIT)))
    references: tuple[str, ...] = attrs.field(
        default=(), converter=_lines, validator=are_lines(MAIL_ID_LIMIT)
    )
    files: tuple[IncomingFile, ...] = attrs.field(default=(), converter=_files)
    at: datetime | None = OPTIONAL_WHEN
    automatic: Automatic | None = attrs.field(default=None, validator=optional(is_a(Automatic)))
