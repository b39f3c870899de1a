"""Notifier, calendar and clock in memory: for tests, and for trying things."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from helpdesk_core.entities import Absence, Id, RecurringAbsence, WeeklySchedule
from helpdesk_core.fields import utc
from helpdesk_core.ports import OutgoingMessage


class MemoryNotifier:
    """Keeps what it was given to send."""

    def __init__(self) -> None:
        self.sent: list[OutgoingMessage] = []

    def send(self, message: OutgoingMessage) -> None:
        """Add it to `sent`."""
        self.sent.append(message)


class MemoryCalendar:
    """Knows the absences and schedules that it was given.

    >>> MemoryCalendar().schedules(["ada"])
    {}
    """

    def __init__(
        self,
        absences: Iterable[Absence | RecurringAbsence] = (),
        schedules: Mapping[Id, WeeklySchedule] = MappingProxyType({}),
    ) -> None:
        self.known_absences = list(absences)
        self.known_schedules = dict(schedules)

    def absences(
        self, user_ids: Collection[Id], since: datetime, until: datetime
    ) -> Iterable[Absence | RecurringAbsence]:
        """Those of these users that end after `since`, and all recurring ones."""
        wanted = set(user_ids)
        return [
            absence
            for absence in self.known_absences
            if absence.user_id in wanted
            and (isinstance(absence, RecurringAbsence) or not absence.end or absence.end > since)
        ]

    def schedules(self, user_ids: Collection[Id]) -> Mapping[Id, WeeklySchedule]:
        """Those of these users."""
        return {
            id: self.known_schedules[id]
            for id in dict.fromkeys(user_ids)
            if id in self.known_schedules
        }


class ManualClock:
    """Shows the time it was set to.

    >>> from datetime import UTC
    >>> clock = ManualClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    >>> clock.advance(timedelta(hours=1))
    >>> clock.now().hour
    10
    """

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def now(self) -> datetime:
        """The time it shows."""
        return self._now

    def set(self, now: datetime) -> None:
        """Show this time."""
        self._now = utc("now", now)

    def advance(self, by: timedelta) -> None:
        """Show a later time."""
        self._now += by
