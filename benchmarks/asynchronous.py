"""A thousand tickets opened at once on PostgreSQL: by tasks of one loop, and by threads.

    python benchmarks/asynchronous.py [--tickets 1000] [--threads 16] [--rounds 5]

One team of ten members, equal number of tickets. Each round opens so many tickets by tasks that all
begin together, over `AsyncHelpdesk`, then as many by threads, over `Helpdesk`, in the same process
and on the same server; both may use as many connections. Printed are tickets a second, the ratio,
and for each the spread and how many tickets are there.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from helpdesk_core import AssignmentMethod, Helpdesk, Role, System, User, UserKind, Visibility
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import AsyncSqlRepository, SqlRepository
from helpdesk_core.adapters.threads import ThreadNotifier
from helpdesk_core.aio import AsyncHelpdesk
from helpdesk_core.ports import TicketFilter
from helpdesk_core.visibility.scopes import Everything

sys.path.insert(0, str(Path(__file__).parent))

import server

SETUP = System(reason="benchmark")


class Calendar:
    """Nobody is ever away; awaited."""

    async def absences(self, *_: Any) -> list[Any]:
        return []

    async def schedules(self, *_: Any) -> dict[Any, Any]:
        return {}


def fresh(url: str, pool: dict[str, int]) -> tuple[str, SqlRepository]:
    """An empty database with a team of ten."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS helpdesk_async WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE helpdesk_async")
    there = sa.make_url(url).set(database="helpdesk_async").render_as_string(False)
    repository = SqlRepository(there, pool=pool)
    desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())
    members = [f"m{n}" for n in range(10)]
    for id in members:
        person = User(id=id, name=id, kind=UserKind.INTERNAL, roles={Role.AGENT})
        desk.add_user(person, actor=SETUP)
    stage = desk.create_stage("New", actor=SETUP, id="new")
    desk.create_team(
        "Support",
        Visibility.COMPANY,
        actor=SETUP,
        id="support",
        stage_ids=[stage.id],
        member_ids=members,
        auto_assign=True,
        assignment_method=AssignmentMethod.EQUAL_TICKETS,
    )
    return there, repository


def counted(repository: SqlRepository) -> tuple[int, int]:
    """How many tickets are there, and the spread over the members."""
    with repository.reading() as session:
        tickets = session.find(Everything(), TicketFilter())
    loads = Counter(ticket.assignee_id for ticket in tickets)
    return len(tickets), max(loads.values()) - min(loads.values())


def by_tasks(url: str, number: int, pool: dict[str, int]) -> float:
    """Seconds that it takes tasks of one loop, all begun together."""

    async def main() -> float:
        async with AsyncSqlRepository(url, pool=pool) as repository:
            desk = AsyncHelpdesk(
                repository, ThreadNotifier(MemoryNotifier()), Calendar(), SystemClock()
            )
            await desk.open_ticket("support", "Ink", actor="m0")  # as the threads' is: warm
            began = time.perf_counter()
            opening = (desk.open_ticket("support", "Ink", actor="m0") for _ in range(number))
            await asyncio.gather(*opening)
            return time.perf_counter() - began

    return asyncio.run(main())


def by_threads(repository: SqlRepository, number: int, threads: int) -> float:
    """Seconds that it takes so many threads."""
    desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())
    desk.open_ticket("support", "Ink", actor="m0")
    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        list(
            pool.map(
                lambda _: desk.open_ticket("support", "Ink", actor="m0"), range(number), chunksize=1
            )
        )
        return time.perf_counter() - began


def main() -> None:
    """Measure both, in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    url, number, threads = server.postgresql(), arguments.tickets, arguments.threads
    pool = {"pool_size": threads, "max_overflow": 0, "pool_timeout": 300}
    ratios = []
    for _ in range(arguments.rounds):
        there, repository = fresh(url, pool)
        tasks = number / by_tasks(there, number, pool)
        kept, spread = counted(repository)
        repository.close()
        _, repository = fresh(url, pool)
        plain = number / by_threads(repository, number, threads)
        kept_plain, spread_plain = counted(repository)
        repository.close()
        ratios.append(tasks / plain)
        print(
            f"tasks {tasks:,.0f} a second, {kept} kept, spread {spread};"
            f" {threads} threads {plain:,.0f}, {kept_plain} kept, spread {spread_plain};"
            f" ratio {ratios[-1]:.2f}",
            flush=True,
        )
    print(f"tasks against threads: {statistics.median(ratios):.2f} in the median")


if __name__ == "__main__":
    main()
