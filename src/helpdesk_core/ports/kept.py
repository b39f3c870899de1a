"""What passes between the service and a store: claims, questions, and what is kept."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs
from attrs.validators import optional

from helpdesk_core.entities import Id, Stage, Ticket
from helpdesk_core.events import Event
from helpdesk_core.fields import ID, OPTIONAL_ID, TAG_LIMIT, WHEN, are_ids, distinct, is_line
from helpdesk_core.plans import Notice
from helpdesk_core.rank import is_rank
from helpdesk_core.stages.boards import Figures


class Claim(enum.Enum):
    """What a store says it can do; what it does not claim is refused by name."""

    EDITABLE_STAGES = "editable_stages"
    STAGES_PER_TEAM = "stages_per_team"
    TEAM_FOLLOWERS = "team_followers"
    FOLLOW_SOURCES = "follow_sources"
    PRIVATE_TEAMS = "private_teams"
    CLOSING_TIMES = "closing_times"
    ASSIGNMENT_ORDER = "assignment_order"
    MEMBER_OPTIONS = "member_options"
    CREDITS = "credits"
    VERSIONS = "versions"
    MERGE = "merge"
    UNMERGE = "unmerge"
    DISCARDS = "discards"
    OUTBOX = "outbox"
    HISTORY = "history"
    IDEMPOTENCY_KEYS = "idempotency_keys"
    TAGS = "tags"
    TIME_ENTRIES = "time_entries"
    BOARD_ORDER = "board_order"
    ANSWERS = "answers"
    REMOVAL = "removal"
    SEARCH = "search"
    MAIL = "mail"
    HOST_FIELDS = "host_fields"


ALL_CLAIMS: frozenset[Claim] = frozenset(Claim)


def _team_ids(value: Iterable[Id] | None) -> frozenset[Id] | None:
    return None if value is None else distinct("team_ids", value)


def _stage_ids(value: Iterable[Id] | None) -> frozenset[Id] | None:
    return None if value is None else distinct("stage_ids", value)


@attrs.frozen(kw_only=True)
class TicketFilter:
    """Which tickets are asked for, beside who asks; None asks nothing of that field.

    `merged=False` leaves tombstones out, True asks for them only. `closed` is derived from the
    stage (G1); a tombstone is neither open nor closed (M8).

    >>> TicketFilter(priority=2).merged
    False
    """

    team_ids: frozenset[Id] | None = attrs.field(
        default=None, converter=_team_ids, validator=optional(are_ids)
    )
    stage_ids: frozenset[Id] | None = attrs.field(
        default=None, converter=_stage_ids, validator=optional(are_ids)
    )
    assignee_id: Id | None = OPTIONAL_ID
    unassigned: bool | None = None
    customer_id: Id | None = OPTIONAL_ID
    priority: int | None = None
    tag: str | None = attrs.field(default=None, validator=optional(is_line(TAG_LIMIT)))
    waiting: bool | None = None
    closed: bool | None = None
    merged: bool | None = False

    def matches(self, ticket: Ticket, stage: Stage) -> bool:
        """Whether the ticket, in this stage, is asked for: the filter's meaning in plain words."""
        away = ticket.is_merged_away
        return (
            (self.team_ids is None or ticket.team_id in self.team_ids)
            and (self.stage_ids is None or ticket.stage_id in self.stage_ids)
            and (self.assignee_id is None or ticket.assignee_id == self.assignee_id)
            and (self.unassigned is None or (ticket.assignee_id is None) == self.unassigned)
            and (self.customer_id is None or ticket.customer_id == self.customer_id)
            and (self.priority is None or ticket.priority == self.priority)
            and (self.tag is None or self.tag in ticket.tags)
            and (self.waiting is None or ticket.waiting == self.waiting)
            and (self.closed is None or (not away and stage.folded == self.closed))
            and (self.merged is None or away == self.merged)
        )


@attrs.frozen
class Position:
    """A place in a list ordered by (`created_at`, or `at`, and `id`): lists go on after it (T8)."""

    created_at: datetime = WHEN
    id: Id = ID


@attrs.frozen
class Ranked:
    """A place in a column, which goes by (`rank`, `id`): its pages go on after it (G12, T8)."""

    rank: str = attrs.field(validator=is_rank)
    id: Id = ID


class DeliveryStatus(enum.Enum):
    """What became of a message in the outbox; `HELD`: it waits to be part of a digest."""

    PENDING = "pending"
    SENT = "sent"
    SKIPPED = "skipped"
    DEAD = "dead"
    HELD = "held"


@attrs.frozen(kw_only=True)
class Notification:
    """A notice in the outbox. `key` stays the same however often it is delivered (N1).

    `error` is the type of what kept it from being sent, the last time that it was tried.
    `held_until` is the moment of the digest that it is part of.
    """

    key: str
    notice: Notice
    created_at: datetime
    attempts: int = 0
    status: DeliveryStatus = DeliveryStatus.PENDING
    not_before: datetime | None = None
    error: str | None = None
    held_until: datetime | None = None


@attrs.frozen
class Recorded:
    """An event in the history, with its place in it (T6)."""

    sequence: int
    event: Event


@attrs.frozen
class Remembered:
    """What an idempotency key gave: a digest of the payload, and the first result (T7)."""

    digest: str
    result: Any


@attrs.frozen(kw_only=True)
class Miscount:
    """A kept count of somebody in a team that is not what a recount gives (A7, A8).

    `credit` is the sum of the credits that were given, which is what its recount is.
    """

    team_id: Id
    member_id: Id
    kept_total: int
    kept_open: int
    total: int
    open: int
    kept_credit: int = 0
    credit: int = 0


@attrs.frozen(kw_only=True)
class WrongFigures:
    """Kept figures of a stage in a team that are not what a recount gives (T2)."""

    kept: Figures
    counted: Figures

    @property
    def team_id(self) -> Id:
        """The team whose figures they are."""
        return self.kept.team_id


class Wording(enum.Enum):
    """How what a search knows is not what is there."""

    MISSING = "missing"
    STALE = "stale"
    STRAY = "stray"


@attrs.frozen(kw_only=True)
class Misworded:
    """Texts that a search does not find by their words (V13): how many, and some of their tickets.

    `MISSING` are not known to it, `STALE` are known by other words, or as a note when they are none
    and the other way round, and `STRAY` words are of no text, or of one twice.
    """

    how: Wording
    number: int
    ticket_ids: tuple[Id, ...]
