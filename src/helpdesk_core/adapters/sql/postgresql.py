"""PostgreSQL: writers hold rows under READ COMMITTED, readers see one state (REPEATABLE READ).

A lock is only worth something when what is read after it is what was committed before it. So a
writer's isolation level is set here for each transaction, whatever the engine's own is, and is put
back when the connection is given back.
"""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection, DriverConnection
from helpdesk_core.adapters.sql.failures import commit, translated
from helpdesk_core.adapters.sql.queries import Query
from helpdesk_core.adapters.sql.statements import Statements
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.errors import ConflictError, RepositoryError

_WRITING = {"isolation_level": "READ COMMITTED"}
_READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_OURS = 0x48445F43  # the first half of our advisory locks, apart from a host's own
_PLACE = re.compile(r"\$(\d+)")
_TOGETHER = 20  # rows in one insertion
_BEGUN, _FAILED = 2, 3  # PQTRANS_INTRANS and PQTRANS_INERROR of libpq
_CURSOR = "helpdesk_core"  # under this name a connection keeps the cursor of our statements
_LEVEL = sa.text("SELECT current_setting('transaction_isolation')")


class _Waiting(NamedTuple):
    """A change that is left for later; `said` begins the message of a conflict over its table."""

    query: Query
    values: list[Any]
    said: str


class PostgresqlConnection(DriverConnection):
    """What is left for later becomes one statement: one way there and back while locks are held.

    A conflict over it is told then, at the latest when the block of the session ends.
    """

    def __init__(self, connection: sa.Connection, statements: Statements, **how: bool) -> None:
        super().__init__(connection, statements, **how)
        self._waiting: dict[str, _Waiting] = {}
        self._to_save = False  # before anything is run in a block that is all or nothing
        self._cursor: Any = connection.info.get(_CURSOR)
        if self._cursor is None:
            self._cursor = connection.info[_CURSOR] = self._new_cursor(connection)

    def _new_cursor(self, connection: sa.Connection) -> Any:
        psycopg: Any = connection.dialect.loaded_dbapi
        return psycopg.RawCursor(self._driver)

    def later(
        self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]], said: str = ""
    ) -> None:
        query = self.statements.query(statement, len(rows)) if 0 < len(rows) <= _TOGETHER else None
        if query is None:
            super().later(statement, rows, said)
            return
        if query.table in self._waiting:  # no part of a statement sees what another one changed
            self.flush()
        self._waiting[query.table] = _Waiting(query, query.values(rows), said)

    def flush(self) -> None:
        if not self._waiting:
            return
        self._save_now()
        waiting = self._waiting.values()
        values = list(itertools.chain.from_iterable(one.values for one in waiting))
        self._execute(_joined(tuple(one.query for one in waiting)), values)
        self._waiting.clear()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """The same; where all is left for later, nothing is there that had to be undone."""
        self.flush()
        self._to_save = True
        with super().all_or_nothing():
            yield
            if not self._to_save:
                self.flush()
        self._to_save = False

    def _ready(self) -> None:
        self.flush()
        self._save_now()

    def _save(self) -> None:
        """Not before anything is run."""

    def _save_now(self) -> None:
        if self._to_save:
            self._to_save = False
            super()._save()

    def _take_back(self) -> None:
        self._waiting.clear()
        if not self._to_save:
            super()._take_back()
        self._to_save = False

    def _send(self, text: str, values: Sequence[Any], many: bool) -> Any:
        (self._cursor.executemany if many else self._cursor.execute)(text, values)
        return self._cursor

    def _failed(self, connection: sa.Connection, error: BaseException, text: str) -> BaseException:
        failed = super()._failed(connection, error, text)
        table = getattr(getattr(error, "diag", None), "table_name", None)
        if isinstance(failed, ConflictError) and table in self._waiting:
            return ConflictError(f"{self._waiting[table].said}{failed}")
        return failed


@functools.lru_cache(maxsize=1024)
def _joined(queries: tuple[Query, ...]) -> str:
    """Changes of different tables as one statement, with the places of their values counted on."""
    texts, before = [], 0
    for query in queries:
        texts.append(_PLACE.sub(lambda match: f"${int(match[1]) + before}", query.text))  # noqa: B023
        before += query.size
    parts = ", ".join(f"part_{n} AS ({text})" for n, text in enumerate(texts[:-1]))
    return f"WITH {parts} {texts[-1]}" if parts else texts[-1]


class PostgresqlTransactions:
    """The transactions of one PostgreSQL database."""

    dialect = "postgresql"
    #: Others write at the same time, to what is not locked.
    alone = False
    make_engine: Callable[..., sa.Engine] = staticmethod(sa.create_engine)
    #: What runs the statements over an engine of our own.
    own_connection: type[Connection] = PostgresqlConnection

    def __init__(self, engine: sa.Engine, busy_timeout: float, *, own: bool) -> None:
        self._engine = engine
        # Our own connections are set up when they are made; a host's, for each transaction.
        self._before = None if own else sa.text(_settings(busy_timeout, local=True))
        self._writing = {} if own else _WRITING
        self.connection: type[Connection] = self.own_connection if own else Connection

    @classmethod
    def engine(
        cls, url: sa.URL, busy_timeout: float, options: dict[str, Any], *, read_only: bool
    ) -> sa.Engine:
        """An engine of our own; a reading session is `READ ONLY` in any case."""
        options.setdefault("pool_timeout", busy_timeout)
        options.setdefault("max_overflow", 15)
        options["isolation_level"] = _WRITING["isolation_level"]  # said by every BEGIN
        try:
            engine = cls.make_engine(url, **options)
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
            try:
                yield connection
            finally:
                # psycopg forgets what it has prepared when a transaction is rolled back.
                if not connection.invalidated and _is(connection, _BEGUN):
                    connection.commit()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is committed when the block ends."""
        with self._transaction(self._writing) as connection:
            yield connection
            if _is(connection, _FAILED):  # a commit would roll back, and say nothing
                raise RepositoryError("the transaction has failed: nothing was changed")
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
        if _is(connection, _FAILED):
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
            if options:
                connection = connection.execution_options(**options)
            driver: Any = connection.connection.dbapi_connection
            if options is not _READING and driver.read_only is not None:
                driver.set_read_only(
                    None
                )  # unless the server, the database or the role is read-only
            connection.begin()
            if self._before is not None:
                connection.execute(self._before)
            yield connection
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None
        finally:
            connection.close()  # rolls back, and puts the isolation level back


def _is(connection: sa.Connection, status: int) -> bool:
    """What the server said last about the transaction."""
    driver: Any = connection.connection.driver_connection
    return bool(driver.pgconn.transaction_status == status)


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
