"""How changes are made: consecutive changes of one kind become one statement.

What they do to the counts per team and member is told to `Counts`, in the same transaction (A7).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from helpdesk_core.adapters.settling import settled
from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.counts import PLACING_FIELDS, Counts, place_in
from helpdesk_core.adapters.sql.searching import forget_words, reword, text_rows
from helpdesk_core.entities import (
    REMOVED,
    Attachment,
    Id,
    Message,
    ReceivedMail,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.errors import ConflictError, InvalidValueError, RepositoryError
from helpdesk_core.mail_ids import folded_address
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Change,
    DeleteStage,
    Discard,
    GiveCredit,
    Kind,
    MarkUndone,
    NoteAssignment,
    NoteCatchingUp,
    RecordMerge,
    RemoveFollow,
    SetField,
)

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
#: Fields that are rows of another table.
_IN_ROWS = frozenset({(Kind.TICKET, "tags"), (Kind.TEAM, "stage_ids")})
_FOLLOWABLE = (Kind.TICKET, Kind.TEAM)


class Writer:
    """Makes the changes of one session."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._sql = connection.statements
        self.counts = Counts(connection)
        self._removed = False  # whether words were written over (T9)
        #: Tickets that this transaction added, as they are.
        self.added: dict[Id, Ticket] = {}

    def apply(self, changes: Iterable[Change]) -> None:
        """Make the changes in order, then correct the counts; all of them or none."""
        self._db.must_write()
        try:
            with self._db.all_or_nothing():
                for (kind, *_), group in itertools.groupby(settled(changes), key=_batch):
                    _HANDLERS[kind](self, list(group))
                self.counts.write()
                if self._removed:
                    forget_words(self._db)
        except BaseException:  # what is remembered is not so any more
            self.counts.forget()
            self.added.clear()
            raise
        finally:
            self._removed = False

    # --- fields ----------------------------------------------------------------------------------

    def _set_fields(self, changes: Sequence[SetField]) -> None:
        """Changes of one thing's fields, in as few statements as the fields allow."""
        batch: dict[str, SetField] = {}
        for change in changes:
            if change.field in batch:
                self._set(batch)
                batch = {}
            batch[change.field] = change
        self._set(batch)

    def _set(self, batch: dict[str, SetField]) -> None:
        first = next(iter(batch.values()))
        kind, id = first.kind, first.id
        before = None
        if kind is Kind.TICKET:
            self.added.pop(id, None)
        if kind is Kind.STAGE and "folded" in batch and not self._db.alone:
            self.counts.hold_teams_using(id)
        if kind is Kind.TICKET and not PLACING_FIELDS.isdisjoint(batch):
            before = self.counts.place_of(id)
        own = tuple(sorted(field for field in batch if (kind, field) not in _IN_ROWS))
        if own:
            parameters: dict[str, Any] = {"of": id}
            for field in own:
                self._check_field(kind, field)
                parameters[f"x_{field}"] = batch[field].expected
                parameters[f"v_{field}"] = batch[field].value
            if self._db.changed(self._sql.update(kind, own), parameters) != 1:
                raise ConflictError(
                    f"{', '.join(own)} of {kind.value} {id!r}: not what was expected"
                )
        if kind is Kind.USER and "email" in batch:
            address = _address(batch["email"].value)
            self._db.many(self._sql.set_address, [{"of": id, "to": address}])
        if reword(self._db, kind, id, batch):
            self._removed |= any(change.value == REMOVED for change in batch.values())
        for field, change in batch.items():
            if (kind, field) in _IN_ROWS:
                self._set_rows(change)
        if before is not None:
            after = before._replace(
                **{field: batch[field].value for field in PLACING_FIELDS & batch.keys()}
            )
            self.counts.moved(id, before, after)
        if kind is Kind.STAGE and "folded" in batch:
            self.counts.folded_changed(batch["folded"])

    def _check_field(self, kind: Kind, field: str) -> None:
        if field in ("id", "number", "address") or field not in self._sql.by_kind[kind].c:
            raise InvalidValueError("field", f"of a {kind.value} cannot be {field!r}")

    def _set_rows(self, change: SetField) -> None:
        """A whole set that is kept as rows: tags of a ticket, stages of a team."""
        if change.field == "tags":
            key, column, table = "ticket_id", "tag", "ticket_tags"
            question = self._sql.ticket_tags.many
            delete = self._sql.delete_tag
        else:
            key, column, table = "team_id", "stage_id", "team_stages"
            question = self._sql.team_stages.many
            delete = self._sql.delete_team_stage
            self._hold_stages(change.value)
        present = {row[1] for row in self._db.rows(question, {"ids": [change.id]})}
        if present != change.expected:
            raise ConflictError(
                f"{change.field} of {change.kind.value} {change.id!r}: not what was expected"
            )
        gone, new = present - change.value, change.value - present
        self._db.later(delete, [{key: change.id, column: item} for item in gone])
        self._db.insert(table, [{key: change.id, column: item} for item in new])

    def _hold_stages(self, stage_ids: Iterable[Id]) -> None:
        """Who begins to use a stage waits until a fold of it is done."""
        if not self._db.alone:
            self._db.rows(self._sql.hold_stages, {"ids": sorted(set(stage_ids), key=str)})

    # --- assignments -----------------------------------------------------------------------------

    def _note_assignments(self, changes: Sequence[NoteAssignment]) -> None:
        for change in changes:
            self.counts.of(change.team_id, change.member_id).last_assigned = change.sequence

    def _give_credits(self, changes: Sequence[GiveCredit]) -> None:
        for change in changes:
            self.counts.of(change.team_id, change.member_id).credit += change.tickets

    def _note_catching_up(self, changes: Sequence[NoteCatchingUp]) -> None:
        for change in changes:
            row = attrs.asdict(change.catching_up, recurse=False) | {"team_id": change.team_id}
            self._db.many(self._sql.note_catching_up, [row])

    # --- follows ---------------------------------------------------------------------------------

    def _add_follows(self, changes: Sequence[AddFollow]) -> None:
        kind = self._following(changes)
        self._db.later(self._sql.follow[kind], [_follow_row(change) for change in changes])

    def _remove_follows(self, changes: Sequence[RemoveFollow]) -> None:
        kind = self._following(changes)
        rows = [_follow_row(change) for change in changes]
        if self._db.many(self._sql.unfollow[kind], rows) == len(rows):
            return
        # Not there is fine, as long as what is followed is there.
        question = (self._sql.tickets if kind is Kind.TICKET else self._sql.teams).many
        for id in {change.id for change in changes}:
            if not self._db.rows(question, {"ids": [id]}):
                raise ConflictError(f"there is no {kind.value} {id!r}")

    def _following(self, changes: Sequence[AddFollow] | Sequence[RemoveFollow]) -> Kind:
        kind = changes[0].kind
        if kind not in _FOLLOWABLE:
            raise InvalidValueError("kind", f"of a follow cannot be {kind.value!r}")
        if kind is Kind.TICKET:
            for change in changes:
                self.added.pop(change.id, None)
        return kind

    # --- new things ------------------------------------------------------------------------------

    def _add(self, changes: Sequence[Add]) -> None:
        things: list[Any] = [change.thing for change in changes]
        table = _TABLE_OF[type(things[0])]
        fields = self._sql.names[getattr(self._sql.tables, table)]
        rows = [{name: getattr(thing, name) for name in fields} for thing in things]
        if table == "users":
            rows = [row | {"address": _address(row["email"])} for row in rows]
        self._db.insert(table, rows, f"{_names(things)} cannot be added: ")
        self._db.insert("texts", text_rows(things))
        if table == "tickets":
            self._insert_for(things, "ticket_tags", "ticket_id", "tag", "tags")
            self._db.held_tickets.update(ticket.id for ticket in things)
            for ticket in things:
                self.added[ticket.id] = ticket
                self.counts.moved(ticket.id, None, place_in(ticket))
        elif table == "teams":
            self._hold_stages(stage_id for team in things for stage_id in team.stage_ids)
            self._insert_for(things, "team_stages", "team_id", "stage_id", "stage_ids")
        elif table == "stages":
            self.counts.saw_new_stages(things)
        if table in ("tickets", "teams"):
            key = "ticket_id" if table == "tickets" else "team_id"
            self._db.insert(
                "ticket_follows" if table == "tickets" else "team_follows",
                [
                    {key: thing.id, "user_id": user_id, "source": source}
                    for thing in things
                    for user_id, sources in thing.followers.items()
                    for source in sources
                ],
            )

    def _insert_for(
        self, things: Sequence[Any], table: str, key: str, column: str, field: str
    ) -> None:
        rows = [{key: thing.id, column: item} for thing in things for item in getattr(thing, field)]
        self._db.insert(table, rows)

    # --- the rest --------------------------------------------------------------------------------

    def _delete_stages(self, changes: Sequence[DeleteStage]) -> None:
        self.counts.write()  # those of the stage too, which go with it
        for change in changes:
            key = {"id": change.stage_id}
            if self._db.rows(self._sql.stage_in_use, key)[0][0]:
                raise ConflictError(f"stage {change.stage_id!r} is in use")
            self._db.changed(self._sql.drop_figures, key)
            if not self._db.changed(self._sql.delete_stage, key):
                raise ConflictError(f"there is no stage {change.stage_id!r}")
        self.counts.forget_stages()

    def _discard(self, changes: Sequence[Discard]) -> None:
        self._db.many(self._sql.discard, [attrs.asdict(change) for change in changes])

    def _record_merges(self, changes: Sequence[RecordMerge]) -> None:
        for merge in (change.merge for change in changes):
            self._db.insert("merges", [attrs.asdict(merge, recurse=False)])
            tickets = dict.fromkeys((merge.master_id, *merge.merged_ids))
            self._db.insert(
                "merge_tickets", [{"merge_id": merge.id, "ticket_id": id} for id in tickets]
            )

    def _mark_undone(self, changes: Sequence[MarkUndone]) -> None:
        for change in changes:
            values = {"of": change.merge_id, "undone": change.at}
            if not self._db.changed(self._sql.mark_undone, values):
                raise ConflictError(f"merge {change.merge_id!r} is unknown, or undone already")


