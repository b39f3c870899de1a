"""Finding duplicates in a database: a million tickets, and the labelled reports against the index.

    python benchmarks/similarity_sql.py FOLDER [--store sqlite] [--tickets 1000000] [--queries 1000]
        [--asked 300] [--url URL] [--seed 2026]

FOLDER is that of `similarity.py`. First the labelled reports are asked about as there, by a
`SqlSimilarityStore` and by a `SimilarityIndex` in the same run. Then so many tickets are made out
of them, by taking the subject and one half of the text of one report and the other half of another,
and questions are asked about reports, tokenising included; last, tickets are added one by one.
What the server does is not in the time of this process, so that PostgreSQL's are by the clock on
the wall, whatever else the machine does; SQLite's are of the processor. With `--url`, a database
that holds tickets already is asked as it is, and only that.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import random
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa

from helpdesk_core import SimilarityIndex, Ticket
from helpdesk_core.adapters.sql import SqlSimilarityStore
from helpdesk_core.adapters.text import SnowballWords

sys.path.insert(0, str(Path(__file__).parent))

import server
from similarity import FIRST, Reports, ask, read, tickets

WARM = 50  # questions asked before any is measured
ONE = {"pool_size": 1, "max_overflow": 0}


@contextmanager
def database(store: str) -> Iterator[str]:
    """An empty one, on the disk."""
    if store == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/desk.sqlite"
        return
    url, name = server.postgresql(), "helpdesk_similarity"
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


class Recombined:
    """Tickets with the subject and one half of a report, and the other half of another.

    Their words are taken from the halves, each once, so that making so many takes less time.
    """

    def __init__(self, reports: Reports, seed: int, first: int = 0, step: int = 1) -> None:
        self._made = tickets(reports.rows, product=True)
        self._seed, self._first, self._step = seed, first, step
        self._split = functools.cache(SnowballWords("english"))
        self._halves: dict[str, tuple[str, str]] = {}

    def upto(self, number: int) -> Iterator[Ticket]:
        for n in range(self._first, number, self._step):
            chance = random.Random(self._seed * 2**32 + n)
            one, other = chance.choice(self._made), chance.choice(self._made)
            first, second = one.description.split(" "), other.description.split(" ")
            halves = " ".join(first[: len(first) // 2]), " ".join(second[len(second) // 2 :])
            description = "\n".join(halves)
            self._halves[description] = halves
            yield Ticket(
                id=f"R-{n}",
                team_id=one.team_id,
                stage_id="new",
                subject=one.subject,
                description=description,
                created_at=FIRST + timedelta(seconds=n),
            )

    def words(self, text: str) -> list[str]:
        halves = self._halves.pop(text, None)
        if halves is None:
            return self._split(text)
        return [word for half in halves for word in self._split(half)]


# --- the labelled reports ------------------------------------------------------------------------


def labelled(reports: Reports, queries: list[str], store: str, clock: Callable[[], float]) -> None:
    """Recall against the index in memory, with the same tickets."""
    split = SnowballWords("english")
    print("| | recall@10 | MRR | of the unfitted half | median | 99th percentile |")
    print("|---|---|---|---|---|---|")
    for product in (True, False):
        told = "product known" if product else "one queue"
        everything = tickets(reports.rows, product=product)
        by_id = {ticket.id: ticket for ticket in everything}
        index = SimilarityIndex(everything, split=split)
        with database(store) as url, SqlSimilarityStore(url, split=split) as kept:
            kept.add_many(everything)
            analyse(url)
            found: dict[str, Any] = {"index in memory": index, store: kept}
            for name, one in found.items():

                def find(id: str, one: Any = one, by_id: Any = by_id) -> list[Any]:
                    return [match.ticket_id for match in one.most_similar(by_id[id], 10)]

                result = ask(reports, queries, find, time.thread_time if one is index else clock)
                print(result.line(f"{told}, {name}", reports.fitted()), flush=True)


def analyse(url: str) -> None:
    """What PostgreSQL does by itself within a minute."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        vacuum = engine.dialect.name == "postgresql"
        connection.exec_driver_sql("VACUUM ANALYZE" if vacuum else "ANALYZE")


# --- many tickets --------------------------------------------------------------------------------


def fill(folder: Path, url: str, number: int, seed: int, workers: int) -> None:
    began = time.perf_counter()
    with ProcessPoolExecutor(workers) as pool:
        parts = [
            pool.submit(fill_part, folder, url, number, seed, n, workers) for n in range(workers)
        ]
        for part in parts:
            part.result()
    pace = number / (time.perf_counter() - began)
    print(f"filled by `add_many` in {workers} processes: {number:,} tickets, {pace:,.0f} a second")


def fill_part(folder: Path, url: str, number: int, seed: int, first: int, step: int) -> None:
    recombined = Recombined(read(folder), seed, first, step)
    with SqlSimilarityStore(url, split=recombined.words, busy_timeout=600) as kept:
        coming = recombined.upto(number)
        for done in itertools.count(1):
            some = list(itertools.islice(coming, 5000))
            kept.add_many(some, together=5000)
            if len(some) < 5000:
                return
            print(f"{done * 5000:,} by process {first}", file=sys.stderr, flush=True)


def half(ids: Collection[Any]) -> set[Any]:
    """A filter that allows one of two."""
    return {id for id in ids if zlib.crc32(str(id).encode()) & 1}


