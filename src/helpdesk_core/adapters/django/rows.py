"""From things to rows and back: what each field is in its column."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from helpdesk_core.adapters.codec import codec_for
from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.fields import is_id
from helpdesk_core.entities import (
    AssignmentMethod,
    AssignmentMode,
    Attachment,
    CatchingUp,
    CatchUp,
    CountScope,
    HostFields,
    Id,
    Message,
    OnAnswer,
    Options,
    ReceivedMail,
    Role,
    Stage,
    System,
    Team,
    Ticket,
    TimeEntry,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError, RepositoryError
from helpdesk_core.events import Event
from helpdesk_core.fields import utc
from helpdesk_core.mail_ids import folded_address
from helpdesk_core.plans import Change, Channel, Discard, Kind, Merge, Notice, NoticeKind
from helpdesk_core.ports import DeliveryStatus, Notification, Recorded
from helpdesk_core.search import opening_of, words_in
from helpdesk_core.templates import EmailTemplate, SmsTemplate

#: Ids are texts here.
CODEC = codec_for(str)

MODEL_OF: Mapping[type, Any] = {
    User: models.User,
    Team: models.Team,
    Stage: models.Stage,
    Ticket: models.Ticket,
    Message: models.Message,
    Attachment: models.Attachment,
    TimeEntry: models.TimeEntry,
    ReceivedMail: models.ReceivedMail,
    CatchingUp: models.CatchingUp,
    Merge: models.MergeRecord,
    Discard: models.Discard,
    Notice: models.OutboxEntry,
    Notification: models.OutboxEntry,
}
ENTITY_OF: Mapping[Kind, type] = {
    Kind.USER: User,
    Kind.TEAM: Team,
    Kind.STAGE: Stage,
    Kind.TICKET: Ticket,
    Kind.MESSAGE: Message,
    Kind.ATTACHMENT: Attachment,
    Kind.TIME_ENTRY: TimeEntry,
    Kind.MAIL: ReceivedMail,
    Kind.MERGE: Merge,
}
#: Fields that are rows of another table, or a part of their own.
_NO_COLUMN = frozenset({"tags", "followers", "stage_ids", "notice"})
#: Columns by another name than the field's.
_NAMED: Mapping[tuple[type, str], str] = {(Ticket, "merged_into"): "merged_into_id"}
#: What is JSON in its column, and its shape.
_JSON: Mapping[str, Any] = {
    "roles": frozenset[Role],
    "email_template": EmailTemplate,
    "sms_template": SmsTemplate,
    "member_options": Options,
    "look_ahead_window": timedelta,
    "horizon": timedelta,
    "reopen_window": timedelta,
    "links": frozenset[Id],
    "references": frozenset[str],
    "fields": HostFields,
    "behind": frozenset[Id],
    "merged_ids": tuple[Id, ...],
    "changes": tuple[Change, ...],
}
_JSON_OF: Mapping[tuple[type, str], Any] = {
    (Team, "member_ids"): tuple[Id, ...],
    (CatchingUp, "member_ids"): frozenset[Id],
}
_CHOICES: Mapping[tuple[type, str], type[enum.Enum]] = {
    (User, "kind"): UserKind,
    (Team, "visibility"): Visibility,
    (Team, "assignment_method"): AssignmentMethod,
    (Team, "assignment_scope"): CountScope,
    (Team, "assignment_mode"): AssignmentMode,
    (Team, "catch_up"): CatchUp,
    (Team, "on_answer"): OnAnswer,
    (Notice, "channel"): Channel,
    (Notice, "kind"): NoticeKind,
    (Notification, "status"): DeliveryStatus,
}


def known_ids(ids: Iterable[Id]) -> list[Id]:
    """Those that can be ids here, each once: others name nothing that is kept."""
    return list(dict.fromkeys(id for id in ids if is_id(id)))


@attrs.frozen
class Column:
    """Where one field of a kind of thing is kept, and as what."""

    kind: type
    field: str
    name: str

    def out(self, value: Any) -> Any:
        """The value as it is kept; one that could not be given back as it was is refused."""
        if value is None:
            return None
        if (shape := self._shape) is not None:
            return CODEC.dumps(value, shape)
        if (choice := _CHOICES.get((self.kind, self.field))) is not None:
            if not isinstance(value, choice):
                raise InvalidValueError(self.field, f"cannot be {value!r}")
            return value.value
        if isinstance(value, datetime):
            return utc(self.field, value)
        return value

    def back(self, value: Any) -> Any:
        """The value that was kept; what this release does not know is never guessed at."""
        if value is None:
            return None
        if (shape := self._shape) is not None:
            return CODEC.loads_shared(value, shape)
        if (choice := _CHOICES.get((self.kind, self.field))) is not None:
            try:
                return choice(value)
            except ValueError:
                problem = f"{value!r} is stored, no {choice.__name__}"
                raise RepositoryError(problem) from None
        return utc(self.field, value) if isinstance(value, datetime) else value

    @property
    def _shape(self) -> Any:
        return _JSON_OF.get((self.kind, self.field), _JSON.get(self.field))


def _columns(kind: type) -> dict[str, Column]:
    return {
        field.name: Column(kind, field.name, _NAMED.get((kind, field.name), field.name))
        for field in attrs.fields(kind)
        if field.name not in _NO_COLUMN
    }


COLUMNS: Mapping[type, Mapping[str, Column]] = {kind: _columns(kind) for kind in MODEL_OF}


def values_of(thing: Any) -> dict[str, Any]:
    """The thing's own columns."""
    return {c.name: c.out(getattr(thing, c.field)) for c in COLUMNS[type(thing)].values()}


