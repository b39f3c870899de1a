"""Catching up, deferring, options and handovers through the service, over each kind of store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import MONDAY, SETUP, Company, repository_for
from helpdesk_core import (
    FILTERS,
    Absence,
    AssignmentMethod,
    AssignmentMode,
    CatchUp,
    CountScope,
    MemberOptions,
    NotFoundError,
    Outcome,
    Reason,
    RefusedError,
    RetryableError,
    Role,
    System,
    TicketFilter,
    User,
    UserKind,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.events import CreditGiven

WORKER = System(reason="worker")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def team(company: Company, **settings: Any) -> Any:
    """A team of three that assigns by itself."""
    return company.team("auto", Visibility.COMPANY, auto_assign=True, **settings)


def given(company: Company, tickets: int, team_id: str = "auto", **fields: Any) -> list[Any]:
    """Who gets so many new tickets."""
    return [company.open(team_id, **fields).assignee_id for _ in range(tickets)]


# --- catching up -------------------------------------------------------------------------------


def test_a_credit_is_stored_and_recounted(company: Company) -> None:
    """A8, A7: Who is back has a credit, told by an event, and a recount gives the same."""
    team(company, catch_up=CatchUp.NONE)
    company.away("ann", days=2, after=1)
    assert given(company, 3) == ["ann", "bob", "cyd"]
    company.clock.advance(DAY + HOUR)
    assert given(company, 8) == ["bob", "cyd"] * 4
    company.clock.advance(2 * DAY)
    assert given(company, 4) == ["ann", "bob", "cyd", "ann"]
    known = company.desk.workloads("auto", actor=SETUP)
    assert {who: (load.total, load.credit) for who, load in known.items()} == {
        "ann": (3, 4),
        "bob": (6, 0),
        "cyd": (6, 0),
    }
    assert company.desk.check() == ()
    with company.repository.reading() as session:
        remembered = session.catching_up("auto")
        assert remembered is not None
        assert remembered.member_ids == {"ann", "bob", "cyd"}
        assert remembered.at == company.clock.now()
        assert session.catching_up("public") is None
        assert session.catching_up("nowhere") is None


def test_full_gives_every_ticket_until_level(company: Company) -> None:
    """A8: By the letter who is back is flooded, and the team remembers nothing."""
    team(company)
    company.away("ann", days=2)
    assert given(company, 8) == ["bob", "cyd"] * 4
    company.clock.advance(2 * DAY)
    assert given(company, 5) == ["ann"] * 4 + ["bob"]
    with company.repository.reading() as session:
        assert session.catching_up("auto") is None


def test_smoothed_is_remembered(company: Company) -> None:
    """A8: Of two in a row at most one goes to who is back, from one transaction to the next."""
    team(company, catch_up=CatchUp.SMOOTHED)
    company.away("ann", days=2)
    assert given(company, 8) == ["bob", "cyd"] * 4
    company.clock.advance(2 * DAY)
    assert given(company, 6) == ["ann", "bob", "ann", "cyd", "ann", "bob"]
    with company.repository.reading() as session:
        remembered = session.catching_up("auto")
        assert remembered is not None
        assert remembered.behind == {"ann"}
        assert not remembered.their_turn


def test_who_joins_and_who_joins_again(company: Company) -> None:
    """A8, T3: A new member, and one who was out of the pool, start where the lowest are."""
    team(company, catch_up=CatchUp.NONE, member_ids=["ann", "bob"])
    assert given(company, 6) == ["ann", "bob"] * 3
    company.desk.change_team("auto", actor=SETUP, member_ids=["ann", "bob", "cyd"])
    assert given(company, 3) == ["cyd", "ann", "bob"]
    company.desk.change_user("ann", actor=SETUP, active=False)
    assert given(company, 4) == ["cyd", "bob"] * 2
    company.desk.change_user("ann", actor=SETUP, active=True)
    assert given(company, 3) == ["ann", "cyd", "bob"]
    loads = company.desk.workloads("auto", actor=SETUP)
    assert {who: load.credit for who, load in loads.items()} == {"ann": 2, "bob": 0, "cyd": 3}
    assert company.desk.check() == ()


def test_a_credit_that_was_not_given_is_found(tmp_path: Path) -> None:
    """A8: A kept credit that is not the sum of those given is found by check, and mended."""
    company = Company(repository_for("sqlite", tmp_path), tmp_path)
    team(company, catch_up=CatchUp.NONE)
    given(company, 3)
    repository: Any = company.repository
    with repository._engine.connect() as connection:
        connection.exec_driver_sql("UPDATE helpdesk_workloads SET credit = 5, total = 9")
        connection.commit()
    codes = [finding.code for finding in company.desk.check()]
    assert codes == ["check.miscount", "check.miscredit"] * 3
    mended = company.desk.repair(actor=SETUP)
    assert (len(mended.mended), mended.left) == (6, ())
    assert company.desk.workloads("auto", actor=SETUP)["ann"].credit == 0


# --- deferring ---------------------------------------------------------------------------------


def test_deferred_tickets_are_served_oldest_first(company: Company) -> None:
    """A10, A16: Nobody is here until Monday: the tickets wait, and are given out in their order."""
    team(company, assignment_mode=AssignmentMode.DEFER)
    company.away("ann", days=2)
    company.away("bob", "cyd", days=3)
    tickets = [company.open("auto", subject=f"Ticket {n}") for n in range(4)]
    assert [(ticket.assignee_id, ticket.waiting) for ticket in tickets] == [(None, True)] * 4
    assert company.desk.assign_waiting(actor=WORKER) == ()
    why = company.desk.explain_assignment("auto", actor=SETUP)
    assert (why.outcome, why.available_from) == (
        Outcome.DEFERRED,
        company.calendar.known_absences[0].end,
    )
    company.clock.advance(2 * DAY)
    first = company.desk.assign_waiting(actor=WORKER, limit=1)
    assert [(ticket.id, ticket.assignee_id) for ticket in first] == [(tickets[0].id, "ann")]
    company.clock.advance(DAY)
    rest = company.desk.assign_waiting(actor=WORKER)
    assert [(ticket.id, ticket.assignee_id) for ticket in rest] == [
        (tickets[1].id, "bob"),
        (tickets[2].id, "cyd"),
        (tickets[3].id, "ann"),
    ]
    codes = [
        event.code  # type: ignore[attr-defined]
        for event in company.desk.history(tickets[0].id, actor=SETUP)
        if event.name in ("TicketUnassigned", "TicketAssigned")
    ]
    assert codes == ["assignment.deferred", "assignment.fewest_tickets"]


# --- options -----------------------------------------------------------------------------------


def test_options_are_kept_and_heeded(company: Company) -> None:
    """A19: Capacity, weight and tags of a team's members come back, and decide."""
    options = {
        "ann": MemberOptions(capacity=1),
        "bob": MemberOptions(weight=2),
        "cyd": MemberOptions(tags={"law", "né"}),
    }
    made = team(company, member_options=options)
    assert made.member_options == options
    assert company.desk.team("auto", actor=SETUP).member_options == options
    assert given(company, 6, tags=["ink"]) == ["ann", "bob", "bob", "bob", "bob", "bob"]
    assert given(company, 1, tags=["law"]) == ["cyd"]
    full = company.desk.change_team(
        "auto", actor=SETUP, member_options={**options, "bob": MemberOptions(capacity=0)}
    )
    assert full.member_options["bob"].weight == 1
    waiting = company.open("auto", tags=["ink"])
    assert waiting.waiting
    why = company.desk.explain_assignment("auto", actor=SETUP, tags=["ink"])
    assert (why.outcome, why.option) == (Outcome.NOBODY_FITS, "capacity")
    assert company.desk.assign_waiting(actor=WORKER) == ()
    mine = company.desk.tickets(actor=SETUP, query=TicketFilter(assignee_id="ann")).items[0]
    company.desk.close(mine.id, actor=SETUP)
    assert [t.assignee_id for t in company.desk.assign_waiting(actor=WORKER)] == ["ann"]


