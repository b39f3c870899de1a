"""What a session shows: things as they went in, lists that are the check, counts, pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import attrs
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import FollowSource, Id, Ticket, User, UserKind, Visibility
from helpdesk_core.plans import Add, Kind, SetField
from helpdesk_core.ports import Claim, Position, Session, TicketFilter
from helpdesk_core.testing.stores import ALL, StoreContract
from helpdesk_core.testing.worlds import ALIKE, MONDAY, World, filters, make_id
from helpdesk_core.visibility import can_view, scope_for
from helpdesk_core.visibility.scopes import CompanyIs, Everything


def _place(ticket: Ticket) -> tuple[Any, Any]:
    return ticket.created_at, ticket.id


class ReadingRules(StoreContract):
    """What is asked of a session."""

    def test_everything_comes_back_as_it_went_in(self) -> None:
        """T7, V15: people, stages, teams, tickets and what hangs on them keep every field."""

        @self.tries()
        @given(self.worlds())
        def check(world: World) -> None:
            with self.filled(world) as repository, repository.reading() as session:
                assert dict(session.users(list(world.user_by_id))) == world.user_by_id
                assert list(session.stages()) == sorted(world.stages, key=lambda s: s.position)
                teams = session.teams()
                found = {id: self.fit(team, world) for id, team in teams.items()}
                assert found == world.team_by_id
                tickets = session.tickets(world.ticket_ids)
                assert [self.fit(ticket, world) for ticket in tickets.values()] == list(
                    world.tickets
                )
                _hanging_things(session, world, self.claims)
                assert set(session.attachment_ids()) == {file.id for file in world.attachments}

        check()

    def test_a_list_is_what_the_check_allows(self) -> None:
        """V13, V3, T1: for each person, find gives exactly what can_view allows one by one."""

        @self.tries()
        @given(self.worlds(), st.booleans())
        def check(world: World, company_scope: bool) -> None:
            teams = world.team_by_id
            with self.filled(world) as repository, repository.reading() as session:
                for user in world.users:
                    scope = scope_for(user, company_scope=company_scope)
                    allowed = {
                        ticket.id
                        for ticket in world.tickets
                        if can_view(
                            user, ticket, teams[ticket.team_id], company_scope=company_scope
                        ).allowed
                    }
                    assert {ticket.id for ticket in session.find(scope, ALL)} == allowed
                    assert session.count(scope, ALL) == len(allowed)

        check()

    def test_who_looks_like_a_follower_is_none(self) -> None:
        """V3: of people whose ids look alike each sees the ticket followed, and no other one."""
        world, ids = self.plain(), _alike_ids(self.id_type)
        users = [User(id=id, name="Somebody", kind=UserKind.PORTAL) for id in ids]
        tickets = [
            attrs.evolve(
                world.tickets[0],
                id=make_id(self.id_type, "ticket", 100 + n),
                customer_id=id,
                followers={id: frozenset({FollowSource.CUSTOMER})},
            )
            for n, id in enumerate(ids)
        ]
        more = attrs.evolve(world, users=(*world.users, *users), tickets=tuple(tickets))
        with self.filled(more) as repository, repository.reading() as session:
            for user, ticket in zip(users, tickets, strict=True):
                assert list(session.users([user.id]).values()) == [user]
                found = session.find(scope_for(user), ALL)
                assert [one.id for one in found] == [ticket.id]
                query = TicketFilter(customer_id=user.id)
                assert session.count(Everything(), query) == 1

    def test_words_that_look_alike_are_two(self) -> None:
        """V13, T1: companies and tags are compared by the letter, as ids are."""
        world = self.plain(tickets=2)
        names = ("Acme", "acme", "ACME ", "Acmé")
        teams = [
            attrs.evolve(team, company=name, visibility=Visibility.COMPANY)
            for team, name in zip(world.teams, names[:2], strict=True)
        ]
        tickets = [
            attrs.evolve(ticket, team_id=team.id, tags=frozenset({name}))
            for ticket, team, name in zip(world.tickets, teams, names, strict=False)
        ]
        world = attrs.evolve(
            world,
            teams=tuple(self.fit(team, world) for team in teams),
            tickets=tuple(self.fit(ticket, world) for ticket in tickets),
        )
        with self.filled(world) as repository, repository.reading() as session:
            for n, name in enumerate(names):
                if self.has(Claim.TAGS):
                    found = session.find(Everything(), TicketFilter(tag=name))
                    assert [ticket.id for ticket in found] == world.ticket_ids[n : n + 1]
                found = session.find(CompanyIs(name), ALL)
                assert [ticket.id for ticket in found] == world.ticket_ids[n : n + 1]

    def test_a_filter_means_what_it_says(self) -> None:
        """V13, G1, M8: lists and counts are those of the filter's plain reading, in order."""

        @self.tries(2)
        @given(st.data())
        def check(data: st.DataObject) -> None:
            world = data.draw(self.worlds())
            query, user = (
                data.draw(filters(world, self.claims)),
                data.draw(st.sampled_from(world.users)),
            )
            scope = scope_for(user)
            expected = sorted(
                (
                    ticket
                    for ticket in world.tickets
                    if query.matches(ticket, world.stage_by_id[ticket.stage_id])
                    and scope.matches(ticket, world.team_by_id[ticket.team_id])
                ),
                key=_place,
            )
            with self.filled(world) as repository, repository.reading() as session:
                _answers(session, scope, query, expected)

        check()

    def test_pages_follow_on_without_gap_or_repetition(self) -> None:
        """T8: going on after the last one of each page shows each ticket once, either way round."""

        @self.tries()
        @given(self.worlds(), st.integers(1, 3), st.booleans())
        def check(world: World, size: int, newest_first: bool) -> None:
            with self.filled(world) as repository, repository.reading() as session:
                _pages(session, world.tickets, size, newest_first)

        check()
        plain = self.plain(tickets=4)
        at_once = [attrs.evolve(ticket, created_at=MONDAY) for ticket in plain.tickets]
        world = attrs.evolve(plain, tickets=tuple(at_once))
        with self.filled(world) as repository, repository.reading() as session:
            _pages(session, at_once, 1, False)
            _pages(session, at_once, 3, True)

    def test_rows_added_later_disturb_no_page(self) -> None:
        """T8: a ticket that comes in before the cursor moves nothing after it."""
        world = self.plain(tickets=4)
        early = attrs.evolve(
            world.tickets[0],
            id=make_id(self.id_type, "ticket", 99),
            created_at=MONDAY - timedelta(days=1),
        )
        with self.filled(world) as repository:
            with repository.reading() as session:
                first = session.find(Everything(), ALL, limit=2)
            with repository.writing() as session:
                session.lock([early.team_id], [])
                session.apply([Add(early)])
            with repository.reading() as session:
                mark = Position(first[-1].created_at, first[-1].id)
                rest = session.find(Everything(), ALL, after=mark)
            assert [t.id for t in (*first, *rest)] == world.ticket_ids

    def test_who_is_eligible(self) -> None:
        """T3: every active agent and nobody else, and each time in the same order."""

        @self.tries()
        @given(self.worlds(most_tickets=1))
        def check(world: World) -> None:
            with self.filled(world) as repository:
                with repository.reading() as session:
                    users = session.eligible_users()
                with repository.reading() as session:
                    assert session.eligible_users() == users
                    teams = list(session.teams())
                    assert list(session.teams()) == teams
            assert Counter(users) == Counter(user for user in world.users if user.is_eligible)

        check()

    def test_what_is_not_there_is_left_out(self) -> None:
        """V3, V14: ids that name nothing give nothing, and of two that look alike only one fits."""
        world = self.plain()
        there = world.tickets[0].id
        absent = _other_ids(self.id_type, there)
        with self.filled(world) as repository, repository.reading() as session:
            asked = [*absent, there]
            assert list(session.tickets(asked)) == [there]
            assert not session.users(absent)
            assert not session.teams(absent)
            for rows in (session.messages, session.attachments, session.merged_children):
                assert not rows(absent)
            assert not any((session.tickets([]), session.users([]), session.teams([])))
            second, first = world.teams[1].id, world.teams[0].id
            assert set(session.teams([second, first])) == {first, second}

    def test_workloads_are_what_a_count_gives(self) -> None:
        """A7, M8: tickets and open ones per person and team; tombstones count nowhere."""

        def check(world: World) -> None:
            with self.filled(world) as repository, repository.reading() as session:
                for team_id in (None, *world.team_by_id):
                    found = self.loads(session.workloads(team_id), of_a_team=False)
                    assert found == _counted(world, team_id)
                assert list(session.recount()) == []
                assert list(session.dangling()) == []

        self.tries()(given(self.worlds())(check))()
        if Claim.MERGE in self.claims:
            world = self.plain()
            first, second, third = world.tickets
            away = attrs.evolve(second, merged_into=first.id, assignee_id=world.users[0].id)
            check(attrs.evolve(world, tickets=(first, away, third)))

    def test_a_count_follows_each_change(self) -> None:
        """A7, G4: after an assignment, a move and a transfer, counts are those of a recount."""
        world = self.plain()
        ticket, user, team = world.tickets[0], world.users[0], world.teams[1]
        folded = next(stage for stage in world.stages if stage.folded)
        fields: dict[str, Any] = {"assignee_id": user.id, "stage_id": folded.id, "team_id": team.id}
        with self.filled(world) as repository:
            for field, value in fields.items():
                with repository.writing() as session:
                    session.lock([team.id], [ticket.id])
                    session.apply([SetField.of(Kind.TICKET, ticket, field, value)])
                ticket = attrs.evolve(ticket, **{field: value})
                now = attrs.evolve(world, tickets=(ticket, *world.tickets[1:]))
                with repository.reading() as session:
                    for team_id in (None, *world.team_by_id):
                        found = self.loads(session.workloads(team_id), of_a_team=False)
                        assert found == _counted(now, team_id)
                    assert list(session.recount()) == []


