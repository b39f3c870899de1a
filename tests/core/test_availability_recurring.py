"""Recurring absences: RRULEs against dateutil's own expansion, clocks that change, and limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk_core.availability import Availability
from helpdesk_core.availability.edges import PIECE, to_moment, to_number
from helpdesk_core.availability.patterns import Recurring
from helpdesk_core.availability.zones import from_wall, offsets
from helpdesk_core.entities import Absence, RecurringAbsence, WeeklySchedule
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.recurrence import Recurrence

pytestmark = pytest.mark.core

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")


def local(zone: str, text: str) -> datetime:
    """What a clock there shows."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def again(rule: str, start: datetime = MONDAY, lasts: timedelta = HOUR, **fields: Any) -> Any:
    """A recurring absence of ada, in UTC when nothing else is said."""
    fields = {"user_id": "ada", "time_zone": "UTC", "end": start + lasts} | fields
    return RecurringAbsence(rule=rule, start=start, **fields)


def gaps(known: Availability, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """When ada is away, as moments in UTC."""
    return [(gap.start, gap.end) for gap in known.coverage(["ada"], since, until)]


# --- what a rule says ----------------------------------------------------------------------------

intervals = st.sampled_from(["", "INTERVAL=2;", "INTERVAL=3;", "INTERVAL=13;"])
details = st.sampled_from(
    [
        "FREQ=DAILY",
        "FREQ=DAILY;BYMONTH=2,3;BYHOUR=8,17",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
        "FREQ=WEEKLY;BYDAY=SU,MO;WKST=SU",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYMONTH=1,2,12",
        "FREQ=MONTHLY;BYMONTHDAY=-1,15",
        "FREQ=MONTHLY;BYDAY=+2TU,-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1",
        "FREQ=YEARLY",
        "FREQ=YEARLY;BYMONTH=2,7",
        "FREQ=YEARLY;BYMONTHDAY=29",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO,SU",
        "FREQ=YEARLY;BYYEARDAY=1,60,-1",
    ]
)
shown = st.datetimes(datetime(1999, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@given(intervals, details, shown, st.integers(-500, 12_000), st.integers(0, 900))
@example("INTERVAL=2;", "FREQ=WEEKLY;BYDAY=MO,SU", datetime(2026, 1, 2), 9, 30)  # noqa: DTZ001
@example("", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", datetime(2026, 1, 7), 50, 9)  # noqa: DTZ001
@example("INTERVAL=3;", "FREQ=MONTHLY", datetime(2026, 1, 31), 400, 300)  # noqa: DTZ001
@example("", "FREQ=MONTHLY;BYMONTHDAY=1", datetime(2026, 1, 5), 55, 90)  # noqa: DTZ001
@example("", "FREQ=MONTHLY;BYMONTHDAY=-1,2", datetime(2026, 1, 5), -4, 90)  # noqa: DTZ001
@example("INTERVAL=2;", "FREQ=MONTHLY", datetime(2026, 1, 5), 125, 90)  # noqa: DTZ001
@example("INTERVAL=2;", "FREQ=YEARLY", datetime(2000, 3, 1), 4870, 900)  # noqa: DTZ001
@example("", "FREQ=YEARLY;BYYEARDAY=1,60,-1", datetime(2026, 1, 5), 726, 900)  # noqa: DTZ001
@example("INTERVAL=3;", "FREQ=MONTHLY;BYMONTH=1,2,12", datetime(2026, 5, 31), 0, 1)  # noqa: DTZ001
def test_a_rule_is_started_shortly_before_what_is_asked(
    interval: str, rule: str, start: datetime, days: int, long: int
) -> None:
    """A13: What is asked late gives the same as counting from the first one, whatever the rule."""
    text = interval + rule
    since = start + days * DAY
    until = since + long * DAY
    first = next(iter(rrulestr(text, dtstart=start)), None)
    if first is None:  # as every third month from the 31st of May on, of the first two
        with pytest.raises(InvalidValueError, match="28 years"):
            Recurrence.parse(text, start, ROME)
        return
    counted = list(takewhile(lambda one: one < until, rrulestr(text, dtstart=start)))
    known = Recurrence.parse(text, start, ROME)
    assert list(known.starts(since, until)) == [one for one in counted if one >= since]
    begun, told = known.begun(since)  # for whoever follows it with other means
    assert begun <= max(start, since)
    again = takewhile(lambda one: one < until, rrulestr(told, dtstart=begun))
    assert [one for one in again if one >= since] == list(known.starts(since, until))


@given(details, shown, st.integers(1, 60))
def test_a_rule_that_ends_is_told_whole(rule: str, start: datetime, count: int) -> None:
    """A13: COUNT and UNTIL are kept: the last occurrence is the last one."""
    counted = list(rrulestr(f"{rule};COUNT={count}", dtstart=start))
    for ended in (f"COUNT={count}", f"UNTIL={counted[-1]:%Y%m%dT%H%M%S}"):
        if counted[-1].year - start.year <= 100:
            known = Recurrence.parse(f"{rule};{ended}", start, ROME)
            assert known.ends
            assert list(known.all()) == counted


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260111T110000Z", 11),  # noon in Rome
        ("20260111T105959Z", 10),
        ("20260111T120000", 11),
        ("20260111T115959", 10),
        ("20260111", 10),
        ("20260112", 11),
    ],
)
def test_until_holds_the_last_one(until: str, last: int) -> None:
    """A13: UNTIL is in UTC, or on the wall; a day alone is its midnight; it is still within."""
    noon = local("Europe/Rome", "2026-01-05T12:00")
    known = Availability([again(f"rrule:freq=daily;until={until}", noon, time_zone="Europe/Rome")])
    assert gaps(known, MONDAY, MONDAY + 30 * DAY)[-1][0] == noon.replace(day=last)


def test_a_single_one_may_be_left_out() -> None:
    """A13: EXDATE: an occurrence that begins at one of these does not take place."""
    left_out = [MONDAY + DAY, MONDAY + 3 * DAY + HOUR]  # nothing begins at the second
    for rule in ("FREQ=DAILY", "FREQ=DAILY;COUNT=5"):
        known = Availability([again(rule, exdates=left_out)])
        found = gaps(known, MONDAY, MONDAY + 5 * DAY)
        assert [start.day for start, _ in found] == [5, 7, 8, 9]


def test_the_start_alone_is_no_occurrence() -> None:
    """A13: What the rule does not name is not among it, though the rule is counted from there."""
    known = Availability([again("FREQ=WEEKLY;BYDAY=TU")])
    assert known.is_available("ada", MONDAY)
    assert not known.is_available("ada", MONDAY + DAY)


# --- calendars and clocks ------------------------------------------------------------------------


def test_leap_day_comes_in_leap_years() -> None:
    """A13: The 29th of February comes every four years, and is the last day of its month."""
    leap = again("FREQ=YEARLY", datetime(2024, 2, 29, tzinfo=UTC), DAY)
    known = Availability([leap])
    assert known.next_change("ada", MONDAY) == datetime(2028, 2, 29, tzinfo=UTC)
    assert known.next_available(["ada"], datetime(2028, 2, 29, 12, tzinfo=UTC)) == datetime(
        2028, 3, 1, tzinfo=UTC
    )
    last = again("FREQ=MONTHLY;BYMONTHDAY=-1", datetime(2027, 12, 31, tzinfo=UTC), DAY)
    found = gaps(
        Availability([last]), datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 2, tzinfo=UTC)
    )
    assert [start.day for start, _ in found] == [29]


def test_an_occurrence_over_the_end_of_the_year() -> None:
    """A9, A13: What lasts over New Year is one absence, also where one piece of time ends."""
    holidays = again("FREQ=YEARLY", datetime(2010, 12, 24, tzinfo=UTC), 14 * DAY)
    known = Availability([holidays, again("FREQ=DAILY", MONDAY + 22 * HOUR, 4 * HOUR)])
    eve = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert not known.is_available("ada", eve)
    assert known.absent_until("ada", eve) == datetime(2027, 1, 7, 2, tzinfo=UTC)
    for year in range(2011, 2031):
        until = datetime(year, 1, 7, 2 if year > 2025 else 0, tzinfo=UTC)
        assert known.absent_until("ada", datetime(year, 1, 1, tzinfo=UTC)) == until


@pytest.mark.parametrize(
    ("zone", "start", "end", "day", "expected"),
    [
        # Rome skips 2:00 to 3:00 on 29 March: half past two is read with the offset before.
        ("Europe/Rome", "01:00", "02:30", "2026-03-29", ("00:00", "01:30")),
        ("Europe/Rome", "02:30", "04:00", "2026-03-29", ("01:30", "02:00")),
        ("Europe/Rome", "02:30", "03:15", "2026-03-29", None),  # half past three to a quarter past
        # and shows it twice on 25 October: the first of both
        ("Europe/Rome", "01:00", "02:30", "2026-10-25", ("23:00", "00:30")),
        ("Europe/Rome", "02:30", "03:30", "2026-10-25", ("00:30", "02:30")),
        ("America/New_York", "01:30", "02:30", "2026-03-08", ("06:30", "07:30")),
        ("America/New_York", "00:30", "01:30", "2026-11-01", ("04:30", "05:30")),
        # Lord Howe moves by half an hour, at 2:00.
        ("Australia/Lord_Howe", "01:00", "02:15", "2026-10-04", ("14:30", "15:45")),
        ("Australia/Lord_Howe", "01:40", "02:10", "2026-04-05", ("14:40", "15:40")),
        # Apia had no Friday 30 December 2011: by the offset before, it is Saturday.
        ("Pacific/Apia", "09:00", "17:00", "2011-12-30", ("19:00", "03:00")),
        ("Pacific/Apia", "09:00", "17:00", "2011-12-29", ("19:00", "03:00")),
    ],
)
def test_occurrences_when_the_clocks_change(
    zone: str, start: str, end: str, day: str, expected: tuple[str, str] | None
) -> None:
    """A13: Both ends are read off the wall: what is skipped goes by the offset before."""
    begins, ends = (local(zone, f"{day}T{text}") - 7 * DAY for text in (start, end))
    known = Availability([again("FREQ=WEEKLY", begins, end=ends, time_zone=zone)])
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    found = gaps(known, midnight - 2 * DAY, midnight + 2 * DAY)
    shown = [(f"{a:%H:%M}", f"{b:%H:%M}") for a, b in found]
    assert shown == ([] if expected is None else [expected])


def test_whole_days_are_whole_when_they_are_short_or_long() -> None:
    """A13: A day off is from midnight to midnight, of 23 or 25 hours too, and Apia's is none."""
    midnight = local("Europe/Rome", "2026-03-22T00:00")
    known = Availability([again("FREQ=WEEKLY", midnight, DAY, time_zone="Europe/Rome")])
    hours = {
        (end - start) // HOUR for start, end in gaps(known, MONDAY + 60 * DAY, MONDAY + 330 * DAY)
    }
    assert hours == {23, 24, 25}
    friday = local("Pacific/Apia", "2011-12-16T00:00")
    known = Availability([again("FREQ=WEEKLY", friday, DAY, time_zone="Pacific/Apia")])
    found = gaps(known, friday.astimezone(UTC), friday.astimezone(UTC) + 29 * DAY)
    assert known.next_change("ada", found[1][1]) == found[2][0]
    assert [start.astimezone(ZoneInfo("Pacific/Apia")).day for start, _ in found] == [16, 23, 6, 13]


def test_an_absence_that_ends_where_another_begins() -> None:
    """A9, A13: Back at noon, as lunch begins: back at one, and absent without a break till then."""
    lunch = again("FREQ=DAILY", MONDAY + 12 * HOUR)
    evening = again("FREQ=DAILY", MONDAY + 20 * HOUR, 4 * HOUR)
    away = [
        Absence(user_id="ada", start=MONDAY + start * HOUR, end=MONDAY + end * HOUR)
        for start, end in ((9, 12), (13, 14), (24, 36), (38, 40))
    ]
    known = Availability([lunch, evening, *away])
    for hours, until in ((9, 14), (12.5, 14), (13.5, 14), (21, 37), (24, 37), (38, 40)):
        moment = MONDAY + hours * HOUR
        assert known.absent_until("ada", moment) == MONDAY + until * HOUR
        assert known.next_available(["ada"], moment) == MONDAY + until * HOUR
        assert known.next_change("ada", moment) == MONDAY + until * HOUR
    assert known.absent_until("ada", MONDAY + 14 * HOUR) is None


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_walls_far_from_utc_where_pieces_end(zone: str) -> None:
    """A13: Every hour of every day is met once, however far a wall is from UTC."""
    start = local(zone, "2026-01-05T00:00")
    hours = ",".join(map(str, range(24)))
    known = Availability([again(f"FREQ=DAILY;BYHOUR={hours}", start, HOUR / 2, time_zone=zone)])
    since = start.astimezone(UTC)
    found = gaps(known, since, since + 60 * DAY)
    assert [gap[0] for gap in found] == [since + number * HOUR for number in range(24 * 60)]
    assert {end - begins for begins, end in found} == {HOUR / 2}


# --- horizons ------------------------------------------------------------------------------------


def test_a_horizon_bounds_what_goes_on_for_ever() -> None:
    """A11: Nobody whom recurring absences let in within the horizon: nobody; it never loops."""
    always = again("FREQ=DAILY", lasts=DAY)
    known = Availability([always])
    assert known.next_available(["ada"], MONDAY - HOUR) == MONDAY - HOUR
    for horizon in (DAY, 366 * DAY, timedelta.max):
        assert known.next_available(["ada"], MONDAY, horizon) is None
    assert known.next_change("ada", MONDAY) is None
    assert known.absent_until("ada", MONDAY) is None
    year = again("FREQ=DAILY;COUNT=400", lasts=DAY)
    assert Availability([year]).next_available(["ada"], MONDAY, DAY) == MONDAY + 400 * DAY


def test_the_horizon_is_a_leap_year() -> None:
    """A11: Without another horizon the hours must come round within 366 days, the end included."""
    long = again("FREQ=YEARLY;INTERVAL=3", lasts=366 * DAY)
    assert Availability([long]).next_available(["ada"], MONDAY) == MONDAY + 366 * DAY
    second = again("FREQ=YEARLY;INTERVAL=3", MONDAY + 366 * DAY, timedelta(seconds=1))
    assert Availability([long, second]).next_available(["ada"], MONDAY) is None
    assert Availability([long, second]).next_available(["ada"], MONDAY + DAY) is not None


def test_a_finite_absence_has_no_horizon_beside_a_recurring_one() -> None:
    """A11: Its end is found years later, and what goes on for ever holds there too."""
    long = Absence(user_id="ada", start=MONDAY, end=datetime(2041, 1, 7, 12, 30, tzinfo=UTC))
    lunch = again("FREQ=DAILY", MONDAY + 12 * HOUR)
    week = WeeklySchedule(
        user_id="ada", time_zone="UTC", hours=[(day, 540, 1020) for day in range(5)]
    )
    known = Availability([long, lunch], {"ada": week})
    expected = datetime(2041, 1, 7, 13, tzinfo=UTC)
    assert known.next_available(["ada"], MONDAY + 9 * HOUR, DAY) == expected
    assert known.next_available(["ada"], MONDAY + 9 * HOUR) == expected
    assert known.next_change("ada", MONDAY + 9 * HOUR) == expected


def test_a_stretch_without_hours_ends_the_search_wherever_it_begins() -> None:
    """A11, A12: Years without anybody are not stepped over by an absence that spans them."""
    yearly = again("FREQ=YEARLY", datetime(2027, 1, 1, tzinfo=UTC), 366 * DAY)
    for end in (2026, 2028, 2031):
        away = Absence(user_id="ada", start=MONDAY, end=datetime(end, 6, 1, tzinfo=UTC))
        found = Availability([away, yearly]).next_available(["ada"], MONDAY)
        assert found == (away.end if end == 2026 else None)


@pytest.mark.parametrize("after", [0, 1, -1])
def test_four_weeks_are_allowed_later_on(after: int) -> None:
    """A11: Once let in, the hours may take four weeks, end included, if the horizon is short."""
    start = to_moment(730 * PIECE) + after * HOUR  # about where pieces of time end
    asked = start - 90 * DAY
    away = Absence(user_id="ada", start=asked, end=start + 9 * DAY)
    for more, found in ((timedelta(0), start + 28 * DAY), (timedelta(seconds=1), None)):
        known = Availability([away, again("FREQ=YEARLY", start, 28 * DAY + more)])
        assert known.next_available(["ada"], asked, DAY) == found


def test_a_rule_is_found_thousands_of_years_later() -> None:
    """A13: How old a rule is changes nothing, and costs nothing."""
    rules = ("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY;INTERVAL=2")
    for rule in rules:
        known = Availability([again(rule)])
        moment = datetime(8026, 1, 1, 12, tzinfo=UTC)
        gone = known.next_change("ada", moment)
        assert gone is not None
        assert gone < moment + 2 * 366 * DAY
        assert known.absent_until("ada", gone) == gone + HOUR


_FREQUENCIES = st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
_ORDINALS = st.one_of(st.just(""), st.integers(-99, 99).map(str), st.just("+1"))
_WEEKDAYS = st.builds("{}{}".format, _ORDINALS, st.sampled_from(["MO", "TU", "SU"]))
_PARTS = {
    "INTERVAL": st.sampled_from([1, 2, 12, 1000]),
    "COUNT": st.sampled_from([1, 5]),
    "BYDAY": st.lists(_WEEKDAYS, min_size=1, max_size=3).map(",".join),
    "BYMONTH": st.integers(1, 12),
    "BYMONTHDAY": st.integers(-31, 31),
    "BYYEARDAY": st.integers(-366, 366),
    "BYWEEKNO": st.integers(-53, 53),
    "BYSETPOS": st.sampled_from([1, -1, 3, 366, -366]),
    "WKST": st.sampled_from(["MO", "SU"]),
}


@example("MONTHLY", {"BYDAY": "+21SU"})
@given(_FREQUENCIES, st.fixed_dictionaries({}, optional=_PARTS))
def test_whatever_a_rule_says_it_is_followed_or_refused(
    frequency: str, parts: dict[str, object]
) -> None:
    """A11, A13: each rule is refused by name when it is made, or followed without a fault."""
    text = ";".join([f"FREQ={frequency}", *(f"{name}={value}" for name, value in parts.items())])
    try:
        rule = Recurrence.parse(text, datetime(2026, 1, 5, 9), ROME)  # noqa: DTZ001 - on the wall
    except InvalidValueError:
        return
    assert next(rule.all(), None) is not None


def test_an_empty_week_stays_empty() -> None:
    """A11: Who works at no hour is never there, and absences that come again change nothing."""
    week = WeeklySchedule(user_id="ada", time_zone="UTC", hours=[])
    known = Availability([again("FREQ=DAILY")], {"ada": week})
    assert known.next_available(["ada"], MONDAY, timedelta.max) is None
    assert known.next_change("ada", MONDAY) is None
    assert known.is_absent("ada", MONDAY)
    assert not known.is_absent("ada", MONDAY + HOUR)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", "must not be empty"),
        ("x" * 501, "at most 500"),
        ("FREQ=DAILY\nCOUNT=2", "one line"),
        (None, "text"),
        ("DAILY", "NAME=VALUE"),
        ("FREQ", "NAME=VALUE"),
        ("FREQ=DAILY;", "NAME=VALUE"),
        ("FREQ=DAILY;FREQ=WEEKLY", "each once"),
        ("FREQ=YEARLY;BYEASTER=1", "NAME=VALUE"),
        ("INTERVAL=2", "must have FREQ DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=HOURLY", "must have FREQ"),
        ("FREQ=MINUTELY", "must have FREQ"),
        ("FREQ=SECONDLY", "must have FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL from 1 to 1,000"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1001", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=٣", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT from 1 to 10,000"),
        ("FREQ=DAILY;COUNT=10001", "COUNT from 1 to 10,000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "both"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL like"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "10,000 times"),
        ("FREQ=DAILY;UNTIL=20540101T000000Z", "10,000 times"),
        ("FREQ=YEARLY;UNTIL=99991231T235959Z", "within 100 years"),
        ("FREQ=YEARLY;COUNT=102", "within 100 years"),
        ("FREQ=DAILY;UNTIL=20250101", "before its first"),
        ("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=0,1", "24 times a day"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR from 0 to 23"),
        ("FREQ=DAILY;BYMINUTE=60", "BYMINUTE"),
        ("FREQ=DAILY;BYSECOND=60", "BYSECOND"),
        ("FREQ=DAILY;BYMONTH=13", "BYMONTH from 1 to 12"),
        ("FREQ=DAILY;BYMONTH=0", "BYMONTH"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY from -31 to 31, and not 0"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,,2", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY"),
        ("FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO"),
        ("FREQ=YEARLY;BYWEEKNO=-54", "BYWEEKNO"),
        ("FREQ=YEARLY;BYSETPOS=367", "BYSETPOS"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=MO,", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=MO(+1)", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=+21SU", "BYDAY from -5 to 5, and not 0"),
        ("FREQ=MONTHLY;BYDAY=MO,-6SU", "BYDAY from -5 to 5, and not 0"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY from -5 to 5, and not 0"),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=21SU", "BYDAY from -5 to 5, and not 0"),
        ("FREQ=YEARLY;BYDAY=54MO", "BYDAY from -53 to 53, and not 0"),
        ("FREQ=WEEKLY;BYWEEKNO=-53", "FREQ YEARLY when it has BYWEEKNO"),
        ("FREQ=WEEKLY;WKST=1MO", "WKST"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "28 years"),
        ("FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30", "28 years"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "28 years"),
        ("FREQ=YEARLY;INTERVAL=4;BYYEARDAY=366", "28 years"),
        ("FREQ=DAILY;BYMONTHDAY=1;BYSETPOS=2", "28 years"),
        ("FREQ=DAILY;BYHOUR=24", "BYHOUR from 0 to 23$"),
        ("FREQ=YEARLY;BYDAY=MO;BYSETPOS=-367", "BYSETPOS from -366 to 366"),
        ("FREQ=YEARLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS from -366 to 366"),
        ("FREQ=YEARLY;BYYEARDAY=0", "BYYEARDAY from -366 to 366, and not 0$"),
    ],
)
def test_impossible_rules_are_refused(rule: Any, problem: str) -> None:
    """A13: A rule that is none, never occurs or occurs too often is refused, with the limit."""
    with pytest.raises(InvalidValueError, match=problem) as caught:
        again(rule)
    assert caught.value.field == "rule"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYMONTHDAY=-31,31",
        "FREQ=YEARLY;BYYEARDAY=-366,366",
        "FREQ=YEARLY;BYWEEKNO=-53,53",
        "FREQ=YEARLY;BYYEARDAY=-1,+1",
        "FREQ=YEARLY;BYMONTH=1,12;BYMONTHDAY=1;BYSETPOS=-1,1",
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=-53,53",
        "FREQ=DAILY;BYHOUR=0,23;BYMINUTE=0,59;BYSECOND=0,59",
        "FREQ=DAILY;INTERVAL=1;COUNT=1",
    ],
)
def test_values_at_the_ends_are_accepted(rule: str) -> None:
    """A13: The least and the greatest number of each part, from the end too, are rules."""
    assert again(rule, lasts=timedelta(seconds=1)).recurrence.frequency in rule


def test_limits_are_within() -> None:
    """A13: The largest values that a rule may have are accepted."""
    assert again("FREQ=DAILY;COUNT=10000").recurrence.ends
    assert again("FREQ=DAILY;UNTIL=20530522T000000Z").recurrence.ends  # the ten-thousandth
    assert again("FREQ=YEARLY;COUNT=101").recurrence.ends
    assert not again("FREQ=WEEKLY;INTERVAL=1000").recurrence.ends
    hours = ",".join(map(str, range(24)))
    assert (
        len(
            gaps(
                Availability([again(f"FREQ=DAILY;BYHOUR={hours}", lasts=HOUR / 2)]),
                MONDAY,
                MONDAY + DAY,
            )
        )
        == 24
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"start": MONDAY.replace(tzinfo=None)}, "start"),
        ({"end": MONDAY.replace(tzinfo=None)}, "end"),
        ({"end": MONDAY}, "end"),
        ({"end": MONDAY - HOUR}, "end"),
        ({"end": MONDAY + 366 * DAY + timedelta(seconds=1)}, "end"),
        ({"end": datetime.max.replace(microsecond=0, tzinfo=UTC)}, "end"),
        ({"start": MONDAY.replace(microsecond=1)}, "start"),
        ({"end": MONDAY.replace(hour=1, microsecond=1)}, "start"),
        ({"start": datetime(1899, 12, 31, 23, tzinfo=UTC)}, "start"),
        ({"start": datetime(9000, 1, 1, tzinfo=UTC)}, "start"),
        ({"time_zone": "Europe/Milano"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": None}, "time_zone"),
        ({"exdates": [MONDAY.replace(tzinfo=None)]}, "exdates"),
        ({"exdates": [datetime.max.replace(tzinfo=UTC)]}, "exdates"),
        ({"exdates": [MONDAY] * 10_001}, "exdates"),
        ({"user_id": ""}, "user_id"),
    ],
)
def test_impossible_recurring_absences_are_refused(fields: dict[str, Any], field: str) -> None:
    """A9, A13: Naive moments, no length, too much of it, an unknown zone: refused by name."""
    with pytest.raises(InvalidValueError) as caught:
        again("FREQ=DAILY", **fields)
    assert caught.value.field == field


