"""Feeds that break, come back and change: the last good one is kept, and nobody is read as free."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from helpdesk_core import Helpdesk, Role, System, User, UserKind, Visibility
from helpdesk_core.adapters.ical import Feed, ICalendarCalendar
from helpdesk_core.adapters.memory import ManualClock, MemoryNotifier, MemoryRepository
from helpdesk_core.errors import CalendarError
from icalendars import DAY, HOUR, MONDAY, YEAR, calendar

AWAY = calendar("DTSTART:20260105T080000Z\nDTEND:20260109T170000Z\nATTENDEE:mailto:ada@example.com")
ANOTHER = AWAY.replace("20260105", "20260106")
MINUTE = timedelta(minutes=1)


class Source:
    """What a host fetches: it gives what it was told to, and counts how often."""

    def __init__(self, content: object = AWAY) -> None:
        self.content, self.times = content, 0

    def __call__(self) -> bytes:
        self.times += 1
        if isinstance(self.content, Exception):
            raise self.content
        return self.content  # type: ignore[return-value]


def fed(source: Source, **rest: object) -> tuple[ICalendarCalendar, ManualClock]:
    """The calendar of ada over a source, and its clock."""
    clock = ManualClock(MONDAY)
    feed = Feed(name="ada.ics", fetch=source, user_id="ada")
    known = ICalendarCalendar([feed], time_zone="UTC", clock=clock, **rest)  # type: ignore[arg-type]
    return known, clock


def days(known: ICalendarCalendar, *who: str) -> list[int]:
    found = known.absences(who or ["ada"], MONDAY, MONDAY + YEAR)
    return [one.start.day for one in found]


def test_the_last_good_one_is_kept_and_is_marked_stale() -> None:
    """A14: a feed that breaks is answered out of the last good one, and says since when and why."""
    source = Source()
    known, clock = fed(source)
    assert days(known) == [5]
    assert known.stale() == ()
    for content, why in [
        (OSError("https://user:secret@example.com"), "ada.ics: OSError"),
        (AWAY[:-17], "ada.ics: must have an END for each BEGIN: VCALENDAR goes on"),
        (b"", "ada.ics: must hold a VCALENDAR"),
        (
            AWAY.replace("T170000Z", "secret"),
            "ada.ics, line 5: DTEND must be a date or a time that there is",
        ),
    ]:
        clock.advance(HOUR)
        source.content = content
        assert days(known) == [5]
        [stale] = known.stale()
        assert (stale.feed, stale.user_ids, stale.problem) == ("ada.ics", {"ada"}, why)
        assert (stale.since, stale.good_at) == (MONDAY + HOUR, MONDAY)
        assert known.stale(["ada"]) == (stale,)
        assert known.stale(["ben"]) == ()
    source.content = ANOTHER
    clock.advance(HOUR)
    assert days(known) == [6]
    assert known.stale() == ()


def test_never_good_is_an_error() -> None:
    """A14: when there was never a good calendar nobody is read as free, and others are told of."""
    source = Source(OSError("secret"))
    known, clock = fed(source)
    with pytest.raises(CalendarError, match=r"never a good calendar: ada\.ics: OSError") as raised:
        days(known)
    assert "secret" not in str(raised.value)
    assert known.stale()[0].good_at is None
    assert days(known, "ben") == []
    source.content = AWAY
    clock.advance(HOUR)
    assert days(known) == [5]


def test_too_old_is_an_error() -> None:
    """A14: what is older than the host's limit is no answer; without a limit it is one for ever."""
    source = Source()
    known, clock = fed(source, stale_limit=HOUR)
    for_ever, its_clock = fed(source, stale_limit=None)
    assert days(known) == days(for_ever) == [5]
    source.content = OSError()
    clock.advance(HOUR)
    assert days(known) == [5]
    clock.advance(MINUTE)
    with pytest.raises(CalendarError, match=r"last good calendar is too old: ada\.ics"):
        days(known)
    its_clock.advance(YEAR)
    assert days(for_ever) == [5]


def test_how_often_it_is_fetched() -> None:
    """A14: a feed is fetched when it is due, also a broken one, and `refresh` does so at once."""
    source = Source()
    known, clock = fed(source, fetch_every=HOUR)
    days(known)
    days(known)
    assert source.times == 1
    assert known.refresh() == ()
    assert source.times == 2
    source.content = OSError()
    clock.advance(HOUR)
    days(known)
    days(known)
    assert source.times == 3
    assert [stale.problem for stale in known.refresh()] == ["ada.ics: OSError"]
    clock.set(MONDAY - DAY)  # put back: nobody waits a day for it
    days(known)
    assert source.times == 5


def test_what_is_the_same_is_not_read_again() -> None:
    """A14: what came again the same is not read again; what is not due is not too old either."""
    source = Source()
    known, clock = fed(source, fetch_every=DAY, stale_limit=HOUR)
    days(known)
    contents = known._feeds[0].state.contents
    known.refresh()
    assert known._feeds[0].state.contents is contents
    clock.advance(2 * HOUR)
    assert days(known) == [5]
    assert source.times == 2


