"""A host's own transaction: its rows and ours are committed together, by the host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.failures import translated
from helpdesk_core.adapters.sql.session import SqlSession
from helpdesk_core.adapters.sql.statements import Statements
from helpdesk_core.adapters.sql.transactions import Transactions
from helpdesk_core.errors import RepositoryError
from helpdesk_core.ports import ALL_CLAIMS, Claim

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class JoinedRepository:
    """A repository inside one transaction of the host's; `SqlRepository.using` makes it.

    A writing session is a savepoint: undone when its block raises, else left to the host to commit
    or to roll back with everything else. What it locked stays locked until then. Sessions come one
    after another, in one thread.
    """

    claims: frozenset[Claim] = ALL_CLAIMS

    def __init__(
        self,
        connection: sa.Connection | Session,
        transactions: Transactions,
        statements: Statements,
    ) -> None:
        self._host = connection
        self._transactions = transactions
        self._statements = statements
        self._busy = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[SqlSession]:
        """A session that sees what the host's transaction sees."""
        with self._session(writes=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[SqlSession]:
        """A savepoint in the host's transaction; nothing is committed here."""
        with self._session(writes=True) as session:
            yield session

    @contextmanager
    def _session(self, *, writes: bool) -> Iterator[SqlSession]:
        if not self._busy.acquire(blocking=False):
            raise RepositoryError("a transaction has one unit of work at a time, not two at once")
        try:
            connection = self._joined(writes)
            kept = Connection(
                connection,
                self._statements,
                writes=writes,
                alone=writes and self._transactions.alone,
            )
            try:
                if not writes:
                    yield SqlSession(kept)
                    return
                with connection.begin_nested():
                    yield SqlSession(kept)
            finally:
                kept.close()
        except sa.exc.SQLAlchemyError as error:
            raise translated(error) from None
        finally:
            self._busy.release()

    def _joined(self, writes: bool) -> sa.Connection:
        """The host's connection, when its transaction can be worked in."""
        host = self._host
        try:
            connection = host if isinstance(host, sa.Connection) else host.connection()
        except sa.exc.InvalidRequestError:  # what a session says whose flush has failed
            raise RepositoryError("the transaction has failed: roll it back first") from None
        if connection.dialect.name != self._transactions.dialect:
            raise RepositoryError(
                f"the transaction is on {connection.dialect.name}, "
                f"the repository on {self._transactions.dialect}"
            )
        transaction = connection.get_transaction()
        if transaction is None:
            raise RepositoryError("the connection is in no transaction: begin one first")
        nested = connection.get_nested_transaction()
        if connection.invalidated or not (nested or transaction).is_active:
            raise RepositoryError("the transaction has failed: roll it back first")
        self._transactions.join(connection, self._statements.tables, writes=writes)
        return connection
