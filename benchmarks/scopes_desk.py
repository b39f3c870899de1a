"""A help desk with a million tickets for `scopes.py`, loaded into the tables without the service.

Sixty teams, a third of each level; 500 employees, 20,000 customers with a login; three tickets in
four are closed, two in a hundred were merged away. Beside them the six whose lists are measured.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa

from helpdesk_core import Helpdesk, Role, System, User, UserKind, Visibility
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.adapters.sql.tables import tables_for
from helpdesk_core.adapters.sql.types import Words
from helpdesk_core.rank import rank_of_coming
from helpdesk_core.search import opening_text, words_in

SETUP = System(reason="benchmark")
TEAMS = [f"team-{n}" for n in range(60)]
LEVELS = dict(zip(TEAMS, [*Visibility] * 20, strict=True))
PRIVATE = [team for team in TEAMS if LEVELS[team] is Visibility.PRIVATE]
#: The six whose lists are measured, by what they are.
VIEWERS = {
    "administrator": User(id="adm", name="Adm", kind=UserKind.INTERNAL, roles={Role.ADMINISTRATOR}),
    "internal": User(id="ivy", name="Ivy", kind=UserKind.INTERNAL, roles={Role.AGENT}),
    "internal, follows only teams": User(id="tom", name="Tom", kind=UserKind.INTERNAL),
    "internal, follows 10,000 tickets": User(id="flo", name="Flo", kind=UserKind.INTERNAL),
    "internal, follows nothing": User(id="nil", name="Nil", kind=UserKind.INTERNAL),
    "portal": User(id="pat", name="Pat", kind=UserKind.PORTAL),
}
_EMPLOYEES = [f"employee-{n}" for n in range(500)]
_CUSTOMERS = [f"customer-{n}" for n in range(20_000)]
_START = datetime(2024, 1, 1, tzinfo=UTC)
_TEXT = "The printer on the third floor has no ink, and the one beside it takes no paper. " * 3
_TICKET = (
    "id, team_id, stage_id, subject, created_at, description, opener_id, customer_id, assignee_id, "
    'waiting, priority, links, "references", closed_at, merged_into, rank, version'
)


class _Tickets:
    """The rows of so many tickets, made a piece at a time, and the same for the same seed."""

    def __init__(self, number: int, seed: int, moment: Any) -> None:
        self.number, self._moment = number, moment
        self._chance = random.Random(seed)
        self._last: dict[str, str] = {}
        of_flo = min(10_000, number // 10)
        self._flo = frozenset(self._chance.sample(range(number), of_flo))

    def pieces(self, size: int = 50_000) -> Iterator[tuple[list[Any], list[Any], list[Any]]]:
        """Tickets, who follows them, and their tags."""
        for start in range(0, self.number, size):
            piece: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
            for n in range(start, min(start + size, self.number)):
                self._add(n, *piece)
            yield piece

    def _add(self, n: int, tickets: list[Any], follows: list[Any], tags: list[Any]) -> None:
        chance = self._chance
        id = str(UUID(int=chance.getrandbits(128)))
        # some teams have many more tickets than others
        team = TEAMS[min(int(chance.expovariate(1 / 15)), len(TEAMS) - 1)]
        created = _START + timedelta(minutes=n)
        closed = chance.random() < 0.75
        merged = self._last.get(team) if chance.random() < 0.02 else None
        assignee = chance.choice(_EMPLOYEES) if chance.random() < 0.9 else None
        if n % 2000 == 7:
            assignee = "ivy"
        customer = chance.choice(_CUSTOMERS)
        public = LEVELS[team] is Visibility.PUBLIC
        followers = set()
        if assignee:
            followers.add((id, assignee, "assigned"))
        if public:
            if self.number // 40 and n % (self.number // 40) < 3:  # in every stretch of time
                customer = "pat"
            followers.add((id, customer, "customer"))
        if chance.random() < 0.3:
            followers.add((id, chance.choice(_EMPLOYEES), "chosen"))
        if n in self._flo:
            followers.add((id, "flo", "chosen"))
        if n % 5000 == 11:
            followers.add((id, "ivy", "chosen"))
        if chance.random() < 0.2:
            tags.append((id, chance.choice(("ink", "paper", "network", "access"))))
        stage = ("solved" if n % 10 else "refused") if closed else ("new", "working")[n % 2]
        over = self._moment(created + timedelta(hours=20)) if closed else None
        moment, subject = self._moment(created), f"Request {n} about a printer"
        priority, text = n % 4, _TEXT[: 40 + n % 160]
        start = (id, team, stage, subject, moment, text, customer, customer, assignee)
        rank = rank_of_coming(created, id)
        tickets.append((*start, False, priority, "[]", "[]", over, merged, rank, 3))
        follows += followers
        if merged is None:
            self._last[team] = id


def load(url: str, number: int, seed: int, *, texts: bool = False) -> None:
    """Fill an empty database, with counts that fit, and let it look at its own figures.

    With `texts` each ticket's opening can be searched too, which takes as long again.
    """
    with SqlRepository(url) as repository:
        _people_and_teams(repository)
    if url.startswith("sqlite"):
        file = sqlite3.connect(sa.make_url(url).database or "")
        run: Any = file.execute
        run("PRAGMA synchronous = OFF")
        run("PRAGMA cache_size = -1000000")  # ids come in no order

        def put(table: str, columns: str, rows: Sequence[Any]) -> None:
            places = ", ".join("?" * len(rows[0]))
            file.executemany(f"INSERT INTO helpdesk_{table} ({columns}) VALUES ({places})", rows)
    else:
        file = psycopg.connect(url.replace("+psycopg", ""))  # type: ignore[assignment]
        run = file.execute

        def put(table: str, columns: str, rows: Iterable[Any]) -> None:
            into: Any = file.cursor()
            with into.copy(f"COPY helpdesk_{table} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)

    of_texts = "ticket_id, internal, words"
    for tickets, follows, tags in _Tickets(number, seed, _moment_of(url)).pieces():
        put("tickets", _TICKET, tickets)
        if texts:
            words = _words_of(url)
            put("texts", of_texts, [(row[0], False, words(row[3], row[5])) for row in tickets])
        put("ticket_follows", "ticket_id, user_id, source", follows)
        put("ticket_tags", "ticket_id, tag", tags)
    run(
        "INSERT INTO helpdesk_workloads (team_id, member_id, total, open, credit) "
        "SELECT team_id, assignee_id, count(*), sum(CASE WHEN folded THEN 0 ELSE 1 END), 0 "
        "FROM helpdesk_tickets t JOIN helpdesk_stages s ON s.id = t.stage_id "
        "WHERE assignee_id IS NOT NULL AND merged_into IS NULL GROUP BY 1, 2"
    )
    run(
        "INSERT INTO helpdesk_stage_counts (team_id, stage_id, tickets, unassigned, waiting) "
        "SELECT team_id, stage_id, count(*), count(CASE WHEN assignee_id IS NULL THEN 1 END), 0 "
        "FROM helpdesk_tickets WHERE merged_into IS NULL GROUP BY 1, 2"
    )
    file.commit()
    if url.startswith("sqlite"):
        run("ANALYZE")
        file.commit()
    else:
        file.autocommit = True  # type: ignore[attr-defined]
        run("VACUUM ANALYZE")
    file.close()


def _words_of(url: str) -> Any:
    dialect = sa.make_url(url).get_dialect()()

    def words(subject: str, description: str) -> str:
        found = words_in(opening_text(subject, description))
        return Words().process_bind_param(found, dialect)

    return words


@contextmanager
def all_private(url: str) -> Iterator[None]:
    """The same tickets while every team is PRIVATE, set without a thought of who follows."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    levels = dict.fromkeys(TEAMS, Visibility.PRIVATE)
    for of in (levels, LEVELS):
        with engine.begin() as connection:
            for team, level in of.items():
                connection.execute(
                    sa.text("UPDATE helpdesk_teams SET visibility = :level WHERE id = :team"),
                    {"level": level.value, "team": team},
                )
        if of is levels:
            yield


