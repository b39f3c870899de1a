"""SQLite: one writer at a time, alone from its first statement on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from helpdesk_core.adapters.database_errors import is_busy
from helpdesk_core.adapters.sql.connection import Connection, DriverConnection
from helpdesk_core.adapters.sql.failures import (
    UNDONE,
    commit,
    ended_by_itself,
    translated,
)
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.errors import RepositoryError, RetryableError

_READY = "helpdesk_core"  # the mark on a connection that is set up
_LEGACY = -1  # sqlite3.LEGACY_TRANSACTION_CONTROL, a name of Python 3.12


class SqliteTransactions:
    """The transactions of one SQLite database."""

    dialect = "sqlite"
    #: Nobody else can write before a writer ends.
    alone = True
    make_engine: Callable[..., sa.Engine] = staticmethod(sa.create_engine)
    #: What runs the statements over an engine of our own.
    own_connection: type[Connection] = DriverConnection

    def __init__(self, engine: sa.Engine, busy_timeout: float, *, own: bool) -> None:
        shared = isinstance(engine.pool, StaticPool)
        if not shared and in_memory(engine.url):
            raise RepositoryError("an engine on a database in memory needs a StaticPool")
        self._engine = engine
        self._busy_timeout = busy_timeout
        self.connection: type[Connection] = self.own_connection if own else Connection
        # One connection serves one session at a time. Writers of this process queue up here, which
        # is fairer and quicker than SQLite's own waiting; other processes wait in SQLite.
        self._alone = _OneAtATime() if shared else None
        self._writers = threading.Lock()
        self._writing: int | None = None  # the thread that is at it

    @classmethod
    def engine(
        cls, url: sa.URL, busy_timeout: float, options: dict[str, Any], *, read_only: bool
    ) -> sa.Engine:
        """An engine of our own."""
        if read_only and not in_memory(url):
            url = _only_looking(url)
        if in_memory(url):
            options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        else:
            options.setdefault("max_overflow", 64)
        return cls.make_engine(url, **options)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state, from its first question on."""
        with self._turn(), self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is committed when the block ends."""
        with self._turn(), self._queue(), self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection
            if ended_by_itself(connection):  # and somebody has taken that for a small failure
                raise RepositoryError(UNDONE)
            commit(connection)

    @contextmanager
    def opening(self, tables: Tables, *, read_only: bool) -> Iterator[sa.Connection]:
        """The transaction in which the schema is looked at; of several the others wait."""
        begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
        with self._turn(), self._transaction(begin) as connection:
            yield connection
            commit(connection)
        if not read_only:
            self._use_wal()

    def join(self, connection: sa.Connection, tables: Tables, *, writes: bool) -> None:
        """Make a host's transaction one that writes; it may be begun already, by whatever."""
        if not writes:
            return
        if getattr(connection.connection.dbapi_connection, "autocommit", _LEGACY) is True:
            raise RepositoryError("a connection that commits by itself cannot be joined")
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:  # the driver begins one only when something is written
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # changes nothing, and waits for its turn, or fails at once when it is too late
            connection.execute(sa.update(tables.meta).values(value=tables.meta.c.value))

    def ending(self) -> AbstractContextManager[None]:
        """Wait for the sessions that run on the one connection of a database in memory."""
        return self._turn()

    def _turn(self) -> AbstractContextManager[None]:
        return nullcontext() if self._alone is None else self._alone.turn(self._busy_timeout)

    @contextmanager
    def _queue(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._writing == me:  # it would wait for itself
            raise RepositoryError("this thread is writing already: one writing session at a time")
        if not self._writers.acquire(timeout=self._busy_timeout):
            raise RetryableError("the database is busy: nothing was changed, try again")
        self._writing = me
        try:
            yield
        finally:
            self._writing = None
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
            driver: Any = connection.connection.driver_connection
            level, raw.isolation_level = raw.isolation_level, None
            try:
                connection.begin()
                if driver.in_transaction:  # a hook of the host's engine begins one too early
                    connection.exec_driver_sql("ROLLBACK")
                if not connection.info.get(_READY):
                    self._set_up(connection, raw)
                connection.exec_driver_sql(begin)
                yield connection
            finally:
                if not connection.invalidated:  # as an interrupt leaves it: closed already
                    connection.rollback()
                    if driver.in_transaction:  # a COMMIT that failed leaves it open
                        raw.rollback()
                    raw.isolation_level = level
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None
        finally:
            connection.close()

    def _set_up(self, connection: sa.Connection, raw: Any) -> None:
        """What SQLite keeps per connection."""
        if getattr(raw, "autocommit", _LEGACY) != _LEGACY:
            raise RepositoryError("an engine with the driver's autocommit setting cannot be used")
        run = connection.exec_driver_sql
        run(f"PRAGMA busy_timeout = {int(self._busy_timeout * 1000)}")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA synchronous = NORMAL")
        run("PRAGMA secure_delete = ON")  # what is removed is not left in the file's free space
        connection.info[_READY] = True

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


def _only_looking(url: sa.URL) -> sa.URL:
    """The URL by which nothing is made and nothing in the file is changed.

    In WAL mode also a reader has files beside the database. Who may write takes them away again at
    the end, and puts into the database what a killed process left in them; who may not leaves all.
    """
    name = url.database or ""
    if name.startswith("file:"):
        return url
    left = Path(f"{name}-wal")
    mode = "ro" if left.exists() and left.stat().st_size else "rw"
    return url.set(database=f"file:{quote(name)}").update_query_dict({"mode": mode, "uri": "true"})


def in_memory(url: sa.URL) -> bool:
    """Whether the database is gone with its last connection."""
    name = url.database or ""
    return name in ("", ":memory:") or "mode=memory" in name or url.query.get("mode") == "memory"