def test_a_hosts_own_filter(tmp_path: Path) -> None:
    """A19: A desk is given functions of the host's, beside those of the library."""

    def not_ann(member: Any, tags: frozenset[str]) -> Reason | None:
        return Reason("host.no") if member.member_id == "ann" and "hard" in tags else None

    store = repository_for("memory", tmp_path)
    company = Company(
        store,
        tmp_path,
        filters={**FILTERS, "hard": not_ann},
        ranking={"last": lambda member: member.member_id == "bob"},
    )
    team(company)
    assert given(company, 2) == ["ann", "ann"]
    assert given(company, 2, tags=["hard"]) == ["cyd", "cyd"]


# --- handing over ------------------------------------------------------------------------------


def test_a_handover_is_shown_and_carried_out(company: Company) -> None:
    """A15, T2, V14: A lead sees who would take over, and lets it happen."""
    team(company, assignment_method=AssignmentMethod.EQUAL_OPEN)
    tickets = [company.open("auto") for _ in range(6)]
    closed = company.open("auto", assignee_id="ann")
    company.desk.close(closed.id, actor=SETUP)
    absence = Absence(user_id="ann", start=MONDAY + 5 * DAY, end=MONDAY + 9 * DAY)
    company.calendar.known_absences.append(absence)
    company.away("bob", days=30, after=4)
    assert company.desk.ticket(tickets[0].id, actor=SETUP).assignee_id == "ann"
    shown = company.desk.preview_handover("auto", absence, actor="lea")
    got = [(each.ticket_id, each.assignment.assignee_id) for each in shown.proposals]
    assert got == [(tickets[0].id, "cyd"), (tickets[3].id, "cyd")]
    assert company.desk.ticket(tickets[0].id, actor=SETUP).assignee_id == "ann"
    done = company.desk.hand_over("auto", absence, actor="lea", idempotency_key="k")
    assert done.proposals == shown.proposals
    again = company.desk.hand_over("auto", absence, actor="lea", idempotency_key="k")
    assert again == done
    assert company.desk.ticket(tickets[3].id, actor=SETUP).assignee_id == "cyd"
    assert company.desk.ticket(closed.id, actor=SETUP).assignee_id == "ann"
    assert company.desk.check() == ()
    for call in (company.desk.preview_handover, company.desk.hand_over):
        with pytest.raises(RefusedError):
            call("auto", absence, actor="emp")
        with pytest.raises(NotFoundError):
            call("auto", absence, actor="pat")


