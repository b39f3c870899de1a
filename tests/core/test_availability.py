"""Absences, weekly schedules, and the next moment at which somebody is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk_core.availability import Availability
from helpdesk_core.availability.edges import LAST
from helpdesk_core.availability.members import Member
from helpdesk_core.availability.patterns import REACH, week_of
from helpdesk_core.entities import Absence, WeeklySchedule
from helpdesk_core.errors import InvalidValueError
from model import assignment as model

pytestmark = pytest.mark.core

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MEMBERS = ("ada", "bob", "cy")
OFFICE = tuple((weekday, 9 * 60, 17 * 60) for weekday in range(5))

#: A change of the clocks of each kind: (zone, a moment shortly before it).
CHANGES = (
    ("Europe/Rome", datetime(2026, 3, 28, 12, tzinfo=UTC)),
    ("Europe/Rome", datetime(2026, 10, 24, 12, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 7, 12, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 31, 12, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 2, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 2, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 29, 12, tzinfo=UTC)),
)


def at(hours: float) -> datetime:
    """A moment so many hours after the start."""
    return START + hours * HOUR


def away(start: float, end: float | None, member_id: str = "ada") -> Absence:
    """An absence between these hours after the start."""
    return Absence(user_id=member_id, start=at(start), end=None if end is None else at(end))


def week(zone: str, *hours: tuple[int, int, int]) -> dict[str, WeeklySchedule]:
    """The schedule of ada alone; start and end in minutes."""
    return {"ada": WeeklySchedule(user_id="ada", time_zone=zone, hours=hours)}


@st.composite
def absence_lists(draw: st.DrawFn) -> list[Absence]:
    """Absences of three people within two days, overlapping, touching and open ones among them."""
    starts = draw(st.lists(st.tuples(st.sampled_from(MEMBERS), st.integers(0, 40)), max_size=12))
    lengths = st.integers(1, 12) | st.just(None)
    return [
        away(start, None if (length := draw(lengths)) is None else start + length, member_id)
        for member_id, start in starts
    ]


windows = st.builds(
    lambda weekday, start, length: (weekday, start, min(start + length, 1440)),
    st.integers(0, 6),
    st.integers(0, 95).map(lambda quarter: 15 * quarter),
    st.integers(1, 600),
)


def as_model(absences: list[Absence]) -> dict[object, list[tuple[datetime, datetime | None]]]:
    """The same absences as the model has them."""
    said: dict[object, list[tuple[datetime, datetime | None]]] = {}
    for absence in absences:
        said.setdefault(absence.user_id, []).append((absence.start, absence.end))
    return said


# --- absences ----------------------------------------------------------------------------------


def test_absence_is_half_open() -> None:
    """A9: An absence holds its start and not its end."""
    known = Availability([away(1, 2)])
    asked = [at(0.5), at(1), at(1.5), at(2)]
    assert [known.is_available("ada", moment) for moment in asked] == [True, False, False, True]


def test_absences_are_joined() -> None:
    """A9: Overlapping, contained and touching absences are one, in whatever order they come."""
    known = Availability([away(6, 8), away(1, 4), away(4, 6), away(2, 3), away(9, 10)])
    assert known.absent_until("ada", at(1)) == at(8)
    assert known.next_available(["ada"], at(2)) == at(8)
    assert known.is_available("ada", at(8.5))


def test_absence_that_runs_into_an_open_one_is_open() -> None:
    """A9, A11: What touches an absence without an end has no end either."""
    known = Availability([away(1, 2), away(2, None), away(5, 6), away(7, None)])
    assert known.absent_until("ada", at(1)) is None
    assert known.is_absent("ada", at(1))
    assert known.is_absent("ada", at(1_000_000))
    assert known.next_available(["ada"], at(1)) is None
    alone = Availability([away(5, 6), away(1, None), away(8, 9)])  # nothing touches it
    assert [alone.is_absent("ada", at(hours)) for hours in (0, 1, 5.5, 6, 8.5)] == [
        False,
        True,
        True,
        True,
        True,
    ]


def test_absent_until_is_for_the_absent() -> None:
    """A20: The end of the absence is told of who is absent, and of nobody else."""
    known = Availability([away(1, 2)])
    assert [known.absent_until("ada", at(hours)) for hours in (0, 1, 2)] == [None, at(2), None]
    assert [known.is_absent("ada", at(hours)) for hours in (0, 1, 2)] == [False, True, False]


def test_naive_moments_are_refused() -> None:
    """A9: A moment without a time zone is refused in every question."""
    known, naive = Availability(), datetime(2026, 1, 5)  # noqa: DTZ001
    for ask in (known.is_available, known.is_absent, known.absent_until):
        with pytest.raises(InvalidValueError, match="time zone"):
            ask("ada", naive)
    with pytest.raises(InvalidValueError, match="time zone"):
        known.next_available(["ada"], naive)


def test_moments_of_other_zones_are_the_same_moments() -> None:
    """A9: Absences and questions may come in any time zone."""
    east = timezone(timedelta(hours=9))
    known = Availability([Absence(user_id="ada", start=at(1).astimezone(east), end=at(2))])
    assert not known.is_available("ada", at(1.5).astimezone(ZoneInfo("America/New_York")))
    assert known.next_available(["ada"], at(1).astimezone(east)) == at(2)


@pytest.mark.parametrize("horizon", [-DAY, 366, None])
def test_horizon_is_a_duration(horizon: object) -> None:
    """A11: A horizon that is no duration, or a negative one, is refused by name."""
    with pytest.raises(InvalidValueError, match="horizon"):
        Availability().next_available(["ada"], START, horizon)  # type: ignore[arg-type]


def test_one_text_is_not_many_members() -> None:
    """A9: An id given instead of ids is refused, for its letters would be people who are there."""
    with pytest.raises(InvalidValueError, match="member_ids"):
        Availability([away(0, None)]).next_available("ada", START)


@given(absence_lists(), st.integers(0, 60), st.lists(st.sampled_from(MEMBERS), unique=True))
def test_agrees_with_the_model(absences: list[Absence], hours: int, asked: list[str]) -> None:
    """A9, A11: Presence and the next moment are those of the rule told without any cleverness."""
    known, said = Availability(absences), as_model(absences)
    for member in MEMBERS:
        assert known.is_available(member, at(hours)) == model.is_available(member, said, at(hours))
    found = known.next_available(asked, at(hours))
    assert found == (model.next_available(asked, said, at(hours)) if asked else None)


def test_finite_absence_has_no_horizon() -> None:
    """A11: However long an absence is, and however short the horizon, its end is found."""
    known = Availability([away(0, 24 * 366 * 80)], week("Europe/Rome", *OFFICE))
    bare = Availability([away(0, 24 * 366 * 80)])
    assert bare.next_available(["ada"], START, timedelta(0)) == at(24 * 366 * 80)
    found = known.next_available(["ada"], at(10))  # Monday at 11 in Rome
    assert found is not None
    assert at(24 * 366 * 80) <= found < at(24 * (366 * 80 + 4))


def test_horizon_bounds_what_a_schedule_could_do_for_ever() -> None:
    """A11: A schedule that does not come round within the horizon gives nobody."""
    known = Availability((), week("UTC", (2, 0, 60)))
    assert known.next_available(["ada"], START, 2 * DAY) == START + 2 * DAY
    assert known.next_available(["ada"], START, 2 * DAY - timedelta(microseconds=1)) is None


def test_schedule_without_hours_never_loops() -> None:
    """A11: Who works at no hour is never there, at no cost for a horizon without end."""
    known = Availability([away(0, 5)], week("Pacific/Apia"))
    assert not known.is_available("ada", START)
    assert known.next_available(["ada"], START, timedelta.max) is None


def test_cost_is_bounded_by_the_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A11: A search passes each absence once, however long the horizon."""
    absences = [away(24 * day, 24 * day + 23) for day in range(1000)]
    known = Availability(
        [*absences, away(24 * 1000, None)], week("UTC", *((d, 0, 60) for d in range(7)))
    )
    passed = 0
    free_from = Member._free_from

    def counted(self: Member, at: int) -> int | None:
        nonlocal passed
        passed += 1
        return free_from(self, at)

    monkeypatch.setattr(Member, "_free_from", counted)
    assert known.next_available(["ada"], START, timedelta.max) is None
    assert passed == len(absences) + 1


