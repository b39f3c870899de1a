"""Mails as whoever gets them reads them."""

from __future__ import annotations

import io
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import unquote

from helpdesk_core.ports import OutgoingFile
from helpdesk_core.testing import Received


def read(content: bytes) -> EmailMessage:
    """The mail in these bytes."""
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    return mail


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Its text, or its HTML."""
    body = mail.get_body((kind,))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def received_as(content: bytes, key: str | None = None) -> Received:
    """What came, for the kit; without another the key is read from the mail's id."""
    mail = read(content)
    if key is None:
        key = unquote(str(mail["Message-ID"]).removeprefix("<key.").rpartition("@")[0])
    phone = mail["X-Phone"]
    [to] = [str(phone)] if phone else [one.addr_spec for one in mail["To"].addresses]
    return Received(key=key, to_address=to, subject=str(mail["Subject"]), text=text_of(mail))


def file(name: str, content: bytes, media_type: str = "text/plain", **said: Any) -> OutgoingFile:
    """A file to go with a message; `size` is true unless something else is said."""
    values = {"size": len(content), "open": lambda: io.BytesIO(content)} | said
    return OutgoingFile(name=name, media_type=media_type, **values)