def test_a_handover_asks_the_calendar_that_far(company: Company) -> None:
    """A14, A15: Who takes over is there when the absence begins, however far off that is."""
    team(company, horizon=7 * DAY)
    ticket = company.open("auto")
    company.calendar.known_schedules["bob"] = WeeklySchedule(
        user_id="bob", time_zone="UTC", hours=[(0, 0, 1)]
    )
    company.away("cyd", days=None, after=100)
    absence = Absence(user_id="ann", start=MONDAY + 199 * DAY)
    shown = company.desk.preview_handover("auto", absence, actor="lea")
    assert [(each.ticket_id, each.assignment.assignee_id) for each in shown.proposals] == [
        (ticket.id, "bob")
    ]


# --- several at once ---------------------------------------------------------------------------


def all_at_once(calls: list[Callable[[], object]]) -> list[BaseException]:
    """Each in a thread of its own; what they raised."""
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        barrier.wait()
        try:
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def patiently(call: Callable[[], object]) -> None:
    """Again, for as long as the store is busy."""
    for _ in range(50):
        try:
            call()
            return
        except RetryableError:
            continue
    call()


@pytest.mark.parametrize("scope", CountScope)
@pytest.mark.parametrize("store", ["memory", "sqlite", "postgresql"])
def test_workers_choose_as_one_after_the_other(
    store: str, scope: CountScope, tmp_path: Path
) -> None:
    """A17, A5, A7: Threads on two teams with the same members; counted over both, spread as one."""
    company = Company(repository_for(store, tmp_path), tmp_path)
    for name in ("one", "two"):
        company.team(name, Visibility.COMPANY, auto_assign=True, assignment_scope=scope)

    def work(name: str) -> None:
        for n in range(6):
            patiently(lambda: company.desk.open_ticket(name, f"Ink {n}", actor=SETUP))  # noqa: B023

    calls = [lambda name=name: work(name) for name in ("one", "two") * 2]
    assert all_at_once(calls) == []  # type: ignore[arg-type]
    totals: dict[Any, int] = {}
    for name in ("one", "two"):
        loads = company.desk.workloads(name, actor=SETUP)
        own = [load.total for load in loads.values()]
        assert sum(own) == 12
        if scope is CountScope.TEAM:
            assert max(own) - min(own) <= 1
        for who, load in loads.items():
            totals[who] = totals.get(who, 0) + load.total
    assert sum(totals.values()) == 24
    if scope is CountScope.GLOBAL:
        assert max(totals.values()) - min(totals.values()) <= 1
    assert company.desk.check() == ()


