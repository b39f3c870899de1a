"""Teams and everybody: the kept union, its change, coverage, and the stream of changes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from helpdesk_core.availability import Availability, Gap
from helpdesk_core.availability import availability as questions
from helpdesk_core.availability.edges import PIECE, to_moment
from helpdesk_core.availability.members import Member, Team
from helpdesk_core.availability.patterns import KEPT, week_of
from helpdesk_core.entities import Absence, Id, RecurringAbsence, WeeklySchedule
from helpdesk_core.errors import InvalidValueError

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEAM = ("ada", "bob", "cy")


def away(member_id: str, start: float, end: float | None) -> Absence:
    """Between these hours after Monday."""
    ends = None if end is None else MONDAY + end * HOUR
    return Absence(user_id=member_id, start=MONDAY + start * HOUR, end=ends)


def office(*member_ids: str) -> dict[Id, WeeklySchedule]:
    """Monday to Friday from 9 to 17."""
    hours = [(day, 540, 1020) for day in range(5)]
    return {who: WeeklySchedule(user_id=who, time_zone="UTC", hours=hours) for who in member_ids}


def calls_of(owner: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Who was asked for this from now on."""
    calls: list[object] = []
    original = getattr(owner, name)

    def counted(self: object, *arguments: Any) -> Any:
        calls.append(self)
        return original(self, *arguments)

    monkeypatch.setattr(owner, name, counted)
    return calls


# --- one, some, everybody ------------------------------------------------------------------------


def test_everybody_is_who_is_known() -> None:
    """A10: Everybody are those with absences, with a schedule, or named; nobody known is nobody."""
    known = Availability(
        [away("ada", 0, None), away("bob", 0, 5)], office("cy"), member_ids=["dan", "ada"]
    )
    assert known.member_ids == ("dan", "ada", "bob", "cy")
    assert known.next_available(None, MONDAY) == MONDAY  # dan
    less = Availability([away("ada", 0, None), away("bob", 0, 5)], office("cy"))
    assert less.next_available(None, MONDAY) == MONDAY + 5 * HOUR
    assert Availability().next_available(None, MONDAY) is None
    assert Availability().coverage(None, MONDAY, MONDAY + DAY) == (Gap(MONDAY, MONDAY + DAY),)


@pytest.mark.parametrize("asked", [TEAM, list(TEAM), iter(TEAM), dict.fromkeys(TEAM)])
def test_any_collection_is_a_team(asked: Any) -> None:
    """A10: Members may come as any collection of ids."""
    known = Availability([away(who, 0, 5) for who in TEAM])
    assert known.next_available(asked, MONDAY) == MONDAY + 5 * HOUR


def test_a_stranger_is_always_there() -> None:
    """A13: Without absences and without a schedule somebody is always there."""
    known = Availability([away("ada", 0, None)])
    assert known.next_available(["ada", "zoe"], MONDAY) == MONDAY
    assert known.next_change("zoe", MONDAY) is None
    assert list(known.changes(["zoe"], MONDAY, MONDAY + 90 * DAY)) == []


Ask = Callable[[Availability, Any], object]
ASKS: list[Ask] = [
    lambda known, ids: known.next_available(ids, MONDAY),
    lambda known, ids: known.coverage(ids, MONDAY, MONDAY + DAY),
    lambda known, ids: known.changes(ids, MONDAY, MONDAY + DAY),
    lambda _, ids: Availability(member_ids=ids),
]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("ids", [["ada", "ada"], ("ada", "ada"), "ada", 7, [""], ("ada", 1.5)])
def test_members_are_ids_each_once(ask: Ask, ids: Any) -> None:
    """A9: Members named twice, and what are no ids, are refused by name."""
    with pytest.raises(InvalidValueError, match="member_ids"):
        ask(Availability([away("ada", 0, 5)]), ids)


def test_an_answer_is_in_utc() -> None:
    """A9: Whatever the time zone of the question, the answer is in UTC."""
    east = (MONDAY + HOUR).astimezone(timezone(9 * HOUR))
    found = Availability().next_available(["ada"], east)
    assert found == east
    assert found is not None
    assert found.tzinfo is UTC