@given(
    absence_lists(),
    st.lists(windows, max_size=4),
    st.sampled_from(CHANGES),
    st.integers(0, 30 * 24),
    st.integers(0, 45 * 24),
    st.data(),
)
def test_less_absence_is_never_later(
    absences: list[Absence],
    hours: list[tuple[int, int, int]],
    change: tuple[str, datetime],
    after: int,
    horizon: int,
    data: st.DataObject,
) -> None:
    """A12: Taking an absence away, or shortening it, never makes the next moment later."""
    schedules = week(change[0], *hours) if data.draw(st.booleans()) else {}
    less = data.draw(st.lists(st.sampled_from(absences), unique_by=id)) if absences else []
    less += [
        Absence(user_id=absence.user_id, start=absence.start + HOUR / 2, end=absence.end)
        for absence in absences
        if absence not in less and data.draw(st.booleans())
    ]
    question = (MEMBERS, at(after / 10), horizon * HOUR)
    found = Availability(absences, schedules).next_available(*question)
    sooner = Availability(less, schedules).next_available(*question)
    assert found is None or (sooner is not None and sooner <= found)


def test_next_change_of_absences_alone() -> None:
    """A9: Who works by no schedule goes as an absence begins and comes as it ends; else never."""
    known = Availability([away(1, 2), away(2, 3), away(8, None)])
    asked = [at(0), at(1), at(2.5), at(3), at(8), at(9)]
    found = [known.next_change("ada", moment) for moment in asked]
    assert found == [at(1), at(3), at(3), at(8), None, None]
    assert known.next_change("bob", at(0)) is None


