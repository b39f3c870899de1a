"""Closing what saw nothing for some days, through the service, over each kind of store."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from desks import MONDAY, SETUP, Company, repository_for
from helpdesk_core import (
    AllowedMoves,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    Role,
    System,
    Ticket,
    Visibility,
)
from helpdesk_core.plans import Add, Kind, SetField

WORKER = System(reason="worker")
DAY = timedelta(days=1)


def _closed(company: Company, days: int = 10, stages: Any = ("new",), **options: Any) -> list[Any]:
    options.setdefault("actor", WORKER)
    return [t.id for t in company.desk.close_inactive(days, stages, **options).tickets]


def _reasons(done: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(reason.code, dict(reason.parameters)) for reason in done.passed_over]


def test_what_saw_nothing_is_closed(company: Company) -> None:
    """G13, G3: after so many days without an event, and not before, a ticket is closed."""
    quiet = company.open(id="quiet")
    company.open(id="busy")
    company.clock.set(quiet.created_at + 3 * DAY)
    company.desk.note("busy", "Still at it", actor="ann")
    company.clock.set(quiet.created_at + 10 * DAY - timedelta(microseconds=1))
    assert _closed(company) == []
    company.clock.set(quiet.created_at + 10 * DAY)
    done = company.desk.close_inactive(10, ["new"], actor=WORKER)
    assert [(t.id, t.stage_id, t.closed_at) for t in done.tickets] == [
        ("quiet", "solved", company.clock.now())
    ]
    assert (done.more, done.passed_over) == (False, ())
    assert company.names("quiet")[-4:-2] == ["TicketMoved", "TicketClosed"]
    assert company.desk.ticket("busy", actor="ann").closed_at is None
    company.clock.set(quiet.created_at + 13 * DAY)
    assert _closed(company) == ["busy"]


def test_it_may_run_twice(company: Company) -> None:
    """G13, G3: what is closed is left alone, and one that was reopened has all its days again."""
    company.open(id="one")
    company.clock.advance(20 * DAY)
    assert _closed(company) == ["one"]
    told = company.names("one")
    assert _closed(company) == []
    company.clock.advance(20 * DAY)
    assert _closed(company, stages=["new", "working", "solved"]) == []
    assert company.names("one") == told
    company.desk.move("one", "new", actor="ann")
    company.clock.advance(9 * DAY)
    assert _closed(company) == []
    company.clock.advance(DAY)
    assert _closed(company) == ["one"]


def test_only_from_the_stages_and_teams_listed(company: Company) -> None:
    """G13: tickets in other stages, and of other teams where teams are named, stay as they are."""
    for id, team, stage in (
        ("a", "company", "new"), ("b", "company", "working"), ("c", "public", "working"),
    ):  # fmt: skip
        company.open(team, id=id)
        company.desk.move(id, stage, actor=SETUP)
    company.clock.advance(30 * DAY)
    assert _closed(company, stages=[]) == []
    assert _closed(company, stages=["working"], team_ids=["public", "public"]) == ["c"]
    assert _closed(company, stages=["working"], team_ids=[]) == []
    assert _closed(company, stages=["working", "working"]) == ["b"]
    assert _closed(company, stages=["working", "new"]) == ["a"]


def test_each_team_closes_into_its_own_first_folded_stage(company: Company) -> None:
    """G13, G6: a ticket goes into the first folded stage that its team has, in the one order."""
    company.team("odd", Visibility.COMPANY, stage_ids=["cancelled", "new"])
    company.open("odd", id="odd")
    company.open("company", id="plain")
    company.clock.advance(30 * DAY)
    done = company.desk.close_inactive(30, ["new"], actor=WORKER)
    assert {t.id: t.stage_id for t in done.tickets} == {"odd": "cancelled", "plain": "solved"}


def test_the_customer_is_written_to(company: Company) -> None:
    """G8, G13: closing sends the stage's e-mail and its text message, once."""
    company.open("public", id="one", customer_id="con")
    company.deliver()
    company.clock.advance(30 * DAY)
    assert _closed(company) == ["one"]
    _closed(company)
    sent = company.deliver()
    assert [(m.recipient_id, m.text) for m in sent] == [
        ("con", "By "),
        ("con", "No ink: solved"),
    ]


def test_at_most_so_many_oldest_first(company: Company) -> None:
    """G13: a call closes `limit` at most, oldest first, and says whether there are more."""
    for n in range(5):
        company.open(id=f"T-{n}")
    company.clock.advance(30 * DAY)
    seen = []
    for _ in range(3):
        done = company.desk.close_inactive(30, ["new"], actor=WORKER, limit=2)
        seen.append(([t.id for t in done.tickets], done.more))
    assert seen == [(["T-0", "T-1"], True), (["T-2", "T-3"], True), (["T-4"], False)]


