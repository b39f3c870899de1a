"""What a session reads, and what it writes beside changes; see `helpdesk_core.ports.Session`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from helpdesk_core.adapters.sql import listings, removing, searching
from helpdesk_core.adapters.sql.around import Around, look_around
from helpdesk_core.adapters.sql.changes import Writer
from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.rows import (
    grouped,
    made,
    made_before,
    merge_of,
    notification_of,
    outbox_row,
    team_of,
    ticket_of,
    workloads_of,
)
from helpdesk_core.adapters.sql.statements import FIGURES, ByIds
from helpdesk_core.adapters.sql.types import is_id, known_ids
from helpdesk_core.adapters.sql.wording import Proofreader
from helpdesk_core.assignment import Workload
from helpdesk_core.entities import (
    Attachment,
    CatchingUp,
    Id,
    Message,
    Stage,
    System,
    Team,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.errors import ConflictError, InvalidValueError
from helpdesk_core.events import Event
from helpdesk_core.plans import Change, Discard, Merge
from helpdesk_core.ports import (
    DeliveryStatus,
    Figures,
    Miscount,
    Misworded,
    Notification,
    Position,
    Ranked,
    Recorded,
    Remembered,
    TicketFilter,
    WrongFigures,
)
from helpdesk_core.search import Wanted
from helpdesk_core.visibility.scopes import Scope

_T = TypeVar("_T")
_FIGURES = ("team_id", "stage_id", *FIGURES)
_CHUNK = 500  # ids in one statement


class SqlSession:
    """A unit of work over one connection; `helpdesk_core.ports.Session` says what calls mean."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._sql = connection.statements
        self._tables = connection.tables
        self._codec = connection.codec
        self._writer = Writer(connection)
        self._around: Around | None = None

    def lock(self, team_ids: Iterable[Id], ticket_ids: Iterable[Id]) -> frozenset[Id]:
        """On SQLite the writer is alone from its first statement; elsewhere rows are locked."""
        self._db.must_write()
        tickets = self._known(ticket_ids)
        homes = self._among(self._sql.homes, tickets)
        teams = frozenset(self._known([*team_ids, *(row[0] for row in homes)]))
        if not self._db.alone:
            self._among(self._sql.lock_teams, sorted(teams))
            self._among(self._sql.lock_tickets, sorted(tickets))
            self._db.held_teams.update(teams)
            self._db.held_tickets.update(tickets)
        # Who holds one team and no ticket is about to open one there.
        self._around = look_around(self._db, *teams) if len(teams) == 1 and not tickets else None
        return teams

    @property
    def _held(self) -> Around | None:
        """What is known of the team that is held, as long as the session can be used."""
        if self._around is not None:
            self._db.usable()
        return self._around

    # --- people, teams, stages -------------------------------------------------------------------

    def users(self, ids: Collection[Id]) -> Mapping[Id, User]:
        known, held = self._known(ids), self._held
        if held is not None and held.people.keys() >= set(known):
            return {id: held.people[id] for id in known}
        rows = self._among(self._sql.users, ids)
        return self._in_order_of(ids, (self._made(User, self._tables.users, row) for row in rows))

    def eligible_users(self) -> Sequence[User]:
        """In the order in which they came."""
        if (held := self._held) is not None and held.eligible is not None:
            return held.eligible
        users = (
            self._made(User, self._tables.users, row)
            for row in self._db.rows(self._sql.perhaps_eligible)
        )
        return [user for user in users if user.is_eligible]

    def teams(self, ids: Collection[Id] | None = None) -> Mapping[Id, Team]:
        held = self._held
        if held is not None and ids is not None and self._known(ids) == [held.team.id]:
            return {held.team.id: held.team}
        rows = (
            self._db.rows(self._sql.all_teams) if ids is None else self._among(self._sql.teams, ids)
        )
        names = self._sql.names[self._tables.teams]
        teams = [team_of(row, names, self._codec) for row in rows]
        return {team.id: team for team in teams} if ids is None else self._in_order_of(ids, teams)

    def stages(self) -> Sequence[Stage]:
        stages: Sequence[Stage]
        if (held := self._held) is not None:
            stages = held.stages
        else:
            rows = self._db.rows(self._sql.stages)
            stages = [self._made(Stage, self._tables.stages, row) for row in rows]
        self._writer.counts.saw_stages(stages)
        return stages

    # --- tickets ---------------------------------------------------------------------------------

    def tickets(self, ids: Collection[Id]) -> Mapping[Id, Ticket]:
        known, added = self._known(ids), self._writer.added
        if added and added.keys() >= set(known):
            self._db.usable()
            return {id: added[id] for id in known}
        return self._in_order_of(ids, self._full(self._among(self._sql.tickets, ids)))

    def find(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Position | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Sequence[Ticket]:
        checked = None if limit is None else _checked(limit)
        many = listings.many(self._sql, scope, query, checked)
        few = many is not None and not self._db.rows(*many)
        asked = listings.page(self._sql, scope, query, after, checked, newest_first, few=few)
        tickets = self._full(self._db.rows(*asked))
        # They come as they were found, which nobody promises.
        tickets.sort(key=lambda ticket: ticket.place, reverse=newest_first)
        return tickets

    def count(self, scope: Scope, query: TicketFilter) -> int:
        return int(self._db.rows(*listings.count(self._sql, scope, query))[0][0])

    def inactive(
        self, scope: Scope, query: TicketFilter, since: datetime, *, limit: int | None = None
    ) -> Sequence[Ticket]:
        checked = None if limit is None else _checked(limit)
        asked = listings.inactive(self._sql, scope, query, since, checked)
        return sorted(self._full(self._db.rows(*asked)), key=lambda ticket: ticket.place)

    def search(
        self,
        scope: Scope,
        query: TicketFilter,
        wanted: Wanted,
        *,
        internal: bool,
        after: Position | None = None,
        limit: int | None = None,
    ) -> Sequence[Ticket]:
        checked = None if limit is None else _checked(limit)
        asked = searching.page(self._sql, scope, query, wanted, internal, after, checked)
        tickets = self._full(self._db.rows(*asked))
        tickets.sort(key=lambda ticket: ticket.place, reverse=True)
        return tickets

    def count_found(
        self, scope: Scope, query: TicketFilter, wanted: Wanted, *, internal: bool
    ) -> int:
        asked = searching.count(self._sql, scope, query, wanted, internal)
        return int(self._db.rows(*asked)[0][0])

    def figures(self, scope: Scope, query: TicketFilter) -> Sequence[Figures]:
        whole, *named = listings.figures(self._sql, scope, query)
        found = {
            (row[0], row[1]): Figures(**dict(zip(_FIGURES, row, strict=True)))
            for row in self._db.rows(*whole)
            if row[2]  # a row stays when all have left
        }
        for place, tickets in (row for asked in named for row in self._db.rows(*asked)):
            if place is None:
                continue
            *ids, unassigned, waiting = json.loads(place)
            team_id, stage_id = map(self._codec.id_back, ids)
            more = Figures(
                team_id=team_id,
                stage_id=stage_id,
                tickets=tickets,
                unassigned=tickets if unassigned else 0,
                waiting=tickets if waiting else 0,
            )
            before = found.get((team_id, stage_id))
            found[team_id, stage_id] = more if before is None else before.plus(more)
        return list(found.values())

    def in_board_order(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Ranked | None = None,
        limit: int | None = None,
        backwards: bool = False,
    ) -> Sequence[Ticket]:
        checked = None if limit is None else _checked(limit)
        order = listings.IN_COLUMN
        many = listings.many(self._sql, scope, query, checked, order)
        few = many is not None and not self._db.rows(*many)
        asked = listings.page(self._sql, scope, query, after, checked, backwards, order, few=few)
        tickets = self._full(self._db.rows(*asked))
        tickets.sort(key=lambda ticket: (ticket.rank, ticket.id), reverse=backwards)
        return tickets

    def _full(self, rows: Sequence[Any]) -> list[Ticket]:
        names = self._sql.names[self._tables.tickets]
        tickets = [ticket_of(row, names, self._codec) for row in rows]
        self._writer.counts.saw_tickets(tickets)
        return tickets

    def workloads(self, team_id: Id | None) -> Mapping[Id, Workload]:
        held = self._held
        if held is not None and team_id is not None and self._known([team_id]) == [held.team.id]:
            return held.workloads
        if team_id is None:
            rows = self._db.rows(self._sql.all_workloads)
            found = [Workload(member_id=id, total=total, open=open) for id, total, open in rows]
        elif is_id(team_id, self._codec.id_type):
            rows = self._db.rows(self._sql.workloads, {"team_id": team_id})
            found = [Workload(**row._asdict()) for row in rows]
        else:
            found = []
        return workloads_of(found)

    def catching_up(self, team_id: Id) -> CatchingUp | None:
        if not is_id(team_id, self._codec.id_type):
            return None
        rows = self._db.rows(self._sql.catching_up, {"team_id": team_id})
        return CatchingUp(**rows[0]._asdict()) if rows else None

    def messages(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Message]:
        table, rows = self._tables.messages, self._sql.messages
        return self._of_tickets(Message, table, rows, ticket_ids, after, limit)

    def attachments(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Attachment]:
        table, rows = self._tables.attachments, self._sql.attachments
        return self._of_tickets(Attachment, table, rows, ticket_ids, after, limit)

    def time_entries(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[TimeEntry]:
        table, rows = self._tables.time_entries, self._sql.time_entries
        return self._of_tickets(TimeEntry, table, rows, ticket_ids, after, limit)

    def merged_children(self, ticket_ids: Collection[Id]) -> Mapping[Id, Sequence[Id]]:
        return grouped(self._among(self._sql.children, ticket_ids))

    def merges(self, ticket_ids: Collection[Id]) -> Sequence[Merge]:
        rows = {row.sequence: row for row in self._among(self._sql.merges, ticket_ids)}
        return [merge_of(rows[sequence]) for sequence in sorted(rows)]

    def merge(self, merge_id: Id) -> Merge | None:
        if not is_id(merge_id, self._codec.id_type):
            return None
        rows = self._db.rows(self._sql.merge, {"id": merge_id})
        return merge_of(rows[0]) if rows else None

    def discards(self, ticket_ids: Collection[Id]) -> Sequence[Discard]:
        found = [Discard(**row._asdict()) for row in self._among(self._sql.discards, ticket_ids)]
        return list(dict.fromkeys(found))

    # --- writing ---------------------------------------------------------------------------------

    def apply(self, changes: Iterable[Change]) -> None:
        self._around = None
        self._writer.apply(changes)

    def publish(self, events: Iterable[Event], notifications: Iterable[Notification]) -> None:
        self._db.must_write()
        self._db.insert("events", [self._event_row(event) for event in events])
        self._db.insert("outbox", [outbox_row(notification) for notification in notifications])

    def _event_row(self, event: Event) -> dict[str, Any]:
        by = event.by
        return {
            "ticket_id": event.ticket_id,
            "team_id": event.team_id,
            "name": event.name,
            "schema": event.schema,
            "at": event.at,
            "by_id": None if isinstance(by, System) else by,
            "by_system": by.reason if isinstance(by, System) else None,
            "internal": event.internal,
            "data": self._codec.event_data(event),
        }

    # --- history and outbox ----------------------------------------------------------------------

    def history(
        self,
        ticket_ids: Collection[Id],
        *,
        after: int = 0,
        limit: int | None = None,
        at: datetime | None = None,
    ) -> Sequence[Recorded]:
        statement = self._sql.history
        if at is not None:
            statement = statement.where(self._tables.events.c.at == at)
        rows = self._among(ByIds(_limited(statement, limit)), ticket_ids, after=after)
        rows = sorted(rows, key=lambda row: row.sequence)[:limit]
        return [self._recorded(*row) for row in rows]

    def _recorded(
        self,
        sequence: int,
        ticket_id: Id | None,
        team_id: Id | None,
        name: str,
        schema: int,
        at: datetime,
        by_id: Id | None,
        by_system: str | None,
        data: str,
    ) -> Recorded:
        by = by_id if by_system is None else System(reason=by_system)
        event = self._codec.event(
            name, schema, data, at=at, by=by, ticket_id=ticket_id, team_id=team_id
        )
        return Recorded(sequence, event)

    def take(self, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
        self._db.must_write()
        rows = self._db.rows(self._sql.due, {"now": now, "limit": _checked(limit)})
        self._db.many(self._sql.take, [{"of": row.sequence, "until": until} for row in rows])
        return [notification_of(row, attempts=row.attempts + 1, not_before=until) for row in rows]

    def settle(
        self, key: str, status: DeliveryStatus, *, not_before: datetime | None = None
    ) -> None:
        self._db.must_write()
        values = {"of": key, "to": status, "until": not_before}
        if not self._db.changed(self._sql.settle, values):
            raise ConflictError(f"there is no notification {key!r}")

    def outbox(self, *, status: DeliveryStatus | None = None) -> Sequence[Notification]:
        statement = self._sql.outbox
        if status is not None:
            statement = statement.where(self._tables.outbox.c.status == status)
        return [notification_of(row) for row in self._db.rows(statement)]

    def purge(self, before: datetime) -> int:
        self._db.must_write()
        return sum(
            self._db.changed(statement, {"before": before})
            for statement in (self._sql.purge_outbox, self._sql.purge_keys)
        )

    # --- idempotency -----------------------------------------------------------------------------

    def recall(self, key: str) -> Remembered | None:
        if self._db.waits_for_keys:
            self._db.rows(self._sql.wait_for_key, {"key": key})
        rows = self._db.rows(self._sql.recall, {"key": key})
        if not rows:
            return None
        return Remembered(rows[0].digest, self._codec.loads(rows[0].result, Any))

    def remember(self, key: str, remembered: Remembered, at: datetime) -> None:
        self._db.must_write()
        result = self._codec.dumps(remembered.result, Any)
        row = {"key": key, "digest": remembered.digest, "result": result, "at": at}
        self._db.insert("keys", [row])

    # --- removing for legal reasons --------------------------------------------------------------

    def written_by(self, user_id: Id) -> Sequence[Ticket | Message | Attachment | TimeEntry]:
        if not is_id(user_id, self._codec.id_type):
            return []
        found: list[Any] = list(self.tickets(removing.tickets_of(self._db, user_id)).values())
        t = self._tables
        kinds: list[tuple[Any, sa.Table, str]] = [
            (Message, t.messages, "author_id"),
            (Attachment, t.attachments, "author_id"),
            (TimeEntry, t.time_entries, "user_id"),
        ]
        for kind, table, who in kinds:
            rows = self._db.rows(sa.select(*table.c).where(table.c[who] == user_id))
            found += (self._made(kind, table, row) for row in rows)
        return found

    def remembered(self, holding: Collection[Id]) -> Iterable[tuple[str, Remembered]]:
        return removing.remembered(self._db, holding)

    def rewrite(
        self, notifications: Iterable[Notification], remembered: Mapping[str, Remembered]
    ) -> None:
        removing.rewrite(self._db, notifications, remembered)

    # --- operations ------------------------------------------------------------------------------

    def recount(self, *, mend: bool = False) -> Sequence[Miscount | WrongFigures]:
        if mend:
            self._db.must_write()
            self._around = None
        return self._writer.counts.recount(mend=mend)

    def misworded(self, *, mend: bool = False) -> Sequence[Misworded]:
        if mend:
            self._db.must_write()
        return Proofreader(self._db, mend=mend).found()

    def dangling(self) -> Sequence[str]:
        return [
            f"{table} {', '.join(map(repr, row))}"
            for table, statement in self._sql.dangling.items()
            for row in self._db.rows(statement)
        ]

    def attachment_ids(self, *, removed: bool = False) -> Collection[Id]:
        return removing.attachment_ids(self._db, removed=removed)

    # --- helpers ---------------------------------------------------------------------------------

    def _known(self, ids: Iterable[Id]) -> list[Id]:
        return known_ids(ids, self._codec.id_type)

    def _among(self, question: ByIds, ids: Iterable[Id], **parameters: Any) -> list[Any]:
        known = self._known(ids)
        if len(known) == 1 and question.one is not None:
            return list(self._db.rows(question.one, {"id": known[0], **parameters}))
        rows: list[Any] = []
        for start in range(0, len(known), _CHUNK):
            parameters["ids"] = known[start : start + _CHUNK]
            rows += self._db.rows(question.many, parameters)
        return rows

    def _in_order_of(self, ids: Iterable[Id], things: Iterable[_T]) -> dict[Id, _T]:
        found: dict[Id, _T] = {thing.id: thing for thing in things}  # type: ignore[attr-defined]
        return {id: found[id] for id in self._known(ids) if id in found}

    def _of_tickets(
        self,
        kind: type[_T],
        table: sa.Table,
        question: ByIds,
        ticket_ids: Collection[Id],
        after: Position | None,
        limit: int | None,
    ) -> list[_T]:
        if after is None and limit is None:
            rows = self._among(question, ticket_ids)
        else:  # ticket by ticket: so each is read from its index, and no further than the page
            paged = _paged(table, question, after, limit)
            rows = [r for id in self._known(ticket_ids) for r in self._db.rows(paged, {"id": id})]
        rows.sort(key=lambda row: (row.at, row.id))
        return [self._made(kind, table, row) for row in rows[:limit]]

    def _made(self, kind: type[_T], table: sa.Table, row: Any) -> _T:
        make: Any = made_before if issubclass(kind, User | Stage) else made
        thing: _T = make(kind, self._sql.names[table], tuple(row))
        return thing


def _paged(
    table: sa.Table, question: ByIds, after: Position | None, limit: int | None
) -> sa.Select[Any]:
    """Of one ticket, what comes after a place."""
    assert question.one is not None
    place, statement = (table.c.at, table.c.id), question.one
    if after is not None:
        statement = statement.where(sa.tuple_(*place) > _mark(after, place))
    return _limited(statement.order_by(*place), limit)


def _mark(after: Position, place: tuple[sa.Column[Any], ...]) -> sa.Tuple:
    return sa.tuple_(
        sa.literal(after.created_at, place[0].type), sa.literal(after.id, place[1].type)
    )


def _limited(statement: sa.Select[Any], limit: int | None) -> sa.Select[Any]:
    return statement if limit is None else statement.limit(_checked(limit))


def _checked(limit: int) -> int:
    if limit < 0:  # for SQLite, a negative limit is none
        raise InvalidValueError("limit", "must not be negative")
    return limit
