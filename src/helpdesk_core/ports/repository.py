"""Where things are kept: a repository, and its sessions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from helpdesk_core.assignment import Workload
from helpdesk_core.entities import (
    Attachment,
    CatchingUp,
    Id,
    Message,
    ReceivedMail,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
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
from helpdesk_core.search import Wanted
from helpdesk_core.stages.boards import Figures
from helpdesk_core.visibility.scopes import Scope


class Session(Protocol):
    """A unit of work. Not to be shared between threads; ends with its `with` block."""

    def lock(self, team_ids: Iterable[Id], ticket_ids: Iterable[Id]) -> frozenset[Id]:
        """Hold these teams, these tickets, and the teams they are in, until the end (A17).

        The first call of a writer; teams first, ids sorted, so that nobody waits in a circle.
        Returns the ids of the teams held. A ticket that went to yet another team meanwhile is the
        caller's to find out.
        """
        ...

    # people, teams, stages
    def users(self, ids: Collection[Id]) -> Mapping[Id, User]:
        """Those of the users that exist."""
        ...

    def eligible_users(self) -> Sequence[User]:
        """Every eligible user, in a stable order (*Words*)."""
        ...

    def teams(self, ids: Collection[Id] | None = None) -> Mapping[Id, Team]:
        """Those of the teams that exist, or all, in a stable order."""
        ...

    def stages(self) -> Sequence[Stage]:
        """All stages in the one order (G6)."""
        ...

    # tickets
    def tickets(self, ids: Collection[Id]) -> Mapping[Id, Ticket]:
        """Those of the tickets that exist, tombstones too."""
        ...

    def find(
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

    def count(self, scope: Scope, query: TicketFilter) -> int:
        """How many `find` would give."""
        ...

    def figures(self, scope: Scope, query: TicketFilter) -> Sequence[Figures]:
        """The same per team and stage, each pair once; one without any ticket may be left out."""
        ...

    def in_board_order(
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

    def inactive(
        self, scope: Scope, query: TicketFilter, since: datetime, *, limit: int | None = None
    ) -> Sequence[Ticket]:
        """Tickets as `find` gives them that saw nothing since: nothing is in the history (G13).

        Neither the ticket nor an event of it is of a moment after `since`. The query names stages
        whose tickets may be few among many: a store does well to begin with these.
        """
        ...

    def search(
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

    def count_found(
        self, scope: Scope, query: TicketFilter, wanted: Wanted, *, internal: bool
    ) -> int:
        """How many `search` would give."""
        ...

    def workloads(self, team_id: Id | None) -> Mapping[Id, Workload]:
        """Counts per person, who left included; None counts over all teams (A7).

        Tombstones count nowhere. `credit` is the sum of the credits given (A8). With None there is
        no credit, and `last_assigned` is None.
        """
        ...

    def catching_up(self, team_id: Id) -> CatchingUp | None:
        """What the team remembers of its latest automatic assignment, if it does (A8)."""
        ...

    def messages(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Message]:
        """Messages of these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    def attachments(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[Attachment]:
        """Attachments of these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    def time_entries(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[TimeEntry]:
        """Time entries of these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    def mails(
        self, ticket_ids: Collection[Id], *, after: Position | None = None, limit: int | None = None
    ) -> Sequence[ReceivedMail]:
        """Mails that came to these tickets by (`at`, `id`), those after a place, so many (T8)."""
        ...

    def mails_named(self, mail_ids: Collection[str]) -> Sequence[ReceivedMail]:
        """Mails that came under one of these ids, exactly, oldest first (N3)."""
        ...

    def mails_of(self, sender_id: Id, since: datetime) -> Sequence[ReceivedMail]:
        """What somebody sent from a moment on, oldest first (N3)."""
        ...

    def users_at(self, email: str) -> Sequence[User]:
        """Users with this address, in a stable order: the same but for the case of A to Z (N3)."""
        ...

    def merged_children(self, ticket_ids: Collection[Id]) -> Mapping[Id, Sequence[Id]]:
        """The tombstones that point directly at each of these tickets."""
        ...

    def merges(self, ticket_ids: Collection[Id]) -> Sequence[Merge]:
        """Merges in which one of these tickets is master or merged, oldest first."""
        ...

    def merge(self, merge_id: Id) -> Merge | None:
        """The record of one merge."""
        ...

    def discards(self, ticket_ids: Collection[Id]) -> Sequence[Discard]:
        """Pairs discarded in which one of these tickets is (M5)."""
        ...

    # writing
    def apply(self, changes: Iterable[Change]) -> None:
        """Make the changes in order: all of them, or none when it raises.

        An expected value that is not there is a `ConflictError`. The transaction may go on after
        it, without anything of this call. Where all that a call does is to add, a conflict may be
        raised as late as by the end of the block, which is then undone as a whole.
        """
        ...

    def publish(self, events: Iterable[Event], notifications: Iterable[Notification]) -> None:
        """Put events into the history, notifications into the outbox, with this transaction."""
        ...

    # history and outbox
    def history(
        self,
        ticket_ids: Collection[Id],
        *,
        after: int = 0,
        limit: int | None = None,
        at: datetime | None = None,
    ) -> Sequence[Recorded]:
        """Events of these tickets in the order in which they were recorded; those of one moment."""
        ...

    def take(self, now: datetime, until: datetime, limit: int) -> Sequence[Notification]:
        """Notifications that are due, in order; nobody else is given them before `until`.

        Adds one to their attempts. Of a ticket they are given in order (N1): none while an earlier
        one is with somebody else and was not tried before, and for one person and channel one at a
        time, as long as an earlier one is pending. Two who ask at once are given different ones.
        """
        ...

    def take_digest(self, now: datetime, until: datetime) -> Sequence[Notification]:
        """All of one digest that is due: held for one person until the same moment, in order.

        As `take` otherwise; nothing is due: nothing.
        """
        ...

    def settle(
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

    def outbox(
        self,
        *,
        status: DeliveryStatus | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Sequence[Notification]:
        """What is in the outbox, oldest first, what comes after that with a key, so many."""
        ...

    def purge(self, before: datetime) -> int:
        """Drop sent and skipped notifications and idempotency keys older than this; how many."""
        ...

    # idempotency
    def recall(self, key: str) -> Remembered | None:
        """What this key gave, if it is kept."""
        ...

    def remember(self, key: str, remembered: Remembered, at: datetime) -> None:
        """Keep what this key gave."""
        ...

    # removing for legal reasons
    def written_by(
        self, user_id: Id
    ) -> Sequence[Ticket | Message | Attachment | TimeEntry | ReceivedMail]:
        """What somebody wrote: tickets that they opened or are the customer of, and the rest (T9).

        By kind, in this order; it may take as long as there is much.
        """
        ...

    def remembered(self, holding: Collection[Id]) -> Iterable[tuple[str, Remembered]]:
        """Idempotency keys and what they gave, of those at least that hold an id or text of these.

        Where one stands in what was remembered does not matter; more may be given (T9).
        """
        ...

    def rewrite(
        self, notifications: Iterable[Notification], remembered: Mapping[str, Remembered]
    ) -> None:
        """Put subject, text and status of these notifications, and these results, in place of what
        is kept under their keys (T9).
        """
        ...

    # operations
    def recount(self, *, mend: bool = False) -> Sequence[Miscount | WrongFigures]:
        """Where a kept count differs from a recount; nothing kept: nothing.

        With `mend` those of the teams held by `lock` are set right, and given as they were.
        """
        ...

    def misworded(self, *, mend: bool = False) -> Sequence[Misworded]:
        """What a search is wrong about, one for each way; where it reads the texts, nothing (V13).

        With `mend` the texts of the teams held by `lock` are set right, and given as they were. The
        memory that it takes does not grow with the store.
        """
        ...

    def dangling(self) -> Sequence[str]:
        """Rows that hang on what is not there, a line each; where keys forbid it, nothing."""
        ...

    def attachment_ids(self, *, removed: bool = False) -> Collection[Id]:
        """Every attachment whose file is kept, or was `removed` (T9), for `check`."""
        ...


class Repository(Protocol):
    """Where things are kept. Thread-safe; its sessions are not."""

    @property
    def claims(self) -> frozenset[Claim]:
        """What the store can do."""
        ...

    def reading(self) -> AbstractContextManager[Session]:
        """A session that changes nothing."""
        ...

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        ...