def test_a_loop_comes_to_an_end(company: Company) -> None:
    """G13: whoever finds that all were closed meanwhile is not sent to look for more."""
    for n in range(3):
        company.open(id=f"T-{n}")
    company.clock.advance(30 * DAY)
    look = company.desk._read

    def read(actor: Any, ask: Any) -> Any:
        found = look(actor, ask)
        company.desk._read = look  # type: ignore[method-assign]
        assert len(_closed(company, stages=["new"], days=30, limit=2)) == 2
        return found

    company.desk._read = read  # type: ignore[method-assign]
    done = company.desk.close_inactive(30, ["new"], actor=WORKER, limit=2)
    assert (done.tickets, done.more) == ((), False)
    assert _closed(company) == ["T-2"]


def test_what_is_in_vain_is_passed_over(company: Company) -> None:
    """G13, V19: a folded stage and a team without one are passed over, each with the reason."""
    company.team("endless", Visibility.COMPANY, stage_ids=["new", "working"])
    company.team("elsewhere", Visibility.COMPANY, stage_ids=["working"])
    company.open("endless", id="endless")
    company.open("company", id="one")
    company.clock.advance(30 * DAY)
    done = company.desk.close_inactive(30, ["solved", "new"], actor=WORKER, limit=1)
    assert [t.id for t in done.tickets] == ["one"], "whoever is passed over holds up no other"
    assert not done.more
    assert _reasons(done) == [
        ("stage.passed_over.folded", {"stage_id": "solved"}),
        ("stage.passed_over.no_folded_stage", {"team_id": "endless"}),
    ]
    only = company.desk.close_inactive(30, ["new"], actor=WORKER, team_ids=["endless"])
    assert (only.tickets, len(only.passed_over)) == ((), 1)
    assert company.desk.ticket("endless", actor="ann").closed_at is None


@pytest.mark.parametrize("days", [0, -1, 1.5, True, "7", None, timedelta(days=7), 10**6, 10**12])
def test_days_that_are_none(company: Company, days: Any) -> None:
    """G13: less than a day, a part of one, and more than there are, are refused by name."""
    with pytest.raises(InvalidValueError) as caught:
        company.desk.close_inactive(days, ["new"], actor=WORKER)
    assert caught.value.field == "days"


def test_what_is_not_there_is_said(company: Company) -> None:
    """G13, V14: a stage or a team that is not there, or hidden, is not found; no text is a list."""
    close = company.desk.close_inactive
    for stages in (["nowhere"], ["new", "nowhere"]):
        with pytest.raises(NotFoundError, match="nowhere"):
            close(1, stages, actor=WORKER)
    for actor, team in ((WORKER, "nowhere"), ("lea", "private")):
        with pytest.raises(NotFoundError, match=team):
            close(1, ["new"], actor=actor, team_ids=[team])
    for options, field in (
        ({"stage_ids": "new"}, "stage_ids"),
        ({"stage_ids": [True]}, "stage_ids"),
        ({"team_ids": "company"}, "team_ids"),
        ({"team_ids": [""]}, "team_ids"),
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
    ):
        with pytest.raises(InvalidValueError) as caught:
            close(1, **{"stage_ids": ["new"], "actor": WORKER} | options)
        assert caught.value.field == field


def test_who_may_and_what_they_see(company: Company) -> None:
    """T5, V13, V14: leads close only what they may see; agents, employees, customers nothing."""
    company.team("hidden", Visibility.PRIVATE, stage_ids=["new"])
    company.team("shown", Visibility.PRIVATE, stage_ids=["new"])
    for id, team in (("mine", "private"), ("theirs", "private"), ("all", "company"),
                     ("h", "hidden"), ("s", "shown")):  # fmt: skip
        company.open(team, id=id)
    company.desk.follow_ticket("mine", "lea", actor=SETUP)
    company.desk.follow_ticket("s", "lea", actor=SETUP)
    company.clock.advance(30 * DAY)
    for actor in ("ann", "emp", "pat"):
        with pytest.raises(RefusedError) as caught:
            company.desk.close_inactive(1, ["new"], actor=actor)
        assert caught.value.code == "permission.role"
    done = company.desk.close_inactive(1, ["new"], actor="lea")
    assert {t.id for t in done.tickets} == {"mine", "all"}
    assert _reasons(done) == [("stage.passed_over.no_folded_stage", {"team_id": "shown"})]
    assert _closed(company, actor="root") == ["theirs"]


def test_tombstones_stay(company: Company) -> None:
    """M8: what was merged away is closed by nobody."""
    company.open(id="one")
    company.open(id="two")
    company.desk.merge(["one", "two"], actor=SETUP)
    company.clock.advance(30 * DAY)
    assert _closed(company) == ["one"]
    assert company.desk.ticket("two", actor=SETUP).closed_at is None


