"""`ICalendarCalendar`: the port over feeds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.ical.feeds import Contents, Feed, KeptFeed, Stale
from helpdesk_core.adapters.ical.known import Known
from helpdesk_core.adapters.ical.lines import UnreadableCalendarError
from helpdesk_core.adapters.ical.series import Layout
from helpdesk_core.errors import CalendarError, InvalidValueError
from helpdesk_core.fields import Id, utc, zone_of
from helpdesk_core.ports import Clock
from helpdesk_core.time_off import Absence, RecurringAbsence, WeeklySchedule

_NONE = timedelta(0)


class ICalendarCalendar:
    """Who is away by iCalendar files and feeds, and who works when by what the host says (A9-A14).

    Each feed is fetched when it is asked for and was not within `fetch_every`; `refresh` does so at
    once, in a worker. Whole days and times without a zone are in the user's: that of `time_zones`,
    else of the user's schedule, else `time_zone`.

    A feed that breaks is answered out of the last good one, for `stale_limit` after that was read
    (None: for ever), and `stale` says so. After that, and when there never was a good one,
    `absences` raises `CalendarError`: nobody is ever read as free because a feed is broken (A14).
    Who has no feed has no absences. Several threads may ask.

    >>> from datetime import UTC
    >>> text = '''BEGIN:VCALENDAR
    ... BEGIN:VEVENT
    ... UID:1
    ... DTSTART;VALUE=DATE:20260105
    ... DTEND;VALUE=DATE:20260107
    ... END:VEVENT
    ... END:VCALENDAR'''
    >>> calendar = ICalendarCalendar([Feed(name="Ada", fetch=lambda: text, user_id="ada")],
    ...                              time_zone="Europe/Rome")
    >>> [absence] = calendar.absences(["ada"], datetime(2026, 1, 1, tzinfo=UTC),
    ...                               datetime(2027, 1, 1, tzinfo=UTC))
    >>> absence.start.isoformat(), absence.end.isoformat()
    ('2026-01-04T23:00:00+00:00', '2026-01-06T23:00:00+00:00')
    """

    def __init__(
        self,
        feeds: Iterable[Feed],
        *,
        time_zone: str,
        time_zones: Mapping[Id, str] = MappingProxyType({}),
        schedules: Mapping[Id, WeeklySchedule] = MappingProxyType({}),
        fetch_every: timedelta = timedelta(minutes=5),
        stale_limit: timedelta | None = timedelta(days=1),
        clock: Clock | None = None,
    ) -> None:
        self._feeds = [KeptFeed(feed) for feed in feeds]
        names = [kept.feed.name for kept in self._feeds]
        if len(set(names)) < len(names):
            raise InvalidValueError("feeds", "must each have a name of its own")
        for id, schedule in schedules.items():
            if schedule.user_id != id:
                raise InvalidValueError("schedules", f"has another's under {id!r}")
        for name, value in (("fetch_every", fetch_every), ("stale_limit", stale_limit)):
            if value is not None and (not isinstance(value, timedelta) or value < _NONE):
                raise InvalidValueError(name, "must be a duration of zero or more")
        self._schedules = dict(schedules)
        self._zone = zone_of("time_zone", time_zone)
        self._zones = {id: zone_of("time_zones", name) for id, name in time_zones.items()}
        self._fetch_every, self._stale_limit = fetch_every, stale_limit
        self._clock = SystemClock() if clock is None else clock

    def absences(
        self, user_ids: Collection[Id], since: datetime, until: datetime
    ) -> list[Absence | RecurringAbsence]:
        """Absences of these users that end after `since`, by their starts.

        All that ends is told, however late (A11): also what recurs and comes to an end. A rule that
        goes on is a `RecurringAbsence`; where one cannot say the same, its occurrences that begin
        before `until` are told.
        """
        since, until = utc("since", since), utc("until", until)
        wanted = list(dict.fromkeys(user_ids))
        found: list[Absence | RecurringAbsence] = []
        for kept in self._feeds:
            if kept.may_tell_of(wanted):
                contents = self._contents(kept)
                for id in wanted:
                    if id in contents.by_user:
                        found += self._known(contents, id).within(since, until)
        order = {id: place for place, id in enumerate(wanted)}
        found.sort(key=lambda one: (one.start, order[one.user_id]))
        return found

    def schedules(self, user_ids: Collection[Id]) -> dict[Id, WeeklySchedule]:
        """The schedules of these users, of those that were given (A13)."""
        return {id: self._schedules[id] for id in dict.fromkeys(user_ids) if id in self._schedules}

    # --- keeping them fresh ----------------------------------------------------------------------

    def refresh(self) -> tuple[Stale, ...]:
        """Fetch every feed now, one after the other; those that are stale then."""
        for kept in self._feeds:
            kept.refresh(self._clock.now, lambda _: True)
        return self.stale()

    def stale(self, user_ids: Collection[Id] | None = None) -> tuple[Stale, ...]:
        """The feeds that broke, of these users or all: since when, and why; nothing is fetched."""
        found = [
            kept.stale() for kept in self._feeds if user_ids is None or kept.may_tell_of(user_ids)
        ]
        return tuple(one for one in found if one is not None)

    def left_out(self) -> tuple[UnreadableCalendarError, ...]:
        """The events that were left out, each with its feed, line and problem (`leave_out`)."""
        return tuple(
            one
            for contents in [kept.state.contents for kept in self._feeds]
            if contents is not None
            for one in contents.left_out
        )

    def _contents(self, kept: KeptFeed) -> Contents:
        kept.refresh(self._clock.now, self._is_due)
        state = kept.state
        if state.contents is None or state.good_at is None:
            raise CalendarError(f"there was never a good calendar: {state.problem}")
        limit = self._stale_limit
        if state.problem and limit is not None and self._clock.now() - state.good_at > limit:
            raise CalendarError(f"the last good calendar is too old: {state.problem}")
        return state.contents

    def _is_due(self, tried_at: datetime | None) -> bool:
        # also when the clock was put back
        return tried_at is None or not _NONE <= self._clock.now() - tried_at < self._fetch_every

    # --- who is away -----------------------------------------------------------------------------

    def _home(self, user_id: Id) -> tzinfo:
        schedule = self._schedules.get(user_id)
        if user_id in self._zones:
            return self._zones[user_id]
        return self._zone if schedule is None else ZoneInfo(schedule.time_zone)

    def _known(self, contents: Contents, user_id: Id) -> Known:
        """What is known of somebody, laid out once for as long as the feed stays the same."""
        known = contents.known.get(user_id)
        if known is None:
            home = self._home(user_id)
            layouts = [Layout(series, home) for series in contents.by_user[user_id]]
            known = contents.known[user_id] = Known.of(
                user_id, layouts, lambda event: contents.means(event, user_id)
            )
        return known
