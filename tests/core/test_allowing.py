"""Allowed moves: a table of a host's, by role."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Stage
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.stages import ALL_MOVES, AllowedMoves, allowed_stages, can_move

pytestmark = pytest.mark.core

ROLES = ("portal", "employee", "agent", "team_lead", "administrator")
IDS = ("new", "doing", "solved", "cancelled")
STAGES = tuple(Stage(id=id, name=id.title(), position=n) for n, id in enumerate(IDS))

pairs = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)).filter(lambda p: p[0] != p[1])
tables = st.dictionaries(st.sampled_from(ROLES), st.sets(pairs), max_size=4)
own = st.sets(st.sampled_from(ROLES))


@given(tables, own, pairs)
def test_the_most_generous_role_counts(table: Any, roles: set[str], move: tuple[str, str]) -> None:
    """T5, G5: a move is allowed by a role that is not named, or whose own moves it is one of."""
    generous = [role for role in roles if role not in table or move in table[role]]
    moves = AllowedMoves(table)
    assert moves(roles, *move) is (generous != [])
    for more in ROLES:  # another role never takes a move away
        assert moves({*roles, more}, *move) >= moves(roles, *move)


@given(own.filter(bool), pairs)
def test_by_default_all_moves_are_allowed(roles: set[str], move: tuple[str, str]) -> None:
    """T5: without a table everybody goes from everywhere to everywhere."""
    assert ALL_MOVES(roles, *move)
    assert allowed_stages(move[0], STAGES, roles, ALL_MOVES) == tuple(
        stage for stage in STAGES if stage.id != move[0]
    )


@given(tables, own, pairs)
def test_what_is_listed_is_what_is_allowed(
    table: Any, roles: set[str], move: tuple[str, str]
) -> None:
    """V19, G6: a refusal lists the stages to which the ticket may go, in their order."""
    moves = AllowedMoves(table)
    listed = [stage.id for stage in allowed_stages(move[0], STAGES, roles, moves)]
    assert listed == [id for id in IDS if id != move[0] and moves(roles, move[0], id)]
    decision = can_move(*move, STAGES, roles, moves)
    assert decision.allowed is (move[1] in listed)
    if decision.allowed:
        assert decision.code == "stage.move_allowed"
    else:
        assert decision.code == "stage.refused.move_not_allowed"
        assert dict(decision.reasons[0].parameters) == {
            "from_stage_id": move[0],
            "stage_id": move[1],
            "allowed": tuple(listed),
        }


def test_the_role_named_without_a_move_moves_nothing() -> None:
    """T5: a role that is named with nothing is limited to nothing."""
    moves = AllowedMoves({"portal": []})
    assert not moves({"portal"}, "new", "solved")
    assert moves({"agent"}, "new", "solved")


def test_a_function_of_the_host_is_a_rule() -> None:
    """T5: whatever takes roles and two stages and says yes or no will do."""

    def never_back(roles: Any, from_stage_id: Any, to_stage_id: Any) -> bool:
        return IDS.index(from_stage_id) < IDS.index(to_stage_id)

    found = allowed_stages("doing", STAGES, {"agent"}, never_back)
    assert [stage.id for stage in found] == ["solved", "cancelled"]


def test_a_table_is_a_value() -> None:
    """T5: a table is read once, cannot be changed afterwards, and equals one of the same moves."""
    given_: dict[str, Any] = {"agent": iter([["new", "doing"]])}
    moves = AllowedMoves(given_)
    given_["portal"] = []
    assert moves == AllowedMoves({"agent": {("new", "doing")}})
    assert hash(moves) == hash(AllowedMoves({"agent": {("new", "doing")}}))
    assert moves({"portal"}, "new", "solved")
    with pytest.raises(TypeError):
        moves.moves["portal"] = frozenset()  # type: ignore[index]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ([("agent", [])], "moves must be a mapping of roles to moves"),
        ({"agents": []}, "moves names 'agents': roles are administrator, agent, employee, portal"),
        ({"contact": []}, "moves names 'contact'"),
        ({1: []}, "moves names 1"),
        ({"agent": "new"}, "moves must be a collection, not one text"),
        ({"agent": 7}, "moves must be a collection"),
        ({"agent": ["ab"]}, "moves of 'agent' must be pairs of stages, from and to"),
        ({"agent": [("new",)]}, "moves of 'agent' must be pairs of stages, from and to"),
        ({"agent": [("new", "a", "b")]}, "moves of 'agent' must be pairs"),
        ({"agent": [{"new", "doing"}]}, "moves of 'agent' must be pairs"),
        ({"agent": [("new", True)]}, "moves must be an int, a non-empty str or a UUID"),
        ({"agent": [("", "new")]}, "moves must be an int, a non-empty str or a UUID"),
        ({"agent": [("new", ["x"])]}, "moves must be an int, a non-empty str or a UUID"),
        ({"agent": [("new", "new")]}, "moves of 'agent' go from 'new' to itself"),
    ],
)
def test_a_table_of_another_shape_is_refused(table: Any, problem: str) -> None:
    """T5: what is no role, no pair, no id or no move is refused by name when the table is made."""
    with pytest.raises(InvalidValueError) as caught:
        AllowedMoves(table)
    assert str(caught.value).startswith(problem)


def test_unknown_stages_are_refused_where_the_stages_are_known() -> None:
    """T5, G5: with all stages there are, a table that names another is refused by its name."""
    table = {"agent": [("new", "doing")], "portal": [("doing", "gone")]}
    assert AllowedMoves(table, stage_ids=[*IDS, "gone"]).stage_ids == {*IDS, "gone"}
    with pytest.raises(InvalidValueError) as caught:
        AllowedMoves(table, stage_ids=IDS)
    assert str(caught.value) == "moves of 'portal' name the unknown stage 'gone'"
    with pytest.raises(InvalidValueError, match="unknown stage '1'"):
        AllowedMoves({"agent": [("1", UUID(int=1))]}, stage_ids=[1, UUID(int=1)])
    with pytest.raises(InvalidValueError, match="stage_ids must be a collection"):
        AllowedMoves(table, stage_ids="new")
