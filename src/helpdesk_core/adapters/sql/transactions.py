"""What each kind of database says of its transactions."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.tables import Tables


class Transactions(Protocol):
    """How transactions are made in one kind of database."""

    dialect: str
    alone: bool
    #: What runs the statements of a transaction.
    connection: type[Connection]

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that sees one state."""
        ...

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that is committed when the block ends."""
        ...

    def opening(self, tables: Tables, *, read_only: bool) -> AbstractContextManager[sa.Connection]:
        """The transaction in which the schema is looked at."""
        ...

    def ending(self) -> AbstractContextManager[None]:
        """What to wait for before the engine is closed."""
        ...

    def join(self, connection: sa.Connection, tables: Tables, *, writes: bool) -> None:
        """See that a host's transaction can be worked in, or raise `RepositoryError`."""
        ...
