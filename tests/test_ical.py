"""What an iCalendar file says of who is away; each feature by itself, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import recurring_ical_events

from helpdesk_core.adapters.ical import Feed, ICalendarCalendar, UnreadableCalendarError
from helpdesk_core.adapters.ical.lines import DEPTH, LENGTH, LINES, SIZE
from helpdesk_core.entities import RecurringAbsence
from helpdesk_core.errors import CalendarError, InvalidValueError
from icalendars import DAY, HOUR, MONDAY, YEAR, calendar, of_ada, shown, spells

LUNCH = (
    "UID:lunch\nDTSTART;TZID=Europe/Rome:20260105T120000\nDTEND;TZID=Europe/Rome:20260105T130000"
)


def told(*events: str, zone: str = "UTC", days: int = 30, head: str = "") -> list[str]:
    """When ada is away by these events, in January 2026."""
    known = of_ada(calendar(*events, head=head), zone)
    return shown(spells(known, MONDAY, MONDAY + days * DAY))


def problem(content: object) -> tuple[int | None, str]:
    """The line and the problem of a calendar that is refused."""
    known = of_ada(content)
    with pytest.raises(CalendarError):
        known.absences(["ada"], MONDAY, MONDAY + YEAR)
    [stale] = known.stale()
    where, _, said = stale.problem.partition(": ")
    line = where.removeprefix("ada.ics").removeprefix(", line ")
    return int(line) if line else None, said


# --- times ---------------------------------------------------------------------------------------


def test_times_of_all_kinds() -> None:
    """A9, A13: times in UTC, in a zone, without one, and whole days, the last two in the user's."""
    events = (
        "DTSTART:20260106T080000Z\nDTEND:20260106T090000Z",
        "DTSTART;TZID=America/New_York:20260107T080000\nDTEND;TZID=Europe/Rome:20260107T150000",
        "DTSTART:20260108T080000\nDTEND:20260108T090000",
        "DTSTART;VALUE=DATE:20260112\nDTEND;VALUE=DATE:20260114",
    )
    assert told(*events, zone="Europe/Rome") == [
        "2026-01-06 08:00 - 2026-01-06 09:00",
        "2026-01-07 13:00 - 2026-01-07 14:00",
        "2026-01-08 07:00 - 2026-01-08 08:00",
        "2026-01-11 23:00 - 2026-01-13 23:00",
    ]


def test_whose_zone_it_is() -> None:
    """A13: a day is that of the zone told for the user, else of their schedule, else of all."""
    from helpdesk_core.entities import WeeklySchedule

    content = calendar("DTSTART;VALUE=DATE:20260106\nATTENDEE:mailto:all@example.com")
    feeds = [
        Feed(name=name, fetch=lambda: content, user_id=name) for name in ("ada", "ben", "cleo")
    ]
    hours = [(day, 540, 1080) for day in range(5)]
    known = ICalendarCalendar(
        feeds,
        time_zone="UTC",
        time_zones={"ada": "Pacific/Apia"},
        schedules={
            who: WeeklySchedule(user_id=who, time_zone="America/New_York", hours=hours)
            for who in ("ada", "ben")
        },
    )
    starts = [
        known.absences([who], MONDAY, MONDAY + DAY)[0].start for who in ("ada", "ben", "cleo")
    ]
    assert [f"{start:%d %H}" for start in starts] == ["05 11", "06 05", "06 00"]
    assert known.schedules(["ada", "cleo"]).keys() == {"ada"}


def test_how_long_it_is() -> None:
    """A9: without an end a day is that day and a time is none; P1D is a day, PT24H are hours."""
    known = of_ada(
        calendar(
            "DTSTART;VALUE=DATE:20260325",
            "DTSTART;VALUE=DATE:20260327\nDTEND;VALUE=DATE:20260327",
            "DTSTART:20260326T120000",
            "DTSTART:20260328T120000\nDURATION:P1D",
            "DTSTART:20260304T120000\nDURATION:PT24H",
            "DTSTART:20261024T120000\nDURATION:PT24H",
            "DTSTART:20260201T120000\nDURATION:P1W",
        ),
        "Europe/Rome",
    )
    assert shown(spells(known)) == [
        "2026-02-01 11:00 - 2026-02-08 11:00",
        "2026-03-04 11:00 - 2026-03-05 11:00",
        "2026-03-24 23:00 - 2026-03-25 23:00",
        "2026-03-26 23:00 - 2026-03-27 23:00",
        "2026-03-28 11:00 - 2026-03-29 10:00",
        "2026-10-24 10:00 - 2026-10-25 10:00",
    ]


def test_an_end_beyond_all_is_none() -> None:
    """A9, A11: what ends in the year 9000 or later is an absence without an end."""
    known = of_ada(calendar("DTSTART:20260106T080000Z\nDTEND:99991231T235959Z"))
    [absence] = known.absences(["ada"], MONDAY, MONDAY + DAY)
    assert absence.end is None
    east = "DTSTART;TZID=Pacific/Apia:20260106T080000\nDTEND:99991231T235959Z"
    [absence] = of_ada(calendar(east)).absences(["ada"], MONDAY, MONDAY + DAY)
    assert absence.end is None


