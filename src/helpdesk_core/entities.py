"""The things of a help desk: users, teams, stages, tickets and what hangs on them.

All are frozen, keyword-only and validated when made. Ids are opaque: compared and hashed, never
parsed. Times are aware and kept in UTC.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.templates import EmailTemplate, SmsTemplate

Id = int | str | UUID

NAME_LIMIT = 200
SUBJECT_LIMIT = 500
BODY_LIMIT = 1024 * 1024  # bytes of UTF-8
TAG_LIMIT = 100
ADDRESS_LIMIT = 320

_T = TypeVar("_T")
_Attr = attrs.Attribute  # a short name for the validators' second argument
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_A_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


# --- validators ----------------------------------------------------------------------------------


def check_id(field: str, value: object) -> None:
    """Refuse what is not an id: `True` is not 1, and an empty text names nothing.

    >>> check_id("team_id", True)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: team_id must be an int, a non-empty str or a UUID
    """
    if isinstance(value, bool) or not isinstance(value, int | str | UUID) or value == "":
        raise InvalidValueError(field, "must be an int, a non-empty str or a UUID")
    if isinstance(value, str):
        check_line(field, value, NAME_LIMIT)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidValueError(field, "must fit in 64 bits")


def check_line(field: str, value: object, limit: int) -> None:
    """Refuse what is not one line of text of at most `limit` characters."""
    if not isinstance(value, str):
        raise InvalidValueError(field, "must be text")
    if len(value) > limit:
        raise InvalidValueError(field, f"must have at most {limit:,} characters, has {len(value):,}")
    if _NOT_IN_A_LINE.search(value):
        raise InvalidValueError(field, "must be one line without control characters")
    if _SURROGATE.search(value):
        raise InvalidValueError(field, "must not hold a lone surrogate")


def check_text(field: str, value: object, limit: int = BODY_LIMIT) -> None:
    """Refuse what is not text of at most `limit` bytes in UTF-8; the text itself is not shown."""
    if not isinstance(value, str):
        raise InvalidValueError(field, "must be text")
    if _SURROGATE.search(value):
        raise InvalidValueError(field, "must not hold a lone surrogate")
    if _NOT_IN_A_TEXT.search(value):
        raise InvalidValueError(field, "must not hold control characters")
    size = len(value.encode())
    if size > limit:
        raise InvalidValueError(field, f"must have at most {limit:,} bytes in UTF-8, has {size:,}")


def utc(field: str, value: object) -> datetime:
    """The same moment in UTC; a naive datetime is refused.

    >>> utc("now", datetime(2026, 1, 1))
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: now must be a datetime with a time zone
    """
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise InvalidValueError(field, "must be a datetime with a time zone")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def _is_id(_: object, attribute: _Attr[Any], value: object) -> None:
    check_id(attribute.name, value)


def _is_line(limit: int, *, empty: bool = False) -> Any:
    def check(_: object, attribute: _Attr[Any], value: object) -> None:
        check_line(attribute.name, value, limit)
        if not empty and not str(value).strip():
            raise InvalidValueError(attribute.name, "must not be empty")

    return check


def _is_text(_: object, attribute: _Attr[Any], value: object) -> None:
    check_text(attribute.name, value)


def _is_a(kind: type) -> Any:
    def check(_: object, attribute: _Attr[Any], value: object) -> None:
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise InvalidValueError(attribute.name, f"must be a {kind.__name__}")

    return check


def _are_ids(_: object, attribute: _Attr[Any], value: Iterable[object]) -> None:
    seen: set[object] = set()
    for item in value:
        check_id(attribute.name, item)
        if item in seen:
            raise InvalidValueError(attribute.name, f"names {item!r} twice")
        seen.add(item)


def _are_lines(limit: int) -> Any:
    def check(_: object, attribute: _Attr[Any], value: Iterable[object]) -> None:
        for item in value:
            check_line(attribute.name, item, limit)
            if not str(item).strip():
                raise InvalidValueError(attribute.name, "must not hold an empty text")

    return check


def _between(low: int, high: int) -> Any:
    def check(_: object, attribute: _Attr[Any], value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidValueError(attribute.name, f"must be between {low:,} and {high:,}")

    return check


def _not_negative(_: object, attribute: _Attr[Any], value: timedelta) -> None:
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise InvalidValueError(attribute.name, "must be a duration of zero or more")


def _moment(value: Any, _: Any, field: _Attr[Any]) -> datetime:
    return utc(field.name, value)


def _tuple(value: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(value)


def _frozenset(value: Iterable[_T]) -> frozenset[_T]:
    if isinstance(value, str):  # a text is an iterable of characters, and never meant as such
        return frozenset({value})  # type: ignore[arg-type]
    return frozenset(value)


_to_moment: Any = attrs.Converter(_moment, takes_self=True, takes_field=True)  # type: ignore[call-overload]
_id: Any = attrs.field(validator=_is_id)
_optional_id: Any = attrs.field(default=None, validator=attrs.validators.optional(_is_id))
_when: Any = attrs.field(converter=_to_moment)
_optional_when: Any = attrs.field(default=None, converter=attrs.converters.optional(_to_moment))
_flag_off: Any = attrs.field(default=False, validator=_is_a(bool))


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

    id: Id = _id
    name: str = attrs.field(validator=_is_line(NAME_LIMIT))
    kind: UserKind = attrs.field(validator=_is_a(UserKind))
    roles: frozenset[Role] = attrs.field(default=frozenset(), converter=_frozenset)
    active: bool = attrs.field(default=True, validator=_is_a(bool))
    email: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(_is_line(ADDRESS_LIMIT))
    )
    phone: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(_is_line(ADDRESS_LIMIT))
    )
    company: str = attrs.field(default="", validator=_is_line(NAME_LIMIT, empty=True))
    language: str = attrs.field(default="en", validator=_is_line(35))

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
        return self.active and self.kind is UserKind.INTERNAL and Role.ADMINISTRATOR in self.roles

    @property
    def is_external(self) -> bool:
        """Somebody outside: not known to be an internal user (V15, V17)."""
        return self.kind is not UserKind.INTERNAL


@attrs.frozen(kw_only=True)
class System:
    """The library or the host acting by itself; it names its reason (V11).

    >>> System(reason="nightly import").reason
    'nightly import'
    """

    reason: str = attrs.field(validator=_is_line(NAME_LIMIT))


Actor = Id | System


class FollowSource(enum.Enum):
    """Why somebody follows; a follow ends with its last source (V10)."""

    CHOSEN = "chosen"
    ASSIGNED = "assigned"
    MEMBER = "member"
    CUSTOMER = "customer"


Followers = Mapping[Id, frozenset[FollowSource]]


def _followers(value: Any) -> Followers:
    return MappingProxyType({user_id: frozenset(sources) for user_id, sources in value.items()})


def _are_followers(_: object, attribute: _Attr[Any], value: Followers) -> None:
    for user_id, sources in value.items():
        check_id(attribute.name, user_id)
        if not sources or not all(isinstance(source, FollowSource) for source in sources):
            raise InvalidValueError(attribute.name, f"gives {user_id!r} no FollowSource")


def _no_followers() -> Any:
    return attrs.field(factory=dict, converter=_followers, validator=_are_followers, hash=False)


# --- teams and stages ----------------------------------------------------------------------------


class Visibility(enum.Enum):
    """Who may see a team and its tickets (V1-V4)."""

    PRIVATE = "private"
    COMPANY = "company"
    PUBLIC = "public"


class AssignmentMethod(enum.Enum):
    """What is kept equal: tickets ever assigned (A3), or tickets open now (A4)."""

    EQUAL_TICKETS = "equal_tickets"
    EQUAL_OPEN = "equal_open"


class CountScope(enum.Enum):
    """Whose tickets are counted for a member: the team's, or all of theirs (A7)."""

    TEAM = "team"
    GLOBAL = "global"


