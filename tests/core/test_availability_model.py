"""Absences, schedules and recurring absences together, against the second model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence, RecurringAbsence, WeeklySchedule
from model import availability as model

pytestmark = pytest.mark.core

DAY = timedelta(days=1)
STEP = model.STEP
STEPS = 24 * 96  # of a quarter of an hour: 24 days
#: For tests that look at every quarter of an hour of many days, one by one.
few = settings(max_examples=settings().max_examples // 3)
MEMBERS = ("ada", "bob", "cy")

#: A moment two days before the clocks change, a leap day, the end of a year, the end of a piece.
BEFORE = (
    ("Europe/Rome", datetime(2026, 3, 27, tzinfo=UTC)),
    ("Europe/Rome", datetime(2026, 10, 23, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 6, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 2, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 1, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 28, tzinfo=UTC)),
    ("Europe/Rome", datetime(2028, 2, 27, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 12, 29, tzinfo=UTC)),
)
RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;COUNT=5",
    "FREQ=DAILY;BYHOUR=1,2;BYMINUTE=0,45",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR,SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTHDAY=1,29,-1;COUNT=40",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYYEARDAY=-1,1",
    "FREQ=YEARLY;UNTIL=20281231T120000",
)


@attrs.frozen
class Scene:
    """The same people for the library and for the model, and a moment to ask about."""

    absences: list[Absence | RecurringAbsence]
    schedules: dict[str, WeeklySchedule]
    plain: dict[str, dict[str, Any]]
    after: datetime

    @property
    def known(self) -> Availability:
        """What the library makes of it."""
        return Availability(self.absences, self.schedules, member_ids=MEMBERS)


quarters = st.integers(-96 * 3, 96 * 8)


@st.composite
def scenes(draw: st.DrawFn, most: int = 3) -> Scene:
    """Three people around a change of the clocks or the calendar, all on quarters of an hour."""
    zone, before = draw(st.sampled_from(BEFORE))
    absences: list[Absence | RecurringAbsence] = []
    schedules: dict[str, WeeklySchedule] = {}
    plain: dict[str, dict[str, Any]] = {}
    for who in MEMBERS:
        away, again, week = [], [], None
        for _ in range(draw(st.integers(0, most))):
            start = before + draw(quarters) * STEP
            length = draw(st.integers(1, 400) | st.none())
            end = None if length is None else start + length * STEP
            absences.append(Absence(user_id=who, start=start, end=end))
            away.append((start, end))
        for _ in range(draw(st.integers(0, 2))):
            start = before + draw(quarters | quarters.map(lambda n: n - 96 * 700)) * STEP
            end = start + draw(st.integers(1, 96)) * STEP
            rule = draw(st.sampled_from(RULES))
            left_out = [start + days * DAY for days in draw(st.lists(st.integers(0, 9)))]
            try:
                absences.append(
                    RecurringAbsence(
                        user_id=who,
                        start=start,
                        end=end,
                        rule=rule,
                        time_zone=zone,
                        exdates=left_out,
                    )
                )
            except ValueError:  # the wall runs backwards over a fold, or UNTIL is before the start
                continue
            again.append((start, end, rule, zone, left_out))
        if draw(st.booleans()):
            opens = st.tuples(st.integers(0, 6), st.integers(0, 95), st.integers(1, 40))
            week = [
                (day, 15 * quarter, min(15 * (quarter + length), 1440))
                for day, quarter, length in draw(st.lists(opens, max_size=6))
            ]
            schedules[who] = WeeklySchedule(user_id=who, time_zone=zone, hours=week)
            week = (zone, week)
        plain[who] = {"away": away, "again": again, "week": week}
    return Scene(absences, schedules, plain, before + draw(st.integers(0, 96 * 4)) * STEP)


def turns(there: list[bool], after: datetime) -> list[tuple[datetime, bool]]:
    """When the answer becomes another, and which it is then."""
    return [
        (after + step * STEP, there[step])
        for step in range(1, len(there))
        if there[step] != there[step - 1]
    ]


@given(scenes())
@few
def test_presence_is_that_of_the_model(scene: Scene) -> None:
    """A9, A13: Who is there, at each quarter of an hour for weeks, and when that changes."""
    known = scene.known
    for who in MEMBERS:
        there = model.presence(scene.plain[who], scene.after, STEPS)
        moments = [scene.after + step * STEP for step in range(STEPS)]
        assert [known.is_available(who, moment) for moment in moments] == there
        expected = turns(there, scene.after)
        moment, seen = scene.after, []
        for _ in expected:
            moment = known.next_change(who, moment)
            seen.append((moment, known.is_available(who, moment)))
        assert seen == expected
        further = known.next_change(who, moment)
        assert further is None or further >= moments[-1]


@given(scenes(), st.integers(0, 40 * 24), st.lists(st.sampled_from(MEMBERS), unique=True))
def test_next_moment_is_that_of_the_model(scene: Scene, hours: int, asked: list[str]) -> None:
    """A10, A11, A13: The next moment of one, of some and of everybody, within any horizon."""
    horizon = timedelta(hours=hours)
    for some in (asked, None):
        plain = [scene.plain[who] for who in (MEMBERS if some is None else some)]
        expected = model.next_available(plain, scene.after, horizon, STEPS)
        found = scene.known.next_available(some, scene.after, horizon)
        if expected is None and found is not None:
            assert found >= scene.after + STEPS * STEP
        else:
            assert found == expected


@given(scenes(), st.integers(0, STEPS))
def test_coverage_and_changes_are_those_of_the_model(scene: Scene, steps: int) -> None:
    """A9, A13: The hours in which nobody is there, and who comes and goes, in order."""
    until = scene.after + steps * STEP
    plain = [scene.plain[who] for who in MEMBERS]
    gaps = [(gap.start, gap.end) for gap in scene.known.coverage(MEMBERS, scene.after, until)]
    assert gaps == model.gaps(plain, scene.after, steps)
    expected = [
        (moment, place, there)
        for place, one in enumerate(plain)
        for moment, there in turns(model.presence(one, scene.after, steps + 1), scene.after)
    ]
    found = [
        (moment, MEMBERS.index(who), there)
        for moment, who, there in scene.known.changes(MEMBERS, scene.after, until)
    ]
    assert found == sorted(expected)


@given(scenes(), scenes(), st.lists(st.sampled_from(MEMBERS), unique=True))
def test_changed_absences_are_as_if_they_had_always_been_so(
    scene: Scene, other: Scene, asked: list[str]
) -> None:
    """A9: After a change of one member's absences all is as when built anew, and the old stays."""
    old = scene.known
    kept = [old.next_available(some, scene.after) for some in (asked, None)]
    theirs = [absence for absence in other.absences if absence.user_id == "ada"]
    others = [absence for absence in scene.absences if absence.user_id != "ada"]
    changed = old.with_absences("ada", theirs)
    anew = Availability(others + theirs, scene.schedules, member_ids=MEMBERS)
    until = scene.after + 20 * DAY
    for some in (asked, None):
        assert changed.next_available(some, scene.after) == anew.next_available(some, scene.after)
        assert changed.coverage(some, scene.after, until) == anew.coverage(some, scene.after, until)
    assert [old.next_available(some, scene.after) for some in (asked, None)] == kept


