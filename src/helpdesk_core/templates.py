"""Message templates: named values put into text, and nothing else (N4).

A template is checked when it is made, so a stage can never be saved with a name that the
library would not know when somebody moves a ticket.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Template

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_line, check_text

#: What a template may name; each is a plain string by the time it is put in.
TEMPLATE_NAMES: frozenset[str] = frozenset(
    {
        "ticket.id",
        "ticket.subject",
        "ticket.priority",
        "stage.name",
        "stage.description",
        "team.name",
        "team.description",
        "customer.name",
        "assignee.name",
    }
)

SUBJECT_LIMIT = 200
TEXT_LIMIT = 20_000
SMS_LIMIT = 1_000
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


class _Dotted(Template):
    idpattern = r"(?a:[a-z]+(?:\.[a-z]+)+)"
    braceidpattern = idpattern
    flags = re.VERBOSE


def _check(field: str, text: str, limit: int) -> None:
    check_text(field, text)
    if not text.strip():
        raise InvalidValueError(field, "must not be empty")
    if len(text) > limit:
        raise InvalidValueError(field, f"must have at most {limit:,} characters, has {len(text):,}")
    template = _Dotted(text)
    if not template.is_valid():
        raise InvalidValueError(field, "has a '$' that starts no name: write '$$' for a dollar")
    unknown = sorted(set(template.get_identifiers()) - TEMPLATE_NAMES)
    if unknown:
        raise InvalidValueError(
            field, f"names {unknown[0]!r}, which is none of {', '.join(sorted(TEMPLATE_NAMES))}"
        )


@attrs.frozen
class EmailTemplate:
    """The e-mail that a stage sends to the customer (G8, N4).

    Raises `InvalidValueError` for an unknown name, a stray `$`, an empty text, or a length over
    the limit.

    >>> mail = EmailTemplate("We have it: ${ticket.subject}", "Dear ${customer.name}, ...")
    >>> mail.render({"ticket.subject": "No ink", "customer.name": "Eve"})
    ('We have it: No ink', 'Dear Eve, ...')
    >>> EmailTemplate("Hello", "${ticket.secret}")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: text names 'ticket.secret', which is none of ...
    """

    subject: str
    text: str

    def __attrs_post_init__(self) -> None:
        check_line("subject", self.subject, SUBJECT_LIMIT)
        _check("subject", self.subject, SUBJECT_LIMIT)
        _check("text", self.text, TEXT_LIMIT)

    def render(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text with the values in; names without a value become empty."""
        known = _with_all_names(values)
        subject = _LINE_BREAKS.sub(" ", _Dotted(self.subject).substitute(known))
        return subject, _Dotted(self.text).substitute(known)


@attrs.frozen
class SmsTemplate:
    """The text message that a stage sends to the customer (G8, N4).

    >>> SmsTemplate("${ticket.subject}: ${stage.name}").render(
    ...     {"ticket.subject": "No ink", "stage.name": "Solved"})
    'No ink: Solved'
    """

    text: str

    def __attrs_post_init__(self) -> None:
        _check("text", self.text, SMS_LIMIT)

    def render(self, values: Mapping[str, str]) -> str:
        """The text with the values in; names without a value become empty."""
        return _Dotted(self.text).substitute(_with_all_names(values))


def _with_all_names(values: Mapping[str, str]) -> dict[str, str]:
    return {name: values.get(name, "") for name in TEMPLATE_NAMES}
