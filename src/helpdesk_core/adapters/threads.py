"""Plain ports for `AsyncHelpdesk`: each call runs in a thread, so that the loop goes on meanwhile.

For what has no asynchronous form, or gains nothing by one: a notifier over SMTP, a folder of files,
a calendar in a database of the host's, an index in memory. A call whose task is cancelled goes on
in its thread to its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

from helpdesk_core.duplicates import Group, Match
from helpdesk_core.entities import Absence, Id, RecurringAbsence, Ticket, WeeklySchedule
from helpdesk_core.ports import (
    AsyncAmong,
    AttachmentStore,
    Calendar,
    Later,
    Notifier,
    OutgoingMessage,
    SimilarityStore,
)


class ThreadNotifier:
    """A notifier in threads.

    >>> from helpdesk_core.adapters.memory import MemoryNotifier
    >>> notifier = ThreadNotifier(MemoryNotifier())
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    async def send(self, message: OutgoingMessage) -> Later | None:
        return await asyncio.to_thread(self._notifier.send, message)


class ThreadCalendar:
    """A calendar in threads.

    >>> from helpdesk_core.adapters.memory import MemoryCalendar
    >>> calendar = ThreadCalendar(MemoryCalendar())
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    async def absences(
        self, user_ids: Collection[Id], since: datetime, until: datetime
    ) -> Sequence[Absence | RecurringAbsence]:
        def ask() -> list[Absence | RecurringAbsence]:
            return list(self._calendar.absences(user_ids, since, until))

        return await asyncio.to_thread(ask)

    async def schedules(self, user_ids: Collection[Id]) -> Mapping[Id, WeeklySchedule]:
        return await asyncio.to_thread(self._calendar.schedules, user_ids)


class ThreadAttachmentStore:
    """An attachment store in threads; files are read and written as plain ones.

    >>> import tempfile
    >>> from helpdesk_core.adapters.files import FolderAttachmentStore
    >>> store = ThreadAttachmentStore(FolderAttachmentStore(tempfile.mkdtemp()))
    """

    def __init__(self, store: AttachmentStore) -> None:
        self._store = store

    async def put(self, id: Id, content: BinaryIO, *, limit: int) -> tuple[int, str]:
        return await asyncio.to_thread(self._store.put, id, content, limit=limit)

    async def get(self, id: Id) -> BinaryIO:
        return await asyncio.to_thread(self._store.get, id)

    async def delete(self, id: Id) -> None:
        await asyncio.to_thread(self._store.delete, id)

    async def ids(self, *, before: datetime | None = None) -> Iterable[Id]:
        def ask() -> list[Id]:
            return list(self._store.ids(before=before))

        return await asyncio.to_thread(ask)


class ThreadSimilarityStore:
    """A similarity store in threads: `SimilarityIndex`, or one over a database.

    >>> from helpdesk_core import SimilarityIndex
    >>> store = ThreadSimilarityStore(SimilarityIndex())
    """

    def __init__(self, store: SimilarityStore) -> None:
        self._store = store

    async def add(self, ticket: Ticket) -> None:
        await asyncio.to_thread(self._store.add, ticket)

    async def update(self, ticket: Ticket) -> None:
        await asyncio.to_thread(self._store.update, ticket)

    async def remove(self, ticket_id: Id) -> None:
        await asyncio.to_thread(self._store.remove, ticket_id)

    async def rate(self, a: Ticket, b: Ticket) -> Match:
        return await asyncio.to_thread(self._store.rate, a, b)

    async def most_similar(
        self, ticket: Ticket, limit: int, *, among: AsyncAmong | None = None
    ) -> Sequence[Match]:
        if among is None:
            return await asyncio.to_thread(self._store.most_similar, ticket, limit)
        loop = asyncio.get_running_loop()

        def asked(ids: Collection[Id]) -> Collection[Id]:
            async def ask() -> Collection[Id]:
                return await among(ids)

            return asyncio.run_coroutine_threadsafe(ask(), loop).result()

        ending = asyncio.ensure_future(
            asyncio.to_thread(self._store.most_similar, ticket, limit, among=asked)
        )
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:  # it may be asking, of a session that is closed next
            await asyncio.gather(ending, return_exceptions=True)
            raise

    async def groups(
        self,
        threshold: float,
        *,
        among: Collection[Id] | None = None,
        discarded: Collection[tuple[Id, Id]] = (),
    ) -> Sequence[Group]:
        return await asyncio.to_thread(
            self._store.groups, threshold, among=among, discarded=discarded
        )
