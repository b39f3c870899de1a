"""What a session asks of people, teams, stages and tickets; see `helpdesk_core.ports.Session`."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Count, Exists, OuterRef, Q, Sum

from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.changes import Writer
from helpdesk_core.adapters.django.rows import (
    MODEL_OF,
    address_of,
    is_id,
    known_ids,
    made,
    things,
    values_in,
)
from helpdesk_core.adapters.django.scopes import asked, beyond, inside, with_words
from helpdesk_core.adapters.django.transactions import Work
from helpdesk_core.assignment import Workload
from helpdesk_core.entities import (
    Attachment,
    CatchingUp,
    FollowSource,
    Id,
    Message,
    ReceivedMail,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
    UserKind,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.plans import Discard, Merge
from helpdesk_core.ports import Figures, Position, Ranked, TicketFilter
from helpdesk_core.search import Wanted
from helpdesk_core.visibility.scopes import Scope

_T = TypeVar("_T")
_CHUNK = 500  # ids in one statement
_IN_TIME, _IN_COLUMN, _BY_MOMENT = ("created_at", "id"), ("rank", "id"), ("at", "id")


class Asking:
    """The part of a session that asks what there is now."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._writer = Writer(work)

    def lock(self, team_ids: Iterable[Id], ticket_ids: Iterable[Id]) -> frozenset[Id]:
        """On SQLite the writer is alone from its first statement; elsewhere rows are locked."""
        self._work.must_write()
        tickets = known_ids(ticket_ids)
        teams = set(known_ids(team_ids))
        for some in _chunks(tickets):
            homes = self._among(models.Ticket, "id", some)
            teams.update(homes.values_list("team_id", flat=True))
        self._work.hold(models.Team, teams)
        self._work.hold(models.Ticket, tickets)
        return frozenset(teams)

    # --- people, teams, stages -------------------------------------------------------------------

    def users(self, ids: Collection[Id]) -> Mapping[Id, User]:
        return self._by_id(User, ids)

    def eligible_users(self) -> Sequence[User]:
        """In the order of their ids."""
        # Narrowed here, decided by `User.is_eligible`: the rule itself is not said twice.
        rows = self._work.rows(models.User).filter(kind=UserKind.INTERNAL.value, active=True)
        return [user for user in things(User, rows.order_by("id")) if user.is_eligible]

    def teams(self, ids: Collection[Id] | None = None) -> Mapping[Id, Team]:
        if ids is None:
            rows = self._work.rows(models.Team)
            found = self._teams(rows.order_by("id"), Q())
            return {team.id: team for team in found}
        known = known_ids(ids)
        parts = [
            self._teams(self._work.rows(models.Team).filter(id__in=some), Q(team_id__in=some))
            for some in _chunks(known)
        ]
        return _in_order(known, itertools.chain.from_iterable(parts))

    def _teams(self, rows: Any, of_these: Q) -> list[Team]:
        stages = self._work.rows(models.TeamStage).filter(of_these)
        stage_ids = _grouped(stages.values_list("team_id", "stage_id"))
        followers = self._followers(models.TeamFollow, "team_id", of_these)
        return things(Team, rows, stage_ids=stage_ids, followers=followers)

    def stages(self) -> Sequence[Stage]:
        return things(Stage, self._work.rows(models.Stage).order_by("position", "id"))

    # --- tickets ---------------------------------------------------------------------------------

    def tickets(self, ids: Collection[Id]) -> Mapping[Id, Ticket]:
        known = known_ids(ids)
        found = [self._tickets(self._among(models.Ticket, "id", some)) for some in _chunks(known)]
        return _in_order(known, itertools.chain.from_iterable(found))

    def _tickets(self, rows: Any) -> list[Ticket]:
        """The tickets in these rows, in this order, with what hangs on them."""
        plain = values_in(Ticket, rows)
        tags: dict[Id, list[str]] = {}
        followers: dict[Id, Any] = {}
        for some in _chunks([id for id, *_ in plain]):
            of_these = Q(ticket_id__in=some)
            found = self._work.rows(models.TicketTag).filter(of_these)
            tags |= _grouped(found.values_list("ticket_id", "tag"))
            followers |= self._followers(models.TicketFollow, "ticket_id", of_these)
        return made(Ticket, plain, tags=tags, followers=followers)

    def find(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Position | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Sequence[Ticket]:
        place = None if after is None else (after.created_at, after.id)
        return self._page(self._matching(scope, query), _IN_TIME, place, limit, newest_first)

    def count(self, scope: Scope, query: TicketFilter) -> int:
        return int(self._matching(scope, query).count())

    def figures(self, scope: Scope, query: TicketFilter) -> Sequence[Figures]:
        counted = self._matching(scope, query).values("team_id", "stage_id").order_by()
        counted = counted.annotate(
            tickets=Count("pk"),
            unassigned=Count("pk", filter=Q(assignee_id__isnull=True)),
            waits=Count("pk", filter=Q(waiting=True)),
        )
        return [Figures(waiting=row.pop("waits"), **row) for row in counted]

    def in_board_order(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Ranked | None = None,
        limit: int | None = None,
        backwards: bool = False,
    ) -> Sequence[Ticket]:
        place = None if after is None else (after.rank, after.id)
        return self._page(self._matching(scope, query), _IN_COLUMN, place, limit, backwards)

    def inactive(
        self, scope: Scope, query: TicketFilter, since: datetime, *, limit: int | None = None
    ) -> Sequence[Ticket]:
        happened = models.RecordedEvent.objects.filter(ticket_id=OuterRef("pk"), at__gt=since)
        rows = self._matching(scope, query).filter(~Exists(happened), created_at__lte=since)
        return self._page(rows, _IN_TIME, None, limit, False)

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
        place = None if after is None else (after.created_at, after.id)
        rows = self._found(scope, query, wanted, internal)
        return self._page(rows, _IN_TIME, place, limit, True)

    def count_found(
        self, scope: Scope, query: TicketFilter, wanted: Wanted, *, internal: bool
    ) -> int:
        return int(self._found(scope, query, wanted, internal).count())

    def _found(self, scope: Scope, query: TicketFilter, wanted: Wanted, internal: bool) -> Any:
        words = with_words(scope, wanted, internal, self._work.using)
        return self._matching(scope, query).filter(words)

    def _matching(self, scope: Scope, query: TicketFilter) -> Any:
        return self._work.rows(models.Ticket).filter(inside(scope), asked(query))

    def _page(
        self,
        rows: Any,
        order: tuple[str, str],
        after: tuple[Any, Any] | None,
        limit: int | None,
        backwards: bool,
    ) -> list[Ticket]:
        if after is not None:
            rows = rows.filter(beyond(order, after, before=backwards))
        rows = rows.order_by(*(f"-{name}" if backwards else name for name in order))
        return self._tickets(limited(rows, limit))

    def workloads(self, team_id: Id | None) -> Mapping[Id, Workload]:
        rows = self._work.rows(models.Workload)
        found: Iterable[Mapping[str, Any]]
        if team_id is None:
            sums = {"sum_total": Sum("total"), "sum_open": Sum("open")}
            found = rows.values("member_id").order_by().annotate(**sums)
            found = ({key.removeprefix("sum_"): n for key, n in row.items()} for row in found)
        else:
            names = ("member_id", "total", "open", "credit", "last_assigned")
            found = rows.filter(team_id=team_id).values(*names) if is_id(team_id) else ()
        loads = [Workload(**row) for row in found]
        # A row is kept for all who ever had a ticket; what says nothing is left out.
        return {
            load.member_id: load
            for load in loads
            if load.total or load.credit or load.last_assigned is not None
        }

    def catching_up(self, team_id: Id) -> CatchingUp | None:
        if not is_id(team_id):
            return None
        rows = self._work.rows(models.CatchingUp).filter(team_id=team_id)
        return next(iter(things(CatchingUp, rows)), None)

    # --- what hangs on tickets -------------------------------------------------------------------

    def messages(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Message]:
        return self._of_tickets(Message, ticket_ids, after, limit)

    def attachments(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Attachment]:
        return self._of_tickets(Attachment, ticket_ids, after, limit)

    def time_entries(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[TimeEntry]:
        return self._of_tickets(TimeEntry, ticket_ids, after, limit)

    def mails(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[ReceivedMail]:
        return self._of_tickets(ReceivedMail, ticket_ids, after, limit)

    def _of_tickets(
        self, kind: type[_T], ticket_ids: Collection[Id], after: Position | None, limit: int | None
    ) -> list[_T]:
        found: list[Any] = []
        for some in _chunks(known_ids(ticket_ids)):
            rows = self._among(MODEL_OF[kind], "ticket_id", some)
            if after is not None:
                rows = rows.filter(beyond(_BY_MOMENT, (after.created_at, after.id)))
            found += things(kind, limited(rows.order_by(*_BY_MOMENT), limit))
        return sorted(found, key=operator.attrgetter(*_BY_MOMENT))[:limit]

    def mails_named(self, mail_ids: Collection[str]) -> Sequence[ReceivedMail]:
        found: list[ReceivedMail] = []
        for some in _chunks(list(dict.fromkeys(mail_ids))):
            found += things(ReceivedMail, self._among(models.ReceivedMail, "mail_id", some))
        return sorted(found, key=operator.attrgetter(*_BY_MOMENT))

    def mails_of(self, sender_id: Id, since: datetime) -> Sequence[ReceivedMail]:
        if not is_id(sender_id):
            return []
        rows = self._work.rows(models.ReceivedMail).filter(sender_id=sender_id, at__gte=since)
        return things(ReceivedMail, rows.order_by(*_BY_MOMENT))

    def users_at(self, email: str) -> Sequence[User]:
        rows = self._work.rows(models.User).filter(address=address_of(email))
        return things(User, rows.order_by("id"))

    def merged_children(self, ticket_ids: Collection[Id]) -> Mapping[Id, Sequence[Id]]:
        found: dict[Id, list[Id]] = {}
        for some in _chunks(known_ids(ticket_ids)):
            rows = self._among(models.Ticket, "merged_into_id", some).order_by(*_IN_TIME)
            found |= _grouped(rows.values_list("merged_into_id", "id"))
        return found

    def merges(self, ticket_ids: Collection[Id]) -> Sequence[Merge]:
        places: set[int] = set()
        for some in _chunks(known_ids(ticket_ids)):
            of_these = self._among(models.MergedTicket, "ticket_id", some).values("merge_id")
            rows = self._among(models.MergeRecord, "id", of_these)
            places.update(rows.values_list("sequence", flat=True))
        found: list[Merge] = []
        for these in _chunks(sorted(places)):
            rows = self._among(models.MergeRecord, "sequence", these)
            found += things(Merge, rows.order_by("sequence"))
        return found

    def merge(self, merge_id: Id) -> Merge | None:
        if not is_id(merge_id):
            return None
        rows = self._work.rows(models.MergeRecord).filter(id=merge_id)
        return next(iter(things(Merge, rows)), None)

    def discards(self, ticket_ids: Collection[Id]) -> Sequence[Discard]:
        found: list[Discard] = []
        for some in _chunks(known_ids(ticket_ids)):
            either = Q(first_id__in=some) | Q(second_id__in=some)
            found += things(Discard, self._work.rows(models.Discard).filter(either))
        return list(dict.fromkeys(found))

    # --- helpers ---------------------------------------------------------------------------------

    def _among(self, model: Any, name: str, values: Any) -> Any:
        return self._work.rows(model).filter(**{f"{name}__in": values})

    def _by_id(self, kind: type[_T], ids: Iterable[Id]) -> dict[Id, _T]:
        known = known_ids(ids)
        parts = (things(kind, self._among(MODEL_OF[kind], "id", some)) for some in _chunks(known))
        return _in_order(known, itertools.chain.from_iterable(parts))

    def _followers(self, model: Any, name: str, of_these: Q) -> dict[Id, Any]:
        found: dict[Id, dict[Id, set[FollowSource]]] = {}
        rows = self._work.rows(model).filter(of_these).order_by("pk")
        for id, user_id, source in rows.values_list(name, "user_id", "source"):
            found.setdefault(id, {}).setdefault(user_id, set()).add(FollowSource(source))
        return found


def limited(rows: Any, limit: int | None) -> Any:
    """The first of these rows, so many."""
    if limit is None:
        return rows
    if limit < 0:
        raise InvalidValueError("limit", "must not be negative")
    return rows[:limit]


def _chunks(ids: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for of, item in pairs:
        groups.setdefault(of, []).append(item)
    return groups


def _in_order(ids: Iterable[Id], found: Iterable[Any]) -> dict[Id, Any]:
    by_id = {thing.id: thing for thing in found}
    return {id: by_id[id] for id in ids if id in by_id}