@attrs.frozen(kw_only=True)
class Team:
    """A team with its level, its members in order, its stages and its way of assigning.

    `public_description` is read by customers (T1). `member_ids` is in member order (A6); naming
    nobody means that the pool is every eligible user (*Words*).

    >>> Team(id="support", name="Support", visibility=Visibility.PUBLIC).member_ids
    ()
    """

    id: Id = _id
    name: str = attrs.field(validator=_is_line(NAME_LIMIT))
    visibility: Visibility = attrs.field(validator=_is_a(Visibility))
    company: str = attrs.field(default="", validator=_is_line(NAME_LIMIT, empty=True))
    public_description: str = attrs.field(default="", validator=_is_text)
    member_ids: tuple[Id, ...] = attrs.field(default=(), converter=_tuple, validator=_are_ids)
    stage_ids: frozenset[Id] = attrs.field(
        default=frozenset(), converter=_frozenset, validator=_are_ids
    )
    followers: Followers = _no_followers()
    auto_assign: bool = _flag_off
    assignment_method: AssignmentMethod = attrs.field(
        default=AssignmentMethod.EQUAL_TICKETS, validator=_is_a(AssignmentMethod)
    )
    assignment_scope: CountScope = attrs.field(
        default=CountScope.TEAM, validator=_is_a(CountScope)
    )
    look_ahead_window: timedelta = attrs.field(default=timedelta(0), validator=_not_negative)
    horizon: timedelta = attrs.field(default=timedelta(days=366), validator=_not_negative)
    members_follow: bool = _flag_off
    version: int = attrs.field(default=1, validator=_between(1, 2**62))


