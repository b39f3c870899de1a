"""Boards and the dashboard, as one viewer sees them (G2, G12, T2).

They are made of what the service found inside the viewer's scope (V13); here nothing is decided
about who may see what, and nothing that a viewer folds ever changes a ticket (G2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

import attrs

from helpdesk_core.entities import Id, Stage, Team, Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_collection


@attrs.frozen(kw_only=True)
class BoardColumn:
    """One stage on a board; a folded column has its name and count only (G12).

    `folded` is how this viewer sees the column now (G2), `stage.folded` whether its tickets are
    closed (G1). `count` is of all tickets in it, of which `tickets` are a page; `next` is the
    cursor of the one after it (T8).
    """

    stage: Stage
    folded: bool
    count: int
    tickets: tuple[Ticket, ...] = ()
    next: str | None = None


@attrs.frozen(kw_only=True)
class Board:
    """*My tickets*, *All tickets*, or the board of the team `team_id` (G12)."""

    name: str = ""
    team_id: Id | None = None
    columns: tuple[BoardColumn, ...] = ()


@attrs.frozen(kw_only=True)
class Figures:
    """How many tickets of a team are in a stage, and how many of these nobody has, or wait (T2).

    >>> Figures(team_id="it", stage_id="new", tickets=2, waiting=1).plus(
    ...     Figures(team_id="hr", stage_id="new", tickets=3)).tickets
    5
    """

    team_id: Id
    stage_id: Id
    tickets: int
    unassigned: int = 0
    waiting: int = 0

    def plus(self, others: Figures) -> Figures:
        """These and others, under the place of these."""
        return attrs.evolve(
            self,
            tickets=self.tickets + others.tickets,
            unassigned=self.unassigned + others.unassigned,
            waiting=self.waiting + others.waiting,
        )


def figures_of(tickets: Iterable[Ticket]) -> list[Figures]:
    """The figures of these tickets, for a store that has no better way to count (T2).

    >>> from datetime import UTC, datetime
    >>> one = Ticket(id=1, team_id="it", stage_id="new", subject="Ink", waiting=True,
    ...              created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> figures_of([one, attrs.evolve(one, id=2, assignee_id="ada", waiting=False)])
    [Figures(team_id='it', stage_id='new', tickets=2, unassigned=1, waiting=1)]
    """
    found: dict[tuple[Id, Id], Figures] = {}
    for ticket in tickets:
        place = ticket.team_id, ticket.stage_id
        one = Figures(
            team_id=ticket.team_id,
            stage_id=ticket.stage_id,
            tickets=1,
            unassigned=int(ticket.assignee_id is None),
            waiting=int(ticket.waiting),
        )
        found[place] = found[place].plus(one) if place in found else one
    return list(found.values())


@attrs.frozen(kw_only=True)
class TeamFigures:
    """A team on the dashboard: its open tickets, how many of these nobody has or wait, and its
    closed ones (T2).
    """

    team: Team
    open: int = 0
    unassigned: int = 0
    waiting: int = 0
    closed: int = 0


def build_board(
    stages: Iterable[Stage],
    tickets_by_stage: Mapping[Id, Iterable[Ticket]],
    counts: Mapping[Id, int],
    *,
    temporarily_folded: Collection[Id] = frozenset(),
    temporarily_unfolded: Collection[Id] = frozenset(),
    cursors: Mapping[Id, str | None] = MappingProxyType({}),
    name: str = "",
    team_id: Id | None = None,
) -> Board:
    """The stages as columns in order, each with its count and, unless folded, its tickets (G12).

    `tickets_by_stage` and `counts` are already inside the viewer's scope (V13); a stage that is in
    neither is empty. `cursors` lead to the next page of a column (T8). The two temporary sets are
    one viewer's setting (G2): stages of other boards may be among them, the same stage in both is
    refused. Tombstones are on no board (M8).

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
        after = None if folded else cursors.get(stage.id)
        columns.append(
            BoardColumn(
                stage=stage,
                folded=folded,
                count=counts.get(stage.id, 0),
                tickets=tuple(ticket for ticket in shown if not ticket.is_merged_away),
                next=after,
            )
        )
    return Board(name=name, team_id=team_id, columns=tuple(columns))


def build_dashboard(
    teams: Iterable[Team], stages: Iterable[Stage], figures: Iterable[Figures]
) -> tuple[TeamFigures, ...]:
    """The teams in the order given, each with what it has to do (T2).

    `teams` are those that the viewer may open, and `figures` are inside the viewer's scope (V13).
    Of closed tickets it is not told whether somebody has them.

    >>> from helpdesk_core.entities import Visibility
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new", "done"})
    >>> stages = [Stage(id="new", name="New", position=0),
    ...           Stage(id="done", name="Done", position=1, folded=True)]
    >>> row, = build_dashboard([team], stages, [
    ...     Figures(team_id="it", stage_id="new", tickets=3, unassigned=2, waiting=1),
    ...     Figures(team_id="it", stage_id="done", tickets=40, unassigned=40)])
    >>> row.open, row.unassigned, row.waiting, row.closed
    (3, 2, 1, 40)
    """
    folded = {stage.id for stage in stages if stage.folded}
    sums: dict[tuple[Id, bool], Figures] = {}
    for one in figures:
        place = one.team_id, one.stage_id in folded
        sums[place] = sums[place].plus(one) if place in sums else one
    rows = []
    for team in teams:
        open_, closed = sums.get((team.id, False)), sums.get((team.id, True))
        rows.append(
            TeamFigures(
                team=team,
                open=open_.tickets if open_ else 0,
                unassigned=open_.unassigned if open_ else 0,
                waiting=open_.waiting if open_ else 0,
                closed=closed.tickets if closed else 0,
            )
        )
    return tuple(rows)
