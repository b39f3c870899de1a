"""Absences that ended: what catching up asks the calendar, against the hours counted one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk_core.availability import Availability
from helpdesk_core.availability.edges import PIECE, to_moment
from helpdesk_core.entities import Absence, RecurringAbsence

pytestmark = pytest.mark.core

HOUR = timedelta(hours=1)
#: Where two pieces of what goes on for ever meet; hours are counted from here.
MEETING = to_moment(731 * PIECE)
FROM, TO = -1500, 900


def away(start: int, end: int | None) -> Absence:
    """Between these hours."""
    ends = None if end is None else MEETING + end * HOUR
    return Absence(user_id="ada", start=MEETING + start * HOUR, end=ends)


def daily(start: int, lasts: int, days: int) -> RecurringAbsence:
    """Every so many days from this hour on."""
    begins = MEETING + start * HOUR
    return RecurringAbsence(
        user_id="ada",
        rule=f"FREQ=DAILY;INTERVAL={days}",
        start=begins,
        end=begins + lasts * HOUR,
        time_zone="UTC",
    )


def asked(known: Availability, after: int, until: int) -> list[tuple[float, float]]:
    """The same in hours."""
    found = known.absences_ended("ada", MEETING + after * HOUR, MEETING + until * HOUR)
    return [((start - MEETING) / HOUR, (end - MEETING) / HOUR) for start, end in found]


finite = st.lists(
    st.tuples(st.integers(-60, 60), st.none() | st.integers(1, 30)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    max_size=4,
)
endless = st.lists(
    st.tuples(st.integers(FROM + 100, 40), st.integers(1, 50), st.integers(1, 3)), max_size=2
)


@given(finite, endless, st.integers(-60, 60), st.integers(0, 60))
@example([(0, 5)], [], 0, 5)
@example([(0, 5)], [], 5, 10)
@example([(-5, 0), (3, 5)], [], 0, 5)
@example([(0, 5), (7, 9), (20, None)], [], 1, 40)
@example([], [(-1400, 24, 1)], 10, 40)
@example([], [(-20, 5, 1)], -40, 60)
@example([], [(-30, 48, 3)], 10, 30)
@example([(-60, -30)], [(-30, 48, 3)], 10, 30)
def test_absences_that_ended_are_the_hours_away_joined(
    some: list[tuple[int, int | None]],
    coming: list[tuple[int, int, int]],
    after: int,
    lasting: int,
) -> None:
    """A8, A9: Whole spells, joined, are told of, those whose end is in the stretch asked of."""
    until = after + lasting
    off = {hour for start, end in some for hour in range(start, TO if end is None else end)}
    for start, lasts, days in coming:
        for begins in range(start, TO, 24 * days):
            off.update(range(begins, begins + lasts))
    expected = []
    for end in range(after + 1, until + 1):
        if end - 1 in off and end not in off:
            start = end - 1
            while start - 1 in off:
                start -= 1
            expected.append((start, end))
    absences = [away(*spell) for spell in some] + [daily(*each) for each in coming]
    assert asked(Availability(absences), after, until) == expected


def test_a_moment_is_enough_between_two_absences() -> None:
    """A9: Absences with a microsecond between them are two, of which each ends by itself."""
    moment = timedelta.resolution
    absences = [
        Absence(user_id="ada", start=MEETING - 2 * HOUR, end=MEETING - moment),
        Absence(user_id="ada", start=MEETING, end=MEETING + HOUR),
    ]
    known = Availability(absences)
    assert known.absences_ended("ada", MEETING, MEETING + HOUR) == ((MEETING, MEETING + HOUR),)
    assert known.absences_ended("ada", MEETING - 2 * moment, MEETING) == (
        (MEETING - 2 * HOUR, MEETING - moment),
    )
    assert known.absences_ended("ada", MEETING + moment, MEETING + HOUR) == (
        (MEETING, MEETING + HOUR),
    )


def test_an_absence_from_the_first_moment_ends_too() -> None:
    """A9: An absence that began with time itself, as a zone east of UTC has it, is told of."""
    first = datetime.min.replace(tzinfo=UTC)
    known = Availability([Absence(user_id="ada", start=first, end=MEETING)])
    assert known.absences_ended("ada", MEETING - HOUR, MEETING) == ((first, MEETING),)


def test_a_recurring_absence_that_has_just_begun() -> None:
    """A8: An absence is told of from its first moment on, if that is the one before the stretch."""
    just_begun = MEETING + timedelta.resolution
    for begins in (0, -3):
        known = Availability([daily(begins, 5, 1)])
        start = MEETING + begins * HOUR
        assert known.absences_ended("ada", just_begun, start + 5 * HOUR) == (
            (start, start + 5 * HOUR),
        )
