"""PostgreSQL: writers hold rows under READ COMMITTED, readers see one state (REPEATABLE READ).

A lock is only worth something when what is read after it is what was committed before it. So a
writer's isolation level is set here for each transaction, whatever the engine's own is, and is put
back when the connection is given back.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.failures import commit, translated
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.errors import RepositoryError

_WRITING = {"isolation_level": "READ COMMITTED"}
_READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_OURS = 0x48445F43  # the first half of our advisory locks, apart from a host's own
_LEVEL = sa.text("SELECT current_setting('transaction_isolation')")


class PostgresqlTransactions:
    """The transactions of one PostgreSQL database."""

    dialect = "postgresql"
    #: Others write at the same time, to what is not locked.
    alone = False

    def __init__(self, engine: sa.Engine, busy_timeout: float, *, own: bool) -> None:
        self._engine = engine
        # Our own connections are set up when they are made; a host's, for each transaction.
        self._before = None if own else sa.text(_settings(busy_timeout, local=True))

    @staticmethod
    def engine(
        url: sa.URL, busy_timeout: float, options: dict[str, Any], *, read_only: bool
    ) -> sa.Engine:
        """An engine of our own; a reading session is `READ ONLY` in any case."""
        options.setdefault("pool_timeout", busy_timeout)
        options.setdefault("max_overflow", 15)
        try:
            engine = sa.create_engine(url, **options)
        except ModuleNotFoundError as error:
            raise RepositoryError(
                f"PostgreSQL needs {error.name}: install helpdesk-core[postgresql]"
            ) from None
        settings = _settings(busy_timeout, local=False)

        @sa.event.listens_for(engine, "connect")
        def set_up(connection: Any, _record: Any) -> None:
            connection.execute(settings)
            connection.commit()

        return engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state, from its first question on."""
        with self._transaction(_READING) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is committed when the block ends."""
        with self._transaction(_WRITING) as connection:
            yield connection
            commit(connection)

    @contextmanager
    def opening(self, tables: Tables, *, read_only: bool) -> Iterator[sa.Connection]:
        """The transaction in which the schema is looked at; of several the others wait."""
        try:
            self._engine.connect().close()
        except sa.exc.SQLAlchemyError as error:  # now it may be a wrong name or password
            raise RepositoryError(str(translated(error))) from None
        if read_only:
            with self._transaction(_READING) as connection:
                yield connection
            return
        with self._transaction(_WRITING) as connection:
            _must_be_read_committed(connection)  # a hook of the host's engine may set another
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(:ours, :prefix)"),
                {"ours": _OURS, "prefix": zlib.crc32(tables.prefix.encode()) & 0x7FFFFFFF},
            )
            yield connection
            commit(connection)

    def ending(self) -> AbstractContextManager[None]:
        """Nothing: a connection in use is closed when it is given back."""
        return nullcontext()

    def join(self, connection: sa.Connection, tables: Tables, *, writes: bool) -> None:
        """See that a host's transaction can be worked in: not failed, and READ COMMITTED."""
        raw: Any = connection.connection.dbapi_connection
        if raw.autocommit:
            raise RepositoryError("a connection that commits by itself cannot be joined")
        if raw.info.transaction_status.name == "INERROR":
            raise RepositoryError("the transaction has failed: roll it back first")
        if writes:
            _must_be_read_committed(connection)

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[sa.Connection]:
        """A connection with these settings, rolled back at the end."""
        try:
            connection = self._engine.connect()
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None
        try:
            connection = connection.execution_options(**options)
            if options is _WRITING:  # unless the server, the database or the role is read-only
                raw: Any = connection.connection.dbapi_connection
                raw.read_only = None
            connection.begin()
            if self._before is not None:
                connection.execute(self._before)
            yield connection
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None
        finally:
            connection.close()  # rolls back, and puts the isolation level back


def _must_be_read_committed(connection: sa.Connection) -> None:
    level = connection.execute(_LEVEL).scalar()
    if level != "read committed":
        raise RepositoryError(f"the transaction is {str(level).upper()}, READ COMMITTED is needed")


def _settings(busy_timeout: float, *, local: bool) -> str:
    # Moments come back in UTC: elsewhere the first and last ones would have no year.
    scope = "true" if local else "false"
    wait = max(1, int(busy_timeout * 1000))
    return (
        f"SELECT set_config('lock_timeout', '{wait}', {scope}), "
        f"set_config('TimeZone', 'UTC', {scope})"
    )
