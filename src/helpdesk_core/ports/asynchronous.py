"""The ports as a program of asyncio has them: the same, and awaited."""

# Made by `make async` from the ports beside it: change it there.

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import BinaryIO, Protocol

from helpdesk_core.assignment import Workload
from helpdesk_core.duplicates import Group, Match
from helpdesk_core.entities import (
    Absence,
    Attachment,
    CatchingUp,
    Id,
    Message,
    ReceivedMail,
    RecurringAbsence,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
    WeeklySchedule,
)
from helpdesk_core.events import Event
from helpdesk_core.plans import Change, Discard, Merge
from helpdesk_core.ports.kept import (
    Claim,
    DeliveryStatus,
    Miscount,
    Misworded,
    Notification,
    Position,
    Ranked,
    Recorded,
    Remembered,
    TicketFilter,
    WrongFigures,
)
from helpdesk_core.ports.letters import Later, OutgoingMessage
from helpdesk_core.search import Wanted
from helpdesk_core.stages.boards import Figures
from helpdesk_core.visibility.scopes import Scope

#: Of some tickets, those that may be found (M11).
AsyncAmong = Callable[[Collection[Id]], Awaitable[Collection[Id]]]


class AsyncSession(Protocol):
    """A unit of work. Not to be shared between threads; ends with its `with` block."""

    async def lock(self, team_ids: Iterable[Id], ticket_ids: Iterable[Id]) -> frozenset[Id]:
        """Hold these teams, these tickets, and the teams they are in, until the end (A17).

        The first call of a writer; teams first, ids sorted, so that nobody waits in a circle.
        Returns the ids of the teams held. A ticket that went to yet another team meanwhile is the
        caller's to find out.
        """
        ...

    async def users(self, ids: Collection[Id]) -> Mapping[Id, User]:
        """Those of the users that exist."""
        ...

    async def eligible_users(self) -> Sequence[User]:
        """Every eligible user, in a stable order (*Words*)."""
        ...

    async def teams(self, ids: Collection[Id] | None = None) -> Mapping[Id, Team]:
        """Those of the teams that exist, or all, in a stable order."""
        ...

    async def stages(self) -> Sequence[Stage]:
        """All stages in the one order (G6)."""
        ...

    async def tickets(self, ids: Collection[Id]) -> Mapping[Id, Ticket]:
        """Those of the tickets that exist, tombstones too."""
        ...

    async def find(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Position | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Sequence[Ticket]:
        """Tickets inside the scope that the query asks for, by (`created_at`, `id`) (V13)."""
        ...

    async def count(self, scope: Scope, query: TicketFilter) -> int:
        """How many `find` would give."""
        ...

    async def figures(self, scope: Scope, query: TicketFilter) -> Sequence[Figures]:
        """The same per team and stage, each pair once; one without any ticket may be left out."""
        ...

    async def in_board_order(
        self,
        scope: Scope,
        query: TicketFilter,
        *,
        after: Ranked | None = None,
        limit: int | None = None,
        backwards: bool = False,
    ) -> Sequence[Ticket]:
        """What `find` gives, by (`rank`, `id`), those after a place, so many (G12).

        `backwards` it goes from the end, and after is before. It is asked of one stage at a time.
        """
        ...

    async def inactive(
        self, scope: Scope, query: TicketFilter, since: datetime, *, limit: int | None = None
    ) -> Sequence[Ticket]:
        """Tickets as `find` gives them that saw nothing since: nothing is in the history (G13).

        Neither the ticket nor an event of it is of a moment after `since`. The query names stages
        whose tickets may be few among many: a store does well to begin with these.
        """
        ...

    async def search(
        self,
        scope: Scope,
        query: TicketFilter,
        wanted: Wanted,
        *,
        internal: bool,
        after: Position | None = None,
        limit: int | None = None,
    ) -> Sequence[Ticket]:
        """Tickets as `find` gives them, newest first, that have a text with the words (V13).

        A ticket's texts are `opening_of` it and the body of each of its messages, of internal ones
        only with `internal` (V15); and those of the tombstones that lead to it, by whatever chain,
        as far as they are inside the scope themselves (M7). One text must have all of the words
        (`Wanted.matches`, of `words_in` the text). A tombstone is not found itself (M8).
        """
        ...

    async def count_found(
        self, scope: Scope, query: TicketFilter, wanted: Wanted, *, internal: bool
    ) -> int:
        """How many `search` would give."""
        ...

    async def workloads(self, team_id: Id | None) -> Mapping[Id, Workload]:
        """Counts per person, who left included; None counts over all teams (A7).

        Tombstones count nowhere. `credit` is the sum of the credits given (A8). With None there is
        no credit, and `last_assigned` is None.
        """
        ...

    async def catching_up(self, team_id: Id) -> CatchingUp | None:
        """What the team remembers of its latest automatic assignment, if it does (A8)."""
        ...

    async def messages(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Message]:
        """Messages of these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    async def attachments(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Attachment]:
        """Attachments of these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    async def time_entries(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[TimeEntry]:
        """Time entries of these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    async def mails(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[ReceivedMail]:
        """Mails that came to these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    async def mails_named(self, mail_ids: Collection[str]) -> Sequence[ReceivedMail]:
        """Mails that came under one of these ids, exactly, oldest first (N3)."""
        ...

    async def mails_of(self, sender_id: Id, since: datetime) -> Sequence[ReceivedMail]:
        """What somebody sent from a moment on, oldest first (N3)."""
        ...

    async def users_at(self, email: str) -> Sequence[User]:
        """Users with this address, in a stable order: the same but for the case of A to Z (N3)."""
        ...

    async def merged_children(self, ticket_ids: Collection[Id]) -> Mapping[Id, Sequence[Id]]:
        """The tombstones that point directly at each of these tickets."""
        ...

    async def merges(self, ticket_ids: Collection[Id]) -> Sequence[Merge]:
        """Merges in which one of these tickets is master or merged, oldest first."""
        ...

    async def merge(self, merge_id: Id) -> Merge | None:
        """The record of one merge."""
        ...

    async def discards(self, ticket_ids: Collection[Id]) -> Sequence[Discard]:
        """Pairs discarded in which one of these tickets is (M5)."""
        ...

    async def apply(self, changes: Iterable[Change]) -> None:
        """Make the changes in order: all of them, or none when it raises.

        An expected value that is not there is a `ConflictError`. The transaction may go on after
        it, without anything of this call. Where all that a call does is to add, a conflict may be
        raised as late as by the end of the block, which is then undone as a whole.
        """
        ...

    async def publish(self, events: Iterable[Event], notifications: Iterable[Notification]) -> None:
        """Put events into the history, notifications into the outbox, with this transaction."""
        ...

    async def history(
        self,
        ticket_ids: Collection[Id],
        *,
        after: int = 0,
        limit: int | None = None,
        at: datetime | None = None,
    ) -> Sequence[Recorded]:
        """Events of these tickets in the order in which they were recorded; those of one moment."""
        ...

    async def take(self, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
        """Notifications that are due, in order; nobody else is given them before `until`.

        Adds one to their attempts. Of a ticket they are given in order (N1): none while an earlier
        one is with somebody else and was not tried before, and for one person and channel one at a
        time, as long as an earlier one is pending. Two who ask at once are given different ones.
        """
        ...

    async def take_digest(self, now: datetime, until: datetime) -> Sequence[Notification]:
        """All of one digest that is due: held for one person until the same moment, in order.

        As `take` otherwise; nothing is due: nothing.
        """
        ...

    async def settle(
        self,
        key: str,
        status: DeliveryStatus,
        *,
        not_before: datetime | None = None,
        error: str | None = None,
        held_until: datetime | None = None,
        attempts: int | None = None,
        lent_until: datetime | None = None,
        was: DeliveryStatus | None = None,
    ) -> bool:
        """Say what became of a notification; `attempts` is put in place of their number.

        With `lent_until` only while it is lent until that very moment, with `was` only while it has
        that status: else nothing is changed, and that is False. One that is not there is one that
        was something else, or, with neither, a `ConflictError`.
        """
        ...

    async def outbox(
        self,
        *,
        status: DeliveryStatus | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Notification]:
        """What is in the outbox, oldest first, what comes after that with a key, so many."""
        ...

    async def purge(self, before: datetime) -> int:
        """Drop sent and skipped notifications and idempotency keys older than this; how many."""
        ...

    async def recall(self, key: str) -> Remembered | None:
        """What this key gave, if it is kept."""
        ...

    async def remember(self, key: str, remembered: Remembered, at: datetime) -> None:
        """Keep what this key gave."""
        ...

    async def written_by(
        self, user_id: Id
    ) -> Sequence[Ticket | Message | Attachment | TimeEntry | ReceivedMail]:
        """What somebody wrote: tickets that they opened or are the customer of, and the rest (T9).

        By kind, in this order; it may take as long as there is much.
        """
        ...

    async def remembered(self, holding: Collection[Id]) -> Iterable[tuple[str, Remembered]]:
        """Idempotency keys and what they gave, of those at least that hold an id or text of these.

        Where one stands in what was remembered does not matter; more may be given (T9).
        """
        ...

    async def rewrite(
        self, notifications: Iterable[Notification], remembered: Mapping[str, Remembered]
    ) -> None:
        """Put subject, text and status of these notifications, and these results, in place of what
        is kept under their keys (T9).
        """
        ...

    async def recount(self, *, mend: bool = False) -> Sequence[Miscount | WrongFigures]:
        """Where a kept count differs from a recount; nothing kept: nothing.

        With `mend` those of the teams held by `lock` are set right, and given as they were.
        """
        ...

    async def misworded(self, *, mend: bool = False) -> Sequence[Misworded]:
        """What a search is wrong about, one for each way; where it reads the texts, nothing (V13).

        With `mend` the texts of the teams held by `lock` are set right, and given as they were. The
        memory that it takes does not grow with the store.
        """
        ...

    async def dangling(self) -> Sequence[str]:
        """Rows that hang on what is not there, a line each; where keys forbid it, nothing."""
        ...

    async def attachment_ids(self, *, removed: bool = False) -> Collection[Id]:
        """Every attachment whose file is kept, or was `removed` (T9), for `check`."""
        ...


class AsyncRepository(Protocol):
    """Where things are kept. Thread-safe; its sessions are not."""

    @property
    def claims(self) -> frozenset[Claim]:
        """What the store can do."""
        ...

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that changes nothing."""
        ...

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        ...


class AsyncCalendar(Protocol):
    """Who is away, and who works when. Raises `CalendarError` when it cannot tell (A14)."""

    async def absences(
        self, user_ids: Collection[Id], since: datetime, until: datetime
    ) -> Iterable[Absence | RecurringAbsence]:
        """Absences of these users that end after `since`.

        Single ones all, however late (A11). Recurring ones as they are, as `RecurringAbsence`, or
        each occurrence that begins before `until` as a single one. Any order; overlapping ones are
        fine.
        """
        ...

    async def schedules(self, user_ids: Collection[Id]) -> Mapping[Id, WeeklySchedule]:
        """Weekly schedules of those who have one (A13)."""
        ...


class AsyncNotifier(Protocol):
    """Takes a message to somebody. Raises `NotifierError` when it could not."""

    async def send(self, message: OutgoingMessage) -> Later | None:
        """Send it, or raise; `Later` keeps it in the outbox until then, and is no failure."""
        ...


class AsyncAttachmentStore(Protocol):
    """Where the bytes of attachments are. Raises `AttachmentStoreError`."""

    async def put(self, id: Id, content: BinaryIO, *, limit: int) -> tuple[int, str]:
        """Keep the bytes under this id, at most `limit`; their size and SHA-256 in hexadecimal."""
        ...

    async def get(self, id: Id) -> BinaryIO:
        """The bytes, to be read and closed."""
        ...

    async def delete(self, id: Id) -> None:
        """Drop the bytes; not there is fine."""
        ...

    async def ids(self, *, before: datetime | None = None) -> Iterable[Id]:
        """Everything kept, or only what was kept before a moment, for `check`."""
        ...


class AsyncSimilarityStore(Protocol):
    """Finds tickets that say the same, and says how alike two are (M1-M4).

    It is told after the commit, and can be filled anew from the tickets: when it raises then, that
    is logged, and the ticket stands. Several tasks use it at once.
    """

    async def add(self, ticket: Ticket) -> None:
        """Take a ticket in; one that was merged away is forgotten (M8)."""
        ...

    async def update(self, ticket: Ticket) -> None:
        """Its content is another now; not known yet is fine."""
        ...

    async def remove(self, ticket_id: Id) -> None:
        """Forget a ticket; not there is fine."""
        ...

    async def rate(self, a: Ticket, b: Ticket) -> Match:
        """How alike `b` is to `a`, whether they are kept here or not (M1, M15)."""
        ...

    async def most_similar(
        self, ticket: Ticket, limit: int, *, among: AsyncAmong | None = None
    ) -> Sequence[Match]:
        """The most similar others, best first, then by id, with the rating that `rate` gives.

        `among` is asked of candidates which of them may be found: only those count to the limit
        (M11).
        """
        ...

    async def groups(
        self,
        threshold: float,
        *,
        among: Collection[Id] | None = None,
        discarded: Collection[tuple[Id, Id]] = (),
    ) -> Sequence[Group]:
        """Groups of those `among`, or of all, without the discarded pairs (M3, M4, M5)."""
        ...
