"""The first page of a search and its count, against the query that one would write by hand.

    python benchmarks/search.py [--tickets 1000000] [--rounds 5] [--seed 20260105] [--store sqlite]

Both sides ask the same tables of the same database, for the first 50 tickets and how many there are
in all, as an employee who sees two of three teams and what they follow. By hand means: one SQL text
for the page, one for the count, over the same index, without tickets merged into others, without
values that are checked and without passages. They take turns, after they have given the same ids
and the same count; the best of each counts. The second table is what opening a ticket costs more
for being searched; between them stands what removing words costs on SQLite. Exit code 1 when an
answer differs.
"""

from __future__ import annotations

import argparse
import itertools
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from helpdesk_core import (
    FollowSource,
    Helpdesk,
    Role,
    Stage,
    System,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.plans import Add

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import postgres

START = datetime(2026, 1, 5, tzinfo=UTC)
#: Words, and in how many of the tickets each is.
WORDS = {"quagga": 0.0002, "printer": 0.01, "ink": 0.2}
PAGE = 50

_SEEN = """
    t.merged_into IS NULL AND (
        t.team_id IN (SELECT id FROM helpdesk_teams WHERE visibility IN ('company', 'public'))
        OR t.id IN (SELECT ticket_id FROM helpdesk_ticket_follows WHERE user_id = 'ada')
        OR t.assignee_id = 'ada'
    )
"""
_HITS = {
    "sqlite": "SELECT ticket_id FROM helpdesk_texts WHERE number IN "
    "(SELECT rowid FROM helpdesk_texts_fts WHERE helpdesk_texts_fts MATCH :word)",
    "postgresql": "SELECT ticket_id FROM helpdesk_texts WHERE words @@ CAST(:word AS tsquery)",
}


@contextmanager
def database(store: str) -> Iterator[SqlRepository]:
    """An empty one, on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        url = postgres.new_database() if store == "postgresql" else f"sqlite:///{folder}/desk.db"
        with SqlRepository(url) as repository:
            yield repository


def fill(repository: SqlRepository, number: int, seed: int) -> None:
    """So many tickets of twenty words, of which some are the ones that are searched for."""
    chance = random.Random(seed)
    rest = [f"word{n}" for n in range(20_000)]
    things: list[Any] = [
        User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT}),
        Stage(id="new", name="New", position=0),
    ]
    things += [
        Team(id=level.value, name=level.value, visibility=level, stage_ids={"new"})
        for level in Visibility
    ]
    for n in range(number):
        words = [rest[int(20_000 * chance.random() ** 3)] for _ in range(20)]
        words += [word for word, share in WORDS.items() if chance.random() < share]
        things.append(
            Ticket(
                id=f"T-{n}",
                team_id=chance.choice(list(Visibility)).value,
                stage_id="new",
                subject=" ".join(words[:5]),
                description=" ".join(words[5:]),
                created_at=START + timedelta(seconds=n),
                followers={"ada": {FollowSource.CHOSEN}} if chance.random() < 0.01 else {},
            )
        )
        if len(things) >= 2000 or n == number - 1:
            with repository.writing() as session:
                session.lock([], [])
                session.apply(map(Add, things))
            things = []
    kind = repository._engine.dialect.name
    with repository._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if kind == "postgresql" else "ANALYZE")


def compare(repository: SqlRepository, rounds: int) -> bool:
    """A row for each word; whether the answers were the same."""
    kind = repository._engine.dialect.name
    desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), ManualClock(START))
    page = sa.text(
        f"SELECT t.* FROM helpdesk_tickets t WHERE t.id IN ({_HITS[kind]}) AND {_SEEN} "
        f"ORDER BY t.created_at DESC, t.id DESC LIMIT {PAGE + 1}"
    )
    count = sa.text(
        f"SELECT count(*) FROM helpdesk_tickets t WHERE t.id IN ({_HITS[kind]}) AND {_SEEN}"
    )
    same = True
    for word in WORDS:

        def library(word: str = word) -> tuple[list[Any], int]:
            found = desk.search(word, actor="ada", limit=PAGE, whole_words=True)
            return [one.ticket.id for one in found.items], found.count

        def by_hand(word: str = word) -> tuple[list[Any], int]:
            with repository._engine.connect() as connection:
                rows = connection.execute(page, {"word": word}).all()
                number = connection.execute(count, {"word": word}).scalar_one()
            return [row.id for row in rows[:PAGE]], number

        given = library()
        same = same and given == by_hand()
        ours, theirs = turns(library, by_hand, rounds)
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        print(
            f"| {kind} | {given[1]:,} | {min(ours) * 1e3:.1f} ms | {min(theirs) * 1e3:.1f} ms "
            f"| {min(ours) / min(theirs):.2f} | {min(ratios):.2f}-{max(ratios):.2f}, "
            f"median {statistics.median(ratios):.2f} |",
            flush=True,
        )
    return same


def turns(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int
) -> tuple[list[float], list[float]]:
    """How long each took, in turn."""
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for side, call in enumerate((ours, theirs)):
            started = time.perf_counter()
            call()
            figures[side].append(time.perf_counter() - started)
    return figures


def opening(store: str, rounds: int) -> None:
    """What a ticket of fifty words costs to open, with its words and without."""
    from helpdesk_core.adapters.sql import changes

    whole = changes.text_rows
    with database(store) as repository:
        fill(repository, 1000, 1)
        desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), ManualClock(START))
        text = " ".join(f"word{n}" for n in range(50))

        def some(rows: Any) -> None:
            changes.text_rows = rows  # type: ignore[assignment]
            for _ in range(200):
                desk.open_ticket("company", "No ink", description=text, actor="ada")

        with_words, without = turns(lambda: some(whole), lambda: some(lambda _: []), rounds)
        changes.text_rows = whole
        ours, theirs = (min(figures) / 200 * 1e3 for figures in (with_words, without))
        print(f"| {store} | {ours:.2f} ms | {theirs:.2f} ms | {ours - theirs:.2f} ms |", flush=True)


def removing(repository: SqlRepository, rounds: int) -> None:
    """What removing the words of a ticket costs, and without merging SQLite's index for it (T9)."""
    from helpdesk_core.adapters.sql import changes

    whole, me, numbers = changes.forget_words, System(reason="benchmark"), itertools.count()
    desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), ManualClock(START))

    def one(forget: Any) -> float:
        changes.forget_words = forget  # type: ignore[assignment]
        started = time.process_time()
        desk.redact_message(f"T-{next(numbers)}", None, actor=me, reason="benchmark")
        return time.process_time() - started

    merged, left = (min(one(how) for _ in range(rounds)) for how in (whole, lambda _: None))
    changes.forget_words = whole
    print(f"\nremoving a ticket's words: {merged * 1e3:.1f} ms, unmerged {left * 1e3:.1f} ms\n")


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20260105)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], action="append")
    options = parser.parse_args()
    stores = options.store or ["sqlite", "postgresql"]
    print(f"seed {options.seed}, {options.tickets:,} tickets, Python {platform.python_version()}\n")
    print("| store | found | library | by hand | library / by hand | of each round |")
    print("|---|---|---|---|---|---|")
    same = True
    for store in stores:
        with database(store) as repository:
            fill(repository, options.tickets, options.seed)
            same = compare(repository, options.rounds) and same
            if store == "sqlite":
                removing(repository, options.rounds)
    print("\n| store | opening a ticket | without its words | more |\n|---|---|---|---|")
    for store in stores:
        opening(store, options.rounds)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
