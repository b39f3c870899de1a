"""Fields that a host defines: what they can hold, and what a merge makes of them and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk_core import InvalidValueError, PortError, Team, Ticket, Visibility
from helpdesk_core.entities.host_fields import (
    changed_fields,
    field_changes,
    names_of_texts,
    without,
)
from helpdesk_core.merge import (
    Conflict,
    MergePlan,
    MergeStrategy,
    UnmergePlan,
    plan_merge,
    plan_unmerge,
    strategies_of,
)
from helpdesk_core.plans import RecordMerge, SetField
from helpdesk_core.sentences import explain
from helpdesk_core.testing.strategies import host_fields

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
KEEP, FIRST = MergeStrategy.KEEP, MergeStrategy.FIRST
UNION, SUM = MergeStrategy.UNION, MergeStrategy.SUM
#: A name for "the master has nothing there" in tables.
NOTHING = None


def ticket(id: int = 1, **fields: Any) -> Ticket:
    """A ticket, the older the smaller its id, with these fields."""
    return Ticket(
        id=id,
        team_id="it",
        stage_id="new",
        subject="Ink",
        created_at=MONDAY + timedelta(days=id),
        fields=fields,
    )


def merging(
    strategies: Mapping[str, Any], *tickets: Ticket, master_id: int | None = None
) -> MergePlan:
    return plan_merge(
        tickets,
        master_id=master_id,
        closed={one.id: False for one in tickets},
        reopen_stage_id="new",
        teams={"it": Team(id="it", name="IT", visibility=Visibility.COMPANY)},
        users={},
        may_view=lambda user_id, ticket_id: True,
        merge_id="m",
        now=MONDAY,
        strategies=strategies,
    )


def after(one: Ticket, plan: MergePlan | UnmergePlan) -> Ticket:
    """The ticket as the plan leaves it."""
    for change in plan.changes:
        if isinstance(change, SetField) and change.id == one.id:
            assert getattr(one, change.field) == change.expected
            one = attrs.evolve(one, **{change.field: change.value})
    return one


def undoing(plan: MergePlan, *now: Ticket) -> UnmergePlan:
    [record] = [change.merge for change in plan.changes if isinstance(change, RecordMerge)]
    there = {one.id: one for one in now}
    return plan_unmerge(record, there, later=(), users={}, teams={}, eligible=(), now=MONDAY)


def merged(strategy: Any, *values: Any) -> Any:
    """What the master has after a merge: the first of these values was its own."""
    tickets = [
        ticket(n, **({} if value is None else {"x": value})) for n, value in enumerate(values)
    ]
    plan = merging({"x": strategy}, *tickets)
    if not plan.allowed:
        [reason] = plan.decision.reasons
        return reason.code, reason.parameters["field"], reason.parameters["ticket_id"]
    return after(tickets[0], plan).fields.get("x")


# --- what a field can hold -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("B 12", "B 12"),
        (0, 0),
        (-(2**63), -(2**63)),
        (2**63 - 1, 2**63 - 1),
        (1.5, 1.5),
        (False, False),
        ({"a", "b"}, frozenset("ab")),
        ("x" * 500, "x" * 500),
        (frozenset({"x" * 100}), frozenset({"x" * 100})),
        ({str(n) for n in range(1000)}, frozenset(map(str, range(1000)))),
    ],
)
def test_a_field_holds_text_numbers_flags_and_sets(given_: Any, kept: Any) -> None:
    """T4: a field of the host's holds a line of text, a number, a flag or a set of texts."""
    found = ticket(x=given_).fields["x"]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize("empty", [None, "", "  ", set(), frozenset()])
def test_what_says_nothing_is_not_there(empty: Any) -> None:
    """T4: a field that holds nothing is one that the ticket does not have."""
    assert ticket(x=empty) == ticket()
    assert field_changes({"x": empty}) == {"x": None}