def _moment_of(url: str) -> Any:
    if url.startswith("sqlite"):
        return lambda at: at.strftime("%Y-%m-%d %H:%M:%S.%f")
    return lambda at: at


def desk_of(repository: SqlRepository) -> Helpdesk:
    """A help desk over the repository."""
    return Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())


def _people_and_teams(repository: SqlRepository) -> None:
    desk = desk_of(repository)
    folded = {"new": False, "working": False, "solved": True, "refused": True}
    for stage, closes in folded.items():
        desk.create_stage(stage, id=stage, folded=closes, actor=SETUP)
    for user in VIEWERS.values():
        desk.add_user(user, actor=SETUP)
    for team, level in LEVELS.items():
        desk.create_team(team, level, id=team, stage_ids=[*folded], actor=SETUP)
    for team in PRIVATE[:2]:
        desk.follow_team(team, "ivy", actor=SETUP)
    for team in PRIVATE[4:8]:
        desk.follow_team(team, "tom", actor=SETUP)
    people = {UserKind.INTERNAL: _EMPLOYEES, UserKind.PORTAL: _CUSTOMERS}
    rows = [
        {
            "id": name,
            "name": name,
            "kind": kind,
            "roles": frozenset({Role.AGENT}) if kind is UserKind.INTERNAL else frozenset(),
            "active": True,
            "email": f"{name}@example.com",
            "company": "",
            "language": "en",
        }
        for kind, names in people.items()
        for name in names
    ]
    with repository._engine.begin() as connection:
        connection.execute(sa.insert(tables_for(str, "helpdesk_").users), rows)
