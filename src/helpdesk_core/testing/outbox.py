"""History, outbox and idempotency keys: kept with the change, given once, dropped when old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.errors import ConflictError
from helpdesk_core.events import EVENT_TYPES, Event, TicketChanged, TicketOpened
from helpdesk_core.plans import Channel, Notice, NoticeKind
from helpdesk_core.ports import Claim, DeliveryStatus, Notification, Remembered, Repository
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.things import events_of, lines, texts
from helpdesk_core.testing.transactions import StopHereError
from helpdesk_core.testing.worlds import MONDAY, World, make_id

_LATER = MONDAY + timedelta(minutes=5)
_HOUR = timedelta(hours=1)


class OutboxRules(StoreContract):
    """What is stored beside the things themselves."""

    def test_every_event_comes_back(self) -> None:
        """T6, N1: each kind of event comes back with all it says, in the order recorded."""
        self.needs(Claim.HISTORY)
        world = self.plain()

        @self.tries()
        @given(st.data())
        def check(data: st.DataObject) -> None:
            ids = st.sampled_from([*world.user_by_id, *world.ticket_ids])
            kinds = data.draw(st.lists(st.sampled_from(sorted(EVENT_TYPES)), max_size=6))
            on = st.sampled_from(world.ticket_ids)
            events = [
                attrs.evolve(data.draw(events_of(EVENT_TYPES[kind], ids)), ticket_id=data.draw(on))
                for kind in kinds
            ]
            with self.filled(world) as repository:
                for event in events:
                    with repository.writing() as session:
                        session.lock([], [])
                        session.publish([event], [])
                self._history_is(repository, world, events)

        check()

    def _history_is(self, repository: Repository, world: World, events: list[Event]) -> None:
        with repository.reading() as session:
            recorded = list(session.history(world.ticket_ids))
            assert [one.event for one in recorded] == events
            places = [one.sequence for one in recorded]
            assert places == sorted(set(places))
            for id in world.ticket_ids:
                found = [one.event for one in session.history([id])]
                assert found == [event for event in events if event.ticket_id == id]
            for n, place in enumerate(places):
                assert list(session.history(world.ticket_ids, after=place)) == recorded[n + 1 :]
                assert list(session.history(world.ticket_ids, limit=n)) == recorded[:n]

    def test_what_is_announced_belongs_to_the_transaction(self) -> None:
        """N1: events and notifications of a block that raises were never there."""
        if not self.has(Claim.HISTORY):
            self.needs(Claim.OUTBOX)
        world = self.plain()
        ticket = world.tickets[0]
        event = TicketChanged(at=MONDAY, ticket_id=ticket.id, fields=("priority",))
        events = [event] if self.has(Claim.HISTORY) else []
        mails = [self._mail(world, 1)] if self.has(Claim.OUTBOX) else []
        with self.filled(world) as repository:
            before = self.everything(repository, world)
            with pytest.raises(StopHereError), repository.writing() as session:
                session.lock([], [ticket.id])
                session.publish(events, mails)
                raise StopHereError
            assert self.everything(repository, world) == before
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.publish(events, mails)
            after = self.everything(repository, world)
            assert [one.event for one in after["history"]] == events
            assert after["outbox"] == mails

    def _mail(self, world: World, n: int, **fields: Any) -> Notification:
        notice = Notice(
            ticket_id=world.tickets[n % len(world.tickets)].id,
            recipient_id=make_id(self.id_type, "somebody", n),
            channel=Channel.SMS,
            kind=NoticeKind.STAGE,
            stage_id=world.stages[0].id,
            subject="Ink – né",
            text="Hello\n\tagain",
            html="<p>Hello &amp; né",
            in_answer=n == 2,
        )
        return Notification(key=f"key {n}", notice=notice, created_at=MONDAY, **fields)

    def test_notifications_come_back_whole(self) -> None:
        """N1: a notice in the outbox keeps its key, its text and whom it is for."""
        self.needs(Claim.OUTBOX)
        world = self.plain()

        @self.tries()
        @given(st.lists(texts, max_size=3), st.sampled_from(NoticeKind), lines())
        def check(bodies: list[str], kind: NoticeKind, subject: str) -> None:
            mails = [self._mail(world, n) for n in range(len(bodies))]
            mails = [
                attrs.evolve(
                    mail, notice=attrs.evolve(mail.notice, text=text, kind=kind, subject=subject)
                )
                for mail, text in zip(mails, bodies, strict=True)
            ]
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], [])
                    session.publish([], mails)
                with repository.reading() as session:
                    assert list(session.outbox()) == mails

        check()

    def test_a_notification_is_lent_to_one_at_a_time(self) -> None:
        """N1: what was taken is given to nobody else before the time agreed, then it is again."""
        self.needs(Claim.OUTBOX)
        world = self.plain(tickets=5)
        mails = [
            self._mail(world, 1),
            self._mail(world, 2, not_before=MONDAY + _HOUR),
            self._mail(world, 3, attempts=2),
            self._mail(world, 4),
        ]
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.publish([], mails)
            assert self._taken(repository, MONDAY, 2) == [("key 1", 1), ("key 3", 3)]
            assert self._taken(repository, MONDAY, 9) == [("key 4", 1)]
            assert self._taken(repository, MONDAY, 9) == []
            again = [("key 1", 2), ("key 3", 4), ("key 4", 2)]
            assert sorted(self._taken(repository, _LATER, 9)) == again

    def _taken(self, repository: Repository, now: Any, limit: int) -> list[tuple[str, int]]:
        with repository.writing() as session:
            taken = session.take(now, now + timedelta(minutes=5), limit)
        return [(mail.key, mail.attempts) for mail in taken]

    def test_a_notification_is_settled(self) -> None:
        """N1: sent, skipped and dead ones are not due again, a pending one is at its time."""
        self.needs(Claim.OUTBOX)
        world = self.plain(tickets=5)
        settled = {
            "key 1": (DeliveryStatus.SENT, None),
            "key 2": (DeliveryStatus.SKIPPED, None),
            "key 3": (DeliveryStatus.DEAD, None),
            "key 4": (DeliveryStatus.PENDING, MONDAY + _HOUR),
        }
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.publish([], [self._mail(world, n) for n in (1, 2, 3, 4)])
            self._taken(repository, MONDAY, 9)
            with repository.writing() as session:
                for key, (status, again) in settled.items():
                    session.settle(key, status, not_before=again)
            assert self._taken(repository, _LATER, 9) == []
            with repository.reading() as session:
                found = {mail.key: (mail.status, mail.not_before) for mail in session.outbox()}
                assert found == settled
                dead = session.outbox(status=DeliveryStatus.DEAD)
                assert [mail.key for mail in dead] == ["key 3"]
            assert self._taken(repository, MONDAY + _HOUR, 9) == [("key 4", 2)]
            with pytest.raises(ConflictError), repository.writing() as session:
                session.settle("key 9", DeliveryStatus.SENT)

    def test_what_is_done_is_purged(self) -> None:
        """T6: what was sent or skipped before the moment goes; what waits or is dead stays."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.publish([], [self._mail(world, n) for n in (1, 2, 3, 4)])
                for n, status in ((1, "sent"), (2, "skipped"), (3, "dead")):
                    session.settle(f"key {n}", DeliveryStatus(status))
            for before, gone, left in ((MONDAY, 0, 4), (_LATER, 2, 2), (_LATER, 0, 2)):
                with repository.writing() as session:
                    assert session.purge(before) == gone
                with repository.reading() as session:
                    assert len(session.outbox()) == left

    def test_the_history_outlives_the_outbox(self) -> None:
        """T6: purging takes nothing of what happened to a ticket, however long ago."""
        self.needs(Claim.OUTBOX, Claim.HISTORY)
        world = self.plain()
        ticket = world.tickets[0]
        event = TicketOpened(at=MONDAY, ticket_id=ticket.id, stage_id=ticket.stage_id)
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.publish([event], [self._mail(world, 1)])
                session.settle("key 1", DeliveryStatus.SENT)
            with repository.writing() as session:
                assert session.purge(MONDAY + timedelta(days=999)) == 1
            with repository.reading() as session:
                assert [recorded.event for recorded in session.history([ticket.id])] == [event]

    def test_a_key_gives_its_first_result(self) -> None:
        """T7: what a key gave is kept as it was, until it is purged, and once only."""
        self.needs(Claim.IDEMPOTENCY_KEYS)
        world = self.plain()
        results: list[Any] = [world.tickets[0], world.users[0], None, 7, "text"]
        long = "k" * 200
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [])
                for n, result in enumerate(results):
                    session.remember(f"key {n}", Remembered("digest", result), MONDAY)
                session.remember(f"{long}1", Remembered("digest", 1), MONDAY)
            with repository.reading() as session:
                assert session.recall(f"{long}1") == Remembered("digest", 1)
                assert session.recall(f"{long}2") is None
                for n, result in enumerate(results):
                    assert session.recall(f"key {n}") == Remembered("digest", result)
                assert session.recall("key") is session.recall("KEY 1") is None
            with pytest.raises(ConflictError), repository.writing() as session:
                session.remember("key 1", Remembered("other", 8), MONDAY)
            with repository.reading() as session:
                assert session.recall("key 1") == Remembered("digest", results[1])
            self._purge_keys(repository, len(results) + 1)

    def _purge_keys(self, repository: Repository, kept: int) -> None:
        with repository.writing() as session:
            assert session.purge(MONDAY) == 0
            assert session.purge(_LATER) == kept
        with repository.reading() as session:
            assert session.recall("key 1") is None
