"""The same choice for many tickets in a row."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.assignment import (
    Assignment,
    AssignmentMethod,
    Dispatched,
    Dispatcher,
    Outcome,
    Workload,
    choose_assignee,
)
from helpdesk_core.availability import Availability
from helpdesk_core.entities import (
    Absence,
    AssignmentMode,
    CatchingUp,
    CatchUp,
    Id,
    MemberOptions,
    WeeklySchedule,
)
from helpdesk_core.errors import InvalidValueError

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICKETS, OPEN = AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN
MEMBERS = ("ada", "bob", "cy", "di", "ed")

THINGS = ["assign"] * 8 + [
    "closed", "closed", "reopened", "reassigned", "joined", "left", "calendar", "absences",
    "absences", "later", "earlier",
]  # fmt: skip


def history_of(seed: int) -> list[Any]:
    """A long history; Hypothesis by itself prefers short ones."""
    rng = random.Random(seed)
    return [
        (
            rng.choice(THINGS),
            rng.choice(MEMBERS),
            rng.choice([*MEMBERS, None]),
            rng.random() < 0.6,
            frozenset(rng.sample(["ink", "law"], rng.randrange(3))),
        )
        for _ in range(rng.randrange(50))
    ]


happenings = st.integers(0, 2**32).map(history_of)
absences = st.lists(
    st.builds(
        lambda who, start, length: Absence(
            user_id=who,
            start=NOW + start * HOUR,
            end=None if length is None else NOW + (start + length) * HOUR,
        ),
        st.sampled_from(MEMBERS),
        st.integers(0, 40),
        st.integers(1, 20) | st.sampled_from([2000, 20_000]) | st.none(),
    ),
    max_size=6,
)
#: Mornings only, in Rome, so that it is often outside hours for some or for all.
week = st.sampled_from(
    [
        [(day, 8 * 60, 13 * 60) for day in range(5)],
        [(day, 9 * 60, 12 * 60) for day in (0, 2)],
        [(0, 60, 61)],
    ]
)
calendars = st.builds(
    lambda away, weeks: Availability(
        away,
        {
            who: WeeklySchedule(user_id=who, time_zone="Europe/Rome", hours=hours)
            for who, hours in weeks.items()
        },
    ),
    absences,
    st.dictionaries(st.sampled_from(MEMBERS), week, max_size=4)
    | st.fixed_dictionaries(dict.fromkeys(MEMBERS, week)),
)
options = st.dictionaries(
    st.sampled_from(MEMBERS),
    st.builds(
        MemberOptions,
        capacity=st.none() | st.integers(0, 3),
        weight=st.sampled_from([1, 1, 2, 3]),
        tags=st.none() | st.frozensets(st.sampled_from(["ink", "law"])),
    ),
)
settings_of = st.fixed_dictionaries(
    {
        "look_ahead_window": st.integers(0, 30).map(lambda hours: hours * HOUR),
        "horizon": st.sampled_from([366 * 24 * HOUR, 60 * HOUR, 5 * HOUR]),
        "mode": st.sampled_from(AssignmentMode),
        "catch_up": st.sampled_from(CatchUp),
        "member_options": st.just({}) | options,
    }
)
workloads = st.fixed_dictionaries(
    {},
    optional={
        who: st.builds(
            Workload,
            member_id=st.just(who),
            total=st.integers(0, 4),
            open=st.integers(0, 4),
            credit=st.integers(0, 2),
            last_assigned=st.none() | st.integers(0, 9),
        )
        for who in MEMBERS
    },
)


class Kept:
    """The same history in a plain table, asked through `choose_assignee` every time."""

    def __init__(
        self, method: AssignmentMethod, pool: list[Id], known: dict[Id, Workload], **settings: Any
    ) -> None:
        self.method = method
        self.settings = settings
        self.pool = list(pool)
        self.known = dict(known)
        self.number = max((load.last_assigned or 0 for load in known.values()), default=0)
        self.catching_up: CatchingUp | None = None

    def load(self, who: Id) -> Workload:
        """What somebody has."""
        return self.known.get(who, Workload(member_id=who))

    def add(self, who: Id, **counts: int) -> None:
        """Add to what somebody has."""
        had = self.load(who)
        self.known[who] = attrs.evolve(
            had, **{field: getattr(had, field) + more for field, more in counts.items()}
        )

    def took(self, who: Id, is_open: bool = True) -> None:
        """Somebody got a ticket."""
        self.number += 1
        self.add(who, total=1, open=int(is_open))
        self.known[who] = attrs.evolve(self.known[who], last_assigned=self.number)

    def ask(self, there: Availability, now: datetime, tags: frozenset[str]) -> Assignment:
        """Who gets the next ticket."""
        return choose_assignee(
            self.method,
            self.pool,
            self.known,
            there,
            now,
            tags=tags,
            catching_up=self.catching_up,
            **self.settings,
        )

    def assign(self, there: Availability, now: datetime, tags: frozenset[str]) -> Assignment:
        """Give it to them."""
        found = self.ask(there, now, tags)
        if found.assignee_id is not None:
            for credit in found.credits:
                self.add(credit.member_id, credit=credit.tickets)
            self.took(found.assignee_id)
            self.catching_up = found.catching_up
        return found


def both_do(
    dispatcher: Dispatcher,
    kept: Kept,
    there: Availability,
    history: list[Any],
    calendars: list[Availability],
) -> list[tuple[Dispatched, Assignment]]:
    """Let both live through a history; what each decided."""
    now, decided = NOW, []
    for what, who, to, is_open, tags in history:
        had = kept.load(who)
        now += HOUR / 2
        if what == "assign":
            tags = frozenset() if is_open else tags
            assert dispatcher.explain(now) == kept.ask(there, now, frozenset())
            decided.append((dispatcher.assign(now, tags=tags), kept.assign(there, now, tags)))
        elif what == "closed" and had.open:
            kept.add(who, open=-1)
            dispatcher.closed(who)
        elif what == "reopened" and who in kept.known:
            kept.add(who, open=1)
            dispatcher.reopened(who)
        elif what == "reassigned" and had.total and had.open >= is_open:
            if who != to:
                kept.add(who, total=-1, open=-int(is_open))
                if to is not None:
                    kept.took(to, is_open)
            dispatcher.reassigned(who, to, open=is_open)
        elif what == "joined" and who not in kept.pool:
            kept.pool.append(who)
            dispatcher.joined(who)
        elif what == "left" and who in kept.pool:
            kept.pool.remove(who)
            dispatcher.left(who)
        elif what == "calendar" and calendars:
            there = calendars.pop()
            dispatcher.calendar_changed(there)
        elif what == "absences":
            times = [(now, now + 9 * HOUR)] if is_open else [(now + HOUR, now + 3000 * HOUR)]
            news = [Absence(user_id=who, start=a, end=b) for a, b in times if tags]
            there = there.with_absences(who, news)
            dispatcher.calendar_changed(there, [who, "a stranger"])
        elif what == "later":
            now += 20 * HOUR
        elif what == "earlier":
            now -= 15 * HOUR
    return decided


KEPT_FIELDS = (
    "assignee_id", "count", "tie_breaker", "available_from", "outcome", "code", "option",
)  # fmt: skip


@given(
    st.sampled_from(AssignmentMethod),
    st.lists(st.sampled_from(MEMBERS), unique=True),
    workloads,
    st.lists(calendars, min_size=1, max_size=3),
    settings_of,
    happenings,
)
def test_agrees_with_single_choices(
    method: AssignmentMethod,
    pool: list[Id],
    known: dict[Id, Workload],
    theres: list[Availability],
    settings: dict[str, Any],
    history: list[Any],
) -> None:
    """A3, A4, A6-A11, A19, A20: On every history it decides and explains as `choose_assignee`."""
    first, *others = theres
    dispatcher = Dispatcher(method, pool, known, first, **settings)
    kept = Kept(method, pool, known, **settings)
    decided = both_do(dispatcher, kept, first, history, others)
    for brief, full in decided:
        assert [getattr(brief, name) for name in KEPT_FIELDS] == [
            getattr(full, name) for name in KEPT_FIELDS
        ]
        assert (brief.candidates, brief.skipped) == ((), ())
    for brief, full in decided:
        assert attrs.evolve(dispatcher.explain(brief), catching_up=None) == attrs.evolve(
            full, catching_up=None
        )
    assert dispatcher.pool == tuple(kept.pool)
    assert dispatcher.workloads | kept.known == dispatcher.workloads
    assert dispatcher.catching_up == kept.catching_up


@given(st.integers(1, 7), st.integers(0, 50), st.sampled_from(AssignmentMethod))
def test_rotation(size: int, tickets: int, method: AssignmentMethod) -> None:
    """A5: A constant pool that is all there is served in member order, round and round."""
    pool = [f"agent {place}" for place in reversed(range(size))]
    dispatcher = Dispatcher(method, pool)
    got = [dispatcher.assign(NOW).assignee_id for _ in range(tickets)]
    assert got == [pool[number % size] for number in range(tickets)]


def test_leaving_and_joining_resets_no_rotation() -> None:
    """A6: Who leaves takes nobody's turn, and who is back has the old count and the last place."""
    dispatcher = Dispatcher(OPEN, ["ada", "bob", "cy"])
    assert [dispatcher.assign(NOW).assignee_id for _ in range(2)] == ["ada", "bob"]
    dispatcher.left("ada")
    assert dispatcher.assign(NOW).assignee_id == "cy"
    dispatcher.joined("ada")
    assert dispatcher.pool == ("bob", "cy", "ada")
    assert dispatcher.assign(NOW).assignee_id == "ada"


