"""What a session keeps of those who follow: source by source, of tickets and of teams."""

from __future__ import annotations

from typing import Any

import attrs

from helpdesk_core.entities import FollowSource, Id
from helpdesk_core.plans import AddFollow, Kind, RemoveFollow, SetField
from helpdesk_core.ports import Claim, Repository
from helpdesk_core.testing.stores import StoreContract


class FollowingRules(StoreContract):
    """Who follows what."""

    def test_a_follow_begins_and_ends(self) -> None:
        """V2, V10: following twice is following once, and ending it twice is ending it once."""
        world = self.plain()
        ticket, user = world.tickets[0], world.users[0]
        with self.filled(world) as repository:
            for action, follows in ((AddFollow, True), (RemoveFollow, False)):
                for _ in range(2):
                    with repository.writing() as session:
                        session.lock([], [ticket.id])
                        session.apply([follow(action, ticket, user.id)])
                    with repository.reading() as session:
                        now = session.tickets([ticket.id])[ticket.id]
                        assert (user.id in now.followers) is follows
                        others = {id for id in now.followers if id != user.id}
                        assert others == set(ticket.followers)

    def test_a_follow_ends_with_its_last_source(self) -> None:
        """V10: of a ticket and of a team, each source comes and goes by itself, until the last."""
        self.needs(Claim.FOLLOW_SOURCES)
        world = self.plain()
        kinds = [Kind.TICKET, *([Kind.TEAM] if self.has(Claim.TEAM_FOLLOWERS) else ())]
        with self.filled(world) as repository:
            for kind in kinds:
                thing = world.tickets[0] if kind is Kind.TICKET else world.teams[0]
                self._each_source(repository, kind, thing, world.users[1].id)

    def _each_source(self, repository: Repository, kind: Kind, thing: Any, user: Id) -> None:
        left: set[FollowSource] = set()
        for action in (AddFollow, RemoveFollow):
            for source in FollowSource:
                with repository.writing() as session:
                    session.lock([getattr(thing, "team_id", thing.id)], [])
                    session.apply([follow(action, thing, user, source, kind)])
                left = left | {source} if action is AddFollow else left - {source}
                with repository.reading() as session:
                    ask: Any = session.tickets if kind is Kind.TICKET else session.teams
                    now = ask([thing.id])[thing.id].followers
                    assert set(now.get(user, ())) == left
                    assert (user in now) is bool(left)

    def test_who_has_a_ticket_follows_it(self) -> None:
        """V10: where sources are not kept, whoever has the ticket follows it."""
        if self.has(Claim.FOLLOW_SOURCES):
            return  # there the service writes that follow itself
        world = self.plain()
        ticket, ada, bob = world.tickets[0], world.users[0].id, world.users[1].id
        with self.filled(world) as repository:
            for now, to in ((None, ada), (ada, bob), (bob, None)):
                with repository.writing() as session:
                    session.lock([], [ticket.id])
                    change = attrs.evolve(ticket, assignee_id=now)
                    session.apply([SetField.of(Kind.TICKET, change, "assignee_id", to)])
                with repository.reading() as session:
                    found = session.tickets([ticket.id])[ticket.id].followers
                    assert set(found) & {ada, bob} == {to} - {None}

    def test_teams_are_followed(self) -> None:
        """V2, V10: a team's followers come and go, source by source."""
        self.needs(Claim.TEAM_FOLLOWERS)
        world = self.plain()
        team, user = world.teams[1], world.users[0].id
        with self.filled(world) as repository:
            for action, follows in ((AddFollow, True), (RemoveFollow, False)):
                with repository.writing() as session:
                    session.lock([team.id], [])
                    session.apply([follow(action, team, user, kind=Kind.TEAM)])
                with repository.reading() as session:
                    teams = session.teams()
                    assert (user in teams[team.id].followers) is follows
                    assert user not in teams[world.teams[0].id].followers


def follow(
    action: Any,
    thing: Any,
    user_id: Any,
    source: FollowSource = FollowSource.CHOSEN,
    kind: Kind = Kind.TICKET,
) -> Any:
    """The change that begins or ends a follow."""
    return action(kind=kind, id=thing.id, user_id=user_id, source=source)
