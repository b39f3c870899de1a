"""Who gets a ticket, why, and what that changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.assignment import (
    Assignment,
    AssignmentMethod,
    AssignmentPolicy,
    Candidate,
    HandoverPlan,
    Outcome,
    TeamChangePlan,
    Workload,
    choose_assignee,
    plan_assignment,
    plan_reassignment,
    plan_team_change,
    pool_of,
    waiting_order,
)
from helpdesk_core.availability import Availability
from helpdesk_core.decisions import Reason, allow
from helpdesk_core.entities import (
    Absence,
    FollowSource,
    Id,
    Role,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import TicketAssigned, TicketUnassigned
from helpdesk_core.plans import (
    AddFollow,
    Channel,
    Kind,
    NoteAssignment,
    Notice,
    NoticeKind,
    Plan,
    RemoveFollow,
    SetField,
)
from model import assignment as model

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
TICKETS, OPEN = AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN
MEMBERS = ("ada", "bob", "cy", "di")
ALL_THERE = Availability()

methods = st.sampled_from(AssignmentMethod)
workloads = st.fixed_dictionaries(
    {},
    optional={
        member_id: st.builds(
            Workload,
            member_id=st.just(member_id),
            total=st.integers(0, 3),
            open=st.integers(0, 3),
            credit=st.integers(0, 2),
            last_assigned=st.none() | st.integers(0, 9),
        )
        for member_id in (*MEMBERS, "who left")
    },
)
pools = st.lists(st.sampled_from(MEMBERS), unique=True)
spells = st.dictionaries(
    st.sampled_from(MEMBERS),
    st.lists(
        st.tuples(st.integers(0, 9), st.none() | st.integers(1, 5)).map(
            lambda spell: (
                NOW + spell[0] * HOUR,
                None if spell[1] is None else NOW + (spell[0] + spell[1]) * HOUR,
            )
        ),
        max_size=3,
    ),
)


def load(member_id: str, **counts: int | None) -> dict[Id, Workload]:
    """One workload under its id."""
    return {member_id: Workload(member_id=member_id, **counts)}  # type: ignore[arg-type]


def away(**hours: float | None) -> Availability:
    """Everybody named is away from now on, for so many hours; None: without an end."""
    return Availability(
        Absence(user_id=who, start=NOW, end=None if length is None else NOW + length * HOUR)
        for who, length in hours.items()
    )


def absences(said: dict[str, list[tuple[datetime, datetime | None]]]) -> Availability:
    """The model's absences as the library has them."""
    return Availability(
        Absence(user_id=who, start=start, end=end)
        for who, some in said.items()
        for start, end in some
    )


def person(id: str, **others: Any) -> User:
    """An eligible user, unless something is otherwise."""
    return User(**{"id": id, "name": id, "kind": UserKind.INTERNAL, "roles": {Role.AGENT}} | others)


def ticket(**others: Any) -> Ticket:
    """A ticket of team `it`."""
    base = {"id": "T-1", "team_id": "it", "stage_id": "new", "subject": "Ink", "created_at": NOW}
    return Ticket(**base | others)


def team(**others: Any) -> Team:
    """A team `legal`."""
    return Team(**{"id": "legal", "name": "Legal", "visibility": Visibility.COMPANY} | others)


def sets(plan: Plan) -> dict[str, tuple[Any, Any]]:
    """The fields that a plan sets, each with what was expected and what comes."""
    return {
        change.field: (change.expected, change.value)
        for change in plan.changes
        if isinstance(change, SetField)
    }


def others(plan: Plan) -> list[object]:
    """The changes that set no field."""
    return [change for change in plan.changes if not isinstance(change, SetField)]


def is_as_it_was(plan: Plan) -> bool:
    """Whether a plan changes and says nothing."""
    return (plan.changes, plan.events, plan.notices) == ((), (), ())


# --- the pool ----------------------------------------------------------------------------------


def test_pool_is_the_members_in_their_order() -> None:
    """A2, T3: Members that are eligible, in member order, whatever order the users come in."""
    named = team(member_ids=["cy", "ada", "bob"])
    users = [person("ada"), person("bob", active=False), person("cy"), person("di")]
    assert pool_of(named, users) == ("cy", "ada")