def test_first_one_must_go_forward_on_the_wall() -> None:
    """A13: From half past two to a quarter past, as the clock is put back, has no length there."""
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 2:30, and 2:15 an hour later
    with pytest.raises(InvalidValueError, match="on the wall"):
        again("FREQ=DAILY", start, end=start + 45 * HOUR / 60, time_zone="Europe/Rome")


def test_limits_of_a_recurring_absence_are_within() -> None:
    """A13: A year at a time, ten thousand left out, and the first and last years are accepted."""
    again("FREQ=YEARLY", lasts=366 * DAY, exdates=[MONDAY] * 10_000)
    again("FREQ=YEARLY", datetime(1900, 1, 1, tzinfo=UTC))
    late = again("FREQ=DAILY", datetime(8999, 12, 31, tzinfo=UTC))
    last = datetime.max.replace(tzinfo=UTC)
    known = Availability([late])
    assert known.is_available("ada", last)
    assert not known.is_available("ada", last.replace(hour=0))
    assert known.is_available("ada", datetime.min.replace(tzinfo=UTC))
    always = Availability([again("FREQ=DAILY", late.start, DAY)])
    assert always.next_available(["ada"], last) is None
    assert always.next_available(["ada"], last, timedelta.max) is None


def test_what_comes_after_forty_years_is_never() -> None:
    """A11: Of what comes round, a change within 40 years is found, and none after them."""
    start = datetime(2080, 2, 29, tzinfo=UTC)
    leap = Availability([again("FREQ=YEARLY;INTERVAL=20", start, DAY)])
    assert leap.next_change("ada", start + DAY) == datetime(2120, 2, 29, tzinfo=UTC)
    for days in range(28):  # wherever pieces end
        begins = MONDAY.replace(day=1) + days * DAY
        late = Availability([again("FREQ=MONTHLY;INTERVAL=482", begins)])
        assert late.next_change("ada", begins + HOUR) is None


