"""A host brings its own transaction: its rows and ours are committed together, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import postgres
from desks import SETUP, Company
from helpdesk_core import Helpdesk
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.errors import ConflictError, NotFoundError, RepositoryError, RetryableError
from sql_stores import SQL_STORES, TEAMS, fill, setting, ticket_of


@pytest.fixture(params=SQL_STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A host's engine, on a database with a table of its own."""
    if request.param == "sqlite":
        made = sa.create_engine(f"sqlite:///{tmp_path / 'host.sqlite'}")
    else:
        made = sa.create_engine(postgres.new_database())
    with made.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE orders (id integer PRIMARY KEY, ticket text)")
    yield made
    made.dispose()


def _desk(repository: Any) -> Helpdesk:
    return Helpdesk(repository, MemoryNotifier(), MemoryCalendar(), SystemClock())


def _order(connection: Any, id: int, ticket: str) -> None:
    connection.execute(sa.text("INSERT INTO orders VALUES (:id, :t)"), {"id": id, "t": ticket})


def _orders(engine: sa.Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT ticket FROM orders ORDER BY id")).scalars())


@pytest.mark.parametrize("kind", ["connection", "session"])
@pytest.mark.parametrize("first", ["host", "ours"])
def test_the_hosts_rows_and_ours_are_committed_together(
    engine: sa.Engine, tmp_path: Path, kind: str, first: str
) -> None:
    """N1: what the host rolls back is rolled back here too, and what it commits is there."""
    repository = SqlRepository(engine)
    company = Company(repository, tmp_path)
    for id, goes_well in ((1, False), (2, True)):
        host = engine.connect() if kind == "connection" else Session(engine)
        with host, host.begin() as transaction:
            desk = _desk(repository.using(host))
            if first == "host":
                _order(host, id, f"T-{id}")
            ticket = desk.open_ticket(
                "company", "Ink", actor="ann", id=f"T-{id}", assignee_id="bob"
            )
            assert desk.ticket(ticket.id, actor="ann") == ticket
            if first == "ours":
                _order(host, id, f"T-{id}")
            if not goes_well:
                transaction.rollback()
    assert _orders(engine) == ["T-2"]
    with pytest.raises(NotFoundError):
        company.desk.ticket("T-1", actor="ann")
    assert company.desk.ticket("T-2", actor="ann").assignee_id == "bob"
    assert company.desk.check() == ()


def test_a_use_case_that_fails_leaves_the_hosts_rows(engine: sa.Engine, tmp_path: Path) -> None:
    """N1: a call that raises has changed nothing of ours, and the host may go on and commit."""
    repository = SqlRepository(engine)
    company = Company(repository, tmp_path)
    with engine.begin() as connection:
        joined = repository.using(connection)
        _order(connection, 1, "none")
        with pytest.raises(NotFoundError):
            _desk(joined).open_ticket("nowhere", "Ink", actor="ann")
        with pytest.raises(ConflictError), joined.writing() as session:
            session.apply([setting("priority", 0, 1, id="absent")])
        _order(connection, 2, "kept")
        _desk(joined).open_ticket("company", "Ink", actor="ann", id="kept")
    assert _orders(engine) == ["none", "kept"]
    assert company.desk.ticket("kept", actor="ann").id == "kept"


def test_what_cannot_be_joined_is_refused_by_name(engine: sa.Engine) -> None:
    """N1: no transaction, one that failed, two units of work at once: refused, nothing changed."""
    repository = SqlRepository(engine)
    fill(repository, TEAMS, [ticket_of()])
    with (
        engine.connect() as connection,
        pytest.raises(RepositoryError, match="in no transaction"),
        repository.using(connection).reading(),
    ):
        pass
    with engine.begin() as connection:
        joined = repository.using(connection)
        with (
            joined.writing() as session,
            pytest.raises(RepositoryError, match="one unit of work at a time"),
            joined.reading(),
        ):
            pass
        with pytest.raises(RepositoryError, match="the session has ended"):
            session.teams()
        with joined.reading() as session, pytest.raises(RepositoryError, match="changes nothing"):
            session.apply([])
    with Session(engine) as host, pytest.raises(RepositoryError, match="has failed: roll it back"):
        _fail(host, repository)
    other = sa.create_engine("sqlite://" if engine.name != "sqlite" else postgres.require())
    with (
        other.begin() as connection,
        pytest.raises(RepositoryError, match=rf"is on {other.name}, the repository on"),
        repository.using(connection).writing(),
    ):
        pass
    other.dispose()


class _Base(DeclarativeBase):
    """What the host maps."""


class _Order(_Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)


def _fail(host: Session, repository: SqlRepository) -> None:
    """Spoil the host's transaction, then try to work in it."""
    host.execute(sa.insert(_Order).values(id=1))
    host.add(_Order(id=1))
    with pytest.raises(sa.exc.IntegrityError):
        host.flush()
    with repository.using(host).writing():
        pass


def test_a_failed_transaction_is_refused_before_anything_is_asked() -> None:
    """N1: on PostgreSQL a statement that failed has spoiled the host's transaction."""
    engine = sa.create_engine(postgres.new_database())
    repository = SqlRepository(engine)
    with engine.connect() as connection, connection.begin():
        with pytest.raises(sa.exc.ProgrammingError):
            connection.exec_driver_sql("SELECT * FROM no_such_table")
        with (
            pytest.raises(RepositoryError, match="has failed: roll it back"),
            repository.using(connection).reading(),
        ):
            pass
    engine.dispose()


def test_a_transaction_that_breaks_the_locks_is_refused() -> None:
    """A17: on PostgreSQL a snapshot older than the lock, or a commit in between, is refused."""
    engine = sa.create_engine(postgres.new_database())
    repository = SqlRepository(engine)
    for level, problem in (
        ("REPEATABLE READ", "REPEATABLE READ, READ COMMITTED is needed"),
        ("AUTOCOMMIT", "commits by itself"),
    ):
        with (
            engine.connect().execution_options(isolation_level=level) as connection,
            connection.begin(),
            pytest.raises(RepositoryError, match=problem),
            repository.using(connection).writing(),
        ):
            pass
    engine.dispose()


def test_on_sqlite_the_transaction_becomes_one_that_writes(tmp_path: Path) -> None:
    """A17: a joined writer is alone from its first statement, or too late and told so at once."""
    engine = sa.create_engine(
        f"sqlite:///{tmp_path / 'host.sqlite'}", connect_args={"timeout": 0.05}
    )
    repository = SqlRepository(engine, busy_timeout=0.05)
    fill(repository, TEAMS, [ticket_of()])
    with engine.begin() as connection:
        with (
            repository.using(connection).writing() as session,
            pytest.raises(RetryableError, match="busy"),
            repository.writing(),
        ):
            pass
        assert session is not None
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT * FROM helpdesk_tickets").all()
        with repository.writing() as session:
            session.apply([setting("priority", 0, 1)])
        with pytest.raises(RetryableError, match="busy"), repository.using(connection).writing():
            pass
    with engine.begin() as connection:
        connection.exec_driver_sql("BEGIN")
        with repository.using(connection).writing() as session:
            session.apply([setting("priority", 1, 2)])
    with repository.reading() as session:
        assert session.tickets(["T-1"])["T-1"].priority == 2
    engine.dispose()


def test_a_host_may_make_teams_in_its_own_transaction(engine: sa.Engine, tmp_path: Path) -> None:
    """N1: everything that the service does is done in a joined transaction too."""
    repository = SqlRepository(engine)
    with engine.begin() as connection:
        company = Company(repository.using(connection), tmp_path)
        ticket = company.open("public", customer_id="pat")
        company.desk.move(ticket.id, "solved", actor=SETUP)
    desk = _desk(repository)
    assert desk.ticket(ticket.id, actor="root").closed_at is not None
    assert desk.deliver(limit=50).sent > 0
    assert desk.check() == ()
