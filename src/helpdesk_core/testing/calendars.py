"""`CalendarContract`: what a host's source of absences and working hours is held to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.availability import Availability
from helpdesk_core.entities import Absence, Id, RecurringAbsence, WeeklySchedule
from helpdesk_core.errors import CalendarError
from helpdesk_core.ports import Calendar
from helpdesk_core.testing.contract import Contract
from helpdesk_core.testing.things import absences, schedules
from helpdesk_core.testing.worlds import MONDAY, make_id

_YEAR = timedelta(days=366)


class CalendarContract(Contract):
    """Subclass it, say how a calendar with given absences is made, and run pytest.

    `silent()` gives one that cannot answer, when such a one can be made.
    """

    #: The one type of the ids of users.
    id_type: type = str

    def new(self, absences: Sequence[Absence], schedules: Mapping[Id, WeeklySchedule]) -> Calendar:
        """A calendar that knows exactly these."""
        raise NotImplementedError("say how a calendar is made: def new(self, absences, schedules)")

    def silent(self) -> Calendar | None:
        """A calendar that cannot answer; None when no such one can be made."""
        return None

    @property
    def _people(self) -> list[Id]:
        return [make_id(self.id_type, "user", n) for n in (1, 2, 11)]

    def _asked(
        self, calendar: Calendar, people: Collection[Id]
    ) -> list[Absence | RecurringAbsence]:
        return list(calendar.absences(people, MONDAY, MONDAY + _YEAR))

    def test_people_are_available_as_they_are(self) -> None:
        """A9, A13: availability asked through the calendar is that of what is in it."""
        people = st.sampled_from(self._people)

        @self.tries()
        @given(
            st.lists(absences(people), max_size=5),
            st.lists(schedules(people), max_size=2),
            st.lists(st.timedeltas(timedelta(0), timedelta(500)), min_size=1, max_size=5),
        )
        def check(
            away: list[Absence], hours: list[WeeklySchedule], moments: list[timedelta]
        ) -> None:
            known = {schedule.user_id: schedule for schedule in hours}
            calendar = self.new(away, known)
            asked = self._people
            there = Availability(self._asked(calendar, asked), dict(calendar.schedules(asked)))
            truly = Availability(away, known)
            edges = [a.start for a in away] + [a.end for a in away if a.end is not None]
            for moment in [MONDAY + after for after in moments] + edges:
                if moment >= MONDAY:
                    for id in asked:
                        assert there.is_available(id, moment) == truly.is_available(id, moment)

        check()

    def test_a_late_absence_is_told(self) -> None:
        """A11: single absences are told however late they are, also without an end."""
        ada, bob, _ = self._people
        far = MONDAY + 9 * _YEAR
        late = Absence(user_id=ada, start=far, end=far + timedelta(1))
        for_ever = Absence(user_id=bob, start=MONDAY - _YEAR)
        calendar = self.new([late, for_ever], {})
        there = Availability(self._asked(calendar, self._people), {})
        assert not there.is_available(ada, far)
        assert not there.is_available(bob, far)

    def test_nobody_else_is_told_of(self) -> None:
        """A9: only the absences and hours of those who were asked for are given."""
        ada, bob, eleven = self._people
        away = [
            Absence(user_id=id, start=MONDAY, end=MONDAY + timedelta(1)) for id in (ada, eleven)
        ]
        hours = WeeklySchedule(user_id=eleven, time_zone="UTC", hours=[(0, 0, 60)])
        calendar = self.new(away, {eleven: hours})
        assert {absence.user_id for absence in self._asked(calendar, [ada, bob])} == {ada}
        assert not calendar.schedules([ada, bob])
        assert dict(calendar.schedules([eleven, ada])) == {eleven: hours}
        assert self._asked(calendar, []) == []

    def test_what_is_over_is_not_needed_and_what_goes_on_is(self) -> None:
        """A9: an absence that began before and ends after the moment is told."""
        ada = self._people[0]
        minute = timedelta(minutes=1)
        going_on = Absence(user_id=ada, start=MONDAY - _YEAR, end=MONDAY + minute)
        over = Absence(user_id=ada, start=MONDAY - _YEAR, end=MONDAY)
        there = Availability(self._asked(self.new([going_on], {}), [ada]), {})
        assert not there.is_available(ada, MONDAY)
        there = Availability(self._asked(self.new([over], {}), [ada]), {})
        assert there.is_available(ada, MONDAY)

    def test_it_tells_the_same_again(self) -> None:
        """A9: asked again, and whatever collection the ids come in, it tells the same."""
        ada, bob, _ = self._people
        away = [Absence(user_id=id, start=MONDAY, end=MONDAY + timedelta(1)) for id in (ada, bob)]
        calendar = self.new(away, {})
        for ids in ([ada, bob], (bob, ada), {ada, bob}, dict.fromkeys([bob, ada]).keys()):
            there = Availability(self._asked(calendar, ids), dict(calendar.schedules(ids)))
            assert not there.is_available(ada, MONDAY)
            assert not there.is_available(bob, MONDAY)

    def test_a_calendar_that_cannot_answer_says_so(self) -> None:
        """A14: a calendar that cannot tell raises CalendarError, and never shows nobody away."""
        calendar = self.silent()
        if calendar is None:
            self.not_tried("silent() gives nothing")
        assert calendar is not None
        with pytest.raises(CalendarError):
            self._asked(calendar, self._people)