def test_where_a_clock_is_changed() -> None:
    """A13: a time that is skipped or shown twice, and a day that is lost, as RFC 5545 has it."""
    skipped = "DTSTART;TZID=Europe/Rome:20260329T023000\nDTEND;TZID=Europe/Rome:20260329T040000"
    twice = (
        "DTSTART;TZID=Australia/Lord_Howe:20260405T014500\n"
        "DTEND;TZID=Australia/Lord_Howe:20260405T030000"
    )
    lost = "DTSTART;VALUE=DATE:20111229\nDTEND;VALUE=DATE:20120101"
    gone = "DTSTART;VALUE=DATE:20111230"
    since = datetime(2011, 1, 1, tzinfo=UTC)
    assert shown(spells(of_ada(calendar(skipped, twice)))) == [
        "2026-03-29 01:30 - 2026-03-29 02:00",
        "2026-04-04 14:45 - 2026-04-04 16:30",
    ]
    assert shown(spells(of_ada(calendar(lost), "Pacific/Apia"), since, since + YEAR)) == [
        "2011-12-29 10:00 - 2011-12-31 10:00"
    ]
    assert spells(of_ada(calendar(gone), "Pacific/Apia"), since, since + YEAR) == []
    again = "DTSTART;VALUE=DATE:20111229\nRRULE:FREQ=DAILY;COUNT=3"
    assert len(of_ada(calendar(again), "Pacific/Apia").absences(["ada"], since, since + YEAR)) == 2


def test_an_end_that_shows_less_than_the_start() -> None:
    """A13: an event may end when the clock, put back meanwhile, shows less than at its start."""
    event = "DTSTART;TZID=Europe/Rome:20261025T024500\nDTEND:20261025T011500Z"
    again = f"{event}\nRRULE:FREQ=DAILY;COUNT=2"
    assert shown(spells(of_ada(calendar(event)))) == ["2026-10-25 00:45 - 2026-10-25 01:15"]
    assert shown(spells(of_ada(calendar(again)))) == [
        "2026-10-25 00:45 - 2026-10-25 01:15",
        "2026-10-26 01:45 - 2026-10-26 02:15",
    ]


def test_a_name_of_the_iana_is_what_the_iana_says() -> None:
    """A13: a file does not tell what Europe/Rome is, as others do who copied an old rule."""
    own = "BEGIN:VTIMEZONE\nTZID:Europe/Rome\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
    own += "TZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE\n"
    event = "DTSTART;TZID=Europe/Rome:20260106T090000\nDURATION:PT1H"
    assert told(event, head=own) == ["2026-01-06 08:00 - 2026-01-06 09:00"]


def test_zones_by_other_names() -> None:
    """A13: a zone may have a name of Windows, one behind a prefix, or be told in the file."""
    own = """BEGIN:VTIMEZONE
TZID:Our Office
BEGIN:STANDARD
DTSTART:20251025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20250329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""
    at = "DTSTART;TZID={}:202601{}T090000\nDURATION:PT1H"
    events = (
        at.format("W. Europe Standard Time", "06"),
        at.format("/example.org/20260101_1/America/New_York", "07"),
        at.format('"Our Office"', "08"),
    )
    assert told(*events, head=own) == [
        "2026-01-06 08:00 - 2026-01-06 09:00",
        "2026-01-07 14:00 - 2026-01-07 15:00",
        "2026-01-08 08:00 - 2026-01-08 09:00",
    ]
    again = "DTSTART;TZID=Our Office:20260327T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    known = of_ada(calendar(again, head=own))
    assert shown(spells(known, MONDAY + 82 * DAY, MONDAY + 84 * DAY)) == [
        "2026-03-28 08:00 - 2026-03-28 09:00",
        "2026-03-29 07:00 - 2026-03-29 08:00",
    ]


# --- what takes nobody's time --------------------------------------------------------------------


@pytest.mark.parametrize("line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "status:cancelled"])
def test_left_out(line: str) -> None:
    """A9: cancelled and transparent events are nobody's absence; the others are, tentative too."""
    away = "DTSTART:20260107T080000Z\nDURATION:PT1H\nSTATUS:TENTATIVE\nTRANSP:OPAQUE"
    out = "DTSTART:20260106T080000Z\nDURATION:PT1H"
    assert told(away, f"{out}\n{line}") == ["2026-01-07 08:00 - 2026-01-07 09:00"]
    assert told(out, head="METHOD:CANCEL\n") == []
    assert told(f"DTSTART:soon\n{line}") == []


def test_the_later_version() -> None:
    """A9: of two events with one UID the one with the higher SEQUENCE counts, else the last."""
    first = "UID:a\nSEQUENCE:2\nDTSTART:20260106T080000Z\nDURATION:PT1H"
    second = "UID:a\nSEQUENCE:1\nDTSTART:20260107T080000Z\nDURATION:PT1H"
    assert told(first, second) == ["2026-01-06 08:00 - 2026-01-06 09:00"]
    assert told(first, second.replace("SEQUENCE:1", "SEQUENCE:2")) == [
        "2026-01-07 08:00 - 2026-01-07 09:00"
    ]
    cancelled = "UID:a\nSEQUENCE:3\nSTATUS:CANCELLED"
    moved = "UID:a\nSEQUENCE:{}\nRECURRENCE-ID:20260106T080000Z\nDTSTART:20260109T080000Z"
    moved += "\nDURATION:PT1H"
    assert told(first, cancelled, moved.format(3)) == []
    assert told(first, cancelled, moved.format(4)) == ["2026-01-09 08:00 - 2026-01-09 09:00"]


# --- what comes again ----------------------------------------------------------------------------


def test_a_rule_that_goes_on() -> None:
    """A11, A13: it is one `RecurringAbsence`, without a horizon, and EXDATEs are not among it."""
    known = of_ada(calendar(f"{LUNCH}\nRRULE:FREQ=WEEKLY\nEXDATE:20260112T110000Z"))
    [absence] = known.absences(["ada"], MONDAY, MONDAY + DAY)
    assert isinstance(absence, RecurringAbsence)
    assert shown(spells(known, MONDAY, MONDAY + 20 * DAY)) == [
        "2026-01-05 11:00 - 2026-01-05 12:00",
        "2026-01-19 11:00 - 2026-01-19 12:00",
    ]
    summer = MONDAY + 30 * YEAR + 180 * DAY
    assert len(spells(known, summer, summer + 28 * DAY)) == 4


