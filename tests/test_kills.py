"""A process is killed at a random moment of its work: what was acknowledged is there, all whole.

The long run has as many kills on each database as HELPDESK_KILLS says.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

import postgres
import workers
from desks import Company
from helpdesk_core import AssignmentMethod, Visibility
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.ports import Repository, TicketFilter
from helpdesk_core.visibility.scopes import Everything
from sql_stores import SQL_STORES
from tallies import Tally
from workers import MEMBERS, TEAM

#: How many kills the long run has, and how many of them on one database that fills up.
KILLS = int(os.environ.get("HELPDESK_KILLS", "1000"))
ROUND = 50
#: The most calls that a worker has made before it is killed.
MOST_CALLS = 6
#: For how long a server may go on with what a killed client had sent, in seconds.
PATIENCE = 60.0


def _everything(repository: Repository) -> dict[str, Any]:
    """All that is kept, whatever the store numbers it by; followers come in no certain order."""
    with repository.reading() as session:
        tickets = session.find(Everything(), TicketFilter(merged=None))
        ids = [ticket.id for ticket in tickets]
        return {
            "tickets": tickets,
            "teams": session.teams(),
            "stages": session.stages(),
            "messages": session.messages(ids),
            "merges": [_merge(merge) for merge in session.merges(ids)],
            "children": {k: set(v) for k, v in session.merged_children(ids).items()},
            "history": _by_moment([recorded.event for recorded in session.history(ids)]),
            "outbox": sorted(repr(attrs.evolve(n, key="")) for n in session.outbox()),
            "workloads": {team: session.workloads(team) for team in session.teams()},
        }


def _by_moment(events: list[Any]) -> list[Any]:
    return sorted(events, key=lambda event: (event.at, repr(event)))


def _merge(merge: Any) -> Any:
    return attrs.evolve(merge, changes=sorted(merge.changes, key=repr))


def _company(repository: Repository, folder: Path) -> Company:
    company = Company(repository, folder)
    company.team(
        TEAM,
        Visibility.PUBLIC,
        member_ids=MEMBERS,
        auto_assign=True,
        assignment_method=AssignmentMethod.EQUAL_OPEN,
    )
    return company


def _where(store: str, folder: Path) -> tuple[str, dict[str, Any]]:
    if store == "postgresql":
        return postgres.emptied_url()
    return f"sqlite:///{folder / 'desk.sqlite'}", {}


def _killed_at_work(
    where: Any, first: int, dice: random.Random, load: str
) -> list[tuple[str, int]]:
    """Kill a worker at some moment of some call; what it had said by then."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = workers.start(workers.work, where, first, sender, load)
    sender.close()
    said = [receiver.recv()]
    begun = time.monotonic()
    for _ in range(2 * dice.randrange(MOST_CALLS + 1)):  # each is begun, and done
        said.append(receiver.recv())
    a_call = 2 * (time.monotonic() - begun) / (len(said) - 1) if len(said) > 1 else 0.02
    time.sleep(dice.uniform(0, 1.5 * a_call))
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    try:
        while True:
            said.append(receiver.recv())
    except EOFError:
        receiver.close()
    return said


def _wait_until_alone(url: str) -> None:
    """The server goes on for a moment with what a killed client had sent."""
    if not url.startswith("postgresql"):
        return
    others = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with engine.connect() as connection:
            if not connection.execute(others).scalar():
                return
        time.sleep(0.02)
    raise AssertionError("somebody is still at work")


def _run(store: str, folder: Path, kills: int, seed: int, tally: Tally, load: str = "mixed") -> str:
    """Kill so often, and compare with the same calls made in memory; the line for the tally."""
    dice = random.Random(seed)
    where = _where(store, folder)
    with SqlRepository(where[0], **where[1]) as repository:
        _company(repository, folder / "one")
    plain = MemoryRepository()
    _company(plain, folder / "other")
    number = 0
    counted = dict.fromkeys(
        (
            "kills",
            "acknowledged calls",
            "broken off and done",
            "broken off and not done",
            "lost or half done",
            "counts that differ",
        ),
        0,
    )
    for _ in range(kills):
        said = _killed_at_work(where, number, dice, load)
        _wait_until_alone(where[0])
        counted["kills"] += 1
        for n in [n for what, n in said if what == "done"]:
            assert n == number
            workers.LOADS[load](plain, n)
            number += 1
        counted["acknowledged calls"] = number - counted["broken off and done"]
        broken_off = next(n for what, n in reversed(said) if what == "begun") == number
        with SqlRepository(where[0], **where[1]) as repository:
            problems = workers.desk_at(repository, 0).check()
            found = _everything(repository)
        expected = _everything(plain)
        if broken_off and found == expected:
            counted["broken off and not done"] += 1
        elif broken_off:  # then it was done as a whole
            workers.LOADS[load](plain, number)
            number += 1
            counted["broken off and done"] += 1
            expected = _everything(plain)
        counted["lost or half done"] += found != expected
        counted["counts that differ"] += len(problems)
        if problems or found != expected:
            break
    at = "work" if load == "mixed" else load
    line = tally.add(f"killed at {at}, {store}", counted)
    assert problems == ()
    assert found == expected
    assert number > kills
    return line


def test_workers_begin_with_all_that_they_need() -> None:
    """N1: workers are forked from a server that has loaded and played all, so kills meet calls."""
    # It says nothing when it cannot load it, and then most of a worker's time would go into that.
    receiver, sender = multiprocessing.Pipe(duplex=False)
    workers.start(workers.tell_loaded, sender).join()
    assert receiver.recv() >= {"warm_workers", "psycopg", "sqlalchemy.dialects.sqlite"}


@pytest.mark.parametrize("store", SQL_STORES)
def test_a_killed_process_leaves_nothing_half_done(
    store: str, tmp_path: Path, tally: Tally
) -> None:
    """N1, A7: after 50 kills each acknowledged call is there, and each other wholly or not."""
    _run(store, tmp_path, 50, 1, tally)


@pytest.mark.parametrize("store", SQL_STORES)
def test_a_killed_merge_is_before_or_after(store: str, tmp_path: Path, tally: Tally) -> None:
    """M10, N1: after 50 kills during merges and un-merges, each was done wholly or not at all."""
    _run(store, tmp_path, 50, 1, tally, "merges")


@pytest.mark.long
@pytest.mark.parametrize("load", workers.LOADS)
@pytest.mark.parametrize("seed", range(-(-KILLS // ROUND)))
@pytest.mark.parametrize("store", SQL_STORES)
def test_kills_for_long(store: str, seed: int, load: str, tmp_path: Path, tally: Tally) -> None:
    """M10, N1, A7: the same for a thousand kills on each database with each load."""
    begun = time.monotonic()
    line = _run(store, tmp_path, min(ROUND, KILLS - seed * ROUND), seed, tally, load)
    tally.show(f"{time.monotonic() - begun:.0f} s: {line}")
