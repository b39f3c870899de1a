"""What is kept in memory, as dictionaries, and how each change is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from helpdesk_core.entities import (
    Attachment,
    CatchingUp,
    Id,
    Message,
    ReceivedMail,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.errors import ConflictError, InvalidValueError
from helpdesk_core.events import Event
from helpdesk_core.plans import (
    Add,
    AddFollow,
    DeleteStage,
    Discard,
    GiveCredit,
    Kind,
    MarkUndone,
    Merge,
    NoteAssignment,
    NoteCatchingUp,
    RecordMerge,
    RemoveFollow,
    SetField,
)
from helpdesk_core.ports import (
    Notification,
    Remembered,
)

_T = TypeVar("_T")


@attrs.define
class State:
    """All that is kept; what is added later is put behind what was there."""

    users: dict[Id, User] = attrs.Factory(dict)
    teams: dict[Id, Team] = attrs.Factory(dict)
    stages: dict[Id, Stage] = attrs.Factory(dict)
    tickets: dict[Id, Ticket] = attrs.Factory(dict)
    messages: dict[Id, Message] = attrs.Factory(dict)
    attachments: dict[Id, Attachment] = attrs.Factory(dict)
    time_entries: dict[Id, TimeEntry] = attrs.Factory(dict)
    mails: dict[Id, ReceivedMail] = attrs.Factory(dict)
    merges: dict[Id, Merge] = attrs.Factory(dict)
    discards: dict[tuple[Id, Id], Discard] = attrs.Factory(dict)
    assigned: dict[tuple[Id, Id], int] = attrs.Factory(dict)
    credits: dict[tuple[Id, Id], int] = attrs.Factory(dict)
    catching_up: dict[Id, CatchingUp] = attrs.Factory(dict)
    events: dict[int, Event] = attrs.Factory(dict)
    outbox: dict[str, Notification] = attrs.Factory(dict)
    remembered: dict[str, tuple[Remembered, datetime]] = attrs.Factory(dict)

    def copy(self) -> State:
        """The same, which may go another way."""
        return State(**{field.name: dict(getattr(self, field.name)) for field in _FIELDS})

    def put_back(self, before: State) -> None:
        """Be again what a copy made before was."""
        for field in _FIELDS:
            setattr(self, field.name, getattr(before, field.name))

    def of_kind(self, kind: Kind) -> dict[Id, Any]:
        """The things of this kind."""
        return {
            Kind.TICKET: self.tickets,
            Kind.TEAM: self.teams,
            Kind.STAGE: self.stages,
            Kind.USER: self.users,
            Kind.MESSAGE: self.messages,
            Kind.ATTACHMENT: self.attachments,
            Kind.TIME_ENTRY: self.time_entries,
            Kind.MAIL: self.mails,
            Kind.MERGE: self.merges,
        }[kind]  # type: ignore[return-value]


_FIELDS = attrs.fields(State)
_TABLE_OF: dict[type, str] = {
    User: "users",
    Team: "teams",
    Stage: "stages",
    Ticket: "tickets",
    Message: "messages",
    Attachment: "attachments",
    TimeEntry: "time_entries",
    ReceivedMail: "mails",
}


# --- changes -------------------------------------------------------------------------------------


def _set_field(state: State, change: SetField) -> None:
    table = state.of_kind(change.kind)
    thing = _existing(table, change.kind, change.id)
    if getattr(thing, change.field) != change.expected:
        raise ConflictError(
            f"{change.field} of {change.kind.value} {change.id!r} is not what was expected"
        )
    table[change.id] = attrs.evolve(thing, **{change.field: change.value})


def _add_follow(state: State, change: AddFollow) -> None:
    table = state.of_kind(change.kind)
    thing = _existing(table, change.kind, change.id)
    sources = thing.followers.get(change.user_id, frozenset()) | {change.source}
    table[change.id] = attrs.evolve(thing, followers={**thing.followers, change.user_id: sources})


def _remove_follow(state: State, change: RemoveFollow) -> None:
    table = state.of_kind(change.kind)
    thing = _existing(table, change.kind, change.id)
    followers = dict(thing.followers)
    sources = followers.pop(change.user_id, frozenset()) - {change.source}
    if sources:
        followers[change.user_id] = sources
    table[change.id] = attrs.evolve(thing, followers=followers)


def _add(state: State, change: Add) -> None:
    table = getattr(state, _TABLE_OF[type(change.thing)])
    if change.thing.id in table:
        raise ConflictError(f"{type(change.thing).__name__} {change.thing.id!r} is there already")
    kept = next((id for name in _TABLE_OF.values() for id in getattr(state, name)), None)
    if kept is not None and type(change.thing.id) is not type(kept):
        here, given = type(kept).__name__, type(change.thing.id).__name__
        raise InvalidValueError("id", f"must be of type {here} here, is {given}")
    table[change.thing.id] = change.thing


def _delete_stage(state: State, change: DeleteStage) -> None:
    _existing(state.stages, Kind.STAGE, change.stage_id)
    in_use = any(t.stage_id == change.stage_id for t in state.tickets.values()) or any(
        change.stage_id in team.stage_ids for team in state.teams.values()
    )
    if in_use:
        raise ConflictError(f"stage {change.stage_id!r} is in use")
    del state.stages[change.stage_id]


def _note_assignment(state: State, change: NoteAssignment) -> None:
    state.assigned[change.team_id, change.member_id] = change.sequence


def _give_credit(state: State, change: GiveCredit) -> None:
    key = change.team_id, change.member_id
    state.credits[key] = state.credits.get(key, 0) + change.tickets


def _note_catching_up(state: State, change: NoteCatchingUp) -> None:
    state.catching_up[change.team_id] = change.catching_up


def _discard(state: State, change: Discard) -> None:
    state.discards[change.first_id, change.second_id] = change


def _record_merge(state: State, change: RecordMerge) -> None:
    if change.merge.id in state.merges:
        raise ConflictError(f"merge {change.merge.id!r} is there already")
    state.merges[change.merge.id] = change.merge


def _mark_undone(state: State, change: MarkUndone) -> None:
    merge = state.merges.get(change.merge_id)
    if merge is None or merge.undone_at is not None:
        raise ConflictError(f"merge {change.merge_id!r} cannot be undone (again)")
    state.merges[change.merge_id] = attrs.evolve(merge, undone_at=change.at)


HANDLERS: dict[type, Callable[[State, Any], None]] = {
    SetField: _set_field,
    AddFollow: _add_follow,
    RemoveFollow: _remove_follow,
    Add: _add,
    DeleteStage: _delete_stage,
    NoteAssignment: _note_assignment,
    GiveCredit: _give_credit,
    NoteCatchingUp: _note_catching_up,
    Discard: _discard,
    RecordMerge: _record_merge,
    MarkUndone: _mark_undone,
}


def _existing(table: Mapping[Id, _T], kind: Kind, id: Id) -> _T:
    if id not in table:
        raise ConflictError(f"there is no {kind.value} {id!r}")
    return table[id]
