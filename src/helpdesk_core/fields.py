"""Checks of plain values, and the validated fields that entities are made of.

Every check raises `InvalidValueError` with the field's name and the limit, never with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs

from helpdesk_core.errors import InvalidValueError

Id = int | str | UUID

NAME_LIMIT = 200
SUBJECT_LIMIT = 500
BODY_LIMIT = 1024 * 1024  # bytes of UTF-8
TAG_LIMIT = 100
ADDRESS_LIMIT = 320

_T = TypeVar("_T")
Attribute = attrs.Attribute  # the validators' second argument
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_A_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


# --- checks --------------------------------------------------------------------------------------


def check_id(field: str, value: object) -> None:
    """Refuse what is not an id: `True` is not 1, and an empty text names nothing.

    >>> check_id("team_id", True)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: team_id must be an int, a non-empty str or a UUID
    """
    if type(value) is str and 0 < len(value) <= NAME_LIMIT and value.isprintable():
        return  # almost always: asked for every id of everything that is made
    if isinstance(value, bool) or not isinstance(value, int | str | UUID) or value == "":
        raise InvalidValueError(field, "must be an int, a non-empty str or a UUID")
    if isinstance(value, str):
        check_line(field, value, NAME_LIMIT)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InvalidValueError(field, "must fit in 64 bits")


def check_ids(field: str, values: Iterable[object]) -> None:
    """Refuse ids of which one is none, before anything takes it for one."""
    for value in values:
        check_id(field, value)


def check_line(field: str, value: object, limit: int) -> None:
    """Refuse what is not one line of text of at most `limit` characters."""
    if not isinstance(value, str):
        raise InvalidValueError(field, "must be text")
    if len(value) > limit:
        raise InvalidValueError(
            field, f"must have at most {limit:,} characters, has {len(value):,}"
        )
    if value.isprintable():  # almost always: neither of what follows
        return
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
    if isinstance(value, datetime):
        if value.tzinfo is UTC:
            return value
        if value.utcoffset() is not None:
            return value.astimezone(UTC)
    raise InvalidValueError(field, "must be a datetime with a time zone")


def zone_of(field: str, name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    >>> zone_of("time_zone", "Europe/Roma")
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: time_zone must be an IANA time zone
    """
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError, TypeError):  # not there, no name, a folder of names
        raise InvalidValueError(field, "must be an IANA time zone") from None


def is_id(_: object, attribute: Attribute[Any], value: object) -> None:
    check_id(attribute.name, value)


def is_line(limit: int, *, empty: bool = False) -> Any:
    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        check_line(attribute.name, value, limit)
        if not empty and not str(value).strip():
            raise InvalidValueError(attribute.name, "must not be empty")

    return check


def is_text(_: object, attribute: Attribute[Any], value: object) -> None:
    check_text(attribute.name, value)


def is_a(kind: type) -> Any:
    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise InvalidValueError(attribute.name, f"must be a {kind.__name__}")

    return check


def are_ids(_: object, attribute: Attribute[Any], value: Iterable[object]) -> None:
    seen: set[object] = set()
    for item in value:
        check_id(attribute.name, item)
        if item in seen:
            raise InvalidValueError(attribute.name, f"names {item!r} twice")
        seen.add(item)


def are_lines(limit: int) -> Any:
    def check(_: object, attribute: Attribute[Any], value: Iterable[object]) -> None:
        for item in value:
            check_line(attribute.name, item, limit)
            if not str(item).strip():
                raise InvalidValueError(attribute.name, "must not hold an empty text")

    return check


def between(low: int, high: int) -> Any:
    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidValueError(attribute.name, f"must be between {low:,} and {high:,}")

    return check


def not_negative(_: object, attribute: Attribute[Any], value: timedelta) -> None:
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise InvalidValueError(attribute.name, "must be a duration of zero or more")


def _moment(value: Any, _: Any, field: Attribute[Any]) -> datetime:
    return utc(field.name, value)


def check_collection(field: str, value: object) -> None:
    """Refuse one text where several things are expected: its letters are never meant.

    >>> check_collection("tags", "urgent")
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: tags must be a collection, not one text
    """
    if isinstance(value, str | bytes | bytearray):
        raise InvalidValueError(field, "must be a collection, not one text")
    if not isinstance(value, Iterable):
        raise InvalidValueError(field, "must be a collection")


def collection(field: str, value: Iterable[_T]) -> tuple[_T, ...]:
    """The things in it, which can be gone through again and again.

    >>> collection("tags", (letter for letter in "ab"))
    ('a', 'b')
    """
    check_collection(field, value)
    return tuple(value)


def settled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by name, as they can be read more than once: a use-case may start anew.

    >>> settled({"tags": iter(["ink"]), "priority": 2})
    {'tags': ('ink',), 'priority': 2}
    """
    return {
        name: tuple(value) if isinstance(value, Iterator) else value
        for name, value in fields.items()
    }


def distinct(field: str, value: Iterable[_T]) -> frozenset[_T]:
    """The things in it, as a set.

    >>> distinct("tags", [["ink"]])
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: tags holds what cannot be in a set
    """
    if isinstance(value, frozenset):
        return value
    try:
        return frozenset(collection(field, value))
    except TypeError:
        raise InvalidValueError(field, "holds what cannot be in a set") from None


to_moment: Any = attrs.Converter(_moment, takes_self=True, takes_field=True)
ID: Any = attrs.field(validator=is_id)
OPTIONAL_ID: Any = attrs.field(default=None, validator=attrs.validators.optional(is_id))
WHEN: Any = attrs.field(converter=to_moment)
OPTIONAL_WHEN: Any = attrs.field(default=None, converter=attrs.converters.optional(to_moment))
FLAG_OFF: Any = attrs.field(default=False, validator=is_a(bool))