_HANDLERS: dict[type, Any] = {
    SetField: Writer._set_fields,
    AddFollow: Writer._add_follows,
    RemoveFollow: Writer._remove_follows,
    Add: Writer._add,
    DeleteStage: Writer._delete_stages,
    NoteAssignment: Writer._note_assignments,
    GiveCredit: Writer._give_credits,
    NoteCatchingUp: Writer._note_catching_up,
    Discard: Writer._discard,
    RecordMerge: Writer._record_merges,
    MarkUndone: Writer._mark_undone,
}


def _address(email: str | None) -> str | None:
    return None if email is None else folded_address(email)


def _batch(change: Change) -> tuple[Any, ...]:
    """What consecutive changes must have in common to be made together."""
    match change:
        case SetField():
            return SetField, change.kind, type(change.id), change.id
        case AddFollow() | RemoveFollow():
            return type(change), change.kind
        case Add() if type(change.thing) in _TABLE_OF:
            return Add, type(change.thing)
    if type(change) not in _HANDLERS or isinstance(change, Add):
        raise RepositoryError(f"a change of type {type(change).__name__} is not known")
    return (type(change),)


def _follow_row(change: AddFollow | RemoveFollow) -> dict[str, Any]:
    name = "ticket_id" if change.kind is Kind.TICKET else "team_id"
    return {name: change.id, "user_id": change.user_id, "source": change.source}


def _names(things: Sequence[Any]) -> str:
    return f"{type(things[0]).__name__} {', '.join(repr(thing.id) for thing in things[:3])}"
