"""What is PostgreSQL's own: isolation, locks, opening at once, and what is refused there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import postgres
from desks import SETUP, Company
from helpdesk_core import Helpdesk
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier, MemoryRepository
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.adapters.sql.tables import REVISION, tables_for
from helpdesk_core.errors import (
    CollisionError,
    InvalidValueError,
    RepositoryError,
    RetryableError,
)
from helpdesk_core.plans import Add, Kind
from sql_stores import (
    ID_TYPES,
    SQL_STORES,
    TEAMS,
    all_at_once,
    fill,
    is_no_index_of_words,
    setting,
    ticket_of,
)
from sql_things import STAGES

_LEVEL = sa.text("SELECT current_setting('transaction_isolation')")
_READ_ONLY = sa.text("SELECT current_setting('transaction_read_only')")


@pytest.fixture
def url() -> str:
    """An empty database."""
    return postgres.new_database()


@pytest.fixture
def repo() -> SqlRepository:
    """A repository with three teams and a ticket."""
    emptied = postgres.empty()
    fill(emptied, TEAMS, [ticket_of(), ticket_of("T-2", team_id="y")])
    return emptied


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """A host's engine."""
    made = sa.create_engine(url)
    yield made
    made.dispose()


def _says(session: Any, statement: sa.TextClause) -> Any:
    return session._db.rows(statement)[0][0]


@pytest.mark.parametrize("level", [None, "SERIALIZABLE", "REPEATABLE READ", "AUTOCOMMIT"])
def test_the_isolation_level_is_set_for_each_transaction(url: str, level: Any) -> None:
    """A17: writers are READ COMMITTED and readers see one state, and the engine stays as it was."""
    options = {} if level is None else {"isolation_level": level}
    engine = sa.create_engine(url, pool_size=1, max_overflow=0, **options)
    with engine.connect() as connection:
        before = connection.execute(_LEVEL).scalar()
    repository = SqlRepository(engine)
    with repository.writing() as session:
        assert _says(session, _LEVEL) == "read committed"
        assert _says(session, _READ_ONLY) == "off"
    with repository.reading() as session:
        assert _says(session, _LEVEL) == "repeatable read"
        assert _says(session, _READ_ONLY) == "on"
    with pytest.raises(ZeroDivisionError), repository.writing() as session:
        fill_and_fail(session)
    with repository.reading() as session:
        assert session.teams() == {}
    with engine.connect() as connection:
        assert connection.execute(_LEVEL).scalar() == before
        assert connection.execute(_READ_ONLY).scalar() == "off"
        assert connection.connection.dbapi_connection.autocommit is (level == "AUTOCOMMIT")
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"
    engine.dispose()


def fill_and_fail(session: Any) -> None:
    """Write something, then raise."""
    session.apply([Add(thing) for thing in (TEAMS[0], *STAGES)])
    raise ZeroDivisionError


def test_an_engine_whose_hooks_break_the_locks_is_refused(engine: sa.Engine) -> None:
    """A17: where another isolation level is forced on every transaction, opening says so."""

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")

    with pytest.raises(RepositoryError, match="SERIALIZABLE, READ COMMITTED is needed"):
        SqlRepository(engine)


def test_a_reading_session_sees_one_state(repo: SqlRepository) -> None:
    """V13: what is committed meanwhile is not seen by a reading session that has begun to read."""
    with repo.reading() as session:
        assert session.tickets(["T-1"])["T-1"].priority == 0
        with repo.writing() as writer:
            writer.apply([setting("priority", 0, 3)])
        assert session.tickets(["T-1"])["T-1"].priority == 0
        assert session.teams()


def test_who_waited_for_a_lock_reads_what_was_committed(repo: SqlRepository) -> None:
    """A17: writers who hold the same ticket come one after the other and lose nothing."""

    def work() -> None:
        for _ in range(20):
            with repo.writing() as session:
                assert session.lock([], ["T-1"]) == {"x"}
                version = session.tickets(["T-1"])["T-1"].version
                session.apply([setting("version", version, version + 1)])

    all_at_once(work, work, work)
    with repo.reading() as session:
        assert session.tickets(["T-1"])["T-1"].version == 61