def test_the_first_moment_of_a_far_piece() -> None:
    """A10: A team that is away for weeks is found where it comes back, over ends of pieces."""
    for days in (20, 27, 28, 29, 55, 56, 57, 400, 4000):
        known = Availability([away("ada", 0, 24 * days), away("bob", 0, 24 * days + 1)])
        assert known.next_available(["ada", "bob"], MONDAY) == MONDAY + days * DAY


# --- kept, and brought up to date ----------------------------------------------------------------


def test_a_team_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A10: The union of a team is kept: more questions lay out nothing more."""
    known = Availability([away("ada", 0, 30)], office(*TEAM))
    teams = calls_of(Team, "_laid_out", monkeypatch)
    members = calls_of(Member, "_laid_out", monkeypatch)
    for hour in range(100):
        known.next_available(TEAM, MONDAY + hour * HOUR)
        known.coverage(TEAM, MONDAY, MONDAY + DAY)
    assert (len(teams), len(members)) == (1, 3)


def test_a_change_lays_out_the_one_who_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A9: With another's absences only they and their teams are laid out anew."""
    known = Availability([away("ada", 0, 30)], office("ada", "bob", "cy", "dan"))
    others = ("bob", "dan")
    for team in (TEAM, others, None):
        known.next_available(team, MONDAY)
    teams = calls_of(Team, "_laid_out", monkeypatch)
    members = calls_of(Member, "_laid_out", monkeypatch)
    changed = known.with_absences("ada", [away("ada", 0, 10)])
    assert changed.next_available(["ada", "cy"], MONDAY + 9 * HOUR) == MONDAY + 9 * HOUR
    for team in (TEAM, others, None):
        changed.next_available(team, MONDAY)
    assert len(members) == 1
    assert len(teams) == 3  # the new one, TEAM, and everybody


def test_a_new_member_is_of_everybody() -> None:
    """A9: Who was not known before is one of everybody after their absences are."""
    known = Availability([away("ada", 0, None)])
    assert known.next_available(None, MONDAY) is None
    more = known.with_absences("bob", [away("bob", 0, 1)])
    assert more.next_available(None, MONDAY) == MONDAY + HOUR
    assert known.next_available(None, MONDAY) is None
    assert more.with_absences("bob", []).next_available(None, MONDAY) == MONDAY


def test_a_schedule_stays_when_absences_change() -> None:
    """A13: Other absences change nothing about the weekly schedule."""
    known = Availability((), office("ada")).with_absences("ada", [away("ada", 9, 10)])
    assert known.next_available(["ada"], MONDAY) == MONDAY + 10 * HOUR


def test_absences_of_somebody_else_are_refused() -> None:
    """A9: Absences are given for the member that they are of."""
    with pytest.raises(InvalidValueError, match="absences"):
        Availability().with_absences("ada", [away("bob", 0, 1)])
    with pytest.raises(InvalidValueError, match="member_id"):
        Availability().with_absences("", [])


def test_who_is_always_there_is_there_where_pieces_meet() -> None:
    """A11: The next moment of who is there is the one asked for, on any day of a piece."""
    for days in range(29):
        moment = to_moment(731 * PIECE) + days * DAY + HOUR
        assert Availability().next_available(["ada"], moment) == moment


def test_coverage_tells_of_no_empty_gap() -> None:
    """A13: Where somebody goes for good as the stretch ends, or the stretch is empty, is no gap."""
    nine, five = MONDAY + 9 * HOUR, MONDAY + 17 * HOUR
    known = Availability([away("ada", 17, None)], office("ada"))
    assert known.coverage(["ada"], nine, five) == ()
    assert known.coverage(["ada"], five, five) == ()
    assert known.coverage(["ada"], MONDAY, five) == (Gap(MONDAY, nine),)