def test_a_rule_that_ends_is_told_whole() -> None:
    """A11: what comes again and comes to an end is finite, and is told however late it is."""
    known = of_ada(calendar(f"{LUNCH}\nRRULE:FREQ=YEARLY;COUNT=12"))
    found = known.absences(["ada"], MONDAY, MONDAY + DAY)
    assert [one.start.year for one in found] == list(range(2026, 2038))
    until = of_ada(calendar(f"{LUNCH}\nRRULE:FREQ=YEARLY;UNTIL=20310105T110000Z"))
    assert len(until.absences(["ada"], MONDAY, MONDAY + DAY)) == 6


@pytest.mark.parametrize(
    ("until", "days"),
    [
        ("20260107T110000Z", 3),
        ("20260107T105959Z", 2),
        ("20260107T120000", 3),
        ("20260107T115959", 2),
        ("20260108", 3),
        ("20260105T105959Z", 0),
    ],
)
def test_when_a_rule_ends(until: str, days: int) -> None:
    """A11: UNTIL is the last moment, in UTC or on the wall; before DTSTART nothing is left."""
    found = told(f"{LUNCH}\nRRULE:FREQ=DAILY;UNTIL={until}")
    assert [one[8:10] for one in found] == ["05", "06", "07"][:days]


def test_a_rule_on_a_day_on_which_the_clock_is_changed() -> None:
    """A13: a first time that a clock skips, or one that is left out, is not that of all days."""
    event = "RRULE:FREQ=DAILY\nDTSTART;TZID=Europe/Rome:{}T023000\n"
    event += "DTEND;TZID=Europe/Rome:{}T034500"
    first = calendar(event.format("20260329", "20260329"))
    without = calendar(
        event.format("20260320", "20260320") + "\nEXDATE;TZID=Europe/Rome:20260329T023000"
    )
    since = MONDAY + 80 * DAY
    assert shown(spells(of_ada(first), since, since + 5 * DAY)) == [
        "2026-03-29 01:30 - 2026-03-29 01:45",
        "2026-03-30 00:30 - 2026-03-30 01:45",
    ]
    assert shown(spells(of_ada(without), since + 2 * DAY, since + 5 * DAY)) == [
        "2026-03-28 01:30 - 2026-03-28 02:45",
        "2026-03-30 00:30 - 2026-03-30 01:45",
    ]


def test_hours_that_come_again() -> None:
    """A13: a day on the wall and two hours, again and again, also where the clock is changed."""
    event = "DTSTART;TZID=Europe/Rome:20260307T120000\nDURATION:P1DT2H\nRRULE:FREQ=WEEKLY"
    assert shown(spells(of_ada(calendar(event)), MONDAY, MONDAY + 84 * DAY)) == [
        "2026-03-07 11:00 - 2026-03-08 13:00",
        "2026-03-14 11:00 - 2026-03-15 13:00",
        "2026-03-21 11:00 - 2026-03-22 13:00",
        "2026-03-28 11:00 - 2026-03-29 12:00",
    ]


def test_an_end_of_a_rule_that_is_far_away_is_none() -> None:
    """A11: UNTIL more than a hundred years away is as good as for ever."""
    known = of_ada(calendar(f"{LUNCH}\nRRULE:FREQ=DAILY;UNTIL=99991231T235959Z;"))
    [absence] = known.absences(["ada"], MONDAY, MONDAY + DAY)
    assert isinstance(absence, RecurringAbsence)


def test_moved_instances() -> None:
    """A9: an instance may be moved, into another zone too, cancelled, or take no time."""
    moved = "UID:lunch\nRECURRENCE-ID;TZID=Europe/Rome:202601{}T120000\n{}"
    found = told(
        f"{LUNCH}\nRRULE:FREQ=DAILY;COUNT=5",
        moved.format("06", "DTSTART:20260106T200000Z\nDURATION:PT2H"),
        moved.format("07", "STATUS:CANCELLED"),
        moved.format("08", "DTSTART:20260108T200000Z\nDURATION:PT2H\nTRANSP:TRANSPARENT"),
    )
    assert found == [
        "2026-01-05 11:00 - 2026-01-05 12:00",
        "2026-01-06 20:00 - 2026-01-06 22:00",
        "2026-01-09 11:00 - 2026-01-09 12:00",
    ]


def test_the_first_instance_by_itself() -> None:
    """A9: an instance that stands for the first one, and is when that was, is there."""
    same = "UID:lunch\nRECURRENCE-ID:20260105T110000Z\nDTSTART:20260105T110000Z\nDURATION:PT1H"
    assert len(told(f"{LUNCH}\nRRULE:FREQ=WEEKLY", same, days=10)) == 2


def test_what_is_left_out_of_a_rule() -> None:
    """A9: EXDATEs name a time, or a whole day; of whole days also by a time; and moved ones too."""
    days = "UID:lunch\nDTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;COUNT=3"
    moved = "UID:lunch\nRECURRENCE-ID:20260106T110000Z\nDTSTART:20260120T110000Z\nDURATION:PT1H"
    for rule in ("FREQ=DAILY;COUNT=3", "FREQ=DAILY"):
        for left_out in ("20260106T110000Z", "20260106"):
            master = f"{LUNCH}\nRRULE:{rule}\nEXDATE:{left_out}"
            for found in (told(master, days=3), told(master, moved, days=3)):
                assert [one[8:10] for one in found] == ["05", "07"]
            if "COUNT" in rule:  # the moved one is gone as well
                assert len(told(master, moved)) == 2
    assert told(f"{days}\nEXDATE:20260106T110000Z") == [
        "2026-01-05 00:00 - 2026-01-06 00:00",
        "2026-01-07 00:00 - 2026-01-08 00:00",
    ]


