"""Makes docs/django-queries.md: how many queries each use-case makes over Django, as counted.

`make queries` writes the table; tests/test_django_queries.py counts again, and fails when it finds
anything else, or when a number is another with more tickets in the database.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
from django.db import connections

import django_stores
from helpdesk_core import Helpdesk
from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.entities import Message
from helpdesk_core.plans import Add
from helpdesk_core.ports import ALL_CLAIMS
from helpdesk_core.testing.script import Workplace, newcomer
from helpdesk_core.testing.worlds import MONDAY, World, plain_world
from service.test_failing_everywhere import READS, SETUP

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "django-queries.md"
STORES: Mapping[str, Callable[[Path], Any]] = {
    "SQLite": lambda folder: django_stores.on_sqlite(folder / "desk.sqlite"),
    "PostgreSQL": lambda _: django_stores.on_postgres(),
}
#: How many tickets there are beside those of the script, in a small database and in a large one.
FEW, MANY = 60, 600

_HEAD = """\
# Queries over Django

How many queries each use-case makes over [`DjangoRepository`](how-to-django.md), with those that
begin a transaction and set its savepoints. Counted beside {few} tickets and beside {many}: no
number is another there. `make queries` writes this table; the suite counts again
and fails when it finds anything else.

The calls are those of the conformance kit's script (`helpdesk_core.testing.script`), in its order,
most of them under an idempotency key; of a use-case that is called several times, the most. Those
of `deliver` are by message, and `duplicates` and `duplicates_of_new` ask again for each batch of
tickets that look alike. `check` and `fill_similarity_store` go through everything a page at a
time, and are not here. What changes many tickets at once writes them some hundred rows a
query.

| use-case | {stores} |
|---|{rules}
"""

#: They go through all that there is, a page at a time; and there is no file yet.
_LEFT_OUT = ("check", "fill_similarity_store", "read_attachment")


def counted(store: str, folder: Path, more: int) -> dict[str, int]:
    """The number of queries by use-case, beside so many tickets that the script leaves alone."""
    plain = plain_world(str, ALL_CLAIMS, None)
    repository = STORES[store](folder)
    with repository.writing() as session:
        session.lock([], [])
        session.apply([*plain.changes, *_further(plain, more)])
    place = Workplace(
        world=attrs.evolve(plain, users=(*plain.users, newcomer(str))),
        id_type=str,
        claims=ALL_CLAIMS,
        repository=repository,
        attachments=FolderAttachmentStore(folder / "files"),
    )
    ports = (MemoryNotifier(), MemoryCalendar(), ManualClock(MONDAY))
    desk = Helpdesk(repository, *ports, similarity=place.similarity)
    found: dict[str, int] = {}
    desk.fill_similarity_store(actor=SETUP)
    for name, read in READS.items():
        if name in _LEFT_OUT:
            continue
        with _counting(repository.alias) as number:
            read(desk)
        found[name] = number[0]
    for number_, step in enumerate(place.steps):
        with _counting(repository.alias) as number:
            place.play(number_)
        most = max(number[0], found.get(step.method, 0)) if step.whole else number[0]
        found[step.method] = most
    repository.close()
    return found


def _further(world: World, more: int) -> Iterable[Add]:
    """Tickets of both teams, which nothing of the script is about."""
    ticket, solved = world.tickets[0], world.stages[-1]
    for n in range(more):
        id = f"further-{n}"
        at = MONDAY + timedelta(days=20, minutes=n)
        yield Add(
            attrs.evolve(
                ticket,
                id=id,
                team_id=world.teams[n % 2].id,
                stage_id=solved.id,
                created_at=at,
                subject=f"Lamp {n} is dark",
                customer_id=None,
                followers={},
            )
        )
        yield Add(Message(id=f"on {id}", ticket_id=id, body="And its ink is gone", at=at))


@contextmanager
def _counting(alias: str) -> Any:
    number = [0]

    def count(execute: Any, *given: Any) -> Any:
        number[0] += 1
        return execute(*given)

    with connections[alias].execute_wrapper(count):
        yield number


def render(found: Mapping[str, Mapping[str, int]]) -> str:
    """The text of docs/django-queries.md."""
    head = _HEAD.format(few=FEW, many=MANY, stores=" | ".join(STORES), rules="---|" * len(STORES))
    names = next(iter(found.values()))
    lines = [
        f"| `{name}` | {' | '.join(str(found[store][name]) for store in STORES)} |"
        for name in names
    ]
    return head + "\n".join(lines) + "\n"


def main() -> int:
    """Count, and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for store in STORES:
            (Path(folder) / store).mkdir()
            found[store] = counted(store, Path(folder) / store, FEW)
    TABLE.write_text(render(found), encoding="utf-8")
    print(f"{TABLE.relative_to(ROOT)} is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
