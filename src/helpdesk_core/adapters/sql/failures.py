"""What the database raises, as the library's own errors; parameters are never shown."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.database_errors import by_code, first_line
from helpdesk_core.errors import (
    ConflictError,
    HelpdeskError,
    RepositoryError,
    RetryableError,
)

#: What is said of a transaction that the database ended when a statement of it failed.
UNDONE = "the database has undone the transaction: nothing was changed"


def ended_by_itself(connection: sa.Connection) -> bool:
    """Whether SQLite has ended the transaction with what failed, as it does on a full disk."""
    if connection.invalidated:
        return False
    return getattr(connection.connection.driver_connection, "in_transaction", True) is False


def translated(error: sa.exc.SQLAlchemyError) -> HelpdeskError:
    """The library's error for one of SQLAlchemy's; raise it `from None` or from the driver's.

    >>> str(translated(sa.exc.ResourceClosedError("This Connection is closed")))
    'the database cannot do this: This Connection is closed'
    """
    if isinstance(error, sa.exc.TimeoutError):
        return RetryableError("every connection to the database is in use")
    cause = getattr(error, "orig", None)
    if isinstance(cause, HelpdeskError):  # a column type refused a value
        return cause
    if cause is not None and isinstance(error, sa.exc.IntegrityError):
        # Only the first line: PostgreSQL goes on with the row itself.
        return ConflictError(f"the database holds otherwise: {first_line(cause)}")
    if cause is None:
        return RepositoryError(f"the database cannot do this: {first_line(error)}")
    state = getattr(cause, "sqlstate", None)
    if (known := by_code(cause)) is not None:
        return known
    if getattr(error, "connection_invalidated", False):
        return RetryableError("the connection to the database was lost: nothing was changed")
    if state is None and type(cause).__module__.startswith("psycopg") and _never_connected(error):
        return RetryableError(f"the database cannot be reached: {first_line(cause)}")
    return RepositoryError(f"the database failed: {first_line(cause)}")


def of_driver(connection: sa.Connection, error: BaseException, text: str) -> BaseException:
    """What SQLAlchemy raises for an error of the driver's own, and does with the connection."""
    dialect: Any = connection.dialect
    if not isinstance(error, Exception):  # an interrupt: who knows what the connection is at
        connection.invalidate()
        return error
    if not isinstance(error, dialect.loaded_dbapi.Error):
        return error
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if lost:
        connection.invalidate(error)
    raised: BaseException = sa.exc.DBAPIError.instance(
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return raised


def commit(connection: sa.Connection) -> None:
    """Commit; when the answer is lost, nobody can say whether it was done."""
    try:
        connection.commit()
    except sa.exc.SQLAlchemyError as error:
        if getattr(error, "connection_invalidated", False):
            raise RepositoryError(
                "the connection to the database was lost while committing: what was to be done "
                "is there, or is not; look before doing it again, or use an idempotency key"
            ) from None
        raise translated(error) from None


def _never_connected(error: sa.exc.SQLAlchemyError) -> bool:
    return isinstance(error, sa.exc.OperationalError) and error.statement is None
