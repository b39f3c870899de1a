"""A mail's parts, found by the standard library within limits."""

from __future__ import annotations

import itertools
import re
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import attrs

from helpdesk_core.adapters.mail.headers import TolerantPolicy
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, between

_MEDIA_TYPE = re.compile(r"[a-z0-9][\w.+-]*/[a-z0-9][\w.+-]*", re.ASCII)


@attrs.frozen(kw_only=True)
class MailLimits:
    """How much of a mail is read; over any of these it is refused, and the limit named.

    `lines` and `depth` (parts in parts) bound the time that the standard library takes.

    >>> MailLimits(size=0)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: size must be between 1 and 1,073,741,824
    """

    size: int = attrs.field(default=25 * 1024 * 1024, validator=between(1, 1024**3))
    lines: int = attrs.field(default=1_000_000, validator=between(1, 10**8))
    parts: int = attrs.field(default=200, validator=between(1, 10_000))
    depth: int = attrs.field(default=20, validator=between(1, 100))
    files: int = attrs.field(default=100, validator=between(0, 10_000))


def read_parts(raw: bytes, limits: MailLimits) -> EmailMessage:
    """The parts of a mail, counted as they are found, and not after all of them were kept."""
    found = itertools.count(1)

    class Part(EmailMessage):
        depth = 0

        def attach(self, payload: Any) -> None:  # which is how the parser puts parts together
            payload.depth = self.depth + 1
            if next(found) > limits.parts:
                raise InvalidValueError("parts", f"must be at most {limits.parts:,}")
            if payload.depth > limits.depth:
                raise InvalidValueError("depth", f"must be at most {limits.depth:,}")
            super().attach(payload)

        def get_content_type(self) -> str:
            # Taken apart, a mail in a mail could not be put together again as it came.
            said = super().get_content_type()
            return "application/octet-stream" if said.startswith("message/") else said

    policy = TolerantPolicy(message_factory=Part)
    mail = BytesParser(Part, policy=policy).parsebytes(raw)
    assert isinstance(mail, EmailMessage)
    return mail


def media_type_of(part: EmailMessage) -> str:
    """What a part says it is; a name that is none is the name of anything."""
    said = EmailMessage.get_content_type(part)
    is_one = len(said) <= NAME_LIMIT and _MEDIA_TYPE.fullmatch(said)
    return said if is_one else "application/octet-stream"