def test_pool_without_members_is_everybody_eligible() -> None:
    """A2: A team that names nobody has every eligible user, in the order given."""
    users = [person("bob"), person("ada"), person("eve", roles=()), person("bob")]
    assert pool_of(team(), users) == ("bob", "ada")


def test_pool_of_members_none_of_whom_is_eligible_is_empty() -> None:
    """A2, T3: A team whose members all left has nobody, and not suddenly everybody."""
    assert pool_of(team(member_ids=["gone"]), [person("ada")]) == ()


def test_who_is_not_eligible_keeps_nobody_from_being_assigned() -> None:
    """T3, A6: One who lost the role is not chosen, however few tickets they have."""
    users = [person("ada", roles=()), person("bob")]
    pool = pool_of(team(member_ids=["ada", "bob"]), users)
    chosen = choose_assignee(TICKETS, pool, load("bob", total=9), ALL_THERE, NOW)
    assert chosen.assignee_id == "bob"


# --- the choice --------------------------------------------------------------------------------


def test_nobody_in_the_pool_is_an_outcome() -> None:
    """A2: An empty pool gives the typed outcome, and no exception."""
    assert choose_assignee(TICKETS, (), {}, ALL_THERE, NOW) == Assignment(
        outcome=Outcome.NOBODY_ELIGIBLE, code="assignment.nobody_eligible"
    )


def test_equal_tickets_counts_open_and_closed() -> None:
    """A3: The fewest tickets ever count, and how many of them are open does not."""
    known = load("ada", total=3, open=0) | load("bob", total=2, open=2)
    chosen = choose_assignee(TICKETS, ["ada", "bob"], known, ALL_THERE, NOW)
    assert (chosen.assignee_id, chosen.count) == ("bob", 2)
    assert chosen.code == "assignment.fewest_tickets"


def test_equal_open_counts_open_ones() -> None:
    """A4: The fewest open tickets count, and neither closed ones nor a credit do."""
    known = load("ada", total=9, open=1, credit=5) | load("bob", total=2, open=2)
    chosen = choose_assignee(OPEN, ["bob", "ada"], known, ALL_THERE, NOW)
    assert (chosen.assignee_id, chosen.count) == ("ada", 1)
    assert chosen.code == "assignment.fewest_open"


def test_credit_counts_as_tickets() -> None:
    """A3, A8: The count that is kept equal is tickets and credit together."""
    known = load("ada", total=0, credit=3) | load("bob", total=2)
    chosen = choose_assignee(TICKETS, ["ada", "bob"], known, ALL_THERE, NOW)
    assert (chosen.assignee_id, chosen.count) == ("bob", 2)


@given(st.integers(1, 6), st.integers(0, 40), methods)
def test_rotation(size: int, tickets: int, method: AssignmentMethod) -> None:
    """A5: A constant pool that is all there is served in member order, round and round."""
    pool = [f"agent {place}" for place in reversed(range(size))]
    known: dict[Id, Workload] = {}
    got: list[Id | None] = []
    for number in range(1, tickets + 1):
        who = choose_assignee(method, pool, known, ALL_THERE, NOW).assignee_id
        assert who is not None
        had = known.get(who, Workload(member_id=who))
        known[who] = attrs.evolve(had, total=had.total + 1, open=had.open + 1, last_assigned=number)
        got.append(who)
    assert got == [pool[number % size] for number in range(tickets)]
    spread = [got.count(who) for who in pool]
    assert max(spread) - min(spread) <= 1


@given(st.integers(2, 6), st.lists(st.booleans(), max_size=40))
def test_unassigning_resets_no_rotation(size: int, taken_back: list[bool]) -> None:
    """A6: After a ticket is taken back, the next goes on from who was served least recently."""
    pool = [f"agent {place}" for place in range(size)]
    known: dict[Id, Workload] = {who: Workload(member_id=who) for who in pool}
    for number, back in enumerate(taken_back, 1):
        chosen = choose_assignee(OPEN, pool, known, ALL_THERE, NOW)
        fewest = min(workload.open for workload in known.values())
        lasts = {who: load.last_assigned or 0 for who, load in known.items() if load.open == fewest}
        who = chosen.assignee_id
        assert who is not None
        assert lasts[who] == min(lasts.values())
        had = known[who]
        known[who] = attrs.evolve(had, open=had.open + (not back), last_assigned=number)


