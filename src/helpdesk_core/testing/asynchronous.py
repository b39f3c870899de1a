"""`AsyncRepositoryContract`: the same rules for a repository that is awaited, and for cancellation.

The rules are written once. A loop runs in a thread of its own; each call of a test goes there and
is waited for.
"""

from __future__ import annotations

import asyncio
import functools
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar, cast

import attrs

from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.adapters.threads import (
    ThreadAttachmentStore,
    ThreadCalendar,
    ThreadNotifier,
    ThreadSimilarityStore,
)
from helpdesk_core.ports import AsyncRepository, AsyncSession, Claim, Repository
from helpdesk_core.service import Helpdesk
from helpdesk_core.testing.repositories import RepositoryContract
from helpdesk_core.testing.script import Workplace, newcomer

T = TypeVar("T")

#: For how long, in seconds, one call may take before it is said that it waits for ever.
PATIENCE = 120.0
#: More calls than any use-case makes over a small world.
_MOST_CALLS = 200


class Portal:
    """A loop in a thread of its own, and the way there.

    >>> async def answer(): return 42
    >>> Portal().wait(answer())
    42
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def wait(self, awaitable: Awaitable[T], /) -> T:
        """Its answer."""

        async def awaited() -> T:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(PATIENCE)


@functools.cache
def _portal_of(process: int) -> Portal:
    return Portal()


def portal() -> Portal:
    """The one of this process."""
    return _portal_of(os.getpid())


def plain_repository(repository: AsyncRepository) -> Repository:
    """An asynchronous repository, as the rules see it: each call goes to the portal's loop."""
    from helpdesk_core.aio.faces import RepositoryFace  # needs the extra `async`

    class Plain(RepositoryFace):
        awaited = repository

        def close(self) -> None:
            close = getattr(repository, "close", None)
            if close is not None:
                portal().wait(close())

    return Plain(repository, portal().wait)


def _opened_again(make: Callable[[], Awaitable[AsyncRepository]]) -> Repository:
    return plain_repository(portal().wait(make()))


class AsyncRepositoryContract(RepositoryContract):
    """`RepositoryContract` for programs of asyncio: say how a fresh store is made, and run pytest.

    `make()` gives a store without people, teams and tickets, each time it is called, open already;
    its `close()`, if it has one, is awaited at the end. `make_again(repository)` gives what opens
    the same store once more, a coroutine function that survives pickling.

    >>> from helpdesk_core.adapters.memory import AsyncMemoryRepository
    >>> class TestMemory(AsyncRepositoryContract):
    ...     async def make(self):
    ...         return AsyncMemoryRepository()
    >>> sorted(claim.value for claim in TestMemory().claims)[:2]
    ['answers', 'assignment_order']
    """

    #: A use-case is broken off, and cancelled, at every so many of its calls.
    stride: int = 3

    async def make(self) -> AsyncRepository:
        """A fresh store without people, teams and tickets, each time."""
        raise NotImplementedError("say how a fresh repository is made: async def make(self)")

    def make_again(
        self, repository: AsyncRepository
    ) -> Callable[[], Awaitable[AsyncRepository]] | None:
        """What opens the same store once more, from any process; None when nothing can."""
        return None

    def new(self) -> Repository:
        """The store, as the rules see it."""
        return plain_repository(portal().wait(self.make()))

    def open_again(self, repository: Repository) -> Callable[[], Repository] | None:
        """What opens it once more."""
        again = self.make_again(cast(Any, repository).awaited)
        return None if again is None else functools.partial(_opened_again, again)

    def test_a_cancellation_leaves_exactly_before_or_exactly_after(self) -> None:
        """N1, M10, T7: at whichever call of a use-case its task is cancelled, all or nothing."""
        plain = self.plain()
        world = attrs.evolve(plain, users=(*plain.users, newcomer(self.id_type)))
        with self.filled(plain) as repository:
            cancelling = CancellingRepository(cast(Any, repository).awaited)
            place, memory = self._place(world, cancelling), MemoryRepository()
            twin = self._twin(world, plain, memory)
            for number, step in enumerate(place.steps):
                before = self._told(repository, world)
                twin.play(number)
                after = self._told(memory, world)
                done = step.whole and self._cancel(place, number, before, after, repository)
                if place.remembers(step) or not done:
                    place.play(number)
                assert self._told(repository, world) == after, step.method

    def _told(self, repository: Repository, world: Any) -> dict[str, Any]:
        """All that is seen; what was broken off may have taken numbers of the history with it."""
        seen = self.everything(repository, world)
        return seen | {"history": sorted(repr(recorded.event) for recorded in seen["history"])}

    def _place(self, world: Any, repository: CancellingRepository) -> _AsyncWorkplace:
        return _AsyncWorkplace(
            world=world,
            id_type=self.id_type,
            claims=self.claims,
            repository=repository,
            attachments=FolderAttachmentStore(self.new_path()),
        )

    def _twin(self, world: Any, plain: Any, memory: MemoryRepository) -> Workplace:
        """The same store in memory, in which nothing is cancelled."""
        with memory.writing() as session:
            session.apply(list(plain.changes))
        return Workplace(
            world=world,
            id_type=self.id_type,
            claims=self.claims,
            repository=_Claiming(memory, self.claims),
            attachments=FolderAttachmentStore(self.new_path()),
        )

    def _cancel(
        self, place: Workplace, number: int, before: Any, after: Any, repository: Repository
    ) -> bool:
        """Cancel at one call after the other, until it comes too late to hinder anything."""
        method = place.steps[number].method
        place.look(number)
        for k in range(1 + number % self.stride, _MOST_CALLS, self.stride):
            place.repository.cancel_at(k)
            try:
                place.play(number)
            except CancelledError:
                now = self._told(repository, place.world)
                if now == after:
                    return True
                assert now == before, (method, k)
            else:
                assert not place.repository.cancelled, f"{method}: a cancellation was swallowed"
                return True
            finally:
                place.repository.cancel_at(0)
        raise AssertionError(f"{method}: never ends")  # pragma: no cover


