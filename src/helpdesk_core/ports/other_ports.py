"""Clock, calendar, notifier, attachment store and similarity store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from helpdesk_core.duplicates import Among, Group, Match
from helpdesk_core.entities import (
    Absence,
    Id,
    RecurringAbsence,
    Ticket,
    WeeklySchedule,
)
from helpdesk_core.ports.letters import Later, OutgoingMessage


class Clock(Protocol):
    """What time it is. Whatever it raises reaches the caller as a `PortError`."""

    def now(self) -> datetime:
        """An aware datetime."""
        ...


class Calendar(Protocol):
    """Who is away, and who works when. Raises `CalendarError` when it cannot tell (A14)."""

    def absences(
        self, user_ids: Collection[Id], since: datetime, until: datetime
    ) -> Iterable[Absence | RecurringAbsence]:
        """Absences of these users that end after `since`.

        Single ones all, however late (A11). Recurring ones as they are, as `RecurringAbsence`, or
        each occurrence that begins before `until` as a single one. Any order; overlapping ones are
        fine.
        """
        ...

    def schedules(self, user_ids: Collection[Id]) -> Mapping[Id, WeeklySchedule]:
        """Weekly schedules of those who have one (A13)."""
        ...


class Notifier(Protocol):
    """Takes a message to somebody. Raises `NotifierError` when it could not."""

    def send(self, message: OutgoingMessage) -> Later | None:
        """Send it, or raise; `Later` keeps it in the outbox until then, and is no failure."""
        ...


class AttachmentStore(Protocol):
    """Where the bytes of attachments are. Raises `AttachmentStoreError`."""

    def put(self, id: Id, content: BinaryIO, *, limit: int) -> tuple[int, str]:
        """Keep the bytes under this id, at most `limit`; their size and SHA-256 in hexadecimal."""
        ...

    def get(self, id: Id) -> BinaryIO:
        """The bytes, to be read and closed."""
        ...

    def delete(self, id: Id) -> None:
        """Drop the bytes; not there is fine."""
        ...

    def ids(self, *, before: datetime | None = None) -> Iterable[Id]:
        """Everything kept, or only what was kept before a moment, for `check`."""
        ...


class SimilarityStore(Protocol):
    """Finds tickets that say the same, and says how alike two are (M1-M4).

    It is told after the commit, and can be filled anew from the tickets: when it raises then, that
    is logged, and the ticket stands. Several threads use it at once.
    """

    def add(self, ticket: Ticket) -> None:
        """Take a ticket in; one that was merged away is forgotten (M8)."""
        ...

    def update(self, ticket: Ticket) -> None:
        """Its content is another now; not known yet is fine."""
        ...

    def remove(self, ticket_id: Id) -> None:
        """Forget a ticket; not there is fine."""
        ...

    def rate(self, a: Ticket, b: Ticket) -> Match:
        """How alike `b` is to `a`, whether they are kept here or not (M1, M15)."""
        ...

    def most_similar(
        self, ticket: Ticket, limit: int, *, among: Among | None = None
    ) -> Sequence[Match]:
        """The most similar others, best first, then by id, with the rating that `rate` gives.

        `among` is asked of candidates which of them may be found: only those count to the limit
        (M11).
        """
        ...

    def groups(
        self,
        threshold: float,
        *,
        among: Collection[Id] | None = None,
        discarded: Collection[tuple[Id, Id]] = (),
    ) -> Sequence[Group]:
        """Groups of those `among`, or of all, without the discarded pairs (M3, M4, M5)."""
        ...