@given(scenes(), st.integers(0, 40 * 24), st.data())
def test_less_absence_of_any_kind_is_never_later(
    scene: Scene, hours: int, data: st.DataObject
) -> None:
    """A12: Taking away absences, recurring ones too, never makes the next moment later."""
    less = [absence for absence in scene.absences if data.draw(st.booleans())]
    horizon = timedelta(hours=hours)
    found = scene.known.next_available(MEMBERS, scene.after, horizon)
    sooner = Availability(less, scene.schedules).next_available(MEMBERS, scene.after, horizon)
    assert found is None or (sooner is not None and sooner <= found)
    if found is not None:
        assert any(scene.known.is_available(who, found) for who in MEMBERS)


@given(scenes())
@few
def test_absence_and_its_end_are_those_of_the_model(scene: Scene) -> None:
    """A20: Who is absent, recurring absences among it, and until when without a break."""
    known = scene.known
    for who in MEMBERS:
        bare = {**scene.plain[who], "week": None}
        there = model.presence(bare, scene.after, STEPS)
        assert known.is_absent(who, scene.after) is not there[0]
        end = known.absent_until(who, scene.after)
        if there[0]:
            assert end is None
        elif True in there:
            assert end == scene.after + there.index(True) * STEP
        else:
            assert end is None or end >= scene.after + STEPS * STEP