@attrs.frozen(kw_only=True)
class Stage:
    """A column of the pipeline; folded means that its tickets are closed (G1).

    `position` places it in the one order over all stages (G6). Templates are sent to the customer
    on entering (G8); with `once_per_ticket`, only the first time.

    >>> Stage(id="new", name="New", position=0).folded
    False
    """

    id: Id = _id
    name: str = attrs.field(validator=_is_line(NAME_LIMIT))
    position: int = attrs.field(validator=_between(0, 2**31 - 1))
    description: str = attrs.field(default="", validator=_is_text)
    folded: bool = _flag_off
    email_template: EmailTemplate | None = attrs.field(
        default=None, validator=attrs.validators.optional(_is_a(EmailTemplate))
    )
    sms_template: SmsTemplate | None = attrs.field(
        default=None, validator=attrs.validators.optional(_is_a(SmsTemplate))
    )
    once_per_ticket: bool = _flag_off


# --- tickets -------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Ticket:
    """One request. Whether it is closed is its stage's matter, never stored here (G1).

    `description` is what the customer wrote on opening. `available_from` is set when automatic
    assignment looked ahead (A10); `waiting` when it found nobody (A16). `merged_into` points from
    a tombstone to its master (M8). `version` counts the changes (T7).

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="No ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> ticket.priority, ticket.is_merged_away
    (0, False)
    """

    id: Id = _id
    team_id: Id = _id
    stage_id: Id = _id
    subject: str = attrs.field(validator=_is_line(SUBJECT_LIMIT))
    created_at: datetime = _when
    description: str = attrs.field(default="", validator=_is_text, repr=False)
    opener_id: Id | None = _optional_id
    customer_id: Id | None = _optional_id
    assignee_id: Id | None = _optional_id
    available_from: datetime | None = _optional_when
    waiting: bool = _flag_off
    priority: int = attrs.field(default=0, validator=_between(0, 3))
    tags: frozenset[str] = attrs.field(
        default=frozenset(), converter=_frozenset, validator=_are_lines(TAG_LIMIT)
    )
    links: frozenset[Id] = attrs.field(
        default=frozenset(), converter=_frozenset, validator=_are_ids
    )
    references: frozenset[str] = attrs.field(
        default=frozenset(), converter=_frozenset, validator=_are_lines(SUBJECT_LIMIT)
    )
    followers: Followers = _no_followers()
    closed_at: datetime | None = _optional_when
    merged_into: Id | None = _optional_id
    version: int = attrs.field(default=1, validator=_between(1, 2**62))

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

    id: Id = _id
    ticket_id: Id = _id
    body: str = attrs.field(validator=_is_text, repr=False)
    at: datetime = _when
    author_id: Id | None = _optional_id
    internal: bool = _flag_off
    automatic: bool = _flag_off


@attrs.frozen(kw_only=True)
class Attachment:
    """What is known of a file; its bytes are in the attachment store under `id`.

    `size` is in bytes and `digest` is SHA-256 in hexadecimal. An attachment of an internal note is
    internal too (V15).
    """

    id: Id = _id
    ticket_id: Id = _id
    name: str = attrs.field(validator=_is_line(255))
    size: int = attrs.field(validator=_between(0, 2**53))
    digest: str = attrs.field(validator=_is_line(64))
    at: datetime = _when
    media_type: str = attrs.field(
        default="application/octet-stream", validator=_is_line(NAME_LIMIT)
    )
    author_id: Id | None = _optional_id
    message_id: Id | None = _optional_id
    internal: bool = _flag_off


@attrs.frozen(kw_only=True)
class TimeEntry:
    """Minutes that somebody worked on a ticket; never shown outside."""

    id: Id = _id
    ticket_id: Id = _id
    user_id: Id = _id
    minutes: int = attrs.field(validator=_between(1, 60 * 24 * 366))
    at: datetime = _when
    note: str = attrs.field(default="", validator=_is_text, repr=False)


# --- time off ------------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Absence:
    """Time off: `[start, end)`; without an end it is open (A9).

    >>> from datetime import datetime, UTC
    >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
    >>> Absence(user_id="ada", start=monday, end=monday)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: end must be after start
    """

    user_id: Id = _id
    start: datetime = _when
    end: datetime | None = _optional_when

    def __attrs_post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise InvalidValueError("end", "must be after start")
