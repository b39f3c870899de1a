"""Transactions of Django's connections: how they begin, how they join a host's, what they raise."""

from __future__ import annotations

import json
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.conf import settings
from django.db import Error, IntegrityError, connections, transaction
from django.db.models.expressions import RawSQL
from django.db.transaction import TransactionManagementError

from helpdesk_core.adapters.database_errors import by_code, first_line
from helpdesk_core.adapters.django import models
from helpdesk_core.errors import ConflictError, HelpdeskError, RepositoryError, RetryableError

_MANY = 200  # parameters in one statement
_ENDED = frozenset({"57P01", "57P02"})  # by an administrator, by a crash
_FAILED = 3  # PQTRANS_INERROR of libpq
_KINDS = ("sqlite", "postgresql")

#: The connections on which a unit of work is open; each is one thread's.
_BUSY: weakref.WeakSet[Any] = weakref.WeakSet()


class Work:
    """A connection in a transaction, for one session. `alone`: nobody else can write meanwhile."""

    def __init__(self, using: str, connection: Any, *, writes: bool) -> None:
        self.using = using
        self._connection: Any = connection
        self._thread = threading.get_ident()
        self._writes = writes
        self.alone = writes and connection.vendor == "sqlite"
        self._held: defaultdict[Any, set[Any]] = defaultdict(set)

    def usable(self) -> Any:
        """The connection, for the thread that opened the session and until it ends."""
        if self._connection is None:
            raise RepositoryError("the session has ended")
        if self._thread != threading.get_ident():
            raise RepositoryError("a session belongs to the thread that opened it")
        return self._connection

    def holds(self, team_id: Any) -> bool:
        """Whether nobody else can change the counts of this team."""
        return self.alone or team_id in self._held[models.Team]

    @property
    def locks(self) -> bool:
        """Whether rows are to be locked: others write at the same time."""
        return self._writes and not self.alone

    def rows(self, model: Any) -> Any:
        """All rows of a model, to be narrowed."""
        self.usable()
        return model.objects.using(self.using)

    def among(self, model: Any, name: str, values: Iterable[Any]) -> Any:
        """The rows whose column, an id or a text, is one of these: one question for any number."""
        known: Any = list(values)
        if len(known) > _MANY:  # as one parameter, since a statement takes only so many
            if self.usable().vendor == "sqlite":
                known = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(known)])
            else:
                known = RawSQL("SELECT unnest(%s::text[])", [known])
        return self.rows(model).filter(**{f"{name}__in": known})

    def hold(self, model: Any, ids: Iterable[Any]) -> None:
        """Lock these rows until the end, in the order of their ids; where others may write."""
        known = sorted(set(ids) - self._held[model]) if self.locks else []
        if known:
            rows = self.among(model, "pk", known).order_by("pk")
            list(rows.select_for_update().values_list("pk"))
        self._held[model].update(known)

    def must_write(self) -> None:
        """Raise `RepositoryError` in a session that was opened for reading."""
        if not self._writes:
            raise RepositoryError("a reading session changes nothing: use writing()")
        self.usable()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What the block did is undone when it raises, though the transaction may go on."""
        before = {model: set(ids) for model, ids in self._held.items()}
        try:
            with translated(), transaction.atomic(using=self.using):
                yield
        except BaseException:  # what was locked since is not any more
            self._held = defaultdict(set, before)
            raise

    def close(self) -> None:
        """The session ended: whoever still holds it can do nothing with it."""
        self._connection = None


@contextmanager
def begun(using: str, *, writes: bool, busy_timeout: float) -> Iterator[Work]:
    """A transaction, or a savepoint in the one that the host has begun on this connection."""
    connection = connections[using]
    if connection.vendor not in _KINDS:
        raise RepositoryError(f"{connection.vendor} is not supported: use SQLite or PostgreSQL")
    if not settings.USE_TZ:
        raise RepositoryError("USE_TZ must be True: moments are kept in UTC")
    if connection in _BUSY:
        raise RepositoryError("one unit of work at a time on one connection: end the other first")
    joined = ended = False
    with translated(lambda: ended and not joined):
        joined = connection.in_atomic_block or not connection.get_autocommit()
        # Who only reads in a host's transaction leaves no trace in it.
        reads_along = joined and not writes
        with nullcontext() if reads_along else transaction.atomic(using=using):
            work = Work(using, connection, writes=writes)
            _BUSY.add(connection)
            try:
                _begin(connection, writes, joined, busy_timeout)
                yield work
                _must_be_sound(connection)
            finally:
                # Before the commit: whoever is told of it may use the help desk.
                work.close()
                _BUSY.discard(connection)
            ended = True


def _begin(connection: Any, writes: bool, joined: bool, busy_timeout: float) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            if writes:
                # Changes nothing, and makes the transaction one that writes before it has read: as
                # BEGIN IMMEDIATE does. A host's that has read already may be too late for that.
                table = connection.ops.quote_name(models.IdempotencyKey._meta.db_table)
                cursor.execute(f"DELETE FROM {table} WHERE 0")
        elif not joined:
            level = "READ COMMITTED" if writes else "REPEATABLE READ, READ ONLY"
            wait = max(1, int(busy_timeout * 1000))
            cursor.execute(
                f"SET TRANSACTION ISOLATION LEVEL {level}; SET LOCAL lock_timeout = {wait}"
            )
        elif writes:
            cursor.execute("SELECT current_setting('transaction_isolation')")
            [level] = cursor.fetchone()
            if level != "read committed":
                problem = f"the transaction is {level.upper()}, READ COMMITTED is needed"
                raise RepositoryError(problem)


def _must_be_sound(connection: Any) -> None:
    """Or a commit would roll back, and say nothing."""
    failed = connection.needs_rollback
    if connection.vendor == "postgresql":
        failed = failed or connection.connection.info.transaction_status == _FAILED
    if failed:
        raise RepositoryError("the transaction has failed: nothing was changed")


@contextmanager
def translated(committing: Callable[[], bool] = bool) -> Iterator[None]:
    """What Django raises of a database, as the library's own errors."""
    try:
        yield
    except (Error, TransactionManagementError) as error:
        raise _translated(error, committing()) from None


def _translated(error: Exception, committing: bool) -> HelpdeskError:
    cause = error.__cause__ or error
    if isinstance(error, IntegrityError):
        return ConflictError(f"the database holds otherwise: {first_line(cause)}")
    if (known := by_code(cause)) is not None:
        return known
    if isinstance(error, TransactionManagementError):
        return RepositoryError("the transaction has failed: roll it back first")
    if _is_lost(cause):
        if committing:
            return RepositoryError(
                "the connection to the database was lost while committing: what was to be done "
                "is there, or is not; look before doing it again, or use an idempotency key"
            )
        return RetryableError(
            f"the database cannot be reached, nothing was changed: {first_line(cause)}"
        )
    return RepositoryError(f"the database failed: {first_line(cause)}")


def _is_lost(cause: BaseException) -> bool:
    """Whether the server has ended the connection, or was never reached: then it says no state."""
    state = getattr(cause, "sqlstate", "")
    lost = state is None or state in _ENDED or state.startswith("08")
    return type(cause).__module__.startswith("psycopg") and lost
