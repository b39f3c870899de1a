"""Merges as a store keeps them: tombstones, records, pairs that were discarded."""

from __future__ import annotations

from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Id, Message, Ticket
from helpdesk_core.plans import (
    Add,
    Change,
    Discard,
    Kind,
    MarkUndone,
    Merge,
    RecordMerge,
    SetField,
)
from helpdesk_core.ports import Claim
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.things import Things
from helpdesk_core.testing.worlds import MONDAY, World, make_id


class MergeRules(StoreContract):
    """What is kept of merges, and of what was not merged."""

    def test_tombstones_are_found_from_their_masters(self) -> None:
        """M8, M9: the children of a ticket are exactly those that point directly at it."""
        self.needs(Claim.MERGE)

        @self.tries()
        @given(self.worlds())
        def check(world: World) -> None:
            expected: dict[Id, set[Id]] = {}
            for ticket in world.tickets:
                if ticket.merged_into is not None:
                    expected.setdefault(ticket.merged_into, set()).add(ticket.id)
            with self.filled(world) as repository, repository.reading() as session:
                found = session.merged_children(world.ticket_ids)
                assert {id: set(ids) for id, ids in found.items() if ids} == expected

        check()
        world = self.plain()
        first, second, third = world.tickets
        chain = (first, _into(second, first), _into(third, second))
        with self.filled(attrs.evolve(world, tickets=chain)) as repository:
            with repository.reading() as session:
                found = session.merged_children(world.ticket_ids)
            assert [list(found.get(ticket.id, ())) for ticket in chain] == [
                [second.id],
                [third.id],
                [],
            ]

    def test_messages_stay_where_they_were_said(self) -> None:
        """M6, M14: a ticket that is merged away keeps its messages; the tree is read through it."""
        self.needs(Claim.MERGE)
        world = self.plain()
        master, other = world.tickets[:2]
        message = Message(
            id=make_id(self.id_type, "message", 1), ticket_id=other.id, body="Hi", at=MONDAY
        )
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [master.id, other.id])
                session.apply(
                    [Add(message), SetField.of(Kind.TICKET, other, "merged_into", master.id)]
                )
            with repository.reading() as session:
                assert list(session.messages([other.id])) == [message]
                assert list(session.messages([master.id])) == []

    def test_merges_are_recorded(self) -> None:
        """M10, M14: records come back whole and oldest first, by any ticket of theirs."""
        self.needs(Claim.MERGE)
        world = self.plain(tickets=4)
        a, b, c, d = world.ticket_ids
        things = Things(self.id_type)

        @self.tries(0.5)
        @given(st.lists(things.changes, max_size=4))
        def check(made: list[Change]) -> None:
            merges = [
                Merge(id=make_id(self.id_type, "merge", n), master_id=master, merged_ids=merged,
                      at=MONDAY, changes=tuple(made))
                for n, master, merged in ((2, a, (b,)), (1, a, (c,)))
            ]  # fmt: skip
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], [a, b, c])
                    session.apply([RecordMerge(merge=merge) for merge in merges])
                with repository.reading() as session:
                    assert list(session.merges([a])) == list(session.merges([b, c])) == merges
                    assert list(session.merges([c])) == merges[1:]
                    assert not session.merges([d])
                    assert session.merge(merges[0].id) == merges[0]
                    assert session.merge(d) is None
                self.conflicts(repository, [RecordMerge(merge=merges[0])])

        check()

    def test_a_merge_is_undone_once(self) -> None:
        """M14: a record is marked as undone, and a second time is a conflict."""
        self.needs(Claim.MERGE, Claim.UNMERGE)
        world = self.plain()
        a, b, _ = world.ticket_ids
        id = make_id(self.id_type, "merge", 1)
        merge = Merge(id=id, master_id=a, merged_ids=(b,), at=MONDAY, changes=())
        with self.filled(world) as repository:
            later = MONDAY + timedelta(hours=1)
            with repository.writing() as session:
                session.lock([], [a, b])
                session.apply([RecordMerge(merge=merge), MarkUndone(merge_id=id, at=later)])
            with repository.reading() as session:
                assert session.merge(id) == attrs.evolve(merge, undone_at=later)
            self.conflicts(repository, [MarkUndone(merge_id=id, at=later)])

    def test_discards_are_kept(self) -> None:
        """M5: a pair is found by either ticket, and discarding again takes the new content."""
        self.needs(Claim.DISCARDS)
        world = self.plain()
        a, b, c = world.ticket_ids
        old, new = (
            Discard(first_id=a, second_id=b, first_fingerprint=mark, second_fingerprint="2")
            for mark in "01"
        )
        with self.filled(world) as repository:
            for discard in (old, new):
                with repository.writing() as session:
                    session.lock([], [a, b])
                    session.apply([discard])
                with repository.reading() as session:
                    assert [list(session.discards([id])) for id in (a, b)] == [[discard]] * 2
                    assert list(session.discards([a, b])) == [discard]
                    assert not session.discards([c])


def _into(ticket: Ticket, master: Ticket) -> Ticket:
    return attrs.evolve(ticket, merged_into=master.id)
