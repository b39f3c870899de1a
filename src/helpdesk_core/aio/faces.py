"""Asynchronous ports, as the use-cases see them: each call is waited for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from typing import Any, Protocol, TypeVar, cast

import attrs

from helpdesk_core.duplicates import Among, Match
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.ports import (
    AsyncNotifier,
    AsyncRepository,
    AsyncSession,
    AsyncSimilarityStore,
    Claim,
    Later,
    OutgoingFile,
    OutgoingMessage,
    Session,
)

T = TypeVar("T")


class Wait(Protocol):
    """How an answer is waited for: `bridge.wait`, or by another thread that runs the loop."""

    def __call__(self, awaitable: Awaitable[T], /) -> T:
        """Its answer."""
        ...


#: How a plain function is asked from inside of a port: `bridge.run`.
Run = Callable[..., Awaitable[Any]]


class Face:
    """A port whose methods are coroutines, as one whose methods are not."""

    def __init__(self, port: object, wait: Wait) -> None:
        self._port, self._wait = port, wait

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method, wait = getattr(self._port, name), self._wait

        def ask(*arguments: Any, **options: Any) -> Any:
            return wait(method(*arguments, **options))

        setattr(self, name, ask)
        return ask


class RepositoryFace:
    """A repository: its sessions are opened and closed by waiting, too."""

    def __init__(self, repository: AsyncRepository, wait: Wait) -> None:
        self._repository, self._wait = repository, wait

    @property
    def claims(self) -> frozenset[Claim]:
        """What the store can do."""
        return self._repository.claims

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing."""
        with self._opened(self._repository.reading()) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction."""
        with self._opened(self._repository.writing()) as session:
            yield session

    @contextmanager
    def _opened(self, manager: AbstractAsyncContextManager[AsyncSession]) -> Iterator[Session]:
        session = cast(Session, Face(self._wait(manager.__aenter__()), self._wait))
        try:
            yield session
        except BaseException as error:
            if not self._wait(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            self._wait(manager.__aexit__(None, None, None))


class NotifierFace:
    """A notifier: the files that go with a message are opened for it, and closed after it."""

    def __init__(self, notifier: AsyncNotifier, wait: Wait) -> None:
        self._notifier, self._wait = notifier, wait

    def send(self, message: OutgoingMessage) -> Later | None:
        """Send it."""
        with ExitStack() as opened:
            files = [_opened(file, opened) for file in message.files]
            return self._wait(self._notifier.send(attrs.evolve(message, files=tuple(files))))


def _opened(file: OutgoingFile, opened: ExitStack) -> OutgoingFile:
    handle = opened.enter_context(file.open())
    return attrs.evolve(file, open=lambda: handle)


class SimilarityFace(Face):
    """A similarity store: who may be found is asked of the one who asked."""

    def __init__(self, store: AsyncSimilarityStore, wait: Wait, run: Run) -> None:
        super().__init__(store, wait)
        self._store, self._run = store, run

    def most_similar(
        self, ticket: Ticket, limit: int, *, among: Among | None = None
    ) -> Sequence[Match]:
        """The most similar others."""
        if among is None:
            return self._wait(self._store.most_similar(ticket, limit))

        async def asked(ids: Collection[Id]) -> Collection[Id]:
            return cast(Collection[Id], await self._run(among, ids))

        return self._wait(self._store.most_similar(ticket, limit, among=asked))