def test_of_two_zeros_one() -> None:
    """T4: equal numbers are kept alike, so that a store can compare them as text."""
    assert str(ticket(x=-0.0).fields["x"]) == "0.0"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (2**63, r"fields\.x must fit in 64 bits"),
        (-(2**63) - 1, r"fields\.x must fit in 64 bits"),
        (float("nan"), r"fields\.x must be a finite number"),
        (float("inf"), r"fields\.x must be a finite number"),
        ("x" * 501, r"fields\.x must have at most 500 characters, has 501"),
        ("a\nb", r"fields\.x must be one line"),
        ("\ud800", r"fields\.x must not hold a lone surrogate"),
        ({"x" * 101}, r"fields\.x must have at most 100 characters, has 101"),
        ({" "}, r"fields\.x must not hold an empty text"),
        ({1}, r"fields\.x must be text"),
        ({str(n) for n in range(1001)}, r"fields\.x must hold at most 1,000, holds 1,001"),
        (["a"], r"fields\.x must be text, a number, True, False or a set of texts"),
        (MONDAY, r"fields\.x must be text, a number, True, False or a set of texts"),
        (b"a", r"fields\.x must be text, a number, True, False or a set of texts"),
    ],
)
def test_other_values_are_refused(value: Any, problem: str) -> None:
    """T4: what a field cannot hold is refused by the field's name and the limit."""
    with pytest.raises(InvalidValueError, match=problem):
        ticket(x=value)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (["x"], "fields must map names to values"),
        (None, "fields must map names to values"),
        ({1: "a"}, "fields must be text"),
        ({"": "a"}, "fields must not hold an empty name"),
        ({" ": "a"}, "fields must not hold an empty name"),
        ({"x" * 201: "a"}, "fields must have at most 200 characters, has 201"),
        ({str(n): n for n in range(51)}, "fields must be at most 50, are 51"),
    ],
)
def test_other_names_are_refused(fields: Any, problem: str) -> None:
    """T4: a name is a line of at most 200 characters, and there are at most 50."""
    with pytest.raises(InvalidValueError, match=problem):
        attrs.evolve(ticket(), fields=fields)


def test_fields_are_the_tickets_own() -> None:
    """T4: nobody changes a ticket's fields from outside, and their order never shows."""
    mine = {"b": 1, "a": 2}
    one = ticket(**mine)
    mine["c"] = 3
    assert list(one.fields.items()) == [("a", 2), ("b", 1)]
    assert one == ticket(a=2, b=1)
    assert hash(one) == hash(ticket(a=2, b=1))
    assert "fields" not in repr(one)
    with pytest.raises(TypeError):
        one.fields["a"] = 3  # type: ignore[index]
    assert len(ticket(**{str(n): n for n in range(50)}).fields) == 50


@given(host_fields, host_fields)
def test_what_was_changed_is_named(before: dict[str, Any], now: dict[str, Any]) -> None:
    """T4, T6: the names of what was changed, be it only in kind, in order."""
    names = changed_fields(before, now)
    assert list(names) == sorted(names)
    for name in {*before, *now}:
        kinds = [(type(one.get(name)), one.get(name)) for one in (before, now)]
        assert (name in names) == (kinds[0] != kinds[1])


@given(host_fields)
def test_texts_are_told_from_the_rest(fields: dict[str, Any]) -> None:
    """T9: text is found in lines and in sets, and what is left without it are numbers and flags."""
    texts = names_of_texts(fields)
    left = without(fields, texts)
    assert {*left} == {*fields} - texts
    assert all(type(value) in (bool, int, float) for value in left.values())
    assert all(type(fields[name]) in (str, frozenset) for name in texts)


# --- merging -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "values", "result"),
    [
        (KEEP, ("a", "b"), "a"),
        (KEEP, (NOTHING, "b"), NOTHING),
        (FIRST, ("a", "b"), "a"),
        (FIRST, (NOTHING, NOTHING, "c", "d"), "c"),
        (FIRST, (False, True), False),
        (FIRST, (0, 7), 0),
        (UNION, ({"a"}, {"b"}, NOTHING, {"a", "c"}), frozenset("abc")),
        (UNION, (NOTHING, {"b"}), frozenset("b")),
        (SUM, (1, 2, NOTHING, 3), 6),
        (SUM, (NOTHING, 2), 2),
        (SUM, (0.1, 0.2, 0.3), 0.6),
        (SUM, (1, 0.5), 1.5),
        (SUM, (2, -2), 0),
    ],
)
def test_strategies(strategy: Any, values: tuple[Any, ...], result: Any) -> None:
    """M6: the master keeps its own, takes the first, unites sets, or adds up numbers."""
    found = merged(strategy, *values)
    assert (found, type(found)) == (result, type(result))


def test_first_goes_by_age() -> None:
    """M4, M6: the first is the master's, then the oldest's, in whatever order they are given."""
    young, old, master = ticket(3, x="young"), ticket(2, x="old"), ticket(4)
    for tickets in ((young, old, master), (master, old, young)):
        plan = merging({"x": FIRST}, *tickets, master_id=4)
        assert after(master, plan).fields == {"x": "old"}


def test_a_function_of_the_hosts() -> None:
    """M6: a function is given the master's value and those of the others by age, if any has one."""
    asked: list[Any] = []

    def longest(mine: Any, others: Any) -> Any:
        asked.append((mine, others))
        return max(filter(None, [mine, *others]), key=len)

    assert merged(longest, "ab", NOTHING, "abc", "d") == "abc"
    assert merged(longest, NOTHING, "d") == "d"
    assert merged(longest, "d", NOTHING) == "d"
    assert asked == [("ab", ("abc", "d")), (None, ("d",)), ("d", ())]
    assert merged(longest, NOTHING, NOTHING) is None
    assert len(asked) == 3, "nobody has it: nothing to ask"
    assert merged(lambda mine, others: None, "a", "b") is None
    assert merged(lambda mine, others: {"a"}, "a", "b") == {"a"}


