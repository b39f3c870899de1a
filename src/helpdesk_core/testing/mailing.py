"""Mails that came in are found again: by ticket, by their id, by who sent them (N3, T8)."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import ReceivedMail
from helpdesk_core.errors import ConflictError
from helpdesk_core.mail_ids import folded_address
from helpdesk_core.plans import Add, Kind, SetField
from helpdesk_core.ports import Claim
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, make_id

_MOMENT = timedelta(microseconds=1)
#: Ids that a store may take for each other.
_ALIKE = ("<a@x>", "<A@x>", "<a@X>", "<a@x> ", "<é@x>", "<e\u0301@x>", "%", "_", "<a'@x>")
#: Addresses that are the same in pairs, or only look so.
_ADDRESSES = ("ivy@x.org", "IVY@X.org", "ivy@x.or", "éve@x.org", "Éve@x.org", "\u212ae@x.org",
              "ke@x.org", "e%@x.org", "ev_@x.org", "ｅve@x.org")  # fmt: skip


class MailRules(StoreContract):
    """What a store does for `receive`."""

    def test_mails_come_back_whole(self) -> None:
        """N3, T8: mails of tickets come back as they were, by time, and in pages."""
        self.needs(Claim.MAIL)

        @self.tries()
        @given(self.worlds())
        def check(world: World) -> None:
            expected = sorted(world.mails, key=lambda mail: (mail.at, mail.id))
            with self.filled(world) as repository, repository.reading() as session:
                assert list(session.mails(world.ticket_ids)) == expected
                for id in world.ticket_ids:
                    own = [mail for mail in expected if mail.ticket_id == id]
                    assert list(session.mails([id])) == own
                    assert list(session.mails([id], limit=1)) == own[:1]

        check()

    def test_a_mail_is_found_by_its_id(self) -> None:
        """N3: exactly the mails under one of the ids are found, oldest first."""
        self.needs(Claim.MAIL)
        world = self.plain()

        @self.tries(2)
        @given(
            st.lists(st.none() | st.sampled_from(_ALIKE), max_size=5),
            st.sets(st.sampled_from(_ALIKE)),
        )
        def check(given_ids: list[str | None], wanted: set[str]) -> None:
            mails = self._mails(world, *given_ids)
            with self.filled(world) as repository:
                with repository.writing() as session:
                    session.lock([], world.ticket_ids)
                    session.apply([Add(mail) for mail in mails])
                with repository.reading() as session:
                    found = list(session.mails_named(wanted))
                    assert found == [mail for mail in mails if mail.mail_id in wanted]

        check()

    def test_what_somebody_sent_is_found(self) -> None:
        """N3: the mails of one sender from a moment on, that moment included."""
        self.needs(Claim.MAIL)
        world = self.plain()
        first, second = (user.id for user in world.users[:2])
        mails = [
            attrs.evolve(mail, sender_id=second if n == 3 else first)
            for n, mail in enumerate(self._mails(world, "<1>", "<2>", "<3>", "<4>"))
        ]
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], world.ticket_ids)
                session.apply([Add(mail) for mail in mails])
            with repository.reading() as session:
                assert list(session.mails_of(first, MONDAY)) == mails[:3]
                assert list(session.mails_of(first, MONDAY + _MOMENT)) == mails[1:3]
                assert list(session.mails_of(second, MONDAY)) == mails[3:]
                assert list(session.mails_of(make_id(self.id_type, "user", 99), MONDAY)) == []

    def test_a_sender_is_found_by_the_whole_address(self) -> None:
        """N3, V3: users with this address and no other, in a stable order; A to Z as a to z."""
        self.needs(Claim.MAIL)
        plain = self.plain()
        users = [
            attrs.evolve(plain.users[2], id=make_id(self.id_type, "user", 10 + n), email=email)
            for n, email in enumerate(_ADDRESSES)
        ]
        world = attrs.evolve(plain, users=(*plain.users, *users))
        with self.filled(world) as repository:
            with repository.reading() as session:
                for email in (*_ADDRESSES, "", "nobody@x.org"):
                    wanted = folded_address(email)
                    expected = [u.id for u in users if folded_address(str(u.email)) == wanted]
                    found = [user.id for user in session.users_at(email)]
                    assert len(found) == len(set(found))
                    assert set(found) == set(expected)
                    assert found == [user.id for user in session.users_at(email)]
            with repository.writing() as session:
                session.lock([], [])
                session.apply([SetField.of(Kind.USER, users[0], "email", "New@x.org")])
            with repository.reading() as session:
                assert [user.id for user in session.users_at("new@X.ORG")] == [users[0].id]
                assert users[0].id not in {user.id for user in session.users_at("ivy@x.org")}

    def test_what_stood_around_the_words_is_written_over(self) -> None:
        """T9: what a mail quoted takes another text where the expected one is."""
        self.needs(Claim.MAIL, Claim.REMOVAL)
        world = self.plain()
        [mail] = self._mails(world, "<1>")
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [mail.ticket_id])
                session.apply([Add(mail)])
                assert list(session.written_by(mail.sender_id))[-1] == mail
            other = attrs.evolve(mail, quoted="else")
            with pytest.raises(ConflictError), repository.writing() as session:
                session.lock([], [mail.ticket_id])
                session.apply([SetField.of(Kind.MAIL, other, "quoted", "")])
            with repository.writing() as session:
                session.lock([], [mail.ticket_id])
                session.apply([SetField.of(Kind.MAIL, mail, "quoted", "")])
                session.apply([SetField.of(Kind.MAIL, mail, "mail_id", None)])
            with repository.reading() as session:
                left = attrs.evolve(mail, quoted="", mail_id=None)
                assert list(session.mails([mail.ticket_id])) == [left]
                assert list(session.mails_named(["<1>"])) == []

    def _mails(self, world: World, *mail_ids: str | None) -> list[ReceivedMail]:
        return [
            ReceivedMail(
                id=make_id(self.id_type, "mail", n),
                ticket_id=world.ticket_ids[n % len(world.ticket_ids)],
                team_id=world.teams[0].id,
                sender_id=world.users[2].id,
                at=MONDAY + n * _MOMENT,
                mail_id=mail_id,
                subject="Re: No ink",
                quoted="> is it plugged in?",
            )
            for n, mail_id in enumerate(mail_ids)
        ]
