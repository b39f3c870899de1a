"""When people are away, and when they work: absences, recurring ones, weekly schedules (A9, A13).

Their names are public as those of `helpdesk_core.entities`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import (
    ID,
    NAME_LIMIT,
    OPTIONAL_WHEN,
    SUBJECT_LIMIT,
    WHEN,
    Attribute,
    Id,
    is_line,
    utc,
    zone_of,
)
from helpdesk_core.recurrence import Recurrence


@attrs.frozen(kw_only=True)
class Absence:
    """Time off: `[start, end)`; without an end it is open (A9).

    >>> from datetime import datetime, UTC
    >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
    >>> Absence(user_id="ada", start=monday, end=monday)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: end must be after start
    """

    user_id: Id = ID
    start: datetime = WHEN
    end: datetime | None = OPTIONAL_WHEN

    def __attrs_post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise InvalidValueError("end", "must be after start")


def _is_time_zone(_: object, attribute: Attribute[Any], value: str) -> None:
    zone_of(attribute.name, value)


def _moments(value: Iterable[Any]) -> tuple[datetime, ...]:
    moments = tuple(islice(value, EXDATES_LIMIT + 1))
    if len(moments) > EXDATES_LIMIT:
        raise InvalidValueError("exdates", f"must be at most {EXDATES_LIMIT:,}")
    return tuple(utc("exdates", moment) for moment in moments)


_TIME_ZONE: Any = attrs.field(validator=[is_line(NAME_LIMIT), _is_time_zone])

#: The longest that one occurrence of a recurring absence lasts, and the most that are left out.
OCCURRENCE_LIMIT, EXDATES_LIMIT = timedelta(days=366), 10_000


@attrs.frozen(kw_only=True)
class RecurringAbsence:
    """Time off that comes again by an RRULE of RFC 5545, by the clock on the user's wall (A13).

    `start` and `end` are those of the first one, on whole seconds; the rule is counted from
    `start`, and what it does not name is not among it. Every occurrence begins and ends at the same
    times on the wall of `time_zone`. A time that a clock shows twice is the first of both; one that
    it skips is read with the offset before (RFC 5545, 3.3.5), and an occurrence of which nothing is
    left is not there. `exdates` are starts of occurrences that are left out.

    FREQ is DAILY, WEEKLY, MONTHLY or YEARLY. With COUNT or UNTIL these are finite absences, at most
    10,000 in 100 years; without, it goes on for ever, and a horizon is for that (A11).

    >>> from datetime import datetime, UTC
    >>> lunch = RecurringAbsence(user_id="ada", time_zone="Europe/Rome",
    ...                          rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    ...                          start=datetime(2026, 1, 5, 11, tzinfo=UTC),
    ...                          end=datetime(2026, 1, 5, 12, tzinfo=UTC))
    >>> lunch.recurrence.ends
    False
    >>> RecurringAbsence(user_id="ada", time_zone="Europe/Rome", rule="FREQ=DAILY;INTERVAL=0",
    ...                  start=lunch.start, end=lunch.end)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: rule must have INTERVAL from 1 to 1,000
    """

    user_id: Id = ID
    start: datetime = WHEN
    end: datetime = WHEN
    rule: str = attrs.field(validator=is_line(SUBJECT_LIMIT))
    time_zone: str = _TIME_ZONE
    exdates: tuple[datetime, ...] = attrs.field(default=(), converter=_moments)
    recurrence: Recurrence = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        for name, moment in [("start", self.start), *(("exdates", one) for one in self.exdates)]:
            if not 1900 <= moment.year < 9000:  # far from where a wall has no more dates
                raise InvalidValueError(name, "must be between the years 1900 and 9000")
        if self.start.microsecond or self.end.microsecond:
            raise InvalidValueError("start", "and end must be on whole seconds")
        if self.end - self.start > OCCURRENCE_LIMIT:
            raise InvalidValueError("end", f"must be within {OCCURRENCE_LIMIT.days} days of start")
        if self.end <= self.start or self.lasts <= timedelta(0):
            raise InvalidValueError("end", "must be after start, on the wall too")
        recurrence = Recurrence.parse(self.rule, self._shown(self.start), ZoneInfo(self.time_zone))
        object.__setattr__(self, "recurrence", recurrence)

    @property
    def lasts(self) -> timedelta:
        """How long each occurrence is on the wall."""
        return self._shown(self.end) - self._shown(self.start)

    @property
    def left_out(self) -> frozenset[datetime]:
        """The starts of those that are left out, on the wall."""
        return frozenset(map(self._shown, self.exdates))

    def _shown(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None, fold=0)


def _windows(value: Any) -> tuple[tuple[int, int, int], ...]:
    try:
        return tuple(tuple(window) for window in value)
    except TypeError:
        raise InvalidValueError("hours", "must be triples (weekday, start, end)") from None


@attrs.frozen(kw_only=True)
class WeeklySchedule:
    """When somebody works, by the clock on their own wall (A13).

    `time_zone` is an IANA name. Each of `hours` is (weekday, start, end): Monday is 0, start and
    end are minutes of that day, the end not included; 1440 is midnight. Work over midnight is two
    entries. Nobody is ever inside a schedule without hours.

    >>> WeeklySchedule(user_id="ada", time_zone="Europe/Rome", hours=[(0, 540, 1080)]).hours
    ((0, 540, 1080),)
    """

    user_id: Id = ID
    time_zone: str = _TIME_ZONE
    hours: tuple[tuple[int, int, int], ...] = attrs.field(converter=_windows)

    @hours.validator
    def _are_windows(self, _: object, value: tuple[tuple[int, ...], ...]) -> None:
        for window in value:
            if len(window) != 3 or any(type(number) is not int for number in window):
                raise InvalidValueError("hours", "must be triples (weekday, start, end)")
            weekday, start, end = window
            if not (0 <= weekday <= 6 and 0 <= start < end <= 24 * 60):
                raise InvalidValueError(
                    "hours", "must be a weekday 0-6 and 0 <= start < end <= 1440"
                )
