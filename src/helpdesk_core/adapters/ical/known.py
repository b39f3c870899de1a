"""What is known of one user out of one feed, laid out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import attrs

from helpdesk_core.adapters.ical.events import Event
from helpdesk_core.adapters.ical.series import Layout, Spell
from helpdesk_core.availability.edges import to_moment
from helpdesk_core.errors import CalendarError
from helpdesk_core.fields import Id
from helpdesk_core.time_off import Absence, RecurringAbsence

#: The longest window in which occurrences are told one by one.
WINDOW = timedelta(days=3_660)


@attrs.frozen
class Known:
    """Absences that are told whenever they are not over, and series that need a window."""

    user_id: Id
    fixed: tuple[Absence | RecurringAbsence, ...]
    in_windows: tuple[Layout, ...]
    meant: Callable[[Event], bool]

    @classmethod
    def of(cls, user_id: Id, layouts: Iterable[Layout], meant: Callable[[Event], bool]) -> Known:
        """Out of the series in which somebody is."""
        fixed: list[Absence | RecurringAbsence] = []
        in_windows = []
        for layout in layouts:
            recurring: list[RecurringAbsence] | None = []
            master = layout.series.master
            if layout.endless() and master is not None and (meant(master) or layout.onwards):
                recurring = layout.recurring(user_id)
            if recurring is None:
                in_windows.append(layout)
                recurring = []
            fixed += recurring
            again = {(one.start, one.end) for one in recurring if one.start not in one.exdates}
            fixed += [
                one
                for one in _absences(user_id, layout.spells(), meant)
                if (one.start, one.end) not in again  # DTSTART
            ]
        return cls(user_id, tuple(fixed), tuple(in_windows), meant)

    def within(self, since: datetime, until: datetime) -> Iterator[Absence | RecurringAbsence]:
        """What ends after `since`: all that is fixed, and the others as far as `until`."""
        for one in self.fixed:
            if isinstance(one, RecurringAbsence) or one.end is None or one.end > since:
                yield one
        if self.in_windows and until - since > WINDOW:
            raise CalendarError(f"must be asked of at most {WINDOW.days:,} days at once")
        told = set(self.fixed)  # DTSTART, and what stands for an occurrence
        for layout in self.in_windows:
            for one in _absences(self.user_id, layout.within(since, until), self.meant):
                if one not in told:
                    yield one


def _absences(
    user_id: Id, spells: Iterable[Spell], meant: Callable[[Event], bool]
) -> Iterator[Absence]:
    for start, end, event in spells:
        if meant(event):
            end_at = None if end is None else to_moment(end)
            yield Absence(user_id=user_id, start=to_moment(start), end=end_at)
