"""Workers in processes of their own share tickets: what they give is what some order gives."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import postgres
import workers
from desks import SETUP, Company, repository_for
from helpdesk_core import Absence, AssignmentMethod, Visibility
from helpdesk_core.events import (
    TicketAssigned,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    TicketUnassigned,
)
from helpdesk_core.ports import TicketFilter
from helpdesk_core.visibility.scopes import Everything
from sql_stores import SQL_STORES
from workers import MEMBERS, TEAM

METHODS = [AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN]


def _set_up(
    store: str, folder: Path, method: AssignmentMethod, waiting: int
) -> tuple[Company, tuple[str, dict[str, Any]]]:
    """A company whose team is raced for, with tickets that wait already."""
    if store == "postgresql":
        where = postgres.emptied_url()
        repository: Any = postgres.empty()
    else:
        repository = repository_for(store, folder)
        where = (f"sqlite:///{folder / 'desk.sqlite'}", {"busy_timeout": 60.0})
    company = Company(repository, folder)
    company.team(
        TEAM,
        Visibility.COMPANY,
        member_ids=MEMBERS,
        auto_assign=True,
        assignment_method=method,
    )
    company.away(*MEMBERS, days=None)
    for number in range(waiting):
        company.open(TEAM, id=f"w{number:04}")
    return company, where


def _race(
    where: Any, processes: int, tickets: int, absences: list[Absence], *, changing: bool
) -> list[str]:
    """Let them run at the same time; the ids of the tickets that they opened."""
    context = multiprocessing.get_context("forkserver")
    go, results = context.Event(), context.Queue()
    each = tickets // processes
    ids = [f"t{number:04}" for number in range(each * processes)]
    started = [
        workers.start(
            workers.race,
            where,
            number,
            ids[number * each : (number + 1) * each],
            absences,
            changing,
            go,
            results,
        )
        for number in range(processes)
    ]
    ready = [results.get(timeout=120)[1] for _ in started]
    assert ready == ["ready"] * processes
    go.set()
    said = [results.get(timeout=1800)[1] for _ in started]
    for process in started:
        process.join()
    results.close()
    assert said == ["done"] * processes
    return ids


def _history(company: Company, ids: list[str]) -> list[Any]:
    with company.repository.reading() as session:
        return [recorded.event for recorded in session.history(ids)]


def _run_constant(store: str, folder: Path, method: Any, processes: int, tickets: int) -> None:
    company, where = _set_up(store, folder, method, tickets // 2)
    ids = _race(where, processes, tickets - tickets // 2, [], changing=False)
    ids += [f"w{number:04}" for number in range(tickets // 2)]
    events = _history(company, ids)
    given = Counter(e.ticket_id for e in events if isinstance(e, TicketAssigned))
    assert given == Counter(ids), "each ticket is given to somebody once"
    with company.repository.reading() as session:
        kept = session.tickets(ids)
        shares = Counter(ticket.assignee_id for ticket in kept.values())
    assert sum(shares.values()) == len(ids)
    assert set(shares) <= set(MEMBERS)
    assert max(shares.values()) - min(shares[member] for member in MEMBERS) <= 1
    assert company.desk.check() == ()
    _close(company, store)


def _close(company: Company, store: str) -> None:
    if store == "sqlite":
        company.repository.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("store", SQL_STORES)
def test_workers_share_tickets_evenly(store: str, method: Any, tmp_path: Path) -> None:
    """A17, A5: no ticket goes to two, none is lost, and shares differ by one at most."""
    _run_constant(store, tmp_path, method, 4, 100)


# --- while things change -------------------------------------------------------------------------


class _Replay:
    """Who should have got each ticket, by plain counting in the order of the history."""

    def __init__(self, method: AssignmentMethod, absences: list[Absence]) -> None:
        self.method = method
        self.absences = absences
        self.pool: tuple[str, ...] = MEMBERS
        self.changes = 0
        self.assignee: dict[str, str] = {}
        self.closed: set[str] = set()
        self.last = dict.fromkeys(MEMBERS, 0)
        self.turn = 0

    def take(self, name: str, event: Any) -> bool:
        """Follow one event; whether it was a choice that was checked."""
        chosen = False
        if name == "TeamChanged":
            self.pool = workers.members_after(self.changes)
            self.changes += 1
        elif isinstance(event, TicketOpened | TicketReopened):
            self.closed.discard(event.ticket_id)
        elif isinstance(event, TicketClosed):
            self.closed.add(event.ticket_id)
        elif isinstance(event, TicketUnassigned):
            self.assignee.pop(event.ticket_id, None)
        elif isinstance(event, TicketAssigned):
            if event.automatic:
                assert event.ticket_id not in self.assignee, "A1: nobody is overwritten"
                assert event.assignee_id == self.choice(event.at)
                chosen = True
            self.turn += 1
            self.last[event.assignee_id] = self.turn
            self.assignee[event.ticket_id] = event.assignee_id
        return chosen

    def choice(self, at: datetime) -> str:
        """The fewest, then least recently, then in member order, among those there first."""
        free = {member: self.free_from(member, at) for member in self.pool}
        there = [member for member in self.pool if free[member] == min(free.values())]
        return min(
            there, key=lambda member: (self.count(member), self.last[member], there.index(member))
        )

    def free_from(self, member: str, at: datetime) -> datetime:
        """The first moment from then on at which somebody is there."""
        for absence in sorted(self.absences, key=lambda absence: absence.start):
            if absence.user_id == member and absence.start <= at < absence.end:
                at = absence.end
        return at

    def count(self, member: str) -> int:
        """What the method keeps equal."""
        return sum(
            assignee == member
            and (self.method is AssignmentMethod.EQUAL_TICKETS or ticket not in self.closed)
            for ticket, assignee in self.assignee.items()
        )


def _team_history(company: Company) -> list[tuple[str, Any]]:
    """(name, event) of all that happened to the team and its tickets, in the order of the commits.

    Everything that bears on a choice is recorded while its team is held, so that order is right.
    """
    repository: Any = company.repository
    with repository.reading() as session:
        tickets = session.find(Everything(), TicketFilter(team_ids=frozenset({TEAM})))
        recorded = {r.sequence: r.event for r in session.history([t.id for t in tickets])}
        events = session._tables.events.c
        rows = session._db.rows(
            sa.select(events.sequence, events.name)
            .where(events.team_id == TEAM, events.name.in_(["TeamChanged", "TicketOpened"]))
            .order_by(events.sequence)
        )
    changed = {row.sequence: None for row in rows if row.name == "TeamChanged"}
    return [
        (type(e).__name__ if e else "TeamChanged", e)
        for _, e in sorted({**recorded, **changed}.items(), key=lambda pair: pair[0])
    ]


def _run_changing(store: str, folder: Path, method: Any, processes: int, tickets: int) -> None:
    company, where = _set_up(store, folder, method, 0)
    now = datetime.now(UTC)  # noqa: TID251 - the workers' clock is the machine's
    step = timedelta(milliseconds=70)
    absences = [
        Absence(user_id=member, start=now + step * (3 * n + i), end=now + step * (3 * n + i + 2))
        for n in range(tickets)
        for i, member in enumerate(MEMBERS)
    ]
    ids = _race(where, processes, tickets, absences, changing=True)
    replay = _Replay(method, absences)
    checked = sum(replay.take(name, event) for name, event in _team_history(company))
    assert checked == len(ids), "each ticket was given by a choice, once"
    assert replay.changes > 0
    with company.repository.reading() as session:
        kept = session.tickets(ids)
    assert {id: ticket.assignee_id for id, ticket in kept.items()} == replay.assignee
    assert {id for id, ticket in kept.items() if ticket.closed_at is not None} == replay.closed
    assert company.desk.check() == ()
    company.desk.assign_waiting(actor=SETUP)
    _close(company, store)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("store", SQL_STORES)
def test_every_choice_is_the_one_of_its_place_in_the_order(
    store: str, method: Any, tmp_path: Path
) -> None:
    """A17, A4, T3, A9: closing, leaving and being away meanwhile, each choice is the plain one."""
    _run_changing(store, tmp_path, method, 4, 100)


@pytest.mark.long
@pytest.mark.parametrize("run", range(20))
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("store", SQL_STORES)
@pytest.mark.parametrize("kind", [_run_constant, _run_changing])
def test_races_for_long(kind: Any, store: str, method: Any, run: int, tmp_path: Path) -> None:
    """A17, A5: the same with 16 processes and a thousand tickets, twenty times."""
    kind(store, tmp_path, method, 16, 1000 if kind is _run_constant else 992)


def test_the_replay_tells_a_wrong_choice() -> None:
    """A17: a choice that is not the plain one is seen."""
    replay = _Replay(AssignmentMethod.EQUAL_TICKETS, [])
    now = datetime(2026, 1, 5, tzinfo=UTC)
    first = TicketAssigned(at=now, ticket_id="a", assignee_id="ann", automatic=True, code="x")
    again = TicketAssigned(at=now, ticket_id="b", assignee_id="ann", automatic=True, code="x")
    assert replay.take("TicketAssigned", first)
    with pytest.raises(AssertionError):
        replay.take("TicketAssigned", again)
