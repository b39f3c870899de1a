"""When the people of a log were away, worked out from the gaps that they left in it.

A guess, by one rule that can be said in a sentence (`RULE`): a log does not tell who was on leave.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from helpdesk_core.cli.logs import EventLog
from helpdesk_core.entities import Absence

LEAST = 5  #: working days without a trace that may be an absence at all
TIMES = 3  #: so many times as long as one's own habit
HABIT = 0.75  #: of one's pauses, so many are no longer than the habit
_BUSY = 0.5  # of the usual number of people, so many make a day a working day

RULE = (
    f"Somebody is taken to be away when nothing in the log is theirs for {LEAST} working days or "
    f"more, and for more than {TIMES} times as long as is their habit: three in four of their "
    "pauses are no longer than that. A working day is one on which at least half as many people "
    "are named as on the median day. The time before somebody's first day in the log and after "
    "their last is measured in the same way. Days are whole ones."
)
_DAY = timedelta(days=1)


def inferred(log: EventLog, zone: tzinfo) -> list[Absence]:
    """The absences of the people of a log, by its gaps; days are those of the zone.

    What goes on to the end of the log has no end.

    >>> from helpdesk_core.cli.csvfile import CsvFile
    >>> from helpdesk_core.cli.logs import LogFormat, read_log
    >>> days = [f"A,New,ada,2026-01-{day:02}".encode() for day in range(1, 32)]
    >>> days += [f"B,New,ben,2026-01-{day:02}".encode() for day in (*range(1, 6), *range(20, 32))]
    >>> log = read_log(CsvFile([b"case,what,who,when", *days], name="log.csv"),
    ...     LogFormat(case="case", activity="what", person="who", time="when"))
    >>> [(away.user_id, str(away.start.date()), str(away.end.date()))
    ...  for away in inferred(log, UTC)]
    [('ben', '2026-01-06', '2026-01-20')]
    """
    days: defaultdict[str, set[date]] = defaultdict(set)
    for event in log.events:
        if event.person is not None:
            days[event.person].add(event.at.astimezone(zone).date())
    working = _working_days(days.values())
    first_of_all = log.events[0].at.astimezone(zone).date()
    found = []
    for person in log.people:
        for first, end in _away(sorted(days[person]), working, first_of_all):
            start, until = _midnight(first, zone), None if end is None else _midnight(end, zone)
            if until is None or start < until:
                found.append(Absence(user_id=person, start=start, end=until))
    return found


def _working_days(days: Iterable[Iterable[date]]) -> list[date]:
    people = Counter(day for each in days for day in each)
    usual = median(people.values()) if people else 0
    return sorted(day for day, number in people.items() if number >= _BUSY * usual)


def _away(
    days: Sequence[date], working: Sequence[date], first_of_all: date
) -> Iterator[tuple[date, date | None]]:
    """From which day to which other somebody is away; None: there is no other day."""
    pauses = sorted(_between(one, other, working) for one, other in pairwise(days))
    habit = pauses[math.ceil(HABIT * len(pauses)) - 1] if pauses else 0
    long = max(LEAST, TIMES * habit + 1)
    if bisect_left(working, days[0]) >= long:
        yield first_of_all, days[0]
    for one, other in pairwise(days):
        if _between(one, other, working) >= long:
            yield one + _DAY, other
    if len(working) - bisect_right(working, days[-1]) >= long:
        yield days[-1] + _DAY, None


def _between(one: date, other: date, working: Sequence[date]) -> int:
    """How many working days lie between two days."""
    return bisect_left(working, other) - bisect_right(working, one)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