@pytest.mark.parametrize(
    ("known", "who", "broken_by"),
    [
        (load("ada", total=1) | load("bob", total=1) | load("cy", total=1), "ada", "member_order"),
        (load("ada", last_assigned=1) | load("bob", last_assigned=0), "cy", "least_recent"),
        (
            load("ada", last_assigned=1)
            | load("bob", last_assigned=0)
            | load("cy", last_assigned=2),
            "bob",
            "least_recent",
        ),
        (load("ada", total=1) | load("bob", total=1, last_assigned=5), "cy", "fewest"),
        (load("ada", total=1) | load("cy", total=1), "bob", "fewest"),
        (load("ada", total=1), "bob", "member_order"),
    ],
)
def test_ties(known: dict[Id, Workload], who: str, broken_by: str) -> None:
    """A6, A20: Fewest, then least recently assigned, then member order, and which one decided."""
    chosen = choose_assignee(TICKETS, ["ada", "bob", "cy"], known, ALL_THERE, NOW)
    assert (chosen.assignee_id, chosen.tie_breaker) == (who, broken_by)


@given(methods, pools, workloads, spells, st.integers(0, 12), st.integers(0, 3))
def test_same_state_same_result(
    method: AssignmentMethod,
    pool: list[str],
    known: dict[Id, Workload],
    said: dict[str, list[tuple[datetime, datetime | None]]],
    hours: int,
    window: int,
) -> None:
    """A6: The order in which counts and absences are told, and others' counts, change nothing."""
    arguments = {"now": NOW + hours * HOUR, "look_ahead_window": window * HOUR}
    there = absences(said)
    once = choose_assignee(method, pool, known, there, **arguments)  # type: ignore[arg-type]
    there = absences({who: said[who][::-1] for who in reversed(said)})
    turned = {who: known[who] for who in reversed(known) if who in pool}
    assert choose_assignee(method, pool, turned, there, **arguments) == once  # type: ignore[arg-type]


@given(
    st.lists(st.tuples(st.sampled_from(MEMBERS), st.booleans()), max_size=12),
    pools,
    spells,
    methods,
    st.integers(0, 12),
    st.integers(0, 3),
)
def test_agrees_with_the_model(
    history: list[tuple[str, bool]],
    pool: list[str],
    said: dict[str, list[tuple[datetime, datetime | None]]],
    method: AssignmentMethod,
    hours: int,
    window: int,
) -> None:
    """A3, A4, A6, A9, A10, A20: The choice is that of the rule told by recounting everything."""
    happened: list[tuple[object, ...]] = []
    for number, (who, closed) in enumerate(history):
        happened.append(("assigned", number, None, who))
        if closed:
            happened.append(("closed", number))
    known: dict[Id, Workload] = {
        who: Workload(
            member_id=who,
            total=model.count("equal_tickets", happened, who, None),
            open=model.count("equal_open", happened, who, None),
            last_assigned=model.last_assigned(happened, who, None) or None,
        )
        for who in MEMBERS
    }
    now, length = NOW + hours * HOUR, window * HOUR
    asked = (method.value, pool, happened, said, now, length)
    who, why, moment = model.choose(*asked)
    chosen = choose_assignee(method, pool, known, absences(said), now, look_ahead_window=length)
    assert chosen.assignee_id == who
    assert chosen.available_from == (moment if why == "look-ahead" else None)
    outcome = {
        "nobody eligible": Outcome.NOBODY_ELIGIBLE,
        "nobody available": Outcome.NOBODY_AVAILABLE,
    }
    assert chosen.outcome is outcome.get(why, Outcome.ASSIGNED)
    broken_by = model.tie_breaker(*asked)
    assert chosen.tie_breaker == (
        broken_by and {"only one": "fewest"}.get(broken_by, broken_by.replace(" ", "_"))
    )


def test_who_is_away_is_not_chosen() -> None:
    """A9: Somebody away is not chosen while somebody is there, however few tickets they have."""
    chosen = choose_assignee(TICKETS, ["ada", "bob"], load("bob", total=99), away(ada=1), NOW)
    assert (chosen.assignee_id, chosen.available_from) == ("bob", None)


