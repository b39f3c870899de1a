"""What the clock on a wall shows, and when it showed something (A13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from helpdesk_core.availability.edges import DAY, FIRST, LAST, PIECE, SECOND, to_moment

_TWO_DAYS = 2 * DAY
_WALL = datetime(1970, 1, 1)  # noqa: DTZ001 - on the wall


def from_wall(zone: ZoneInfo, wall: int) -> int:
    """The moment at which the clock shows this, by RFC 5545 (3.3.5).

    What the clock shows twice is the first of both. What it never shows, because it was put
    forward, is read with the offset before: half past two is then half past three.
    """
    shown = _WALL + timedelta(0, 0, _known(wall))
    return wall - shown.replace(tzinfo=zone).utcoffset() // timedelta.resolution  # type: ignore[operator]


@lru_cache(maxsize=4096)
def offsets(time_zone: str, number: int) -> tuple[tuple[int, int, int], ...]:
    """The offsets of the clock in a piece of time: (from, until, offset), in order.

    Between two changes the wall runs as UTC does, and no gap or fold needs a thought.
    """
    zone = ZoneInfo(time_zone)
    start = at = number * PIECE
    end = start + PIECE
    offset = _offset(zone, at)
    found = []
    while at < end:
        next_day = at + DAY
        if _offset(zone, next_day) != offset:
            change = _change(zone, at, next_day)
            found.append((start, change, offset))
            start, offset = change, _offset(zone, change)
        at = next_day
    return (*found, (start, end, offset))


def _offset(zone: ZoneInfo, at: int) -> int:
    local = to_moment(_known(at)).astimezone(zone)
    return (local.replace(tzinfo=UTC) - local) // timedelta.resolution


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The moment between these two, a whole second, at which the clock is changed."""
    offset = _offset(zone, low)
    while high - low > SECOND:
        middle = low + (high - low) // (2 * SECOND) * SECOND
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _known(number: int) -> int:
    """A zone reaches past the first and the last moment there is: there, the nearest that works."""
    return min(max(number, FIRST + _TWO_DAYS), LAST - _TWO_DAYS)
