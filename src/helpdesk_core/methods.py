"""How a team assigns: the choices there are, what is special about a member, what is remembered.

Their names are public as those of `helpdesk_core.entities`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import (
    FLAG_OFF,
    TAG_LIMIT,
    WHEN,
    Attribute,
    Id,
    are_ids,
    are_lines,
    between,
    check_id,
    distinct,
)


class AssignmentMethod(enum.Enum):
    """What is kept equal: tickets ever assigned (A3), or tickets open now (A4)."""

    EQUAL_TICKETS = "equal_tickets"
    EQUAL_OPEN = "equal_open"


class CountScope(enum.Enum):
    """Whose tickets are counted for a member: the team's, or all of theirs (A7)."""

    TEAM = "team"
    GLOBAL = "global"


class AssignmentMode(enum.Enum):
    """What becomes of a ticket while nobody is there: given out, or kept waiting (A10, A16)."""

    ASSIGN_NOW = "assign_now"
    DEFER = "defer"


class CatchUp(enum.Enum):
    """How somebody who comes back, or is new, gets level where tickets are kept equal (A8).

    `FULL`: with every ticket until level. `NONE`: not at all, by a credit. `SMOOTHED`: of two
    automatic assignments in a row at most one goes to those who catch up.
    """

    FULL = "full"
    NONE = "none"
    SMOOTHED = "smoothed"


def _known_ids(value: Iterable[Id]) -> frozenset[Id]:
    return distinct("member_ids", value)


def _behind(value: Iterable[Id]) -> frozenset[Id]:
    return distinct("behind", value)


@attrs.frozen(kw_only=True)
class CatchingUp:
    """What a team remembers from one automatic assignment to the next, to know who is new (A8).

    Who was in the pool `at` the latest one, who was behind and still catches up, and whether it
    went to one of these (`their_turn`).
    """

    at: datetime = WHEN
    member_ids: frozenset[Id] = attrs.field(converter=_known_ids, validator=are_ids)
    behind: frozenset[Id] = attrs.field(default=frozenset(), converter=_behind, validator=are_ids)
    their_turn: bool = FLAG_OFF


def _tags(value: Iterable[str]) -> frozenset[str]:
    return distinct("tags", value)


@attrs.frozen(kw_only=True)
class MemberOptions:
    """What is special about a member of a team, beyond the manual (A19).

    `capacity`: so many open tickets at most, None for any number. `weight`: who has 2 gets twice
    the tickets of who has 1. `tags`: of tickets with tags only those with one of these, None for
    all; a ticket without tags is for everybody.

    >>> MemberOptions(capacity=-1)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: capacity must be between 0 and 2,147,483,647
    """

    capacity: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(between(0, 2**31 - 1))
    )
    weight: int = attrs.field(default=1, validator=between(1, 100))
    tags: frozenset[str] | None = attrs.field(
        default=None,
        converter=attrs.converters.optional(_tags),
        validator=attrs.validators.optional(are_lines(TAG_LIMIT)),
    )


Options = Mapping[Id, MemberOptions]


def options_of(value: Mapping[Id, MemberOptions]) -> Options:
    """The same, as nobody can change it."""
    if not isinstance(value, Mapping):
        raise InvalidValueError("member_options", "must map ids to MemberOptions")
    return MappingProxyType(dict(value))


def are_options(_: object, attribute: Attribute[Any], value: Mapping[Id, object]) -> None:
    """Refuse what does not give ids their options."""
    for member_id, options in value.items():
        check_id(attribute.name, member_id)
        if not isinstance(options, MemberOptions):
            raise InvalidValueError(attribute.name, f"gives {member_id!r} no MemberOptions")
