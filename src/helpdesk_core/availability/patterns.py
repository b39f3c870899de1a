"""What goes on for ever, laid out piece by piece: weekly schedules and recurring absences (A13)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from helpdesk_core.availability.edges import (
    DAY,
    FIRST,
    LAST,
    MINUTE,
    PIECE,
    Edges,
    joined,
    minus,
    to_moment,
    within,
)
from helpdesk_core.availability.zones import from_wall, offsets
from helpdesk_core.entities import RecurringAbsence

#: What has not come within so long never does: weeks and leap years are the same after 28 years,
#: and 40 over the end of most centuries.
REACH = 40 * 366 * DAY
#: No week has a longer stretch without hours that it has at all, also when a day is lost (A13).
WEEKS = 4 * 7 * DAY
#: How many pieces are kept, about ten years; then all are laid out anew when asked for.
KEPT = 128


class Pattern(ABC):
    """Spells without a last one; laid out in pieces of four weeks when these are asked for.

    A piece depends on nothing but its number, so threads that lay out the same one do no harm.
    """

    def __init__(self) -> None:
        self._pieces: dict[int, Edges] = {}

    def edges(self, number: int) -> Edges:
        """The edges of one piece; a spell that goes on past its ends is cut there."""
        found = self._pieces.get(number)
        if found is None:
            if len(self._pieces) >= KEPT:
                self._pieces.clear()
            found = self._pieces[number] = array("q", self._laid_out(number))
        return found

    @abstractmethod
    def _laid_out(self, number: int) -> Iterable[int]:
        """The edges of one piece."""

    def contains(self, at: int) -> bool:
        """Whether this moment is inside."""
        return bisect_right(self.edges(at // PIECE), at) & 1 == 1

    def reached(self, at: int, to: int, limit: int) -> int | None:
        """The first moment inside, `to` or later; None when it takes too long (A11).

        That is when, from `at` on, a stretch longer than `limit` has nothing inside.
        """
        quiet, number = at, at // PIECE
        while number * PIECE - quiet <= limit:
            edges = self.edges(number)
            for place in range(bisect_right(edges, at) & ~1, len(edges), 2):
                start, end = edges[place], edges[place + 1]
                if start - quiet > limit:
                    return None
                if end > to:
                    return max(start, to)
                quiet = end
            number += 1
        return None

    def left(self, at: int) -> int | None:
        """The first moment that is not inside, `at` or later; None: not within reach."""
        for number in range(at // PIECE, (at + REACH) // PIECE + 1):
            edges = self.edges(number)
            place = bisect_right(edges, at)
            if not place & 1:
                return at
            at = (number + 1) * PIECE
            if edges[place] != at:
                return edges[place]
        return None


class Week(Pattern):
    """A weekly schedule: inside is when the clock on the member's wall shows a time in the hours.

    So an hour that is put forward is not there, and one that is put back is worked twice.
    """

    def __init__(self, time_zone: str, hours: tuple[tuple[int, int, int], ...]) -> None:
        super().__init__()
        self._time_zone = time_zone
        self._days = [
            joined((start * MINUTE, end * MINUTE) for on, start, end in hours if on == day)
            for day in range(7)
        ]

    @property
    def is_whole(self) -> bool:
        """Whether it holds every hour there is."""
        return all(day == [0, DAY] for day in self._days)

    @property
    def is_empty(self) -> bool:
        """Whether it holds no hour at all."""
        return not any(self._days)

    def _laid_out(self, number: int) -> list[int]:
        edges: list[int] = []
        for start, end, offset in offsets(self._time_zone, number):
            for day in range((start + offset) // DAY, (end + offset) // DAY + 1):
                midnight = day * DAY - offset
                windows = self._days[(day + 3) % 7]  # 1970 began on a Thursday
                for place in range(0, len(windows), 2):
                    opens = max(start, midnight + windows[place])
                    closes = min(end, midnight + windows[place + 1])
                    if opens >= closes:
                        continue
                    if edges and edges[-1] == opens:
                        edges[-1] = closes
                    else:
                        edges += (opens, closes)
        return edges


@lru_cache(maxsize=256)
def week_of(time_zone: str, hours: tuple[tuple[int, int, int], ...]) -> Week:
    """One week for all who work the same hours in the same zone."""
    return Week(time_zone, hours)


class Recurring(Pattern):
    """Recurring absences that go on for ever: inside is when one of them is on."""

    def __init__(self, absences: Iterable[RecurringAbsence]) -> None:
        super().__init__()
        self._absences = tuple(absences)

    def _laid_out(self, number: int) -> list[int]:
        start, end = number * PIECE, (number + 1) * PIECE
        spells: list[tuple[int, int | None]] = []
        for absence in self._absences:
            # no wall is a day from UTC
            since = _on_a_wall(start - DAY - absence.lasts // timedelta.resolution)
            until = _on_a_wall(end + DAY)
            spells += occurrences(absence, absence.recurrence.starts(since, until))
        return within(joined(spells), start, end)


class Hours(Pattern):
    """When a week lets somebody in and no recurring absence keeps them out."""

    def __init__(self, week: Week | None, recurring: Recurring) -> None:
        super().__init__()
        self._week, self._recurring = week, recurring

    def _laid_out(self, number: int) -> list[int]:
        whole = (number * PIECE, (number + 1) * PIECE)
        inside = whole if self._week is None else self._week.edges(number)
        return minus(inside, self._recurring.edges(number))


def occurrences(absence: RecurringAbsence, starts: Iterable[datetime]) -> Iterator[tuple[int, int]]:
    """Each time that a recurring absence is on, of those that begin at these times on the wall.

    Both ends are read off the clock on the wall. An occurrence of which a clock that is put
    forward leaves nothing is not there, as a Friday in Apia.
    """
    zone, left_out = ZoneInfo(absence.time_zone), absence.left_out
    lasts = absence.lasts // timedelta.resolution
    for shown in starts:
        if shown not in left_out:
            wall = (shown - _WALL) // timedelta.resolution
            start, end = from_wall(zone, wall), from_wall(zone, wall + lasts)
            if start < end:
                yield start, end


_WALL = datetime(1970, 1, 1)  # noqa: DTZ001 - on the wall


def _on_a_wall(number: int) -> datetime:
    return to_moment(min(max(number, FIRST), LAST)).replace(tzinfo=None)
