"""What the drivers of SQLite and PostgreSQL say by codes, as the library's own errors."""

from __future__ import annotations

from helpdesk_core.errors import CollisionError, HelpdeskError, RepositoryError, RetryableError

# SQLITE_BUSY and SQLITE_LOCKED; a lock not to be had in time, a statement stopped, no connection
# left, a server that is starting or stopping.
_BUSY_CODES = frozenset({5, 6})
_BUSY_STATES = frozenset({"55P03", "57014", "53300", "57P03"})
# SQLITE_FULL, SQLITE_READONLY, and what PostgreSQL says of the same.
_FULL = frozenset({13, "53100"})
_READ_ONLY = frozenset({8, "25006"})
# A serialization failure, a deadlock.
_COLLISIONS = frozenset({"40001", "40P01"})


def by_code(cause: BaseException) -> HelpdeskError | None:
    """The library's error for a driver's, where its code tells which; parameters are never shown.

    >>> by_code(ValueError("no driver says this")) is None
    True
    """
    if (code := _code(cause)) in _FULL:
        return RepositoryError("the disk is full: nothing was changed")
    if code in _READ_ONLY:
        return RepositoryError("the database can only be read: nothing was changed")
    if code in _COLLISIONS:
        return CollisionError("the database ended this for another's sake: nothing was changed")
    if is_busy(cause):
        return RetryableError("the database is busy: nothing was changed, try again")
    return None


def is_busy(cause: BaseException) -> bool:
    """Whether the driver says that another one holds what is needed."""
    code = _code(cause)
    return code in _BUSY_CODES or code in _BUSY_STATES


def first_line(error: BaseException) -> str:
    """What an error says, less what PostgreSQL goes on with: the row itself."""
    return str(error).split("\n", 1)[0]


def _code(cause: BaseException) -> int | str | None:
    """SQLite's primary code, or PostgreSQL's state."""
    code = getattr(cause, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else getattr(cause, "sqlstate", None)