@pytest.mark.parametrize(
    ("strategy", "values", "ticket_id"),
    [
        (SUM, (1, "two", "three"), 1),
        (SUM, (True, 1), 0),
        (SUM, ({"a"}, 1), 0),
        (UNION, ({"a"}, "b"), 1),
        (SUM, (2**62, 2**62), 0),
        (SUM, (1.7e308, 1.7e308), 0),
        (UNION, ({str(n) for n in range(999)}, {"a", "b"}), 0),
        (lambda mine, others: [mine], ("a", "b"), 0),
    ],
)
def test_what_does_not_fit_is_refused(
    strategy: Any, values: tuple[Any, ...], ticket_id: int
) -> None:
    """M6, M10: a field that its strategy does not fit is refused by name, and nothing is done."""
    assert merged(strategy, *values) == ("merge.refused.field", "fields.x", ticket_id)
    tickets = [ticket(n, x=value) for n, value in enumerate(values)]
    plan = merging({"x": strategy}, *tickets)
    assert plan.changes == plan.events == plan.notices == ()
    assert f"ticket {ticket_id}" in explain(plan.decision)


def test_the_field_that_is_named_is_the_first() -> None:
    """M10: of several fields that do not fit the first by name is told, however they are given."""
    tickets = [ticket(1, a="x", b="x"), ticket(2, a="y", b="y")]
    for names in ("ab", "ba"):
        plan = merging(dict.fromkeys(names, SUM), *tickets)
        assert plan.decision.reasons[0].parameters["field"] == "fields.a"


def test_too_many_fields_are_refused() -> None:
    """M6, M10: more fields than a ticket can have are refused by the name of the one too many."""
    full = ticket(1, **{f"a{n}": n for n in range(50)})
    plan = merging({"x": FIRST}, full, ticket(2, x="b"))
    assert plan.decision.reasons[0].parameters == {"field": "fields.x", "ticket_id": 1}
    assert merging({"x": KEEP}, full, ticket(2, x="b")).allowed


def test_a_function_that_raises() -> None:
    """M10: a function of the host's that raises is the host's error, without what it said."""

    def broken(mine: Any, others: Any) -> Any:
        raise KeyError("secret")

    with pytest.raises(
        PortError, match=r"strategy of the field 'x' did not answer: KeyError$"
    ) as e:
        merged(broken, "a", "b")
    assert type(e.value.__cause__) is KeyError


@pytest.mark.parametrize(
    ("strategies", "problem"),
    [
        ([], "merge_fields must map names of fields to strategies"),
        ({1: KEEP}, "merge_fields must be text"),
        ({"x": "sum"}, "merge_fields gives 'x' no MergeStrategy or function"),
    ],
)
def test_strategies_are_checked(strategies: Any, problem: str) -> None:
    """M6: what is no strategy is refused before anything is merged."""
    with pytest.raises(InvalidValueError, match=problem):
        strategies_of(strategies)


def test_strategies_are_kept_as_they_were() -> None:
    """M6: nobody changes the strategies afterwards."""
    mine: dict[str, Any] = {"x": SUM, "y": max}
    kept = strategies_of(mine)
    mine["x"] = KEEP
    assert kept == {"x": SUM, "y": max}


def test_conflicts() -> None:
    """M15: what the master does not take of a field is listed by name, where one is kept."""
    plan = merging(
        {"room": FIRST, "cost": SUM, "serials": UNION, "own": lambda mine, others: mine},
        ticket(1, sla="gold", cost=1, serials={"a"}, own=1),
        ticket(2, sla="iron", cost=2, serials={"b"}, own=2, room="B 1", floor=1),
        ticket(3, sla="gold", room="B 2"),
    )
    assert plan.conflicts == (
        Conflict(field="fields.floor", kept=None, others=((2, 1),)),
        Conflict(field="fields.room", kept="B 1", others=((3, "B 2"),)),
        Conflict(field="fields.sla", kept="gold", others=((2, "iron"),)),
    )


# --- and back ------------------------------------------------------------------------------------

STRATEGIES: dict[str, Any] = {
    "cost": SUM,
    "serials": UNION,
    "room": FIRST,
    "rest": lambda mine, others: {"c"} if isinstance(mine, frozenset) else None,
}


