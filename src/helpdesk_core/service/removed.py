"""What has to go, and how a value is left without it: a message, a result, a notification (T9).

Somebody may have said or be named what is put in place of it. Nothing is lost by that: where it
stands already nothing is changed, and so no event says that something is gone; files, and what is
still to be sent, go all the same. Whether a message may be sent is asked of its history.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import attrs

from helpdesk_core.entities import (
    REMOVED,
    Attachment,
    Id,
    Message,
    ReceivedMail,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.entities.host_fields import names_of_texts, without
from helpdesk_core.plans import Kind, Notice, SetField

_T = TypeVar("_T")

#: What is put in place of what, kind by kind; every other field is structure, and stays.
_OF_TICKET = {"subject": REMOVED, "description": REMOVED}  # and what is text in its fields
_OF_MESSAGE = {"body": REMOVED}
_OF_ATTACHMENT = {"name": REMOVED, "size": 0, "digest": REMOVED}
_OF_TIME_ENTRY = {"note": REMOVED}
#: Of the mails of a matter of which words go: any may quote them, or bear them as a subject.
_OF_MAIL = {"subject": REMOVED, "quoted": REMOVED}
#: Of a mail whose sender goes its id too, which may name their machine.
_OF_OWN_MAIL: dict[str, Any] = {**_OF_MAIL, "mail_id": None}
_OF_USER: dict[str, Any] = {
    "name": REMOVED,
    "roles": frozenset[Any](),
    "active": False,
    "email": None,
    "phone": None,
    "company": "",
    "language": "en",
}


def _by_id(things: Mapping[Id, Any]) -> Mapping[Id, Any]:
    return dict(things)


@attrs.frozen(kw_only=True)
class Going:
    """What has to go, by id: the words of these tickets, messages, files and notes; somebody.

    `carried` are the host's own fields of other tickets that hold some of it, by name.

    >>> from datetime import datetime, UTC
    >>> said = Message(id="m", ticket_id="T-1", body="My PIN is 1234",
    ...                at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> going = Going(messages={"m": said})
    >>> going.left_of((said, {"m": said}))[0].body, going.left_of("m")
    ('[removed]', 'm')
    """

    tickets: Mapping[Id, Ticket] = attrs.field(factory=dict, converter=_by_id)
    messages: Mapping[Id, Message] = attrs.field(factory=dict, converter=_by_id)
    attachments: Mapping[Id, Attachment] = attrs.field(factory=dict, converter=_by_id)
    time_entries: Mapping[Id, TimeEntry] = attrs.field(factory=dict, converter=_by_id)
    mails: Mapping[Id, ReceivedMail] = attrs.field(factory=dict, converter=_by_id)
    carried: Mapping[Id, frozenset[str]] = attrs.field(factory=dict, converter=_by_id)
    user: User | None = None

    @property
    def names(self) -> tuple[Id, ...]:
        """The ids and texts by which a place is found where some of it may be."""
        ids = (*self.tickets, *self.carried, *self.messages, *self.attachments, *self.time_entries)
        return ids if self.user is None else (*ids, self.user.id, *_told_of(self.user))

    def changes(self) -> list[SetField]:
        """What is changed in the things themselves; nothing where it was before."""
        parts: list[tuple[Kind, Mapping[Id, Any], Mapping[str, Any]]] = [
            (Kind.TICKET, self.tickets, _OF_TICKET),
            (Kind.MESSAGE, self.messages, _OF_MESSAGE),
            (Kind.ATTACHMENT, self.attachments, _OF_ATTACHMENT),
            (Kind.TIME_ENTRY, self.time_entries, _OF_TIME_ENTRY),
            (Kind.MAIL, {id: m for id, m in self.mails.items() if self._is_own(m)}, _OF_OWN_MAIL),
            (Kind.MAIL, {i: m for i, m in self.mails.items() if not self._is_own(m)}, _OF_MAIL),
            (Kind.USER, {} if self.user is None else {self.user.id: self.user}, _OF_USER),
        ]
        return [
            SetField(kind=kind, id=id, field=field, expected=there, value=value)
            for kind, things, fields in parts
            for id, thing in things.items()
            for field, value in _left(thing, fields).items()
            if (there := getattr(thing, field)) != value
        ]

    def _is_own(self, mail: ReceivedMail) -> bool:
        """Whether its sender goes, and not only what it may quote of what goes."""
        return self.user is not None and mail.sender_id == self.user.id

    def left_of(self, value: _T) -> _T:
        """The same value without what has to go, wherever in it that is."""
        left: _T = self._left_of(value)
        return left

    def _left_of(self, value: Any) -> Any:
        if isinstance(value, Message) and value.id in self.messages:
            return attrs.evolve(value, **_left(value, _OF_MESSAGE))
        if isinstance(value, Attachment) and value.id in self.attachments:
            return attrs.evolve(value, **_left(value, _OF_ATTACHMENT))
        if isinstance(value, TimeEntry) and value.id in self.time_entries:
            return attrs.evolve(value, **_left(value, _OF_TIME_ENTRY))
        if isinstance(value, Ticket) and value.id in self.tickets:
            return attrs.evolve(value, **_left(value, _OF_TICKET))
        if isinstance(value, Ticket) and value.id in self.carried:
            return attrs.evolve(value, fields=without(value.fields, self.carried[value.id]))
        if isinstance(value, User):
            going = self.user is not None and self.user.id == value.id
            return attrs.evolve(value, **_OF_USER) if going else value
        if isinstance(value, Notice):
            return self._left_of_notice(value)
        if isinstance(value, SetField):
            return self._left_of_change(value)
        if isinstance(value, tuple | list | frozenset):
            left = [self._left_of(item) for item in value]
            return value if _same(left, value) else type(value)(left)
        if isinstance(value, Mapping):
            return {self._left_of(key): self._left_of(item) for key, item in value.items()}
        if attrs.has(type(value)):
            fields = {f.name: getattr(value, f.name) for f in attrs.fields(type(value)) if f.init}
            others = {
                name: left
                for name, item in fields.items()
                if (left := self._left_of(item)) is not item and left != item
            }
            return attrs.evolve(value, **others) if others else value
        return value

    def _left_of_notice(self, notice: Notice) -> Notice:
        """A stage's own text: gone with the ticket's words or its reader, else without a name."""
        theirs = self.user is not None and notice.recipient_id == self.user.id
        if theirs or notice.ticket_id in self.tickets:
            return attrs.evolve(notice, subject=None, text=None, html=None)
        said: dict[str, Any] = {
            name: self._unnamed(getattr(notice, name)) for name in ("subject", "text", "html")
        }
        return attrs.evolve(notice, **said)

    def _left_of_change(self, change: SetField) -> SetField:
        if change.kind is Kind.TICKET and change.field == "fields":
            texts = names_of_texts(change.expected) | names_of_texts(change.value)
            own = change.id in self.tickets
            return forgetting(change, texts if own else self.carried.get(change.id, ()))
        fields: Mapping[str, Any] = {}
        if change.kind is Kind.TICKET and change.id in self.tickets:
            fields = _OF_TICKET
        elif change.kind is Kind.USER and self.user is not None and change.id == self.user.id:
            fields = _OF_USER
        if change.field not in fields:
            return change
        left = fields[change.field]
        return attrs.evolve(change, expected=left, value=left)

    def _unnamed(self, text: str | None) -> str | None:
        """A text without what is told of somebody; words that only hold a name stay."""
        if text is None or self.user is None:
            return text
        for told in _told_of(self.user):
            text = re.sub(rf"(?<!\w){re.escape(told)}(?!\w)", REMOVED, text)
        return text


def _told_of(user: User) -> tuple[str, ...]:
    """By what somebody is named in a text."""
    told = (user.email, user.phone, user.name)
    return tuple(text for text in told if text and text != REMOVED)


def _left(thing: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is put in place; a description or a note that said nothing says so still.

    Of a host's own fields the texts go; numbers stay, as the minutes of a note do.
    """
    left = {name: value for name, value in fields.items() if getattr(thing, name) != ""}
    if isinstance(thing, Ticket):
        left["fields"] = without(thing.fields, names_of_texts(thing.fields))
    return left


def forgetting(change: SetField, names: Collection[str]) -> SetField:
    """The change of a ticket's fields, as if these had not been among them."""
    if frozenset(names).isdisjoint({*change.expected, *change.value}):
        return change
    expected, value = without(change.expected, names), without(change.value, names)
    return attrs.evolve(change, expected=expected, value=value)


def _same(left: list[Any], value: Any) -> bool:
    return all(a is b for a, b in zip(left, value, strict=True))
