"""The outbox gives in order what is due, to one at a time, and remembers what failed (N1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Id
from helpdesk_core.events import TicketChanged
from helpdesk_core.plans import Channel, Notice, NoticeKind
from helpdesk_core.ports import Claim, DeliveryStatus, Notification, Remembered, Repository
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World

_LEASE, _HOUR = timedelta(minutes=5), timedelta(hours=1)
_PENDING, _HELD = DeliveryStatus.PENDING, DeliveryStatus.HELD


class DeliveryRules(StoreContract):
    """In which order the outbox gives, and what it keeps of each attempt."""

    def test_of_a_ticket_the_first_is_first(self) -> None:
        """N1: a later message of a ticket waits while an earlier one is with somebody else."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        ada, bob = (user.id for user in world.users[:2])
        ink, paper = world.ticket_ids[:2]
        with self._sending(
            world, ("1", ink, ada), ("2", ink, bob), ("3", paper, ada), ("4", ink, bob)
        ) as repository:
            assert self._given(repository, MONDAY, 1) == ["1"]
            assert self._given(repository, MONDAY) == ["3"]
            self._settle(repository, "1", DeliveryStatus.SENT)
            assert self._given(repository, MONDAY) == ["2"]
            self._settle(repository, "2", DeliveryStatus.SENT)
            assert self._given(repository, MONDAY) == ["4"]

    def test_who_cannot_be_reached_keeps_nobody_else_waiting(self) -> None:
        """N1, G8: after a failure only what is for the same person by the same way waits."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        ada, bob = (user.id for user in world.users[:2])
        ink = world.ticket_ids[0]
        mails = [("1", ink, ada), ("2", ink, ada), ("3", ink, bob)]
        sms = attrs.evolve(self._letter("4", ink, ada).notice, channel=Channel.SMS)
        with self._sending(world, *mails, more=[self._letter("4", notice=sms)]) as repository:
            assert self._given(repository, MONDAY) == ["1", "3", "4"]
            for key in ("3", "4"):
                self._settle(repository, key, DeliveryStatus.SENT)
            later = {"not_before": MONDAY + _HOUR, "error": "NotifierError"}
            self._settle(repository, "1", _PENDING, **later)
            assert self._given(repository, MONDAY + _LEASE) == []
            assert self._given(repository, MONDAY + _HOUR) == ["1"]
            self._settle(repository, "1", DeliveryStatus.DEAD, error="NotifierError")
            assert self._given(repository, MONDAY + _HOUR) == ["2"]

    def test_what_is_put_off_keeps_nobody_else_waiting(self) -> None:
        """N1: a message that waits for its hour was not tried: others of the ticket go on."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        ada, bob = (user.id for user in world.users[:2])
        ink = world.ticket_ids[0]
        with self._sending(world, ("1", ink, ada), ("2", ink, bob)) as repository:
            assert self._given(repository, MONDAY, 1) == ["1"]
            self._settle(repository, "1", _PENDING, not_before=MONDAY + _HOUR, attempts=0)
            assert self._given(repository, MONDAY) == ["2"]
            with repository.reading() as session:
                assert session.outbox()[0].attempts == 0

    def test_what_became_of_each_is_kept(self) -> None:
        """N1: status, moments, attempts and the type of the error come back."""
        self.needs(Claim.OUTBOX)
        world = self.plain()

        @self.tries()
        @given(
            st.sampled_from(DeliveryStatus),
            st.none() | st.just(MONDAY + _HOUR),
            st.none() | st.sampled_from(["NotifierError", "TimeoutError"]),
            st.none() | st.just(MONDAY + 2 * _HOUR),
            st.none() | st.integers(0, 9),
        )
        def check(
            status: DeliveryStatus,
            not_before: datetime | None,
            error: str | None,
            held_until: datetime | None,
            attempts: int | None,
        ) -> None:
            values: dict[str, Any] = {
                "not_before": not_before,
                "error": error,
                "held_until": held_until,
            }
            with self._sending(world, ("1", world.ticket_ids[0], world.users[0].id)) as repository:
                self._given(repository, MONDAY)
                self._settle(repository, "1", status, **values, attempts=attempts)
                with repository.reading() as session:
                    [found] = session.outbox()
                expected = attrs.evolve(found, status=status, **values)
                assert found == attrs.evolve(expected, attempts=1 if attempts is None else attempts)

        check()

    def test_a_digest_is_taken_as_a_whole(self) -> None:
        """N1: what one person waits for until one moment is given at once, to one who asks."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        ada, bob = (user.id for user in world.users[:2])
        ink, paper = world.ticket_ids[:2]
        noon, night = MONDAY + _HOUR, MONDAY + 9 * _HOUR
        with self._sending(
            world,
            ("1", ink, ada),
            ("2", ink, bob),
            ("3", paper, ada),
            ("4", paper, ada),
            ("5", paper, bob),
        ) as repository:
            moments = {"1": noon, "2": noon, "3": noon, "4": night}
            for key, at in moments.items():
                self._settle(repository, key, _HELD, held_until=at, attempts=0)
            assert self._given(repository, MONDAY) == ["5"]
            assert self._digest(repository, MONDAY) == []
            assert self._digest(repository, noon) == ["1", "3"]
            assert self._digest(repository, noon) == ["2"]
            assert self._digest(repository, noon) == []
            assert self._digest(repository, noon + _LEASE) == ["1", "3"]
            later = {"held_until": noon, "not_before": night, "error": "NotifierError"}
            for key in ("1", "3"):
                self._settle(repository, key, _HELD, **later)
            self._settle(repository, "2", DeliveryStatus.SENT)
            assert self._digest(repository, night - _HOUR) == []
            assert self._digest(repository, night) == ["1", "3"]
            assert self._digest(repository, night) == ["4"]

    def test_a_digest_that_somebody_has_is_not_lent(self) -> None:
        """N1: while some of a digest is with somebody, none of it is given to anybody else."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        ada, ink, paper = world.users[0].id, world.ticket_ids[0], world.ticket_ids[1]
        noon = MONDAY + _HOUR
        with self._sending(world, ("1", ink, ada), ("2", paper, ada)) as repository:
            self._settle(repository, "2", _HELD, held_until=noon, attempts=0)
            assert self._digest(repository, noon) == ["2"]
            self._settle(repository, "1", _HELD, held_until=noon, attempts=0)
            assert self._digest(repository, noon) == []
            assert self._digest(repository, noon + _LEASE) == ["1", "2"]

    def test_who_has_it_no_more_says_nothing_of_it(self) -> None:
        """N1: who was lent it until another moment, or takes it for another thing, is not heard."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        until = MONDAY + _LEASE
        sent, dead = DeliveryStatus.SENT, DeliveryStatus.DEAD
        with self._sending(world, ("1", world.ticket_ids[0], world.users[0].id)) as repository:
            assert self._given(repository, MONDAY) == ["1"]
            for wrong in ({"lent_until": MONDAY}, {"was": dead}):
                assert not self._settle(repository, "1", sent, **wrong)
                assert not self._settle(repository, "9", sent, **wrong)
            assert self._settle(repository, "1", dead, lent_until=until)
            assert not self._settle(repository, "1", sent, lent_until=until)
            assert self._settle(repository, "1", _PENDING, was=dead)
            assert not self._settle(repository, "1", _PENDING, was=dead)
            assert self._given(repository, MONDAY) == ["1"]
            assert self._settle(repository, "1", sent, lent_until=until)
            assert not self._settle(repository, "1", _PENDING, lent_until=until)

    def test_the_outbox_is_read_in_pages(self) -> None:
        """T8: the outbox is read oldest first, of one status, on from a key, so many."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        ink, ada = world.ticket_ids[0], world.users[0].id
        keys = [f"key {n}" for n in range(6)]
        with self._sending(world, *((key, ink, ada) for key in keys)) as repository:
            for key in keys[::2]:
                self._settle(repository, key, DeliveryStatus.DEAD, error="NotifierError")
            with repository.reading() as session:
                dead = DeliveryStatus.DEAD
                assert [n.key for n in session.outbox(limit=2)] == keys[:2]
                assert [n.key for n in session.outbox(after=keys[3])] == keys[4:]
                assert [n.key for n in session.outbox(status=dead, limit=2)] == [keys[0], keys[2]]
                assert [n.key for n in session.outbox(status=dead, after=keys[2])] == [keys[4]]
                assert list(session.outbox(after="nothing")) == []

    def test_what_became_of_the_outbox_is_there_when_opened_again(self) -> None:
        """N1, T7: another opening knows what was told, lent, settled, remembered and dropped."""
        told, keys = self.has(Claim.OUTBOX), self.has(Claim.IDEMPOTENCY_KEYS)
        if not (told or keys):
            self.needs(Claim.HISTORY)
        world = self.plain()
        (ada, bob), ink = (user.id for user in world.users[:2]), world.ticket_ids[0]
        pairs = {"1": ada, "2": ada, "3": bob, "4": bob} if told else {}
        event = TicketChanged(at=MONDAY, ticket_id=ink, fields=("priority",))
        result = Remembered("digest", 7)
        with self._sending(world, *((key, ink, id) for key, id in pairs.items())) as repository:
            again = self.opener(repository)
            with repository.writing() as session:
                session.lock([], [ink])
                session.publish([event] if self.has(Claim.HISTORY) else [], [])
                if keys:
                    session.remember("old", result, MONDAY)
            if told:
                self._settle(repository, "1", DeliveryStatus.SENT)
                self._settle(repository, "4", _HELD, held_until=MONDAY + _HOUR)
                assert self._given(repository, MONDAY) == ["2", "3"]
                assert self._digest(repository, MONDAY + _HOUR) == ["4"]
            with repository.writing() as session:
                assert session.purge(MONDAY + _HOUR) == told + keys
                if keys:
                    session.remember("new", result, MONDAY)
            before = self.everything(repository, world)
            opened = again()
            try:
                assert self.everything(opened, world) == before
                if keys:
                    with opened.reading() as session:
                        assert session.recall("old") is None
                        assert session.recall("new") == result
                if told:
                    assert [one.key for one in before["outbox"]] == ["2", "3", "4"]
                    assert self._given(opened, MONDAY) == []
                    assert self._digest(opened, MONDAY + _HOUR) == []
                    assert self._given(opened, MONDAY + _LEASE) == ["2", "3"]
            finally:
                self.close(opened)

    # --- helpers ---------------------------------------------------------------------------------

    def _letter(
        self, key: str, ticket_id: Id = 0, recipient_id: Id = 0, *, notice: Notice | None = None
    ) -> Notification:
        update = notice or Notice(
            ticket_id=ticket_id,
            recipient_id=recipient_id,
            channel=Channel.EMAIL,
            kind=NoticeKind.UPDATE,
        )
        return Notification(key=key, notice=update, created_at=MONDAY)

    @contextmanager
    def _sending(
        self, world: World, *mails: tuple[str, Id, Id], more: list[Notification] | None = None
    ) -> Iterator[Repository]:
        """A store with this world and these messages in its outbox."""
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], world.ticket_ids)
                session.publish([], [*(self._letter(*mail) for mail in mails), *(more or [])])
            yield repository

    def _given(self, repository: Repository, now: datetime, limit: int = 9) -> list[str]:
        with repository.writing() as session:
            return [one.key for one in session.take(now, now + _LEASE, limit)]

    def _digest(self, repository: Repository, now: datetime) -> list[str]:
        with repository.writing() as session:
            return [one.key for one in session.take_digest(now, now + _LEASE)]

    def _settle(
        self, repository: Repository, key: str, status: DeliveryStatus, **values: Any
    ) -> bool:
        with repository.writing() as session:
            return session.settle(key, status, **values)
