"""What a `plan_*` returns: changes with the value expected before, events, and notices.

The service applies a plan in one transaction. A change names one field and what was there when the
plan was made, so that columns which the library does not know, and other writers' work, survive.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

import attrs

from helpdesk_core.decisions import Decision, deny
from helpdesk_core.digests import digest_of, digest_of_all, written
from helpdesk_core.entities import (
    Attachment,
    CatchingUp,
    FollowSource,
    Id,
    Message,
    ReceivedMail,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import Event

# --- changes -------------------------------------------------------------------------------------


class Kind(enum.Enum):
    """Which kind of thing a field belongs to."""

    TICKET = "ticket"
    TEAM = "team"
    STAGE = "stage"
    USER = "user"
    MESSAGE = "message"
    ATTACHMENT = "attachment"
    TIME_ENTRY = "time_entry"
    MAIL = "mail"
    MERGE = "merge"


@attrs.frozen(kw_only=True)
class SetField:
    """Put `value` where `expected` is; anything else there is a `ConflictError`.

    `field` is an attribute of the entity other than `id` and `followers`; of a team's `stage_ids`,
    of tags, links and references the whole set is given, and of the host's own `fields` of a ticket
    all of them.

    >>> SetField(kind=Kind.TICKET, id="T-1", field="priority", expected=0, value=2).field
    'priority'
    """

    kind: Kind
    id: Id
    field: str
    expected: Any
    value: Any

    @classmethod
    def of(cls, kind: Kind, thing: Any, field: str, value: Any) -> SetField:
        """Put `value` where the thing has what it has now."""
        return cls(kind=kind, id=thing.id, field=field, expected=getattr(thing, field), value=value)


@attrs.frozen(kw_only=True)
class AddFollow:
    """Add one source to a follow of a ticket or a team; there already: nothing happens."""

    kind: Kind
    id: Id
    user_id: Id
    source: FollowSource


@attrs.frozen(kw_only=True)
class RemoveFollow:
    """Take one source from a follow; the follow ends with its last one. Not there: nothing."""

    kind: Kind
    id: Id
    user_id: Id
    source: FollowSource


@attrs.frozen
class Add:
    """A new thing; one with the same id already there is a `ConflictError`."""

    thing: User | Team | Stage | Ticket | Message | Attachment | TimeEntry | ReceivedMail


@attrs.frozen(kw_only=True)
class DeleteStage:
    """A stage goes; tickets still in it, or a team that still uses it, is a `ConflictError`."""

    stage_id: Id


@attrs.frozen(kw_only=True)
class NoteAssignment:
    """`member_id` was assigned as number `sequence` of this team (A6)."""

    team_id: Id
    member_id: Id
    sequence: int


@attrs.frozen(kw_only=True)
class GiveCredit:
    """So many tickets are added to what counts for a member of this team (A8)."""

    team_id: Id
    member_id: Id
    tickets: int


@attrs.frozen(kw_only=True)
class NoteCatchingUp:
    """What the team remembers of its latest automatic assignment (A8)."""

    team_id: Id
    catching_up: CatchingUp


@attrs.frozen(kw_only=True)
class Discard:
    """Two tickets are not the same, as long as both have this content (M5).

    `first_id` and `second_id` are in the order of their text; the fingerprints are digests.
    """

    first_id: Id
    second_id: Id
    first_fingerprint: str
    second_fingerprint: str


@attrs.frozen(kw_only=True)
class Merge:
    """The record of one merge: what it changed, so that it can be undone (M14).

    `changes` are those that the merge made to the master and to the merged tickets.
    """

    id: Id
    master_id: Id
    merged_ids: tuple[Id, ...]
    at: datetime
    changes: tuple[Change, ...] = attrs.field(repr=False)
    undone_at: datetime | None = None


@attrs.frozen(kw_only=True)
class RecordMerge:
    """Keep the record of a merge."""

    merge: Merge


@attrs.frozen(kw_only=True)
class MarkUndone:
    """The merge was undone; undone before is a `ConflictError`."""

    merge_id: Id
    at: datetime


Change = (
    SetField
    | AddFollow
    | RemoveFollow
    | Add
    | DeleteStage
    | NoteAssignment
    | GiveCredit
    | NoteCatchingUp
    | Discard
    | RecordMerge
    | MarkUndone
)

# --- notices -------------------------------------------------------------------------------------


class Channel(enum.Enum):
    """By which way a message leaves."""

    EMAIL = "email"
    SMS = "sms"


class NoticeKind(enum.Enum):
    """What a message is about."""

    UPDATE = "update"  #: a reply or a note, to followers
    STAGE = "stage"  #: a stage's own message, to the customer (G8)
    OPENED = "opened"  #: a new ticket, to followers
    ASSIGNED = "assigned"  #: to the new assignee
    DIGEST = "digest"  #: several of these in one, to somebody who wants it so


@attrs.frozen(kw_only=True)
class Notice:
    """Somebody is to be told; whether they may be, and where, is looked up when it is sent (N2).

    A stage's message carries its text as it was on entering. Other kinds carry only ids.
    `in_answer`: a mail that came in causes it, and nobody's doing (N3).
    """

    ticket_id: Id
    recipient_id: Id
    channel: Channel
    kind: NoticeKind
    message_id: Id | None = None
    stage_id: Id | None = None
    subject: str | None = attrs.field(default=None, repr=False)
    text: str | None = attrs.field(default=None, repr=False)
    html: str | None = attrs.field(default=None, repr=False)
    in_answer: bool = False


# --- plans ---------------------------------------------------------------------------------------


def _tuple(value: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class Plan:
    """What would be done, or why not; a refused plan holds no change.

    Of a change of configuration somebody is shown the plan first; handed back, it is done as shown
    or not at all (`as_shown`). Its `fingerprint` will do for that, where the plan is too large to
    keep, or goes through a form.

    >>> from helpdesk_core.decisions import deny
    >>> Plan(decision=deny("stage.refused.not_in_team")).allowed
    False
    """

    decision: Decision
    changes: tuple[Change, ...] = attrs.field(default=(), converter=_tuple)
    events: tuple[Event, ...] = attrs.field(default=(), converter=_tuple)
    notices: tuple[Notice, ...] = attrs.field(default=(), converter=_tuple)

    @property
    def allowed(self) -> bool:
        """Whether the plan can be applied."""
        return self.decision.allowed

    @property
    def unconfirmed(self) -> Decision | None:
        """Why it is refused unless somebody was shown it; None: it may be done unseen."""
        return None

    @property
    def fingerprint(self) -> str:
        """The same for plans that change the same and mean the same to the same people.

        Who acts and when, and the order of what is done, make no difference. It is worked out
        anew each time that it is asked for.
        """
        texts = []
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if field.name in _TOLD_OTHERWISE:
                continue
            if isinstance(value, tuple):
                value = digest_of_all(written(field.name, item, moments=False) for item in value)
            texts.append(f"{field.name}={written(field.name, value)}")
        return digest_of(f"{type(self).__name__}({','.join(texts)})")


#: Of a plan's fields these say again what its changes say, and name who acts and when.
_TOLD_OTHERWISE = ("decision", "events")

_P = TypeVar("_P", bound=Plan)


def as_shown(plan: _P, confirmed: str | None) -> _P:
    """The plan, if it is the one with this fingerprint; else its refusal, which changes nothing.

    With None nobody was shown it, which some plans do not allow (G4).

    >>> from helpdesk_core.decisions import allow
    >>> plan = Plan(decision=allow("stage.unchanged"))
    >>> as_shown(plan, plan.fingerprint).decision.code
    'stage.unchanged'
    >>> as_shown(plan, "of another").decision.code
    'plan.refused.moved_on'
    """
    if not plan.allowed:
        return plan
    refusal = plan.unconfirmed if confirmed is None else None
    if confirmed is not None and confirmed != plan.fingerprint:
        refusal = deny("plan.refused.moved_on")
    if refusal is None:
        return plan
    return attrs.evolve(plan, decision=refusal, changes=(), events=(), notices=())


def fingerprint_of(confirmed: Plan | str | None) -> str | None:
    """What `as_shown` compares: of a plan, or given by itself.

    >>> fingerprint_of(True)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: confirmed must be the plan that was shown
    """
    if isinstance(confirmed, Plan):
        return confirmed.fingerprint
    if confirmed is None or isinstance(confirmed, str):
        return confirmed
    raise InvalidValueError("confirmed", "must be the plan that was shown")