@pytest.mark.parametrize("store", ["memory", "sqlite", "postgresql"])
def test_a_return_is_credited_once_whoever_comes_first(store: str, tmp_path: Path) -> None:
    """A8, A17: Of several that assign at once when somebody is back, one gives the credit."""
    company = Company(repository_for(store, tmp_path), tmp_path)
    team(company, catch_up=CatchUp.NONE)
    company.away("ann", days=2)
    given(company, 10)
    company.clock.advance(3 * DAY)
    calls = [
        lambda n=n: patiently(lambda: company.desk.open_ticket("auto", f"Ink {n}", actor=SETUP))
        for n in range(6)
    ]
    assert all_at_once(calls) == []  # type: ignore[arg-type]
    loads = company.desk.workloads("auto", actor=SETUP)
    assert {who: (load.total, load.credit) for who, load in loads.items()} == {
        "ann": (2, 5),
        "bob": (7, 0),
        "cyd": (7, 0),
    }
    assert company.desk.check() == ()


def test_a_team_that_begins_to_count_globally_is_held_too(company: Company) -> None:
    """A7, A17: The teams that count over all teams are looked up anew when one more begins to."""
    for name in ("one", "two"):
        company.team(name, Visibility.COMPANY, auto_assign=True, assignment_scope=CountScope.GLOBAL)
    assert given(company, 3, "one") == ["ann", "bob", "cyd"]
    company.desk.change_team(
        "company", actor=SETUP, auto_assign=True, assignment_scope=CountScope.GLOBAL
    )
    assert given(company, 1, "company") == ["ann"]
    assert given(company, 2, "two") == ["bob", "cyd"]


def test_credits_are_told_to_nobody_outside(company: Company) -> None:
    """A8, V15: That somebody got a credit is an internal event of the team, of no ticket."""
    event = CreditGiven(at=MONDAY, team_id="auto", member_id="ann", tickets=3)
    assert event.internal
    assert event.ticket_id is None


def test_a_new_agent_of_a_team_of_everybody(company: Company) -> None:
    """A2, A8: In a team that names nobody, a new agent is a new member."""
    team(company, catch_up=CatchUp.NONE, member_ids=[])
    assert given(company, 8) == ["ann", "bob", "cyd", "lea"] * 2
    company.desk.add_user(
        User(id="zoe", name="Zoe", kind=UserKind.INTERNAL, roles={Role.AGENT}), actor=SETUP
    )
    assert given(company, 2) == ["zoe", "ann"]
