"""Single values out of plain data, taken as they are written or refused; and where they were."""

from __future__ import annotations

import enum
import math
import re
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from helpdesk_core.adapters.plain.schemas import DURATION, MOMENT, UUID_TEXT
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, utc

_DURATION, _MOMENT, _UUID = map(re.compile, (DURATION, MOMENT, UUID_TEXT))
_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "microseconds")
_WORDS = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}

# --- errors, by their places ---------------------------------------------------------------------


@contextmanager
def at_place(place: str) -> Iterator[None]:
    """What is wrong inside is wrong at this place; nothing of what is there is shown."""
    try:
        yield
    except InvalidValueError as error:
        inner = error.field
        dot = "." if place and inner and not inner.startswith("[") else ""
        raise InvalidValueError(f"{place}{dot}{inner}", error.problem) from None
    except Exception as error:  # a date that is none, a number too large: whatever a class says
        raise InvalidValueError(place, f"cannot be read: {type(error).__name__}") from None


@contextmanager
def of_kind(shape: Any) -> Iterator[None]:
    """The same for the whole, which has the name of its kind."""
    try:
        with at_place(""):
            yield
    except InvalidValueError as error:
        if error.field:
            raise
        name = getattr(shape, "__name__", None) or "data"
        raise InvalidValueError(name, error.problem) from None


def shown(name: Any) -> str:
    """A name out of data, unless it is a text that was never meant to be one."""
    return name if name.isprintable() and 0 < len(name) <= NAME_LIMIT else "a name"


# --- single values -------------------------------------------------------------------------------


def same(value: Any) -> Any:
    """What is plain already."""
    return value


def exactly(value: Any, kind: type) -> Any:
    """The value, if it is of this class and of none below it."""
    if type(value) is not kind:
        raise InvalidValueError("", f"must be {_WORDS[kind]}")
    return value


def finite(value: Any) -> float:
    """A number that JSON can say."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise InvalidValueError("", "must be a finite number")
    return float(value)


def named_values(value: Any) -> list[tuple[str, Any]]:
    """What an object holds, by name."""
    found = exactly(value, dict)
    if not all(type(name) is str for name in found):
        raise InvalidValueError("", "must have names that are texts")
    return list(found.items())


def check_tag(value: Any) -> None:
    """Refuse what does not say its class."""
    exactly(value, dict)
    if value.keys() != {"$", "value"} or type(value["$"]) is not str:
        raise InvalidValueError("", "must be an object of '$', a name, and 'value'")


def moment_out(value: datetime) -> str:
    """A moment as ISO 8601, in UTC."""
    return utc("", value).isoformat()


def moment_back(value: Any, _: Any = None) -> datetime:
    """A moment in UTC, whatever its offset was."""
    if type(value) is not str or not _MOMENT.fullmatch(value):
        raise InvalidValueError("", "must be a moment as 2026-01-05T09:30:00+00:00")
    return utc("", datetime.fromisoformat(value))


def duration_out(value: timedelta) -> str:
    """A duration as ISO 8601, in days and seconds.

    >>> duration_out(timedelta(days=2, milliseconds=1500)), duration_out(timedelta(0))
    ('P2DT1.5S', 'PT0S')
    """
    sign, length = ("-", -value) if value < timedelta(0) else ("", value)
    seconds = f"{length.seconds}.{length.microseconds:06}".rstrip("0").rstrip(".")
    days = f"{length.days}D" if length.days else ""
    rest = f"T{seconds}S" if seconds != "0" or not days else ""
    return f"{sign}P{days}{rest}"


def duration_back(value: Any, _: Any = None) -> timedelta:
    """A duration; no years or months, which are of no one length."""
    found = _DURATION.fullmatch(value) if type(value) is str else None
    if found is None:
        raise InvalidValueError("", "must be a duration as P30D or PT1.5S")
    sign, *numbers, fraction = found.groups()
    parts = [int(number or 0) for number in (*numbers, (fraction or "").ljust(6, "0"))]
    length = timedelta(**dict(zip(_UNITS, parts, strict=True)))
    return -length if sign else length


def uuid_back(value: Any, _: Any = None) -> UUID:
    """A UUID as RFC 9562 writes it."""
    if type(value) is not str or not _UUID.fullmatch(value):
        raise InvalidValueError("", "must be a UUID")
    return UUID(value)


def enumeration_back(value: Any, kind: type[enum.Enum]) -> enum.Enum:
    """A member, by its value."""
    for one in kind:
        if type(value) is str and one.value == value:
            return one
    raise InvalidValueError("", f"must be one of {', '.join(str(one.value) for one in kind)}")


def literal_back(value: Any, shape: Any) -> Any:
    """One of the texts that are named."""
    parts = typing.get_args(shape)
    if type(value) is not str or value not in parts:
        raise InvalidValueError("", f"must be one of {', '.join(parts)}")
    return value