def test_look_ahead() -> None:
    """A10: Nobody is there: those who are at the earliest moment compete by the same policy."""
    known = load("bob", total=2) | load("cy", total=1)
    chosen = choose_assignee(TICKETS, ["ada", "bob", "cy"], known, away(ada=9, bob=8, cy=8), NOW)
    assert (chosen.assignee_id, chosen.available_from) == ("cy", NOW + 8 * HOUR)
    assert [candidate.member_id for candidate in chosen.candidates] == ["cy", "bob"]


def test_look_ahead_window() -> None:
    """A10: Who is there by the end of the window competes too, from their own moment on."""
    there, pool, known = away(ada=10, bob=8), ["ada", "bob"], load("bob", total=1)
    narrow = 2 * HOUR - timedelta(microseconds=1)
    chosen = choose_assignee(TICKETS, pool, known, there, NOW, look_ahead_window=narrow)
    assert (chosen.assignee_id, chosen.available_from) == ("bob", NOW + 8 * HOUR)
    chosen = choose_assignee(TICKETS, pool, known, there, NOW, look_ahead_window=2 * HOUR)
    assert (chosen.assignee_id, chosen.available_from) == ("ada", NOW + 10 * HOUR)


def test_look_ahead_window_is_for_looking_ahead() -> None:
    """A9, A10: While somebody is there, the window lets nobody in who is not."""
    chosen = choose_assignee(
        TICKETS, ["ada", "bob"], load("bob", total=9), away(ada=1), NOW, look_ahead_window=9 * HOUR
    )
    assert chosen.assignee_id == "bob"


def test_the_first_one_back_does_not_get_the_whole_weekend() -> None:
    """A10: With a window, tickets of a weekend are spread over those who come on Monday."""
    known: dict[Id, Workload] = {}
    got = []
    for number in range(4):
        who = choose_assignee(
            TICKETS, ["ada", "bob"], known, away(ada=48, bob=49), NOW, look_ahead_window=HOUR
        ).assignee_id
        assert who is not None
        had = known.get(who, Workload(member_id=who))
        known[who] = attrs.evolve(had, total=had.total + 1, last_assigned=number)
        got.append(who)
    assert got == ["ada", "bob", "ada", "bob"]


def test_nobody_is_ever_there() -> None:
    """A11, A20: Only absences without an end: the typed outcome, and everybody's reason."""
    chosen = choose_assignee(TICKETS, ["ada", "bob"], {}, away(ada=None, bob=None), NOW)
    assert (chosen.outcome, chosen.code) == (
        Outcome.NOBODY_AVAILABLE,
        "assignment.nobody_available",
    )
    assert chosen.assignee_id is chosen.count is chosen.tie_breaker is None
    reasons = [(skip.member_id, skip.reason.code) for skip in chosen.skipped]
    assert reasons == [("ada", "assignment.absent"), ("bob", "assignment.absent")]
    assert [skip.reason.parameters["until"] for skip in chosen.skipped] == [None, None]


def test_horizon_of_a_schedule() -> None:
    """A11: A schedule that comes round too late for the horizon gives nobody."""
    schedule = WeeklySchedule(user_id="ada", time_zone="UTC", hours=[(2, 0, 60)])
    there = Availability((), {"ada": schedule})
    chosen = choose_assignee(TICKETS, ["ada"], {}, there, NOW, horizon=HOUR)
    assert chosen.outcome is Outcome.NOBODY_AVAILABLE
    assert chosen.skipped[0].reason == Reason("assignment.outside_hours", {"until": None})
    chosen = choose_assignee(TICKETS, ["ada"], {}, there, NOW)
    assert chosen.available_from == NOW + 48 * HOUR


def test_choice_explains_itself() -> None:
    """A20: Each candidate with count and rank, each other one with the reason."""
    schedule = WeeklySchedule(user_id="di", time_zone="UTC", hours=[(2, 0, 60)])
    there = Availability(
        [Absence(user_id="ada", start=NOW - HOUR, end=NOW + HOUR)], {"di": schedule}
    )
    known = load("bob", total=2, last_assigned=4) | load("cy", total=2, credit=1)
    chosen = choose_assignee(TICKETS, ["di", "cy", "ada", "bob", "ed"], known, there, NOW)
    assert chosen.candidates == (
        Candidate("ed", 0, None, 1),
        Candidate("bob", 2, 4, 2),
        Candidate("cy", 3, None, 3),
    )
    assert [(skip.member_id, skip.reason.code) for skip in chosen.skipped] == [
        ("di", "assignment.outside_hours"),
        ("ada", "assignment.absent"),
    ]
    until = [skip.reason.parameters["until"] for skip in chosen.skipped]
    assert until == [NOW + 48 * HOUR, NOW + HOUR]