def test_one_broken_feed_of_several() -> None:
    """A14: a member without a calendar makes the answer about them an error, not about others."""
    good, broken = Source(), Source(OSError())
    known = ICalendarCalendar(
        [
            Feed(name="ada.ics", fetch=good, user_id="ada"),
            Feed(name="ben.ics", fetch=broken, user_id="ben"),
        ],
        time_zone="UTC",
    )
    assert days(known) == [5]
    with pytest.raises(CalendarError, match=r"ben\.ics"):
        days(known, "ada", "ben")


def test_of_a_team() -> None:
    """A14: a team's feed is asked for its members, and for anybody when a function says who."""
    source = Source(OSError())
    by_address = Feed(name="team", fetch=source, members={"ada@example.com": "ada"})
    known = ICalendarCalendar([by_address], time_zone="UTC")
    assert days(known, "ben") == []
    with pytest.raises(CalendarError):
        days(known, "ada")
    by_function = Feed(name="team", fetch=source, members=lambda address, name: None)
    with pytest.raises(CalendarError):
        days(ICalendarCalendar([by_function], time_zone="UTC"), "ben")


def test_a_collection() -> None:
    """A9, A14: a feed may be several files by their names, also none; a broken one is named."""
    source = Source({"a.ics": AWAY.encode(), "b.ics": ANOTHER})
    known, clock = fed(source)
    assert days(known) == [5, 6]
    source.content = {}
    clock.advance(HOUR)
    assert days(known) == []
    source.content = {"a.ics": AWAY, "b.ics": "X"}
    known.refresh()
    assert known.stale()[0].problem == "ada.ics: b.ics, line 1: must be NAME:VALUE"


def test_of_a_file(tmp_path: Path) -> None:
    """A14: a file is read again each time; one that is gone is no empty calendar."""
    path = tmp_path / "off.ics"
    path.write_text(AWAY)
    known = ICalendarCalendar(
        [Feed.of_file(path, user_id="ada")], time_zone="UTC", fetch_every=timedelta(0)
    )
    assert days(known) == [5]
    path.write_text(ANOTHER)
    assert days(known) == [6]
    path.unlink()
    assert days(known) == [6]
    assert known.stale()[0].problem == "off.ics: FileNotFoundError"


def test_a_slow_feed_keeps_nobody_waiting() -> None:
    """A14: while one thread fetches, others are answered out of what is there."""
    source = Source()
    known, clock = fed(source)
    days(known)
    asked, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        assert go_on.wait(30)
        return ANOTHER

    known._feeds[0].feed = Feed(name="ada.ics", fetch=slow, user_id="ada")
    clock.advance(HOUR)
    thread = threading.Thread(target=days, args=[known])
    thread.start()
    assert asked.wait(30)
    assert days(known) == [5]
    go_on.set()
    thread.join(30)
    assert days(known) == [6]


def test_the_first_good_one_is_waited_for() -> None:
    """A14: who asks while a feed is fetched for the first time waits, and is told of no error."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> bytes:
        begun.set()
        assert go_on.wait(20)
        return AWAY.encode()

    feed = Feed(name="ada.ics", fetch=slowly, user_id="ada")
    known = ICalendarCalendar([feed], time_zone="UTC", clock=ManualClock(MONDAY))
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(_told_or_raised(known))) for _ in range(3)
    ]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
        thread.join(0.05)  # long enough to give up, were it to
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert found == [[5]] * 3


def _told_or_raised(known: ICalendarCalendar) -> object:
    try:
        return days(known)
    except CalendarError as error:
        return str(error)


def test_tickets_wait_while_it_cannot_tell() -> None:
    """A9, A14: who is away by a feed gets no ticket, and without an answer a ticket waits."""
    source = Source()
    known, clock = fed(source, stale_limit=HOUR)
    clock.set(datetime(2026, 1, 7, 12, tzinfo=UTC))
    desk = Helpdesk(MemoryRepository(), MemoryNotifier(), known, clock)
    worker = System(reason="test")
    for who in ("ada", "ben"):
        desk.add_user(
            User(id=who, name=who, kind=UserKind.INTERNAL, roles=frozenset({Role.AGENT})),
            actor=worker,
        )
    stage = desk.create_stage("New", actor=worker)
    team = desk.create_team(
        "IT", Visibility.COMPANY, actor=worker, member_ids=["ada", "ben"], stage_ids=[stage.id],
        auto_assign=True,
    )  # fmt: skip
    assert desk.open_ticket(team.id, "The printer", actor=worker).assignee_id == "ben"
    source.content = OSError()
    clock.advance(DAY)
    kept = desk.open_ticket(team.id, "The scanner", actor=worker)
    assert kept.assignee_id is None
    assert kept.waiting
