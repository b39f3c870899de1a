"""Fields that a host defines: what its tickets hold beyond the manual, by name."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, SUBJECT_LIMIT, TAG_LIMIT, check_line

#: What a field can hold; what holds nothing is not there.
FieldValue = str | int | float | bool | frozenset[str]
HostFields = Mapping[str, FieldValue]

#: How many fields a ticket can have, and how many texts a set in one of them.
FIELDS_LIMIT = 50
ITEMS_LIMIT = 1_000

NO_FIELDS: HostFields = MappingProxyType({})


def field_value(name: str, value: object) -> FieldValue | None:
    """The value as it is kept; None when there is none: a blank text and an empty set say nothing.

    Text is a line of at most 500 characters, a set holds at most 1,000 texts of at most 100, and
    whole numbers fit in 64 bits.

    >>> field_value("serials", {"A-7"}), field_value("room", " "), field_value("cost", 12.5)
    (frozenset({'A-7'}), None, 12.5)
    >>> field_value("cost", float("nan"))
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: fields.cost must be a finite number
    """
    field = f"fields.{name}"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, set | frozenset):
        return _set(field, value) or None
    if type(value) is str:
        check_line(field, value, SUBJECT_LIMIT)
        return value if value.strip() else None
    if type(value) is int:
        if not -(2**63) <= value < 2**63:
            raise InvalidValueError(field, "must fit in 64 bits")
        return value
    if type(value) is float:
        if not math.isfinite(value):
            raise InvalidValueError(field, "must be a finite number")
        return value + 0.0  # of two zeros one
    raise InvalidValueError(field, "must be text, a number, True, False or a set of texts")


def _set(field: str, value: Collection[Any]) -> frozenset[str]:
    if len(value) > ITEMS_LIMIT:
        raise InvalidValueError(field, f"must hold at most {ITEMS_LIMIT:,}, holds {len(value):,}")
    for item in value:
        check_line(field, item, TAG_LIMIT)
        if not item.strip():
            raise InvalidValueError(field, "must not hold an empty text")
    return frozenset(value)


def field_changes(value: Mapping[str, object]) -> dict[str, FieldValue | None]:
    """New values by name, None for a field that goes; in the order of the names.

    >>> field_changes({"room": "B 12", "cost": None})
    {'cost': None, 'room': 'B 12'}
    """
    if not isinstance(value, Mapping):
        raise InvalidValueError("fields", "must map names to values")
    for name in value:
        check_line("fields", name, NAME_LIMIT)
        if not name.strip():
            raise InvalidValueError("fields", "must not hold an empty name")
    return {name: field_value(name, value[name]) for name in sorted(value)}


def host_fields(value: Mapping[str, object]) -> HostFields:
    """The fields that hold something, in the order of their names, as nobody can change them."""
    if value is NO_FIELDS or value == {}:  # almost always: asked for every ticket that is made
        return NO_FIELDS
    kept = {name: one for name, one in field_changes(value).items() if one is not None}
    if len(kept) > FIELDS_LIMIT:
        raise InvalidValueError("fields", f"must be at most {FIELDS_LIMIT}, are {len(kept):,}")
    return MappingProxyType(kept)


def names_of_texts(fields: HostFields) -> frozenset[str]:
    """The names of the fields that hold text, or texts.

    >>> sorted(names_of_texts({"cost": 3, "room": "B 12", "serials": frozenset({"A-7"})}))
    ['room', 'serials']
    """
    return frozenset(n for n, value in fields.items() if isinstance(value, str | frozenset))


def without(fields: HostFields, names: Collection[str]) -> HostFields:
    """The fields, less those with these names."""
    return {name: value for name, value in fields.items() if name not in names}


def same_value(one: FieldValue | None, other: FieldValue | None) -> bool:
    """Whether they are equal, and of one kind: True is not 1, and 1 is not 1.0."""
    return type(one) is type(other) and one == other


def changed_fields(before: HostFields, after: HostFields) -> tuple[str, ...]:
    """The names of those that are others.

    >>> changed_fields({"cost": 1, "room": "B 12"}, {"cost": 1.0, "room": "B 12"})
    ('cost',)
    """
    names = sorted({*before, *after})
    return tuple(name for name in names if not same_value(before.get(name), after.get(name)))
