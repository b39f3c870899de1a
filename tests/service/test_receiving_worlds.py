"""Whatever mails come, in whatever order: no loop, no way in, nothing lost (N3, M9, V15, M6)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desks import SETUP, Company, repository_for
from helpdesk_core import (
    EmailTemplate,
    OnAnswer,
    RefusedError,
    System,
    Visibility,
    can_view,
    every,
)
from helpdesk_core.ports import Automatic, IncomingEmail, TicketFilter
from helpdesk_core.visibility.scopes import Everything

MAIL = System(reason="mail")
SENDERS = ("pat", "pia", "con", "emp", "ann", "new", "other")
TEAMS = ("public", "company", "private")

mails = st.fixed_dictionaries(
    {
        "sender": st.sampled_from(SENDERS),
        "team": st.sampled_from(TEAMS),
        "automatic": st.sampled_from([None, None, None, *Automatic]),
        "answers": st.none() | st.integers(0, 8),
        "same_words": st.booleans(),
        "same_id": st.booleans(),
        "verified": st.booleans(),
    }
)
others = st.sampled_from(["close", "note", "reply", "merge", "narrow", "widen", "hour", "deliver"])
#: What is done, and so many minutes after what was done before.
acts = st.lists(st.tuples(mails | others, st.sampled_from([0, 1, 20])), min_size=1, max_size=14)


class World:
    """A desk whose teams answer whoever opens a ticket, and what came to it and left it."""

    def __init__(self, store: str, folder: Path, on_answer: OnAnswer) -> None:
        self.company = Company(repository_for(store, folder), folder)
        self.desk = self.company.desk
        thanks = EmailTemplate("We have it", "${ticket.id}")
        self.desk.change_stage("new", actor=SETUP, email_template=thanks)
        for team in TEAMS:
            self.desk.change_team(team, actor=SETUP, on_answer=on_answer)
            self.desk.follow_team(team, "bob", actor=SETUP)
        self.number = 0
        self.ids: list[str] = []
        self.answered: list[Any] = []

    def tickets(self) -> list[Any]:
        """All tickets, tombstones too."""
        with self.company.repository.reading() as session:
            return list(session.find(Everything(), TicketFilter(merged=None)))

    def said(self) -> dict[Any, Any]:
        """All that was said, by id."""
        with self.company.repository.reading() as session:
            ids = [ticket.id for ticket in self.tickets()]
            return {message.id: message for message in session.messages(ids)}

    def waiting(self) -> list[str]:
        """The keys of all messages that are or were to be sent."""
        with self.company.repository.reading() as session:
            return [one.key for one in session.outbox()]

    def receive(self, asked: dict[str, Any]) -> None:
        """Take in a mail, and hold what comes of it against the rules."""
        self.number += 1
        mail_id = f"<{self.number}@x>"
        if asked["same_id"] and self.ids:
            mail_id = self.ids[-1]
        references = []
        if asked["answers"] is not None and self.ids:
            references = [self.ids[asked["answers"] % len(self.ids)]]
        words = "again" if asked["same_words"] else f"words {self.number}"
        mail = IncomingEmail(
            sender=f"{asked['sender']}@example.com",
            subject="Ink",
            text=words,
            quoted="> quoted zzq",
            mail_id=mail_id,
            references=references,
            automatic=asked["automatic"],
        )
        before, tickets, outbox = self.said(), self.tickets(), self.waiting()
        received = self._received(mail, asked)
        if received is None:
            assert (self.said(), self.tickets(), self.waiting()) == (before, tickets, outbox)
            return
        code = received.decision.code
        if asked["automatic"] not in (None, Automatic.BULK):
            assert self.waiting() == outbox, "automatic mail causes none"
        new = [message for id, message in self.said().items() if id not in before]
        if code in ("mail.replied", "mail.noted"):
            [message] = new
            assert (message.body, message.author_id) == (words, received.sender_id)
            assert message.internal == (code == "mail.noted")
        else:
            assert new == []
        if code == "mail.opened":
            [ticket] = [t for t in self.tickets() if t.id not in {old.id for old in tickets}]
            assert (ticket.description, ticket.customer_id) == (words, received.sender_id)
            assert ticket.team_id == asked["team"]
        if received.decision.allowed and code != "mail.returned":
            self.ids.append(mail_id)
            self._is_no_way_in(received.sender_id)

    def _received(self, mail: IncomingEmail, asked: dict[str, Any]) -> Any:
        """What became of it; None: it was refused, as it may be."""
        call = {"verified": asked["verified"], "actor": MAIL}
        try:
            return self.desk.receive(mail, asked["team"], **call)
        except RefusedError as error:
            refused = error.decision.code
        if refused not in ("mail.refused.not_verified", "message.refused.another_customer"):
            raise AssertionError(refused)
        return None

    def _is_no_way_in(self, sender_id: Any) -> None:
        """Whoever wrote somewhere could see it, or is the customer, then."""
        with self.company.repository.reading() as session:
            user = session.users([sender_id])[sender_id]
            latest = session.mails([t.id for t in self.tickets()])[-1]
            ticket = session.tickets([latest.ticket_id])[latest.ticket_id]
            team = session.teams([ticket.team_id])[ticket.team_id]
        assert ticket.customer_id == sender_id or can_view(user, ticket, team).allowed

    def act(self, what: str) -> None:
        """Something else that happens meanwhile, to the latest ticket."""
        if what == "hour":
            self.company.clock.advance(timedelta(hours=1))
        elif what == "deliver":
            self.deliver()
        elif what in ("narrow", "widen"):
            level = Visibility.PRIVATE if what == "narrow" else Visibility.PUBLIC
            plan = self.desk.preview_visibility("public", level, actor=SETUP)
            self.desk.change_visibility("public", level, actor=SETUP, confirmed=plan)
        tickets = [ticket for ticket in self.tickets() if not ticket.is_merged_away]
        if not tickets:
            return
        if what == "close":
            self.desk.close(tickets[-1].id, actor=SETUP)
        elif what == "note":
            self.desk.note(tickets[-1].id, "zzq inside", actor=SETUP)
        elif what == "reply":
            self.desk.reply(tickets[-1].id, "Hello", actor=SETUP)
        elif what == "merge" and len(tickets) > 1:
            two = [tickets[0].id, tickets[-1].id]
            self.desk.merge(two, actor=SETUP, allow_cross_visibility=True)

    def deliver(self) -> None:
        """Send what waits, and hold it against the rules."""
        for message in self.company.deliver():
            if message.auto_submitted.value == "auto-replied":
                self.answered.append(message)
            with self.company.repository.reading() as session:
                reader = session.users([message.recipient_id])[message.recipient_id]
            told = repr(attrs.asdict(message))
            assert "quoted zzq" not in told, "what was quoted never leaves"
            assert not reader.is_external or "zzq" not in told
            own = {
                mail.mail_id
                for mail in every(self.desk.mails, message.ticket_id, actor=SETUP)
                if mail.sender_id == message.recipient_id
            }
            assert {one for one in message.references if "helpdesk" not in one} <= own

    def answers_are_few(self) -> None:
        """One for each address, ticket and hour; five for each address and hour."""
        each = Counter((one.recipient_id, one.ticket_id) for one in self.answered)
        assert all(number == 1 for number in each.values())
        by_reader: dict[Any, list[Any]] = {}
        for one in self.answered:
            by_reader.setdefault(one.recipient_id, []).append(one.at)
        for moments in by_reader.values():
            for moment in moments:
                hour = [at for at in moments if moment <= at < moment + timedelta(hours=1)]
                assert len(hour) <= 5


@pytest.mark.parametrize(("store", "examples"), [("memory", 120), ("sqlite", 15)])
def test_whatever_mails_come(
    store: str, examples: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """N3, M9, M6, V15: any mails, answers and changes meanwhile keep the rules of mails."""

    @settings(max_examples=examples)
    @given(acts, st.sampled_from(OnAnswer))
    def check(done: list[tuple[Any, int]], on_answer: OnAnswer) -> None:
        world = World(store, tmp_path_factory.mktemp("desk"), on_answer)
        for what, minutes in done:
            world.company.clock.advance(timedelta(minutes=minutes, seconds=1))
            if isinstance(what, dict):
                world.receive(what)
            else:
                world.act(what)
        world.deliver()
        world.answers_are_few()
        assert world.desk.check() == ()

    check()
