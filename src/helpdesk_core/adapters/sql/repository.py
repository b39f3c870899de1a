"""Opening a database, and its transactions."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import sqlalchemy as sa

from helpdesk_core.adapters.sql.joining import JoinedRepository
from helpdesk_core.adapters.sql.postgresql import PostgresqlTransactions
from helpdesk_core.adapters.sql.schema import prepare_schema
from helpdesk_core.adapters.sql.session import SqlSession
from helpdesk_core.adapters.sql.sqlite import SqliteTransactions
from helpdesk_core.adapters.sql.statements import statements_for
from helpdesk_core.adapters.sql.tables import tables_for
from helpdesk_core.adapters.sql.transactions import Transactions
from helpdesk_core.errors import (
    InvalidValueError,
    PendingMigrationsError,
    RepositoryError,
    RetryableError,
)
from helpdesk_core.ports import ALL_CLAIMS, Claim

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


Kind = type[SqliteTransactions] | type[PostgresqlTransactions]


class SqlRepository:
    """Keeps everything in SQLite or PostgreSQL, by a URL or by an SQLAlchemy engine.

    `id_type` is the one type of the installation's ids: str, int or UUID. Tables are made or
    brought up to date when the database is opened, unless `migrate=False`. A writer waits at most
    `busy_timeout` seconds for another one, then raises `RetryableError`. `pool` holds settings for
    the pool of connections, by SQLAlchemy's names (`pool_size`, `pool_pre_ping`). An engine that is
    handed in stays the host's: its connections are given back as they were, and it is not closed.
    With `read_only` nothing is made, migrated or written, not even when it is opened, and writing
    sessions are refused: for looking at a database in use, at a copy, or at a standby server.

    Raises `RepositoryError` for a database that cannot be used: another program's file, a folder
    that is not there, a server that does not answer, a file that cannot be written to, ids of
    another type, a newer schema; an older one that must not be migrated is a
    `PendingMigrationsError`.

    >>> with SqlRepository("sqlite:///:memory:") as repository:
    ...     with repository.reading() as session:
    ...         session.tickets(["T-1"])
    {}
    """

    claims: frozenset[Claim] = ALL_CLAIMS
    kinds: ClassVar[Mapping[tuple[str, str], Kind]] = {
        ("sqlite", "pysqlite"): SqliteTransactions,
        ("postgresql", "psycopg"): PostgresqlTransactions,
    }
    #: Also when the repository is forgotten, and at the end of the program.
    closes_itself: ClassVar[bool] = True

    def __init__(
        self,
        url_or_engine: str | sa.URL | sa.Engine,
        *,
        id_type: type = str,
        prefix: str = "helpdesk_",
        migrate: bool = True,
        read_only: bool = False,
        busy_timeout: float = 10.0,
        pool: Mapping[str, Any] | None = None,
    ) -> None:
        self._tables = tables_for(id_type, prefix)
        own = not isinstance(url_or_engine, sa.Engine)
        url = url_or_engine.url if isinstance(url_or_engine, sa.Engine) else _url(url_or_engine)
        kind = self.kinds.get((url.get_backend_name(), _driver(url)))
        if kind is None:
            raise RepositoryError(
                f"{url.drivername!r} is not supported: use sqlite:///file.db or "
                "postgresql+psycopg://host/database"
            )
        self._name = url.set(query={}).render_as_string(hide_password=True)
        self._read_only = read_only
        self._close: Callable[[], object] | None = None
        if isinstance(url_or_engine, sa.Engine):
            if pool:
                raise InvalidValueError("pool", "is for a URL: an engine has its own")
            self._engine = url_or_engine
        else:
            options = {"hide_parameters": True, **(pool or {})}
            self._engine = kind.engine(url, busy_timeout, options, read_only=read_only)
            close = self._engine.dispose
            self._close = weakref.finalize(self, close) if self.closes_itself else close
        self._transactions: Transactions = kind(self._engine, busy_timeout, own=own)
        self._statements = statements_for(id_type, prefix, kind.dialect)
        try:
            self._open(migrate and not read_only)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections, unless the engine was handed in."""
        if self._close is not None:
            with self._transactions.ending():
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
            self._transactions.reading() as connection,
            self._session(connection, writes=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[SqlSession]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises `RetryableError` when another writer does not end within `busy_timeout`.
        """
        if self._read_only:
            raise RepositoryError("the repository was opened to be read only")
        with (
            self._transactions.writing() as connection,
            self._session(connection, writes=True) as session,
        ):
            yield session

    def using(self, connection: sa.Connection | Session) -> JoinedRepository:
        """A repository inside a host's own transaction, for as long as that lasts.

        The host's rows and ours are committed together, by the host: a writing session there is a
        savepoint. On SQLite the transaction becomes one that writes; on PostgreSQL it must be
        READ COMMITTED. Raises `RepositoryError` from its sessions when the transaction has failed,
        is none, or is on another kind of database.

        >>> engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        >>> repository = SqlRepository(engine)
        >>> with engine.begin() as connection:
        ...     with repository.using(connection).writing() as session:
        ...         session.lock([], [])
        frozenset()
        """
        if self._read_only:
            raise RepositoryError("the repository was opened to be read only")
        return JoinedRepository(connection, self._transactions, self._statements)

    @contextmanager
    def _session(self, connection: sa.Connection, *, writes: bool) -> Iterator[SqlSession]:
        alone = writes and self._transactions.alone
        kept = self._transactions.connection(
            connection, self._statements, writes=writes, alone=alone
        )
        try:
            yield SqlSession(kept)
            kept.flush()
        finally:
            kept.close()

    def _open(self, migrate: bool) -> None:
        """Make sure that this is a database that can be used, and bring it up to date."""
        try:
            with self._transactions.opening(self._tables, read_only=self._read_only) as connection:
                prepare_schema(connection, self._tables, migrate=migrate, read_only=self._read_only)
        except RetryableError as error:
            raise type(error)(f"cannot open {self._name}: {error}") from None
        except PendingMigrationsError as error:
            problem = f"cannot open {self._name}: {error}"
            raise PendingMigrationsError(problem, error.pending) from None
        except RepositoryError as error:
            raise RepositoryError(f"cannot open {self._name}: {error}") from None


def _url(url: str | sa.URL) -> sa.URL:
    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # The text itself may hold a password.
        raise RepositoryError("the database's URL cannot be read: use sqlite:///file.db") from None


def _driver(url: sa.URL) -> str:
    try:
        return url.get_driver_name()
    except sa.exc.NoSuchModuleError:
        return ""