def test_an_instance_of_what_does_not_recur() -> None:
    """A9: an instance stands for the occurrence that it names, and else beside what is there."""
    moved = "UID:lunch\nRECURRENCE-ID:{}T110000Z\nDTSTART:20260107T110000Z\nDURATION:PT1H"
    both = ["2026-01-05 11:00 - 2026-01-05 12:00", "2026-01-07 11:00 - 2026-01-07 12:00"]
    assert told(LUNCH, moved.format("20260105")) == both[1:]
    assert told(LUNCH, moved.format("20260106")) == both


def test_later_ones_go_with_a_moved_one() -> None:
    """A9: with RANGE=THISANDFUTURE the later ones are moved by as much, and as long as that one."""
    onwards = (
        "UID:lunch\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Rome:20260106T120000\n"
        "DTSTART;TZID=Europe/Rome:20260106T140000\nDURATION:PT30M"
    )
    for rule in ("FREQ=DAILY;COUNT=3", "FREQ=DAILY"):
        found = told(f"{LUNCH}\nRRULE:{rule}", onwards, days=3)
        assert found == [
            "2026-01-05 11:00 - 2026-01-05 12:00",
            "2026-01-06 13:00 - 2026-01-06 13:30",
            "2026-01-07 13:00 - 2026-01-07 13:30",
        ]
    moved = onwards.replace(
        "DTSTART;TZID=Europe/Rome:20260106", "DTSTART;TZID=Europe/Rome:20260126"
    )
    known = of_ada(calendar(f"{LUNCH}\nRRULE:FREQ=DAILY", moved))
    assert shown(spells(known, MONDAY + 40 * DAY, MONDAY + 41 * DAY)) == [
        "2026-02-14 13:00 - 2026-02-14 13:30"
    ]
    transparent = f"{LUNCH}\nRRULE:FREQ=DAILY\nTRANSP:TRANSPARENT"
    assert told(transparent, onwards, days=3) == found[1:]


def test_further_dates() -> None:
    """A9: RDATEs are further occurrences, and periods have an end of their own."""
    found = told(
        f"{LUNCH}\nRDATE;TZID=Europe/Rome:20260107T120000,20260108T120000",
        "UID:b\nDTSTART:20260112T080000Z\nDURATION:PT1H\n"
        "RDATE;VALUE=PERIOD:20260113T080000Z/PT3H,20260114T080000Z/20260114T120000Z",
    )
    assert found == [
        "2026-01-05 11:00 - 2026-01-05 12:00",
        "2026-01-07 11:00 - 2026-01-07 12:00",
        "2026-01-08 11:00 - 2026-01-08 12:00",
        "2026-01-12 08:00 - 2026-01-12 09:00",
        "2026-01-13 08:00 - 2026-01-13 11:00",
        "2026-01-14 08:00 - 2026-01-14 12:00",
    ]


def test_a_window_has_an_end() -> None:
    """A11: what must be told one by one is told within ten years at most, else it is an error."""
    hours = "UID:h\nDTSTART:20260105T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    known = of_ada(calendar(hours))
    assert len(known.absences(["ada"], MONDAY, MONDAY + 10 * DAY)) < 20
    known.absences(["ada"], MONDAY, MONDAY + 3_660 * DAY)
    with pytest.raises(CalendarError, match="at most 3,660 days"):
        known.absences(["ada"], MONDAY, MONDAY + 3_661 * DAY)


def test_what_is_told_in_windows_is_told_once() -> None:
    """A9, A13: DTSTART, and what began long before the window, are told once each."""
    weekly = calendar("DTSTART:20260105T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY")
    found = of_ada(weekly).absences(["ada"], MONDAY, MONDAY + 14 * DAY)
    assert [one.start.day for one in found] == [5, 12]
    yearly = calendar("DTSTART:20250105T080000Z\nDURATION:PT1992H\nRRULE:FREQ=YEARLY")
    since = MONDAY + 80 * DAY
    [long] = of_ada(yearly).absences(["ada"], since, since + DAY)
    assert (long.start, long.end) == (MONDAY + 8 * HOUR, MONDAY + 83 * DAY + 8 * HOUR)


def test_occurrences_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A13: what was found of a rule is kept for windows near by, and looked for in others."""
    asked: list[object] = []
    of = recurring_ical_events.of
    monkeypatch.setattr(recurring_ical_events, "of", lambda told: asked.append(told) or of(told))
    known = of_ada(calendar("DTSTART:20200105T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"))
    for days, times in [(0, 1), (1, 1), (2, 1), (400, 2)]:
        since = MONDAY + days * DAY
        found = known.absences(["ada"], since, since + 14 * DAY)
        assert [one.end > since for one in found] == [True, True]
        assert len(asked) == times


def test_rules_that_no_recurring_absence_can_be() -> None:
    """A13: an occurrence that began in 1899 by UTC, and a long rule, are told one by one."""
    days = ",".join(map(str, range(1, 200)))
    for event in (
        "DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=YEARLY",
        f"DTSTART;VALUE=DATE:20250101\nRRULE:FREQ=YEARLY;BYYEARDAY={days}",
    ):
        known = of_ada(calendar(event), "Europe/Rome")
        found = shown(spells(known, MONDAY + 359 * DAY, MONDAY + 361 * DAY + 9 * HOUR))
        assert found[0] == "2026-12-31 23:00 - 2027-01-01 09:00"


def test_answers_are_in_order() -> None:
    """A9: answers come by their starts, whatever the order of the file, without what is over."""
    known = of_ada(
        calendar(
            "DTSTART:20260108T080000Z\nDURATION:PT1H",
            "DTSTART:20260106T080000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY",
            "DTSTART:20260107T080000Z\nDURATION:PT1H",
            "DTSTART:20260104T230000Z\nDURATION:PT1H",
        )
    )
    found = known.absences(["ada"], MONDAY, MONDAY + YEAR)
    assert [one.start for one in found] == sorted(one.start for one in found)
    assert found[0].start.day == 6


# --- what the libraries would read otherwise ------------------------------------------------------


def test_a_zone_is_that_of_its_own_file() -> None:
    """A13: of two files that tell of a zone with one name each has its own, another none."""
    # `icalendar` keeps the first zone of a name for every file that is read later.
    own = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{0}
TZOFFSETTO:{0}
END:STANDARD
END:VTIMEZONE
"""
    event = "DTSTART;TZID=Customized Time Zone:20260106T090000\nDTEND:20260106T200000Z"
    assert told(event, head=own.format("+0300")) == ["2026-01-06 06:00 - 2026-01-06 20:00"]
    assert told(event, head=own.format("-0500")) == ["2026-01-06 14:00 - 2026-01-06 20:00"]
    assert problem(calendar(event))[1] == "DTSTART must have a TZID that is known"