def test_a_piece_ends_where_the_next_begins() -> None:
    """A13: What is laid out of a recurring absence is cut at the ends of each piece."""
    whole = Recurring([again("FREQ=DAILY", lasts=DAY)])
    half = Recurring([again("FREQ=DAILY", MONDAY + 12 * HOUR, 18 * HOUR)])
    for number in range(740, 743):
        start, end = number * PIECE, (number + 1) * PIECE
        assert list(whole.edges(number)) == [start, end]
        edges = half.edges(number)
        assert (edges[0], edges[-1], len(edges)) == (start, end, 58)


@pytest.mark.parametrize("year", range(2000, 2028))
def test_what_occurs_in_no_year_alike_is_refused(year: int) -> None:
    """A13: Whether a rule occurs is found out in a year alike, which any of 28 may begin."""
    start = datetime(year, 1, 1)  # noqa: DTZ001
    rule = "FREQ=YEARLY;INTERVAL=28;BYWEEKNO=53"
    if any(rrulestr(f"{rule};UNTIL={year + 28}1231", dtstart=start)):
        assert Recurrence.parse(rule, start, ROME).frequency == "YEARLY"
    else:
        with pytest.raises(InvalidValueError, match="28 years"):
            Recurrence.parse(rule, start, ROME)


@pytest.mark.parametrize("zone", ["Africa/Cairo", "Europe/Rome", "UTC"])
def test_offsets_follow_one_another_through_each_piece(zone: str) -> None:
    """A13: The offsets of a clock reach through each piece without a gap, found out once."""
    for number in range(680, 840):  # in Cairo clocks are changed on the day a piece begins
        spans = offsets(zone, number)
        assert offsets(zone, number) is spans  # it takes a look at each day
        assert spans[0][0] == number * PIECE
        assert spans[-1][1] == (number + 1) * PIECE
        assert all(since < until for since, until, _ in spans)
        assert [until for _, until, _ in spans[:-1]] == [since for since, _, _ in spans[1:]]