def test_manual_assignments_count_in_the_rotation() -> None:
    """A6, A7: A ticket given by hand to a member of the pool is that member's turn."""
    dispatcher = Dispatcher(TICKETS, ["ada", "bob", "cy"])
    dispatcher.reassigned(None, "ada")
    assert [dispatcher.assign(NOW).assignee_id for _ in range(3)] == ["bob", "cy", "ada"]


def test_somebody_outside_the_pool_is_counted_and_never_chosen() -> None:
    """A7, A18: A ticket given by hand to somebody outside the pool is counted for them alone."""
    dispatcher = Dispatcher(TICKETS, ["ada"])
    dispatcher.reassigned(None, "zoe")
    assert dispatcher.workloads["zoe"].total == 1
    assert [dispatcher.assign(NOW).assignee_id for _ in range(3)] == ["ada"] * 3


def test_the_same_assignee_again_is_no_turn() -> None:
    """A6: Giving a ticket to who has it changes neither count nor turn."""
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"])
    dispatcher.assign(NOW)
    before = dispatcher.workloads
    dispatcher.reassigned("ada", "ada")
    assert dispatcher.workloads == before


def test_looking_ahead_counts() -> None:
    """A6, A10: A ticket given to who is back later counts when it is decided."""
    away = Availability(Absence(user_id=who, start=NOW, end=NOW + HOUR) for who in ("ada", "bob"))
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {}, away)
    got = [dispatcher.assign(NOW) for _ in range(3)]
    assert [chosen.assignee_id for chosen in got] == ["ada", "bob", "ada"]
    assert {chosen.available_from for chosen in got} == {NOW + HOUR}
    assert dispatcher.workloads["ada"] == Workload(
        member_id="ada", total=2, open=2, last_assigned=3
    )


