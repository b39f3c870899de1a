"""Message templates: named values put into text, and nothing else (N4).

A template is checked when it is made, so a stage can never be saved with a name that the
library would not know when somebody moves a ticket.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Template
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import SUBJECT_LIMIT as RENDERED_LIMIT
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

#: Lengths in characters of what is written, and how often it may name something.
SUBJECT_LIMIT = 200
TEXT_LIMIT = 20_000
HTML_LIMIT = 100_000
SMS_LIMIT = 1_000
NAMES_LIMIT = 50
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LANGUAGE = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*")

_T = TypeVar("_T", bound="_Translated")


class _Dotted(Template):
    idpattern = r"(?a:[a-z]+(?:\.[a-z]+)+)"
    braceidpattern = idpattern
    flags = re.VERBOSE


@attrs.frozen(kw_only=True)
class Rendered:
    """A template with its values in: what is sent. Only an e-mail has a subject, or `html`.

    >>> SmsTemplate("Solved: ${ticket.subject}").render({"ticket.subject": "No ink"})
    Rendered(text='Solved: No ink', subject=None, html=None)
    """

    text: str
    subject: str | None = None
    html: str | None = None


class _Translated:
    """A template that may be written in other languages too, each by its tag (as `it`, `pt-BR`)."""

    names: ClassVar[frozenset[str]] = TEMPLATE_NAMES
    translations: Mapping[str, Any]

    def in_language(self: _T, language: str) -> _T:
        """The translation for a language, for a wider one (`pt` for `pt-BR`), or the template."""
        tag = language.lower().replace("_", "-")
        while tag:
            if tag in self.translations:
                found: _T = self.translations[tag]
                return found
            tag = tag.rpartition("-")[0]
        return self

    def _check(self, field: str, text: str, limit: int) -> None:
        check_text(field, text)
        if not text.strip():
            raise InvalidValueError(field, "must not be empty")
        if len(text) > limit:
            raise InvalidValueError(
                field, f"must have at most {limit:,} characters, has {len(text):,}"
            )
        template = _Dotted(text)
        if not template.is_valid():
            raise InvalidValueError(field, "has a '$' that starts no name: write '$$' for a dollar")
        unknown = sorted(set(template.get_identifiers()) - self.names)
        if unknown:
            raise InvalidValueError(
                field, f"names {unknown[0]!r}, which is none of {', '.join(sorted(self.names))}"
            )
        found = template.pattern.finditer(text)
        if sum(1 for one in found if one["named"] or one["braced"]) > NAMES_LIMIT:
            raise InvalidValueError(field, f"must name at most {NAMES_LIMIT} values")

    def _check_translations(self) -> None:
        for language, translation in self.translations.items():
            if not _LANGUAGE.fullmatch(language):
                raise InvalidValueError("translations", "must be named by tags as 'it' or 'pt-BR'")
            if type(translation) is not type(self):
                raise InvalidValueError("translations", f"must each be a {type(self).__name__}")
            if translation.translations:
                raise InvalidValueError("translations", "must have no translations of their own")

    def _put_in(self, text: str, values: Mapping[str, str]) -> str:
        return _Dotted(text).substitute({name: values.get(name, "") for name in self.names})


def _by_language(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(tag, str) for tag in value):
        raise InvalidValueError("translations", "must be a mapping of language tags to templates")
    tags = {tag.lower().replace("_", "-"): template for tag, template in value.items()}
    if len(tags) < len(value):
        raise InvalidValueError("translations", "must name each language once")
    return MappingProxyType(tags)


@attrs.frozen
class EmailTemplate(_Translated):
    """The e-mail that a stage sends to the customer (G8, N4).

    `html` says the same again for those who read that: its own text is put in as it is, the values
    are escaped, and their lines broken. `translations` are such templates by the language of the
    reader (`User.language`).

    Raises `InvalidValueError` for an unknown name, a stray `$`, an empty text, or a length or a
    number of names over the limit.

    >>> mail = EmailTemplate("We have it: ${ticket.subject}", "Dear ${customer.name}, ...",
    ...     translations={"it": EmailTemplate("Ricevuto: ${ticket.subject}", "Ciao!")})
    >>> mail.render({"ticket.subject": "No ink", "customer.name": "Eve"}).text
    'Dear Eve, ...'
    >>> mail.in_language("it-CH").render({"ticket.subject": "Inchiostro"}).subject
    'Ricevuto: Inchiostro'
    >>> EmailTemplate("Hello", "${ticket.secret}")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: text names 'ticket.secret', which is none of ...
    """

    subject: str
    text: str
    html: str | None = None
    translations: Mapping[str, EmailTemplate] = attrs.field(
        factory=dict, converter=_by_language, hash=False, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        check_line("subject", self.subject, SUBJECT_LIMIT)
        self._check("subject", self.subject, SUBJECT_LIMIT)
        self._check("text", self.text, TEXT_LIMIT)
        if self.html is not None:
            self._check("html", self.html, HTML_LIMIT)
        self._check_translations()

    def render(self, values: Mapping[str, str]) -> Rendered:
        """The e-mail with the values in; names without a value become empty.

        The subject is one line, and ends where a ticket's would.
        """
        subject = _LINE_BREAKS.sub(" ", self._put_in(self.subject, values))
        html = None if self.html is None else self._put_in(self.html, _escaped(values))
        return Rendered(
            text=self._put_in(self.text, values), subject=subject[:RENDERED_LIMIT], html=html
        )


@attrs.frozen
class SmsTemplate(_Translated):
    """The text message that a stage sends to the customer (G8, N4).

    >>> SmsTemplate("${ticket.subject}: ${stage.name}").render(
    ...     {"ticket.subject": "No ink", "stage.name": "Solved"}).text
    'No ink: Solved'
    """

    text: str
    translations: Mapping[str, SmsTemplate] = attrs.field(
        factory=dict, converter=_by_language, hash=False, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        self._check("text", self.text, SMS_LIMIT)
        self._check_translations()

    def render(self, values: Mapping[str, str]) -> Rendered:
        """The text with the values in; names without a value become empty."""
        return Rendered(text=self._put_in(self.text, values))


def _escaped(values: Mapping[str, str]) -> dict[str, str]:
    from html import escape  # knows all entities: only where a mail is written

    return {name: escape(value).replace("\n", "<br>\n") for name, value in values.items()}


# --- the desk's own letters ----------------------------------------------------------------------


class LetterTemplate(EmailTemplate):
    """An e-mail of the desk's own, beside those of stages: it may name more (V9, V20, N4).

    >>> LetterTemplate("Re: ${ticket.subject}", "${author.name}: ${message.text}").render(
    ...     {"ticket.subject": "No ink", "author.name": "Ada", "message.text": "Here."}).text
    'Ada: Here.'
    """

    names = TEMPLATE_NAMES | {
        "ticket.description",
        "message.text",
        "author.name",
        "recipient.name",
    }


class MinimalTemplate(EmailTemplate):
    """What somebody hears who may not view the ticket: it can name nothing of it (V5).

    >>> MinimalTemplate("News", "About ${ticket.subject}")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: text names 'ticket.subject', which is none of ...
    """

    names = frozenset({"recipient.name"})


class DigestTemplate(EmailTemplate):
    """Several messages for one person in one: `${digest.text}` are they, one after the other.

    >>> DigestTemplate("${digest.count} news", "${digest.text}").render(
    ...     {"digest.count": "2", "digest.text": "..."}).subject
    '2 news'
    """

    names = frozenset({"recipient.name", "digest.count", "digest.text"})


@attrs.frozen(kw_only=True)
class Letters:
    """What the desk writes of itself, in a host's own words and languages.

    `update` tells of a reply or a note, `opened` of a new ticket, `assigned` the new assignee;
    `minimal` is for those who may not view (V5), `digest` for those who want one a day.

    >>> Letters(minimal=MinimalTemplate("News", "There is some.")).minimal.subject
    'News'
    """

    update: LetterTemplate = attrs.field(
        default=LetterTemplate("Re: ${ticket.subject}", "${message.text}")
    )
    opened: LetterTemplate = attrs.field(
        default=LetterTemplate("New: ${ticket.subject}", "${ticket.description}")
    )
    assigned: LetterTemplate = attrs.field(
        default=LetterTemplate("Assigned to you: ${ticket.subject}", "${ticket.description}")
    )
    minimal: MinimalTemplate = attrs.field(
        default=MinimalTemplate("News on a request", "There is news on a request that you follow.")
    )
    digest: DigestTemplate = attrs.field(
        default=DigestTemplate("${digest.count} news on requests that you follow", "${digest.text}")
    )

    def __attrs_post_init__(self) -> None:
        for name, kind in _LETTERS.items():
            if not isinstance(getattr(self, name), kind):
                raise InvalidValueError(name, f"must be a {kind.__name__}")


_LETTERS: Mapping[str, type] = {
    "update": LetterTemplate,
    "opened": LetterTemplate,
    "assigned": LetterTemplate,
    "minimal": MinimalTemplate,
    "digest": DigestTemplate,
}