@pytest.mark.parametrize("hour", [3, 9, 13, 17, 20])
def test_hours_after_a_long_absence(hour: int) -> None:
    """A11: After months away, the next moment is inside the hours, not where they just ended."""
    back = MONDAY + 100 * DAY + hour * HOUR
    lunch = again("FREQ=DAILY", MONDAY + 13 * HOUR)
    hours = [(day, 540, 1020) for day in range(7)]
    week = WeeklySchedule(user_id="ada", time_zone="UTC", hours=hours)
    known = Availability([Absence(user_id="ada", start=MONDAY, end=back), lunch], {"ada": week})
    opens = {3: 9, 9: 9, 13: 14, 17: 33, 20: 33}[hour]
    assert known.next_available(["ada"], MONDAY) == MONDAY + 100 * DAY + opens * HOUR


@pytest.mark.parametrize(
    ("shown", "utc"),
    [
        ("2026-03-29T01:59:59", "00:59:59"),
        ("2026-03-29T02:59:59.999999", "01:59:59.999999"),  # never shown: as before
        ("2026-03-29T03:00:00", "01:00:00"),
        ("2026-10-25T02:59:59.999999", "00:59:59.999999"),  # twice: the first
        ("2026-10-25T03:00:00", "02:00:00"),
    ],
)
def test_a_time_on_the_wall_is_one_moment(shown: str, utc: str) -> None:
    """A13: What a clock shows is read to the microsecond, next to a change of it too."""
    wall = to_number("shown", datetime.fromisoformat(shown + "+00:00"))
    moment = to_moment(from_wall(ROME, wall))
    assert moment == datetime.fromisoformat(f"{shown[:10]}T{utc}+00:00")
