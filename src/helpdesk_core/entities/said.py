"""What hangs on a ticket: messages, files, hours, and the mails by which it came."""

from __future__ import annotations

from datetime import datetime

import attrs

from helpdesk_core.entities.people import REMOVED
from helpdesk_core.fields import (
    FLAG_OFF,
    ID,
    NAME_LIMIT,
    OPTIONAL_ID,
    SUBJECT_LIMIT,
    WHEN,
    Id,
    between,
    is_line,
    is_text,
)
from helpdesk_core.mail_ids import MAIL_ID_LIMIT


@attrs.frozen(kw_only=True)
class Message:
    """A reply, or an internal note that never reaches anybody outside (V15).

    `automatic` marks what a machine sent, so that no machine answers it (N3).
    """

    id: Id = ID
    ticket_id: Id = ID
    body: str = attrs.field(validator=is_text, repr=False)
    at: datetime = WHEN
    author_id: Id | None = OPTIONAL_ID
    internal: bool = FLAG_OFF
    automatic: bool = FLAG_OFF

    @property
    def is_removed(self) -> bool:
        """Whether what was said is gone, and only that something was is left (T9).

        Who says that very word is not told apart here: the history has a `MessageRedacted`.
        """
        return self.body == REMOVED


@attrs.frozen(kw_only=True)
class Attachment:
    """What is known of a file; its bytes are in the attachment store under `id`.

    `size` is in bytes and `digest` is SHA-256 in hexadecimal. An attachment of an internal note is
    internal too (V15).
    """

    id: Id = ID
    ticket_id: Id = ID
    name: str = attrs.field(validator=is_line(255))
    size: int = attrs.field(validator=between(0, 2**53))
    digest: str = attrs.field(validator=is_line(64))
    at: datetime = WHEN
    media_type: str = attrs.field(default="application/octet-stream", validator=is_line(NAME_LIMIT))
    author_id: Id | None = OPTIONAL_ID
    message_id: Id | None = OPTIONAL_ID
    internal: bool = FLAG_OFF

    @property
    def is_removed(self) -> bool:
        """Whether the file is gone, with its name and its digest (T9)."""
        return self.digest == REMOVED


@attrs.frozen(kw_only=True)
class TimeEntry:
    """Minutes that somebody worked on a ticket; never shown outside."""

    id: Id = ID
    ticket_id: Id = ID
    user_id: Id = ID
    minutes: int = attrs.field(validator=between(1, 60 * 24 * 366))
    at: datetime = WHEN
    note: str = attrs.field(default="", validator=is_text, repr=False)


@attrs.frozen(kw_only=True)
class ReceivedMail:
    """A mail that came in: what it said is a message, or what the ticket was opened with (N3).

    `ticket_id` is the ticket that it was for, and `team_id` the team whose mailbox it came to.
    `message_id` is None for a mail that opened its ticket; `internal` is one that answered an
    internal note. `mail_id` is the mail's own
    `Message-ID`, by which answers find the ticket. `quoted` is what stood around the words: quoted
    ones, and a signature; it is shown inside only, and never leaves again (V15).
    """

    id: Id = ID
    ticket_id: Id = ID
    team_id: Id = ID
    sender_id: Id = ID
    at: datetime = WHEN
    mail_id: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_line(MAIL_ID_LIMIT))
    )
    message_id: Id | None = OPTIONAL_ID
    subject: str = attrs.field(default="", validator=is_line(SUBJECT_LIMIT, empty=True))
    quoted: str = attrs.field(default="", validator=is_text, repr=False)
    internal: bool = FLAG_OFF
    automatic: bool = FLAG_OFF


#: What hangs on a ticket.
Said = Message | Attachment | TimeEntry | ReceivedMail