def test_looking_ahead_explains_that_moment() -> None:
    """A10, A20: Who is skipped when looking ahead has the reason of the moment looked at."""
    schedule = WeeklySchedule(user_id="bob", time_zone="UTC", hours=[(2, 0, 60)])
    there = Availability(
        [
            Absence(user_id="ada", start=NOW, end=NOW + 3 * HOUR),
            Absence(user_id="bob", start=NOW, end=NOW + HOUR),
        ],
        {"bob": schedule},
    )
    chosen = choose_assignee(TICKETS, ["ada", "bob"], {}, there, NOW)
    assert chosen.assignee_id == "ada"
    reason = Reason("assignment.outside_hours", {"until": NOW + 48 * HOUR})
    assert [(skip.member_id, skip.reason) for skip in chosen.skipped] == [("bob", reason)]
    assert chosen.skipped[0].reason.parameters == reason.parameters


@given(methods, pools, workloads, spells, st.integers(0, 3))
def test_everybody_is_explained(
    method: AssignmentMethod,
    pool: list[str],
    known: dict[Id, Workload],
    said: dict[str, list[tuple[datetime, datetime | None]]],
    window: int,
) -> None:
    """A20: Everybody in the pool is a candidate or skipped, once, and the first is chosen."""
    chosen = choose_assignee(
        method, pool, known, absences(said), NOW, look_ahead_window=window * HOUR
    )
    told = [entry.member_id for entry in (*chosen.candidates, *chosen.skipped)]
    assert sorted(map(str, told)) == sorted(pool)
    assert [candidate.rank for candidate in chosen.candidates] == [
        *range(1, len(chosen.candidates) + 1)
    ]
    first = chosen.candidates[0] if chosen.candidates else None
    assert chosen.assignee_id == (first and first.member_id)
    assert chosen.count == (first and first.count)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"method": "equal_tickets"}, "method"),
        ({"pool": ["ada", "ada"]}, "pool"),
        ({"pool": [True]}, "pool"),
        ({"pool": "ada"}, "pool"),
        ({"pool": {"ada"}}, "pool"),
        ({"workloads": {"ada": Workload(member_id="bob")}}, "workloads"),
        ({"now": NOW.replace(tzinfo=None)}, "now"),
        ({"look_ahead_window": -HOUR}, "look_ahead_window"),
        ({"look_ahead_window": 1}, "look_ahead_window"),
    ],
)
def test_impossible_questions_are_refused(changed: dict[str, Any], field: str) -> None:
    """A6: What cannot be meant is refused by the name of the argument."""
    asked = {
        "method": TICKETS,
        "pool": ["ada"],
        "workloads": {},
        "availability": ALL_THERE,
        "now": NOW,
    }
    with pytest.raises(InvalidValueError) as refused:
        choose_assignee(**asked | changed)
    assert refused.value.field == field


@pytest.mark.parametrize("field", ["total", "open", "credit", "last_assigned"])
@pytest.mark.parametrize("value", [-1, True, 0.5])
def test_impossible_counts_are_refused(field: str, value: object) -> None:
    """A6: A count is a whole number of zero or more."""
    with pytest.raises(InvalidValueError, match=field):
        Workload(member_id="ada", **{field: value})  # type: ignore[arg-type]


def test_workload_is_somebodys() -> None:
    """A6: A workload without an id is refused."""
    with pytest.raises(InvalidValueError, match="member_id"):
        Workload(member_id="")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Workload("ada"),
        lambda: AssignmentPolicy(TICKETS),
        lambda: Assignment(Outcome.DEFERRED, "assignment.deferred"),
        lambda: TeamChangePlan(True, decision=allow("assignment.kept")),
        lambda: HandoverPlan((), decision=allow("assignment.handover")),
    ],
)
def test_counts_and_decisions_are_made_by_name(make: Any) -> None:
    """A20: What has many fields of a kind takes them by name alone, so none is mistaken."""
    with pytest.raises(TypeError, match="positional"):
        make()


