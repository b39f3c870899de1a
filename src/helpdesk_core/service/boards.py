"""Use-cases of boards: columns page by page, dragging, and the dashboard (G2, G12, T2, V13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import attrs

from helpdesk_core.entities import Actor, Id, Stage, System, Team, Ticket
from helpdesk_core.errors import InvalidValueError, NotFoundError
from helpdesk_core.fields import check_id, collection
from helpdesk_core.ports import Claim, Figures, Ranked, TicketFilter
from helpdesk_core.search import Wanted, wanted
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.moving import moving
from helpdesk_core.service.once import Once, same_ticket
from helpdesk_core.service.pages import Cursors, Page, check_limit
from helpdesk_core.service.showing import shown, shown_all
from helpdesk_core.service.work import MovedError, Work
from helpdesk_core.stages.boards import (
    Board,
    BoardColumn,
    TeamFigures,
    build_board,
    build_dashboard,
)
from helpdesk_core.stages.dragging import plan_drag
from helpdesk_core.visibility import can_view_team
from helpdesk_core.visibility.showing import shown_stage

_ANY = TicketFilter()


class BoardUseCases(Desk):
    """What people look at all day."""

    def board(
        self,
        team_id: Id | None = None,
        *,
        actor: Actor,
        query: TicketFilter = _ANY,
        text: str = "",
        temporarily_folded: Collection[Id] = (),
        temporarily_unfolded: Collection[Id] = (),
        limit: int = 50,
    ) -> Board:
        """A team's board, or *All tickets* when no team is named (G12, G2, V13).

        Columns in order; folded ones with name and count only; of the others the first `limit`
        tickets, and the cursor with which `column` goes on. `query` and `text` show and count only
        the tickets that they ask for; with `text` those that were found come newest first. The two
        temporary sets are this viewer's own setting and change nothing else.
        """
        look = _Look(team_id=team_id, query=query, text=text)
        return self._board(look, actor, temporarily_folded, temporarily_unfolded, limit)

    def my_board(
        self,
        *,
        actor: Id,
        query: TicketFilter = _ANY,
        text: str = "",
        temporarily_folded: Collection[Id] = (),
        temporarily_unfolded: Collection[Id] = (),
        limit: int = 50,
    ) -> Board:
        """*My tickets*: those assigned to the viewer, over all teams (G12)."""
        look = _Look(mine=_somebody(actor), query=query, text=text)
        return self._board(look, actor, temporarily_folded, temporarily_unfolded, limit)

    def column(
        self,
        stage_id: Id,
        *,
        actor: Actor,
        team_id: Id | None = None,
        mine: bool = False,
        query: TicketFilter = _ANY,
        text: str = "",
        after: str | None = None,
        limit: int = 50,
    ) -> BoardColumn:
        """One column of a board, a page at a time, folded or not (G12, T8, V13).

        The board is that of `team_id`, or of *My tickets* with `mine`, or *All tickets*. A page
        costs the same however many tickets the column has.
        """
        check_id("stage_id", stage_id)
        check_limit(limit)
        me = _somebody(actor) if mine else None
        look = _Look(team_id=team_id, mine=me, query=query, text=text)

        def ask(work: Work) -> BoardColumn:
            figures = look.figures(work, stage_id)
            counts = look.counts(work, figures, stage_id)
            stages = {stage.id: stage for stage in look.stages(work, counts)}
            if stage_id not in stages:
                raise NotFoundError("stage", stage_id)
            page = look.page(work, stage_id, after, limit)
            return BoardColumn(
                stage=shown_stage(stages[stage_id], work.actor),
                folded=False,
                count=counts.get(stage_id, 0),
                tickets=page.items,
                next=page.next,
            )

        return self._read(actor, ask)

    def _board(
        self,
        look: _Look,
        actor: Actor,
        temporarily_folded: Collection[Id],
        temporarily_unfolded: Collection[Id],
        limit: int,
    ) -> Board:
        check_limit(limit)
        folded = collection("temporarily_folded", temporarily_folded)
        unfolded = collection("temporarily_unfolded", temporarily_unfolded)

        def ask(work: Work) -> Board:
            figures = look.figures(work)
            counts = look.counts(work, figures)
            stages = look.stages(work, counts, figures)
            pages = {
                stage.id: look.page(work, stage.id, None, limit)
                for stage in stages
                if counts.get(stage.id)
                and stage.id not in folded
                and (not stage.folded or stage.id in unfolded)
            }
            return build_board(
                [shown_stage(stage, work.actor) for stage in stages],
                pages,
                counts,
                cursors={id: page.next for id, page in pages.items()},
                temporarily_folded=folded,
                temporarily_unfolded=unfolded,
                name=look.name(work),
                team_id=look.team_id,
            )

        return self._read(actor, ask)

    def dashboard(self, *, actor: Actor) -> tuple[TeamFigures, ...]:
        """What each team that the viewer may open has to do, in the order of the teams (T2, V13).

        Counted are the tickets that the viewer may see. Outsiders open no team, and see none (V3).
        """

        def ask(work: Work) -> tuple[TeamFigures, ...]:
            figures = work.session.figures(work.scope, _ANY)
            return build_dashboard(opened_teams(work, figures), work.session.stages(), figures)

        return self._read(actor, ask)

    def drag(
        self,
        ticket_id: Id,
        stage_id: Id,
        *,
        actor: Actor,
        below: Id | None = None,
        above: Id | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Drop the ticket into a column, `below` one ticket and `above` another (G12, G3, G8).

        One of the two is enough: the other neighbour is then the next one that the viewer sees;
        with neither, the ticket keeps its place in time. No other ticket is touched. Into another
        stage it is a move, with all that follows from it. Raises `RefusedError` when the column
        has changed meanwhile, so that the two are not in it, or in another order.
        """
        neighbours = [id for id in (below, above) if id is not None]
        looked: list[Id] = []

        def look() -> Collection[Id]:
            def ask(work: Work) -> list[Id]:
                work.case(ticket_id)
                around = _around(work, ticket_id, stage_id, below, above)
                return [ticket.id for ticket in around if ticket]

            looked[:] = self._read(actor, ask) if len(neighbours) == 1 else neighbours
            return [ticket_id, *looked]

        def do(work: Work) -> Ticket:
            case = work.case_to_change(ticket_id, "ticket.move", expected_version)
            if neighbours:
                work.claim(Claim.BOARD_ORDER)
            upper, lower = _around(work, ticket_id, stage_id, below, above)
            if {ticket.id for ticket in (upper, lower) if ticket} != set(looked):
                raise MovedError
            move = moving(work, case, stage_id)
            work.carry_out(
                plan_drag(
                    move, case.ticket, stage_id, upper=upper, lower=lower, now=work.now, by=work.by
                )
            )
            return work.fresh(ticket_id)

        return self._write(
            "ticket.drag",
            actor,
            do,
            ticket_ids=look,
            once=Once(
                key=idempotency_key,
                payload={
                    "ticket_id": ticket_id,
                    "stage_id": stage_id,
                    "below": below,
                    "above": above,
                    "expected_version": expected_version,
                },
                again=same_ticket,
            ),
            shown=shown,
        )