def processor(kept: SqlSimilarityStore) -> Callable[[], float]:
    """The time of the processor that this thread and the server's process for it have taken.

    Where the server's cannot be known, only this thread's.
    """
    engine = kept._repository._engine
    if engine.dialect.name == "sqlite":
        return time.thread_time
    with engine.connect() as connection:  # of a pool of one
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    file = Path(f"/proc/{pid}/schedstat")
    if not file.exists():
        return time.thread_time
    return lambda: time.thread_time() + int(file.read_text().split()[0]) / 1e9


def speed(kept: SqlSimilarityStore, reports: Reports, asked: int, seed: int) -> None:
    clocks = time.perf_counter, processor(kept)
    some = random.Random(seed).sample(tickets(reports.rows, product=True), asked + WARM)
    print("| | median | 99th percentile | of the processor, median | 99th percentile |")
    print("|---|---|---|---|---|")
    ways: dict[str, Any] = {"all may be found": None, "half of them may be found": half}
    for name, among in ways.items():
        for ticket in some[:WARM]:
            kept.most_similar(ticket, 10, among=among)
        asking = [partial(kept.most_similar, ticket, 10, among=among) for ticket in some[WARM:]]
        line(name, clocks, asking)
    new = [
        attrs.evolve(ticket, id=f"N-{ticket.id}")
        for ticket in Recombined(reports, seed + 1).upto(asked)
    ]
    line("added, one by one", clocks, [partial(kept.add, ticket) for ticket in new])
    line("removed again", clocks, [partial(kept.remove, ticket.id) for ticket in new])


def line(
    name: str, clocks: Sequence[Callable[[], float]], calls: Sequence[Callable[[], Any]]
) -> None:
    taken: list[list[float]] = []
    for call in calls:
        began = [clock() for clock in clocks]
        call()
        taken.append([clock() - then for clock, then in zip(clocks, began, strict=True)])
    figures = []
    for seconds in map(sorted, zip(*taken, strict=True)):
        figures += [statistics.median(seconds), seconds[int(0.99 * len(seconds))]]
    print(f"| {name} | " + " | ".join(f"{s * 1e3:.1f} ms" for s in figures) + " |", flush=True)


# --- adversaries ---------------------------------------------------------------------------------


def adversaries(store: str, clock: Callable[[], float]) -> None:
    """Each call is bounded, whatever is sent: its longest time."""

    def made(id: Any, subject: str, description: str = "") -> Ticket:
        return Ticket(id=id, team_id=0, stage_id=0, subject=subject, description=description,
                      created_at=FIRST)  # fmt: skip

    same, mebibyte = "the printer on the second floor prints nothing since this morning", 2**20
    worlds: dict[str, list[Ticket]] = {
        "10,000 with the same text": [made(n, same) for n in range(10_000)],
        "1 MiB of one word": [made(n, "no ink", "ink " * (mebibyte // 4)) for n in range(20)],
        "1 MiB of other words": [
            made(n, "no ink", " ".join(f"{n:x}{k:x}" for k in range(mebibyte // 6))[:mebibyte])
            for n in range(20)
        ],
        "ids 2^61-1 apart": [
            made(k * (2**61 - 1) + n, f"{same} {n}") for n in range(1429) for k in range(-3, 4)
        ],
    }
    print("| | add | change | ask | ask among all ids |")
    print("|---|---|---|---|---|")
    for name, sent in worlds.items():
        with database(store) as url, SqlSimilarityStore(url, id_type=int) as kept:
            kept.add_many(sent[20:])
            adding = max(_timed(clock, kept.add, ticket) for ticket in sent[:20])
            analyse(url)
            ids = {ticket.id for ticket in sent}
            asking = max(_timed(clock, kept.most_similar, ticket, 10) for ticket in sent[:20])
            among = max(
                _timed(clock, kept.most_similar, ticket, 10, among=ids.intersection)
                for ticket in sent[:20]
            )
            changed = (made(ticket.id, "another " + ticket.subject) for ticket in sent[:20])
            changing = max(_timed(clock, kept.update, ticket) for ticket in changed)
            figures = (adding, changing, asking, among)
            print(f"| {name} | " + " | ".join(f"{s * 1e3:.0f} ms" for s in figures) + " |")


def _timed(clock: Callable[[], float], call: Callable[..., Any], *args: Any, **more: Any) -> float:
    began = clock()
    call(*args, **more)
    return clock() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--asked", type=int, default=300)
    parser.add_argument("--url")
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    reports = read(arguments.folder)
    clock = time.perf_counter if arguments.store == "postgresql" else time.thread_time
    split = SnowballWords("english")
    if arguments.url:
        with SqlSimilarityStore(arguments.url, split=split, pool=ONE) as kept:
            speed(kept, reports, arguments.asked, arguments.seed)
        return
    if arguments.queries:
        labelled(reports, reports.queries[: arguments.queries], arguments.store, clock)
    adversaries(arguments.store, clock)
    if arguments.tickets:
        with database(arguments.store) as url:
            SqlSimilarityStore(url).close()
            workers = 1 if arguments.store == "sqlite" else 2
            fill(arguments.folder, url, arguments.tickets, arguments.seed, workers)
            analyse(url)
            with SqlSimilarityStore(url, split=split, pool=ONE) as kept:
                speed(kept, reports, arguments.asked, arguments.seed)


if __name__ == "__main__":
    main()
