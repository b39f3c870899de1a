"""A help desk over tables that know nothing of it, beside another program that writes to them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from helpdesk_core import ConflictError, Helpdesk, NotClaimedError, System
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.plans import Kind, SetField
from helpdesk_core.ports import Repository, TicketFilter
from helpdesk_core.testing import RepositoryContract
from helpdesk_core.testing.worlds import MONDAY, plain_world
from hosts import legacy
from hosts.legacy import STAGES, LegacyRepository
from hosts.tables import TABLES

WORLD = plain_world(int, frozenset(), STAGES)
SETUP = System(reason="a test")
_EMPTY: list[bytes] = []


def make(path: Path) -> LegacyRepository:
    """The host's tables in a new file; they are made once and copied."""
    if not _EMPTY:
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(TABLES)
        db.close()
        _EMPTY.append(path.read_bytes())
    path.write_bytes(_EMPTY[0])
    return LegacyRepository(str(path))


class TestLegacy(RepositoryContract):
    """The kit over a store that disclaims everything that can be disclaimed."""

    examples = 10
    id_type = int

    def new(self) -> Repository:
        return make(self.new_path(".sqlite"))

    def open_again(self, repository: Repository) -> Callable[[], Repository] | None:
        return partial(LegacyRepository, repository._path)


@pytest.fixture
def store(tmp_path: Path) -> LegacyRepository:
    """The host's tables with a small world in them."""
    repository = make(tmp_path / "host.sqlite")
    with repository.writing() as session:
        session.apply(WORLD.changes)
    return repository


def _other_program(repository: LegacyRepository, sql: str, *values: object) -> None:
    db = sqlite3.connect(repository._path, timeout=30)
    with db:
        db.execute(sql, values)
    db.close()


def _desk(repository: LegacyRepository) -> Helpdesk:
    ids = iter(range(1000, 10**6))
    ports = (MemoryNotifier(), MemoryCalendar(), ManualClock(MONDAY))
    return Helpdesk(repository, *ports, id_factory=lambda: next(ids))


def test_the_adapter_is_short() -> None:
    """V13: the whole adapter has at most 300 lines that are not empty, its imports included."""
    lines = Path(legacy.__file__).read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 300


def test_what_the_other_program_changed_is_a_conflict(store: LegacyRepository) -> None:
    """T7: without any version, the value expected before shows that somebody else wrote."""
    id = WORLD.ticket_ids[0]
    _other_program(store, "UPDATE ticket SET urgency = 2 WHERE id = ?", id)
    change = SetField(kind=Kind.TICKET, id=id, field="priority", expected=0, value=3)
    with pytest.raises(ConflictError), store.writing() as session:
        session.apply([change])
    with store.reading() as session:
        assert session.tickets([id])[id].priority == 2


def test_columns_that_nobody_told_us_of_survive(store: LegacyRepository) -> None:
    """T7: what the other program keeps beside our fields is left as it is."""
    id = WORLD.ticket_ids[0]
    _other_program(store, "UPDATE ticket SET custom_field = 'blue', due = 'soon'")
    desk = _desk(store)
    desk.assign(id, WORLD.users[0].id, actor=SETUP)
    desk.close(id, actor=SETUP)
    db = sqlite3.connect(store._path)
    row = db.execute("SELECT custom_field, due, status FROM ticket WHERE id = ?", (id,))
    assert row.fetchone() == ("blue", "soon", 3)
    db.close()


def test_followers_twice_and_by_address_alone(store: LegacyRepository) -> None:
    """V3, V4, V9: a double is one follower and goes as one; an address is told and sees nothing."""
    id, ada = WORLD.ticket_ids[0], WORLD.users[0].id
    for _ in range(2):
        _other_program(store, "INSERT INTO ticket_cc VALUES (?, ?, NULL)", id, ada)
    _other_program(store, "INSERT INTO ticket_cc VALUES (?, NULL, 'kim@x.org')", id)
    desk = _desk(store)
    assert set(desk.ticket(id, actor=SETUP).followers) == {ada, "kim@x.org", WORLD.users[2].id}
    assert not desk.follow_ticket(id, "kim@x.org", actor=SETUP).allowed
    desk.unfollow_ticket(id, ada, actor=SETUP)
    assert set(desk.ticket(id, actor=SETUP).followers) == {"kim@x.org", WORLD.users[2].id}


def test_both_write_at_the_same_time(store: LegacyRepository) -> None:
    """A17: while the other program writes, no change of either is lost."""
    id = WORLD.ticket_ids[0]
    desk = _desk(store)

    def elsewhere() -> None:
        for n in range(30):
            _other_program(store, "UPDATE ticket SET custom_field = ? WHERE id = ?", str(n), id)
            _other_program(store, "INSERT INTO ticket_cc VALUES (?, ?, NULL)", id, 2)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    for n in range(30):
        desk.change_ticket(id, actor=SETUP, subject=f"Ink {n}", priority=n % 4)
        desk.reply(id, f"News {n}", actor=SETUP)
    thread.join()
    assert desk.ticket(id, actor=SETUP).subject == "Ink 29"
    assert len(desk.messages(id, actor=SETUP)) == 30
    db = sqlite3.connect(store._path)
    assert db.execute("SELECT custom_field FROM ticket WHERE id = ?", (id,)).fetchone() == ("29",)
    db.close()


def test_what_it_cannot_do_is_refused_by_name(store: LegacyRepository) -> None:
    """T7, V10: merging, tags, stages, and a customer who would stop following are refused."""
    a, b, _ = WORLD.ticket_ids
    desk = _desk(store)
    for claim, call in (
        ("merge", lambda: desk.merge([a, b], actor=SETUP)),
        ("tags", lambda: desk.tickets(actor=SETUP, query=TicketFilter(tag="ink"))),
        ("editable_stages", lambda: desk.create_stage("Later", actor=SETUP)),
        ("follow_sources", lambda: desk.unfollow_ticket(a, WORLD.users[2].id, actor=SETUP)),
        ("outbox", lambda: desk.deliver()),
        ("search", lambda: desk.search("ink", actor=SETUP)),
    ):
        with pytest.raises(NotClaimedError) as refused:
            call()
        assert refused.value.claim == claim