# --- waiting tickets ---------------------------------------------------------------------------


def test_waiting_tickets_come_oldest_first() -> None:
    """A16: Those that wait, by age and then by id, at most as many as asked for."""
    told = [
        ticket(id=5, waiting=True),
        ticket(id=4, waiting=True, created_at=NOW + HOUR),
        ticket(id=3, waiting=True),
        ticket(id=2),
        ticket(id=1, waiting=True, assignee_id="ada"),
        ticket(id=0, waiting=True, merged_into=3),
    ]
    assert [each.id for each in waiting_order(told)] == [3, 5, 4]
    assert [each.id for each in waiting_order(told, 2)] == [3, 5]
    assert waiting_order(told, 0) == ()
    with pytest.raises(InvalidValueError, match="limit"):
        waiting_order(told, -1)


# --- automatic assignment ----------------------------------------------------------------------

TO_ADA = choose_assignee(TICKETS, ["ada"], load("ada", total=2), ALL_THERE, NOW)
LATER = choose_assignee(TICKETS, ["ada"], {}, away(ada=3), NOW)
NOBODY = choose_assignee(TICKETS, ["ada"], {}, away(ada=None), NOW)
FOLLOWS = AddFollow(kind=Kind.TICKET, id="T-1", user_id="ada", source=FollowSource.ASSIGNED)
NOTED = NoteAssignment(team_id="it", member_id="ada", sequence=7)
TOLD = Notice(ticket_id="T-1", recipient_id="ada", channel=Channel.EMAIL, kind=NoticeKind.ASSIGNED)


def test_automatic_assignment() -> None:
    """A6, A20, V10: The assignee is set, follows, is noted in the rotation, and is told."""
    plan = plan_assignment(ticket(), TO_ADA, sequence=7, now=NOW)
    assert plan.decision.code == "assignment.fewest_tickets"
    assert sets(plan) == {"assignee_id": (None, "ada")}
    assert others(plan) == [FOLLOWS, NOTED]
    assert plan.notices == (TOLD,)
    assert plan.events == (
        TicketAssigned(
            at=NOW,
            ticket_id="T-1",
            team_id="it",
            assignee_id="ada",
            automatic=True,
            code="assignment.fewest_tickets",
            count=2,
            tie_breaker="fewest",
        ),
    )


def test_automatic_assignment_that_looked_ahead() -> None:
    """A10, A16: The ticket that waited waits no more, and says from when its assignee is there."""
    plan = plan_assignment(ticket(waiting=True), LATER, sequence=7, now=NOW)
    assert sets(plan) == {
        "assignee_id": (None, "ada"),
        "available_from": (None, NOW + 3 * HOUR),
        "waiting": (True, False),
    }
    event = plan.events[0]
    assert isinstance(event, TicketAssigned)
    assert event.available_from == NOW + 3 * HOUR


@pytest.mark.parametrize("assignment", [TO_ADA, LATER, NOBODY])
@pytest.mark.parametrize("had", ["ada", "bob"])
def test_an_assignee_is_never_overwritten(assignment: Assignment, had: str) -> None:
    """A1: Automatic assignment of a ticket that has an assignee is refused and changes nothing."""
    plan = plan_assignment(ticket(assignee_id=had), assignment, sequence=7, now=NOW)
    assert not plan.allowed
    assert plan.decision.code == "assignment.already_assigned"
    assert is_as_it_was(plan)


def test_nobody_found_makes_the_ticket_wait() -> None:
    """A2, A11, A16: The ticket is kept, waits, and its history says why."""
    plan = plan_assignment(ticket(), NOBODY, sequence=7, now=NOW)
    assert plan.allowed
    assert sets(plan) == {"waiting": (False, True)}
    assert (others(plan), plan.notices) == ([], ())
    assert plan.events == (
        TicketUnassigned(at=NOW, ticket_id="T-1", team_id="it", code="assignment.nobody_available"),
    )