def test_what_is_kept_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A11: However many teams and years are asked for, a bounded number of them is kept."""
    known = Availability((), office(*TEAM))
    monkeypatch.setattr(questions, "_TEAMS", 3)
    for number in range(10):
        expected = MONDAY if number else MONDAY + 9 * HOUR
        some = [*TEAM, *range(number)]
        assert known.next_available(some, MONDAY) == expected
        assert known.next_available(some, MONDAY) == expected
        assert len(known._teams) <= 3
    team = known._team(TEAM)
    for weeks in range(0, 4 * 3 * KEPT, 4):
        assert (
            known.next_available(TEAM, MONDAY + weeks * 7 * DAY)
            == MONDAY + weeks * 7 * DAY + 9 * HOUR
        )
        assert len(team._pieces) <= KEPT
        assert len(team._moments) <= KEPT


def test_what_is_kept_is_not_laid_out_anew() -> None:
    """A11: Years, teams, and what all of a week work are kept, as long as there is room."""
    known = Availability((), office(*TEAM))
    team = known._team(TEAM)
    kept = [(team.moments(number), team.edges(number)) for number in range(KEPT)]
    for number, (moments, edges) in enumerate(kept):
        assert team.moments(number) is moments
        assert team.edges(number) is edges
    assert known._team(TEAM) is team
    assert len({id(member.week) for member in team.members.values()}) == 1


def test_a_week_of_every_hour_is_none() -> None:
    """A13: Who works round the clock is as who has no schedule, and nothing is laid out."""
    hours = [(day, 0, 1440) for day in range(7)]
    week = WeeklySchedule(user_id="ada", time_zone="Europe/Rome", hours=hours)
    assert Member((), week_of(week.time_zone, week.hours)).hours is None


def test_who_goes_at_the_last_moment_is_not_there_then() -> None:
    """A9: An absence from the last moment there is on, or until it, is so at that moment too."""
    last = datetime.max.replace(tzinfo=UTC)
    for one, then in ((Absence(user_id="ada", start=last), None), (until(last), last)):
        known = Availability([one])
        assert known.next_available(["ada"], last) == then
        assert known.is_available("ada", last) is (then is not None)


def until(end: datetime) -> Absence:
    """From a day before."""
    return Absence(user_id="ada", start=end - DAY, end=end)


def test_threads_share_it() -> None:
    """A9: Many threads that ask one object at once get what one gets."""
    lunch = RecurringAbsence(
        user_id="bob",
        start=MONDAY + 12 * HOUR,
        end=MONDAY + 13 * HOUR,
        rule="FREQ=DAILY",
        time_zone="UTC",
    )
    absences = [away("ada", day * 24, day * 24 + 23) for day in range(0, 300, 3)]
    moments = [MONDAY + hour * HOUR for hour in range(0, 24 * 300, 7)]

    def ask(known: Availability) -> list[object]:
        return [
            (
                known.next_available(TEAM, at),
                known.next_change("bob", at),
                known.is_available("ada", at),
            )
            for at in moments
        ]

    expected = ask(Availability([*absences, lunch], office(*TEAM)))
    shared = Availability([*absences, lunch], office(*TEAM))
    with ThreadPoolExecutor(8) as threads:
        assert all(found == expected for found in threads.map(ask, [shared] * 8))


# --- coverage and changes ------------------------------------------------------------------------


def test_coverage_is_when_nobody_is_there() -> None:
    """A9, A13: Nights, week-ends, and the hours in which the others are away, cut at the ends."""
    known = Availability([away("ada", 10, 12), away("bob", 11, 13)], office("ada", "bob"))
    found = known.coverage(["ada", "bob"], MONDAY + 8 * HOUR, MONDAY + 30 * HOUR)
    hours = [((gap.start - MONDAY) // HOUR, (gap.end - MONDAY) // HOUR) for gap in found]
    assert hours == [(8, 9), (11, 12), (17, 30)]
    assert known.coverage(["ada"], MONDAY + 9 * HOUR, MONDAY + 10 * HOUR) == ()
    assert known.coverage(["cy", "bob"], MONDAY, MONDAY) == ()
    nine_to_five = (MONDAY + DAY + 9 * HOUR, MONDAY + DAY + 17 * HOUR)
    assert known.coverage(["ada"], *nine_to_five) == ()
    (night,) = known.coverage(["ada"], MONDAY + DAY + 9 * HOUR, MONDAY + 2 * DAY + 9 * HOUR)
    assert night == Gap(MONDAY + DAY + 17 * HOUR, MONDAY + 2 * DAY + 9 * HOUR)
    assert known.coverage(["ada"], MONDAY, MONDAY) == ()
    assert known.coverage([], MONDAY, MONDAY + HOUR) == (Gap(MONDAY, MONDAY + HOUR),)


def test_coverage_over_the_end_of_a_piece() -> None:
    """A9: What goes on over the end of four weeks is one gap."""
    known = Availability([away("ada", 10, 24 * 100)])
    (gap,) = known.coverage(["ada"], MONDAY, MONDAY + 200 * DAY)
    assert gap == Gap(MONDAY + 10 * HOUR, MONDAY + 100 * DAY)


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (MONDAY.replace(tzinfo=None), MONDAY, "since"),
        (MONDAY, MONDAY.replace(tzinfo=None), "until"),
        (MONDAY, MONDAY - timedelta.resolution, "until"),
        (MONDAY, MONDAY + 3660 * DAY + timedelta.resolution, "until"),
        (None, MONDAY, "since"),
    ],
)
def test_impossible_stretches_are_refused(since: Any, until: Any, field: str) -> None:
    """A9, A11: A stretch must be of aware moments, forward, and of ten years at most."""
    with pytest.raises(InvalidValueError) as caught:
        Availability().coverage(["ada"], since, until)
    assert caught.value.field == field
    assert len(Availability().coverage([], MONDAY, MONDAY + 3660 * DAY)) == 1


def test_changes_are_in_order() -> None:
    """A9: By time, then in the order of the members; the first moment is out, the last one in."""
    known = Availability(
        [away("cy", 1, 4), away("ada", 2, 4), away("bob", 4, 5), away("ada", 0, 1)]
    )
    found = [
        ((moment - MONDAY) // HOUR, who, there)
        for moment, who, there in known.changes(["cy", "ada", "bob"], MONDAY, MONDAY + 4 * HOUR)
    ]
    assert found == [
        (1, "cy", False),
        (1, "ada", True),
        (2, "ada", False),
        (4, "cy", True),
        (4, "ada", True),
        (4, "bob", False),
    ]
    assert list(known.changes(TEAM, MONDAY + 5 * HOUR, MONDAY + 900 * DAY)) == []


def test_changes_are_laid_out_as_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A11: A stretch without end costs nothing before it is read."""
    known = Availability((), office(*TEAM))
    laid_out = calls_of(Member, "_laid_out", monkeypatch)
    stream = known.changes(TEAM, MONDAY, datetime.max.replace(tzinfo=UTC))
    assert next(stream) == (MONDAY + 9 * HOUR, "ada", True)
    assert len(laid_out) == 3
    with pytest.raises(InvalidValueError, match="until"):
        known.changes(TEAM, MONDAY, MONDAY - DAY)