def test_nobody_is_an_outcome() -> None:
    """A2, A11: An empty pool and a pool that is never there give outcomes, and count nothing."""
    assert Dispatcher(TICKETS, ()).assign(NOW).outcome is Outcome.NOBODY_ELIGIBLE
    never = Availability([Absence(user_id="ada", start=NOW)])
    dispatcher = Dispatcher(TICKETS, ["ada"], {}, never)
    assert dispatcher.assign(NOW).outcome is Outcome.NOBODY_AVAILABLE
    assert dispatcher.workloads["ada"].total == 0


def test_old_entries_are_cleared() -> None:
    """A4: However often tickets are closed and reopened in between, memory and choice stay."""
    dispatcher = Dispatcher(OPEN, ["ada", "bob"], {"bob": Workload(member_id="bob", open=1)})
    dispatcher.reassigned(None, "ada")
    for _ in range(1000):
        dispatcher.closed("ada")
        dispatcher.reopened("ada")
    assert len(dispatcher._heap) < 100
    dispatcher.closed("ada")
    assert dispatcher.assign(NOW).assignee_id == "ada"


@pytest.mark.parametrize(
    "mistake",
    [
        lambda dispatcher: dispatcher.closed("ada"),
        lambda dispatcher: dispatcher.closed("nobody"),
        lambda dispatcher: dispatcher.reopened("nobody"),
        lambda dispatcher: dispatcher.reassigned("ada", "bob"),
        lambda dispatcher: dispatcher.reassigned("ada", "bob", open=False),
        lambda dispatcher: dispatcher.reassigned("nobody", "bob"),
        lambda dispatcher: dispatcher.reassigned("cy", "bob"),
        lambda dispatcher: dispatcher.joined("ada"),
        lambda dispatcher: dispatcher.joined(""),
        lambda dispatcher: dispatcher.left("nobody"),
    ],
)
def test_what_cannot_have_happened_is_refused(mistake: Any) -> None:
    """A6: A count below zero, a second joining and a stranger's leaving change nothing."""
    closed = Workload(member_id="cy", total=1)
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {"cy": closed})
    before = (dispatcher.pool, dispatcher.workloads)
    with pytest.raises(InvalidValueError, match="member_id"):
        mistake(dispatcher)
    assert (dispatcher.pool, dispatcher.workloads) == before


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("equal_open", ["ada"]), "method"),
        ((OPEN, ["ada", "ada"]), "pool"),
        ((OPEN, ["ada"], {"ada": Workload(member_id="bob")}), "workloads"),
    ],
)
def test_impossible_settings_are_refused(arguments: tuple[Any, ...], field: str) -> None:
    """A6: What cannot be meant is refused by the name of the argument."""
    with pytest.raises(InvalidValueError, match=field):
        Dispatcher(*arguments)


