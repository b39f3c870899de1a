"""Options of members, catching up, and waiting instead of looking ahead."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.assignment import (
    FILTERS,
    RANKING,
    Assignment,
    AssignmentMethod,
    AssignmentPolicy,
    Contender,
    Credit,
    Dispatcher,
    Outcome,
    Workload,
    choose_assignee,
    plan_assignment,
)
from helpdesk_core.assignment.options import fewest, handles_tags, has_room, least_recent
from helpdesk_core.availability import Availability
from helpdesk_core.decisions import Reason
from helpdesk_core.entities import (
    Absence,
    AssignmentMode,
    CatchingUp,
    CatchUp,
    Id,
    MemberOptions,
    Team,
    Ticket,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import CreditGiven, TicketUnassigned
from helpdesk_core.plans import GiveCredit, NoteCatchingUp, SetField
from helpdesk_core.sentences import explain

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICKETS, OPEN = AssignmentMethod.EQUAL_TICKETS, AssignmentMethod.EQUAL_OPEN
ALL_THERE = Availability()


def loads(**totals: int) -> dict[Id, Workload]:
    """Each has so many tickets, all of them open."""
    return {who: Workload(member_id=who, total=n, open=n) for who, n in totals.items()}


def away(**spells: tuple[float, float | None]) -> Availability:
    """Everybody named is away from one hour to another."""
    return Availability(
        Absence(
            user_id=who, start=NOW + start * HOUR, end=None if end is None else NOW + end * HOUR
        )
        for who, (start, end) in spells.items()
    )


def contender(count: int = 0, last: int | None = None, **options: Any) -> Contender:
    """Ada, with so many open tickets."""
    load = Workload(member_id="ada", total=count, open=count, last_assigned=last)
    return Contender("ada", count, load, MemberOptions(**options))


# --- each filter and each term -----------------------------------------------------------------


def test_tags() -> None:
    """A19: Only who handles one of the ticket's tags; none of a ticket, or of a member, is all."""
    ink = contender(tags={"ink", "paper"})
    assert handles_tags(ink, frozenset({"ink", "law"})) is None
    assert handles_tags(ink, frozenset()) is None
    assert handles_tags(contender(), frozenset({"law"})) is None
    reason = handles_tags(ink, frozenset({"law"}))
    assert (reason and reason.code, reason and reason.parameters["tags"]) == (
        "assignment.other_tags",
        ("ink", "paper"),
    )
    assert handles_tags(contender(tags=()), frozenset({"law"})) is not None


@pytest.mark.parametrize(
    ("held", "capacity", "fits"),
    [(0, None, True), (9, None, True), (1, 2, True), (2, 2, False), (3, 2, False), (0, 0, False)],
)
def test_capacity(held: int, capacity: int | None, fits: bool) -> None:
    """A19: Only who has fewer open tickets than their capacity; 0 is nobody at all."""
    reason = has_room(contender(held, capacity=capacity), frozenset())
    assert (reason is None) is fits
    if reason is not None:
        assert reason.code == "assignment.at_capacity"
        assert reason.parameters == {"capacity": capacity, "open": held}


def test_fewest() -> None:
    """A3, A4, A19: The count is compared, for each unit of weight."""
    assert fewest(contender(3)) == 3
    assert fewest(contender(3, weight=2)) == 1.5
    assert fewest(contender(4, weight=2)) == fewest(contender(2))


def test_least_recent() -> None:
    """A6: Who never had a ticket comes before who had the first."""
    lasts = [least_recent(contender(last=last)) for last in (None, 0, 1)]
    assert lasts == sorted(set(lasts))


def test_what_there_is_by_name() -> None:
    """A6, A19: The tables name what is asked and what is compared, in order."""
    assert dict(FILTERS) == {"tags": handles_tags, "capacity": has_room}
    assert list(RANKING.items()) == [("fewest", fewest), ("least_recent", least_recent)]


# --- filters and terms at work -----------------------------------------------------------------


def choose(pool: list[str], known: dict[Id, Workload] | None = None, **more: Any) -> Assignment:
    """The next ticket of a pool that is all there, unless something is otherwise."""
    asked = {"method": TICKETS, "availability": ALL_THERE, "now": NOW} | more
    return choose_assignee(asked.pop("method"), pool, known or {}, **asked)


