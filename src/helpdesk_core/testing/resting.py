"""Which tickets saw nothing since a moment: what closing by itself stands on (G13)."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Id
from helpdesk_core.events import Event, TeamChanged, TicketChanged
from helpdesk_core.ports import Claim, Session, TicketFilter
from helpdesk_core.testing.stores import ALL, StoreContract
from helpdesk_core.testing.worlds import MONDAY, filters
from helpdesk_core.visibility import scope_for
from helpdesk_core.visibility.scopes import Everything

_DAY, _MOMENT = timedelta(days=1), timedelta(microseconds=1)


class RestingRules(StoreContract):
    """What was left alone."""

    def test_what_saw_nothing_is_found(self) -> None:
        """G13, V13: tickets that are as old, with no event since: those asked for, oldest first."""
        self.needs(Claim.HISTORY)

        @self.tries(2)
        @given(st.data())
        def check(data: st.DataObject) -> None:
            world = data.draw(self.worlds())
            query = data.draw(filters(world, self.claims))
            scope = scope_for(data.draw(st.sampled_from(world.users)))
            near = st.integers(-1, 4).map(lambda n: MONDAY + n * _MOMENT)
            ids = st.none() | st.sampled_from(world.ticket_ids)
            happened = data.draw(st.lists(st.tuples(ids, near), max_size=4))
            since = data.draw(near)
            limit = data.draw(st.none() | st.integers(0, 3))
            expected = sorted(
                (
                    ticket
                    for ticket in world.tickets
                    if query.matches(ticket, world.stage_by_id[ticket.stage_id])
                    and scope.matches(ticket, world.team_by_id[ticket.team_id])
                    and ticket.created_at <= since
                    and all(at <= since for id, at in happened if id == ticket.id)
                ),
                key=lambda ticket: ticket.place,
            )[:limit]
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], world.ticket_ids)
                    session.publish([_event(id, at) for id, at in happened], [])
                with repository.reading() as session:
                    found = session.inactive(scope, query, since, limit=limit)
                    assert [ticket.id for ticket in found] == [ticket.id for ticket in expected]

        check()

    def test_the_latest_event_need_not_be_the_last_recorded(self) -> None:
        """G13: an event since counts wherever it is in the history, and one of that moment not."""
        self.needs(Claim.HISTORY)
        plain = self.plain(tickets=5)
        tickets = [attrs.evolve(t, created_at=MONDAY) for t in plain.tickets]
        late = tickets[4] = attrs.evolve(tickets[4], created_at=MONDAY + 2 * _DAY)
        world = attrs.evolve(plain, tickets=tuple(tickets))
        busy, edge, old, silent = world.ticket_ids[:4]
        days = [(busy, 0), (busy, 3), (busy, 1), (edge, 2), (old, 1), (None, 3), (old, 0)]
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], world.ticket_ids)
                session.publish([_event(id, MONDAY + n * _DAY) for id, n in days], [])
            with repository.reading() as session:
                _is_resting(session, 0, [silent])
                _is_resting(session, 1, [old, silent])
                _is_resting(session, 2, [edge, old, silent, late.id])
                _is_resting(session, 3, world.ticket_ids)
                stage = TicketFilter(stage_ids=frozenset({late.stage_id}))
                first = session.inactive(Everything(), stage, MONDAY + 3 * _DAY, limit=1)
                assert [ticket.id for ticket in first] == [busy]


def _event(ticket_id: Id | None, at: datetime) -> Event:
    if ticket_id is None:  # of no ticket: it says nothing of any
        return TeamChanged(at=at, fields=("name",))
    return TicketChanged(at=at, ticket_id=ticket_id, fields=("priority",))


def _is_resting(session: Session, day: int, expected: list[Id]) -> None:
    """By so many days after Monday these saw nothing any more."""
    found = session.inactive(Everything(), ALL, MONDAY + day * _DAY)
    assert [ticket.id for ticket in found] == expected