def _pages(session: Session, tickets: Iterable[Ticket], size: int, newest_first: bool) -> None:
    expected = sorted(tickets, key=_place, reverse=newest_first)
    shown: list[Id] = []
    after: Position | None = None
    while True:
        page = session.find(Everything(), ALL, after=after, limit=size, newest_first=newest_first)
        assert len(page) <= size
        shown += [ticket.id for ticket in page]
        if len(page) < size:
            break
        after = Position(page[-1].created_at, page[-1].id)
        assert len(shown) <= len(expected)
    assert shown == [ticket.id for ticket in expected]
    assert not session.find(Everything(), ALL, limit=0)


def _hanging_things(session: Session, world: World, claims: frozenset[Claim]) -> None:
    kept: list[tuple[Any, Any]] = [
        (session.messages, world.messages),
        (session.attachments, world.attachments),
    ]
    if Claim.TIME_ENTRIES in claims:
        kept.append((session.time_entries, world.time_entries))
    if Claim.MAIL in claims:
        kept.append((session.mails, world.mails))
    for ask, things in kept:
        expected = sorted(things, key=lambda thing: (thing.at, thing.id))
        assert list(ask(world.ticket_ids)) == expected
        for ticket_id in world.ticket_ids:
            assert list(ask([ticket_id])) == [t for t in expected if t.ticket_id == ticket_id]