@pytest.mark.parametrize(
    ("options", "tags", "option", "codes"),
    [
        ({"ada": {"tags": ["law"]}, "bob": {"tags": []}}, ["ink"], "tags", ["other_tags"] * 2),
        ({"ada": {"capacity": 1}, "bob": {"capacity": 0}}, [], "capacity", ["at_capacity"] * 2),
        (
            {"ada": {"capacity": 1}, "bob": {"tags": []}},
            ["ink"],
            "capacity",
            ["at_capacity", "other_tags"],
        ),
    ],
)
def test_nobody_fits(
    options: dict[Id, Any], tags: list[str], option: str, codes: list[str]
) -> None:
    """A19, A20: The outcome names the option that left nobody, and everybody's own reason."""
    chosen = choose(
        ["ada", "bob"],
        loads(ada=1),
        tags=tags,
        member_options={who: MemberOptions(**some) for who, some in options.items()},
    )
    assert (chosen.outcome, chosen.code) == (Outcome.NOBODY_FITS, "assignment.nobody_fits")
    assert (chosen.assignee_id, chosen.option) == (None, option)
    assert [skip.reason.code.split(".")[1] for skip in chosen.skipped] == codes
    assert option in explain(chosen)


def test_options_come_before_the_calendar() -> None:
    """A9, A10, A19: Those who fit are looked ahead for, whoever else is there."""
    chosen = choose(
        ["ada", "bob"],
        availability=away(bob=(0, 5)),
        member_options={"ada": MemberOptions(capacity=0)},
    )
    assert (chosen.assignee_id, chosen.available_from) == ("bob", NOW + 5 * HOUR)
    assert [(skip.member_id, skip.reason.code) for skip in chosen.skipped] == [
        ("ada", "assignment.at_capacity")
    ]


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.integers(0, 60))
def test_weights(weights: list[int], tickets: int) -> None:
    """A5, A19: Nobody is ahead of another by more than one ticket of the lightest of the two."""
    options = {str(n): MemberOptions(weight=weight) for n, weight in enumerate(weights)}
    dispatcher = Dispatcher(TICKETS, list(options), {}, member_options=options)
    for _ in range(tickets):
        dispatcher.assign(NOW)
    known = dispatcher.workloads
    for who, mine in options.items():
        for other, theirs in options.items():
            ahead = known[who].total / mine.weight - known[other].total / theirs.weight
            assert ahead <= 1 / mine.weight + 1e-9


def test_a_host_adds_a_filter_and_a_term() -> None:
    """A19: Functions of the host's own under names of its own, without touching the module."""

    def speaks_it(member: Contender, tags: frozenset[str]) -> Reason | None:
        return Reason("host.no_french") if member.member_id == "ada" and "fr" in tags else None

    def seniors_first(member: Contender) -> bool:
        return member.member_id != "cy"

    more: dict[str, Any] = {"filters": {**FILTERS, "language": speaks_it}}
    assert choose(["ada", "bob"], tags=["fr"], **more).assignee_id == "bob"
    nobody = choose(["ada"], tags=["fr"], **more)
    assert (nobody.option, nobody.skipped[0].reason.code) == ("language", "host.no_french")
    ranking = {"senior": seniors_first, **RANKING}
    chosen = choose(["ada", "bob", "cy"], loads(cy=9), ranking=ranking)
    assert (chosen.assignee_id, chosen.tie_breaker) == ("cy", "senior")
    assert choose(["cy"], ranking=ranking).tie_breaker == "senior"
    assert choose(["ada", "bob"], ranking=ranking).tie_breaker == "member_order"
    assert choose(["bob", "ada"], loads(bob=3), ranking={}).tie_breaker == "member_order"
    dispatcher = Dispatcher(TICKETS, ["ada", "bob", "cy"], ranking=ranking, **more)
    assert [dispatcher.assign(NOW, tags=["fr"]).assignee_id for _ in range(2)] == ["cy", "cy"]
    dispatcher = Dispatcher(TICKETS, ["ada", "bob"], **more)
    assert dispatcher.assign(NOW, tags=["fr"]).assignee_id == "bob"
    dispatcher = Dispatcher(TICKETS, ["ada", "cy"], ranking=ranking)
    assert dispatcher.assign(NOW).assignee_id == "cy"
    assert AssignmentPolicy(method=OPEN, filters={"x" * 100: speaks_it}).filters


