"""What is counted while a log is gone through: open cases of each, and who waits, over time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import heappop, heappush
from statistics import median

import attrs

from helpdesk_core.cli.logs import EventLog
from helpdesk_core.cli.reports import Half, OpenLoads

MOST_COLUMNS = 120
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@attrs.frozen
class Columns:
    """The time of a log in columns of so many whole days on the wall, from its first day on.

    >>> from zoneinfo import ZoneInfo
    >>> columns = Columns(date(2026, 10, 24), ZoneInfo("Europe/Rome"), days=2, number=3)
    >>> str(columns.day_of(1)), str(columns.end_of(0)), str(columns.end_of(1))
    ('2026-10-26', '2026-10-25 23:00:00+00:00', '2026-10-27 23:00:00+00:00')
    """

    first: date
    zone: tzinfo
    days: int
    number: int

    def day_of(self, column: int) -> date:
        """The day with which a column begins."""
        return self.first + column * self.days * _DAY

    def end_of(self, column: int) -> datetime:
        """Where a column ends and the next begins: at a midnight, whatever clocks did before it."""
        return datetime.combine(self.day_of(column + 1), time(), self.zone).astimezone(UTC)


def columns_of(log: EventLog, zone: tzinfo) -> Columns:
    """Columns that hold the whole log, at most `MOST_COLUMNS` of them."""
    first, last = (log.events[place].at.astimezone(zone).date() for place in (0, -1))
    days = (last - first).days + 1
    wide = math.ceil(days / MOST_COLUMNS)
    return Columns(first, zone, wide, math.ceil(days / wide))


@attrs.frozen(kw_only=True)
class Result:
    """What came of a log, in history or by a variant.

    `open`, `spread` and `waiting` have the greatest value in each column, of those after an event
    and the one that it begins with.
    """

    name: str
    half: Half
    owners: Mapping[str, str | None] = attrs.field(repr=False)
    open: Mapping[str, Sequence[int]] = attrs.field(repr=False)  #: cases of each person
    spread: Sequence[int] = attrs.field(repr=False)  #: the most that somebody has, less the fewest
    waiting: Sequence[int] = attrs.field(repr=False)  #: cases for which nobody has been there yet
    waits: Mapping[str, timedelta] = attrs.field(repr=False)  #: of each case that waited
    began_to_wait: Counter[tuple[int, int]] = attrs.field(repr=False)  #: by weekday and hour

    @property
    def most_open(self) -> Mapping[str, int]:
        """The most cases that each person had open at once."""
        return {person: max(counts) for person, counts in self.open.items()}

    @property
    def most_loaded(self) -> str | None:
        """Who had the most open at once; of equals the first."""
        most = self.most_open
        return max(most, key=lambda person: most[person], default=None)

    @property
    def hours_waited(self) -> tuple[float, float, float]:
        """Of the cases that waited: the median, the longest, all together."""
        hours = [wait / _HOUR for wait in self.waits.values()] or [0.0]
        return median(hours), max(hours), sum(hours)


class Course:
    """Counts what it is told, in order of time; `result` at the end.

    A case waits while it is open and nobody has been there for it yet: from when it came (`wait`)
    until a moment that is known, or until somebody is there (`met`), or until it is closed.
    """

    def __init__(self, log: EventLog, columns: Columns) -> None:
        self._log, self._columns = log, columns
        self._loads = OpenLoads(log.people)
        self._now = log.events[0].at
        self._column, self._end = 0, columns.end_of(0)
        self._touched: set[str] = set()
        self._top = dict.fromkeys(log.people, 0)
        self._open: dict[str, list[int]] = {person: [] for person in log.people}
        self._spread = self._most_waiting = 0
        self._spreads: list[int] = []
        self._waiting: list[int] = []
        self._owners: dict[str, str | None] = {}
        self._unmet: dict[str, datetime | None] = {}  # nobody was there yet; from when somebody is
        self._ends: list[tuple[datetime, str]] = []
        self._since: dict[str, datetime] = {}  # those that wait now
        self._waits: dict[str, timedelta] = {}
        self._began: dict[str, datetime] = {}
        self._closings = self._reopenings = self._nobody = 0

    def go_to(self, now: datetime) -> None:
        """It is this moment now; whoever was expected until then is there."""
        while self._ends and self._ends[0][0] <= now:
            moment, case = heappop(self._ends)
            if self._unmet.get(case) == moment:
                self._turn_columns(moment)
                self.met(case)
        self._turn_columns(now)

    def _turn_columns(self, now: datetime) -> None:
        while now >= self._end:
            self._close_column()
            self._column += 1
            self._end = self._columns.end_of(self._column)
        self._now = max(now, self._now)

    def _close_column(self) -> None:
        for person, counts in self._open.items():
            counts.append(self._top[person])
            self._top[person] = self._loads.of(person)
        self._spreads.append(self._spread)
        self._spread = self._loads.spread
        self._waiting.append(self._most_waiting)
        self._most_waiting = len(self._since)

    # --- what happens ----------------------------------------------------------------------------

    def given(self, case: str, owner: str | None) -> None:
        """An open case is somebody's from now on, or, when it came, nobody's yet."""
        self._owners[case] = owner
        if owner is not None:
            self._loads.opened(owner)
            self._touched.add(owner)

    def closed(self, case: str) -> None:
        """A case is closed: who had it has one less, and it does not wait."""
        self._closings += 1
        self._loads.closed(self._owners[case])
        self._stop_waiting(case)

    def reopened(self, case: str) -> None:
        """A closed case is open again."""
        self._reopenings += 1
        owner = self._owners[case]
        if owner is not None:
            self._loads.opened(owner)
            self._touched.add(owner)
        if case in self._unmet:
            self._since[case] = self._now

    def wait(self, case: str, until: datetime | None) -> None:
        """Nobody is there for an open case, until a moment or for who knows how long."""
        if case not in self._waits:
            self._waits[case], self._began[case] = timedelta(), self._now
        self._unmet[case] = until
        self._since.setdefault(case, self._now)
        if until is not None:
            heappush(self._ends, (until, case))

    def met(self, case: str) -> None:
        """Somebody is there for a case."""
        if case in self._unmet:
            del self._unmet[case]
            self._stop_waiting(case)

    def _stop_waiting(self, case: str) -> None:
        since = self._since.pop(case, None)
        if since is not None:
            self._waits[case] += self._now - since

    def sample(self, *, event: bool = True) -> None:
        """Take in how things are after an event, or after what came of it."""
        for person in self._touched:
            self._top[person] = max(self._top[person], self._loads.of(person))
        self._touched.clear()
        self._spread = max(self._spread, self._loads.spread)
        self._most_waiting = max(self._most_waiting, len(self._since))
        if event:
            self._loads.sample()

    # --- what came of it -------------------------------------------------------------------------

    def result(self, name: str) -> Result:
        """The whole course; what waits still has waited until now, what was met at once has not."""
        for case in list(self._since):
            self._stop_waiting(case)
        waits = {case: wait for case, wait in self._waits.items() if wait}
        began = (self._began[case].astimezone(self._columns.zone) for case in waits)
        self._close_column()
        tickets = Counter(self._owners.values())
        half = Half(
            cases=len(self._owners),
            events=len(self._log.events),
            tickets={person: tickets[person] for person in self._log.people},
            nobody=tickets[None],
            closings=self._closings,
            reopenings=self._reopenings,
            open_spread_mean=self._loads.mean,
            open_spread_max=max(self._spreads),
            waited=len(waits),
        )
        return Result(
            name=name,
            half=half,
            owners=self._owners,
            open=self._open,
            spread=self._spreads,
            waiting=self._waiting,
            waits=waits,
            began_to_wait=Counter((moment.weekday(), moment.hour) for moment in began),
        )