def row_of(thing: Any) -> Any:
    """The thing as a row of its model, with what is made of its fields for comparing and search."""
    values = values_of(thing)
    if isinstance(thing, User):
        values["address"] = address_of(thing.email)
    if isinstance(thing, Ticket):
        values["words"] = words_text(opening_of(thing))
    if isinstance(thing, Message):
        values["words"] = words_text(thing.body)
    return MODEL_OF[type(thing)](**values)


def address_of(email: str | None) -> str | None:
    """An e-mail address as it is compared."""
    return None if email is None else folded_address(email)


def words_text(text: str) -> str:
    """The words of a text in one order, each between two spaces.

    >>> words_text("No ink")
    ' ink no '
    """
    return f" {' '.join(sorted(words_in(text)))} "


def things(kind: type, rows: Any, **more: Mapping[Id, Any]) -> list[Any]:
    """The things in these rows, a query of the kind's model; `more` gives fields by id."""
    return made(kind, values_in(kind, rows), **more)


def values_in(kind: type, rows: Any) -> list[Sequence[Any]]:
    """What these rows hold, column by column."""
    return list(rows.values_list(*(column.name for column in COLUMNS[kind].values())))


def made(kind: type, rows: Iterable[Sequence[Any]], **more: Mapping[Id, Any]) -> list[Any]:
    """The things that rows of such values are."""
    columns = COLUMNS[kind].values()
    return [_made(kind, columns, row, more) for row in rows]


def _made(kind: Any, columns: Iterable[Column], row: Sequence[Any], more: Mapping[str, Any]) -> Any:
    fields = {c.field: c.back(value) for c, value in zip(columns, row, strict=True)}
    fields |= {name: by_id[fields["id"]] for name, by_id in more.items() if fields["id"] in by_id}
    try:
        return kind(**fields)
    except InvalidValueError as error:  # what another program spoiled is not guessed at
        problem = f"{kind.__name__} {fields.get('id')!r} cannot be read: {error}"
        raise RepositoryError(problem) from None


# --- events and notifications --------------------------------------------------------------------


def event_row(event: Event) -> Any:
    """An event as a row of the history."""
    by = event.by
    return models.RecordedEvent(
        ticket_id=event.ticket_id,
        team_id=event.team_id,
        name=event.name,
        schema=event.schema,
        at=utc("at", event.at),
        by_id=None if isinstance(by, System) else by,
        by_system=by.reason if isinstance(by, System) else None,
        internal=event.internal,
        data=CODEC.event_data(event),
    )


def recorded(rows: Any) -> list[Recorded]:
    """The events in these rows."""
    names = ("sequence", "name", "schema", "data", "at", "by_id", "by_system")
    found = []
    for *row, ticket_id, team_id in rows.values_list(*names, "ticket_id", "team_id"):
        sequence, name, schema, data, at, by_id, by_system = row
        by = by_id if by_system is None else System(reason=by_system)
        event = CODEC.event(
            name, schema, data, at=utc("at", at), by=by, ticket_id=ticket_id, team_id=team_id
        )
        found.append(Recorded(sequence, event))
    return found


def outbox_row(notification: Notification) -> Any:
    """A notification as a row of the outbox."""
    return models.OutboxEntry(**values_of(notification.notice), **values_of(notification))


def notifications(rows: Iterable[Any], **other: Any) -> list[Notification]:
    """The notifications in these rows, with `other` values in place of their own."""
    return [_notification(row, other) for row in rows]


def _notification(row: Any, other: Mapping[str, Any]) -> Notification:
    said = {c.field: c.back(getattr(row, c.name)) for c in COLUMNS[Notice].values()}
    fields = {c.field: c.back(getattr(row, c.name)) for c in COLUMNS[Notification].values()}
    return Notification(notice=Notice(**said), **{**fields, **other})
