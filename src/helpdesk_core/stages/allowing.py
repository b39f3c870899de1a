"""Which moves from stage to stage a role may make: data that a host gives, by default all (T5, G5).

A table limits what people do with a ticket, beside what their role may do at all. What follows by
itself is no move of theirs: a change of team (G9), an answer (G11), a merge (M13), the removal of a
stage (G10) and closing what saw nothing (G13) ask no table, and the system is never limited.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import attrs

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.entities import Id, Role, Stage, UserKind
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_id, collection, distinct

#: From a stage to another one.
Move = tuple[Id, Id]
Table = Mapping[str, frozenset[Move]]

#: An internal user without a role of these is an *employee*.
_ROLES = frozenset({UserKind.PORTAL.value, "employee", *(role.value for role in Role)})


class MoveRule(Protocol):
    """Whether somebody with these roles may put a ticket from one stage into another."""

    def __call__(self, roles: Collection[str], from_stage_id: Id, to_stage_id: Id, /) -> bool: ...


def _table(value: Any) -> Table:
    if not isinstance(value, Mapping):
        raise InvalidValueError("moves", "must be a mapping of roles to moves")
    return MappingProxyType({role: _moves(role, pairs) for role, pairs in value.items()})


def _moves(role: object, pairs: Iterable[Move]) -> frozenset[Move]:
    if role not in _ROLES:
        raise InvalidValueError("moves", f"names {role!r}: roles are {', '.join(sorted(_ROLES))}")
    found = []
    for pair in collection("moves", pairs):
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidValueError("moves", f"of {role!r} must be pairs of stages, from and to")
        for stage_id in pair:
            check_id("moves", stage_id)
        if pair[0] == pair[1]:
            raise InvalidValueError("moves", f"of {role!r} go from {pair[0]!r} to itself")
        found.append((pair[0], pair[1]))
    return frozenset(found)


def _stage_ids(value: Iterable[Id] | None) -> frozenset[Id] | None:
    return None if value is None else distinct("stage_ids", value)


@attrs.frozen
class AllowedMoves:
    """For each role that is limited, the moves that it may make: pairs of stages, from and to.

    Roles are those of `PERMISSIONS`: portal, employee (an internal user without a role), agent,
    team_lead, administrator. One that is not named is not limited, and of several roles the most
    generous counts. With `stage_ids`, all there are, a table that names another is refused.

    Raises `InvalidValueError` for what is no role, no pair of ids, or goes from a stage to itself.

    >>> moves = AllowedMoves({"agent": [("new", "doing"), ("doing", "solved")]})
    >>> moves({"agent"}, "new", "doing"), moves({"agent"}, "new", "solved")
    (True, False)
    >>> moves({"agent", "team_lead"}, "new", "solved")
    True
    """

    moves: Table = attrs.field(factory=dict, converter=_table, hash=False)
    stage_ids: frozenset[Id] | None = attrs.field(default=None, kw_only=True, converter=_stage_ids)

    def __attrs_post_init__(self) -> None:
        if self.stage_ids is None:
            return
        for role, moves in self.moves.items():
            for stage_id in (id for move in moves for id in move):
                if stage_id not in self.stage_ids:
                    problem = f"of {role!r} name the unknown stage {stage_id!r}"
                    raise InvalidValueError("moves", problem)

    def __call__(self, roles: Collection[str], from_stage_id: Id, to_stage_id: Id, /) -> bool:
        """Whether one of the roles may make the move."""
        move = from_stage_id, to_stage_id
        return any(role not in self.moves or move in self.moves[role] for role in roles)


def allowed_stages(
    from_stage_id: Id, columns: Iterable[Stage], roles: Collection[str], moves: MoveRule
) -> tuple[Stage, ...]:
    """Those of a team's stages that a ticket may go to from this one, in their order.

    >>> stages = [Stage(id=name, name=name.title(), position=n)
    ...           for n, name in enumerate(("new", "doing", "solved"))]
    >>> only = AllowedMoves({"agent": [("new", "doing")]})
    >>> [stage.name for stage in allowed_stages("new", stages, {"agent"}, only)]
    ['Doing']
    """
    others = (stage for stage in columns if stage.id != from_stage_id)
    return tuple(stage for stage in others if moves(roles, from_stage_id, stage.id))


def can_move(
    from_stage_id: Id,
    to_stage_id: Id,
    columns: Iterable[Stage],
    roles: Collection[str],
    moves: MoveRule,
) -> Decision:
    """Whether the roles may make the move; a refusal lists where the ticket may go from here.

    `columns` are the stages that may be named to who asks.

    >>> stages = [Stage(id=name, name=name.title(), position=n)
    ...           for n, name in enumerate(("new", "doing", "solved"))]
    >>> only = AllowedMoves({"agent": [("new", "doing")]})
    >>> str(can_move("new", "solved", stages, {"agent"}, only).reasons[0])
    "stage.refused.move_not_allowed (from_stage_id=new, stage_id=solved, allowed=('doing',))"
    """
    if moves(roles, from_stage_id, to_stage_id):
        return allow("stage.move_allowed", stage_id=to_stage_id)
    return deny(
        "stage.refused.move_not_allowed",
        from_stage_id=from_stage_id,
        stage_id=to_stage_id,
        allowed=tuple(stage.id for stage in allowed_stages(from_stage_id, columns, roles, moves)),
    )


#: The table of a host that gives none.
ALL_MOVES = AllowedMoves()
