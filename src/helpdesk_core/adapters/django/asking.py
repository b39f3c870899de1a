"""What a session asks of people, teams, stages and tickets; see `helpdesk_core.ports.Session`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Count, Exists, OuterRef, Q, Sum

from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.changes import Writer
from helpdesk_core.adapters.django.fields import is_id
from helpdesk_core.adapters.django.rows import (
    MODEL_OF,
    address_of,
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
        if tickets:
            homes = self._work.among(models.Ticket, "id", tickets)
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
            every = (self._work.rows(m) for m in (models.Team, models.TeamStage, models.TeamFollow))
            return {team.id: team for team in _teams(*every)}
        if not (known := known_ids(ids)):
            return {}
        found = _teams(
            self._work.among(models.Team, "id", known),
            self._work.among(models.TeamStage, "team_id", known),
            self._work.among(models.TeamFollow, "team_id", known),
        )
        return _in_order(known, found)

    def stages(self) -> Sequence[Stage]:
        return things(Stage, self._work.rows(models.Stage).order_by("position", "id"))

    # --- tickets ---------------------------------------------------------------------------------

    def tickets(self, ids: Collection[Id]) -> Mapping[Id, Ticket]:
        known = known_ids(ids)
        found = self._tickets(self._work.among(models.Ticket, "id", known)) if known else ()
        return _in_order(known, found)

    def _tickets(self, rows: Any) -> list[Ticket]:
        """The tickets in these rows, in this order, with what hangs on them."""
        plain = values_in(Ticket, rows)
        ids = [id for id, *_ in plain]
        if not ids:
            return []
        tags = self._work.among(models.TicketTag, "ticket_id", ids)
        follows = self._work.among(models.TicketFollow, "ticket_id", ids)
        return made(
            Ticket,
            plain,
            tags=_grouped(tags.values_list("ticket_id", "tag")),
            followers=_followers(follows, "ticket_id"),
        )

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
        if not (known := known_ids(ticket_ids)):
            return []
        rows = self._work.among(MODEL_OF[kind], "ticket_id", known)
        if after is not None:
            rows = rows.filter(beyond(_BY_MOMENT, (after.created_at, after.id)))
        return things(kind, limited(rows.order_by(*_BY_MOMENT), limit))

    def mails_named(self, mail_ids: Collection[str]) -> Sequence[ReceivedMail]:
        rows = self._work.among(models.ReceivedMail, "mail_id", set(mail_ids))
        return things(ReceivedMail, rows.order_by(*_BY_MOMENT))

    def mails_of(self, sender_id: Id, since: datetime) -> Sequence[ReceivedMail]:
        if not is_id(sender_id):
            return []
        rows = self._work.rows(models.ReceivedMail).filter(sender_id=sender_id, at__gte=since)
        return things(ReceivedMail, rows.order_by(*_BY_MOMENT))

    def users_at(self, email: str) -> Sequence[User]:
        rows = self._work.rows(models.User).filter(address=address_of(email))
        return things(User, rows.order_by("id"))

    def merged_children(self, ticket_ids: Collection[Id]) -> Mapping[Id, Sequence[Id]]:
        rows = self._work.among(models.Ticket, "merged_into_id", known_ids(ticket_ids))
        return _grouped(rows.order_by(*_IN_TIME).values_list("merged_into_id", "id"))

    def merges(self, ticket_ids: Collection[Id]) -> Sequence[Merge]:
        of_these = self._work.among(models.MergedTicket, "ticket_id", known_ids(ticket_ids))
        rows = self._work.rows(models.MergeRecord).filter(id__in=of_these.values("merge_id"))
        return things(Merge, rows.order_by("sequence"))

    def merge(self, merge_id: Id) -> Merge | None:
        if not is_id(merge_id):
            return None
        rows = self._work.rows(models.MergeRecord).filter(id=merge_id)
        return next(iter(things(Merge, rows)), None)

    def discards(self, ticket_ids: Collection[Id]) -> Sequence[Discard]:
        known = known_ids(ticket_ids)
        first = self._work.among(models.Discard, "first_id", known)
        second = self._work.among(models.Discard, "second_id", known)
        return list(dict.fromkeys([*things(Discard, first), *things(Discard, second)]))

    def _by_id(self, kind: type[_T], ids: Iterable[Id]) -> dict[Id, _T]:
        known = known_ids(ids)
        return _in_order(known, things(kind, self._work.among(MODEL_OF[kind], "id", known)))


def limited(rows: Any, limit: int | None) -> Any:
    """The first of these rows, so many."""
    if limit is None:
        return rows
    if limit < 0:
        raise InvalidValueError("limit", "must not be negative")
    return rows[:limit]


def _teams(rows: Any, stages: Any, follows: Any) -> list[Team]:
    stage_ids = _grouped(stages.values_list("team_id", "stage_id"))
    followers = _followers(follows, "team_id")
    return things(Team, rows.order_by("id"), stage_ids=stage_ids, followers=followers)


def _followers(rows: Any, name: str) -> dict[Id, Any]:
    """Who follows, and why, by what is followed."""
    found: dict[Id, dict[Id, set[FollowSource]]] = {}
    for id, user_id, source in rows.order_by("pk").values_list(name, "user_id", "source"):
        found.setdefault(id, {}).setdefault(user_id, set()).add(FollowSource(source))
    return found


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for of, item in pairs:
        groups.setdefault(of, []).append(item)
    return groups


def _in_order(ids: Iterable[Id], found: Iterable[Any]) -> dict[Id, Any]:
    by_id = {thing.id: thing for thing in found}
    return {id: by_id[id] for id in ids if id in by_id}
