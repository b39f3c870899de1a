"""Goes through a log once for history, and once for each variant: by `Dispatcher` alone.

Every case is opened, closed and opened again when it was in history; only who gets it is another.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from helpdesk_core.assignment import Dispatcher
from helpdesk_core.availability import Availability
from helpdesk_core.cli import console
from helpdesk_core.cli.backtest.course import Course, Result, columns_of
from helpdesk_core.cli.backtest.variants import HISTORY, Variant
from helpdesk_core.cli.logs import EventLog, LogEvent
from helpdesk_core.entities import AssignmentMode
from helpdesk_core.ports import Calendar

_AT_ONCE = 200  # events between two moves of the progress bar
_AFTER = timedelta(days=2 * 366)  # of the calendar, past the end of the log


class Giver:
    """Who says whose a case is, and is told what happens; here nothing comes of anything."""

    def until(self, now: datetime) -> None:
        """What was left to do before this moment."""

    def opened(self, event: LogEvent) -> None:
        """A case came."""

    def closed(self, case: str) -> None:
        """A case was closed."""

    def reopened(self, case: str) -> None:
        """A closed case is open again."""

    def after(self, event: LogEvent) -> None:
        """What comes of an event, when it has happened."""


class Past(Giver):
    """History: each case is its owner's from its first event on.

    It waits until an event of it names somebody.
    """

    def __init__(self, log: EventLog, course: Course) -> None:
        self._owners, self._course = log.owners, course

    def opened(self, event: LogEvent) -> None:
        """Its owner's, who may have come later."""
        self._course.given(event.case, self._owners[event.case])
        if event.person is None:
            self._course.wait(event.case, None)

    def after(self, event: LogEvent) -> None:
        """Whoever is named is there."""
        if event.person is not None:
            self._course.met(event.case)


class Policy(Giver):
    """A variant: each case goes to whom the policy chooses (A3, A4, A8-A11, A19).

    Those that nobody gets wait, and are handed out oldest first (A16): when somebody is back, and
    when a case was closed or opened again, as a worker would.
    """

    def __init__(
        self, log: EventLog, course: Course, variant: Variant, availability: Availability
    ) -> None:
        self._course = course
        self._dispatcher = Dispatcher(
            variant.method,
            log.people,
            availability=availability,
            mode=AssignmentMode.DEFER if variant.defer else AssignmentMode.ASSIGN_NOW,
            catch_up=variant.catch_up,
            member_options=variant.member_options,
        )
        self._number = {case: number for number, case in enumerate(log.cases)}
        self._cases = tuple(log.cases)
        self._waiting: list[int] = []  # numbers of open cases that nobody has, in order
        self._wake: datetime | None = None  # when somebody is back
        self._has: dict[str, str] = {}
        self._turned = False  # something was closed or opened again

    def until(self, now: datetime) -> None:
        """Hand out when somebody is back."""
        while self._waiting and self._wake is not None and self._wake <= now:
            self._course.go_to(self._wake)
            self._hand_out(self._wake)

    def opened(self, event: LogEvent) -> None:
        """By the policy, at once, or when there is somebody."""
        self._course.given(event.case, None)
        if not self._give(event.case, event.at):
            self._waiting.append(self._number[event.case])
            self._course.wait(event.case, None)

    def closed(self, case: str) -> None:
        """Who has it has one less; nobody waits for whom it should go to."""
        self._turned = True
        if case in self._has:
            self._dispatcher.closed(self._has[case])
        else:
            self._waiting.remove(self._number[case])

    def reopened(self, case: str) -> None:
        """Who has it has one more; or it waits again, in its old place."""
        self._turned = True
        if case in self._has:
            self._dispatcher.reopened(self._has[case])
        else:
            insort(self._waiting, self._number[case])

    def after(self, event: LogEvent) -> None:
        """Hand out when something was closed or opened again."""
        if self._turned and self._waiting:
            self._hand_out(event.at)
        self._turned = False

    def _hand_out(self, now: datetime) -> None:
        """What waits, oldest first, until nobody takes any more (A16)."""
        self._wake = None
        while self._waiting and self._give(self._cases[self._waiting[0]], now):
            self._waiting.pop(0)
        self._course.sample(event=False)

    def _give(self, case: str, now: datetime) -> bool:
        decision = self._dispatcher.assign(now)
        if decision.assignee_id is None:
            self._wake = decision.available_from
            return False
        self._has[case] = str(decision.assignee_id)
        self._course.given(case, self._has[case])
        if decision.available_from is None:
            self._course.met(case)
        else:  # theirs already, and they are not there yet (A10)
            self._course.wait(case, decision.available_from)
        return True


def go_through(log: EventLog, course: Course, giver: Giver, steps: console.Steps) -> None:
    """The events of a log in order, to the course and to who gives the cases."""
    is_open: dict[str, bool] = {}
    for number, event in enumerate(log.events, start=1):
        giver.until(event.at)
        course.go_to(event.at)
        case = event.case
        was = is_open.get(case)
        if was is None:
            giver.opened(event)
        now = is_open[case] = event.activity not in log.closing
        if was is not False and not now:
            course.closed(case)
            giver.closed(case)
        elif was is False and now:
            course.reopened(case)
            giver.reopened(case)
        giver.after(event)
        course.sample()
        if number % _AT_ONCE == 0:
            steps.advance(_AT_ONCE)
    steps.advance(len(log.events) % _AT_ONCE)


def compare(
    log: EventLog, variants: Iterable[Variant], calendar: Calendar | None, zone: tzinfo
) -> list[Result]:
    """History first, then each variant, on the same log with the same absences."""
    there = _availability(log, calendar)
    every = list(variants)
    columns = columns_of(log, zone)
    results = []
    with console.progress("comparing", (1 + len(every)) * len(log.events)) as steps:
        course = Course(log, columns)
        go_through(log, course, Past(log, course), steps)
        results.append(course.result(HISTORY))
        for variant in every:
            course = Course(log, columns)
            go_through(log, course, Policy(log, course, variant, there), steps)
            results.append(course.result(variant.name))
    return results


def _availability(log: EventLog, calendar: Calendar | None) -> Availability:
    if calendar is None:
        return Availability()
    first, last = log.events[0].at, log.events[-1].at
    absences = calendar.absences(log.people, first, last + _AFTER)
    return Availability(absences, calendar.schedules(log.people))
