"""The questions: who is there now, who is next, and when nobody is (A9-A13)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from operator import itemgetter
from types import MappingProxyType

import attrs

from helpdesk_core.availability.edges import DAY, FIRST, LAST, PIECE, to_moment, to_number
from helpdesk_core.availability.members import Member, Team
from helpdesk_core.availability.patterns import week_of
from helpdesk_core.entities import Absence, Id, RecurringAbsence, WeeklySchedule
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_collection, check_id, utc

#: How far automatic assignment looks for what comes round, when nothing else is said (A11).
DEFAULT_HORIZON = timedelta(days=366)
#: The longest stretch that can be asked of at once.
COVERAGE_LIMIT = timedelta(days=3_660)
#: How many teams are kept; then all are put together anew when asked for.
_TEAMS = 256

_NONE = timedelta(0)
_ALWAYS = Member()
_MICROSECOND = timedelta.resolution
_DAYS, _DAY_1970 = PIECE // DAY, date(1970, 1, 1).toordinal()


@attrs.frozen
class Gap:
    """Hours in which nobody is there: `[start, end)` in UTC."""

    start: datetime
    end: datetime


class Availability:
    """Answers who is available, and when somebody is next; built once for many questions.

    Absences become sorted, disjoint intervals in UTC once; schedules and recurring absences without
    an end are laid out four weeks at a time, as far as is asked. `member_ids` names who else there
    is, for the questions about everybody; who has neither absences nor a schedule is always there.

    It never changes: `with_absences` gives another that shares what stays the same. So threads may
    share it. Raises `InvalidValueError` for a naive moment, here and in every question (A9).

    >>> from datetime import UTC
    >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
    >>> away = Availability([Absence(user_id="ada", start=monday, end=monday + timedelta(days=2))])
    >>> away.is_available("ada", monday), away.is_available("bob", monday)
    (False, True)
    >>> away.next_available(["ada"], monday).isoformat()
    '2026-01-07T00:00:00+00:00'
    """

    def __init__(
        self,
        absences: Iterable[Absence | RecurringAbsence] = (),
        schedules: Mapping[Id, WeeklySchedule] = MappingProxyType({}),
        *,
        member_ids: Iterable[Id] = (),
    ) -> None:
        by_member: dict[Id, list[Absence | RecurringAbsence]] = {}
        for member_id in _ids("member_ids", member_ids):
            by_member[member_id] = []
        for absence in absences:
            by_member.setdefault(absence.user_id, []).append(absence)
        for member_id, schedule in schedules.items():
            if schedule.user_id != member_id:
                raise InvalidValueError("schedules", f"has another's under {member_id!r}")
            by_member.setdefault(member_id, [])
        self._schedules = dict(schedules)
        self._members = {who: self._member(who, some) for who, some in by_member.items()}
        self._teams: dict[tuple[Id, ...] | None, Team] = {}

    def with_absences(
        self, member_id: Id, absences: Iterable[Absence | RecurringAbsence]
    ) -> Availability:
        """The same with these as all the absences of one member.

        Only this member is laid out anew, and the teams of which they are, the latter out of what
        is kept of the others.

        >>> from datetime import UTC
        >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
        >>> back = Availability().with_absences("ada", [Absence(user_id="ada", start=monday)])
        >>> back.is_available("ada", monday)
        False
        """
        check_id("member_id", member_id)
        known = list(absences)
        for absence in known:
            if absence.user_id != member_id:
                raise InvalidValueError("absences", f"has another's than {member_id!r}")
        member = self._member(member_id, known)
        changed = Availability.__new__(Availability)
        changed._schedules = self._schedules
        changed._members = {**self._members, member_id: member}
        changed._teams = {
            key: team.with_member(member_id, member)
            if key is None or member_id in team.members
            else team
            for key, team in self._teams.copy().items()
        }
        return changed

    def _member(self, member_id: Id, absences: list[Absence | RecurringAbsence]) -> Member:
        schedule = self._schedules.get(member_id)
        week = None if schedule is None else week_of(schedule.time_zone, schedule.hours)
        return Member(absences, week)

    @property
    def member_ids(self) -> tuple[Id, ...]:
        """Everybody it was told of."""
        return tuple(self._members)

    # --- one member ------------------------------------------------------------------------------

    def is_available(self, member_id: Id, at: datetime) -> bool:
        """Whether the member is there at this moment (A9, A13)."""
        return self._members.get(member_id, _ALWAYS).is_available(to_number("at", at))

    def is_absent(self, member_id: Id, at: datetime) -> bool:
        """Whether the member has time off at this moment, whatever the schedule says."""
        return self._members.get(member_id, _ALWAYS).is_absent(to_number("at", at))

    def absent_until(self, member_id: Id, at: datetime) -> datetime | None:
        """When the absence at this moment ends, joined with those that touch it (A9, A20).

        None: the member is not absent, or without an end.
        """
        number = to_number("at", at)
        end = self._members.get(member_id, _ALWAYS).absent_until(number)
        return None if end == number else _moment(end)

    def absences_ended(
        self, member_id: Id, after: datetime, until: datetime
    ) -> tuple[tuple[datetime, datetime], ...]:
        """When the member was away, of absences that ended in `(after, until]`, in order (A8, A9).

        Recurring ones too; those that overlap or touch are one.

        >>> from datetime import UTC
        >>> monday, day = datetime(2026, 1, 5, tzinfo=UTC), timedelta(days=1)
        >>> away = Availability([Absence(user_id="ada", start=monday, end=monday + day)])
        >>> [(str(start.date()), str(end.date()))
        ...  for start, end in away.absences_ended("ada", monday, monday + 7 * day)]
        [('2026-01-05', '2026-01-06')]
        """
        first, last = _stretch(after, until, timedelta.max)
        ended = self._members.get(member_id, _ALWAYS).ended(first, last)
        return tuple((to_moment(max(start, FIRST)), to_moment(end)) for start, end in ended)

    def next_change(self, member_id: Id, at: datetime) -> datetime | None:
        """The first moment after `at` at which `is_available` becomes another; None: never.

        Who keeps many members at hand (a dispatcher) asks `is_available` of each once, puts the
        next change of each on a heap, and as time goes on takes from its top whose moment has
        come, turns them over, and puts their next change back. So nobody is asked in between.
        `changes` gives those of many at once. What has not come within 40 years is never.

        >>> from datetime import UTC
        >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
        >>> away = Availability([Absence(user_id="ada", start=monday, end=None)])
        >>> away.next_change("ada", monday - timedelta(days=1)) == monday
        True
        >>> away.next_change("ada", monday) is None
        True
        """
        member = self._members.get(member_id, _ALWAYS)
        return _moment(member.next_change(to_number("at", at)))

    # --- a team, or everybody --------------------------------------------------------------------

    def next_available(
        self,
        member_ids: Iterable[Id] | None,
        after: datetime,
        horizon: timedelta = DEFAULT_HORIZON,
    ) -> datetime | None:
        """The earliest moment, `after` or later, at which one of them is there; None: never (A11).

        `member_ids` are those of one member or of a team, each once; None is everybody it was told
        of. Finite absences have no horizon. What could go on for ever has one: schedules and
        recurring absences must let somebody in within `horizon`, other absences apart, so that
        less absence never makes the moment later (A12).

        >>> from datetime import UTC
        >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
        >>> away = Availability([Absence(user_id="ada", start=monday)], member_ids=["ada", "bob"])
        >>> away.next_available(["ada"], monday), away.next_available(None, monday) == monday
        (None, True)
        """
        after = utc("after", after)
        if not isinstance(horizon, timedelta) or horizon < _NONE:
            raise InvalidValueError("horizon", "must be a duration of zero or more")
        team = self._team(member_ids)
        piece = (after.toordinal() - _DAY_1970) // _DAYS
        moments = team.moments(piece)
        place = bisect_right(moments, after)
        if place & 1:
            return after
        if place == len(moments):  # nobody until the piece ends
            moments, place = team.moments(piece + 1), 0
        if moments and moments[place] - after <= horizon:
            return moments[place]
        # Rare: nobody for weeks, or by a schedule that the horizon excludes.
        number, limit = to_number("after", after), horizon // _MICROSECOND
        found = (member.next_available(number, limit) for member in team.members.values())
        return _moment(min((one for one in found if one is not None), default=None))

    def changes(
        self, member_ids: Iterable[Id], since: datetime, until: datetime
    ) -> Iterator[tuple[datetime, Id, bool]]:
        """Who comes (True) and who goes (False) in `(since, until]`, in order of time.

        At one moment in the order of `member_ids`. Laid out as far as it is read, so a long
        stretch costs nothing before it comes.

        >>> from datetime import UTC
        >>> monday, day = datetime(2026, 1, 5, tzinfo=UTC), timedelta(days=1)
        >>> away = Availability([Absence(user_id="ada", start=monday, end=monday + day)])
        >>> [(str(moment.date()), who, there)
        ...  for moment, who, there in away.changes(["ada"], monday - day, monday + 7 * day)]
        [('2026-01-05', 'ada', False), ('2026-01-06', 'ada', True)]
        """
        first, last = _stretch(since, until, timedelta.max)
        return _changes(self._team(member_ids).members, first, last)

    def coverage(
        self, member_ids: Iterable[Id] | None, since: datetime, until: datetime
    ) -> tuple[Gap, ...]:
        """The hours in `[since, until)` in which nobody of these is there (A9, A13).

        At most ten years at once. None is everybody it was told of.

        >>> from datetime import UTC
        >>> monday, day = datetime(2026, 1, 5, tzinfo=UTC), timedelta(days=1)
        >>> away = Availability([Absence(user_id="ada", start=monday, end=monday + day)])
        >>> [gap.end == monday + day for gap in away.coverage(["ada"], monday, monday + 7 * day)]
        [True]
        """
        first, last = _stretch(since, until, COVERAGE_LIMIT)
        team = self._team(member_ids)
        gaps: list[Gap] = []
        quiet = first
        for number in range(first // PIECE, last // PIECE + 1):
            edges = team.edges(number)
            for place in range(0, len(edges), 2):
                start, end = min(edges[place], last), edges[place + 1]
                if quiet < start:
                    gaps.append(Gap(to_moment(quiet), to_moment(start)))
                quiet = max(quiet, end)
        if quiet < last:
            gaps.append(Gap(to_moment(quiet), to_moment(last)))
        return tuple(gaps)

    def _team(self, member_ids: Iterable[Id] | None) -> Team:
        """The team of these, put together once; a tuple is looked up as it is."""
        if member_ids is None or type(member_ids) is tuple:
            key = member_ids
        else:
            key = _ids("member_ids", member_ids)
        team = self._teams.get(key)
        if team is None:
            known = self._members
            if key is not None:
                known = {who: known.get(who, _ALWAYS) for who in _ids("member_ids", key)}
            team = Team(known)
            if len(self._teams) >= _TEAMS:
                self._teams.clear()
            self._teams[key] = team
        return team


def _changes(
    members: Mapping[Id, Member], first: int, last: int
) -> Iterator[tuple[datetime, Id, bool]]:
    names, there = list(members), [False] * len(members)
    shown, moment = first, to_moment(first)
    for number in range(first // PIECE, last // PIECE + 1):
        start, end = number * PIECE, (number + 1) * PIECE
        turns: list[tuple[int, int]] = []
        for place, member in enumerate(members.values()):
            edges = list(member.edges(number))
            if edges and edges[-1] == end:
                edges.pop()  # only cut here: whether it ends is the next piece's matter
            if there[place]:
                edges = edges[1:] if edges and edges[0] == start else [start, *edges]
            turns += [(edge, place) for edge in edges]
        turns.sort(key=itemgetter(0))  # stable: at one moment in the order of the members
        for edge, place in turns:
            there[place] = not there[place]
            if first < edge <= last:
                if edge != shown:
                    shown, moment = edge, to_moment(edge)
                yield moment, names[place], there[place]


def _ids(field: str, ids: Iterable[Id]) -> tuple[Id, ...]:
    """Ids, each once; the characters of a text would be strangers, always there."""
    check_collection(field, ids)
    found: dict[Id, None] = {}
    for member_id in ids:
        check_id(field, member_id)
        if member_id in found:
            raise InvalidValueError(field, f"names {member_id!r} twice")
        found[member_id] = None
    return tuple(found)


def _stretch(since: datetime, until: datetime, limit: timedelta) -> tuple[int, int]:
    first, last = to_number("since", since), to_number("until", until)
    if last < first:
        raise InvalidValueError("until", "must not be before since")
    if last - first > limit // _MICROSECOND:
        raise InvalidValueError("until", f"must be at most {limit.days:,} days after since")
    return first, last


def _moment(number: int | None) -> datetime | None:
    """The moment of a number; what comes after the last moment there is never comes."""
    return None if number is None or number > LAST else to_moment(number)