class _Claiming:
    """A repository with fewer claims."""

    def __init__(self, repository: Repository, claims: frozenset[Claim]) -> None:
        self.reading, self.writing = repository.reading, repository.writing
        self.claims = claims


class _AsyncWorkplace(Workplace):
    """A workplace whose desk is an `AsyncHelpdesk`."""

    def _desk(self, number: int) -> Helpdesk:
        from helpdesk_core.aio import AsyncHelpdesk
        from helpdesk_core.aio.faces import Face

        desk = AsyncHelpdesk(
            self.repository,
            ThreadNotifier(self.notifier_at(number)),
            ThreadCalendar(self.calendar),
            self.clock,
            attachments=ThreadAttachmentStore(self.attachments),
            similarity=ThreadSimilarityStore(self.similarity),
            id_factory=self.ids_at(number),
        )
        return cast(Helpdesk, Face(desk, portal().wait))


class CancellingRepository:
    """A repository at whose k-th call the task that asks is cancelled, once; `k=0` never.

    Calls are those of its sessions, and the beginning and the end of each.
    """

    def __init__(self, repository: AsyncRepository) -> None:
        self.repository = repository
        self._left = 0

    def cancel_at(self, k: int) -> None:
        """Cancel at the k-th call from now."""
        self._left = k

    @property
    def cancelled(self) -> bool:
        """Whether the cancellation that was asked for has come."""
        return self._left == 0

    def step(self) -> None:
        """One call more."""
        if self._left:
            self._left -= 1
            if not self._left:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()

    @property
    def claims(self) -> frozenset[Claim]:
        """Those of the repository."""
        return self.repository.claims

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session in which it may come."""
        return self._session(self.repository.reading)

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction in which it may come, just before the commit and after it too."""
        return self._session(self.repository.writing)

    @asynccontextmanager
    async def _session(
        self, begin: Callable[[], AbstractAsyncContextManager[AsyncSession]]
    ) -> AsyncIterator[AsyncSession]:
        self.step()
        async with begin() as session:
            yield cast(AsyncSession, _CancellingSession(session, self.step))
            self.step()
        self.step()


class _CancellingSession:
    def __init__(self, session: AsyncSession, step: Callable[[], None]) -> None:
        self._session, self._step = session, step

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._session, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            self._step()
            return await method(*arguments, **options)

        return call
