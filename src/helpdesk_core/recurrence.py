"""RRULEs (RFC 5545) by the clock on a wall, expanded by dateutil within limits (A13).

dateutil looks for the next occurrence until the year 9999 when there is none, and counts from the
first one on. So a rule is tried before it is used, and is started shortly before what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from types import MappingProxyType
from typing import cast
from zoneinfo import ZoneInfo

import attrs
from dateutil.rrule import rrule, rrulestr

from helpdesk_core.errors import InvalidValueError

#: The most occurrences, and the most years, of a rule that comes to an end (COUNT, UNTIL).
OCCURRENCES, YEARS = 10_000, 100
#: The most occurrences a day, and the largest INTERVAL.
TIMES_A_DAY, INTERVAL = 24, 1_000

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAY = "(MO|TU|WE|TH|FR|SA|SU)"
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
_DAYS = frozenset({"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"})
#: The least and the greatest number of each part; below zero counts from the end.
_NUMBERS = MappingProxyType(
    {
        "BYHOUR": (0, 23),
        "BYMINUTE": (0, 59),
        "BYSECOND": (0, 59),
        "BYMONTH": (1, 12),
        "BYMONTHDAY": (-31, 31),
        "BYYEARDAY": (-366, 366),
        "BYWEEKNO": (-53, 53),
        "BYSETPOS": (-366, 366),
    }
)
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_NUMBERS})
_DAY = timedelta(days=1)


@attrs.frozen
class Recurrence:
    """When something comes again: a rule, counted from its start on the wall.

    >>> fridays = Recurrence.parse("FREQ=WEEKLY", datetime(2026, 1, 2, 12), ZoneInfo("UTC"))
    >>> [str(start) for start in fridays.starts(datetime(2026, 2, 1), datetime(2026, 2, 14))]
    ['2026-02-06 12:00:00', '2026-02-13 12:00:00']
    """

    frequency: str
    interval: int
    ends: bool
    _start: datetime
    _rule: rrule

    @classmethod
    def parse(cls, text: str, start: datetime, zone: ZoneInfo) -> Recurrence:
        """The rule of this text; `InvalidValueError` says what `rule` must be."""
        parts = _parts(text)
        frequency, interval = parts["FREQ"], _count(parts, "INTERVAL", INTERVAL)
        count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
        if count is not None and until is not None:
            raise InvalidValueError("rule", "must not have both COUNT and UNTIL")
        # What dateutil would take from the start must stay when it is started later.
        if frequency in ("MONTHLY", "YEARLY") and not parts.keys() & _DAYS:
            parts["BYMONTHDAY"] = str(start.day)
            if frequency == "YEARLY":
                parts.setdefault("BYMONTH", str(start.month))
        parts.setdefault("WKST", "MO")
        endless = ";".join(f"{name}={value}" for name, value in parts.items())
        rule = cast(rrule, rrulestr(endless, dtstart=start))  # one rule, never a set
        if next(iter(rule.replace(dtstart=_at_the_end_of_time(start))), None) is None:
            raise InvalidValueError("rule", "must occur within 28 years")
        if count is not None:
            rule = rule.replace(count=_count({"COUNT": count}, "COUNT", OCCURRENCES))
        if until is not None:
            rule = rule.replace(until=_until(until, zone))
        if count is not None or until is not None:
            _check_end(rule, start)
        return cls(frequency, interval, count is not None or until is not None, start, rule)

    def all(self) -> Iterator[datetime]:
        """Every start of a rule that ends."""
        return iter(self._rule)

    def starts(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Of a rule that goes on for ever, those in `[since, until)`, however old it is."""
        rule = self._rule.replace(dtstart=self._shortly_before(since))
        return (start for start in takewhile(lambda start: start < until, rule) if start >= since)

    def begun(self, since: datetime) -> tuple[datetime, str]:
        """Of a rule that goes on for ever, a later start and its text: from `since` on the same.

        For whoever follows it with other means, and else would begin with the first of all.

        >>> fridays = Recurrence.parse("FREQ=WEEKLY", datetime(2000, 1, 7, 12), ZoneInfo("UTC"))
        >>> start, text = fridays.begun(datetime(2026, 2, 1))
        >>> str(start), text
        ('2026-01-23 12:00:00', 'FREQ=WEEKLY')
        """
        rule = self._rule.replace(dtstart=self._shortly_before(since))
        start, _, text = str(rule).partition("\nRRULE:")
        return datetime.strptime(start, "DTSTART:%Y%m%dT%H%M%S"), text  # noqa: DTZ007 - on the wall

    def _shortly_before(self, since: datetime) -> datetime:
        """The rule's own start, or the beginning of a period that it would reach before `since`.

        dateutil counts a week from the day that it starts on, so a week earlier than the last.
        """
        start = self._start
        if self.frequency in ("DAILY", "WEEKLY"):
            step = self.interval * _DAY * (1 if self.frequency == "DAILY" else 7)
            return start + step * max(0, (since - start) // step - 1)
        yearly = self.frequency == "YEARLY"
        months = self.interval * (12 if yearly else 1)
        steps = (12 * (since.year - start.year) + since.month - start.month) // months
        if steps <= 0:
            return start
        year, month = divmod(12 * start.year + start.month - 1 + months * steps, 12)
        return start.replace(year=year, month=1 if yearly else month + 1, day=1)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if name not in _PARTS or not equals or name in parts:
            raise InvalidValueError("rule", "must be parts of an RRULE, NAME=VALUE, each once")
        parts[name] = value
        if name in _NUMBERS:
            _check_numbers(name, value)
    if parts.get("FREQ") not in _FREQUENCIES:
        raise InvalidValueError("rule", "must have FREQ DAILY, WEEKLY, MONTHLY or YEARLY")
    if "BYWEEKNO" in parts and parts["FREQ"] != "YEARLY":  # RFC 5545; dateutil looks in vain
        raise InvalidValueError("rule", "must have FREQ YEARLY when it has BYWEEKNO")
    if "BYDAY" in parts:
        _check_days(parts["BYDAY"], in_month=parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts)
    if not re.fullmatch(_WEEKDAY, parts.get("WKST", "MO")):
        raise InvalidValueError("rule", "must have WKST like MO")
    times = 1
    for name in _TIMES:
        times *= 1 + parts.get(name, "").count(",")
    if times > TIMES_A_DAY:
        raise InvalidValueError("rule", f"must occur at most {TIMES_A_DAY} times a day")
    return parts


def _check_days(value: str, *, in_month: bool) -> None:
    most = 5 if in_month else 53  # dateutil looks for what is beyond past the end of the year
    for day in value.split(","):
        known = re.fullmatch(rf"([+-]?\d{{1,2}})?{_WEEKDAY}", day, re.ASCII)
        if not known:
            raise InvalidValueError("rule", "must have BYDAY with days like MO or -1FR")
        if known[1] and not 1 <= abs(int(known[1])) <= most:
            raise InvalidValueError("rule", f"must have BYDAY from -{most} to {most}, and not 0")


def _check_numbers(name: str, value: str) -> None:
    low, high = _NUMBERS[name]
    for number in value.split(","):
        known = re.fullmatch(r"[+-]?\d{1,3}", number, re.ASCII)
        if not known or not low <= int(number) <= high or (low < 0 and int(number) == 0):
            besides = ", and not 0" if low < 0 else ""
            raise InvalidValueError("rule", f"must have {name} from {low} to {high}{besides}")


def _count(parts: Mapping[str, str], name: str, limit: int) -> int:
    value = parts.get(name, "1")
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not 1 <= int(value) <= limit:
        raise InvalidValueError("rule", f"must have {name} from 1 to {limit:,}")
    return int(value)


def _until(value: str, zone: ZoneInfo) -> datetime:
    """The last moment on the wall; a day without a time is its midnight, as dateutil has it."""
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            until = datetime.strptime(value, form)  # noqa: DTZ007 - on the wall
            if form.endswith("Z"):
                until = until.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        except (ValueError, OverflowError):
            continue
        return until
    raise InvalidValueError("rule", "must have UNTIL like 20261231T230000Z")


def _check_end(rule: rrule, start: datetime) -> None:
    """Refuse a rule that ends before it begins, too late, or after too much."""
    number = 0
    for number, occurrence in enumerate(rule, 1):
        if number > OCCURRENCES:
            raise InvalidValueError("rule", f"must occur at most {OCCURRENCES:,} times")
        if occurrence.year - start.year > YEARS:
            raise InvalidValueError("rule", f"must end within {YEARS} years")
    if number == 0:
        raise InvalidValueError("rule", "must not have UNTIL before its first occurrence")


def _at_the_end_of_time(start: datetime) -> datetime:
    """The same day in a year alike, 28 years or more before dateutil has to stop.

    After 28 years the days of the week and the leap years are the same again.
    """
    first = date(start.year, 1, 1).weekday()
    years = (
        year
        for year in range(9944, 9972)
        if year % 4 == start.year % 4 and date(year, 1, 1).weekday() == first
    )
    return start.replace(year=next(years))
