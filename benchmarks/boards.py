"""Boards of a million tickets against boards of ten thousand: the cost should be the same.

    python benchmarks/boards.py [--sizes 10000 1000000] [--rounds 5] [--databases sqlite postgresql]

The desk is that of `scopes_desk.py`: sixty teams, four stages, three tickets in four closed. Asked
through the service, by an administrator, an internal user who follows two PRIVATE teams and a
hundred tickets, and a portal user who follows a hundred and twenty:

- the first page (50) of every column, folded ones unfolded for the viewer: of *All tickets*, and of
  the team that has the most tickets;
- a page in the middle of the longest column of *All tickets*;
- the dashboard;
- a drag of one ticket between two in the middle of that column (administrator).

Both sizes take turns; times are the best of the rounds, and the ratio is large : small. `check`
must find nothing. The server is as in `server.py`. Exit code 1 when a ratio is over 1.5.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs
import scopes_desk
import sqlalchemy as sa
from server import postgresql

from helpdesk_core import Helpdesk, System, TicketFilter, User, UserKind
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.service.pages import Cursors

GOAL = 1.5
FOLDED = ["solved", "refused"]
COLUMN = "solved"
VIEWERS = {"administrator": "adm", "internal": "kim", "portal": "pat"}
SETUP = System(reason="benchmark")


@attrs.frozen
class Desk:
    """A desk of one size, with what its questions need."""

    desk: Helpdesk
    team: str
    middle: Mapping[str, str | None]
    between: tuple[str, str]
    dragged: str

    def questions(self, viewer: str) -> Iterator[tuple[str, Callable[[], Any]]]:
        """What is asked, by name."""
        desk, all_open = self.desk, {"temporarily_unfolded": FOLDED}
        yield "All tickets", lambda: desk.board(actor=viewer, **all_open)
        if viewer != "pat":
            yield "a team's board", lambda: desk.board(self.team, actor=viewer, **all_open)
        yield "in the middle", lambda: desk.column(COLUMN, actor=viewer, after=self.middle[viewer])
        yield "the dashboard", lambda: desk.dashboard(actor=viewer)
        if viewer == "adm":
            ends = iter(range(10**9))

            def drag() -> Any:
                below, above = self.between
                options = {"above": above} if next(ends) % 2 else {"below": below}
                return desk.drag(self.dragged, COLUMN, actor=viewer, **options)

            yield "a drag", drag


def prepare(url: str, repository: SqlRepository) -> Desk:
    """Somebody with a hundred follows, and the middle of a column."""
    desk = scopes_desk.desk_of(repository)
    desk.add_user(User(id="kim", name="Kim", kind=UserKind.INTERNAL), actor=SETUP)
    for team in scopes_desk.PRIVATE[:2]:
        desk.follow_team(team, "kim", actor=SETUP)
    number = desk.count(actor=SETUP)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    in_column = f"FROM helpdesk_tickets WHERE stage_id = '{COLUMN}' AND merged_into IS NULL"

    def rows(text: str) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(sa.text(text))
            return list(result) if result.returns_rows else []

    hidden = ", ".join(f"'{team}'" for team in scopes_desk.PRIVATE[2:])
    step = number // 300
    ids = [
        row[0]
        for row in rows(
            f"SELECT id FROM helpdesk_tickets WHERE team_id IN ({hidden}) AND merged_into IS NULL "
            "ORDER BY created_at LIMIT 100"
            if step < 1
            else "SELECT id FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n "
            f"FROM helpdesk_tickets WHERE team_id IN ({hidden}) AND merged_into IS NULL) x "
            f"WHERE n % {max(1, step // 4)} = 0 ORDER BY n LIMIT 100"
        )
    ]
    for id in ids:
        rows(f"INSERT INTO helpdesk_ticket_follows VALUES ('{id}', 'kim', 'chosen')")
    team = rows(
        "SELECT team_id FROM helpdesk_stage_counts GROUP BY 1 ORDER BY sum(tickets) DESC LIMIT 1"
    )[0][0]
    column = desk.column(COLUMN, actor=SETUP, limit=1)
    middle = rows(
        f"SELECT rank, id {in_column} ORDER BY rank, id LIMIT 4 OFFSET {column.count // 2}"
    )
    query = TicketFilter(stage_ids=frozenset({COLUMN}))
    cursors = Cursors.of("column", stage_id=COLUMN, query=query, text="", by_rank=True)
    cursor = cursors.after(middle[0].rank, middle[0].id)
    pats = desk.column(COLUMN, actor="pat", limit=20)
    engine.dispose()
    return Desk(
        desk,
        team,
        {"adm": cursor, "kim": cursor, "pat": pats.next},
        (middle[1].id, middle[2].id),
        middle[3].id,
    )


@contextmanager
def loaded(database: str, number: int, seed: int, server: sa.URL | None) -> Iterator[str]:
    """The URL of a desk of this size, which is removed afterwards."""
    if server is None:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder, 'desk.sqlite')}"
            scopes_desk.load(url, number, seed, texts=True)
            yield url
        return
    name = f"helpdesk_boards_{number}"
    engine = sa.create_engine(server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        url = server.set(database=name).render_as_string(hide_password=False)
        scopes_desk.load(url, number, seed, texts=True)
        yield url
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def took(work: Callable[[], Any], times: int) -> float:
    """Seconds for one of so many."""
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def compare(desks: list[Desk], database: str, rounds: int) -> list[float]:
    """Print a line for each question; the ratios."""
    reached = []
    for kind, viewer in VIEWERS.items():
        for asked in zip(*(desk.questions(viewer) for desk in desks), strict=True):
            name, works = asked[0][0], [work for _, work in asked]
            times = max(1, min(200, int(0.2 / max(took(work, 3) for work in works))))
            figures: list[list[float]] = [[] for _ in works]
            for _ in range(rounds):
                for n, work in enumerate(works):
                    figures[n].append(took(work, times))
            ratios = [large / small for small, large in zip(*figures, strict=True)]
            small, large = map(min, figures)
            print(
                f"| {database} | {kind} | {name} | {small * 1e3:.2f} | {large * 1e3:.2f} "
                f"| {large / small:.2f} | {min(ratios):.2f}-{max(ratios):.2f}, "
                f"median {statistics.median(ratios):.2f} |",
                flush=True,
            )
            reached.append(large / small)
    return reached


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs=2, default=[10_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, seed {options.seed}\n")
    small, large = options.sizes
    print(f"| database | viewer | asked | {small:,}, ms | {large:,}, ms | ratio | of each round |")
    print("|---|---|---|---|---|---|---|", flush=True)
    reached, wrong = [], []
    for database in options.databases:
        server = postgresql() if database == "postgresql" else None
        with ExitStack() as stack:
            desks = []
            for number in options.sizes:
                url = stack.enter_context(loaded(database, number, options.seed, server))
                repository = stack.enter_context(SqlRepository(url, migrate=False))
                desks.append(prepare(url, repository))
            reached += compare(desks, database, options.rounds)
            wrong += [finding for desk in desks for finding in desk.desk.check()[:3]]
    print(f"\nhighest ratio {max(reached):.2f}; check: {wrong or 'green'}")
    return 0 if max(reached) <= GOAL and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
