"""A mail, as it came over the wire, to what a desk takes in (N3, V15)."""

from __future__ import annotations

from email.message import EmailMessage

from helpdesk_core.adapters.mail.automatic import returned_mails, sign_of
from helpdesk_core.adapters.mail.bodies import body_of
from helpdesk_core.adapters.mail.characters import one_line
from helpdesk_core.adapters.mail.headers import (
    decoded,
    mail_id_in,
    recipients_of,
    references_of,
    sender_of,
    time_of,
)
from helpdesk_core.adapters.mail.parts import MailLimits, read_parts
from helpdesk_core.adapters.mail.quoting import is_forwarded, split_quoted
from helpdesk_core.errors import HelpdeskError, InvalidValueError
from helpdesk_core.fields import BODY_LIMIT, SUBJECT_LIMIT
from helpdesk_core.ports import Automatic, IncomingEmail, IncomingFile

_CUT = "\n[cut here: the whole text is in the file {name}]"
_WHOLE = "whole-text.txt"


def parse_email(raw: bytes, *, limits: MailLimits | None = None) -> IncomingEmail:
    """What a mail says, whoever wrote it with whatever: for `Helpdesk.receive` (N3).

    What cannot be taken in raises `InvalidValueError`, which names what it is: `sender`, `size`,
    `lines`, `parts`, `depth`, `files`, or `mail` for what cannot be read; nothing else is raised.
    A mail that is HTML alone needs the extra `mail`.

    It says nothing of whether the mail is really from its `sender`: only the mail server can.

    >>> mail = parse_email(
    ...     b"From: Eve <eve@example.com>\\nSubject: Re: No ink\\nIn-Reply-To: <7@example.com>\\n"
    ...     b"\\nIt is back.\\n\\nOn Monday, 5 January 2026, Bob wrote:\\n> No ink?\\n"
    ... )
    >>> mail.sender, mail.subject, mail.text
    ('eve@example.com', 'Re: No ink', 'It is back.')
    >>> print(mail.quoted)
    On Monday, 5 January 2026, Bob wrote:
    > No ink?
    >>> mail.references, mail.automatic is None
    (('<7@example.com>',), True)
    """
    limits = limits or MailLimits()
    if not isinstance(raw, bytes | bytearray | memoryview):
        raise InvalidValueError("mail", "must be bytes")
    raw = bytes(raw)
    if len(raw) > limits.size:
        raise InvalidValueError("size", f"must be at most {limits.size:,} bytes, is {len(raw):,}")
    if raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n") > limits.lines:
        raise InvalidValueError("lines", f"must be at most {limits.lines:,}")
    try:
        return _incoming(read_parts(raw, limits), limits)
    except HelpdeskError:
        raise
    except Exception as error:  # what the standard library raises on hostile mails has no end
        raise InvalidValueError("mail", f"cannot be read ({type(error).__name__})") from error


def _incoming(mail: EmailMessage, limits: MailLimits) -> IncomingEmail:
    sender, sender_name = sender_of(mail)
    subject = decoded(str(mail.get("Subject", "")))
    body = body_of(mail, most_files=limits.files)
    files = list(body.files)
    words = body.text
    if len(subject) > SUBJECT_LIMIT:
        words = f"{subject}\n\n{words}"
    sign = sign_of(mail, sender=sender, name=sender_name, subject=subject)
    automatic = sign.kind if sign else None
    text, quoted = words, ""
    if automatic is not Automatic.BOUNCE:  # what it quotes is what it has to say
        text, quoted = split_quoted(words, forwarded=is_forwarded(subject))
    if any(len(part.encode()) > BODY_LIMIT for part in (text, quoted)):
        files.append(IncomingFile(name=_WHOLE, media_type="text/plain", content=words.encode()))
    answers = automatic in (Automatic.BOUNCE, Automatic.REPLIED)
    returned = returned_mails(mail, words) if answers else []
    return IncomingEmail(
        sender=sender,
        sender_name=sender_name,
        subject=one_line(subject[:SUBJECT_LIMIT]),
        text=_cut(text),
        quoted=_cut(quoted),
        recipients=recipients_of(mail),
        mail_id=mail_id_in(mail),
        references=references_of(mail, returned),
        files=files,
        at=time_of(mail),
        automatic=automatic,
    )


def _cut(text: str) -> str:
    content = text.encode()
    if len(content) <= BODY_LIMIT:
        return text
    word = _CUT.format(name=_WHOLE)
    return content[: BODY_LIMIT - len(word.encode())].decode(errors="ignore") + word