#: What may happen between the look and the moment in which the ticket is held.
MEANWHILE: dict[str, Any] = {
    "a reply": lambda c: c.desk.reply("one", "Wait", actor="ann"),
    "a move away": lambda c: c.desk.move("one", "working", actor="ann"),
    "closed by hand": lambda c: c.desk.close("one", actor="ann"),
    "merged away": lambda c: c.desk.merge(["zero", "one"], actor="ann"),
    "another team": lambda c: c.desk.transfer("one", "public", actor="ann"),
    "no folded stage": lambda c: c.desk.change_team(
        "company", actor=SETUP, stage_ids=["new", "working"]
    ),
    "the stage is folded": lambda c: c.desk.fold_stage(
        "new", actor=SETUP, confirmed=c.desk.preview_fold("new", True, actor=SETUP)
    ),
    "moved by another program": lambda c: _set(c, "ticket", "one", "stage_id", "new", "working"),
    "merged by another program": lambda c: _set(c, "ticket", "one", "merged_into", None, "zero"),
    "folded by another program": lambda c: _set(c, "stage", "new", "folded", False, True),
    "given away by another program": lambda c: _set(
        c, "ticket", "one", "team_id", "company", "public"
    ),
    "hidden": lambda c: c.desk.change_visibility("company", Visibility.PRIVATE, actor=SETUP),
}


def _set(company: Company, kind: str, id: Any, field: str, expected: Any, value: Any) -> None:
    """What another program writes into the same tables, which keeps no history of it."""
    with company.repository.writing() as session:
        session.lock([], [])
        session.apply(
            [SetField(kind=Kind(kind), id=id, field=field, expected=expected, value=value)]
        )


@pytest.mark.parametrize("what", MEANWHILE)
def test_it_is_looked_at_again(company: Company, what: str) -> None:
    """G13, A17: what happened between the look and the lock is seen: nothing is closed by it."""
    company.open(id="one")
    company.clock.advance(30 * DAY)
    company.open(id="zero")
    look, happen = company.desk._read, MEANWHILE[what]

    def read(actor: Any, ask: Any) -> Any:
        found = look(actor, ask)
        company.desk._read = look  # type: ignore[method-assign]
        assert [t.id for t in found[0]] == ["one"]
        happen(company)
        return found

    company.desk._read = read  # type: ignore[method-assign]
    actor, teams = ("lea", None) if what == "hidden" else (WORKER, ["company"])
    done = company.desk.close_inactive(30, ["new"], actor=actor, team_ids=teams)
    assert done.tickets == ()
    moved_here = [
        e for e in company.desk.history("one", actor=SETUP).items
        if e.name == "TicketMoved" and e.by == WORKER
    ]  # fmt: skip
    assert moved_here == []


def test_who_no_longer_may_closes_nothing(company: Company) -> None:
    """V14, T5: the right is asked again where each ticket is held."""
    company.open(id="one")
    company.clock.advance(30 * DAY)
    look = company.desk._read

    def read(actor: Any, ask: Any) -> Any:
        found = look(actor, ask)
        company.desk.change_user("lea", actor=SETUP, roles={Role.AGENT})
        return found

    company.desk._read = read  # type: ignore[method-assign]
    with pytest.raises(RefusedError):
        company.desk.close_inactive(30, ["new"], actor="lea")
    assert company.desk.ticket("one", actor=SETUP).closed_at is None


def test_no_table_of_moves_is_asked(company: Company) -> None:
    """G13, T5: what closes by itself is limited by its own permission, not by allowed moves."""
    company.desk._moves = AllowedMoves({"team_lead": [], "agent": []})
    company.open(id="one")
    company.clock.advance(30 * DAY)
    assert _closed(company, actor="lea") == ["one"]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_two_workers_close_each_ticket_once(store: str, tmp_path: Path) -> None:
    """G13, A17, G3, G8: of two workers at once each ticket is closed by one, with one message."""
    company = Company(repository_for(store, tmp_path), tmp_path)
    ids = [company.open(customer_id="con").id for _ in range(12)]
    company.deliver()
    company.clock.advance(30 * DAY)
    begin = threading.Barrier(2)

    def work(_: int) -> list[Any]:
        begin.wait()
        closed: list[Any] = []
        more = True
        while more:
            done = company.desk.close_inactive(30, ["new"], actor=WORKER, limit=5)
            closed += (ticket.id for ticket in done.tickets)
            more = done.more
        return closed

    with ThreadPoolExecutor(2) as pool:
        closed = [id for part in pool.map(work, range(2)) for id in part]
    assert sorted(closed) == sorted(ids)
    for id in ids:
        told = Counter(company.names(id))
        assert (told["TicketClosed"], told["TicketMoved"], told["StageMessageSent"]) == (1, 1, 3)
    sent = Counter(message.text for message in company.deliver())
    assert sent == {"By ": len(ids), "No ink: solved": len(ids)}


def test_a_ticket_without_a_history_is_as_old_as_it_is(company: Company) -> None:
    """G13: a ticket that was loaded without events counts from when it was made."""
    made = partial(Ticket, team_id="company", stage_id="new", subject="Old")
    with company.repository.writing() as session:
        session.lock(["company"], [])
        session.apply([Add(made(id="old", created_at=MONDAY - 40 * DAY)),
                       Add(made(id="new", created_at=MONDAY - DAY))])  # fmt: skip
    assert _closed(company) == ["old"]