# --- waiting instead of looking ahead ----------------------------------------------------------


def test_deferring() -> None:
    """A10, A16, A20: With DEFER the ticket waits, and the decision says until when."""
    there = away(ada=(0, 8), bob=(0, 5))
    chosen = choose(["ada", "bob"], availability=there, mode=AssignmentMode.DEFER)
    assert (chosen.outcome, chosen.code) == (Outcome.DEFERRED, "assignment.deferred")
    assert (chosen.assignee_id, chosen.available_from) == (None, NOW + 5 * HOUR)
    until = [skip.reason.parameters["until"] for skip in chosen.skipped]
    assert until == [NOW + 8 * HOUR, NOW + 5 * HOUR]
    assert explain(chosen).startswith("Nobody is there before 2026-01-05T05:00:00+00:00;")
    ticket = Ticket(id=1, team_id="it", stage_id="new", subject="Ink", created_at=NOW)
    plan = plan_assignment(ticket, chosen, sequence=1, now=NOW)
    assert [change.field for change in plan.changes if isinstance(change, SetField)] == ["waiting"]
    assert plan.events == (
        TicketUnassigned(at=NOW, ticket_id=1, team_id="it", code="assignment.deferred"),
    )
    later = choose(
        ["ada", "bob"], availability=there, mode=AssignmentMode.DEFER, now=NOW + 5 * HOUR
    )
    assert (later.assignee_id, later.available_from) == ("bob", None)


def test_deferring_for_ever_is_nobody() -> None:
    """A11: Nobody who will ever be back is no reason to say when."""
    chosen = choose(["ada"], availability=away(ada=(0, None)), mode=AssignmentMode.DEFER)
    assert (chosen.outcome, chosen.available_from) == (Outcome.NOBODY_AVAILABLE, None)


def test_no_window_unless_one_is_set() -> None:
    """A10: By default only those compete who are back first, whichever way it is asked."""
    pool, there, known = ["ada", "bob"], away(ada=(0, 5), bob=(0, 6)), loads(ada=9)
    for chosen in (
        choose(pool, known, availability=there),
        AssignmentPolicy(method=TICKETS)(pool, known, there, NOW),
        Dispatcher(TICKETS, pool, known, there).assign(NOW),
    ):
        assert chosen.assignee_id == "ada"


# --- catching up -------------------------------------------------------------------------------


def known(at: float, *members: str, **more: Any) -> CatchingUp:
    """What was so at the latest assignment."""
    return CatchingUp(at=NOW + at * HOUR, member_ids=members, **more)


def test_full_is_the_letter() -> None:
    """A8: By the letter who comes back gets every ticket until level, and nothing is kept."""
    chosen = choose(["ada", "bob"], loads(bob=9), availability=away(ada=(-9, 0)))
    assert (chosen.assignee_id, chosen.credits, chosen.catching_up) == ("ada", (), None)


def test_open_tickets_need_no_catching_up() -> None:
    """A4, A8: Where open tickets are kept equal, a credit would not count."""
    chosen = choose(["ada", "bob"], loads(bob=9), method=OPEN, catch_up=CatchUp.NONE)
    assert (chosen.assignee_id, chosen.catching_up) == ("ada", None)


def test_none_gives_credit() -> None:
    """A8: Who is back has as many as the lowest of those who were there meanwhile."""
    there = away(ada=(0, 10), cy=(0, 20), di=(3, 12))
    chosen = choose(
        ["ada", "bob", "cy", "di"],
        loads(ada=1, bob=7, cy=0, di=5),
        availability=there,
        now=NOW + 11 * HOUR,
        catch_up=CatchUp.NONE,
        catching_up=known(2, "ada", "bob", "cy", "di"),
    )
    # Di was there for the first three hours of it, Cy never.
    assert chosen.credits == (Credit("ada", 4),)
    assert [(each.member_id, each.count) for each in chosen.candidates] == [("ada", 5), ("bob", 7)]
    assert chosen.catching_up == known(11, "ada", "bob", "cy", "di")
    ticket = Ticket(id=1, team_id="it", stage_id="new", subject="Ink", created_at=NOW)
    plan = plan_assignment(ticket, chosen, sequence=9, now=NOW, by="ada")
    assert plan.changes[-2:] == (
        GiveCredit(team_id="it", member_id="ada", tickets=4),
        NoteCatchingUp(team_id="it", catching_up=known(11, "ada", "bob", "cy", "di")),
    )
    assert plan.events[-1] == CreditGiven(
        at=NOW, by="ada", team_id="it", member_id="ada", tickets=4
    )


