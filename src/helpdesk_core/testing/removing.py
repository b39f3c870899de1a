"""Content that has to go: found wherever it is, and written over (T9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from hypothesis import given

from helpdesk_core.entities import REMOVED, Id, Message
from helpdesk_core.errors import ConflictError
from helpdesk_core.plans import Add, Channel, Kind, Notice, NoticeKind, SetField
from helpdesk_core.ports import Claim, DeliveryStatus, Notification, Remembered, Session
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, make_id


class RemovingRules(StoreContract):
    """What a store does for `redact_message` and `erase_person`."""

    def test_what_hangs_on_a_ticket_is_written_over(self) -> None:
        """T9: a message, a file and a note take another text where the expected one is."""
        self.needs(Claim.REMOVAL)

        @self.tries()
        @given(self.worlds())
        def check(world: World) -> None:
            parts: list[tuple[Kind, Any, str]] = [
                *((Kind.MESSAGE, message, "body") for message in world.messages),
                *((Kind.ATTACHMENT, file, "name") for file in world.attachments),
                *((Kind.ATTACHMENT, file, "digest") for file in world.attachments),
                *((Kind.TIME_ENTRY, entry, "note") for entry in world.time_entries),
                *((Kind.MAIL, mail, "quoted") for mail in world.mails),
            ]
            with self.filled(world) as repository:
                for kind, thing, field in parts:
                    other = attrs.evolve(thing, **{field: f"{getattr(thing, field)}x"[-64:]})
                    with repository.writing() as session:
                        session.lock([], [thing.ticket_id])
                        if getattr(other, field) != getattr(thing, field):
                            with pytest.raises(ConflictError):
                                session.apply([SetField.of(kind, other, field, "else")])
                        session.apply([SetField.of(kind, thing, field, REMOVED)])
                with repository.reading() as session:
                    assert {m.body for m in session.messages(world.ticket_ids)} <= {REMOVED}
                    files = session.attachments(world.ticket_ids)
                    assert {(f.name, f.digest) for f in files} <= {(REMOVED, REMOVED)}
                    assert set(session.attachment_ids(removed=True)) == {f.id for f in files}
                    assert set(session.attachment_ids()) == set()
                    kept = [attrs.evolve(m, body=REMOVED) for m in world.messages]
                    assert {m.id: m for m in session.messages(world.ticket_ids)} == {
                        m.id: m for m in kept
                    }

        check()

    def test_what_somebody_wrote_is_found(self) -> None:
        """T9: tickets, messages, files and notes of somebody, and of nobody else."""
        self.needs(Claim.REMOVAL)

        @self.tries()
        @given(self.worlds())
        def check(world: World) -> None:
            with self.filled(world) as repository, repository.reading() as session:
                for id in world.user_by_id:
                    expected: list[Any] = [
                        t for t in world.tickets if id in (t.opener_id, t.customer_id)
                    ]
                    expected += [m for m in world.messages if m.author_id == id]
                    expected += [a for a in world.attachments if a.author_id == id]
                    expected += [e for e in world.time_entries if e.user_id == id]
                    expected += [m for m in world.mails if m.sender_id == id]
                    found = [self.fit(one, world) for one in session.written_by(id)]
                    assert _in_order(found) == _in_order(expected)

        check()

    def test_what_is_kept_beside_is_written_over(self) -> None:
        """T9: texts and results take others under their keys, and all else about them stays."""
        self.needs(Claim.REMOVAL, Claim.OUTBOX, Claim.IDEMPOTENCY_KEYS)
        world = self.plain()
        first, second = world.ticket_ids[:2]
        mails = [self._text_for(world, first, 1), self._text_for(world, second, 2)]
        results: dict[str, Any] = {
            "first": (world.tickets[0], 'a "quoted" text \\ né'),
            "second": {"ticket": second},
            "third": {"nothing": None},
        }
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.publish([], mails)
                for key, result in results.items():
                    session.remember(key, Remembered(f"digest of {key}", result), MONDAY)
            with repository.writing() as session:
                session.lock([], [])
                session.take(MONDAY, MONDAY, 1)
            with repository.writing() as session:
                session.lock([], [])
                assert {"first"} <= self._keys(session, [first]) <= {*results}
                assert {"second"} <= self._keys(session, [second])
                assert {"first"} <= self._keys(session, ['a "quoted" text \\ né'])
                many = [*(f"absent {n}" for n in range(900)), first, second]
                assert {"first", "second"} <= self._keys(session, many)
                silent = attrs.evolve(
                    mails[0],
                    notice=attrs.evolve(mails[0].notice, subject=None, text=None),
                    status=DeliveryStatus.SKIPPED,
                )
                session.rewrite([silent], {"first": Remembered("digest of first", REMOVED)})
            with repository.reading() as session:
                left, other = session.outbox()
                assert left == attrs.evolve(silent, attempts=1, not_before=MONDAY)
                assert other == mails[1]
                assert session.recall("first") == Remembered("digest of first", REMOVED)
                assert session.recall("second") == Remembered("digest of second", results["second"])
            with repository.writing() as session:
                session.lock([], [])
                assert session.purge(MONDAY) == 0, "the key is as old as it was"

    def _keys(self, session: Session, holding: Iterable[Id]) -> set[str]:
        return {key for key, _ in session.remembered(list(holding))}

    def _text_for(self, world: World, ticket_id: Id, n: int) -> Notification:
        notice = Notice(
            ticket_id=ticket_id,
            recipient_id=world.users[2].id,
            channel=Channel.EMAIL,
            kind=NoticeKind.STAGE,
            stage_id=world.stages[0].id,
            subject=f"About {n}",
            text=f"Text {n}",
        )
        return Notification(key=f"mail {n}", notice=notice, created_at=MONDAY)

    def test_removed_with_the_transaction(self) -> None:
        """T9, N1: of a block that raises nothing is written over."""
        self.needs(Claim.REMOVAL)
        world = self.plain()
        with self.filled(world) as repository:
            message = self._first_message(world)
            with repository.writing() as session:
                session.lock([], [message.ticket_id])
                session.apply([Add(message)])
            with pytest.raises(RuntimeError), repository.writing() as session:
                session.lock([], [message.ticket_id])
                session.apply([SetField.of(Kind.MESSAGE, message, "body", REMOVED)])
                raise RuntimeError
            with repository.reading() as session:
                assert message in session.messages([message.ticket_id])

    def _first_message(self, world: World) -> Message:
        return Message(
            id=make_id(self.id_type, "message", 77),
            ticket_id=world.ticket_ids[0],
            body="My PIN is 1234",
            at=MONDAY,
        )


def _in_order(things: Iterable[Any]) -> list[Any]:
    return sorted(things, key=lambda one: (type(one).__name__, str(one.id)))
