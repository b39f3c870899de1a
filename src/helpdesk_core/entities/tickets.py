"""A ticket, and when it is closed (G1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs

from helpdesk_core.entities.host_fields import HostFields, host_fields
from helpdesk_core.entities.people import FOLLOWERS, Followers
from helpdesk_core.entities.teams import Stage
from helpdesk_core.fields import (
    FLAG_OFF,
    ID,
    OPTIONAL_ID,
    OPTIONAL_WHEN,
    SUBJECT_LIMIT,
    TAG_LIMIT,
    WHEN,
    Id,
    are_ids,
    are_lines,
    between,
    distinct,
    is_line,
    is_text,
)
from helpdesk_core.rank import is_rank, rank_of_coming


def _tags(value: Iterable[str]) -> frozenset[str]:
    return distinct("tags", value)


def _links(value: Iterable[Id]) -> frozenset[Id]:
    return distinct("links", value)


def _references(value: Iterable[str]) -> frozenset[str]:
    return distinct("references", value)


@attrs.frozen(kw_only=True)
class Ticket:
    """One request. Whether it is closed is its stage's matter, never stored here (G1).

    `description` is what the customer wrote on opening. `available_from` is set when automatic
    assignment looked ahead (A10); `waiting` when it found nobody (A16). `merged_into` points from
    a tombstone to its master (M8). `rank` is its place in its column (G12), which is that of its
    coming until it is dragged. `fields` are the host's own, which outsiders are not shown (V15).
    `version` counts the changes (T7).

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="No ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> ticket.priority, ticket.is_merged_away
    (0, False)
    """

    id: Id = ID
    team_id: Id = ID
    stage_id: Id = ID
    subject: str = attrs.field(validator=is_line(SUBJECT_LIMIT))
    created_at: datetime = WHEN
    description: str = attrs.field(default="", validator=is_text, repr=False)
    opener_id: Id | None = OPTIONAL_ID
    customer_id: Id | None = OPTIONAL_ID
    assignee_id: Id | None = OPTIONAL_ID
    available_from: datetime | None = OPTIONAL_WHEN
    waiting: bool = FLAG_OFF
    priority: int = attrs.field(default=0, validator=between(0, 3))
    tags: frozenset[str] = attrs.field(
        default=frozenset(), converter=_tags, validator=are_lines(TAG_LIMIT)
    )
    links: frozenset[Id] = attrs.field(default=frozenset(), converter=_links, validator=are_ids)
    references: frozenset[str] = attrs.field(
        default=frozenset(), converter=_references, validator=are_lines(SUBJECT_LIMIT)
    )
    fields: HostFields = attrs.field(factory=dict, converter=host_fields, hash=False, repr=False)
    followers: Followers = FOLLOWERS
    closed_at: datetime | None = OPTIONAL_WHEN
    merged_into: Id | None = OPTIONAL_ID
    rank: str = attrs.field(validator=is_rank, repr=False)
    version: int = attrs.field(default=1, validator=between(1, 2**62))

    @rank.default
    def _rank_of_coming(self) -> str:
        return rank_of_coming(self.created_at, self.id)

    @property
    def place(self) -> tuple[datetime, Any]:
        """Its place in lists, which go by this (T8)."""
        return self.created_at, self.id

    @property
    def is_merged_away(self) -> bool:
        """The third state beside open and closed (M8)."""
        return self.merged_into is not None


def is_closed(ticket: Ticket, stage: Stage) -> bool:
    """Whether a ticket in this stage is closed: exactly when the stage is folded (G1).

    A ticket that was merged away is neither open nor closed (M8).

    >>> from datetime import datetime, UTC
    >>> solved = Stage(id="solved", name="Solved", position=9, folded=True)
    >>> is_closed(Ticket(id=1, team_id=1, stage_id="solved", subject="Ink",
    ...                  created_at=datetime(2026, 1, 5, tzinfo=UTC)), solved)
    True
    """
    return stage.folded and not ticket.is_merged_away