@pytest.mark.parametrize(
    ("meanwhile", "credits"),
    [
        ({"bob": (0, 10)}, ()),  # nobody was there
        ({"bob": (1, 10)}, (Credit("ada", 9),)),
        ({"bob": (0, 9)}, (Credit("ada", 9),)),
        ({"bob": (-5, None)}, ()),
    ],
)
def test_nobody_was_there_meanwhile(meanwhile: dict[str, Any], credits: tuple[Any, ...]) -> None:
    """A8: With nobody to compare with the count stays; from a moment on there is somebody."""
    chosen = choose(
        ["ada", "bob"],
        loads(bob=9),
        availability=away(ada=(0, 10), **meanwhile),
        now=NOW + 10 * HOUR,
        catch_up=CatchUp.NONE,
        catching_up=known(0, "ada", "bob"),
    )
    assert chosen.credits == credits


@pytest.mark.parametrize("at", [2, 10, 11])
def test_a_return_counts_once(at: float) -> None:
    """A8: An absence that had ended by the latest assignment brings nothing more."""
    chosen = choose(
        ["ada", "bob"],
        loads(bob=9),
        availability=away(ada=(0, 10)),
        now=NOW + 12 * HOUR,
        catch_up=CatchUp.NONE,
        catching_up=known(at, "ada", "bob"),
    )
    assert bool(chosen.credits) is (at < 10)


def test_who_is_new_gets_credit() -> None:
    """A8: Who joined since is compared with who was there since, themselves left out."""
    chosen = choose(
        ["ada", "bob", "cy"],
        loads(bob=6, cy=5),
        availability=away(cy=(-9, 30)),
        now=NOW + 2 * HOUR,
        catch_up=CatchUp.NONE,
        catching_up=known(0, "bob", "cy"),
    )
    assert chosen.credits == (Credit("ada", 6),)


def test_at_first_everybody_starts_as_they_are() -> None:
    """A8: Without a latest assignment nobody is new, and from then on it is known who was there."""
    chosen = choose(
        ["ada", "bob"], loads(bob=9), availability=away(ada=(-9, 0)), catch_up=CatchUp.NONE
    )
    assert (chosen.assignee_id, chosen.credits) == ("ada", ())
    assert chosen.catching_up == known(0, "ada", "bob")


def test_who_is_new_and_who_is_back() -> None:
    """A8: Somebody new takes nobody's credit, and who is level on return gets none."""
    chosen = choose(
        ["new", "ada", "bob", "cy"],
        loads(ada=1, bob=6, cy=6),
        availability=away(ada=(0, 2), cy=(0, 2)),
        now=NOW + 3 * HOUR,
        catch_up=CatchUp.NONE,
        catching_up=known(1, "ada", "bob", "cy"),
    )
    assert chosen.credits == (Credit("ada", 5), Credit("new", 6))


def test_those_who_come_back_together() -> None:
    """A8: Who is back at the same moment is compared with the counts before, later ones after."""
    there = away(ada=(0, 5), bob=(0, 5), cy=(4, 6))
    more = {"now": NOW + 7 * HOUR, "catch_up": CatchUp.NONE, "availability": there}
    chosen = choose(
        ["ada", "bob", "cy", "di"],
        loads(ada=1, bob=2, cy=0, di=4),
        catching_up=known(1, "ada", "bob", "cy", "di"),
        **more,
    )
    # Cy, there until the fourth hour, has nothing yet when Ada and Bob are back; then they count.
    assert chosen.credits == (Credit("cy", 1),)


def test_a_credit_is_whole_tickets() -> None:
    """A8, A19: Who has twice the weight is raised to twice the tickets, rounded up."""
    chosen = choose(
        ["ada", "bob"],
        loads(bob=5),
        catch_up=CatchUp.NONE,
        catching_up=known(-1, "bob"),
        member_options={"ada": MemberOptions(weight=3), "bob": MemberOptions(weight=2)},
    )
    assert chosen.credits == (Credit("ada", 8),)


