"""A process is killed at a random moment of its work: what was acknowledged is there, all whole."""

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
from workers import MEMBERS, TEAM

#: The longest that a process works before it is killed.
AT_WORK = 0.25


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


def _killed_at_work(where: Any, first: int, dice: random.Random) -> list[tuple[str, int]]:
    """Kill a worker after a while; what it had said by then."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = workers.start(workers.work, where, first, sender)
    sender.close()
    said = [receiver.recv()]
    time.sleep(dice.uniform(0, AT_WORK))
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
    for _ in range(200):
        with engine.connect() as connection:
            if not connection.execute(others).scalar():
                return
        time.sleep(0.02)
    raise AssertionError("somebody is still at work")


def _run(store: str, folder: Path, kills: int, seed: int) -> int:
    """Kill so often; how many calls had been made in the end."""
    dice = random.Random(seed)
    where = _where(store, folder)
    with SqlRepository(where[0], **where[1]) as repository:
        _company(repository, folder / "one")
    plain = MemoryRepository()
    _company(plain, folder / "other")
    number = 0
    half = 0
    for _ in range(kills):
        said = _killed_at_work(where, number, dice)
        _wait_until_alone(where[0])
        acknowledged = [n for what, n in said if what == "done"]
        begun = [n for what, n in said if what == "begun"]
        for n in acknowledged:
            assert n == number
            workers.call(plain, n)
            number += 1
        assert begun[-1] in (number - 1, number)
        with SqlRepository(where[0], **where[1]) as repository:
            assert workers.desk_at(repository, 0).check() == ()
            found = _everything(repository)
        if begun[-1] == number and found != _everything(plain):
            # The call that nobody heard of any more was made: then it was made as a whole.
            workers.call(plain, number)
            number += 1
            half += 1
        assert found == _everything(plain)
    return number


@pytest.mark.parametrize("store", SQL_STORES)
def test_a_killed_process_leaves_nothing_half_done(store: str, tmp_path: Path) -> None:
    """N1, A7: after 25 kills each acknowledged call is there, and each other wholly or not."""
    assert _run(store, tmp_path, 25, seed=1) > 25


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("store", SQL_STORES)
def test_kills_for_long(store: str, seed: int, tmp_path: Path) -> None:
    """N1, A7: the same for a thousand kills on each database."""
    assert _run(store, tmp_path, 50, seed=seed) > 50
