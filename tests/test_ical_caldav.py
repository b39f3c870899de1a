"""Over a real CalDAV server: the contract, feeds that change while they are read, and refusals."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.error import HTTPError

import pytest

from caldav_server import PASSWORD, USER, Server, radicale
from helpdesk_core.adapters.ical import CalDavCollection, Feed, ICalendarCalendar, caldav
from helpdesk_core.adapters.ical.caldav import _calendars
from helpdesk_core.adapters.ical.lines import UnreadableCalendarError
from helpdesk_core.adapters.memory import ManualClock
from helpdesk_core.entities import Absence, Id, WeeklySchedule
from helpdesk_core.errors import CalendarError
from helpdesk_core.testing import CalendarContract
from http_servers import HttpServer
from icalendars import DAY, HOUR, MONDAY, YEAR, absences_as_events, calendar, shown, spells

#: How many users, and for how many rounds their feeds are changed while they are read.
USERS = int(os.environ.get("HELPDESK_CALDAV_USERS", "1000"))
NUMBERS = count()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with radicale(tmp_path_factory.mktemp("radicale"), free_port()) as running:
        yield running


def reading(url: str) -> CalDavCollection:
    return CalDavCollection(url, USER, PASSWORD)


class TestCalDav(CalendarContract):
    """A collection of a real server, for a team."""

    examples = 8

    @pytest.fixture(autouse=True)
    def _with_server(self, server: Server) -> None:
        self.server = server

    def new(
        self, absences: Sequence[Absence], schedules: Mapping[Id, WeeklySchedule]
    ) -> ICalendarCalendar:
        url = self.server.make(f"contract-{next(NUMBERS)}")
        if absences:
            # one file for each event, as clients of CalDAV write them
            for number, absence in enumerate(absences):
                content = absences_as_events([absence]).decode().replace("UID:0", f"UID:{number}")
                self.server.put(url, str(number), content)
        return of_team(reading(url), self._people, schedules)

    def silent(self) -> ICalendarCalendar:
        return of_team(reading(self.server.collection("nothing")), self._people, {})


class TestFile(CalendarContract):
    """A file, for a team."""

    def new(
        self, absences: Sequence[Absence], schedules: Mapping[Id, WeeklySchedule]
    ) -> ICalendarCalendar:
        path = Path(self.new_path(".ics"))
        path.write_bytes(absences_as_events(absences))
        return of_team(path.read_bytes, self._people, schedules)

    def silent(self) -> ICalendarCalendar:
        return of_team(Path(self.new_path(".ics")).read_bytes, self._people, {})


class TestFileOfEach(TestFile):
    """A file of each member."""

    def new(
        self, absences: Sequence[Absence], schedules: Mapping[Id, WeeklySchedule]
    ) -> ICalendarCalendar:
        feeds = []
        for id in self._people:
            path = Path(self.new_path(".ics"))
            path.write_bytes(absences_as_events([one for one in absences if one.user_id == id]))
            feeds.append(Feed(name=f"feed of {id}", fetch=path.read_bytes, user_id=id))
        return ICalendarCalendar(feeds, time_zone="UTC", schedules=schedules)


def of_team(
    fetch: object, people: Sequence[Id], schedules: Mapping[Id, WeeklySchedule]
) -> ICalendarCalendar:
    members = {f"{id}@example.com": id for id in people}
    feed = Feed(name="team", fetch=fetch, members=members)  # type: ignore[arg-type]
    return ICalendarCalendar([feed], time_zone="UTC", schedules=schedules)


def test_a_collection_of_events(server: Server) -> None:
    """A9: each file of a collection is read, with its rules and moved instances; none is fine."""
    url = server.make("a few")
    clock = ManualClock(MONDAY)
    feed = Feed(name="ada", fetch=reading(url), user_id="ada")
    known = ICalendarCalendar([feed], time_zone="Europe/Rome", clock=clock)
    assert spells(known) == []
    lunch = "UID:a\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;COUNT=3"
    moved = (
        "UID:a\nDTSTAMP:20260101T000000Z\nRECURRENCE-ID;VALUE=DATE:20260106\n"
        "DTSTART;VALUE=DATE:20260112"
    )
    head = "PRODID:-//example//EN\n"
    server.put(url, "a", calendar(lunch, moved, head=head))
    server.put(url, "b", calendar("UID:b\nDTSTAMP:20260101T000000Z\nDTSTART:20260120T090000Z\n"
                                  "DURATION:PT1H", head=head))  # fmt: skip
    clock.advance(HOUR)
    assert shown(spells(known)) == [
        "2026-01-05 00:00 - 2026-01-05 23:00",
        "2026-01-06 23:00 - 2026-01-07 23:00",
        "2026-01-11 23:00 - 2026-01-12 23:00",
        "2026-01-20 09:00 - 2026-01-20 10:00",
    ]


def test_a_wrong_password(server: Server) -> None:
    """A14: a server that gives nothing makes nobody free, and the password is not told."""
    url = server.make("locked")
    feed = Feed(name="ada", fetch=CalDavCollection(url, USER, "another"), user_id="ada")
    known = ICalendarCalendar([feed], time_zone="UTC")
    with pytest.raises(CalendarError, match="never a good calendar: ada: HTTPError") as raised:
        spells(known)
    assert "another" not in str(raised.value)


_PARTS = '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{}</D:multistatus>'
_GIVEN = (
    "<D:response><D:href>/a.ics</D:href><D:propstat><D:prop><C:calendar-data>X</C:calendar-data>"
    "</D:prop><D:status>HTTP/1.1 {} OK</D:status></D:propstat></D:response>"
)


def test_answers_that_are_not_whole() -> None:
    """A14: a part of a collection is no answer, and neither is what is no XML, or does harm."""
    assert _calendars(_PARTS.format(_GIVEN.format(200)).encode()) == {"/a.ics": "X"}
    cut_off = "<D:response><D:href>/</D:href><D:status>HTTP/1.1 507 Full</D:status></D:response>"
    for answer, said in [
        (_PARTS.format(_GIVEN.format(403)), "must give everything"),
        (_PARTS.format(_GIVEN.format(200) + cut_off), "must give everything"),
        ("<D:multistatus", "must be XML"),
        (
            '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "must have no DOCTYPE",
        ),
    ]:
        with pytest.raises(UnreadableCalendarError, match=said):
            _calendars(answer.encode())


def test_an_answer_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A14: of an answer that is too large nothing is read, whatever it is."""
    monkeypatch.setattr(caldav, "SIZE", 10)
    with pytest.raises(UnreadableCalendarError, match="must have at most 40 bytes"):
        _calendars(_PARTS.format(_GIVEN.format(200)).encode())


