"""One transaction's connection: runs statements, and turns what fails into the library's errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.codec import codec_for
from helpdesk_core.adapters.sql.failures import UNDONE, ended_by_itself, of_driver, translated
from helpdesk_core.adapters.sql.statements import Statements
from helpdesk_core.entities import Id
from helpdesk_core.errors import ConflictError, RepositoryError

_NO_PARAMETERS: Mapping[str, Any] = {}


class Connection:
    """A connection inside a transaction. `alone`: nobody else can write before it ends.

    This one runs everything by SQLAlchemy, so that a host's engine sees each statement.
    """

    def __init__(
        self, connection: sa.Connection, statements: Statements, *, writes: bool, alone: bool
    ) -> None:
        self._connection: sa.Connection | None = connection
        self._thread = threading.get_ident()
        self._writes = writes
        self.alone = alone
        # What is locked by this transaction, and so is as it was read until it ends.
        self.held_teams: set[Id] = set()
        self.held_tickets: set[Id] = set()
        self._saved = False
        self._undone = False
        self.statements = statements
        self.tables = statements.tables
        self.codec = codec_for(statements.tables.id_type)

    def close(self) -> None:
        """The session ended: whoever still holds it can do nothing with it."""
        self._connection = None

    @property
    def waits_for_keys(self) -> bool:
        """Whether another one may be at work under the same idempotency key."""
        return self._writes and not self.alone

    def must_write(self) -> None:
        """Raise `RepositoryError` in a session that was opened for reading."""
        if not self._writes:
            raise RepositoryError("a reading session changes nothing: use writing()")

    # --- statements ------------------------------------------------------------------------------

    def rows(
        self, statement: sa.Executable, parameters: Mapping[str, Any] = _NO_PARAMETERS
    ) -> Sequence[Any]:
        """All rows of a question."""
        connection = self.usable()
        try:
            return connection.execute(statement, parameters).all()
        except sa.exc.SQLAlchemyError as error:
            self._undone = ended_by_itself(connection)
            raise translated(error) from None

    def changed(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> int:
        """Run one change; how many rows it met."""
        return self._run(statement, parameters)

    def many(self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run one change for each of the rows, if any; how many rows were met."""
        if not rows:
            return 0
        return self._run(statement, rows[0] if len(rows) == 1 else rows)

    def later(
        self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]], said: str = ""
    ) -> None:
        """The same at any time before the next question; `said` begins a conflict's message."""
        try:
            self.many(statement, rows)
        except ConflictError as error:
            raise ConflictError(f"{said}{error}") from None

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]], said: str = "") -> None:
        """Put rows into a table; one that is there already is a `ConflictError`, now or later."""
        self.later(self.statements.insert[table], rows, said)

    def flush(self) -> None:
        """Run what was left for later."""

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What the block did is undone when it raises, though the transaction may go on."""
        self._save()
        try:
            yield
        except BaseException:
            # A connection that is lost has undone everything already.
            if self._connection and not self._connection.invalidated and not self._undone:
                self._take_back()
            raise

    def _save(self) -> None:
        if self._saved:  # the one before goes only now, which spares going there for it alone
            self._mark("RELEASE SAVEPOINT changes")
        self._mark("SAVEPOINT changes")
        self._saved = True

    def _take_back(self) -> None:
        self._mark("ROLLBACK TO SAVEPOINT changes")

    def _mark(self, text: str) -> None:
        """Run a statement about a savepoint."""
        connection = self.usable()
        try:
            connection.exec_driver_sql(text)
        except sa.exc.SQLAlchemyError as error:
            self._undone = ended_by_itself(connection)
            raise translated(error) from None

    def _run(self, statement: sa.Executable, parameters: Any) -> int:
        connection = self.usable()
        try:
            return connection.execute(statement, parameters).rowcount
        except sa.exc.SQLAlchemyError as error:
            self._undone = ended_by_itself(connection)
            raise translated(error) from None

    def usable(self) -> sa.Connection:
        """The connection, for the thread that opened the session and until it ends."""
        if self._connection is None:
            raise RepositoryError("the session has ended")
        if self._thread != threading.get_ident():
            raise RepositoryError("a session belongs to the thread that opened it")
        if self._undone:  # or each statement would now be committed by itself
            raise RepositoryError(UNDONE)
        return self._connection


class DriverConnection(Connection):
    """Runs the statements that never change by the driver itself, at a fraction of the time."""

    def __init__(
        self, connection: sa.Connection, statements: Statements, *, writes: bool, alone: bool
    ) -> None:
        super().__init__(connection, statements, writes=writes, alone=alone)
        self._driver: Any = connection.connection.dbapi_connection

    def rows(
        self, statement: sa.Executable, parameters: Mapping[str, Any] = _NO_PARAMETERS
    ) -> Sequence[Any]:
        self._ready()
        query = self.statements.query(statement)
        if query is None:
            return super().rows(statement, parameters)
        return query.rows(self._execute(query.text, query.values([parameters])).fetchall())

    def _run(self, statement: sa.Executable, parameters: Any) -> int:
        self._ready()
        query = self.statements.query(statement)
        if query is None:
            return super()._run(statement, parameters)
        if isinstance(parameters, Mapping):
            return int(self._execute(query.text, query.values([parameters])).rowcount)
        values = [query.values([row]) for row in parameters]
        return int(self._execute(query.text, values, many=True).rowcount)

    def _ready(self) -> None:
        """See to what has to be run before anything else is."""

    def _mark(self, text: str) -> None:
        self._execute(text, ())

    def _execute(self, text: str, values: Sequence[Any], *, many: bool = False) -> Any:
        """Run one statement, or one for each of `many` values; the cursor with its result."""
        connection = self.usable()
        try:
            return self._send(text, values, many)
        except BaseException as error:
            raise self._failed(connection, error, text) from None

    def _send(self, text: str, values: Sequence[Any], many: bool) -> Any:
        run = self._driver.executemany if many else self._driver.execute
        return run(text, values)

    def _failed(self, connection: sa.Connection, error: BaseException, text: str) -> BaseException:
        """The library's error for the driver's."""
        said = of_driver(connection, error, text)
        self._undone = ended_by_itself(connection)
        return translated(said) if isinstance(said, sa.exc.SQLAlchemyError) else said
