"""Feeds: where a calendar comes from, whose it is, and the last good one of each (A14)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.adapters.ical.events import Event, Named, read_event
from helpdesk_core.adapters.ical.known import Known
from helpdesk_core.adapters.ical.lines import LineError, Part, UnreadableCalendarError, read_parts
from helpdesk_core.adapters.ical.rules import EFFORT, check_end
from helpdesk_core.adapters.ical.series import Series, series_of
from helpdesk_core.adapters.ical.zones import Zones
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import NAME_LIMIT, Id, check_id, is_line
from helpdesk_core.mail_ids import folded_address

#: What a feed gives: a calendar, or several by their names, as a collection of CalDAV is.
Content = bytes | str | Mapping[str, bytes | str]
#: Who is meant by an address, and the name that stands with it: an id, or None for nobody.
WhoIs = Callable[[str, str], Id | None]


def _fetched(value: Any) -> Callable[[], Content]:
    if not callable(value):
        raise InvalidValueError("fetch", "must be a function that gives bytes or text")
    return value  # type: ignore[no-any-return]


@attrs.frozen(kw_only=True)
class Feed:
    """A calendar that is fetched again and again: of one user, or of a team.

    `fetch` gives its bytes or text, or raises; a mapping of names to such is a collection. With
    `user_id` everything in it is that user's. With `members` it is a team's, and each event is of
    those of whom it names the address: who attends and has not declined, or the organizer when
    nobody attends. `members` maps addresses to ids, or is a function of an address and a name.

    An event that cannot be read makes the whole feed one that cannot, unless `leave_out` is set:
    then only that event is left out, and `ICalendarCalendar.left_out` tells of it.

    >>> Feed(name="Ada", fetch=lambda: b"BEGIN:VCALENDAR...", user_id="ada").user_id
    'ada'
    """

    name: str = attrs.field(validator=is_line(NAME_LIMIT))
    fetch: Callable[[], Content] = attrs.field(converter=_fetched)
    user_id: Id | None = None
    members: Mapping[str, Id] | WhoIs | None = None
    leave_out: bool = False

    def __attrs_post_init__(self) -> None:
        if (self.user_id is None) == (self.members is None):
            raise InvalidValueError("user_id", "or members must be given, and not both")
        if self.user_id is not None:
            check_id("user_id", self.user_id)
        if isinstance(self.members, Mapping):
            for id in self.members.values():
                check_id("members", id)
            known = {folded_address(str(address)): id for address, id in self.members.items()}
            object.__setattr__(self, "members", MappingProxyType(known))

    @classmethod
    def of_file(cls, path: str | Path, **rest: Any) -> Feed:
        """A file, read again each time; the other arguments as of any feed."""
        return cls(
            **{"name": Path(path).name[-NAME_LIMIT:], "fetch": Path(path).read_bytes, **rest}
        )

    def who(self, named: Named) -> Id | None:
        """Whom this address, or this name, is of."""
        if self.members is None:
            return self.user_id
        if isinstance(self.members, Mapping):
            return self.members.get(named[0])
        return self.members(*named)


@attrs.frozen
class Contents:
    """What was read of a feed: the series of each user, and what was left out."""

    by_user: Mapping[Id, tuple[Series, ...]]
    who: Mapping[Named, Id | None]
    left_out: tuple[UnreadableCalendarError, ...]
    is_of_one: bool = False
    known: dict[Id, Known] = attrs.field(init=False, factory=dict, eq=False, repr=False)

    def means(self, event: Event, user_id: Id) -> bool:
        """Whether an event is of this user."""
        return self.is_of_one or any(self.who.get(named) == user_id for named in event.people)


def _files(feed: Feed, content: object) -> dict[str, bytes | str]:
    """What a feed gave, each file by its name."""
    files: dict[str, bytes | str] = {}
    for name, one in (content if isinstance(content, Mapping) else {"": content}).items():
        if not isinstance(one, bytes | str) or not isinstance(name, str):
            raise UnreadableCalendarError(feed.name, None, "fetch must give bytes or text")
        files[name] = one
    return files


def read_contents(feed: Feed, files: Mapping[str, bytes | str]) -> Contents:
    """Read a feed, or raise `UnreadableCalendarError`."""
    reading = _Reading(feed)
    events = [event for name, one in files.items() for event in reading.events(name, one)]
    found = series_of(events)
    if feed.user_id is not None:
        everything = {feed.user_id: tuple(found)}
        return Contents(everything, {}, tuple(reading.left_out), is_of_one=True)
    who: dict[Named, Id | None] = {}
    by_user: dict[Id, list[Series]] = {}
    for series in found:
        meant: dict[Id, None] = {}
        for named in sorted(series.people):
            if named not in who:
                who[named] = feed.who(named)
            id = who[named]
            if id is not None:
                meant[id] = None
        for id in meant:
            by_user.setdefault(id, []).append(series)
    return Contents({id: tuple(some) for id, some in by_user.items()}, who, tuple(reading.left_out))


class _Reading:
    """One feed being read: what was left out, and how much its rules may still cost."""

    def __init__(self, feed: Feed) -> None:
        self._feed, self._effort = feed, EFFORT
        self.left_out: list[UnreadableCalendarError] = []

    def events(self, name: str, content: bytes | str) -> list[Event]:
        """The events of one file of the feed."""
        where = ": ".join(filter(None, [self._feed.name, name]))
        found: list[Event] = []
        try:
            for calendar in read_parts(content):
                found += self._of_calendar(calendar, where)
        except LineError as problem:
            raise UnreadableCalendarError(where, problem.line, problem.problem) from None
        return found

    def _of_calendar(self, calendar: Part, where: str) -> Iterable[Event]:
        scale, method = calendar.one("CALSCALE"), calendar.one("METHOD")
        if scale is not None and scale.value.upper() != "GREGORIAN":
            raise scale.refuse("must be GREGORIAN")
        all_cancelled = method is not None and method.value.upper() == "CANCEL"
        events = [part for part in calendar.parts if part.name == "VEVENT"]
        masters, onwards = _uids(events)
        zones = Zones(calendar)
        read: list[tuple[Part, Event]] = []
        for part in events:
            try:
                event = read_event(
                    part,
                    zones,
                    all_cancelled=all_cancelled,
                    whole=_uid(part) in onwards,
                    has_master=_uid(part) in masters,
                )
            except LineError as problem:
                self._leave_out(where, problem)
            else:
                self._take(part, event)
                read.append((part, event))
        for part, event in read:  # once it is known that all of them together can be
            try:
                _follow(part, event)
            except LineError as problem:
                self._leave_out(where, problem)
            else:
                yield event

    def _leave_out(self, where: str, problem: LineError) -> None:
        if not self._feed.leave_out:
            raise problem
        self.left_out.append(UnreadableCalendarError(where, problem.line, problem.problem))

    def _take(self, part: Part, event: Event) -> None:
        self._effort -= sum(rule.effort for rule in event.rules)
        if self._effort < 0:
            raise part.all("RRULE")[0].refuse("and those before must be less work to follow")


def _follow(part: Part, event: Event) -> None:
    for line, rule in zip(part.all("RRULE"), event.rules, strict=False):
        if rule.ends:
            check_end(line, rule, event.start.shown)


def _uid(part: Part) -> str:
    return "".join(line.text.partition(":")[2] for line in part.all("UID"))


def _uids(events: Iterable[Part]) -> tuple[set[str], set[str]]:
    """Of which events there is one that stands for itself, and one with which all later ones go."""
    masters = {_uid(part) for part in events if not part.all("RECURRENCE-ID")}
    onwards = {
        _uid(part)
        for part in events
        if any(";RANGE=" in line.text.upper() for line in part.all("RECURRENCE-ID"))
    }
    return masters, onwards


@attrs.frozen(kw_only=True)
class Stale:
    """A feed that is not as it should be, and what is answered out of instead (A14).

    `since` is when it first failed, `good_at` when it was last read; None is never, and then
    nothing is known of these users, who are never read as free. `user_ids` are those of whom the
    last good one tells, and who it is the feed of.
    """

    feed: str
    user_ids: frozenset[Id]
    since: datetime
    good_at: datetime | None
    problem: str


@attrs.frozen(kw_only=True)
class State:
    """How it stands with a feed at one moment: replaced as a whole."""

    contents: Contents | None = None
    good_at: datetime | None = None
    tried_at: datetime | None = None
    problem: str | None = None
    failing_since: datetime | None = None


class KeptFeed:
    """A feed with the last good one of it; several threads may ask."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.state = feed, State()
        self._digest = b""
        self._lock = threading.Lock()

    @property
    def user_ids(self) -> frozenset[Id]:
        """Of whom it may tell, as far as that is known."""
        if self.feed.user_id is not None:
            return frozenset([self.feed.user_id])
        contents, members = self.state.contents, self.feed.members
        known = frozenset(() if contents is None else contents.by_user)
        return known | frozenset(members.values() if isinstance(members, Mapping) else ())

    def may_tell_of(self, user_ids: Iterable[Id]) -> bool:
        """Whether one of these may be in it; anybody, when a function knows the members."""
        return callable(self.feed.members) or not self.user_ids.isdisjoint(user_ids)

    def refresh(self, now: Callable[[], datetime], due: Callable[[datetime | None], bool]) -> None:
        """Fetch it when it is due, once at a time; who finds a good one does not wait for it."""
        if not due(self.state.tried_at):
            return
        if self._lock.acquire(blocking=self.state.contents is None):
            try:
                if due(self.state.tried_at):
                    self._fetch(now)
            finally:
                self._lock.release()

    def _fetch(self, now: Callable[[], datetime]) -> None:
        before = self.state
        try:
            files = _files(self.feed, self.feed.fetch())
            digest = _digest(files)
            contents = before.contents
            if contents is None or digest != self._digest:
                contents = read_contents(self.feed, files)
        except Exception as error:  # whatever the host's function raises; its words may hold a key
            said = f"{self.feed.name}: {type(error).__name__}"
            at = now()
            self.state = attrs.evolve(
                before,
                tried_at=at,
                problem=str(error) if isinstance(error, UnreadableCalendarError) else said,
                failing_since=before.failing_since or at,
            )
        else:
            at = now()
            self._digest = digest
            self.state = State(contents=contents, good_at=at, tried_at=at)

    def stale(self) -> Stale | None:
        """What is wrong with it, if anything is."""
        state = self.state
        if state.problem is None or state.failing_since is None:
            return None
        return Stale(
            feed=self.feed.name,
            user_ids=self.user_ids,
            since=state.failing_since,
            good_at=state.good_at,
            problem=state.problem,
        )


def _digest(files: Mapping[str, bytes | str]) -> bytes:
    """By which the same is known again, and not read anew."""
    digest = hashlib.sha256()
    for name, one in files.items():
        for said in (name, one):
            data = said.encode("utf-8", "surrogatepass") if isinstance(said, str) else said
            digest.update(b"%d:" % len(data) + data)
    return digest.digest()