def test_absence_that_ends_in_the_hour_that_is_skipped() -> None:
    """A9, A13: An end at half past two on a day without it is a moment all the same."""
    rome = ZoneInfo("Europe/Rome")
    start = datetime(2026, 3, 28, 12, tzinfo=rome)
    for fold, end in ((0, "2026-03-29T01:30Z"), (1, "2026-03-29T00:30Z")):
        skipped = datetime(2026, 3, 29, 2, 30, fold=fold, tzinfo=rome)
        known = Availability([Absence(user_id="ada", start=start, end=skipped)])
        assert known.next_available(["ada"], start) == datetime.fromisoformat(end)


# --- schedules ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hours", "after", "spells"),
    [
        # Rome puts 2:00 forward to 3:00: the hour is not there, and is met a week later.
        ("Europe/Rome", (6, 120, 150), "2026-03-28T12:00Z", [("04-05T00:00", "04-05T00:30")]),
        ("Europe/Rome", (6, 90, 210), "2026-03-28T12:00Z", [("03-29T00:30", "03-29T01:30")]),
        ("Europe/Rome", (6, 150, 210), "2026-03-28T12:00Z", [("03-29T01:00", "03-29T01:30")]),
        # Rome puts 3:00 back to 2:00: the hour is there twice.
        (
            "Europe/Rome",
            (6, 120, 150),
            "2026-10-24T12:00Z",
            [("10-25T00:00", "10-25T00:30"), ("10-25T01:00", "10-25T01:30")],
        ),
        # New York puts 2:00 back to 1:00, into the middle of the hours.
        (
            "America/New_York",
            (6, 30, 90),
            "2026-10-31T12:00Z",
            [("11-01T04:30", "11-01T05:30"), ("11-01T06:00", "11-01T06:30")],
        ),
        ("America/New_York", (6, 120, 180), "2026-03-07T12:00Z", [("03-15T06:00", "03-15T07:00")]),
        # Lord Howe moves by half an hour.
        (
            "Australia/Lord_Howe",
            (6, 120, 150),
            "2026-10-03T02:00Z",
            [("10-10T15:00", "10-10T15:30")],
        ),
        (
            "Australia/Lord_Howe",
            (6, 90, 120),
            "2026-04-04T02:00Z",
            [("04-04T14:30", "04-04T15:30")],
        ),
        # Apia went to the other side of the date line: Friday 30 December 2011 was not there.
        ("Pacific/Apia", (4, 540, 1020), "2011-12-29T12:00Z", [("01-05T19:00", "01-06T03:00")]),
        (  # two o'clock comes again, when the hours are over
            "Europe/Rome",
            (6, 60, 120),
            "2026-10-24T22:00Z",
            [("10-24T23:00", "10-25T00:00"), ("11-01T00:00", "11-01T01:00")],
        ),
    ],
)
def test_change_of_the_clocks(
    zone: str, hours: tuple[int, int, int], after: str, spells: list[tuple[str, str]]
) -> None:
    """A13: Gap and fold: hours that are not there are not worked, hours that come twice are."""
    known, moment = Availability((), week(zone, hours)), datetime.fromisoformat(after)
    year = moment.year + (zone == "Pacific/Apia")
    tick = timedelta(microseconds=1)
    for start, end in (
        tuple(datetime.fromisoformat(f"{year}-{text}Z") for text in spell) for spell in spells
    ):
        assert known.next_available(["ada"], moment) == start
        assert not known.is_available("ada", start - tick)
        assert known.is_available("ada", start)
        assert known.is_available("ada", end - tick)
        assert not known.is_available("ada", end)
        moment = end


