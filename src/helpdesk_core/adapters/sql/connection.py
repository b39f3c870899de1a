"""One transaction's connection: runs statements, and turns what fails into the library's errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.codec import codec_for
from helpdesk_core.adapters.sql.failures import UNDONE, ended_by_itself, translated
from helpdesk_core.adapters.sql.statements import Statements
from helpdesk_core.entities import Id
from helpdesk_core.errors import RepositoryError

_NO_PARAMETERS: Mapping[str, Any] = {}


class Connection:
    """A connection inside a transaction. `alone`: nobody else can write before it ends."""

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

    def rows(
        self, statement: sa.Executable, parameters: Mapping[str, Any] = _NO_PARAMETERS
    ) -> list[Any]:
        """All rows of a question."""
        connection = self._usable()
        try:
            return list(connection.execute(statement, parameters))
        except sa.exc.SQLAlchemyError as error:
            self._undone = ended_by_itself(connection)
            raise translated(error) from None

    def changed(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> int:
        """Run one change; how many rows it met."""
        return self._run(statement, parameters).rowcount

    def many(self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run one change for each of the rows, if any; how many rows were met."""
        if not rows:
            return 0
        return self._run(statement, rows[0] if len(rows) == 1 else rows).rowcount

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put rows into a table; one that is there already is a `ConflictError`."""
        self.many(self.statements.insert[table], rows)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What the block did is undone when it raises, though the transaction may go on."""
        connection = self._usable()
        try:
            if self._saved:  # the one before goes only now, which spares going there for it alone
                connection.exec_driver_sql("RELEASE SAVEPOINT changes")
            connection.exec_driver_sql("SAVEPOINT changes")
            self._saved = True
            try:
                yield
            except BaseException:
                # A connection that is lost has undone everything already.
                if not connection.invalidated and not self._undone:
                    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT changes")
                raise
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None

    def _run(self, statement: sa.Executable, parameters: Any) -> sa.CursorResult[Any]:
        connection = self._usable()
        try:
            return connection.execute(statement, parameters)
        except sa.exc.SQLAlchemyError as error:
            self._undone = ended_by_itself(connection)
            raise translated(error) from None

    def _usable(self) -> sa.Connection:
        """The connection, for the thread that opened the session and until it ends."""
        if self._connection is None:
            raise RepositoryError("the session has ended")
        if self._thread != threading.get_ident():
            raise RepositoryError("a session belongs to the thread that opened it")
        if self._undone:  # or each statement would now be committed by itself
            raise RepositoryError(UNDONE)
        return self._connection