@pytest.mark.parametrize(
    ("mine", "theirs", "since", "back", "left"),
    [
        # nothing happened since
        ({"cost": 1}, {"cost": 2}, {}, {"cost": 1}, []),
        ({}, {"cost": 2, "room": "B 1"}, {}, {}, []),
        # somebody changed it since: it stays, and that is said
        ({"cost": 1}, {"cost": 2}, {"cost": 9}, {"cost": 9}, ["fields.cost"]),
        ({"cost": 1}, {"cost": 2}, {"cost": None}, {}, ["fields.cost"]),
        ({}, {"room": "B 1"}, {"room": "B 2"}, {"room": "B 2"}, ["fields.room"]),
        ({}, {"serials": {"a"}}, {"serials": "a"}, {"serials": "a"}, ["fields.serials"]),
        # somebody put it back already
        ({"cost": 1}, {"cost": 2}, {"cost": 1}, {"cost": 1}, []),
        # nor is what the merge left as it was
        ({"cost": 1, "sla": "gold"}, {"cost": 2}, {"sla": "iron"}, {"cost": 1, "sla": "iron"}, []),
        # another field that came in since is nobody's business
        ({"cost": 1}, {"cost": 2}, {"sla": "gold"}, {"cost": 1, "sla": "gold"}, []),
        # of a set goes what the merge added and is still there, as of tags
        (
            {"serials": {"a", "x"}},
            {"serials": {"b", "c"}},
            {"serials": {"a", "b", "new"}},
            {"serials": frozenset({"a", "new"})},
            [],
        ),
        ({}, {"serials": {"b"}}, {"serials": {"b", "new"}}, {"serials": frozenset({"new"})}, []),
        # and what it took out comes back
        (
            {"rest": {"a"}},
            {},
            {"rest": {"c", "new"}},
            {"rest": frozenset({"a", "new"})},
            [],
        ),
        ({"rest": "a"}, {}, {}, {"rest": "a"}, []),
        ({"rest": "a"}, {}, {"rest": "b"}, {"rest": "b"}, ["fields.rest"]),
    ],
)
def test_only_what_nobody_changed_since(
    mine: dict[str, Any],
    theirs: dict[str, Any],
    since: dict[str, Any],
    back: dict[str, Any],
    left: list[str],
) -> None:
    """M14: a field goes back unless somebody changed it since, a set less what the merge added."""
    first, second = ticket(1, **mine), ticket(2, **theirs)
    plan = merging(STRATEGIES, first, second)
    now = after(first, plan)
    now = attrs.evolve(now, fields={**now.fields, **since})
    undo = undoing(plan, now, after(second, plan))
    assert dict(after(now, undo).fields) == back
    assert [(one.ticket_id, one.field, one.reason.code) for one in undo.not_restored] == [
        (1, name, "merge.changed_since") for name in left
    ]


def test_one_that_stays_keeps_no_other() -> None:
    """M14: of fields that a merge changed, one that somebody changed since leaves the others."""
    first, second = ticket(1, cost=1, serials={"a"}), ticket(2, cost=2, serials={"b"})
    plan = merging(STRATEGIES, first, second)
    now = after(first, plan)
    now = attrs.evolve(now, fields={**now.fields, "cost": 9})
    undo = undoing(plan, now, after(second, plan))
    assert dict(after(now, undo).fields) == {"cost": 9, "serials": {"a"}}
    assert [one.field for one in undo.not_restored] == ["fields.cost"]


def test_there_is_no_room_to_go_back_to() -> None:
    """M14: a field that a merge took away stays away where there are too many by now."""
    first, second = ticket(1, rest="a"), ticket(2)
    plan = merging(STRATEGIES, first, second)
    now = attrs.evolve(after(first, plan), fields={f"a{n}": n for n in range(50)})
    undo = undoing(plan, now, after(second, plan))
    assert after(now, undo) == attrs.evolve(now)
    assert [one.field for one in undo.not_restored] == ["fields.rest"]


same_kind: Any = {
    "cost": st.integers(-9, 9) | st.floats(-9, 9),
    "serials": st.sets(st.sampled_from("abcd"), min_size=1),
    "room": st.sampled_from(["B 1", "B 2"]),
    "sla": st.booleans(),
}
some_fields = st.fixed_dictionaries({}, optional=same_kind)


@given(st.lists(some_fields, min_size=2, max_size=5))
@example([{"cost": 1, "serials": {"a"}}, {"cost": 0.0, "serials": {"b"}}])
def test_the_very_fields_come_back(crowd: list[dict[str, Any]]) -> None:
    """M14: un-merging gives the very fields back, in kind too, and tombstones keep theirs."""
    tickets = [ticket(n, **fields) for n, fields in enumerate(crowd)]
    plan = merging(STRATEGIES, *tickets)
    away = [after(one, plan) for one in tickets]
    assert [one.fields for one in away[1:]] == [one.fields for one in tickets[1:]]
    undo = undoing(plan, *away)
    back = [after(one, undo) for one in away]
    assert back == tickets
    for was, one in zip(tickets, back, strict=True):
        assert changed_fields(was.fields, one.fields) == ()
    assert undo.not_restored == ()
