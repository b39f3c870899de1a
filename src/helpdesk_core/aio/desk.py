"""The help desk with ports that are awaited; each use-case is `Helpdesk`'s own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypedDict, TypeVar, Unpack, cast

from helpdesk_core.aio.bridge import run, wait
from helpdesk_core.aio.faces import Face, NotifierFace, RepositoryFace, SimilarityFace
from helpdesk_core.aio.use_cases import AsyncUseCases
from helpdesk_core.assignment import Filter, Term
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.merge import Strategies
from helpdesk_core.ports import (
    AsyncAttachmentStore,
    AsyncCalendar,
    AsyncNotifier,
    AsyncRepository,
    AsyncSimilarityStore,
    AttachmentStore,
    Calendar,
    Clock,
    Repository,
    SimilarityStore,
)
from helpdesk_core.service import Helpdesk, Page
from helpdesk_core.service.observing import Observer
from helpdesk_core.stages import MoveRule
from helpdesk_core.templates import Letters

T = TypeVar("T")


class Settings(TypedDict, total=False):
    """What else `Helpdesk` takes, by the same names; nothing of it is awaited."""

    id_factory: Callable[[], Id]
    permissions: Mapping[str, frozenset[str]]
    company_scope: bool
    link_to: Callable[[Ticket], str] | None
    observer: Observer | None
    filters: Mapping[str, Filter]
    ranking: Mapping[str, Term]
    moves: MoveRule
    letters: Letters
    mail_domain: str
    merge_fields: Strategies


class AsyncHelpdesk(AsyncUseCases):
    """`Helpdesk` for programs of asyncio, over a host's asynchronous ports.

    Every use-case is the one of `Helpdesk`, with the same arguments and the same rules, and is
    awaited. `settings` are the others that `Helpdesk` takes: see `Settings`. A task that is
    cancelled in the middle of a call leaves all that was before, or all that comes after. One desk
    serves all tasks of one loop.

    >>> import asyncio
    >>> from datetime import datetime, UTC
    >>> from helpdesk_core import Role, System, User, UserKind, Visibility
    >>> from helpdesk_core.adapters.memory import (
    ...     AsyncMemoryRepository, ManualClock, MemoryCalendar, MemoryNotifier)
    >>> from helpdesk_core.adapters.threads import ThreadCalendar, ThreadNotifier
    >>> async def main():
    ...     desk = AsyncHelpdesk(AsyncMemoryRepository(), ThreadNotifier(MemoryNotifier()),
    ...                          ThreadCalendar(MemoryCalendar()),
    ...                          ManualClock(datetime(2026, 1, 5, 9, tzinfo=UTC)))
    ...     setup = System(reason="first set-up")
    ...     for name in ("ada", "bob"):
    ...         await desk.add_user(User(id=name, name=name.title(), kind=UserKind.INTERNAL,
    ...                                  roles={Role.AGENT}), actor=setup)
    ...     new = await desk.create_stage("New", actor=setup)
    ...     team = await desk.create_team("Support", Visibility.COMPANY, actor=setup,
    ...                                   stage_ids=[new.id], auto_assign=True)
    ...     opened = [await desk.open_ticket(team.id, f"No ink {n}", actor="ada")
    ...               for n in range(3)]
    ...     return [ticket.assignee_id for ticket in opened]
    >>> asyncio.run(main())
    ['ada', 'bob', 'ada']
    """

    def __init__(
        self,
        repository: AsyncRepository,
        notifier: AsyncNotifier,
        calendar: AsyncCalendar,
        clock: Clock,
        *,
        attachments: AsyncAttachmentStore | None = None,
        similarity: AsyncSimilarityStore | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        store = None if similarity is None else SimilarityFace(similarity, wait, run)
        files = None if attachments is None else Face(attachments, wait)
        self._desk = _Desk(
            _in_greenlets(repository) or RepositoryFace(repository, wait),
            NotifierFace(notifier, wait),
            cast(Calendar, Face(calendar, wait)),
            clock,
            attachments=cast(AttachmentStore | None, files),
            similarity=cast(SimilarityStore | None, store),
            **settings,
        )


def _in_greenlets(repository: AsyncRepository) -> Repository | None:
    """The repository without the way through coroutines, when it runs in greenlets itself."""
    plain: Repository | None = getattr(repository, "in_greenlets", None)
    return plain


class _Desk(Helpdesk):
    def _pause(self, seconds: float) -> None:
        wait(asyncio.sleep(seconds))


async def every(
    ask: Callable[..., Awaitable[Page[T]]], *arguments: Any, **options: Any
) -> AsyncIterator[T]:
    """All of a list, page by page: each thing that was there at the start, once (T8).

    >>> async def letters(*, after=None, limit=2):
    ...     rest = "abc"[int(after or 0):]
    ...     return Page(tuple(rest[:limit]), str(limit) if len(rest) > limit else None)
    >>> async def main():
    ...     return [letter async for letter in every(letters)]
    >>> asyncio.run(main())
    ['a', 'b', 'c']
    """
    after: Mapping[str, Any] = {}
    while True:
        page = await ask(*arguments, **{**options, **after})
        for thing in page:
            yield thing
        if page.next is None:
            return
        after = {"after": page.next}