def test_a_zone_beside_what_has_none() -> None:
    """A13: a TZID says nothing of a time in UTC, and nothing of a whole day."""
    # `icalendar` reads both as times of that zone.
    events = (
        "DTSTART;TZID=Europe/Rome:20260106T080000Z\nDTEND;TZID=Europe/Rome:20260106T090000Z",
        "DTSTART;VALUE=DATE;TZID=America/New_York:20260108",
    )
    assert told(*events) == [
        "2026-01-06 08:00 - 2026-01-06 09:00",
        "2026-01-08 00:00 - 2026-01-09 00:00",
    ]


@pytest.mark.parametrize("time", ["20260106T08 100", "20260106T08+100", "P1D", "120000"])
def test_what_is_not_quite_a_time_is_refused(time: str) -> None:
    """A14: a time with a space in it is refused, and so is a duration, which `icalendar` reads."""
    found = problem(calendar(f"DTSTART:{time}"))
    assert found == (4, "DTSTART must be a date or a time that there is")


def test_a_period_longer_than_its_event() -> None:
    """A9: a period that began long before the window is in it, when the event itself is short."""
    # `recurring-ical-events` looks as far back as the event is long.
    period = (
        "DTSTART:20251101T080000Z\nDTEND:20251101T090000Z\n"
        "RDATE;VALUE=PERIOD:20251201T080000Z/20260110T080000Z"
    )
    assert told(period) == ["2026-01-05 00:00 - 2026-01-10 08:00"]


def test_whole_days_that_became_hours() -> None:
    """A9: later ones go with a whole day that was moved to some hours."""
    # `recurring-ical-events` makes whole days of them again.
    days = "UID:lunch\nDTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;COUNT=3"
    onwards = (
        "UID:lunch\nRECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20260106\n"
        "DTSTART:20260106T140000\nDTEND:20260106T150000"
    )
    assert told(days, onwards) == [
        "2026-01-05 00:00 - 2026-01-06 00:00",
        "2026-01-06 14:00 - 2026-01-06 15:00",
        "2026-01-07 14:00 - 2026-01-07 15:00",
    ]


def test_an_end_of_a_rule_beside_a_change_of_the_clock() -> None:
    """A13: UNTIL is a moment: what a clock shows the second time is later than the first time."""
    rule = "DTSTART;TZID=Europe/Rome:20261024T0{}000\nDURATION:PT5M\nRRULE:FREQ=DAILY;UNTIL={}Z"
    twice = of_ada(calendar(rule.format("23", "20261025T011500")))
    assert [one[5:16] for one in shown(spells(twice))] == ["10-24 00:30", "10-25 00:30"]
    skipped = rule.replace("1024", "0328")
    for until, days in [("20260329T011500", 1), ("20260329T013000", 2)]:
        assert len(spells(of_ada(calendar(skipped.format("23", until))))) == days


def test_a_day_off_beside_a_lost_one() -> None:
    """A9, A13: what a clock skips by a whole day begins on the next, and goes when that is out."""
    daily = (
        "DTSTART;TZID=Pacific/Apia:20111229T090000\nDTEND;TZID=Pacific/Apia:20111229T100000\n"
        "RRULE:FREQ=DAILY;COUNT=4\nEXDATE;VALUE=DATE:201112{}"
    )
    since = datetime(2011, 12, 1, tzinfo=UTC)
    for day, starts in [("30", ["29 19", "30 19", "31 19"]), ("31", ["29 19", "31 19"])]:
        found = shown(spells(of_ada(calendar(daily.format(day))), since, since + 60 * DAY))
        assert [one[8:13] for one in found] == starts
    gone = "UID:a\nRECURRENCE-ID;TZID=Pacific/Apia:20111230T090000\nSTATUS:CANCELLED"
    own = "UID:a\n" + daily.partition("\nEXDATE")[0]
    found = shown(spells(of_ada(calendar(own, gone)), since, since + 60 * DAY))
    assert [one[8:13] for one in found] == ["29 19", "31 19"]


def test_a_skipped_time_named_in_utc() -> None:
    """A9, A13: what a clock skips on a day may be left out, or moved, by the moment that it is."""
    daily = (
        "UID:a\nDTSTART;TZID=Europe/Rome:20260328T023000\nDTEND;TZID=Europe/Rome:20260328T040000"
        "\nRRULE:FREQ=DAILY;COUNT=3"
    )
    starts = ["03-28 01:30", "03-30 00:30"]
    out = of_ada(calendar(f"{daily}\nEXDATE:20260329T013000Z"))
    assert [one[5:16] for one in shown(spells(out))] == starts
    moved = "UID:a\nRECURRENCE-ID:20260329T013000Z\nSTATUS:CANCELLED"
    assert [one[5:16] for one in shown(spells(of_ada(calendar(daily, moved))))] == starts


