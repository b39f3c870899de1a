"""What the database raises, as the library's own errors; parameters are never shown."""

from __future__ import annotations

import sqlalchemy as sa

from helpdesk_core.errors import ConflictError, HelpdeskError, RepositoryError, RetryableError

# SQLITE_BUSY and SQLITE_LOCKED; a serialization failure, a deadlock, a lock not to be had.
_BUSY_CODES = frozenset({5, 6})
_BUSY_STATES = frozenset({"40001", "40P01", "55P03"})


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
    if isinstance(error, sa.exc.IntegrityError):
        return ConflictError(f"the database holds otherwise: {cause}")
    if cause is None:
        return RepositoryError(f"the database cannot do this: {_first_line(error)}")
    if is_busy(cause):
        return RetryableError("the database is busy: nothing was changed, try again")
    return RepositoryError(f"the database failed: {_first_line(cause)}")


def is_busy(cause: BaseException) -> bool:
    """Whether the driver says that another one holds what is needed."""
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _BUSY_CODES
    return getattr(cause, "sqlstate", None) in _BUSY_STATES


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]
