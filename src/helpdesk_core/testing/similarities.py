"""`SimilarityStoreContract`: what a host's search for duplicates is held to."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.duplicates import Match
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.ports import SimilarityStore
from helpdesk_core.testing.contract import Contract
from helpdesk_core.testing.worlds import MONDAY, make_id

HOUR = timedelta(hours=1)
_WORDS = ("printer", "ink", "paper", "jam", "toner", "screen")


class SimilarityStoreContract(Contract):
    """Subclass it, say how an empty store is made, and run pytest."""

    #: The one type of the ids of tickets, teams and customers.
    id_type: type = str

    def new(self) -> SimilarityStore:
        """A fresh, empty store."""
        raise NotImplementedError("say how a store is made: def new(self)")

    def _ticket(self, number: int, subject: str, **fields: Any) -> Ticket:
        """One of a single team."""
        values = {
            "id": make_id(self.id_type, "ticket", number),
            "team_id": make_id(self.id_type, "team", 0),
            "stage_id": make_id(self.id_type, "stage", 0),
            "subject": subject,
            "created_at": MONDAY,
        }
        return Ticket(**(values | fields))

    def _tickets(self) -> st.SearchStrategy[list[Ticket]]:
        subjects = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=4).map(" ".join)
        return st.lists(subjects, min_size=2, max_size=6).map(
            lambda said: [self._ticket(n, subject) for n, subject in enumerate(said)]
        )

    def _filled(self, tickets: list[Ticket]) -> SimilarityStore:
        store = self.new()
        for ticket in tickets:
            store.add(ticket)
        return store

    def test_ratings_are_numbers_in_order(self) -> None:
        """M1, M3: matches are others, best first, at most so many, rated between 0 and 1."""

        @self.tries()
        @given(self._tickets(), st.integers(1, 4))
        def check(tickets: list[Ticket], limit: int) -> None:
            store = self._filled(tickets)
            for ticket in tickets:
                found = store.most_similar(ticket, limit)
                ratings = [match.rating for match in found]
                assert len(found) <= limit
                assert ticket.id not in {match.ticket_id for match in found}
                assert ratings == sorted(ratings, reverse=True)
                assert all(0 <= rating <= 1 for rating in ratings)

        check()

    def test_a_rating_is_the_same_both_ways(self) -> None:
        """M1: as like as a is to b, b is to a."""

        @self.tries()
        @given(self._tickets())
        def check(tickets: list[Ticket]) -> None:
            store = self._filled(tickets)
            ratings = {
                (ticket.id, match.ticket_id): match.rating
                for ticket in tickets
                for match in store.most_similar(ticket, len(tickets))
            }
            for (a, b), rating in ratings.items():
                assert abs(ratings.get((b, a), 0.0) - rating) < 1e-9

        check()

    def test_the_order_of_adding_does_not_matter(self) -> None:
        """M1: added in another order, or taken out and put in again, ratings are the same."""

        @self.tries()
        @given(self._tickets())
        def check(tickets: list[Ticket]) -> None:
            one, other = self._filled(tickets), self._filled(tickets[::-1])
            other.remove(tickets[0].id)
            other.add(tickets[0])
            for ticket in tickets:
                assert _told(one.most_similar(ticket, 9)) == _told(other.most_similar(ticket, 9))

        check()

    def test_only_what_may_be_seen_is_found(self) -> None:
        """M11: of those that the caller may see, and of those only, the best are found."""

        @self.tries()
        @given(self._tickets(), st.integers(1, 3))
        def check(tickets: list[Ticket], limit: int) -> None:
            store = self._filled(tickets)
            visible = {ticket.id for ticket in tickets[1::2]}
            found = store.most_similar(tickets[0], limit, among=visible.intersection)
            every = store.most_similar(tickets[0], len(tickets))
            expected = [match for match in every if match.ticket_id in visible][:limit]
            assert _told(found) == _told(expected)

        check()

    def test_a_limit_counts_what_may_be_seen(self) -> None:
        """M11: the best of those that may be seen is found, however many hidden ones are better."""
        ids = [make_id(self.id_type, "ticket", n) for n in range(4)]
        subjects = ("printer ink", "printer ink", "printer ink", "printer paper")
        tickets = [self._ticket(n, subject) for n, subject in enumerate(subjects)]
        store = self._filled(tickets)
        found = store.most_similar(tickets[0], 1, among={ids[3]}.intersection)
        assert [match.ticket_id for match in found] == [ids[3]]

    def test_a_rating_is_the_one_shown_everywhere(self) -> None:
        """M1, M15: what is suggested has the rating and the shares that `rate` gives."""

        @self.tries()
        @given(self._tickets())
        def check(tickets: list[Ticket]) -> None:
            store = self._filled(tickets)
            by_id = {ticket.id: ticket for ticket in tickets}
            assert abs(store.rate(tickets[0], tickets[0]).rating - 1) < 1e-9
            for match in store.most_similar(tickets[0], len(tickets)):
                rated = store.rate(tickets[0], by_id[match.ticket_id])
                assert abs(rated.rating - match.rating) < 1e-9
                assert rated.shares.keys() == match.shares.keys()
                assert abs(sum(match.shares.values()) - match.rating) < 1e-6

        check()

    def test_groups_are_apart(self) -> None:
        """M3, M4, M5: groups share no ticket, have a master, and no pair below or discarded."""

        @self.tries()
        @given(self._tickets(), st.floats(0.1, 1), st.data())
        def check(tickets: list[Ticket], threshold: float, data: st.DataObject) -> None:
            store = self._filled(tickets)
            ids = [ticket.id for ticket in tickets]
            among = data.draw(st.sets(st.sampled_from(ids)))
            discarded = data.draw(st.sets(st.tuples(*[st.sampled_from(ids)] * 2), max_size=3))
            grouped: list[Id] = []
            for group in store.groups(threshold, among=among, discarded=discarded):
                assert group.members
                grouped.append(group.master_id)
                for match in group.members:
                    assert match.rating >= threshold - 1e-9
                    pair = (group.master_id, match.ticket_id)
                    assert pair not in discarded
                    assert pair[::-1] not in discarded
                    grouped.append(match.ticket_id)
            assert len(grouped) == len(set(grouped))
            assert set(grouped) <= among

        check()

    def test_groups_are_of_those_asked_for(self) -> None:
        """M5, M11: groups are of those among which they are looked for, without discarded pairs."""
        tickets = [self._ticket(n, "printer ink") for n in range(3)]
        store = self._filled(tickets)
        first, second, third = (ticket.id for ticket in tickets)
        for among in ({first, second}, {second, third}):
            [group] = store.groups(0.9, among=among)
            assert {group.master_id, *(match.ticket_id for match in group.members)} == among
        for pair in ((first, second), (second, first)):
            assert list(store.groups(0.9, among={first, second}, discarded={pair})) == []

    def test_the_older_is_the_master(self) -> None:
        """M4: three that say the same are one group, and the oldest is its master."""
        ids = [make_id(self.id_type, "ticket", n) for n in range(3)]
        tickets = [
            self._ticket(n, "printer ink", created_at=created)
            for n, created in enumerate((MONDAY + HOUR, MONDAY, MONDAY + 2 * HOUR))
        ]
        [group] = self._filled(tickets).groups(0.9)
        assert group.master_id == ids[1]
        assert {match.ticket_id for match in group.members} == {ids[0], ids[2]}

    def test_what_was_merged_away_is_forgotten(self) -> None:
        """M8: a tombstone is not suggested."""
        a, b = (self._ticket(n, "printer ink") for n in range(2))
        store = self._filled([a, b])
        assert store.most_similar(a, 5)
        store.update(attrs.evolve(b, merged_into=a.id))
        assert not store.most_similar(a, 5)
        store.add(attrs.evolve(b, merged_into=a.id))
        assert not store.most_similar(a, 5)

    def test_what_the_filter_raises_comes_out(self) -> None:
        """M11: a filter that cannot tell is not taken for one that allows or denies all."""
        tickets = [self._ticket(n, "printer ink") for n in range(2)]
        store = self._filled(tickets)

        def unsure(ids: Collection[Id]) -> Collection[Id]:
            raise TimeoutError

        try:
            store.most_similar(tickets[0], 1, among=unsure)
        except TimeoutError:
            return
        raise AssertionError("nothing came out")

    def test_several_threads_use_it(self) -> None:
        """M1: threads that add, change, remove and ask at once leave what one would have left."""
        tickets = [self._ticket(n, f"{_WORDS[n % 6]} {_WORDS[n % 5]}") for n in range(24)]
        store = self.new()

        def work(mine: list[Ticket]) -> None:
            for ticket in mine:
                store.add(attrs.evolve(ticket, subject="screen"))
                store.most_similar(ticket, 3)
                store.remove(ticket.id)
                store.add(ticket)
                store.update(ticket)

        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(work, tickets[n::4]) for n in range(4)]:
                done.result()
        expected = self._filled(tickets)
        for ticket in tickets[::5]:
            found, wanted = store.most_similar(ticket, 5), expected.most_similar(ticket, 5)
            assert _told(found) == _told(wanted)

    def test_what_was_removed_or_changed_is_forgotten(self) -> None:
        """M1, M5: a removed ticket is found no more, a changed one by what it says now."""
        a, b, c = (
            self._ticket(n, subject)
            for n, subject in enumerate(("printer ink", "printer ink", "screen"))
        )
        store = self._filled([a, b, c])
        assert store.most_similar(a, 1)[0].ticket_id == b.id
        store.remove(b.id)
        assert b.id not in {match.ticket_id for match in store.most_similar(a, 9)}
        store.update(attrs.evolve(c, subject="printer ink"))
        assert store.most_similar(a, 1)[0].ticket_id == c.id


def _told(matches: object) -> list[tuple[object, float]]:
    assert isinstance(matches, list | tuple)
    found: list[Match] = [match for match in matches if match.rating > 0]
    return [(match.ticket_id, round(match.rating, 9)) for match in found]
