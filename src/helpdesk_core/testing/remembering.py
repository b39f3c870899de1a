"""What a store remembers of assignments: their order, credits, and the latest one (A6, A8)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import CatchingUp
from helpdesk_core.events import CreditGiven
from helpdesk_core.plans import GiveCredit, NoteAssignment, NoteCatchingUp
from helpdesk_core.ports import Claim
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.things import Things
from helpdesk_core.testing.worlds import MONDAY


class RememberingRules(StoreContract):
    """What choosing stands on, beside the tickets themselves."""

    def test_the_order_of_assignments_is_kept(self) -> None:
        """A6: the last number of each member of each team, without a ticket too."""
        self.needs(Claim.ASSIGNMENT_ORDER)
        world = self.plain()
        ada, bob = world.users[0].id, world.users[1].id
        first, second = (team.id for team in world.teams)
        notes = [(first, ada, 1), (first, bob, 2), (first, ada, 3), (second, ada, 1)]
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([first, second], [])
                session.apply([NoteAssignment(team_id=t, member_id=m, sequence=n)
                               for t, m, n in notes])  # fmt: skip
            with repository.reading() as session:
                for team, expected in ((first, {ada: 3, bob: 2}), (second, {ada: 1})):
                    loads = session.workloads(team)
                    assert {id: load.last_assigned for id, load in loads.items()} == expected
                assert all(load.last_assigned is None for load in session.workloads(None).values())

    def test_credits_are_kept(self) -> None:
        """A8: credits add up, each in its team, and a recount of what was told gives the same."""
        self.needs(Claim.CREDITS, Claim.HISTORY)
        world = self.plain()
        ada, bob = world.users[0].id, world.users[1].id
        first, second = (team.id for team in world.teams)
        given = [(first, ada, 2), (first, bob, 1), (second, ada, 4), (first, ada, 3)]
        with self.filled(world) as repository:
            for team_id, member_id, tickets in given:
                with repository.writing() as session:
                    session.lock([team_id], [])
                    session.apply(
                        [GiveCredit(team_id=team_id, member_id=member_id, tickets=tickets)]
                    )
                    event = CreditGiven(
                        at=MONDAY, team_id=team_id, member_id=member_id, tickets=tickets
                    )
                    session.publish([event], [])
            with repository.reading() as session:
                for team_id, expected in ((first, {ada: 5, bob: 1}), (second, {ada: 4})):
                    loads = session.workloads(team_id)
                    credits = {id: load.credit for id, load in loads.items() if load.credit}
                    assert credits == expected
                assert all(load.credit == 0 for load in session.workloads(None).values())
                assert not session.recount()

    def test_what_a_team_remembers_is_kept(self) -> None:
        """A8: what a team remembers of its latest assignment is the latest that was noted."""
        self.needs(Claim.CREDITS)
        world = self.plain()
        things = Things(self.id_type)

        @self.tries(0.5)
        @given(st.lists(things.remembered, min_size=1, max_size=3))
        def check(noted: list[CatchingUp]) -> None:
            team_id, other = (team.id for team in world.teams)
            with self.filled(world) as repository:
                for remembered in noted:
                    with repository.writing() as session:
                        session.lock([team_id], [])
                        assert session.catching_up(other) is None
                        session.apply([NoteCatchingUp(team_id=team_id, catching_up=remembered)])
                with repository.reading() as session:
                    assert session.catching_up(team_id) == noted[-1]
                    assert session.catching_up(other) is None

        check()