def test_a_waiting_ticket_is_not_told_of_again() -> None:
    """A16: Trying a waiting ticket in vain once more leaves no further trace."""
    plan = plan_assignment(ticket(waiting=True), NOBODY, sequence=7, now=NOW)
    assert plan.decision.code == "assignment.nobody_available"
    assert is_as_it_was(plan)


def test_who_follows_as_assignee_already_is_not_added_again() -> None:
    """V10: A follow that is there is not made again; one for another reason gets this one too."""
    there = ticket(followers={"ada": {FollowSource.ASSIGNED}})
    assert others(plan_assignment(there, TO_ADA, sequence=7, now=NOW)) == [NOTED]
    chosen = ticket(followers={"ada": {FollowSource.CHOSEN}})
    assert others(plan_assignment(chosen, TO_ADA, sequence=7, now=NOW)) == [FOLLOWS, NOTED]


# --- assignment by hand ------------------------------------------------------------------------


def test_assignment_by_hand() -> None:
    """A7, A18, V10: The ticket goes over with its follow, and counts in the rotation."""
    had = ticket(
        assignee_id="bob",
        available_from=NOW,
        followers={"bob": {FollowSource.ASSIGNED, FollowSource.CHOSEN}},
    )
    plan = plan_reassignment(had, person("ada"), sequence=7, now=NOW, by="lead")
    assert plan.decision.reasons == (Reason("assignment.manual"),)
    assert sets(plan) == {"assignee_id": ("bob", "ada"), "available_from": (NOW, None)}
    gone = RemoveFollow(kind=Kind.TICKET, id="T-1", user_id="bob", source=FollowSource.ASSIGNED)
    assert others(plan) == [gone, FOLLOWS, NOTED]
    assert plan.notices == (TOLD,)
    assert plan.events == (
        TicketAssigned(
            at=NOW,
            by="lead",
            ticket_id="T-1",
            team_id="it",
            assignee_id="ada",
            automatic=False,
            code="assignment.manual",
        ),
    )


def test_who_had_a_ticket_and_did_not_follow_it_for_that() -> None:
    """V10: Of an assignee who follows for another reason, or not at all, nothing is taken away."""
    for followers in ({}, {"bob": {FollowSource.CHOSEN}}):
        had = ticket(assignee_id="bob", followers=followers)
        plan = plan_reassignment(had, person("ada"), sequence=7, now=NOW)
        assert others(plan) == [FOLLOWS, NOTED]


def test_assignment_by_hand_ends_the_wait() -> None:
    """A16, A18: A waiting ticket that is given to somebody waits no more."""
    plan = plan_reassignment(ticket(waiting=True), person("ada"), sequence=7, now=NOW)
    assert sets(plan) == {"assignee_id": (None, "ada"), "waiting": (True, False)}


def test_assignment_by_hand_warns_of_an_absence() -> None:
    """A18: An absence refuses nothing; the decision and the event say that it was passed over."""
    plan = plan_reassignment(ticket(), person("ada"), sequence=7, now=NOW, absent=True)
    assert plan.allowed
    assert [reason.code for reason in plan.decision.reasons] == [
        "assignment.manual",
        "assignment.absent",
    ]
    event = plan.events[0]
    assert isinstance(event, TicketAssigned)
    assert event.warning == "assignment.absent"


@pytest.mark.parametrize(
    "somebody",
    [
        person("ada", active=False),
        person("ada", roles=()),
        person("ada", roles={Role.ADMINISTRATOR}),
        person("ada", kind=UserKind.PORTAL, roles=()),
        person("ada", kind=UserKind.CONTACT, roles=()),
    ],
)
def test_only_eligible_users_are_assigned_by_hand(somebody: User) -> None:
    """A18, T3: Somebody who is not eligible is refused, and nothing changes."""
    plan = plan_reassignment(ticket(assignee_id="bob"), somebody, sequence=7, now=NOW)
    assert not plan.allowed
    assert plan.decision.code == "assignment.refused.not_eligible"
    assert is_as_it_was(plan)


def test_the_same_assignee_again() -> None:
    """A18: Giving a ticket to who has it is allowed and changes nothing."""
    plan = plan_reassignment(ticket(assignee_id="ada"), person("ada"), sequence=7, now=NOW)
    assert plan.decision.code == "assignment.unchanged"
    assert plan.allowed
    assert is_as_it_was(plan)


