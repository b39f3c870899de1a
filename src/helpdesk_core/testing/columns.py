"""The columns of boards: their order, and how many tickets are in them (G12, T2)."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Ticket
from helpdesk_core.plans import Add, Kind, SetField
from helpdesk_core.ports import Claim, Figures, Ranked, TicketFilter
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, make_id
from helpdesk_core.visibility import scope_for
from helpdesk_core.visibility.scopes import Everything

_RANKS = st.from_regex("[0-9A-Za-z]{0,3}[1-9A-Za-z]", fullmatch=True)


def _in_column(ticket: Ticket) -> tuple[str, Any]:
    return ticket.rank, ticket.id


class ColumnRules(StoreContract):
    """What a board is made of."""

    def test_a_column_is_read_in_its_order(self) -> None:
        """G12, T8, V13: a column goes by its ranks, from any place on, forwards and backwards."""
        self.needs(Claim.BOARD_ORDER)

        @self.tries()
        @given(self.worlds(), st.data())
        def check(world: World, data: st.DataObject) -> None:
            tickets = world.ticket_ids[:4]
            ranks = data.draw(st.lists(_RANKS, min_size=len(tickets), max_size=len(tickets)))
            user = data.draw(st.sampled_from(world.users))
            scope, limit = scope_for(user), data.draw(st.integers(1, 3))
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], tickets)
                    found = session.tickets(tickets)
                    session.apply(
                        [
                            SetField(
                                kind=Kind.TICKET,
                                id=id,
                                field="rank",
                                expected=found[id].rank,
                                value=rank,
                            )
                            for id, rank in zip(tickets, ranks, strict=True)
                        ]
                    )
                with repository.reading() as session:
                    for stage in world.stages:
                        query = TicketFilter(stage_ids=frozenset({stage.id}))
                        column = sorted(session.find(scope, query), key=_in_column)
                        assert list(session.in_board_order(scope, query)) == column
                        for ahead in (column, column[::-1]):
                            ask = functools.partial(
                                session.in_board_order, scope, query, backwards=ahead is not column
                            )
                            assert list(ask(limit=limit)) == ahead[:limit]
                            for n, one in enumerate(ahead):
                                place = Ranked(one.rank, one.id)
                                assert list(ask(after=place)) == ahead[n + 1 :]

        check()

    def test_dragged_tickets_stand_where_they_were_put(self) -> None:
        """G12, T8: a column goes by ranks as plain text, whoever came first, in any pages."""
        self.needs(Claim.BOARD_ORDER)
        world = self.plain()
        team, stage = world.teams[0], world.stages[0]
        ranks = ["b", "B", "1", "a1", "Zz", "a", "B"]
        tickets = [
            Ticket(
                id=make_id(self.id_type, "ticket", 20 + n),
                team_id=team.id,
                stage_id=stage.id,
                subject="No ink",
                created_at=MONDAY - timedelta(days=n + 1),
                rank=rank,
            )
            for n, rank in enumerate(ranks)
        ]
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([team.id], [])
                session.apply([Add(ticket) for ticket in tickets])
            query = TicketFilter(stage_ids=frozenset({stage.id}))
            with repository.reading() as session:
                there = [*tickets, *session.tickets(world.ticket_ids).values()]
                column = [t for t in sorted(there, key=_in_column) if t.stage_id == stage.id]
                back = session.in_board_order(Everything(), query, backwards=True)
                assert [ticket.id for ticket in back] == [ticket.id for ticket in column[::-1]]
                for limit in range(1, len(column) + 1):
                    found: list[Ticket] = []
                    while page := list(
                        session.in_board_order(
                            Everything(),
                            query,
                            after=Ranked(found[-1].rank, found[-1].id) if found else None,
                            limit=limit,
                        )
                    ):
                        found += page
                    assert [ticket.id for ticket in found] == [ticket.id for ticket in column]

    def test_figures_are_counted_anew(self) -> None:
        """T2, M8: how many are in a stage of a team, are nobody's, and wait, after each change."""
        world = self.plain()
        waits, merges = self.has(Claim.ASSIGNMENT_ORDER), self.has(Claim.MERGE)
        place = world.teams[0].id, world.stages[0].id
        made = [make_id(self.id_type, "ticket", 20 + n) for n in range(4)]

        def added(n: int, **fields: Any) -> Add:
            return Add(
                Ticket(
                    id=made[n],
                    team_id=place[0],
                    stage_id=place[1],
                    subject="No ink",
                    created_at=MONDAY,
                    **fields,
                )
            )

        def change(n: int, field: str, expected: Any, value: Any) -> SetField:
            return SetField(
                kind=Kind.TICKET, id=made[n], field=field, expected=expected, value=value
            )

        ada = world.users[0].id
        steps: list[tuple[list[Any], tuple[int, int, int]]] = [
            ([added(0), added(1, assignee_id=ada)], (2, 1, 0)),
            ([added(2), added(3)], (2, 2, 0)),
            ([change(0, "assignee_id", None, ada)], (0, -1, 0)),
            ([change(1, "assignee_id", ada, None)], (0, 1, 0)),
            ([change(3, "stage_id", place[1], world.stages[1].id)], (-1, -1, 0)),
            ([change(2, "team_id", place[0], world.teams[1].id)], (-1, -1, 0)),
        ]
        if waits:
            steps.append(([change(1, "waiting", False, True)], (0, 0, 1)))
        if merges:
            steps.append(([change(1, "merged_into", None, made[0])], (-1, -1, -int(waits))))
        with self.filled(world) as repository:
            expected = _figures(repository, place)
            for changes, by in steps:
                with repository.writing() as session:
                    session.lock([team.id for team in world.teams], [])
                    session.apply(changes)
                expected = tuple(map(sum, zip(expected, by, strict=True)))
                assert _figures(repository, place) == expected


def _figures(repository: Any, place: tuple[Any, Any]) -> tuple[int, ...]:
    with repository.reading() as session:
        found = session.figures(Everything(), TicketFilter())
    here = [one for one in found if (one.team_id, one.stage_id) == place]
    one = here[0] if here else Figures(team_id=place[0], stage_id=place[1], tickets=0)
    return one.tickets, one.unassigned, one.waiting