def test_hours_that_ended_are_not_entered_as_the_clock_goes_back() -> None:
    """A13: Back after months, between the end of the hours and the hour that comes twice."""
    back = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    gone = Absence(user_id="ada", start=datetime(2026, 6, 1, tzinfo=UTC), end=back)
    known = Availability([gone], week("Europe/Rome", (6, 60, 120)))
    assert known.next_available(["ada"], gone.start) == datetime(2026, 11, 1, tzinfo=UTC)


@given(st.sampled_from(CHANGES), st.lists(windows, max_size=3), st.integers(0, 3 * 96))
@example(("Pacific/Apia", CHANGES[-1][1]), [(4, 0, 1440)], 0)
@example(("Europe/Rome", datetime(2026, 3, 22, 3, tzinfo=UTC)), [(6, 120, 150)], 0)  # two weeks
def test_schedule_is_the_clock_on_the_wall(
    change: tuple[str, datetime], hours: list[tuple[int, int, int]], quarters: int
) -> None:
    """A13: Around every change of the clocks, inside is what the clock on the wall says."""
    zone, before = change
    known, after = Availability((), week(zone, *hours)), before + quarters * HOUR / 4

    def on_the_wall(moment: datetime) -> bool:
        wall = moment.astimezone(ZoneInfo(zone))
        minute = 60 * wall.hour + wall.minute
        return any(day == wall.weekday() and a <= minute < b for day, a, b in hours)

    asked = (after + minutes * timedelta(minutes=1) for minutes in range(15 * 1440))
    first = next((moment for moment in asked if on_the_wall(moment)), None)
    assert known.next_available(["ada"], after) == first
    assert known.is_available("ada", after) == on_the_wall(after)


def test_absences_and_schedule_count_both() -> None:
    """A10, A13: The next moment is inside the hours and outside every absence."""
    absences = [away(9, 12), away(16, 24 + 9), away(24 + 9.5, 24 * 4)]
    known = Availability(absences, week("UTC", *OFFICE))
    asked = [at(0), at(12), at(16), at(24 + 9.2), at(24 + 10)]
    found = [known.next_available(["ada"], moment) for moment in asked]
    assert found == [at(12), at(12), at(24 + 9), at(24 + 9.2), at(24 * 4 + 9)]