def _answers(session: Session, scope: Any, query: TicketFilter, expected: list[Ticket]) -> None:
    ids = [ticket.id for ticket in expected]
    assert [ticket.id for ticket in session.find(scope, query)] == ids
    newest = session.find(scope, query, newest_first=True)
    assert [ticket.id for ticket in newest] == ids[::-1]
    assert session.count(scope, query) == len(ids)
    figures = [one for one in session.figures(scope, query) if one.tickets]
    places = [(one.team_id, one.stage_id) for one in figures]
    counted = Counter((ticket.team_id, ticket.stage_id) for ticket in expected)
    assert dict(zip(places, (one.tickets for one in figures), strict=True)) == counted
    assert len(places) == len(counted)
    for one in figures:
        there = [t for t in expected if (t.team_id, t.stage_id) == (one.team_id, one.stage_id)]
        assert one.unassigned == sum(ticket.assignee_id is None for ticket in there)
        assert one.waiting == sum(ticket.waiting for ticket in there)


def _counted(world: World, team_id: Id | None) -> dict[Id, Any]:
    total: Counter[Id] = Counter()
    open_: Counter[Id] = Counter()
    for ticket in world.tickets:
        if ticket.assignee_id is None or ticket.is_merged_away:
            continue
        if team_id is not None and ticket.team_id != team_id:
            continue
        total[ticket.assignee_id] += 1
        open_[ticket.assignee_id] += not world.stage_by_id[ticket.stage_id].folded
    return {id: (total[id], open_[id], None) for id in total}


def _other_ids(id_type: type, there: Id) -> list[Id]:
    if id_type is int:
        return [10**6, -1]
    if id_type is UUID:
        return [UUID(int=1), UUID(int=0)]
    text = str(there)
    return [text[:-1], text + "1", text.upper(), f"{text} ", "%", "_" * len(text)]


def _alike_ids(id_type: type) -> list[Id]:
    numbers = [100, 10000, 1001, -100, 2**31 + 100, 2**62 + 1, 2**62 + 2]
    if id_type is str:
        return [*ALIKE, "é".upper(), " eve", "eve ", "100", "1e2", "null", "None"]
    if id_type is UUID:
        return [UUID(int=n) for n in (*numbers, 2**127 + 100) if n > 0]
    return list(numbers)
