"""Workers in processes of their own share tickets: what they give is what some order gives.

The long runs are as large as HELPDESK_RACE_PROCESSES, HELPDESK_RACE_TICKETS and HELPDESK_RACES
(runs of each kind) say.
"""

from __future__ import annotations

import multiprocessing
import os
import time
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
    TicketReopened,
    TicketUnassigned,
)
from helpdesk_core.ports import TicketFilter
from helpdesk_core.visibility.scopes import Everything
from model import assignment as model
from sql_stores import SQL_STORES
from tallies import Tally
from workers import MEMBERS, TEAM

METHODS = [AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN]
#: How large the long runs are.
PROCESSES = int(os.environ.get("HELPDESK_RACE_PROCESSES", "16"))
TICKETS = int(os.environ.get("HELPDESK_RACE_TICKETS", "1000"))
RUNS = int(os.environ.get("HELPDESK_RACES", "20"))


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
) -> tuple[list[str], list[str]]:
    """Let them run at the same time; the ids of the tickets that they opened, and their errors."""
    context = multiprocessing.get_context("forkserver")
    go, results = context.Event(), context.Queue()
    ids = [f"t{number:04}" for number in range(tickets)]
    started = [
        workers.start(
            workers.race,
            where,
            number,
            ids[number::processes],
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
    return ids, [last for last in said if last != "done"]


def _history(company: Company, ids: list[str]) -> list[Any]:
    with company.repository.reading() as session:
        return [recorded.event for recorded in session.history(ids)]


def run_constant(
    store: str, folder: Path, method: Any, processes: int, tickets: int, tally: Tally
) -> str:
    """Half of the tickets wait already, half are opened; the line for the tally."""
    company, where = _set_up(store, folder, method, tickets // 2)
    ids, errors = _race(where, processes, tickets - tickets // 2, [], changing=False)
    ids += [f"w{number:04}" for number in range(tickets // 2)]
    events = _history(company, ids)
    given = Counter(e.ticket_id for e in events if isinstance(e, TicketAssigned))
    with company.repository.reading() as session:
        kept = session.tickets(ids)
        shares = Counter(ticket.assignee_id for ticket in kept.values())
    line = tally.add(
        f"constant pool, {store}, {method.value}",
        {
            "tickets": len(ids),
            "given twice": sum(times - 1 for times in given.values()),
            "lost": len(set(ids) - {id for id, ticket in kept.items() if ticket.assignee_id}),
            "errors": len(errors),
        },
        {"widest spread": max(shares.values()) - min(shares[member] for member in MEMBERS)},
    )
    assert not errors
    assert given == Counter(ids), "each ticket is given to somebody once"
    assert sum(shares.values()) == len(ids)
    assert set(shares) <= set(MEMBERS)
    assert max(shares.values()) - min(shares[member] for member in MEMBERS) <= 1
    assert company.desk.check() == ()
    _close(company, store)
    return line


def _close(company: Company, store: str) -> None:
    if store == "sqlite":
        company.repository.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("store", SQL_STORES)
def test_workers_share_tickets_evenly(
    store: str, method: Any, tmp_path: Path, tally: Tally
) -> None:
    """A17, A5: no ticket goes to two, none is lost, and shares differ by one at most."""
    run_constant(store, tmp_path, method, 4, 100, tally)


# --- while things change -------------------------------------------------------------------------


class _Replay:
    """Who should have got each ticket by the model, in the order in which all was committed."""

    def __init__(self, method: AssignmentMethod, absences: list[Absence]) -> None:
        self.method = method.value
        self.absences: dict[str, list[Any]] = {}
        for absence in absences:
            self.absences.setdefault(absence.user_id, []).append((absence.start, absence.end))
        self.pool = list(MEMBERS)
        self.changes = 0
        self.history: list[tuple[str, ...]] = []

    def take(self, name: str, event: Any) -> bool:
        """Follow one event; whether it was a choice that was checked."""
        if name == "TeamChanged":
            self.pool = list(workers.members_after(self.changes))
            self.changes += 1
        elif isinstance(event, TicketAssigned):
            if event.automatic:
                now = model.recount(self.history).get(event.ticket_id)
                assert now is None or now["assignee"] is None, "A1: nobody is overwritten"
                chosen, _, _ = model.choose(
                    self.method, self.pool, self.history, self.absences, event.at, team=TEAM
                )
                assert event.assignee_id == chosen
            self.history.append(("assigned", event.ticket_id, TEAM, event.assignee_id))
            return event.automatic
        elif (said := _SAID.get(type(event))) is not None:
            self.history.append((said, event.ticket_id))
        return False


_SAID: dict[type, str] = {
    TicketClosed: "closed",
    TicketReopened: "reopened",
    TicketUnassigned: "unassigned",
}


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


def run_changing(
    store: str, folder: Path, method: Any, processes: int, tickets: int, tally: Tally
) -> str:
    """Tickets are closed and reopened, and members away and gone, meanwhile; the tally's line."""
    company, where = _set_up(store, folder, method, 0)
    now = datetime.now(UTC)  # noqa: TID251 - the workers' clock is the machine's
    step = timedelta(milliseconds=70)
    absences = [
        Absence(user_id=member, start=now + step * (3 * n + i), end=now + step * (3 * n + i + 2))
        for n in range(tickets)
        for i, member in enumerate(MEMBERS)
    ]
    ids, errors = _race(where, processes, tickets, absences, changing=True)
    replay = _Replay(method, absences)
    checked = sum(replay.take(name, event) for name, event in _team_history(company))
    model_has = model.recount(replay.history)
    with company.repository.reading() as session:
        kept = session.tickets(ids)
    line = tally.add(
        f"everything changes, {store}, {method.value}",
        {
            "tickets": len(ids),
            "choices that are the model's": checked,
            "closings and reopenings": sum(what in _SAID.values() for what, *_ in replay.history),
            "changes of the team": replay.changes,
            "lost": sum(ticket.assignee_id is None for ticket in kept.values()),
            "errors": len(errors),
        },
    )
    assert not errors
    assert checked == len(ids), "each ticket was given by a choice, once"
    assert replay.changes > 0
    assert {id: ticket.assignee_id for id, ticket in kept.items()} == {
        id: ticket["assignee"] for id, ticket in model_has.items()
    }
    assert {id for id, ticket in kept.items() if ticket.closed_at is not None} == {
        id for id, ticket in model_has.items() if not ticket["open"]
    }
    assert company.desk.check() == ()
    company.desk.assign_waiting(actor=SETUP)
    _close(company, store)
    return line


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("store", SQL_STORES)
def test_every_choice_is_the_one_of_its_place_in_the_order(
    store: str, method: Any, tmp_path: Path, tally: Tally
) -> None:
    """A17, A4, T3, A9: closing, leaving and being away meanwhile, each choice is the plain one."""
    run_changing(store, tmp_path, method, 4, 100, tally)


@pytest.mark.long
@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("store", SQL_STORES)
@pytest.mark.parametrize("kind", [run_constant, run_changing])
def test_races_for_long(
    kind: Any, store: str, method: Any, run: int, tmp_path: Path, tally: Tally
) -> None:
    """A17, A5: the same with 16 processes and a thousand tickets, twenty times."""
    begun = time.monotonic()
    line = kind(store, tmp_path, method, PROCESSES, TICKETS, tally)
    tally.show(f"run {run + 1} of {RUNS}, {time.monotonic() - begun:.0f} s: {line}")


def test_the_replay_tells_a_wrong_choice() -> None:
    """A17: a choice that is not the plain one is seen."""
    replay = _Replay(AssignmentMethod.EQUAL_TICKETS, [])
    now = datetime(2026, 1, 5, tzinfo=UTC)
    first = TicketAssigned(at=now, ticket_id="a", assignee_id="ann", automatic=True, code="x")
    again = TicketAssigned(at=now, ticket_id="b", assignee_id="ann", automatic=True, code="x")
    assert replay.take("TicketAssigned", first)
    with pytest.raises(AssertionError):
        replay.take("TicketAssigned", again)