def test_a_lock_that_is_not_to_be_had_can_be_tried_again(url: str) -> None:
    """A17: waiting for another writer ends, and says that nothing was changed."""
    with SqlRepository(url, busy_timeout=0.05) as repo:
        fill(repo, TEAMS, [])
        with (
            repo.writing() as one,
            pytest.raises(RetryableError, match="busy"),
            repo.writing() as other,
        ):
            _each(one, other, do=lambda session: session.lock(["x"], []))


def _each(*sessions: Any, do: Any) -> None:
    for session in sessions:
        do(session)


def test_a_deadlock_is_a_collision(repo: SqlRepository) -> None:
    """A17: of two who wait for one another one goes on, and the other is told by name."""
    barrier = threading.Barrier(2)
    caught: list[BaseException] = []

    def work(first: str, second: str) -> None:
        try:
            with repo.writing() as session:
                session.lock([first], [])
                barrier.wait()
                session.lock([second], [])
        except CollisionError as error:
            caught.append(error)

    all_at_once(lambda: work("x", "y"), lambda: work("y", "x"))
    assert len(caught) == 1


class _Colliding(MemoryRepository):
    """A repository whose first writers collide."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def writing(self) -> Any:
        """A transaction, or a collision."""
        if self.times:
            self.times -= 1
            raise CollisionError("another went on")
        return super().writing()


def test_the_service_tries_again_a_bounded_number_of_times() -> None:
    """A17: a few collisions reach nobody; when they do not end, the caller may try again."""
    for times in (0, 4, 5):
        desk = Helpdesk(_Colliding(times), MemoryNotifier(), MemoryCalendar(), SystemClock())
        if times < 5:
            assert desk.create_stage("New", id="new", actor=SETUP).id == "new"
        else:
            with pytest.raises(RetryableError):
                desk.create_stage("New", id="new", actor=SETUP)


@pytest.mark.parametrize("company", SQL_STORES, indirect=True)
def test_messages_are_taken_by_one_worker_each(company: Company) -> None:
    """N1: workers who drain the outbox at the same time share it, and wait for nobody."""
    for _ in range(12):
        company.open("public", customer_id="pat")
    with ThreadPoolExecutor(4) as workers:
        done = list(workers.map(lambda _: company.desk.deliver(limit=5), range(8)))
    keys = [message.key for message in company.notifier.sent]
    assert len(keys) == len(set(keys)) == sum(one.sent for one in done) >= 12


@pytest.mark.parametrize("company", SQL_STORES, indirect=True)
def test_the_same_key_at_the_same_time_gives_one_result(company: Company) -> None:
    """T7: two calls with one key at the same time are one call, and both get its result."""

    def work(_: int) -> Any:
        return company.desk.open_ticket("company", "Ink", actor="ann", idempotency_key="k").id

    with ThreadPoolExecutor(4) as workers:
        assert len(set(workers.map(work, range(8)))) == 1


@pytest.mark.parametrize("id_type", ID_TYPES)
def test_migrations_make_the_tables_of_the_code(id_type: type, engine: sa.Engine) -> None:
    """T6: beside a host's own tables and versions ours are made, and opening again adds nothing."""
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE tickets (id integer PRIMARY KEY)",
            "CREATE TABLE alembic_version (version_num varchar(32))",
            "INSERT INTO alembic_version VALUES ('host')",
        ):
            connection.exec_driver_sql(statement)
    tables = tables_for(id_type, "own_")
    for options in ({}, {"migrate": False}):
        SqlRepository(engine, id_type=id_type, prefix="own_", **options)
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "version_table": tables.version_table,
                    "compare_type": True,
                    "include_name": lambda name, kind, _: (
                        is_no_index_of_words(name, kind, _) and (kind != "table" or "own_" in name)
                    ),
                },
            )
            assert context.get_current_revision() == REVISION
            assert compare_metadata(context, tables.metadata) == []
            host = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
            assert [tuple(row) for row in host] == [("host",)]