def test_old_keys_are_swept_away() -> None:
    """A4: However much is closed and reopened between two tickets, the heap stays small."""
    dispatcher = Dispatcher(OPEN, ["ada", "bob"])
    dispatcher.assign(NOW)
    dispatcher.assign(NOW)
    for _ in range(100):
        dispatcher.closed("ada")
        dispatcher.reopened("ada")
        assert len(dispatcher._heap) <= 4 * 2 + 16 + 1
    assert dispatcher.assign(NOW).assignee_id == "ada"


def test_what_happens_to_who_is_away_counts() -> None:
    """A4, A9: A ticket of somebody away that is closed counts when they are back."""
    there = Availability([Absence(user_id="ada", start=NOW + HOUR, end=NOW + 5 * HOUR)])
    dispatcher = Dispatcher(OPEN, ["ada", "bob"], {}, there)
    assert [dispatcher.assign(NOW).assignee_id for _ in range(3)] == ["ada", "bob", "ada"]
    assert dispatcher.assign(NOW + HOUR).assignee_id == "bob"
    dispatcher.closed("ada")
    assert dispatcher.assign(NOW + 5 * HOUR).assignee_id == "ada"
    dispatcher.left("bob")
    dispatcher.closed("bob")
    dispatcher.closed("bob")
    with pytest.raises(InvalidValueError, match="member_id"):
        dispatcher.closed("bob")


def test_the_only_ticket_of_the_first_in_the_pool() -> None:
    """A4, A9: It is closed as any other, of who is there and of who is away."""
    had = {"ada": Workload(member_id="ada", total=1, open=1)}
    for there in (Availability(), Availability([Absence(user_id="ada", start=NOW)])):
        dispatcher = Dispatcher(OPEN, ["ada", "bob"], had, there)
        assert dispatcher.assign(NOW).assignee_id == "bob"
        dispatcher.closed("ada")
        assert dispatcher.workloads["ada"].open == 0


def test_a_closed_ticket_is_given_to_another() -> None:
    """A4, A7: It was counted as one ever assigned, not as an open one, and so it is when gone."""
    had = {"ada": Workload(member_id="ada", total=3, open=1)}
    dispatcher = Dispatcher(OPEN, ["ada", "bob"], had)
    dispatcher.reassigned("ada", "bob", open=False)
    assert dispatcher.workloads["ada"] == Workload(member_id="ada", total=2, open=1)
    assert dispatcher.workloads["bob"].total == 1
    assert dispatcher.workloads["bob"].open == 0


def test_the_count_of_who_has_a_weight() -> None:
    """A19, A20: The count that is told is of tickets, whatever a ticket weighs."""
    heavy = {"ada": MemberOptions(weight=2)}
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], member_options=heavy)
    decided = [dispatcher.assign(NOW) for _ in range(4)]
    assert [(each.assignee_id, each.count) for each in decided] == [
        ("ada", 0),
        ("bob", 0),
        ("ada", 1),
        ("bob", 1),
    ]


