"""Opening a database, and its transactions."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.failures import is_busy, translated
from helpdesk_core.adapters.sql.schema import prepare_schema
from helpdesk_core.adapters.sql.session import SqlSession
from helpdesk_core.adapters.sql.statements import statements_for
from helpdesk_core.adapters.sql.tables import tables_for
from helpdesk_core.errors import RepositoryError, RetryableError
from helpdesk_core.ports import ALL_CLAIMS, Claim

_READY = "helpdesk_core"  # the mark on a connection that is set up
_LEGACY = -1  # sqlite3.LEGACY_TRANSACTION_CONTROL, a name of Python 3.12


class SqlRepository:
    """Keeps everything in an SQL database: SQLite, by a URL or by an SQLAlchemy engine.

    `id_type` is the one type of the installation's ids: str, int or UUID. Tables are made or
    brought up to date when the database is opened, unless `migrate=False`. A writer waits at most
    `busy_timeout` seconds for another one, then raises `RetryableError`. An engine that is handed
    in stays the host's: its connections are given back as they were, and it is not closed.

    Raises `RepositoryError` for a database that cannot be used: another program's file, a folder
    that is not there, a file that cannot be written to, ids of another type, a newer schema.

    >>> with SqlRepository("sqlite:///:memory:") as repository:
    ...     with repository.reading() as session:
    ...         session.tickets(["T-1"])
    {}
    """

    claims: frozenset[Claim] = ALL_CLAIMS

    def __init__(
        self,
        url_or_engine: str | sa.URL | sa.Engine,
        *,
        id_type: type = str,
        prefix: str = "helpdesk_",
        migrate: bool = True,
        busy_timeout: float = 10.0,
    ) -> None:
        self._tables = tables_for(id_type, prefix)
        self._busy_timeout = busy_timeout
        url = url_or_engine.url if isinstance(url_or_engine, sa.Engine) else _url(url_or_engine)
        if url.get_backend_name() != "sqlite" or url.get_driver_name() != "pysqlite":
            raise RepositoryError(f"{url.drivername!r} is not supported: use sqlite:///file.db")
        self._name = url.set(query={}).render_as_string(hide_password=True)
        self._close: weakref.finalize[..., SqlRepository] | None = None
        if isinstance(url_or_engine, sa.Engine):
            self._engine = url_or_engine
            shared = isinstance(self._engine.pool, StaticPool)
            if not shared and _in_memory(url):
                raise RepositoryError("an engine on a database in memory needs a StaticPool")
        else:
            shared = _in_memory(url)
            self._engine = _engine(url, shared)
            # Also when the repository is forgotten, and at the end of the program.
            self._close = weakref.finalize(self, self._engine.dispose)
        self._statements = statements_for(id_type, prefix, "sqlite")
        # One connection serves one session at a time. Writers of this process queue up here, which
        # is fairer and quicker than SQLite's own waiting; other processes wait in SQLite.
        self._alone = _OneAtATime() if shared else None
        self._writers = threading.Lock()
        try:
            self._open(migrate)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections, unless the engine was handed in."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # --- sessions --------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[SqlSession]:
        """A session that sees one committed state, from its first question on."""
        with (
            self._turn(),
            self._transaction("BEGIN") as connection,
            self._session(connection, writes=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[SqlSession]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises `RetryableError` when another writer does not end within `busy_timeout`.
        """
        with self._turn(), self._queue(), self._transaction("BEGIN IMMEDIATE") as connection:
            with self._session(connection, writes=True) as session:
                yield session
            _commit(connection)

    @contextmanager
    def _session(self, connection: sa.Connection, *, writes: bool) -> Iterator[SqlSession]:
        kept = Connection(connection, self._statements, writes=writes, alone=writes)
        try:
            yield SqlSession(kept)
        finally:
            kept.close()

    def _turn(self) -> AbstractContextManager[None]:
        return nullcontext() if self._alone is None else self._alone.turn(self._busy_timeout)

    @contextmanager
    def _queue(self) -> Iterator[None]:
        if not self._writers.acquire(timeout=self._busy_timeout):
            raise RetryableError("the database is busy: nothing was changed, try again")
        try:
            yield
        finally:
            self._writers.release()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sa.Connection]:
        """A connection on which the driver begins nothing by itself; rolled back at the end."""
        try:
            connection = self._engine.connect()
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None
        try:
            raw: Any = connection.connection.dbapi_connection
            level, raw.isolation_level = raw.isolation_level, None
            try:
                connection.begin()
                if raw.in_transaction:  # a hook of the host's engine begins one too early
                    connection.exec_driver_sql("ROLLBACK")
                if not connection.info.get(_READY):
                    self._set_up(connection, raw)
                connection.exec_driver_sql(begin)
                yield connection
            finally:
                if not connection.invalidated:  # as an interrupt leaves it: closed already
                    connection.rollback()
                    if raw.in_transaction:  # a COMMIT that failed leaves it open
                        raw.rollback()
                    raw.isolation_level = level
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None
        finally:
            connection.close()

    # --- opening ---------------------------------------------------------------------------------

    def _set_up(self, connection: sa.Connection, raw: Any) -> None:
        """What SQLite keeps per connection."""
        if getattr(raw, "autocommit", _LEGACY) != _LEGACY:
            raise RepositoryError("an engine with the driver's autocommit setting cannot be used")
        run = connection.exec_driver_sql
        run(f"PRAGMA busy_timeout = {int(self._busy_timeout * 1000)}")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA synchronous = NORMAL")
        connection.info[_READY] = True

    def _open(self, migrate: bool) -> None:
        """Make sure that this is a database that can be used, and bring it up to date."""
        try:
            with self._turn(), self._transaction("BEGIN IMMEDIATE") as connection:
                prepare_schema(connection, self._tables, migrate=migrate)
                _commit(connection)
            self._use_wal()
        except RetryableError:
            raise
        except RepositoryError as error:
            raise RepositoryError(f"cannot open {self._name}: {error}") from None

    def _use_wal(self) -> None:
        """Let readers go on while somebody writes; the file remembers it."""
        with self._turn(), self._transaction("BEGIN") as connection:
            connection.exec_driver_sql("ROLLBACK")
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
            if mode not in ("wal", "memory"):
                try:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                except sa.exc.OperationalError as error:
                    # Somebody else has it open, who sets it too, or the next one to open it.
                    if error.orig is None or not is_busy(error.orig):
                        raise


class _OneAtATime:
    """A connection for all threads: each session has its turn, and none inside another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def turn(self, timeout: float) -> Iterator[None]:
        """Wait for the turn of this thread."""
        me = threading.get_ident()
        if self._holder == me:
            raise RepositoryError("a database in memory has one session at a time, not one in one")
        if not self._lock.acquire(timeout=timeout):
            raise RetryableError("the database is busy: nothing was changed, try again")
        self._holder = me
        try:
            yield
        finally:
            self._holder = None
            self._lock.release()


def _commit(connection: sa.Connection) -> None:
    try:
        connection.commit()
    except sa.exc.SQLAlchemyError as error:
        raise translated(error) from None


def _url(url: str | sa.URL) -> sa.URL:
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # The text itself may hold a password.
        raise RepositoryError("the database's URL cannot be read: use sqlite:///file.db") from None


def _in_memory(url: sa.URL) -> bool:
    name = url.database or ""
    return name in ("", ":memory:") or "mode=memory" in name or url.query.get("mode") == "memory"


def _engine(url: sa.URL, shared: bool) -> sa.Engine:
    options: dict[str, Any] = {"hide_parameters": True}
    if shared:
        options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    else:
        options["max_overflow"] = 64
    return sa.create_engine(url, **options)