@attrs.frozen(kw_only=True)
class _Look:
    """Which board, and which of its tickets are asked for."""

    team_id: Id | None = None
    mine: Id | None = None
    query: TicketFilter = _ANY
    text: str = ""
    _asked: TicketFilter = attrs.field(init=False)
    _wanted: Wanted | None = attrs.field(init=False)

    @_asked.default
    def _query_of_board(self) -> TicketFilter:
        query = self.query
        if query.merged is not False:
            raise InvalidValueError("merged", "tombstones are on no board")
        if self.team_id is not None:
            check_id("team_id", self.team_id)
            only = frozenset({self.team_id})
            if query.team_ids not in (None, only):
                raise InvalidValueError("team_ids", "is said by the board")
            query = attrs.evolve(query, team_ids=only)
        if self.mine is not None:
            if query.assignee_id not in (None, self.mine):
                raise InvalidValueError("assignee_id", "is said by the board")
            query = attrs.evolve(query, assignee_id=self.mine)
        return query

    @_wanted.default
    def _words(self) -> Wanted | None:
        return wanted(self.text) if self.text else None

    def name(self, work: Work) -> str:
        """What the board is called."""
        if self.team_id is not None:
            return work.team(self.team_id).name
        return "All tickets" if self.mine is None else "My tickets"

    def figures(self, work: Work, stage_id: Id | None = None) -> Sequence[Figures]:
        """The figures of what is asked for, of one column or all; of words there are none (V13)."""
        work.can_ask(self._asked)
        if self._wanted is not None:
            work.claim(Claim.SEARCH)
            return ()
        query = self._asked if stage_id is None else self._of(stage_id)
        return work.session.figures(work.scope, query)

    def counts(
        self, work: Work, figures: Sequence[Figures], stage_id: Id | None = None
    ) -> dict[Id, int]:
        """How many tickets are in this column, or in each; those without any are left out."""
        if self._wanted is None:
            counts: dict[Id, int] = {}
            for one in figures:
                if one.tickets:
                    counts[one.stage_id] = counts.get(one.stage_id, 0) + one.tickets
            return counts
        columns = [stage_id] if stage_id is not None else [s.id for s in self._columns(work)]
        found = {
            id: work.session.count_found(
                work.scope, self._of(id), self._wanted, internal=work.sees_internal
            )
            for id in columns
        }
        return {id: number for id, number in found.items() if number}

    def stages(
        self, work: Work, counts: Collection[Id], figures: Sequence[Figures] = ()
    ) -> Sequence[Stage]:
        """Its columns in order; of teams that the viewer cannot open only with a ticket in it.

        `figures`, of all columns, spare a look where nothing less than everything was asked for.
        """
        columns = self._columns(work)
        if self.team_id is not None:
            return columns
        everything = figures if self._asked == _ANY and figures else None
        mine = {id for team in opened_teams(work, everything) for id in team.stage_ids}
        return [stage for stage in columns if stage.id in mine or stage.id in counts]

    def _columns(self, work: Work) -> Sequence[Stage]:
        if self.team_id is None:
            return work.session.stages()
        return work.pipeline(work.team(self.team_id)).columns(self.team_id)

    def page(self, work: Work, stage_id: Id, after: str | None, limit: int) -> Page[Ticket]:
        """A page of a column.

        Outsiders see it in order of coming: where colleagues drag a ticket is theirs to know.
        """
        session, query = work.session, self._of(stage_id)
        by_rank = self._wanted is None and work.sees_internal and Claim.BOARD_ORDER in work.claims
        cursors = Cursors.of(
            "column", stage_id=stage_id, query=query, text=self.text, by_rank=by_rank
        )
        found: Sequence[Ticket]
        with cursors.refusing():
            if by_rank:
                rank = None if after is None else Ranked(*cursors.ranked(after))
                found = session.in_board_order(work.scope, query, after=rank, limit=limit + 1)
            elif self._wanted is not None:
                found = session.search(
                    work.scope,
                    query,
                    self._wanted,
                    internal=work.sees_internal,
                    after=cursors.position(after),
                    limit=limit + 1,
                )
            else:
                place = cursors.position(after)
                found = session.find(work.scope, query, after=place, limit=limit + 1)
        page = cursors.page(
            found, limit, lambda ticket: (ticket.rank, ticket.id) if by_rank else ticket.place
        )
        return Page(tuple(shown_all(work, page.items)), page.next)

    def _of(self, stage_id: Id) -> TicketFilter:
        if self._asked.stage_ids is not None and stage_id not in self._asked.stage_ids:
            return attrs.evolve(self._asked, stage_ids=frozenset())
        return attrs.evolve(self._asked, stage_ids=frozenset({stage_id}))