def test_work_over_midnight_is_two_entries() -> None:
    """A13: The end of one day and the start of the next make one spell."""
    known = Availability((), week("UTC", (0, 22 * 60, 1440), (1, 0, 6 * 60)))
    asked = [at(21), at(22), at(24), at(29.9), at(30)]
    assert [known.is_available("ada", moment) for moment in asked] == [
        False,
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_schedule_at_the_ends_of_time(zone: str) -> None:
    """A13: Where the calendar of the machine ends, nothing breaks; what comes later never does."""
    last = datetime.max.replace(tzinfo=UTC)
    first = datetime.min.replace(tzinfo=UTC)
    daily = [(weekday, 0, 1439) for weekday in range(7)]
    known = Availability((), week(zone, *daily))
    assert first <= known.next_available(["ada"], first) < first + DAY
    assert known.next_change("ada", first) is not None
    assert known.next_change("ada", last) is None
    assert known.next_available(["ada"], last) in (last, None)
    assert known.coverage(["ada"], last - DAY, last) != ()
    assert known.coverage(["ada"], first, first + DAY) != ()
    ends = Absence(user_id="ada", start=START, end=last)
    assert Availability([ends], week(zone, *daily)).next_available(["ada"], START) in (last, None)
    assert Availability([ends]).next_available(["ada"], START) == last
    sooner = Absence(user_id="ada", start=START, end=last - 3 * DAY)
    found = Availability([sooner], week(zone, *daily)).next_available(["ada"], START)
    assert last - 3 * DAY <= found < last - 2 * DAY
    assert Availability().next_available(["ada"], last) == last


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "America/New_York"])
def test_two_spells_a_day_wherever_pieces_end(zone: str) -> None:
    """A13: Who works in the morning and at night does so each day, wherever days are cut."""
    known = Availability(
        (), week(zone, *((d, *h) for d in range(7) for h in ((60, 360), (1200, 1380))))
    )
    midnight = datetime(2026, 4, 20, tzinfo=ZoneInfo(zone))  # no clock is changed in 60 days
    gaps = known.coverage(["ada"], midnight, midnight + 60 * DAY)
    hours = [((gap.start - midnight) / HOUR, (gap.end - midnight) / HOUR) for gap in gaps]
    daily = [(24 * day + a, 24 * day + b) for day in range(60) for a, b in ((6, 20), (23, 25))]
    assert hours == [(0, 1), *daily[:-1], (24 * 60 - 1, 24 * 60)]


@pytest.mark.parametrize("zone", ["Europe/Rome", "America/New_York", "Australia/Lord_Howe"])
def test_clocks_of_sixty_years(zone: str) -> None:
    """A13: Around every change of the clocks, some of them where a piece ends, the wall counts."""
    known = Availability((), week(zone, *((day, 60, 200) for day in range(7))))
    there = ZoneInfo(zone)
    moment = datetime(1980, 1, 1, tzinfo=UTC)
    while moment.year < 2038:
        moment += DAY
        if moment.astimezone(there).utcoffset() == (moment - DAY).astimezone(there).utcoffset():
            continue
        for half_hours in range(-96, 96):
            asked = moment + half_hours * HOUR / 2
            wall = asked.astimezone(there)
            assert known.is_available("ada", asked) == (60 <= 60 * wall.hour + wall.minute < 200)


def test_a_week_of_every_hour_is_no_week() -> None:
    """A13: Who works at every hour comes and goes with absences alone."""
    always = [(weekday, 0, 1440) for weekday in range(7)]
    known = Availability([away(1, 2)], week("Europe/Rome", *always))
    assert known.next_change("ada", at(0)) == at(1)
    assert known.next_change("ada", at(2)) is None


def test_schedule_of_another_is_refused() -> None:
    """A13: A schedule under somebody else's id is refused."""
    with pytest.raises(InvalidValueError, match="schedules"):
        Availability((), {"bob": week("UTC")["ada"]})


@pytest.mark.parametrize("zone", ["", "Europe/Milano", "Europe", "../etc/passwd", "UTC\n", 1, None])
def test_unknown_time_zone_is_refused(zone: object) -> None:
    """A13: A zone that is not an IANA name is refused when the schedule is made."""
    with pytest.raises(InvalidValueError, match="time_zone"):
        WeeklySchedule(user_id="ada", time_zone=zone, hours=())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "hours",
    [
        [(0, 60)],
        [(0, 60, 120, 180)],
        [(0, 60, 60)],
        [(0, 60, 1441)],
        [(0, -1, 60)],
        [(7, 0, 60)],
        [(-1, 0, 60)],
        [(True, 0, 60)],
        [(0, 0.5, 60)],
        [None],
        None,
    ],
)
def test_impossible_hours_are_refused(hours: object) -> None:
    """A13: Hours that no week has are refused when the schedule is made."""
    with pytest.raises(InvalidValueError, match="hours"):
        WeeklySchedule(user_id="ada", time_zone="UTC", hours=hours)  # type: ignore[arg-type]


def test_time_ends_and_nobody_came() -> None:
    """A11: a week that lets nobody in has no next moment up to the last one that there is."""
    assert week_of("UTC", ()).reached(LAST - 1, LAST - 1, limit=REACH) is None
