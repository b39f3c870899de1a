"""RRULEs of iCalendar files, refused by their line before anything follows them (A11, A13).

What a rule may be is told by `helpdesk_core.recurrence`. COUNT and UNTIL are kept apart, because
UNTIL is a moment of which only the zone says what the wall shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from icalendar import vRecur

from helpdesk_core.adapters.ical.lines import Line
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.recurrence import OCCURRENCES, YEARS, Recurrence

#: What following all the rules of a calendar may cost, in steps of dateutil's, some microseconds.
EFFORT = 2_500_000

_UTC = ZoneInfo("UTC")
_LONG = timedelta(days=366 * YEARS)
#: Days of a period, and the steps that dateutil takes for one.
_PERIODS = {"DAILY": (1, 1), "WEEKLY": (7, 3), "MONTHLY": (30, 20), "YEARLY": (365, 250)}
#: With one of these a period may have no occurrence at all.
_SPARSE = re.compile(r"BY(MONTH|MONTHDAY|YEARDAY|WEEKNO|SETPOS)=|BYDAY=[^;]*\d")


@attrs.frozen
class Rule:
    """A rule and where it ends: after so many, or at a moment, which may be one in UTC."""

    text: str
    recurrence: Recurrence
    effort: int
    count: int | None = None
    until: datetime | None = None
    until_is_utc: bool = False

    @property
    def ends(self) -> bool:
        """Whether it comes to an end, and so has no horizon (A11)."""
        return self.count is not None or self.until is not None

    def all(self, start: datetime, until: datetime | None) -> Iterator[datetime]:
        """Every start of one that ends, before what the wall shows at `until`."""
        end = start + _LONG if until is None else until
        return islice(self.recurrence.starts(start, end), self.count)


def read_rule(line: Line, told: Any, start: datetime) -> Rule:
    """The rule that was read of a line, counted from this time on the wall."""
    endless = vRecur({name: told[name] for name in told if name not in ("COUNT", "UNTIL")})
    text = endless.to_ical().decode()  # type: ignore[no-untyped-call]
    counts, untils = (told.get(name, []) for name in ("COUNT", "UNTIL"))
    if len([*counts, *untils]) > 1:
        raise line.refuse("must have one COUNT or UNTIL")
    try:
        recurrence = Recurrence.parse(text, start, _UTC)
    except InvalidValueError as error:
        raise line.refuse(error.problem) from None
    for count in counts:
        if not 1 <= count <= OCCURRENCES:
            raise line.refuse(f"must have COUNT from 1 to {OCCURRENCES:,}")
        return Rule(text, recurrence, _effort(recurrence, text, count, None), count)
    for until in untils:
        if not isinstance(until, date):  # but a time or a duration, which it would be too
            raise line.refuse("must be a rule, with UNTIL like 20261231T230000Z")
        is_utc = getattr(until, "tzinfo", None) is not None
        # a day without a time is its midnight, as in the core
        shown = datetime(*until.timetuple()[:6])  # noqa: DTZ001 - on the wall
        if shown - start <= _LONG:  # else as good as for ever
            effort = _effort(recurrence, text, None, shown - start)
            return Rule(text, recurrence, effort, None, shown, is_utc)
    return Rule(text, recurrence, _effort(recurrence, text, None, None))


def check_end(line: Line, rule: Rule, start: datetime) -> None:
    """Refuse one that ends too late, or after too much; this follows it once."""
    number = sum(1 for _ in islice(rule.all(start, rule.until), OCCURRENCES + 1))
    if number > OCCURRENCES:
        raise line.refuse(f"must occur at most {OCCURRENCES:,} times")
    if rule.count is not None and number < rule.count:
        raise line.refuse(f"must end within {YEARS} years")


def _effort(recurrence: Recurrence, text: str, count: int | None, lasts: timedelta | None) -> int:
    """About the steps to its end, or of one that goes on, to the first that was looked for."""
    days, steps = _PERIODS[recurrence.frequency]
    sparse = _SPARSE.search(text) is not None
    if lasts is not None:
        periods = max(0, lasts.days) // days // recurrence.interval
    elif count is not None and not sparse:
        periods = count
    elif count is not None:
        periods = _LONG.days // days // recurrence.interval
    else:
        periods = 1 if days > 1 or not sparse else 500 // recurrence.interval
    if sparse and days == 1:  # a day that is left out is looked at too, and found out last
        periods *= 3
    times = 1 + text.count(",") if "BYHOUR" in text or "BYMINUTE" in text else 1
    return 50 + periods * steps * times
