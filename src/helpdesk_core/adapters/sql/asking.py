"""What a session asks of people, teams, stages and tickets; see `helpdesk_core.ports.Session`."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from helpdesk_core.adapters.sql import listings, searching
from helpdesk_core.adapters.sql.around import Around, look_around
from helpdesk_core.adapters.sql.changes import Writer
from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.rows import (
    figures_in,
    grouped,
    made,
    made_before,
    merge_of,
    team_of,
    ticket_of,
    workloads_of,
)
from helpdesk_core.adapters.sql.statements import ByIds
from helpdesk_core.adapters.sql.types import is_id, known_ids
from helpdesk_core.assignment import Workload
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
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.mail_ids import folded_address
from helpdesk_core.plans import Discard, Merge
from helpdesk_core.ports import (
    Figures,
    Position,
    Ranked,
    TicketFilter,
)
from helpdesk_core.search import Wanted
from helpdesk_core.visibility.scopes import Scope

_T = TypeVar("_T")
_CHUNK = 500  # ids in one statement


class Asking:
    """The part of a session that asks what there is now."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._sql = connection.statements
        self._tables = connection.tables
        self._codec = connection.codec
        self._writer = Writer(connection)
        self._around: Around | None = None

    @property
    def connection(self) -> Connection:
        """What runs the statements, for what the library keeps beside the help desk."""
        return self._db

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
        return self._page(scope, query, after, limit, newest_first, listings.IN_TIME)

    def count(self, scope: Scope, query: TicketFilter) -> int:
        return int(self._db.rows(*listings.count(self._sql, scope, query))[0][0])

    def inactive(
        self, scope: Scope, query: TicketFilter, since: datetime, *, limit: int | None = None
    ) -> Sequence[Ticket]:
        checked = None if limit is None else checked_limit(limit)
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
        checked = None if limit is None else checked_limit(limit)
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
        one_by_one = [row for asked in named for row in self._db.rows(*asked)]
        return figures_in(self._db.rows(*whole), one_by_one, self._codec)

    def in_board_order(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Ranked | None = None,
        limit: int | None = None,
        backwards: bool = False,
    ) -> Sequence[Ticket]:
        return self._page(scope, query, after, limit, backwards, listings.IN_COLUMN)

    def _page(
        self,
        scope: Scope,
        query: TicketFilter,
        after: Position | Ranked | None,
        limit: int | None,
        backwards: bool,
        order: tuple[str, str],
    ) -> Sequence[Ticket]:
        checked = None if limit is None else checked_limit(limit)
        many = listings.many(self._sql, scope, query, checked, order)
        few = many is not None and not self._db.rows(*many)
        asked = listings.page(self._sql, scope, query, after, checked, backwards, order, few=few)
        tickets = self._full(self._db.rows(*asked))
        # They come as they were found, which nobody promises.
        tickets.sort(key=operator.attrgetter(*order), reverse=backwards)
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

    def mails(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[ReceivedMail]:
        table, rows = self._tables.mails, self._sql.mails
        return self._of_tickets(ReceivedMail, table, rows, ticket_ids, after, limit)

    def mails_named(self, mail_ids: Collection[str]) -> Sequence[ReceivedMail]:
        wanted = list(dict.fromkeys(mail_ids))
        rows = self._db.rows(self._sql.mails_named, {"ids": wanted}) if wanted else []
        return self._mails(rows)

    def mails_of(self, sender_id: Id, since: datetime) -> Sequence[ReceivedMail]:
        if not is_id(sender_id, self._codec.id_type):
            return []
        return self._mails(self._db.rows(self._sql.mails_of, {"id": sender_id, "since": since}))

    def _mails(self, rows: Iterable[Any]) -> list[ReceivedMail]:
        mails = [self._made(ReceivedMail, self._tables.mails, row) for row in rows]
        return sorted(mails, key=lambda mail: (mail.at, mail.id))

    def users_at(self, email: str) -> Sequence[User]:
        rows = self._db.rows(self._sql.users_at, {"address": folded_address(email)})
        return [self._made(User, self._tables.users, row) for row in rows]

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
    return limited(statement.order_by(*place), limit)


def _mark(after: Position, place: tuple[sa.Column[Any], ...]) -> sa.Tuple:
    return sa.tuple_(
        sa.literal(after.created_at, place[0].type), sa.literal(after.id, place[1].type)
    )


def limited(statement: sa.Select[Any], limit: int | None) -> sa.Select[Any]:
    return statement if limit is None else statement.limit(checked_limit(limit))


def checked_limit(limit: int) -> int:
    if limit < 0:  # for SQLite, a negative limit is none
        raise InvalidValueError("limit", "must not be negative")
    return limit
