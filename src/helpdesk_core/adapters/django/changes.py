"""How changes are made: consecutive changes of one kind become one statement."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q

from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.counts import PLACING_FIELDS, Counts, place_in
from helpdesk_core.adapters.django.rows import (
    COLUMNS,
    ENTITY_OF,
    MODEL_OF,
    address_of,
    known_ids,
    row_of,
    values_of,
    words_text,
)
from helpdesk_core.adapters.django.transactions import Work, translated
from helpdesk_core.adapters.settling import settled
from helpdesk_core.entities import Id, Stage, Team, Ticket
from helpdesk_core.errors import ConflictError, InvalidValueError, RepositoryError
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Change,
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
from helpdesk_core.search import opening_text

#: Fields that are rows of another table: the model, what they hang on, and what they hold.
_IN_ROWS: dict[tuple[Kind, str], tuple[Any, str, str]] = {
    (Kind.TICKET, "tags"): (models.TicketTag, "ticket_id", "tag"),
    (Kind.TEAM, "stage_ids"): (models.TeamStage, "team_id", "stage_id"),
}
_FOLLOWS: dict[Kind, tuple[Any, str, Any]] = {
    Kind.TICKET: (models.TicketFollow, "ticket_id", models.Ticket),
    Kind.TEAM: (models.TeamFollow, "team_id", models.Team),
}
_CHUNK = 100  # follows in one statement


class Writer:
    """Makes the changes of one session."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.counts = Counts(work)

    def apply(self, changes: Iterable[Change]) -> None:
        """Make the changes in order, then correct the counts; all of them or none."""
        self._work.must_write()
        try:
            with self._work.all_or_nothing():
                for (kind, *_), group in itertools.groupby(settled(changes), key=_batch):
                    _HANDLERS[kind](self, list(group))
                self.counts.write()
        finally:
            self.counts.forget()

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
        if kind is Kind.STAGE and "folded" in batch:
            self.counts.hold_teams_using(id)
        before = None
        if kind is Kind.TICKET and not PLACING_FIELDS.isdisjoint(batch):
            before = self.counts.place_of(id)
        if own := [change for change in batch.values() if (kind, change.field) not in _IN_ROWS]:
            self._update(kind, id, own)
        for change in batch.values():
            if (kind, change.field) in _IN_ROWS:
                self._set_rows(change)
        self._reword(kind, id, batch)
        if before is not None:
            placed = PLACING_FIELDS & batch.keys()
            after = before._replace(**{field: batch[field].value for field in placed})
            self.counts.moved(before, after)
        if kind is Kind.STAGE and "folded" in batch:
            self.counts.folded_changed(batch["folded"])

    def _update(self, kind: Kind, id: Id, changes: Sequence[SetField]) -> None:
        columns = COLUMNS[ENTITY_OF[kind]]
        expected, values = {}, {}
        for change in changes:
            if change.field == "id" or change.field not in columns:
                raise InvalidValueError("field", f"of a {kind.value} cannot be {change.field!r}")
            column = columns[change.field]
            expected[column.name] = column.out(change.expected)
            values[column.name] = column.out(change.value)
        if kind is Kind.USER and "email" in values:
            values["address"] = address_of(values["email"])
        rows = self._work.rows(MODEL_OF[ENTITY_OF[kind]]).filter(id=id, **expected)
        if rows.update(**values) != 1:
            names = ", ".join(change.field for change in changes)
            raise ConflictError(f"{names} of {kind.value} {id!r}: not what was expected")

    def _reword(self, kind: Kind, id: Id, batch: dict[str, SetField]) -> None:
        """Keep the words of a text that has just been changed."""
        if kind is Kind.TICKET and not {"subject", "description"}.isdisjoint(batch):
            rows = self._work.rows(models.Ticket).filter(pk=id)
            opened = rows.values_list("subject", "description").get()
            rows.update(words=words_text(opening_text(*opened)))
        if kind is Kind.MESSAGE and "body" in batch:
            rows = self._work.rows(models.Message).filter(pk=id)
            rows.update(words=words_text(batch["body"].value))

    def _set_rows(self, change: SetField) -> None:
        """A whole set that is kept as rows: tags of a ticket, stages of a team."""
        model, key, column = _IN_ROWS[change.kind, change.field]
        if model is models.TeamStage:
            self._hold_stages(change.value)
        rows = self._work.rows(model).filter(**{key: change.id})
        present = set(rows.values_list(column, flat=True))
        if present != change.expected:
            raise ConflictError(
                f"{change.field} of {change.kind.value} {change.id!r}: not what was expected"
            )
        if gone := present - change.value:
            rows.filter(**{f"{column}__in": gone}).delete()
        new = sorted(change.value - present)
        self._insert(model, [{key: change.id, column: item} for item in new])

    def _hold_stages(self, stage_ids: Iterable[Id]) -> None:
        """Who begins to use a stage waits until a fold of it is done."""
        self._work.hold(models.Stage, stage_ids)

    # --- assignments -----------------------------------------------------------------------------

    def _note_assignments(self, changes: Sequence[NoteAssignment]) -> None:
        for change in changes:
            self.counts.of(change.team_id, change.member_id).last_assigned = change.sequence

    def _give_credits(self, changes: Sequence[GiveCredit]) -> None:
        for change in changes:
            self.counts.of(change.team_id, change.member_id).credit += change.tickets

    def _note_catching_up(self, changes: Sequence[NoteCatchingUp]) -> None:
        for change in changes:
            values = values_of(change.catching_up)
            rows = self._work.rows(models.CatchingUp)
            if not rows.filter(team_id=change.team_id).update(**values):
                rows.create(team_id=change.team_id, **values)

    # --- follows ---------------------------------------------------------------------------------

    def _add_follows(self, changes: Sequence[AddFollow]) -> None:
        model, key, followed = self._following(changes)
        self._must_be_there(followed, changes)
        rows = [{key: c.id, "user_id": c.user_id, "source": c.source.value} for c in changes]
        self._insert(model, rows, ignore_conflicts=True)

    def _remove_follows(self, changes: Sequence[RemoveFollow]) -> None:
        model, key, followed = self._following(changes)
        gone = 0
        for start in range(0, len(changes), _CHUNK):
            these = [
                Q(**{key: c.id, "user_id": c.user_id, "source": c.source.value})
                for c in changes[start : start + _CHUNK]
            ]
            number, _ = (
                self._work.rows(model).filter(functools.reduce(operator.or_, these)).delete()
            )
            gone += number
        if gone != len(changes):
            # Not there is fine, as long as what is followed is there.
            self._must_be_there(followed, changes)

    def _following(self, changes: Sequence[AddFollow] | Sequence[RemoveFollow]) -> Any:
        kind = changes[0].kind
        if kind not in _FOLLOWS:
            raise InvalidValueError("kind", f"of a follow cannot be {kind.value!r}")
        return _FOLLOWS[kind]

    def _must_be_there(self, model: Any, changes: Sequence[AddFollow | RemoveFollow]) -> None:
        ids = known_ids(change.id for change in changes)
        known = set(self._work.among(model, "pk", ids).values_list("pk", flat=True))
        for change in changes:
            if change.id not in known:
                raise ConflictError(f"there is no {change.kind.value} {change.id!r}")

    # --- new things ------------------------------------------------------------------------------

    def _add(self, changes: Sequence[Add]) -> None:
        things: list[Any] = [change.thing for change in changes]
        kind = type(things[0])
        rows = [row_of(thing) for thing in things]
        try:
            with translated():
                self._work.rows(MODEL_OF[kind]).bulk_create(rows)
        except ConflictError as error:
            names = ", ".join(repr(thing.id) for thing in things[:3])
            raise ConflictError(f"{kind.__name__} {names} cannot be added: {error}") from None
        if kind is Ticket:
            self._insert_for(things, Kind.TICKET, "tags")
            self._insert_followers(things, Kind.TICKET)
            for ticket in things:
                self.counts.moved(None, place_in(ticket))
        elif kind is Team:
            self._hold_stages(stage_id for team in things for stage_id in team.stage_ids)
            self._insert_for(things, Kind.TEAM, "stage_ids")
            self._insert_followers(things, Kind.TEAM)
        elif kind is Stage:
            self.counts.forget_stages()

    def _insert_for(self, things: Sequence[Any], kind: Kind, field: str) -> None:
        model, key, column = _IN_ROWS[kind, field]
        rows = [{key: one.id, column: item} for one in things for item in getattr(one, field)]
        self._insert(model, rows)

    def _insert_followers(self, things: Sequence[Any], kind: Kind) -> None:
        model, key, _ = _FOLLOWS[kind]
        rows = [
            {key: thing.id, "user_id": user_id, "source": source.value}
            for thing in things
            for user_id, sources in thing.followers.items()
            for source in sources
        ]
        self._insert(model, rows)

    def _insert(self, model: Any, rows: Sequence[dict[str, Any]], **options: Any) -> None:
        if rows:
            self._work.rows(model).bulk_create([model(**row) for row in rows], **options)

    # --- the rest --------------------------------------------------------------------------------

    def _delete_stages(self, changes: Sequence[DeleteStage]) -> None:
        for change in changes:
            id = change.stage_id
            for model in (models.Ticket, models.TeamStage):
                if self._work.rows(model).filter(stage_id=id).exists():
                    raise ConflictError(f"stage {id!r} is in use")
            gone, _ = self._work.rows(models.Stage).filter(pk=id).delete()
            if not gone:
                raise ConflictError(f"there is no stage {id!r}")
        self.counts.forget_stages()

    def _discard(self, changes: Sequence[Discard]) -> None:
        for change in changes:
            values = values_of(change)
            pair = {name: values.pop(name) for name in ("first_id", "second_id")}
            self._work.rows(models.Discard).update_or_create(defaults=values, **pair)

    def _record_merges(self, changes: Sequence[RecordMerge]) -> None:
        for merge in (change.merge for change in changes):
            self._work.rows(models.MergeRecord).bulk_create([row_of(merge)])
            tickets = dict.fromkeys((merge.master_id, *merge.merged_ids))
            self._insert(
                models.MergedTicket, [{"merge_id": merge.id, "ticket_id": id} for id in tickets]
            )

    def _mark_undone(self, changes: Sequence[MarkUndone]) -> None:
        for change in changes:
            rows = self._work.rows(models.MergeRecord)
            rows = rows.filter(id=change.merge_id, undone_at__isnull=True)
            if not rows.update(undone_at=change.at):
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
_ADDED = frozenset(ENTITY_OF.values()) - {Merge}


def _batch(change: Change) -> tuple[Any, ...]:
    """What consecutive changes must have in common to be made together."""
    match change:
        case SetField():
            return SetField, change.kind, type(change.id), change.id
        case AddFollow() | RemoveFollow():
            return type(change), change.kind
        case Add() if type(change.thing) in _ADDED:
            return Add, type(change.thing)
    if type(change) not in _HANDLERS or isinstance(change, Add):
        raise RepositoryError(f"a change of type {type(change).__name__} is not known")
    return (type(change),)
