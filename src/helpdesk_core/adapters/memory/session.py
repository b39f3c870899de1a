"""A unit of work over what is kept in memory."""

from __future__ import annotations

import operator
import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import attrs

from helpdesk_core.adapters.memory import lending
from helpdesk_core.adapters.memory.listing import by_time, in_column, listed, of_tickets, those
from helpdesk_core.adapters.memory.state import HANDLERS, State
from helpdesk_core.adapters.plain_search import with_words
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
from helpdesk_core.errors import ConflictError, RepositoryError
from helpdesk_core.events import Event
from helpdesk_core.mail_ids import folded_address
from helpdesk_core.plans import (
    Change,
    Discard,
    Merge,
)
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
from helpdesk_core.stages.boards import figures_of
from helpdesk_core.visibility.scopes import Scope, select

_T = TypeVar("_T")


class MemorySession:
    """One unit of work over a state; see `helpdesk_core.ports.Session` for what each call means."""

    def __init__(self, state: State) -> None:
        self._kept: State | None = state
        self._thread = threading.get_ident()

    @property
    def _state(self) -> State:
        if self._kept is None:
            raise RepositoryError("the session has ended")
        if self._thread != threading.get_ident():
            raise RepositoryError("a session belongs to the thread that opened it")
        return self._kept

    def close(self) -> None:
        """The session ended: whoever still holds it can do nothing with it."""
        self._kept = None

    def lock(self, team_ids: Iterable[Id], ticket_ids: Iterable[Id]) -> frozenset[Id]:
        """Nothing to hold: there is one writer at a time."""
        return frozenset(team_ids) | {t.team_id for t in self.tickets([*ticket_ids]).values()}

    def users(self, ids: Collection[Id]) -> Mapping[Id, User]:
        return those(self._state.users, ids)

    def eligible_users(self) -> Sequence[User]:
        return [user for user in self._state.users.values() if user.is_eligible]

    def teams(self, ids: Collection[Id] | None = None) -> Mapping[Id, Team]:
        return dict(self._state.teams) if ids is None else those(self._state.teams, ids)

    def stages(self) -> Sequence[Stage]:
        return sorted(self._state.stages.values(), key=lambda stage: stage.position)

    def tickets(self, ids: Collection[Id]) -> Mapping[Id, Ticket]:
        return those(self._state.tickets, ids)

    def find(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Position | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Sequence[Ticket]:
        return listed(self._matching(scope, query), after, limit, newest_first)

    def count(self, scope: Scope, query: TicketFilter) -> int:
        return len(self._matching(scope, query))

    def figures(self, scope: Scope, query: TicketFilter) -> Sequence[Figures]:
        return figures_of(self._matching(scope, query))

    def in_board_order(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Ranked | None = None,
        limit: int | None = None,
        backwards: bool = False,
    ) -> Sequence[Ticket]:
        found = sorted(self._matching(scope, query), key=in_column, reverse=backwards)
        if after is not None:
            here = after.rank, after.id
            passed = operator.lt if backwards else operator.gt
            found = [ticket for ticket in found if passed(in_column(ticket), here)]
        return found[:limit]

    def _matching(self, scope: Scope, query: TicketFilter) -> list[Ticket]:
        state = self._state
        inside = select(scope, state.tickets.values(), state.teams)
        return [ticket for ticket in inside if query.matches(ticket, state.stages[ticket.stage_id])]

    def inactive(
        self, scope: Scope, query: TicketFilter, since: datetime, *, limit: int | None = None
    ) -> Sequence[Ticket]:
        seen = {event.ticket_id for event in self._state.events.values() if event.at > since}
        asked = self._matching(scope, query)
        found = (t for t in asked if t.created_at <= since and t.id not in seen)
        return listed(found, None, limit, newest_first=False)

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
        found = self._with_words(scope, query, wanted, internal)
        return listed(found, after, limit, newest_first=True)

    def count_found(
        self, scope: Scope, query: TicketFilter, wanted: Wanted, *, internal: bool
    ) -> int:
        return len(self._with_words(scope, query, wanted, internal))

    def _with_words(
        self, scope: Scope, query: TicketFilter, wanted: Wanted, internal: bool
    ) -> list[Ticket]:
        state = self._state
        inside = select(scope, state.tickets.values(), state.teams)
        said = [one for one in state.messages.values() if internal or not one.internal]
        ids = with_words(wanted, inside, said, state.tickets)
        return [ticket for ticket in self._matching(scope, query) if ticket.id in ids]

    def workloads(self, team_id: Id | None) -> Mapping[Id, Workload]:
        state = self._state
        total: Counter[Id] = Counter()
        open_: Counter[Id] = Counter()
        for ticket in state.tickets.values():
            member = ticket.assignee_id
            if member is None or ticket.is_merged_away or team_id not in (None, ticket.team_id):
                continue
            total[member] += 1
            open_[member] += not state.stages[ticket.stage_id].folded
        order = {member: n for (team, member), n in state.assigned.items() if team == team_id}
        credits = {member: n for (team, member), n in state.credits.items() if team == team_id}
        return {
            member: Workload(
                member_id=member,
                total=total[member],
                open=open_[member],
                credit=credits.get(member, 0),
                last_assigned=order.get(member),
            )
            for member in total.keys() | order.keys() | credits.keys()
        }

    def catching_up(self, team_id: Id) -> CatchingUp | None:
        return self._state.catching_up.get(team_id)

    def messages(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Message]:
        return of_tickets(self._state.messages, ticket_ids, after)[:limit]

    def attachments(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Attachment]:
        return of_tickets(self._state.attachments, ticket_ids, after)[:limit]

    def time_entries(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[TimeEntry]:
        return of_tickets(self._state.time_entries, ticket_ids, after)[:limit]

    def mails(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[ReceivedMail]:
        return of_tickets(self._state.mails, ticket_ids, after)[:limit]

    def mails_named(self, mail_ids: Collection[str]) -> Sequence[ReceivedMail]:
        wanted = set(mail_ids)
        return by_time(mail for mail in self._state.mails.values() if mail.mail_id in wanted)

    def mails_of(self, sender_id: Id, since: datetime) -> Sequence[ReceivedMail]:
        mails = self._state.mails.values()
        return by_time(m for m in mails if m.sender_id == sender_id and m.at >= since)

    def users_at(self, email: str) -> Sequence[User]:
        wanted = folded_address(email)
        return [
            user
            for user in self._state.users.values()
            if user.email is not None and folded_address(user.email) == wanted
        ]

    def merged_children(self, ticket_ids: Collection[Id]) -> Mapping[Id, Sequence[Id]]:
        wanted, children = set(ticket_ids), defaultdict(list)
        for ticket in self._state.tickets.values():
            if ticket.merged_into in wanted and ticket.merged_into is not None:
                children[ticket.merged_into].append(ticket.id)
        return children

    def merges(self, ticket_ids: Collection[Id]) -> Sequence[Merge]:
        wanted = set(ticket_ids)
        return [
            merge
            for merge in self._state.merges.values()
            if not wanted.isdisjoint((merge.master_id, *merge.merged_ids))
        ]

    def merge(self, merge_id: Id) -> Merge | None:
        return self._state.merges.get(merge_id)

    def discards(self, ticket_ids: Collection[Id]) -> Sequence[Discard]:
        wanted = set(ticket_ids)
        return [d for pair, d in self._state.discards.items() if not wanted.isdisjoint(pair)]

    # --- writing ---------------------------------------------------------------------------------

    def apply(self, changes: Iterable[Change]) -> None:
        before = self._state.copy()
        try:
            for change in changes:
                HANDLERS[type(change)](self._state, change)
        except BaseException:
            self._state.put_back(before)
            raise

    def publish(self, events: Iterable[Event], notifications: Iterable[Notification]) -> None:
        for event in events:
            self._state.events[len(self._state.events) + 1] = event
        for notification in notifications:
            self._state.outbox[notification.key] = notification

    def history(
        self,
        ticket_ids: Collection[Id],
        *,
        after: int = 0,
        limit: int | None = None,
        at: datetime | None = None,
    ) -> Sequence[Recorded]:
        wanted = set(ticket_ids)
        return [
            Recorded(sequence, event)
            for sequence, event in self._state.events.items()
            if sequence > after and event.ticket_id in wanted and at in (None, event.at)
        ][:limit]

    def take(self, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
        return lending.take(self._state, now, until, limit)

    def take_digest(self, now: datetime, until: datetime) -> Sequence[Notification]:
        return lending.take_digest(self._state, now, until)

    def settle(
        self,
        key: str,
        status: DeliveryStatus,
        *,
        not_before: datetime | None = None,
        error: str | None = None,
        held_until: datetime | None = None,
        attempts: int | None = None,
        lent_until: datetime | None = None,
        was: DeliveryStatus | None = None,
    ) -> bool:
        values: dict[str, Any] = {
            "not_before": not_before, "error": error, "held_until": held_until
        }  # fmt: skip
        more = {} if attempts is None else {"attempts": attempts}
        return lending.settle(self._state, key, status, values | more, lent_until, was)

    def outbox(
        self,
        *,
        status: DeliveryStatus | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Notification]:
        found = list(self._state.outbox.values())
        if after is not None:
            keys = list(self._state.outbox)
            found = found[keys.index(after) + 1 :] if after in self._state.outbox else []
        return [n for n in found if status in (None, n.status)][:limit]

    def purge(self, before: datetime) -> int:
        done = (DeliveryStatus.SENT, DeliveryStatus.SKIPPED)
        old = [
            key
            for key, n in self._state.outbox.items()
            if n.status in done and n.created_at < before
        ]
        keys = [key for key, (_, at) in self._state.remembered.items() if at < before]
        for key in old:
            del self._state.outbox[key]
        for key in keys:
            del self._state.remembered[key]
        return len(old) + len(keys)

    def recall(self, key: str) -> Remembered | None:
        kept = self._state.remembered.get(key)
        return None if kept is None else kept[0]

    def remember(self, key: str, remembered: Remembered, at: datetime) -> None:
        if key in self._state.remembered:
            raise ConflictError(f"idempotency key {key!r} is kept already")
        self._state.remembered[key] = (remembered, at)

    def written_by(
        self, user_id: Id
    ) -> Sequence[Ticket | Message | Attachment | TimeEntry | ReceivedMail]:
        state = self._state
        return [
            *(t for t in state.tickets.values() if user_id in (t.opener_id, t.customer_id)),
            *(m for m in state.messages.values() if m.author_id == user_id),
            *(a for a in state.attachments.values() if a.author_id == user_id),
            *(e for e in state.time_entries.values() if e.user_id == user_id),
            *(m for m in state.mails.values() if m.sender_id == user_id),
        ]

    def remembered(self, holding: Collection[Id]) -> Iterable[tuple[str, Remembered]]:
        return [(key, kept) for key, (kept, _) in self._state.remembered.items()]

    def rewrite(
        self, notifications: Iterable[Notification], remembered: Mapping[str, Remembered]
    ) -> None:
        for new in notifications:
            kept = self._state.outbox[new.key]
            said = {name: getattr(new.notice, name) for name in ("subject", "text", "html")}
            notice = attrs.evolve(kept.notice, **said)
            self._state.outbox[new.key] = attrs.evolve(kept, notice=notice, status=new.status)
        for key, result in remembered.items():
            self._state.remembered[key] = result, self._state.remembered[key][1]

    def recount(self, *, mend: bool = False) -> Sequence[Miscount | WrongFigures]:
        return []

    def misworded(self, *, mend: bool = False) -> Sequence[Misworded]:
        return []

    def dangling(self) -> Sequence[str]:
        state = self._state
        parts: list[Message | Attachment | TimeEntry | ReceivedMail] = [
            *state.messages.values(),
            *state.attachments.values(),
            *state.time_entries.values(),
            *state.mails.values(),
        ]
        return [
            f"{type(part).__name__} {part.id!r}"
            for part in parts
            if part.ticket_id not in state.tickets
        ]

    def attachment_ids(self, *, removed: bool = False) -> Collection[Id]:
        return {id for id, a in self._state.attachments.items() if a.is_removed is removed}
