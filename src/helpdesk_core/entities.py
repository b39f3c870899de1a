"""The things of a help desk: users, teams, stages, tickets and what hangs on them.

All are frozen, keyword-only and validated when made. Ids are opaque: compared and hashed, never
parsed. Times are aware and kept in UTC.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import (
    ADDRESS_LIMIT,
    FLAG_OFF,
    ID,
    NAME_LIMIT,
    OPTIONAL_ID,
    OPTIONAL_WHEN,
    SUBJECT_LIMIT,
    TAG_LIMIT,
    WHEN,
    Attribute,
    Id,
    are_ids,
    are_lines,
    between,
    check_id,
    collection,
    distinct,
    is_a,
    is_line,
    is_text,
    not_negative,
)
from helpdesk_core.methods import (
    AssignmentMethod,
    AssignmentMode,
    CatchingUp,
    CatchUp,
    CountScope,
    MemberOptions,
    Options,
    are_options,
    options_of,
)
from helpdesk_core.rank import is_rank, rank_of_coming
from helpdesk_core.templates import EmailTemplate, SmsTemplate
from helpdesk_core.time_off import Absence, RecurringAbsence, WeeklySchedule

__all__ = [
    "REMOVED",
    "Absence",
    "Actor",
    "AssignmentMethod",
    "AssignmentMode",
    "Attachment",
    "CatchUp",
    "CatchingUp",
    "CountScope",
    "FollowSource",
    "Followers",
    "Id",
    "MemberOptions",
    "Message",
    "OnAnswer",
    "Options",
    "RecurringAbsence",
    "Role",
    "Stage",
    "System",
    "Team",
    "Ticket",
    "TimeEntry",
    "User",
    "UserKind",
    "Visibility",
    "WeeklySchedule",
    "is_closed",
]

#: What stands where something was removed for legal reasons (T9).
REMOVED = "[removed]"

# --- people --------------------------------------------------------------------------------------


class UserKind(enum.Enum):
    """Who somebody is to the company; see *Words* in the rules."""

    INTERNAL = "internal"
    PORTAL = "portal"
    CONTACT = "contact"


class Role(enum.Enum):
    """What an internal user is trusted with; only internal users can have one (V11, T5)."""

    AGENT = "agent"
    TEAM_LEAD = "team_lead"
    ADMINISTRATOR = "administrator"


_INTERNAL, _ADMINISTRATOR = UserKind.INTERNAL, Role.ADMINISTRATOR  # asked of at every decision


def _roles(value: Iterable[Role]) -> frozenset[Role]:
    return distinct("roles", value)


@attrs.frozen(kw_only=True)
class User:
    """Somebody: an employee, a portal user, or a contact without a login.

    >>> ada = User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT})
    >>> ada.is_eligible
    True
    >>> User(id="eve", name="Eve", kind=UserKind.PORTAL, roles={Role.ADMINISTRATOR})
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: roles can only be given to internal users
    """

    id: Id = ID
    name: str = attrs.field(validator=is_line(NAME_LIMIT))
    kind: UserKind = attrs.field(validator=is_a(UserKind))
    roles: frozenset[Role] = attrs.field(default=frozenset(), converter=_roles)
    active: bool = attrs.field(default=True, validator=is_a(bool))
    email: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_line(ADDRESS_LIMIT))
    )
    phone: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_line(ADDRESS_LIMIT))
    )
    company: str = attrs.field(default="", validator=is_line(NAME_LIMIT, empty=True))
    language: str = attrs.field(default="en", validator=is_line(35))

    @roles.validator
    def _only_internal_users_have_roles(self, _: object, value: frozenset[Role]) -> None:
        for role in value:
            if not isinstance(role, Role):
                raise InvalidValueError("roles", "must hold Role members only")
        if value and self.kind is not UserKind.INTERNAL:
            raise InvalidValueError("roles", "can only be given to internal users")

    @property
    def is_eligible(self) -> bool:
        """An active internal user with the agent role (*Words*, T3)."""
        return self.active and self.kind is UserKind.INTERNAL and Role.AGENT in self.roles

    @property
    def is_administrator(self) -> bool:
        """An active internal user with the administrator role (V11)."""
        return self.active and self.kind is _INTERNAL and _ADMINISTRATOR in self.roles

    @property
    def is_external(self) -> bool:
        """Somebody outside: not known to be an internal user (V15, V17)."""
        return self.kind is not UserKind.INTERNAL

    @property
    def is_erased(self) -> bool:
        """Whether nothing but the id is left of them (T9)."""
        known = self.active or self.roles or self.email or self.phone or self.company
        return self.name == REMOVED and not known


@attrs.frozen(kw_only=True)
class System:
    """The library or the host acting by itself; it names its reason (V11).

    >>> System(reason="nightly import").reason
    'nightly import'
    """

    reason: str = attrs.field(validator=is_line(NAME_LIMIT))


Actor = Id | System


class FollowSource(enum.Enum):
    """Why somebody follows; a follow ends with its last source (V10)."""

    CHOSEN = "chosen"
    ASSIGNED = "assigned"
    MEMBER = "member"
    CUSTOMER = "customer"


Followers = Mapping[Id, frozenset[FollowSource]]


def _followers(value: Mapping[Id, Iterable[FollowSource]]) -> Followers:
    if not isinstance(value, Mapping):
        raise InvalidValueError("followers", "must be a mapping of ids to FollowSource")
    return MappingProxyType({user_id: frozenset(sources) for user_id, sources in value.items()})


def _are_followers(_: object, attribute: Attribute[Any], value: Followers) -> None:
    for user_id, sources in value.items():
        check_id(attribute.name, user_id)
        if not sources or not all(isinstance(source, FollowSource) for source in sources):
            raise InvalidValueError(attribute.name, f"gives {user_id!r} no FollowSource")


_FOLLOWERS: Any = attrs.field(
    factory=dict, converter=_followers, validator=_are_followers, hash=False
)


# --- teams and stages ----------------------------------------------------------------------------


class Visibility(enum.Enum):
    """Who may see a team and its tickets (V1-V4)."""

    PRIVATE = "private"
    COMPANY = "company"
    PUBLIC = "public"


class OnAnswer(enum.Enum):
    """What a customer's answer to a closed ticket does (G11).

    `REOPEN`: it opens the ticket again within the team's `reopen_window`, later it opens another,
    linked one. `NEW_LINKED`: always another. `IGNORE`: the ticket stays closed, the answer on it.
    """

    REOPEN = "reopen"
    NEW_LINKED = "new_linked"
    IGNORE = "ignore"


def _member_ids(value: Iterable[Id]) -> tuple[Id, ...]:
    return collection("member_ids", value)


def _stage_ids(value: Iterable[Id]) -> frozenset[Id]:
    return distinct("stage_ids", value)


@attrs.frozen(kw_only=True)
class Team:
    """A team with its level, its members in order, its stages and its way of assigning.

    `public_description` is read by customers (T1). `member_ids` is in member order (A6); naming
    nobody means that the pool is every eligible user (*Words*). `member_options` may speak of
    anybody; who is not named has none (A19).

    >>> Team(id="support", name="Support", visibility=Visibility.PUBLIC).member_ids
    ()
    """

    id: Id = ID
    name: str = attrs.field(validator=is_line(NAME_LIMIT))
    visibility: Visibility = attrs.field(validator=is_a(Visibility))
    company: str = attrs.field(default="", validator=is_line(NAME_LIMIT, empty=True))
    public_description: str = attrs.field(default="", validator=is_text)
    member_ids: tuple[Id, ...] = attrs.field(default=(), converter=_member_ids, validator=are_ids)
    stage_ids: frozenset[Id] = attrs.field(
        default=frozenset(), converter=_stage_ids, validator=are_ids
    )
    followers: Followers = _FOLLOWERS
    auto_assign: bool = FLAG_OFF
    assignment_method: AssignmentMethod = attrs.field(
        default=AssignmentMethod.EQUAL_TICKETS, validator=is_a(AssignmentMethod)
    )
    assignment_scope: CountScope = attrs.field(default=CountScope.TEAM, validator=is_a(CountScope))
    look_ahead_window: timedelta = attrs.field(default=timedelta(0), validator=not_negative)
    horizon: timedelta = attrs.field(default=timedelta(days=366), validator=not_negative)
    assignment_mode: AssignmentMode = attrs.field(
        default=AssignmentMode.ASSIGN_NOW, validator=is_a(AssignmentMode)
    )
    catch_up: CatchUp = attrs.field(default=CatchUp.FULL, validator=is_a(CatchUp))
    member_options: Options = attrs.field(
        factory=dict, converter=options_of, validator=are_options, hash=False
    )
    members_follow: bool = FLAG_OFF
    on_answer: OnAnswer = attrs.field(default=OnAnswer.REOPEN, validator=is_a(OnAnswer))
    reopen_window: timedelta = attrs.field(default=timedelta(days=30), validator=not_negative)
    version: int = attrs.field(default=1, validator=between(1, 2**62))


@attrs.frozen(kw_only=True)
class Stage:
    """A column of the pipeline; folded means that its tickets are closed (G1).

    `position` places it in the one order over all stages (G6). Templates are sent to the customer
    on entering (G8); with `once_per_ticket`, only the first time.

    >>> Stage(id="new", name="New", position=0).folded
    False
    """

    id: Id = ID
    name: str = attrs.field(validator=is_line(NAME_LIMIT))
    position: int = attrs.field(validator=between(0, 2**31 - 1))
    description: str = attrs.field(default="", validator=is_text)
    folded: bool = FLAG_OFF
    email_template: EmailTemplate | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_a(EmailTemplate))
    )
    sms_template: SmsTemplate | None = attrs.field(
        default=None, validator=attrs.validators.optional(is_a(SmsTemplate))
    )
    once_per_ticket: bool = FLAG_OFF

    @property
    def writes(self) -> bool:
        """Whether the customer is written to on entering (G8)."""
        return self.email_template is not None or self.sms_template is not None


# --- tickets -------------------------------------------------------------------------------------


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
    coming until it is dragged. `version` counts the changes (T7).

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
    followers: Followers = _FOLLOWERS
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


@attrs.frozen(kw_only=True)
class Message:
    """A reply, or an internal note that never reaches anybody outside (V15).

    `automatic` marks what a machine sent, so that no machine answers it (N3).
    """

    id: Id = ID
    ticket_id: Id = ID
    body: str = attrs.field(validator=is_text, repr=False)
    at: datetime = WHEN
    author_id: Id | None = OPTIONAL_ID
    internal: bool = FLAG_OFF
    automatic: bool = FLAG_OFF

    @property
    def is_removed(self) -> bool:
        """Whether what was said is gone, and only that something was is left (T9).

        Who says that very word is not told apart here: the history has a `MessageRedacted`.
        """
        return self.body == REMOVED


@attrs.frozen(kw_only=True)
class Attachment:
    """What is known of a file; its bytes are in the attachment store under `id`.

    `size` is in bytes and `digest` is SHA-256 in hexadecimal. An attachment of an internal note is
    internal too (V15).
    """

    id: Id = ID
    ticket_id: Id = ID
    name: str = attrs.field(validator=is_line(255))
    size: int = attrs.field(validator=between(0, 2**53))
    digest: str = attrs.field(validator=is_line(64))
    at: datetime = WHEN
    media_type: str = attrs.field(default="application/octet-stream", validator=is_line(NAME_LIMIT))
    author_id: Id | None = OPTIONAL_ID
    message_id: Id | None = OPTIONAL_ID
    internal: bool = FLAG_OFF

    @property
    def is_removed(self) -> bool:
        """Whether the file is gone, with its name and its digest (T9)."""
        return self.digest == REMOVED


@attrs.frozen(kw_only=True)
class TimeEntry:
    """Minutes that somebody worked on a ticket; never shown outside."""

    id: Id = ID
    ticket_id: Id = ID
    user_id: Id = ID
    minutes: int = attrs.field(validator=between(1, 60 * 24 * 366))
    at: datetime = WHEN
    note: str = attrs.field(default="", validator=is_text, repr=False)
