"""The help desk over a database of the project's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpdesk_core.adapters.django.session import DjangoSession
from helpdesk_core.adapters.django.transactions import begun
from helpdesk_core.ports import ALL_CLAIMS, Claim


class DjangoRepository:
    """Keeps everything in a database of Django's, SQLite or PostgreSQL, by its alias.

    Ids are texts: somebody of the project's own users is `str(user.pk)`. Sessions use the thread's
    connection. In a transaction that the host has begun there, by `atomic` or `ATOMIC_REQUESTS`, a
    writing session is a savepoint: the host's rows and ours are committed together, by the host. On
    PostgreSQL a lock is waited for at most `busy_timeout` seconds, in such a transaction as long as
    the host's settings say; on SQLite it is the `timeout` of the database's `OPTIONS`.

    >>> repository = DjangoRepository(using="default")
    >>> with repository.writing() as session:
    ...     session.lock([], [])
    frozenset()
    """

    claims: frozenset[Claim] = ALL_CLAIMS

    def __init__(self, using: str = "default", *, busy_timeout: float = 10.0) -> None:
        self._using = using
        self._busy_timeout = busy_timeout

    @contextmanager
    def reading(self) -> Iterator[DjangoSession]:
        """A session that sees one committed state; in a host's transaction, what that sees."""
        with begun(self._using, writes=False, busy_timeout=self._busy_timeout) as work:
            yield DjangoSession(work)

    @contextmanager
    def writing(self) -> Iterator[DjangoSession]:
        """A transaction, committed when the block ends; in a host's transaction, a savepoint.

        What was recorded is told by `event_recorded` once it is committed.
        """
        with begun(self._using, writes=True, busy_timeout=self._busy_timeout) as work:
            yield DjangoSession(work)
