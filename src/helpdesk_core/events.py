"""What happened, in the past tense: frozen, holding ids and never the text of a message.

An event is stored exactly when its change is (N1), stays in the ticket's history when the outbox
is purged, and carries the version of its schema (T6).
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import attrs

from helpdesk_core.entities import FollowSource, Id, System, Visibility

Who = Id | System | None


@attrs.frozen(kw_only=True)
class Event:
    """What every event says: when, by whom, and of which ticket or team.

    `internal` events are not shown outside (V15). `schema` is the version of the event's form.

    >>> from datetime import UTC
    >>> TicketClosed(at=datetime(2026, 1, 5, tzinfo=UTC), by="ada", ticket_id="T-1",
    ...              stage_id="solved").name
    'TicketClosed'
    """

    schema: ClassVar[int] = 1
    internal: ClassVar[bool] = False

    at: datetime
    by: Who = None
    ticket_id: Id | None = None
    team_id: Id | None = None

    @property
    def name(self) -> str:
        """The name under which the event is stored."""
        return type(self).__name__


# --- tickets -------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class TicketOpened(Event):
    """A ticket came in."""

    stage_id: Id


@attrs.frozen(kw_only=True)
class TicketMoved(Event):
    """A ticket went from one stage to another."""

    from_stage_id: Id
    to_stage_id: Id


@attrs.frozen(kw_only=True)
class TicketClosed(Event):
    """A ticket that was open is closed (G3)."""

    stage_id: Id


@attrs.frozen(kw_only=True)
class TicketReopened(Event):
    """A ticket that was closed is open again (G3)."""

    stage_id: Id


@attrs.frozen(kw_only=True)
class TicketTransferred(Event):
    """A ticket went to another team (G9, A21); `team_id` is the new one.

    `from_team_id` is None where it is shown to somebody who may not open that team (V14).
    """

    from_team_id: Id | None


@attrs.frozen(kw_only=True)
class TicketAssigned(Event):
    """Somebody has the ticket; `code` is the reason of the choice and the counts are as decided.

    `automatic` tells a policy's choice from a person's; of a choice the count and what broke the
    tie are kept (A20), and `available_from` when it looked ahead (A10). `warning` names an absence
    that a manual choice passed over (A18).
    """

    internal: ClassVar[bool] = True
    assignee_id: Id
    automatic: bool
    code: str
    count: int | None = None
    tie_breaker: str | None = None
    available_from: datetime | None = None
    warning: str | None = None


@attrs.frozen(kw_only=True)
class TicketUnassigned(Event):
    """Nobody has the ticket; `code` says why, and a waiting one is served later (A2, A11, A16)."""

    internal: ClassVar[bool] = True
    code: str
    was_assignee_id: Id | None = None


@attrs.frozen(kw_only=True)
class CreditGiven(Event):
    """A member of the team came back or is new, and so many tickets were added to what counts (A8).

    A member's credit is the sum of these.
    """

    internal: ClassVar[bool] = True
    member_id: Id
    tickets: int


@attrs.frozen(kw_only=True)
class TicketChanged(Event):
    """Subject, description, priority, tags or customer are others now, or a host's own field.

    A field of the host's is named as in `fields.cost`.
    """

    fields: tuple[str, ...]


@attrs.frozen(kw_only=True)
class MessagePosted(Event):
    """A reply."""

    message_id: Id


@attrs.frozen(kw_only=True)
class NotePosted(Event):
    """An internal note (V15)."""

    internal: ClassVar[bool] = True
    message_id: Id


@attrs.frozen(kw_only=True)
class FileAttached(Event):
    """A file came to the ticket or to a public reply."""

    attachment_id: Id


@attrs.frozen(kw_only=True)
class InternalFileAttached(Event):
    """A file came to an internal note (V15)."""

    internal: ClassVar[bool] = True
    attachment_id: Id


@attrs.frozen(kw_only=True)
class TimeLogged(Event):
    """Somebody worked on the ticket."""

    internal: ClassVar[bool] = True
    time_entry_id: Id


@attrs.frozen(kw_only=True)
class FollowerAdded(Event):
    """Somebody follows the ticket, or the team when there is no ticket."""

    internal: ClassVar[bool] = True
    user_id: Id
    source: FollowSource


@attrs.frozen(kw_only=True)
class FollowerRemoved(Event):
    """A source of a follow ended; with `code` when a rule ended it (V6, V16)."""

    internal: ClassVar[bool] = True
    user_id: Id
    sources: tuple[FollowSource, ...]
    code: str | None = None


@attrs.frozen(kw_only=True)
class StageMessageSent(Event):
    """A stage's message to the customer went into the outbox (G8)."""

    internal: ClassVar[bool] = True
    stage_id: Id
    channel: str


@attrs.frozen(kw_only=True)
class StageMessageSkipped(Event):
    """A stage's message had nobody to go to: no customer, or no address for it (G8)."""

    internal: ClassVar[bool] = True
    stage_id: Id
    channel: str
    code: str


@attrs.frozen(kw_only=True)
class MessageGivenUp(Event):
    """A message could not be delivered, however often; `error` is the type of the last error."""

    internal: ClassVar[bool] = True
    recipient_id: Id
    channel: str
    attempts: int
    error: str


@attrs.frozen(kw_only=True)
class MailReturned(Event):
    """A mail about the ticket came back: it did not arrive (N1)."""

    internal: ClassVar[bool] = True


