"""Who there is, who acts, and who follows (*Words*, V10, V11)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import (
    ADDRESS_LIMIT,
    ID,
    NAME_LIMIT,
    Attribute,
    Id,
    check_id,
    distinct,
    is_a,
    is_line,
)

#: What stands where something was removed for legal reasons (T9).
REMOVED = "[removed]"


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


#: The field of a ticket and of a team.
FOLLOWERS: Any = attrs.field(
    factory=dict, converter=_followers, validator=_are_followers, hash=False
)