def test_what_happened_before_a_decision_is_counted_again() -> None:
    """A4, A8, A20: A decision is explained by what was closed, reopened and credited before it."""
    dispatcher = Dispatcher(OPEN, ["ada", "bob"])
    dispatcher.assign(NOW)
    dispatcher.assign(NOW)
    dispatcher.closed("ada")
    dispatcher.reopened("ada")
    dispatcher.closed("bob")
    explained = dispatcher.explain(dispatcher.assign(NOW))
    assert [(each.member_id, each.count) for each in explained.candidates] == [
        ("bob", 0),
        ("ada", 1),
    ]
    dispatcher = Dispatcher(
        TICKETS,
        ["ada", "bob"],
        {"bob": Workload(member_id="bob", total=6)},
        catch_up=CatchUp.NONE,
        catching_up=CatchingUp(at=NOW, member_ids=["bob"]),
    )
    explained = dispatcher.explain([dispatcher.assign(NOW) for _ in range(2)][1])
    assert [(each.member_id, each.count) for each in explained.candidates] == [
        ("bob", 6),
        ("ada", 7),
    ]


def test_a_decision_of_another_run_cannot_be_explained() -> None:
    """A20: What this run did not decide is refused, and so is what nothing can be made of."""
    other = Dispatcher(OPEN, ["ada", "bob"])
    decisions = [other.assign(NOW) for _ in range(3)]
    dispatcher = Dispatcher(OPEN, ["ada", "bob"])
    dispatcher.assign(NOW)
    assert dispatcher.explain(decisions[0]).assignee_id == "ada"
    with pytest.raises(InvalidValueError, match="decision must be one of this run"):
        dispatcher.explain(decisions[2])


def test_places_are_not_without_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A6: Somebody joins once too often for the place to fit into a key: refused, not misplaced."""
    monkeypatch.setattr("helpdesk_core.assignment.standing.PLACE", 2)
    dispatcher = Dispatcher(OPEN, ["ada", "bob", "cy"])
    dispatcher.left("ada")
    with pytest.raises(InvalidValueError, match="member_id"):
        dispatcher.joined("ada")


def test_a_change_of_the_calendar_while_looking_ahead() -> None:
    """A10, A15: Who turns out to be there, or to be back sooner, is taken from then on."""
    there = Availability(
        Absence(user_id=who, start=NOW, end=NOW + 24 * days * HOUR)
        for who, days in (("ada", 100), ("bob", 90))
    )
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {}, there)
    first = dispatcher.assign(NOW)
    assert (first.assignee_id, first.available_from) == ("bob", NOW + 90 * 24 * HOUR)
    there = there.with_absences("ada", [Absence(user_id="ada", start=NOW, end=NOW + HOUR)])
    dispatcher.calendar_changed(there, ["ada", "zoe"])
    assert dispatcher.assign(NOW).available_from == NOW + HOUR
    there = there.with_absences("bob", [])
    dispatcher.calendar_changed(there, ["bob"])
    assert dispatcher.assign(NOW).available_from is None
    there = there.with_absences("bob", [Absence(user_id="bob", start=NOW)])
    dispatcher.calendar_changed(there, ["bob"])
    assert dispatcher.assign(NOW).available_from == NOW + HOUR


def test_who_was_looked_ahead_to_is_there_after_all() -> None:
    """A10, A15: somebody chosen for when they are back competes now when they are not away."""
    away = [
        Absence(user_id=who, start=NOW, end=NOW + hours * HOUR)
        for who, hours in (("ada", 5), ("bob", 9))
    ]
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], {}, Availability(away))
    assert dispatcher.assign(NOW).circumstances.available_from == NOW + 5 * HOUR
    dispatcher.calendar_changed(Availability(away[1:]), ["ada"])
    second = dispatcher.assign(NOW)
    assert (second.assignee_id, second.circumstances.available_from) == ("ada", None)


def test_time_off_entered_too_late_is_explained_as_it_was_decided() -> None:
    """A8, A20: An absence told of after later tickets brings no credit, in the explanation too."""
    dispatcher = Dispatcher(
        TICKETS,
        ["ada", "bob"],
        {"bob": Workload(member_id="bob", total=9)},
        catch_up=CatchUp.NONE,
    )
    for hours in (0, 5):
        dispatcher.assign(NOW + hours * HOUR)
    past = Absence(user_id="ada", start=NOW + HOUR, end=NOW + 4 * HOUR)
    dispatcher.calendar_changed(Availability([past]), ["ada"])
    decision = dispatcher.assign(NOW + 6 * HOUR)
    explained = dispatcher.explain(decision)
    assert (decision.assignee_id, decision.count) == ("ada", 2)
    assert (explained.assignee_id, explained.count, explained.credits) == ("ada", 2, ())
