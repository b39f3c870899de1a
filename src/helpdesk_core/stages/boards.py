"""Boards: columns in the one order, as one viewer sees them (G2, G12).

A board is made of what the service found inside the viewer's scope (V13); here nothing is decided
about who may see what, and nothing that a viewer folds ever changes a ticket (G2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import attrs

from helpdesk_core.entities import Id, Stage, Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_collection


@attrs.frozen(kw_only=True)
class BoardColumn:
    """One stage on a board; a folded column has its name and count only (G12).

    `folded` is how this viewer sees the column now (G2), `stage.folded` whether its tickets are
    closed (G1). `count` is of all tickets in it, of which `tickets` may be the first page.
    """

    stage: Stage
    folded: bool
    count: int
    tickets: tuple[Ticket, ...] = ()


@attrs.frozen(kw_only=True)
class Board:
    """*My tickets*, *All tickets*, or the board of the team `team_id` (G12)."""

    name: str = ""
    team_id: Id | None = None
    columns: tuple[BoardColumn, ...] = ()


def build_board(
    stages: Iterable[Stage],
    tickets_by_stage: Mapping[Id, Iterable[Ticket]],
    counts: Mapping[Id, int],
    *,
    temporarily_folded: Collection[Id] = frozenset(),
    temporarily_unfolded: Collection[Id] = frozenset(),
    name: str = "",
    team_id: Id | None = None,
) -> Board:
    """The stages as columns in order, each with its count and, unless folded, its tickets (G12).

    `tickets_by_stage` and `counts` are already inside the viewer's scope (V13); a stage that is in
    neither is empty. The two temporary sets are one viewer's setting (G2): stages of other boards
    may be among them, the same stage in both is refused. Tombstones are on no board (M8).

    >>> stages = [Stage(id="new", name="New", position=0),
    ...           Stage(id="solved", name="Solved", position=1, folded=True)]
    >>> board = build_board(stages, {}, {"solved": 7}, name="All tickets")
    >>> [(column.stage.name, column.folded, column.count) for column in board.columns]
    [('New', False, 0), ('Solved', True, 7)]
    """
    check_collection("temporarily_folded", temporarily_folded)
    check_collection("temporarily_unfolded", temporarily_unfolded)
    for stage_id in temporarily_folded:
        if stage_id in temporarily_unfolded:
            raise InvalidValueError(
                "temporarily_unfolded", f"names {stage_id!r}, which is folded too"
            )
    columns: list[BoardColumn] = []
    for stage in sorted(stages, key=lambda stage: stage.position):
        folded = stage.id in temporarily_folded or (
            stage.folded and stage.id not in temporarily_unfolded
        )
        shown = () if folded else tickets_by_stage.get(stage.id, ())
        columns.append(
            BoardColumn(
                stage=stage,
                folded=folded,
                count=counts.get(stage.id, 0),
                tickets=tuple(ticket for ticket in shown if not ticket.is_merged_away),
            )
        )
    return Board(name=name, team_id=team_id, columns=tuple(columns))