def test_many_may_open_a_new_database_at_once(url: str) -> None:
    """N1: of several that open an empty database, one makes the tables and all can work."""

    def work() -> None:
        with SqlRepository(url) as repo, repo.reading() as session:
            assert session.teams() == {}

    all_at_once(*[work] * 6)


def test_a_database_that_cannot_be_used_is_named(url: str) -> None:
    """T6: an absent database, a wrong host or setting, and ids of another type are named."""
    parts = sa.make_url(url).set(username="nobody", password="secret")
    for wrong in (
        parts,
        parts.set(database="none"),
        sa.make_url("postgresql+psycopg://u:secret@127.0.0.1:1/d"),
        sa.make_url("postgresql+psycopg://u:secret@127.0.0.1:1/d?no_such_option=1"),
        sa.make_url("postgresql+psycopg2://u:secret@127.0.0.1:1/d"),
    ):
        with pytest.raises(RepositoryError) as caught:
            SqlRepository(wrong)
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None
    with pytest.raises(RepositoryError, match=f"has no tables, {REVISION} is needed"):
        SqlRepository(url, migrate=False)
    SqlRepository(url).close()
    with pytest.raises(RepositoryError, match="its ids are of type str, not UUID"):
        SqlRepository(url, id_type=UUID)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("UPDATE helpdesk_alembic_version SET version_num = '9999'")
    with pytest.raises(RepositoryError, match="revision 9999, newer than this release"):
        SqlRepository(url)
    with pytest.raises(InvalidValueError, match="pool"):
        SqlRepository(sa.create_engine(url), pool={"pool_size": 1})


def test_a_lost_connection_is_told_by_name(url: str) -> None:
    """N1: lost before the commit nothing was changed; the next session has another connection."""
    with SqlRepository(url) as repo:
        fill(repo, TEAMS, [])
        with pytest.raises(RetryableError, match="lost: nothing was changed"):
            _lose(repo, url, [setting("name", "x", "X", id="x", kind=Kind.TEAM)])
        with pytest.raises(RepositoryError, match="lost while committing"):
            _lose(repo, url, [])
        with repo.reading() as session:
            assert session.teams()["x"].name == "x"


def _lose(repo: Any, url: str, changes: list[Any]) -> None:
    """Lose the connection in the middle of a transaction, then go on."""
    with repo.writing() as session:
        session.lock(["x"], [])
        _end(url, _says(session, sa.text("SELECT pg_backend_pid()")))
        if changes:
            session.apply(changes)


def _end(url: str, pid: int) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    time.sleep(0.1)


def test_a_fold_waits_for_every_team_that_uses_the_stage(repo: SqlRepository) -> None:
    """A7, G4: tickets that come while a stage is folded are counted as what they are after it."""
    stage = setting("folded", False, True, id="new", kind=Kind.STAGE)
    reached = threading.Event()

    def fold() -> None:
        reached.wait()
        with repo.writing() as session:
            session.apply([stage])

    def give() -> None:
        with repo.writing() as session:
            session.lock([], ["T-1"])
            session.stages()
            reached.set()
            time.sleep(0.2)
            session.apply([setting("assignee_id", None, "ada")])

    all_at_once(fold, give)
    with repo.reading() as session:
        assert session.recount() == []
        assert session.workloads("x")["ada"].open == 0
    with repo.writing() as session:
        session.apply([setting("folded", True, False, id="new", kind=Kind.STAGE)])


def test_a_server_that_cannot_run_is_a_failure_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A17: what is shown on PostgreSQL is never left out in silence where it has to be shown."""
    monkeypatch.setattr(postgres, "_server", lambda: "OSError: no server")
    monkeypatch.setenv("HELPDESK_REQUIRE_POSTGRES", "1")
    with pytest.raises(pytest.fail.Exception, match="required and cannot run: OSError: no server"):
        postgres.require()
    monkeypatch.delenv("HELPDESK_REQUIRE_POSTGRES")
    with pytest.raises(pytest.skip.Exception, match="no PostgreSQL: OSError: no server"):
        postgres.require()