def _somebody(actor: Actor) -> Id:
    if isinstance(actor, System):
        raise InvalidValueError("actor", "must be a user: the system has no tickets")
    return actor


def _around(
    work: Work, ticket_id: Id, stage_id: Id, below: Id | None, above: Id | None
) -> tuple[Ticket | None, Ticket | None]:
    """The tickets between which it is dropped; of one alone, the next that the viewer sees."""
    upper = None if below is None else work.case(below).ticket
    lower = None if above is None else work.case(above).ticket
    if (upper is None) is not (lower is None):
        here = upper or lower
        assert here is not None
        found = work.session.in_board_order(
            work.scope,
            TicketFilter(stage_ids=frozenset({stage_id})),
            after=Ranked(here.rank, here.id),
            limit=2,
            backwards=upper is None,
        )
        beside = next((ticket for ticket in found if ticket.id != ticket_id), None)
        upper, lower = (upper or beside), (lower or beside)
    return upper, lower


def opened_teams(work: Work, figures: Sequence[Figures] | None = None) -> list[Team]:
    """The teams that the one who acts may open; one ticket inside the scope is enough (V12)."""
    teams = list(work.session.teams().values())
    if isinstance(work.actor, System):
        return teams
    found = work.session.figures(work.scope, _ANY) if figures is None else figures
    inside = {one.team_id for one in found if one.tickets}
    actor, company_scope = work.actor, work.company_scope
    return [
        team
        for team in teams
        if can_view_team(
            actor, team, follows_a_ticket=team.id in inside, company_scope=company_scope
        ).allowed
    ]
