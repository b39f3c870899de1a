"""Which notifier takes a message, and when: by its kind, its reader and the hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.entities import Id
from helpdesk_core.errors import InvalidValueError, NotifierError
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import Clock, Later, Notifier, OutgoingMessage

#: What may wait for a digest: neither what a customer reads nor who was given a ticket waits.
_FOR_DIGESTS = (NoticeKind.UPDATE, NoticeKind.OPENED)


def _some(value: Iterable[Any] | Callable[..., bool] | None) -> Any:
    return value if value is None or callable(value) else frozenset(value)


@attrs.frozen(kw_only=True)
class Route:
    """Whose messages of which kinds go by which notifier, and at what hours.

    What is not named is not asked: without `kinds` it is for all of them. `users` are ids, or a
    function of the message (a digest is of no team). Outside of `hours`, a begin and an end in
    `time_zone`, a message waits for the next begin; an end that is not after its begin is on the
    day after. With `digest_at` what tells a follower something waits for that time of day, and is
    one message then.

    >>> night_shift = Route(by=None, hours=(time(22), time(6)))
    >>> night_shift.opens_at(datetime(2026, 1, 5, 23, tzinfo=UTC)) is None
    True
    >>> night_shift.opens_at(datetime(2026, 1, 5, 7, tzinfo=UTC)).isoformat()
    '2026-01-05T22:00:00+00:00'
    """

    by: Notifier | None
    kinds: frozenset[NoticeKind] | None = attrs.field(default=None, converter=_some)
    channels: frozenset[Channel] | None = attrs.field(default=None, converter=_some)
    users: frozenset[Id] | Callable[[OutgoingMessage], bool] | None = attrs.field(
        default=None, converter=_some
    )
    hours: tuple[time, time] | None = None
    digest_at: time | None = None
    time_zone: str = "UTC"

    def __attrs_post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, LookupError, OSError):
            raise InvalidValueError("time_zone", "must be the name of a time zone") from None
        for name, kind in (("kinds", NoticeKind), ("channels", Channel)):
            if not all(isinstance(one, kind) for one in getattr(self, name) or ()):
                raise InvalidValueError(name, f"must each be a {kind.__name__}")
        if self.hours is not None and len(self.hours) != 2:
            raise InvalidValueError("hours", "must be a begin and an end")
        for name, moment in (("hours", self.hours or ()), ("digest_at", (self.digest_at,))):
            for one in moment:
                if one is not None and (not isinstance(one, time) or one.tzinfo is not None):
                    raise InvalidValueError(name, "must be times of day without a time zone")

    def takes(self, message: OutgoingMessage) -> bool:
        """Whether a message goes by this route; a digest by one that has digests."""
        if message.kind is NoticeKind.DIGEST:
            right_kind = self.digest_at is not None
        else:
            right_kind = self.kinds is None or message.kind in self.kinds
        if self.users is None:
            theirs = True
        else:
            among = self.users
            theirs = among(message) if callable(among) else message.recipient_id in among
        right_way = self.channels is None or message.channel in self.channels
        return theirs and right_kind and right_way

    def opens_at(self, now: datetime) -> datetime | None:
        """When it is open next; None: it is open."""
        if self.hours is None:
            return None
        begin, end = self.hours
        here = now.astimezone(ZoneInfo(self.time_zone)).time()
        inside = begin <= here < end if begin < end else here >= begin or here < end
        return None if inside else self._next(begin, now)

    def digest_after(self, now: datetime) -> datetime | None:
        """The next moment of its digest, if it has one."""
        return None if self.digest_at is None else self._next(self.digest_at, now)

    def _next(self, at: time, now: datetime) -> datetime:
        """The next time that clocks show this; in a gap of summer time, as soon as they can."""
        zone = ZoneInfo(self.time_zone)
        day = now.astimezone(zone).date()
        days = (day + timedelta(days=n) for n in range(3))
        moments = (datetime.combine(one, at, zone).astimezone(UTC) for one in days)
        return next(moment for moment in moments if moment > now)


class RoutingNotifier:
    """Gives each message to the notifier of the first route that takes it.

    A message that no route takes is a `NotifierError`: it stays in the outbox, and is never lost.

    >>> from helpdesk_core.adapters.memory import MemoryNotifier
    >>> mails, texts = MemoryNotifier(), MemoryNotifier()
    >>> notifier = RoutingNotifier([
    ...     Route(by=texts, channels=[Channel.SMS], hours=(time(8), time(20)),
    ...           time_zone="Europe/Rome"),
    ...     Route(by=mails, users={"ann", "bob"}, digest_at=time(7, 30)),
    ...     Route(by=mails),
    ... ])
    """

    def __init__(self, routes: Iterable[Route], clock: Clock | None = None) -> None:
        self._routes = tuple(routes)
        self._clock = clock or SystemClock()

    def send(self, message: OutgoingMessage) -> Later | None:
        """Send it now, or say when."""
        route = next((route for route in self._routes if route.takes(message)), None)
        if route is None or route.by is None:
            raise NotifierError(f"no route takes a {message.kind.value} by {message.channel.value}")
        now = self._clock.now()
        if message.kind in _FOR_DIGESTS and not message.to_customer:
            moment = route.digest_after(now)
            if moment is not None:
                return Later(at=moment, digest=True)
        opens = route.opens_at(now) if message.kind is not NoticeKind.DIGEST else None
        return route.by.send(message) if opens is None else Later(at=opens)
