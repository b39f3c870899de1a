"""The repository in memory for programs of asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from helpdesk_core.adapters.memory.repository import MemoryRepository
from helpdesk_core.errors import RepositoryError
from helpdesk_core.ports import AsyncSession, Claim


class AsyncMemoryRepository:
    """`MemoryRepository`, awaited: one task writes at a time, the others wait for it.

    >>> async def main():
    ...     async with AsyncMemoryRepository().reading() as session:
    ...         return await session.tickets(["T-1"])
    >>> asyncio.run(main())
    {}
    """

    def __init__(self) -> None:
        self._plain = MemoryRepository()
        self._writer = asyncio.Lock()
        self._writing: asyncio.Task[Any] | None = None

    @property
    def claims(self) -> frozenset[Claim]:
        """What the store can do: everything."""
        return self._plain.claims

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session on the state committed last."""
        with self._plain.reading() as session:
            yield cast(AsyncSession, _Awaited(session))

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """The only writer; what it did is kept when the block ends without an exception."""
        me = asyncio.current_task()
        if self._writing is me:
            raise RepositoryError("this task is writing already: one writing session at a time")
        async with self._writer:
            self._writing = me
            try:
                with self._plain.writing() as session:
                    yield cast(AsyncSession, _Awaited(session))
            finally:
                self._writing = None


class _Awaited:
    def __init__(self, session: object) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._session, name)

        async def ask(*arguments: Any, **options: Any) -> Any:
            await asyncio.sleep(0)  # as a database would let the others go on
            return method(*arguments, **options)

        return ask