def test_who_takes_a_ticket_is_not_written_to() -> None:
    """V9: Somebody who assigns a ticket to themselves gets no mail of it."""
    plan = plan_reassignment(ticket(), person("ada"), sequence=7, now=NOW, by="ada")
    assert plan.notices == ()


def test_taking_a_ticket_from_everybody() -> None:
    """A7, V10: Nobody has the ticket, nobody follows as assignee, and the rotation stays."""
    had = ticket(assignee_id="ada", available_from=NOW, followers={"ada": {FollowSource.ASSIGNED}})
    plan = plan_reassignment(had, None, sequence=7, now=NOW, by="lead")
    assert sets(plan) == {"assignee_id": ("ada", None), "available_from": (NOW, None)}
    gone = RemoveFollow(kind=Kind.TICKET, id="T-1", user_id="ada", source=FollowSource.ASSIGNED)
    assert others(plan) == [gone]
    assert plan.events == (
        TicketUnassigned(
            at=NOW,
            by="lead",
            ticket_id="T-1",
            team_id="it",
            code="assignment.unassigned",
            was_assignee_id="ada",
        ),
    )


def test_taking_a_waiting_ticket_from_nobody() -> None:
    """A16: A ticket that is to stay unassigned waits no more; asked again, nothing changes."""
    plan = plan_reassignment(ticket(waiting=True), None, sequence=7, now=NOW)
    assert sets(plan) == {"waiting": (True, False)}
    assert is_as_it_was(plan_reassignment(ticket(), None, sequence=7, now=NOW))


def test_tombstones_are_not_assigned() -> None:
    """M8: A ticket that was merged away is assigned to nobody, in no way."""
    gone = ticket(merged_into="T-0", assignee_id="ada")
    for plan in (
        plan_assignment(gone, TO_ADA, sequence=7, now=NOW),
        plan_reassignment(gone, person("bob"), sequence=7, now=NOW),
        plan_reassignment(gone, None, sequence=7, now=NOW),
        plan_team_change(gone, team(), ["bob"], now=NOW),
    ):
        assert plan.decision.code == "assignment.refused.merged_away"
        assert is_as_it_was(plan)


# --- a change of team --------------------------------------------------------------------------


@pytest.mark.parametrize("auto", [True, False])
def test_assignee_in_the_new_pool_keeps_the_ticket(auto: bool) -> None:
    """A21, A7: Who is in the new team's pool keeps the ticket, and the rotation there stays."""
    plan = plan_team_change(ticket(assignee_id="ada"), team(auto_assign=auto), ["ada"], now=NOW)
    assert plan.decision.code == "assignment.kept"
    assert is_as_it_was(plan)
    assert not plan.assign_anew


@pytest.mark.parametrize("auto", [True, False])
def test_assignee_outside_the_new_pool_loses_the_ticket(auto: bool) -> None:
    """A21, A1: Else the ticket is assigned anew, or is unassigned with automatic assignment off."""
    had = ticket(assignee_id="ada", followers={"ada": {FollowSource.ASSIGNED}})
    plan = plan_team_change(had, team(auto_assign=auto), ["bob"], now=NOW, by="lead")
    assert plan.assign_anew is auto
    assert sets(plan) == {"assignee_id": ("ada", None)}
    gone = RemoveFollow(kind=Kind.TICKET, id="T-1", user_id="ada", source=FollowSource.ASSIGNED)
    assert others(plan) == [gone]
    assert plan.events == (
        TicketUnassigned(
            at=NOW,
            by="lead",
            ticket_id="T-1",
            team_id="legal",
            code="assignment.not_in_pool",
            was_assignee_id="ada",
        ),
    )


def test_unassigned_ticket_that_changes_team() -> None:
    """A21, A16: It is assigned in the new team, or waits no more where nobody would serve it."""
    plan = plan_team_change(ticket(waiting=True), team(auto_assign=True), ["bob"], now=NOW)
    assert plan.assign_anew
    assert is_as_it_was(plan)
    plan = plan_team_change(ticket(waiting=True), team(), ["bob"], now=NOW)
    assert not plan.assign_anew
    assert sets(plan) == {"waiting": (True, False)}
    assert is_as_it_was(plan_team_change(ticket(), team(), ["bob"], now=NOW))
