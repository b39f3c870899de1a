"""One member: what is away, and the hours; and the union of a team (A9-A13)."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import zip_longest

from helpdesk_core.availability.edges import (
    FIRST,
    LAST,
    PIECE,
    Edges,
    joined,
    minus,
    to_moment,
    to_number,
    within,
)
from helpdesk_core.availability.patterns import (
    KEPT,
    REACH,
    WEEKS,
    Hours,
    Pattern,
    Recurring,
    Week,
    occurrences,
)
from helpdesk_core.entities import Absence, Id, RecurringAbsence


class Member(Pattern):
    """When one member is there: inside the hours, and not away.

    `away` are the finite absences and those without an end, joined; a recurring one that ends is
    among them. What goes on for ever is in `_recurring` and in `hours` (A11).
    """

    def __init__(
        self, absences: Iterable[Absence | RecurringAbsence] = (), week: Week | None = None
    ) -> None:
        super().__init__()
        spells: list[tuple[int, int | None]] = []
        endless: list[RecurringAbsence] = []
        for absence in absences:
            if isinstance(absence, Absence):
                end = None if absence.end is None else to_number("end", absence.end)
                spells.append((to_number("start", absence.start), end))
            elif absence.recurrence.ends:
                spells += occurrences(absence, absence.recurrence.all())
            else:
                endless.append(absence)
        self.away: Edges = array("q", joined(spells))
        self.week = None if week is None or week.is_whole else week
        self._recurring = Recurring(endless) if endless else None
        self.hours: Pattern | None = self.week
        if self._recurring is not None and not (self.week and self.week.is_empty):
            self.hours = Hours(self.week, self._recurring)

    def is_absent(self, at: int) -> bool:
        """Whether there is time off at this moment, whatever the schedule says."""
        if bisect_right(self.away, at) & 1:
            return True
        return self._recurring is not None and self._recurring.contains(at)

    def is_available(self, at: int) -> bool:
        """Whether the member is there at this moment."""
        if bisect_right(self.away, at) & 1:
            return False
        return self.hours is None or self.hours.contains(at)

    def absent_until(self, at: int) -> int | None:
        """The first moment, `at` or later, without time off; None: without an end (A20)."""
        while True:  # every round but the last leaves one of `away` behind
            free = self._free_from(at)
            if free is None or self._recurring is None:
                return free
            end = self._recurring.left(free)
            if end is None or end == at:
                return end
            at = end

    def ended(self, after: int, until: int) -> list[tuple[int, int]]:
        """The spells of time off, joined, that end later than `after` and by `until` (A8)."""
        if self._recurring is None:
            away = self.away  # an end is an edge with an odd place
            ends = range(bisect_right(away, after) | 1, bisect_right(away, until), 2)
            return [(away[place - 1], away[place]) for place in ends]
        first = after
        while self.is_absent(first - 1):  # back to where that which lasts then begins
            place = bisect_right(self.away, first - 1)
            if place & 1:
                first = self.away[place - 1]
            else:
                edges = self._recurring.edges((first - 1) // PIECE)
                first = edges[bisect_right(edges, first - 1) - 1]
        spells: list[tuple[int, int | None]] = list(zip_longest(self.away[::2], self.away[1::2]))
        for number in range(first // PIECE, until // PIECE + 1):
            edges = self._recurring.edges(number)
            spells += zip(edges[::2], edges[1::2], strict=True)
        off = joined(spells)
        pairs = zip(off[::2], off[1::2], strict=False)  # the last may have no end
        return [(start, end) for start, end in pairs if after < end <= until]

    def next_available(self, after: int, horizon: int) -> int | None:
        """The first moment, `after` or later, at which the member is there; None: never (A11, A12).

        The hours must come round within the horizon, absences apart. Later, while absences last,
        they may take as long, and four weeks at least: no stretch between is longer. Whether this
        holds does not depend on the absences, so less of these never makes the moment later.
        """
        hours = self.hours
        if hours is None:
            return self._free_from(after)
        if self.week is not None and self.week.is_empty:
            return None
        limit = min(horizon, REACH)
        inside = hours.reached(after, after, limit)
        limit = max(limit, WEEKS)
        while inside is not None:  # every round leaves an absence behind: it ends (A11)
            free = self._free_from(inside)
            if free is None or free == inside:
                return free
            # a week alone cannot fail to come round, so it need not be followed
            inside = hours.reached(free if self._recurring is None else inside, free, limit)
        return None

    def next_change(self, at: int) -> int | None:
        """The first moment after this one at which the member comes or goes; None: never."""
        place = bisect_right(self.away, at)
        goes = self.away[place] if place < len(self.away) else None
        if self.hours is None:
            return goes
        edges = self.edges(at // PIECE)
        soon = bisect_right(edges, at)
        if soon < len(edges) and edges[soon] % PIECE:  # at the end of a piece it is only cut
            return edges[soon]
        if not self.is_available(at):
            return self.next_available(at, REACH)
        left = self.hours.left(at)
        return min((one for one in (goes, left) if one is not None), default=None)

    def _free_from(self, at: int) -> int | None:
        """`at`, or the end of the absence that it falls into; None: no end."""
        place = bisect_right(self.away, at)
        if not place & 1:
            return at
        return self.away[place] if place < len(self.away) else None

    def _laid_out(self, number: int) -> list[int]:
        start, end = number * PIECE, (number + 1) * PIECE
        inside = (start, end) if self.hours is None else self.hours.edges(number)
        return minus(inside, within(self.away, start, end))


class Team(Pattern):
    """When somebody of these is there, kept as one: a question is a bisection.

    >>> monday = 4 * 86_400_000_000
    >>> Team({"ada": Member()}).contains(monday)
    True
    """

    def __init__(self, members: Mapping[Id, Member]) -> None:
        super().__init__()
        self.members = members
        self._moments: dict[int, list[datetime]] = {}

    def with_member(self, member_id: Id, member: Member) -> Team:
        """The same team, with another in the place of this member; what the others keep stays."""
        return Team({**self.members, member_id: member})

    def moments(self, number: int) -> list[datetime]:
        """The edges of one piece as moments: what is asked and answered needs no arithmetic."""
        found = self._moments.get(number)
        if found is None:
            if len(self._moments) >= KEPT:
                self._moments.clear()
            edges = (max(edge, FIRST) for edge in self.edges(number) if edge <= LAST)
            found = self._moments[number] = [to_moment(edge) for edge in edges]
        return found

    def _laid_out(self, number: int) -> list[int]:
        spells: list[tuple[int, int | None]] = []
        for member in self.members.values():
            edges = member.edges(number)
            spells += zip(edges[::2], edges[1::2], strict=True)
        return joined(spells)
