"""Opening an SQL database, sharing it, and what is refused."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql

from helpdesk_core.adapters.sql import SqlRepository, outbox
from helpdesk_core.adapters.sql.failures import translated
from helpdesk_core.adapters.sql.schema import alembic_config
from helpdesk_core.adapters.sql.statements import ByIds, Statements
from helpdesk_core.adapters.sql.tables import REVISION, tables_for
from helpdesk_core.errors import (
    CollisionError,
    ConflictError,
    InvalidValueError,
    RepositoryError,
    RetryableError,
)
from helpdesk_core.events import TicketMoved
from helpdesk_core.plans import (
    Kind,
)
from helpdesk_core.ports import (
    TicketFilter,
)
from helpdesk_core.visibility.scopes import Everything
from sql_stores import (
    ID_TYPES,
    TEAMS,
    all_at_once,
    fill,
    is_no_index_of_words,
    repository,
    setting,
    ticket_of,
)
from sql_things import (
    MONDAY,
)


@pytest.fixture
def url(tmp_path: Any) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'desk 100%.db'}"


def test_two_writers_at_once_both_succeed(url: str) -> None:
    """A17: threads of one program and of another read, then write, and lose nothing."""
    with repository(url=url) as one, repository(url=url) as other:
        fill(one, TEAMS, [ticket_of()])

        def work(repo: Any) -> None:
            for _ in range(20):
                with repo.writing() as session:
                    version = session.tickets(["T-1"])["T-1"].version
                    session.apply([setting("version", version, version + 1)])

        all_at_once(lambda: work(one), lambda: work(one), lambda: work(other))
        with one.reading() as session:
            assert session.tickets(["T-1"])["T-1"].version == 61


def test_a_reading_session_sees_one_state(url: str) -> None:
    """V13: what is committed meanwhile is not seen by a reading session that has begun to read."""
    with repository(url=url) as repo:
        fill(repo, TEAMS, [ticket_of()])
        with repo.reading() as session:
            assert session.tickets(["T-1"])["T-1"].priority == 0
            with repo.writing() as writer:
                writer.apply([setting("priority", 0, 3)])
            assert session.tickets(["T-1"])["T-1"].priority == 0
        with repo.reading() as session:
            assert session.tickets(["T-1"])["T-1"].priority == 3


def _driver(kind: Any, code: int | None, state: str | None = None) -> Any:
    cause = sqlite3.OperationalError("no luck\nin line 2")
    if code is not None:
        cause.sqlite_errorcode = code
    if state is not None:
        cause.sqlstate = state
    return kind("INSERT", {"body": "secret"}, cause)


def _write_nothing(repo: Any) -> None:
    with repo.writing():
        pass


def test_a_busy_database_can_be_tried_again(url: str) -> None:
    """A17: waiting for another writer ends, and says that nothing was changed."""
    with (
        repository(url=url) as one,
        repository(url=url, busy_timeout=0.05) as other,
        one.writing(),
        pytest.raises(RetryableError, match="busy"),
        other.writing(),
    ):
        pass
    with (
        repository(url=url, busy_timeout=0.05) as one,
        ThreadPoolExecutor(1) as another,
        one.writing(),
        pytest.raises(RetryableError, match="busy"),
    ):
        another.submit(_write_nothing, one).result()
    with (
        repository(url=url) as one,
        one.writing(),
        pytest.raises(RetryableError, match="busy"),
    ):
        SqlRepository(url, busy_timeout=0.05)


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (sa.exc.TimeoutError("QueuePool limit"), RetryableError, "every connection"),
        (_driver(sa.exc.OperationalError, 5), RetryableError, "busy"),
        (_driver(sa.exc.OperationalError, 6 | 1 << 8), RetryableError, "busy"),
        (_driver(sa.exc.OperationalError, 11), RepositoryError, "failed: no luck$"),
        (_driver(sa.exc.OperationalError, 13), RepositoryError, "the disk is full"),
        (_driver(sa.exc.OperationalError, 8 | 4 << 8), RepositoryError, "can only be read"),
        (_driver(sa.exc.OperationalError, None, "53100"), RepositoryError, "the disk is full"),
        (_driver(sa.exc.OperationalError, None, "25006"), RepositoryError, "can only be read"),
        (_driver(sa.exc.IntegrityError, 19), ConflictError, "no luck"),
        (_driver(sa.exc.OperationalError, None, "40P01"), CollisionError, "another"),
        (_driver(sa.exc.OperationalError, None, "40001"), CollisionError, "another"),
        (_driver(sa.exc.OperationalError, None, "55P03"), RetryableError, "busy"),
        (_driver(sa.exc.OperationalError, None, "42601"), RepositoryError, "no luck"),
    ],
)
def test_what_the_driver_says_is_told_apart(error: Any, expected: Any, text: str) -> None:
    """T7: busy can be tried again, a constraint is a conflict, and no value is ever shown."""
    told = translated(error)
    assert type(told) is expected
    assert re.search(text, str(told))
    assert "secret" not in str(told)


def test_a_database_in_memory_has_one_session_at_a_time() -> None:
    """A17: threads take turns on a database in memory, and a session inside another is refused."""
    with repository(busy_timeout=5) as repo:
        fill(repo, TEAMS, [ticket_of()])

        def work() -> None:
            for _ in range(20):
                with repo.writing() as session:
                    version = session.tickets(["T-1"])["T-1"].version
                    session.apply([setting("version", version, version + 1)])

        all_at_once(work, work)
        with repo.reading() as session:
            assert session.tickets(["T-1"])["T-1"].version == 41
            with pytest.raises(RepositoryError, match="one session at a time"), repo.reading():
                pass


def test_a_database_in_memory_is_closed_when_its_last_session_ended() -> None:
    """V13: closing waits for a session of another thread, whose connection is the only one."""
    repository = SqlRepository("sqlite:///:memory:")
    inside, seen = threading.Event(), []

    def look() -> None:
        with repository.reading() as session:
            inside.set()
            time.sleep(0.2)
            seen.append(session.tickets(["T-1"]))

    thread = threading.Thread(target=look)
    thread.start()
    inside.wait()
    repository.close()
    assert seen == [{}]
    thread.join()


def test_an_engine_of_the_host_is_left_as_it_was(url: str) -> None:
    """N1: a host's engine works as before, also with a hook that begins transactions itself."""
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    with repository(url=engine) as repo:
        fill(repo, TEAMS, [ticket_of()])
        with repo.reading() as session:
            assert list(session.tickets(["T-1"])) == ["T-1"]
    with engine.connect() as connection:
        assert connection.connection.dbapi_connection.isolation_level == ""
        asked = connection.exec_driver_sql("SELECT count(*) FROM helpdesk_tickets")
        assert asked.scalar() == 1
    engine.dispose()
    memory = sa.create_engine("sqlite://")
    with pytest.raises(RepositoryError, match="StaticPool"):
        SqlRepository(memory)
    memory.dispose()


