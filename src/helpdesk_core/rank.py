"""Where a ticket stands in its column: a text between those of its neighbours (G12).

Columns go by (`rank`, `id`). A new ticket's rank is its moment of coming, so a column begins as the
list that it is; one that is dragged gets a rank between its new neighbours', and nobody else gets
another. Ranks are digits and letters, compared as plain text, and never end with the least digit:
so there is always room before, after and between.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import Attribute, Id

#: The longest rank. To need more, some three thousand tickets must be dragged into one gap, each
#: between the one before and the same neighbour.
RANK_LIMIT = 500

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_BASE = len(_DIGITS)
_MIDDLE = _DIGITS[_BASE // 2]
_MOMENT = 10  # digits for the microseconds since the year 1
_OWN = 6  # digits that tell apart what came at the same moment
_RANK = re.compile("[0-9A-Za-z]*[1-9A-Za-z]")
_BEGINNING = datetime.min.replace(tzinfo=UTC)


def rank_of_coming(created_at: datetime, id: Id) -> str:
    """The rank that a ticket has before anybody drags it: earlier ones are smaller.

    What came at the same moment is told apart by the ids, in an order that means nothing.

    >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
    >>> rank_of_coming(monday, "T-2") < rank_of_coming(monday + timedelta(microseconds=1), "T-1")
    True
    """
    moment = (created_at - _BEGINNING) // timedelta(microseconds=1)
    text = f"{type(id).__name__} {id}".encode("utf-8", "surrogatepass")
    return _written(moment, _MOMENT) + _written(crc32(text), _OWN) + _MIDDLE


def rank_between(above: str | None, below: str | None) -> str | None:
    """A rank after `above` and before `below`; None for either is the end of the column.

    None when there is no room: they are in another order, the same, or the rank would be longer
    than `RANK_LIMIT`.

    >>> rank_between("A", "C"), rank_between("A", "B"), rank_between("B", "A")
    ('B', 'AV', None)
    """
    if above is not None and below is not None:
        rank = _between(above, below) if above < below else None
    elif above is not None:
        rank = _beside(above, +1)
    elif below is not None:
        rank = _beside(below, -1)
    else:
        rank = _MIDDLE
    return None if rank is None or len(rank) > RANK_LIMIT else rank


def check_rank(field: str, value: object) -> None:
    """Refuse what is no rank.

    >>> check_rank("rank", "a-b")
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: rank must be ASCII digits and letters, no 0 last
    """
    if not isinstance(value, str) or _RANK.fullmatch(value) is None:
        raise InvalidValueError(field, "must be ASCII digits and letters, no 0 last")
    if len(value) > RANK_LIMIT:
        raise InvalidValueError(field, f"must have at most {RANK_LIMIT} characters")


def is_rank(_: object, attribute: Attribute[Any], value: object) -> None:
    """The same for a field of an entity."""
    check_rank(attribute.name, value)


def _between(above: str, below: str) -> str:
    same = 0
    while above[same : same + 1] == below[same]:
        same += 1
    if same == len(above):
        return below[:same] + _before(below[same:])
    low, high = _VALUES[above[same]], _VALUES[below[same]]
    if high - low > 1:
        return above[:same] + _DIGITS[(low + high) // 2]
    if same + 1 < len(below):
        return below[: same + 1]
    return above[: same + 1] + _after(above[same + 1 :])


def _before(rank: str) -> str:
    """Something before what does not end with the least digit."""
    zeros = len(rank) - len(rank.lstrip(_DIGITS[0]))
    first = _VALUES[rank[zeros]]
    if first > 1:
        return rank[:zeros] + _DIGITS[first // 2]
    return rank[:zeros] + _DIGITS[0] + _MIDDLE


def _after(rank: str) -> str:
    """Something after it, as short as can be."""
    last = _DIGITS[-1]
    nines = len(rank) - len(rank.lstrip(last))
    if nines == len(rank):
        return rank + _MIDDLE
    return rank[:nines] + _DIGITS[(_VALUES[rank[nines]] + _BASE) // 2]


def _beside(rank: str, step: int) -> str | None:
    """The next moment, or the one before: at the ends of a column ranks do not grow."""
    moment = 0
    for digit in rank[:_MOMENT].ljust(_MOMENT, _DIGITS[0]):
        moment = moment * _BASE + _VALUES[digit]
    moment += step
    return _written(moment, _MOMENT) + _MIDDLE if 0 <= moment < _BASE**_MOMENT else None


def _written(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, _BASE)
        text = _DIGITS[digit] + text
    return text
