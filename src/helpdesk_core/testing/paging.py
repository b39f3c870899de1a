"""What hangs on tickets, page by page: without gap or repetition, whatever is added (T8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Id, Message
from helpdesk_core.events import Event, TicketChanged
from helpdesk_core.plans import Add
from helpdesk_core.ports import Claim, Position, Session
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, make_id

_LATER = timedelta(minutes=1)


class PagingRules(StoreContract):
    """Pages of messages, files, hours and events."""

    def test_what_hangs_on_tickets_is_read_in_pages(self) -> None:
        """T8, M6: going on after the last one of each page gives each thing of the tickets once."""

        @self.tries()
        @given(self.worlds(), st.data())
        def check(world: World, data: st.DataObject) -> None:
            ids = data.draw(st.lists(st.sampled_from(world.ticket_ids), unique=True, max_size=4))
            limit = data.draw(st.integers(1, 3))
            with self.filled(world) as repository, repository.reading() as session:
                for load in self._loads(session):
                    whole = list(load(ids))
                    assert self._in_pages(load, ids, limit) == whole
                    assert list(load(ids, limit=0)) == []
                    assert list(load(ids, limit=len(whole) + 1)) == whole
                    for n, one in enumerate(whole):
                        assert list(load(ids, after=Position(one.at, one.id))) == whole[n + 1 :]

        check()

    def test_messages_of_one_moment_are_read_in_pages(self) -> None:
        """T8: messages of one moment, on several tickets, go on by their ids."""
        world = self.plain()
        messages = [
            Message(
                id=make_id(self.id_type, "message", n * 7 % 10),
                ticket_id=world.ticket_ids[n % 2],
                body="Hello",
                at=MONDAY + (n // 5) * _LATER,
            )
            for n in range(10)
        ]
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], world.ticket_ids)
                session.apply([Add(message) for message in messages])
            expected: list[Any] = sorted(messages, key=lambda one: (one.at, one.id))
            ids = world.ticket_ids[:2]
            for limit in range(1, 11):
                with repository.reading() as session:
                    assert self._in_pages(session.messages, ids, limit) == expected

    def test_events_of_one_moment(self) -> None:
        """T8, T6: events of one moment are found among the others, in the order recorded."""
        self.needs(Claim.HISTORY)
        world = self.plain()
        first, second = world.ticket_ids[:2]
        moments = [0, 1, 0, 0, 2, 1]
        events: list[Event] = [
            TicketChanged(
                at=MONDAY + n * _LATER,
                ticket_id=first if place % 3 else second,
                fields=(f"field {place}",),
            )
            for place, n in enumerate(moments)
        ]
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], world.ticket_ids)
                session.publish(events, [])
            with repository.reading() as session:
                for n in range(4):
                    at = MONDAY + n * _LATER
                    for ids in ([first], [first, second]):
                        found = [one.event for one in session.history(ids, at=at)]
                        assert found == [e for e in events if e.at == at and e.ticket_id in ids]

    def _loads(self, session: Session) -> list[Callable[..., Any]]:
        loads: list[Callable[..., Any]] = [session.messages, session.attachments]
        if self.has(Claim.TIME_ENTRIES):
            loads.append(session.time_entries)
        return [*loads, session.mails] if self.has(Claim.MAIL) else loads

    def _in_pages(self, load: Callable[..., Any], ids: list[Id], limit: int) -> list[Any]:
        found: list[Any] = []
        after: Position | None = None
        while page := list(load(ids, after=after, limit=limit)):
            assert len(page) <= limit
            found += page
            after = Position(page[-1].at, page[-1].id)
        return found