@given(st.lists(st.booleans(), min_size=20, max_size=60), st.integers(2, 4))
def test_none_never_floods(steps: list[bool], size: int) -> None:
    """A8: With NONE, whoever is back gets no more than a turn for each of those who were there."""
    pool = [f"agent {n}" for n in range(size)]
    spells = [
        Absence(user_id="agent 0", start=NOW + n * HOUR, end=NOW + (n + 1) * HOUR)
        for n, is_away in enumerate(steps)
        if is_away
    ]
    dispatcher = Dispatcher(TICKETS, pool, {}, Availability(spells), catch_up=CatchUp.NONE)
    got: list[Id | None] = []
    for n in range(len(steps)):
        got += [dispatcher.assign(NOW + n * HOUR).assignee_id for _ in range(3)]
    for first in range(len(got) - size):
        assert got[first : first + size].count("agent 0") <= 2


def test_smoothed_takes_turns() -> None:
    """A8: Of two in a row at most one goes to those who catch up, until they are level."""
    there = away(ada=(0, 10), bob=(0, 10))
    dispatcher = Dispatcher(
        TICKETS,
        ["ada", "bob", "cy", "di"],
        loads(cy=6, di=7),
        there,
        catch_up=CatchUp.SMOOTHED,
        catching_up=known(1, "ada", "bob", "cy", "di"),
    )
    got = [dispatcher.assign(NOW + 10 * HOUR).assignee_id for _ in range(12)]
    assert got == ["ada", "cy", "bob", "di"] * 3
    chosen = dispatcher.explain(NOW + 10 * HOUR)
    assert chosen.assignee_id == "ada"
    dispatcher.assign(NOW + 10 * HOUR)
    skipped = dispatcher.explain(NOW + 10 * HOUR).skipped
    skips = [(each.member_id, each.reason.code) for each in skipped]
    assert skips == [("ada", "assignment.catching_up"), ("bob", "assignment.catching_up")]


def test_smoothed_for_who_is_back_later_too() -> None:
    """A8: Those who came back one after the other since the latest assignment all catch up."""
    chosen = choose(
        ["ada", "bob", "cy"],
        loads(cy=6),
        availability=away(ada=(0, 2), bob=(0, 3)),
        now=NOW + 3 * HOUR,
        catch_up=CatchUp.SMOOTHED,
        catching_up=known(1, "ada", "bob", "cy"),
    )
    assert chosen.catching_up is not None
    assert chosen.catching_up.behind == {"ada", "bob"}


def test_smoothed_when_nobody_else_is_there() -> None:
    """A8: Those who catch up get one after the other while none of the others is there."""
    chosen = choose(
        ["ada", "bob"],
        loads(bob=6),
        availability=away(bob=(0, 9)),
        now=NOW + HOUR,
        catch_up=CatchUp.SMOOTHED,
        catching_up=known(0, "ada", "bob", behind=["ada"], their_turn=True),
    )
    assert chosen.assignee_id == "ada"
    assert chosen.catching_up == known(1, "ada", "bob", behind=["ada"], their_turn=True)


def test_smoothed_comes_to_an_end() -> None:
    """A8: Who catches up with half of the tickets is level some day, and then one of them all."""
    pool = ["ada", "bob", "cy", "di"]
    dispatcher = Dispatcher(
        TICKETS,
        pool,
        loads(bob=6, cy=6, di=6),
        catch_up=CatchUp.SMOOTHED,
        catching_up=known(-1, "bob", "cy", "di"),
    )
    got = [dispatcher.assign(NOW).assignee_id for _ in range(30)]
    assert got[:16:2] == ["ada"] * 8
    assert dispatcher.catching_up == known(0, *pool)
    assert [load.total for load in dispatcher.workloads.values()] == [12] * 4


