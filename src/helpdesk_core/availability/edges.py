"""Spells of time as edges: sorted whole numbers at which something begins and ends in turn.

Moments are microseconds since 1970 in UTC. A spell is half-open, so a moment is inside exactly
when the number of edges up to it is odd, which one bisection tells. A last edge without another
begins a spell without an end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from helpdesk_core.errors import InvalidValueError

Edges = Sequence[int]

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 1440 * MINUTE
#: What goes on for ever is laid out in pieces of four weeks, numbered from 1970 on.
PIECE = 28 * DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_number(field: str, moment: datetime) -> int:
    """The moment as a number; a naive one is refused (A9).

    >>> to_number("at", datetime(1970, 1, 2, tzinfo=UTC)) == DAY
    True
    """
    if not isinstance(moment, datetime):
        raise InvalidValueError(field, "must be a datetime with a time zone")
    try:
        since = moment - _EPOCH
    except TypeError:
        raise InvalidValueError(field, "must be a datetime with a time zone") from None
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def to_moment(number: int) -> datetime:
    """The number as a moment in UTC.

    >>> to_moment(DAY).isoformat()
    '1970-01-02T00:00:00+00:00'
    """
    return _EPOCH + timedelta(0, 0, number)


#: The first and the last moment that there are.
FIRST = to_number("first", datetime.min.replace(tzinfo=UTC))
LAST = to_number("last", datetime.max.replace(tzinfo=UTC))


def joined(spells: Iterable[tuple[int, int | None]]) -> list[int]:
    """The edges of these spells, in any order: overlapping and touching ones are one (A9).

    >>> joined([(5, 6), (1, 3), (2, 4), (4, 5)]), joined([(1, 3), (2, None), (7, 8)])
    ([1, 6], [1])
    """
    edges: list[int] = []
    for start, end in sorted(spells, key=lambda spell: spell[0]):
        if edges and start <= edges[-1]:
            if end is None:
                edges.pop()
                break
            edges[-1] = max(edges[-1], end)
        elif end is None:
            edges.append(start)
            break
        else:
            edges += (start, end)
    return edges


def within(edges: Edges, start: int, end: int) -> list[int]:
    """The part between these two.

    >>> within([1, 5, 8], 2, 4), within([1, 5, 8], 5, 9)
    ([2, 4], [8, 9])
    """
    first, last = bisect_right(edges, start), bisect_left(edges, end)
    part = [start, *edges[first:last]] if first & 1 else list(edges[first:last])
    if len(part) & 1:
        part.append(end)
    return part


def minus(edges: Edges, holes: Edges) -> list[int]:
    """What is left without the holes; all of these spells end.

    >>> minus([0, 10, 20, 30], [2, 4, 8, 25])
    [0, 2, 4, 8, 25, 30]
    """
    left: list[int] = []
    for place in range(0, len(edges), 2):
        at, end = edges[place], edges[place + 1]
        hole = bisect_right(holes, at) & ~1
        while hole < len(holes) and holes[hole] < end:
            if at < holes[hole]:
                left += (at, holes[hole])
            at = holes[hole + 1]
            hole += 2
        if at < end:
            left += (at, end)
    return left