# --- who is meant --------------------------------------------------------------------------------


def of_team(*events: str, members: object = None, **rest: object) -> ICalendarCalendar:
    """The calendar of a team of three."""
    known = {f"{who}@Example.com": who for who in ("ada", "ben", "cleo")}
    feed = Feed(name="team", fetch=lambda: calendar(*events), members=members or known, **rest)  # type: ignore[arg-type]
    return ICalendarCalendar([feed], time_zone="UTC")


def who_is_away(known: ICalendarCalendar) -> list[object]:
    found = known.absences(["ada", "ben", "cleo", "dan"], MONDAY, MONDAY + YEAR)
    return sorted({str(one.user_id) for one in found})


@pytest.mark.parametrize(
    ("lines", "away"),
    [
        ("ATTENDEE:mailto:ada@example.com", ["ada"]),
        ("ATTENDEE;CN=Ada:MAILTO:ADA@EXAMPLE.COM", ["ada"]),
        ("ATTENDEE:mailto:ada@example.com\nATTENDEE:mailto:ben@example.com", ["ada", "ben"]),
        ("ORGANIZER:mailto:cleo@example.com", ["cleo"]),
        ("ORGANIZER:mailto:cleo@example.com\nATTENDEE:mailto:ada@example.com", ["ada"]),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.com", []),
        ("ATTENDEE;PARTSTAT=DELEGATED:mailto:ada@example.com", []),
        ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:ada@example.com", ["ada"]),
        ('ATTENDEE;CN="Rossi; Ada: x";PARTSTAT=ACCEPTED:mailto:ada@example.com', ["ada"]),
        ("ATTENDEE;EMAIL=ben@example.com:urn:uuid:1", ["ben"]),
        ("ATTENDEE:mailto:bada@example.com", []),
        ("SUMMARY:ada@example.com", []),
    ],
)
def test_the_member_is_named(lines: str, away: list[str]) -> None:
    """A9: an event of a team is of whoever attends and has not declined, else of the organizer."""
    event = f"DTSTART:20260106T080000Z\nDURATION:PT1H\n{lines}"
    assert who_is_away(of_team(event)) == away


def test_an_address_beyond_ascii() -> None:
    """A9, A14: of an address only A to Z are a to z, in the file and among the members."""
    event = "DTSTART:20260106T080000Z\nDURATION:PT1H\nATTENDEE:mailto:ÄDA@EXAMPLE.COM"
    assert who_is_away(of_team(event, members={"ÄDA@Example.com": "ada"})) == ["ada"]
    assert who_is_away(of_team(event, members={"äda@example.com": "ada"})) == []


def test_members_by_a_function() -> None:
    """A9: who is meant may be a function of the address and the name."""
    people = {"Ada Rossi": "ada"}
    known = of_team(
        "DTSTART:20260106T080000Z\nDURATION:PT1H\nATTENDEE;CN=Ada Rossi:urn:uuid:1",
        members=lambda address, name: people.get(name),
    )
    assert who_is_away(known) == ["ada"]


def test_one_instance_names_another() -> None:
    """A9: a moved instance is of those whom it names itself."""
    for rule in ("FREQ=DAILY;COUNT=2", "FREQ=DAILY"):
        known = of_team(
            f"{LUNCH}\nRRULE:{rule}\nATTENDEE:mailto:ada@example.com",
            "UID:lunch\nRECURRENCE-ID:20260106T110000Z\nDTSTART:20260106T110000Z\nDURATION:PT1H\n"
            "ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.com\nATTENDEE:mailto:ben@example.com",
        )
        two_days = (MONDAY, MONDAY + 2 * DAY)
        assert shown(spells(known, *two_days, "ada")) == ["2026-01-05 11:00 - 2026-01-05 12:00"]
        assert shown(spells(known, user_id="ben")) == ["2026-01-06 11:00 - 2026-01-06 12:00"]


# --- what is refused -----------------------------------------------------------------------------