@given(st.integers(0, 2**32))
def test_smoothed_is_smooth(seed: int) -> None:
    """A8: Two in a row go to those who catch up only when nobody else is there."""
    rng = random.Random(seed)
    pool = ["ada", "bob", "cy"]
    spells = [
        Absence(user_id=who, start=NOW + start * HOUR, end=NOW + (start + length) * HOUR)
        for who in pool
        for start, length in zip(rng.sample(range(40), 2), rng.sample(range(1, 9), 2), strict=True)
    ]
    there = Availability(spells)
    counts: dict[Id, Workload] = {}
    state: CatchingUp | None = None
    was_behind = False
    for number in range(1, 120):
        now = NOW + number / 3 * HOUR
        chosen = choose_assignee(
            TICKETS, pool, counts, there, now, catch_up=CatchUp.SMOOTHED, catching_up=state
        )
        state, who = chosen.catching_up, chosen.assignee_id
        if who is None or state is None:
            continue
        others = [each for each in chosen.candidates if each.member_id not in state.behind]
        if was_behind and who in state.behind:
            assert not others
        was_behind = state.their_turn
        assert was_behind is (who in state.behind)
        had = counts.get(who, Workload(member_id=who))
        counts[who] = attrs.evolve(had, total=had.total + 1, last_assigned=number)


def test_a_clock_set_back() -> None:
    """A6, A8: A moment before the latest assignment's is taken for that one."""
    chosen = choose(
        ["ada", "bob"],
        loads(bob=3),
        now=NOW - 5 * HOUR,
        catch_up=CatchUp.NONE,
        catching_up=known(0, "bob"),
    )
    assert chosen.credits == (Credit("ada", 3),)
    assert chosen.catching_up == known(0, "ada", "bob")


def team(member_options: Any) -> Team:
    """A team with these options."""
    return Team(id=1, name="IT", visibility=Visibility.PUBLIC, member_options=member_options)


# --- what cannot be meant ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: MemberOptions(capacity=-1), "capacity"),
        (lambda: MemberOptions(capacity=2**31), "capacity"),
        (lambda: MemberOptions(weight=0), "weight"),
        (lambda: MemberOptions(weight=-1), "weight"),
        (lambda: MemberOptions(weight=101), "weight"),
        (lambda: MemberOptions(weight=1.5), "weight"),
        (lambda: MemberOptions(tags=[""]), "tags"),
        (lambda: MemberOptions(tags=["x" * 101]), "tags"),
        (lambda: team({1: 2}), "member_options"),
        (lambda: team({"": MemberOptions()}), "member_options"),
        (lambda: AssignmentPolicy(method=OPEN, horizon=-HOUR), "horizon"),
        (lambda: AssignmentPolicy(method=OPEN, look_ahead_window=-HOUR), "look_ahead_window"),
        (lambda: AssignmentPolicy(method="equal_open"), "method"),
        (lambda: AssignmentPolicy(method=OPEN, mode="defer"), "mode"),
        (lambda: AssignmentPolicy(method=OPEN, catch_up="none"), "catch_up"),
        (lambda: AssignmentPolicy(method=OPEN, member_options={1: None}), "member_options"),
        (lambda: AssignmentPolicy(method=OPEN, member_options=[]), "member_options"),
        (lambda: AssignmentPolicy(method=OPEN, filters={"x": 1}), "filters"),
        (lambda: AssignmentPolicy(method=OPEN, filters={"x" * 101: has_room}), "filters"),
        (lambda: AssignmentPolicy(method=OPEN, ranking=[fewest]), "ranking"),
        (lambda: AssignmentPolicy(method=OPEN, ranking={"a\nb": fewest}), "ranking"),
        (lambda: choose([f"m{n}" for n in range(100_000)] + ["m7"]), "pool"),
        (lambda: choose(["ada"], tags="ink"), "tags"),
        (lambda: Dispatcher(OPEN, ["ada"]).assign(NOW, tags="ink"), "tags"),
        (lambda: Dispatcher(OPEN, ["ada"]).assign(NOW.replace(tzinfo=None)), "now"),
        (lambda: Dispatcher(OPEN, ["ada"]).assign(None), "now"),
        (lambda: Dispatcher(OPEN, ["ada"]).calendar_changed(ALL_THERE, "ada"), "member_ids"),
        (lambda: CatchingUp(at=NOW, member_ids=[1, ""]), "member_ids"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(make: Any, field: str) -> None:
    """A19: What cannot be meant is refused by the name of the field, with what it must be."""
    with pytest.raises(InvalidValueError) as refused:
        make()
    assert refused.value.field == field
    assert len(refused.value.problem) > len("must be")