def test_answers_of_other_servers() -> None:
    """A14: a page, or a redirect with which a password would go elsewhere, is no answer."""
    web = HttpServer()
    try:
        fetch = CalDavCollection(f"{web.url}/team/", USER, PASSWORD, headers={"X-Team": "IT"})
        web.answers = [(207, {}, _PARTS.format("").encode()), (200, {}, b"<html/>")]
        assert fetch() == {}
        assert web.asked[0].headers["X-Team"] == "IT"
        with pytest.raises(UnreadableCalendarError, match="must answer with 207, not 200"):
            fetch()
        for status in (301, 302, 307, 308):
            web.answers = [(status, {"Location": f"{web.url}/elsewhere"}, b"")]
            with pytest.raises(HTTPError) as raised:
                fetch()
            raised.value.close()
        assert {asked.path for asked in web.asked} == {"/team/"}
    finally:
        web.stop()


@pytest.mark.long
def test_a_thousand_users_changed_while_read(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """A9, A14: feeds of 1,000 users, changed while read: each answer is a state that there was."""
    head = "PRODID:-//example//EN\n"
    people = [f"user-{number}" for number in range(USERS)]
    urls = {who: server.make(who) for who in people}
    written: dict[str, list[int]] = {who: [] for who in people}

    def write(who: str, week: int) -> None:
        """Away for the first days of a week: of each state one can tell which it is."""
        start = MONDAY + timedelta(weeks=week)
        written[who].append(week)
        server.put(
            urls[who],
            "off",
            calendar(
                f"UID:{who}\nDTSTAMP:20260101T000000Z\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDURATION:P2D",
                head=head,
            ),
        )

    for who in people:
        write(who, 0)
    clock = ManualClock(MONDAY)
    known = ICalendarCalendar(
        [Feed(name=who, fetch=reading(urls[who]), user_id=who) for who in people],
        time_zone="UTC",
        clock=clock,
        fetch_every=timedelta(0),
        stale_limit=None,
    )
    stop, answers = threading.Event(), 0

    def change() -> None:
        for week in range(1, 50):
            for who in people[:: max(1, USERS // 50)]:
                if stop.is_set():
                    return
                write(who, week)

    writer = threading.Thread(target=change)
    writer.start()
    try:
        for _ in range(3):
            found = known.absences(people, MONDAY, MONDAY + YEAR)
            assert len(found) == USERS
            for absence in found:
                assert absence.end == absence.start + 2 * DAY
                assert (absence.start - MONDAY).days // 7 in written[str(absence.user_id)]
                answers += 1
    finally:
        stop.set()
        writer.join()
    found = known.absences(people, MONDAY, MONDAY + YEAR)
    for absence in found:
        assert (absence.start - MONDAY).days // 7 == written[str(absence.user_id)][-1]
    assert known.stale() == ()
    broken = people[::10]
    for who in broken:
        server.ask("DELETE", urls[who], b"")
    assert {one.feed for one in known.refresh()} == set(broken)
    again = known.absences(people, MONDAY, MONDAY + YEAR)
    assert again == found
    changes = sum(map(len, written.values())) - USERS
    with capsys.disabled():
        print(
            f"\n{USERS:,} users, {changes:,} changes while {answers:,} answers were read;", end=""
        )
        print(f" {len(broken)} collections removed, all of them stale, their absences kept")