def test_changes_are_told_where_pieces_end() -> None:
    """A9: An absence from one midnight to another is two changes, wherever four weeks end."""
    absences = [away("ada", 24 * day, 24 * day + 24) for day in range(0, 120, 2)]
    known = Availability(absences)
    found = list(known.changes(["ada"], MONDAY - HOUR, MONDAY + 120 * DAY))
    assert [(moment - MONDAY) // DAY for moment, _, _ in found] == list(range(120))
    assert [there for _, _, there in found] == [False, True] * 60


def test_changes_go_on_where_pieces_end() -> None:
    """A9: Who is away for long, or works every night, changes as often as that, over many weeks."""
    nights = WeeklySchedule(
        user_id="bob",
        time_zone="UTC",
        hours=[(day, *hours) for day in range(7) for hours in ((0, 360), (1320, 1440))],
    )
    known = Availability([away("ada", 24, 24 * 90)], {"bob": nights})
    found = list(known.changes(TEAM, MONDAY, MONDAY + 120 * DAY))
    assert [one for one in found if one[1] == "ada"] == [
        (MONDAY + DAY, "ada", False),
        (MONDAY + 90 * DAY, "ada", True),
    ]
    assert [one for one in found if one[1] == "bob"] == [
        (MONDAY + day * DAY + hour * HOUR, "bob", there)
        for day in range(120)
        for hour, there in ((6, False), (22, True))
    ]