@pytest.mark.parametrize("id_type", ID_TYPES)
def test_migrations_make_the_tables_of_the_code(id_type: type, url: str) -> None:
    """T6: a fresh file is migrated to what the code expects, and opening again changes nothing."""
    tables = tables_for(id_type, "own_")
    with repository(id_type, url, prefix="own_") as repo, repo._engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": tables.version_table,
                "compare_type": True,
                "include_name": is_no_index_of_words,
            },
        )
        assert context.get_current_revision() == REVISION
        assert compare_metadata(context, tables.metadata) == []
        before = connection.exec_driver_sql("SELECT sql FROM sqlite_master").all()
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    again = repository(id_type, url, prefix="own_", migrate=False)
    with again as repo, repo._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT sql FROM sqlite_master").all() == before
    scripts = ScriptDirectory.from_config(alembic_config(tables))
    assert scripts.get_heads() == [REVISION]


def test_many_may_open_a_new_file_at_once(url: str) -> None:
    """N1: of several that open a file that is not there, one makes the tables and all can work."""

    def work() -> None:
        with repository(url=url) as repo, repo.reading() as session:
            assert session.teams() == {}

    all_at_once(*[work] * 4)


def test_a_database_that_cannot_be_used_is_named(tmp_path: Any, url: str) -> None:
    """T6: another file, folder, type of ids, schema or dialect is refused by name, no password."""
    text = tmp_path / "text.db"
    text.write_text("This is not a database, only a long enough text. " * 50)
    with pytest.raises(RepositoryError, match=r"cannot open .*text\.db: .*not a database"):
        SqlRepository(f"sqlite:///{text}")
    with pytest.raises(RepositoryError, match=r"cannot open .*/a\.db: .*unable to open"):
        SqlRepository(f"sqlite:///{tmp_path}/nowhere/a.db")
    with pytest.raises(RepositoryError, match=f"has no tables, {REVISION} is needed"):
        SqlRepository(url, migrate=False)
    repository_ = SqlRepository(url)
    repository_.close()
    with pytest.raises(RepositoryError, match="its ids are of type str, not UUID"):
        SqlRepository(url, id_type=UUID)
    path = url.removeprefix("sqlite:///")
    with pytest.raises(RepositoryError, match="can only be read"):
        SqlRepository(f"sqlite:///file:{path.replace('%', '%25')}?mode=ro&uri=true")
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE helpdesk_alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(RepositoryError, match="revision 9999, newer than this release"):
        SqlRepository(url)
    for other in ("postgresql+psycopg://u:secret@h/d", "mysql://u:secret@h/d", "://u:secret@"):
        with pytest.raises(RepositoryError) as caught:
            SqlRepository(other)
        assert "secret" not in str(caught.value)
    for options in ({"id_type": bytes}, {"prefix": "a;b"}, {"prefix": "X_"}):
        with pytest.raises(InvalidValueError):
            SqlRepository(url, **options)