RULE = "DTSTART:20260105T080000Z\nDURATION:PT1H\nRRULE:"
#: The lines of one event, the line of the file that is named, and what is said of it.
HOSTILE = {
    "interval 0": (f"{RULE}FREQ=DAILY;INTERVAL=0", 5, "RRULE must have INTERVAL from 1 to 1,000"),
    "every second": (f"{RULE}FREQ=SECONDLY", 5, "RRULE must have FREQ DAILY, WEEKLY, MONTHLY or"),
    "every hour": (f"{RULE}FREQ=HOURLY", 5, "RRULE must have FREQ DAILY, WEEKLY, MONTHLY or"),
    "count 10^9": (f"{RULE}FREQ=DAILY;COUNT=1000000000", 5, "RRULE must have COUNT from 1 to"),
    "30 February": (f"{RULE}FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 5, "RRULE must occur within 28"),
    "daily, 30 February": (f"{RULE}FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", 5, "RRULE must occur wit"),
    "a date of 30 February": ("DTSTART;VALUE=DATE:20260230", 3, "DTSTART must be a date or a time"),
    "24 o'clock": ("DTSTART:20260105T240000Z", 3, "DTSTART must be a date or a time that there is"),
    "two ends of a rule": (f"{RULE}FREQ=DAILY;COUNT=2;UNTIL=20270101", 5, "RRULE must have one CO"),
    "a hundred years": (f"{RULE}FREQ=YEARLY;COUNT=102", 5, "RRULE must end within 100 years"),
    "too often": (f"{RULE}FREQ=DAILY;UNTIL=20600101T000000Z", 5, "RRULE must occur at most 10,000"),
    "no end of a rule": (f"{RULE}FREQ=DAILY;UNTIL=soon", 5, "RRULE must be a rule, with UNTIL"),
    "a time is no end": (f"{RULE}FREQ=DAILY;UNTIL=120000", 5, "RRULE must be a rule, with UNTIL"),
    "end before start": (
        "DTSTART:20260105T080000Z\nDTEND:20260105T070000Z", 4, "DTEND must not be before DTSTART",
    ),
    "end is a date": (
        "DTSTART:20260105T080000Z\nDTEND;VALUE=DATE:20260106", 4, "DTEND must be a date when",
    ),
    "end in no zone": ("DTSTART:20260105T080000Z\nDTEND:20260106T080000", 4, "DTEND must be in a"),
    "end and duration": (
        "DTSTART:20260105T080000Z\nDTEND:20260105T090000Z\nDURATION:PT1H", 5, "DURATION must not",
    ),
    "less than nothing": ("DTSTART:20260105T080000Z\nDURATION:-PT1H", 4, "DURATION must be a dura"),
    "lasts a date": ("DTSTART:20260105T080000Z\nDURATION:20260106", 4, "DURATION must be a dura"),
    "a period": ("DTSTART:20260105T080000Z/PT1H", 3, "DTSTART must be a date or a time that there"),
    "a long one": (
        "DTSTART:20260105T080000Z\nDURATION:P400D\nRRULE:FREQ=DAILY", 2, "VEVENT that recurs must",
    ),
    "no start": ("UID:a", 2, "VEVENT must have a DTSTART"),
    "two starts": ("DTSTART:20260105T080000Z\nDTSTART:20260105T080000Z", 4, "DTSTART must not be"),
    "no zone": ("DTSTART;TZID=Mars/Olympus:20260105T080000", 3, "DTSTART must have a TZID that is"),
    "a folder": ("DTSTART;TZID=../../etc:20260105T080000", 3, "DTSTART must have a TZID that is k"),
    "year 1": ("DTSTART:00010101T000000Z", 3, "DTSTART must be between the years 1900 and 9000"),
    "year 9999": ("DTSTART:99991231T000000Z", 3, "DTSTART must be between the years 1900 and 9000"),
    "an EXRULE": ("DTSTART:20260105T080000Z\nDURATION:PT1H\nEXRULE:FREQ=DAILY", 5, "EXRULE must n"),
    "a RANGE": (
        "RECURRENCE-ID;RANGE=THISANDPRIOR:20260105T080000Z", 3, "RECURRENCE-ID must have no RANGE",
    ),
    "a rule of an instance": (
        f"RECURRENCE-ID:20260105T080000Z\n{RULE}FREQ=DAILY", 6, "RRULE must not be there with a RE",
    ),
    "a sequence": ("SEQUENCE:new\nDTSTART:20260105T080000Z", 3, "SEQUENCE must be a number"),
    "below nothing": ("SEQUENCE:-1\nDTSTART:20260105T080000Z", 3, "SEQUENCE must be a number"),
    "a long period": (
        f"{RULE}FREQ=DAILY\nRDATE;VALUE=PERIOD:20260105T080000Z/P400D", 6, "RDATE must last at mo",
    ),
    "RDATE is a date": (f"{RULE}FREQ=DAILY\nRDATE;VALUE=DATE:20260105", 6, "RDATE must be a date"),
    "many EXDATEs": (
        f"{RULE}FREQ=DAILY\nEXDATE:{','.join(['20260105T080000Z'] * 10_001)}", 6, "EXDATE must be",
    ),
    "many lines": (
        "ATTENDEE:mailto:a@example.com\n" * (LINES + 1), LINES + 3, "ATTENDEE must be there",
    ),
    "a long line": (f"UID:{'x' * LENGTH}", 3, "UID must have at most 8,192 characters"),
    "parameters": ("DTSTART;TZID:20260105T080000", 3, "DTSTART must have parameters like"),
    "no colon": ("DTSTART=20260105T080000Z", 3, "must be NAME:VALUE"),
    "a broken fold": (
        "ORGANIZER:mailto:ada@\nexample.com\nDTSTART:20260105T080000Z", 4, "must be NAME:VALUE",
    ),
    "an event in an event": ("BEGIN:VEVENT\nEND:VEVENT", 3, "VEVENT must be within a VCALENDAR"),
    "nested": ("BEGIN:X\n" * DEPTH + "END:X\n" * DEPTH, 9, f"BEGIN must be nested at most {DEPTH}"),
    "another's END": ("BEGIN:VALARM\nEND:VTODO", 4, "END must be that of its BEGIN"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_refused_by_line(case: str) -> None:
    """A14: what cannot be read is refused by its line and by what is wrong, and by nothing else."""
    event, line, said = HOSTILE[case]
    content = calendar(event).replace("VERSION:2.0\r\n", "")
    found = problem(content)
    assert (found[0], found[1][: len(said)]) == (line, said)
    for secret in ("Olympus", "soon", "xxx", "example.com"):
        assert secret not in found[1]


def test_refused_as_a_whole() -> None:
    """A14: what is no calendar, or not a whole one, is refused: an empty file shows nobody free."""
    whole = calendar("DTSTART:20260105T080000Z\nDURATION:PT1H")
    assert problem(b"") == (None, "must hold a VCALENDAR")
    assert problem("<html>\n<p>Sign in</p>") == (1, "must be NAME:VALUE")
    assert problem("HTTP:x") == (1, "must be within a VCALENDAR")
    assert problem("BEGIN:VCARD\nEND:VCARD") == (1, "must begin with a VCALENDAR")
    assert problem(whole[:-17])[1].startswith("must have an END for each BEGIN")
    assert problem(whole.encode().replace(b"UTC", b"") + b"X:\xff") == (8, "must be UTF-8")
    assert problem(b" " * (SIZE + 1)) == (None, "must have at most 16,777,216 bytes")
    assert problem(calendar(head="CALSCALE:HEBREW\n")) == (3, "CALSCALE must be GREGORIAN")
    assert problem(7) == (None, "fetch must give bytes or text")


def test_a_zone_that_cannot_be_read() -> None:
    """A14: a VTIMEZONE is refused by its line when an event needs it, and else not looked at."""
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:20251025T030000\n"
        "TZOFFSETFROM:+0200\nTZOFFSETTO:{}\n{}END:STANDARD\nEND:VTIMEZONE\n"
    )
    used = "DTSTART;TZID=Ours:20260105T080000\nDURATION:PT1H"
    for to, rule, line, said in [
        ("+9900", "", 8, "TZOFFSETTO must be like +0100"),
        ("+0100", "RRULE:FREQ=SECONDLY\n", 9, "RRULE must have FREQ"),
        ("+0100", "RRULE:FREQ=DAILY\n", 9, "RRULE of a zone must have FREQ YEARLY"),
        ("+0100", "RDATE:soon\n", 9, "RDATE must be a date or"),
    ]:
        head = zone.format(to, rule)
        found = problem(calendar(used, head=head))
        assert (found[0], found[1][: len(said)]) == (line, said)
        assert told("DTSTART:20260106T080000Z\nDURATION:PT1H", head=head)
    empty = "BEGIN:VTIMEZONE\nTZID:Ours\nEND:VTIMEZONE\n"
    assert (
        problem(calendar(used, head=empty))[1]
        == "VTIMEZONE must have 1 to 500 STANDARD and DAYLIGHT"
    )
    lacking = empty.replace("END", "BEGIN:STANDARD\nEND:STANDARD\nEND")
    assert problem(calendar(used, head=lacking)) == (3, "VTIMEZONE must be one that can be read")


def test_too_much_work_for_all() -> None:
    """A14: rules that may each be followed are refused together, before that is done."""
    rule = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;UNTIL=21000101T000000Z"
    found = problem(calendar(*[f"UID:{n}\n{RULE}{rule}" for n in range(250)]))
    assert found[1] == "RRULE and those before must be less work to follow"


def test_what_is_not_read_may_be_broken() -> None:
    """A9: a line that says nothing of who is away may be broken; folded ones are whole again."""
    event = (
        "DTSTART:2026010\n 6T080000Z\nDURATION\n :PT1H\nX-APPLE-RADIUS=49.9\nDESCRIPTION:a\nbroken"
        "\nBEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:nonsense\nEND:VALARM"
    )
    assert told(event, head="\n\n") == ["2026-01-06 08:00 - 2026-01-06 09:00"]
    assert spells(of_ada("\ufeff" + calendar(event)))
    assert spells(of_ada(("\ufeff" + calendar(event)).encode()))
    assert told(event, head="BEGIN:VTODO\nDTSTART:nonsense\nEND:VTODO\n")


def test_rules_copied_into_an_instance() -> None:
    """A9: a rule that an instance has from its event is not followed again."""
    rule = "RRULE:FREQ=DAILY;COUNT=2"
    instance = "RECURRENCE-ID:20260106T110000Z\nDTSTART:20260107T110000Z\nDURATION:PT1H"
    assert len(told(f"{LUNCH}\n{rule}", f"UID:lunch\n{rule}\n{instance}")) == 2


def test_a_broken_event_may_be_left_out() -> None:
    """A14: a host that asks for it has a broken event left out, and is told of it by name."""
    good, broken = "DTSTART:20260106T080000Z\nDURATION:PT1H", "DTSTART:soon"
    known = of_ada(calendar(good, broken), leave_out=True)
    assert len(known.absences(["ada"], MONDAY, MONDAY + YEAR)) == 1
    [out] = known.left_out()
    assert isinstance(out, UnreadableCalendarError)
    assert str(out) == "ada.ics, line 8: DTSTART must be a date or a time that there is"
    assert not known.stale()
    too_much = [f"{RULE}FREQ=DAILY;BYMONTH=2;UNTIL=21000101T000000Z"] * 250
    assert of_ada(calendar(*too_much), leave_out=True).refresh()


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ({"user_id": None}, "user_id or members must be given, and not both"),
        ({"members": {}}, "user_id or members must be given, and not both"),
        ({"fetch": b"BEGIN"}, "fetch must be a function"),
        ({"name": "a\nb"}, "name must be one line"),
        ({"user_id": True}, "user_id must be an int"),
        ({"user_id": None, "members": {"a@b": True}}, "members must be an int"),
    ],
)
def test_wrong_feeds(feed: dict[str, object], said: str) -> None:
    """A14: a feed that cannot be one is refused by name."""
    with pytest.raises(InvalidValueError, match=said):
        Feed(**{"name": "a", "fetch": bytes, "user_id": "ada", **feed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"time_zone": "Europe/Roma"}, "time_zone must be an IANA time zone"),
        ({"time_zones": {"ada": 3}}, "time_zones must be an IANA time zone"),
        ({"fetch_every": timedelta(-1)}, "fetch_every must be a duration"),
        ({"stale_limit": 3}, "stale_limit must be a duration"),
    ],
)
def test_wrong_settings(rest: dict[str, object], said: str) -> None:
    """A14: a setting that cannot be is refused by name."""
    feed = Feed(name="a", fetch=bytes, user_id="ada")
    with pytest.raises(InvalidValueError, match=said):
        ICalendarCalendar([feed], **{"time_zone": "UTC", **rest})  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError, match="name of its own"):
        ICalendarCalendar([feed, feed], time_zone="UTC")