@attrs.frozen(kw_only=True)
class DuplicateDiscarded(Event):
    """Somebody said that two tickets are not the same (M5)."""

    internal: ClassVar[bool] = True
    other_id: Id


@attrs.frozen(kw_only=True)
class TicketMergedAway(Event):
    """The ticket is a tombstone that points to its master (M8).

    `master_id` is None where it is shown to somebody who may not see the master (M7).
    """

    internal: ClassVar[bool] = True
    master_id: Id | None
    merge_id: Id


@attrs.frozen(kw_only=True)
class TicketsMerged(Event):
    """The ticket took others in (M6); `left_behind` stay followers of the tombstones (M7)."""

    internal: ClassVar[bool] = True
    merge_id: Id
    merged_ids: tuple[Id, ...]
    left_behind: tuple[Id, ...] = ()


@attrs.frozen(kw_only=True)
class TicketsUnmerged(Event):
    """A merge was undone (M14)."""

    internal: ClassVar[bool] = True
    merge_id: Id
    merged_ids: tuple[Id, ...]


# --- removed for legal reasons ------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class MessageRedacted(Event):
    """What was said is gone (T9); without a message, what the ticket was opened with.

    `reason` is what the one who did it gave as theirs, never what was said.
    """

    internal: ClassVar[bool] = True
    message_id: Id | None
    reason: str


@attrs.frozen(kw_only=True)
class AttachmentRedacted(Event):
    """A file is gone, with its name (T9)."""

    internal: ClassVar[bool] = True
    attachment_id: Id
    reason: str


@attrs.frozen(kw_only=True)
class TimeEntryRedacted(Event):
    """The note on a time entry is gone (T9)."""

    internal: ClassVar[bool] = True
    time_entry_id: Id
    reason: str


@attrs.frozen(kw_only=True)
class PersonErased(Event):
    """Nothing but the id is left of somebody (T9)."""

    internal: ClassVar[bool] = True
    user_id: Id
    reason: str


# --- configuration -------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class TeamCreated(Event):
    """A team is there."""

    internal: ClassVar[bool] = True


@attrs.frozen(kw_only=True)
class TeamChanged(Event):
    """Settings or members of a team are others now."""

    internal: ClassVar[bool] = True
    fields: tuple[str, ...]


@attrs.frozen(kw_only=True)
class VisibilityChanged(Event):
    """A team's level is another one (V6-V8)."""

    internal: ClassVar[bool] = True
    from_visibility: Visibility
    to_visibility: Visibility


@attrs.frozen(kw_only=True)
class AccessNarrowed(Event):
    """Fewer people may view the ticket, or without one the whole team: time to revoke (V6, V16).

    A host that hands out links, feeds or files of its own revokes them. `user_ids` are those who
    are known to lose something; on the way to PRIVATE everybody inside does who is not invited.
    """

    internal: ClassVar[bool] = True
    user_ids: tuple[Id, ...]


@attrs.frozen(kw_only=True)
class StageCreated(Event):
    """A stage is there."""

    internal: ClassVar[bool] = True
    stage_id: Id


@attrs.frozen(kw_only=True)
class StageChanged(Event):
    """A stage's name, description or templates changed: the names of its fields."""

    internal: ClassVar[bool] = True
    stage_id: Id
    fields: tuple[str, ...]


@attrs.frozen(kw_only=True)
class StageFoldChanged(Event):
    """A stage closes or opens its tickets in every team that uses it (G4)."""

    internal: ClassVar[bool] = True
    stage_id: Id
    folded: bool


@attrs.frozen(kw_only=True)
class StagesReordered(Event):
    """The one order over all stages is another (G6)."""

    internal: ClassVar[bool] = True
    stage_ids: tuple[Id, ...]


@attrs.frozen(kw_only=True)
class StageDeleted(Event):
    """A stage is gone, or was taken from a team when `team_id` is given (G10)."""

    internal: ClassVar[bool] = True
    stage_id: Id


@attrs.frozen(kw_only=True)
class UserChanged(Event):
    """Somebody was added or is otherwise now: kind, roles, active, address."""

    internal: ClassVar[bool] = True
    user_id: Id
    fields: tuple[str, ...]


@attrs.frozen(kw_only=True)
class StoreRepaired(Event):
    """Something that was wrong in the store was mended: `code` says what, `ids` of what."""

    internal: ClassVar[bool] = True
    code: str
    ids: tuple[Id, ...]


#: Every kind of event by its stored name.
EVENT_TYPES: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        TicketOpened, TicketMoved, TicketClosed, TicketReopened, TicketTransferred,
        TicketAssigned, TicketUnassigned, CreditGiven, TicketChanged, MessagePosted, NotePosted,
        FileAttached, InternalFileAttached, TimeLogged, FollowerAdded, FollowerRemoved,
        StageMessageSent, StageMessageSkipped, MessageGivenUp, MailReturned,
        DuplicateDiscarded, TicketMergedAway, TicketsMerged, TicketsUnmerged, MessageRedacted,
        AttachmentRedacted, TimeEntryRedacted, PersonErased, TeamCreated,
        TeamChanged, VisibilityChanged, AccessNarrowed, StageCreated, StageChanged,
        StageFoldChanged, StagesReordered, StageDeleted, UserChanged, StoreRepaired,
    )
}  # fmt: skip
