"""The repository in memory: one writer at a time, and readers of what was committed last."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from helpdesk_core.adapters.memory.session import MemorySession
from helpdesk_core.adapters.memory.state import State
from helpdesk_core.errors import RepositoryError
from helpdesk_core.ports import (
    ALL_CLAIMS,
    Claim,
)


class MemoryRepository:
    """Keeps everything in dictionaries; claims everything. Ids are of the type of the first one.

    >>> with MemoryRepository().reading() as session:
    ...     session.tickets(["T-1"])
    {}
    """

    claims: frozenset[Claim] = ALL_CLAIMS

    def __init__(self) -> None:
        self._state = State()
        self._writer = threading.Lock()
        self._writing: int | None = None

    @contextmanager
    def reading(self) -> Iterator[MemorySession]:
        """A session on the state committed last."""
        session = MemorySession(self._state)
        try:
            yield session
        finally:
            session.close()

    @contextmanager
    def writing(self) -> Iterator[MemorySession]:
        """The only writer; what it did is kept when the block ends without an exception."""
        me = threading.get_ident()
        if self._writing == me:
            raise RepositoryError("this thread is writing already: one writing session at a time")
        with self._writer:
            self._writing = me
            state = self._state.copy()
            session = MemorySession(state)
            try:
                yield session
                self._state = state
            finally:
                session.close()
                self._writing = None