def test_what_another_program_spoiled_is_not_guessed_at(url: str) -> None:
    """V17: an unknown level, a wrong moment or a value out of range is an error, no default."""
    for spoil, problem in (
        ("teams SET visibility = 'secret'", "'secret' is stored, no Visibility"),
        ("teams SET horizon = 'long'", "'long' is stored where a duration should be"),
        ("tickets SET created_at = 'once'", "'once' is stored where a moment should be"),
        ("tickets SET priority = 9", "Ticket 'T-1' cannot be read: priority"),
        ("tickets SET links = '{'", "what is stored cannot be read: JSONDecodeError"),
        ("tickets SET links = 7", "what is stored cannot be read: TypeError"),
    ):
        with repository() as repo:
            fill(repo, TEAMS, [ticket_of()])
            with repo._engine.begin() as connection:
                connection.exec_driver_sql(f"UPDATE helpdesk_{spoil}")
            with repo.reading() as session, pytest.raises(RepositoryError, match=problem):
                (session.teams(), session.tickets(["T-1"]))


@pytest.mark.parametrize("id_type", ID_TYPES)
def test_every_statement_can_be_written_for_postgresql(id_type: type) -> None:
    """V13: tables and statements compile for PostgreSQL too, with its locks."""
    dialect = postgresql.dialect()
    tables = tables_for(id_type, "helpdesk_")
    statements = Statements(tables, "postgresql")
    statements.update(Kind.TICKET, ("assignee_id", "tags_")[:1])
    texts = []
    for value in vars(statements).values():
        many = value.values() if isinstance(value, dict) else [value]
        for one in many:
            parts = (one.many, one.one) if isinstance(one, ByIds) else (one,)
            texts += [
                str(part.compile(dialect=dialect))
                for part in parts
                if isinstance(part, sa.sql.ClauseElement) and not isinstance(part, sa.Table)
            ]
    assert len(texts) > 60
    of_outbox = (outbox._hold_tickets, outbox._first_of_a_digest, outbox._due, outbox._lend)
    texts += [str(make(tables).compile(dialect=dialect)) for make in of_outbox]
    skipping = [text.rpartition(" FOR ")[2] for text in texts if "SKIP LOCKED" in text]
    assert skipping == ["NO KEY UPDATE OF helpdesk_tickets SKIP LOCKED", "UPDATE SKIP LOCKED"]
    assert sum(text.endswith("FOR UPDATE") for text in texts) == 6
    for table in tables.metadata.sorted_tables:
        str(sa.schema.CreateTable(table).compile(dialect=dialect))


def test_many_tickets_are_read_in_parts() -> None:
    """T8: more tickets than fit in one statement are found and read whole."""
    ids = [f"T-{n:04}" for n in range(1200)]
    with repository() as repo:
        fill(repo, TEAMS, [ticket_of(id, tags={"a"}, assignee_id="ada") for id in ids])
        with repo.writing() as session:
            session.publish(
                [
                    TicketMoved(at=MONDAY, ticket_id=id, from_stage_id="new", to_stage_id="new")
                    for id in ids
                ],
                [],
            )
        with repo.reading() as session:
            assert list(session.tickets(ids[::-1])) == ids[::-1]
            found = session.find(Everything(), TicketFilter(tag="a"))
            assert [ticket.id for ticket in found] == ids
            assert len(session.history(ids)) == 1200
            assert [r.event.ticket_id for r in session.history(ids[::-1], limit=3)] == ids[:3]
            assert session.workloads("x")["ada"].total == 1200


def test_the_longest_prefix_fits_in_every_name() -> None:
    """T6: a prefix is as long as names of 63 characters allow, and a longer one is refused."""
    tables = tables_for(str, "p" * 27).metadata.tables.values()
    parts = [part.name for table in tables for part in (*table.indexes, *table.constraints)]
    names = [str(name) for name in (*(table.name for table in tables), *parts) if name]
    assert 60 <= max(map(len, names)) <= 63
    with pytest.raises(InvalidValueError, match="prefix"):
        tables_for(str, "p" * 28)
