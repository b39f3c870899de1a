"""Transactions: what readers see of writers, and what is left of one that raises."""

from __future__ import annotations

import threading

import attrs
import pytest
from hypothesis import given

from helpdesk_core.entities import Id, Message
from helpdesk_core.errors import ConflictError
from helpdesk_core.plans import (
    Add,
    AddFollow,
    Change,
    Kind,
    SetField,
)
from helpdesk_core.ports import Repository, TicketFilter
from helpdesk_core.testing.following import follow
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, make_id
from helpdesk_core.visibility.scopes import Everything


class StopHereError(Exception):
    """Raised on purpose inside a writing block."""


class StopAllError(BaseException):
    """What ends a program, as an interrupt does, inside a writing block."""


class TransactionRules(StoreContract):
    """All of a block is done or nothing, and others see no part of it."""

    def test_a_reader_goes_on_seeing_what_it_saw(self) -> None:
        """V13, T8: what others commit in the middle of a reading session changes nothing in it."""
        world = self.plain()
        ticket = world.tickets[0]
        with self.filled(world) as repository:

            def change() -> None:
                try:
                    with repository.writing() as session:
                        session.lock([], [ticket.id])
                        session.apply([SetField.of(Kind.TICKET, ticket, "priority", 3)])
                except Exception:  # a store may make writers wait, and give up
                    return

            writer = threading.Thread(target=change, daemon=True)
            with repository.reading() as session:
                assert session.tickets([ticket.id])[ticket.id].priority == ticket.priority
                writer.start()
                writer.join(0.5)
                assert session.tickets([ticket.id])[ticket.id].priority == ticket.priority
                assert session.count(Everything(), TicketFilter(priority=3)) == 0
            writer.join()

    def test_a_reader_sees_one_committed_state(self) -> None:
        """A17, N1: what a writer does is seen by nobody before it commits, and by all after."""
        world = self.plain()
        ticket = world.tickets[0]
        with self.filled(world) as repository:
            seen: list[int] = []
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([SetField.of(Kind.TICKET, ticket, "priority", 3)])
                assert session.tickets([ticket.id])[ticket.id].priority == 3
                reader = self._look_from_another_thread(repository, ticket.id, seen)
            reader.join()
            assert set(seen) <= {ticket.priority}
            with repository.reading() as session:
                assert session.tickets([ticket.id])[ticket.id].priority == 3

    def _look_from_another_thread(
        self, repository: Repository, id: Id, seen: list[int]
    ) -> threading.Thread:
        done = threading.Event()

        def look() -> None:
            try:
                with repository.reading() as session:
                    value = session.tickets([id])[id].priority
                    if not done.is_set():
                        seen.append(value)
            except Exception:  # a store may make readers wait, and give up
                return

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(0.3)
        done.set()
        return thread

    def test_what_raises_leaves_nothing(self) -> None:
        """N1, M10: a block that raises at its end leaves nothing of what it did."""
        world = self.plain()
        ticket, user = world.tickets[0], world.users[0]
        late = attrs.evolve(ticket, id=make_id(self.id_type, "ticket", 9))
        message = Message(
            id=make_id(self.id_type, "message", 1), ticket_id=ticket.id, body="Hi", at=MONDAY
        )
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            with pytest.raises(StopHereError), repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([Add(late), Add(message)])
                session.apply([SetField.of(Kind.TICKET, ticket, "assignee_id", user.id)])
                session.apply([follow(AddFollow, ticket, user.id)])
                session.apply([SetField.of(Kind.USER, user, "name", "Other")])
                raise StopHereError
            assert self.everything(repository, world) == before
            with repository.writing() as session:  # and the store goes on
                session.lock([], [ticket.id])
                session.apply([Add(late)])

    def test_an_interrupt_leaves_nothing(self) -> None:
        """N1, M10: a block that is ended by an interrupt is rolled back like any other."""
        world = self.plain()
        ticket = world.tickets[0]
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            with pytest.raises(StopAllError), repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([SetField.of(Kind.TICKET, ticket, "priority", 3)])
                raise StopAllError
            assert self.everything(repository, world) == before

    def test_a_batch_that_fails_leaves_nothing_of_it(self) -> None:
        """T7, M10: when one change of a call is refused, all of that call is, and no other."""
        world = self.plain()
        ticket, other, user = world.tickets[0], world.tickets[1], world.users[0]
        late = attrs.evolve(ticket, id=make_id(self.id_type, "ticket", 9))
        message = Message(
            id=make_id(self.id_type, "message", 1), ticket_id=ticket.id, body="Hi", at=MONDAY
        )
        wrong = attrs.evolve(other, priority=(other.priority + 1) % 4)
        batch: list[Change] = [
            Add(late),
            Add(message),
            SetField.of(Kind.TICKET, ticket, "assignee_id", user.id),
            SetField.of(Kind.USER, user, "name", "Other"),
            follow(AddFollow, ticket, world.users[1].id),
            SetField.of(Kind.TICKET, wrong, "priority", 3),
        ]
        seen = []
        for refused in (batch, []):
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], [ticket.id, other.id])
                    session.apply([SetField.of(Kind.TICKET, ticket, "subject", "Before")])
                    if refused:
                        with pytest.raises(ConflictError):
                            session.apply(refused)
                    session.apply([SetField.of(Kind.TICKET, other, "subject", "After")])
                seen.append(self.everything(repository, world))
        assert seen[0] == seen[1]
        assert seen[0]["tickets"][other.id].subject == "After"

    def test_what_was_committed_is_there_when_opened_again(self) -> None:
        """N1, M10: after closing, another opening of the store shows the same."""

        @self.tries(0.4)
        @given(self.worlds())
        def check(world: World) -> None:
            repository = self.new()
            closed = False
            try:
                again = self.opener(repository)
                with repository.writing() as session:
                    session.lock([], [])
                    session.apply(world.changes)
                before = self.everything(repository, world)
                self.close(repository)
                closed = True
                opened = again()
                try:
                    assert self.everything(opened, world) == before
                    assert opened.claims == self.claims
                finally:
                    self.close(opened)
            finally:
                if not closed:
                    self.close(repository)

        with self.opened() as probe:
            self.opener(probe)
        check()
