"""The use-case of mails that come in: an answer, a new ticket, or nothing (N3, M9, G11, V15)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from helpdesk_core.entities import Actor, Id, Team, Ticket
from helpdesk_core.errors import NotFoundError
from helpdesk_core.fields import check_id
from helpdesk_core.ports import Automatic, Claim, IncomingEmail
from helpdesk_core.service.assigning import AssigningUseCases
from helpdesk_core.service.incoming import NewIds, Reading, Received, threads
from helpdesk_core.service.keeping import Keeping, NewFile, keeping
from helpdesk_core.service.landing import with_root
from helpdesk_core.service.once import Once
from helpdesk_core.service.presence import Presence
from helpdesk_core.service.work import Work


class ReceivingUseCases(AssigningUseCases):
    """What a host's worker calls with what came to a team's mailbox."""

    def receive(
        self,
        mail: IncomingEmail,
        team_id: Id,
        *,
        verified: bool,
        actor: Actor,
        new_contacts: bool = True,
        idempotency_key: str | None = None,
    ) -> Received:
        """Take in a mail that came to this team's mailbox: an answer, or a new ticket (N3).

        It is an answer when it names a ticket on which its sender may write: the right is checked
        on the ticket addressed, and the words stand on its root (M9). All else opens a ticket, so a
        mail is never a way in. An answer to an internal note is one. The sender is whoever has
        exactly this address; nobody has: a new contact, unless `new_contacts` is False.

        `verified` says that the host's mail server knows the sender's domain to have sent it: in an
        employee's name nothing is done without. The same mail again does nothing. What a machine
        sent tells nobody, and is never answered; its replies and returns open no ticket (N3).

        Raises `RefusedError` for a sender who may not be taken for who they say they are, so that a
        host can put the mail aside; `AttachmentStoreError` when its files cannot be kept, and
        `InvalidValueError` for one that is too large.
        """
        check_id("team_id", team_id)
        new = [NewFile(name=f.name, content=f.content, media_type=f.media_type) for f in mail.files]
        ids = NewIds(*(self._new_id() for _ in range(5)))
        opened: list[Ticket] = []

        def begun(work: Work) -> Team:
            work.require("mail.receive")
            work.claim(Claim.MAIL)
            team = work.session.teams([team_id]).get(team_id)
            if team is None:
                raise NotFoundError("team", team_id)
            return team

        def look() -> Presence:
            def opens(work: Work) -> Team:
                team = begun(work)
                reading = Reading(work, mail, team, self._mail_domain)
                return reading.opens_in(verified)

            return self._presence(actor, opens)

        def tickets() -> list[Id]:
            with self._repository.reading() as session:
                named = [thread.ticket_id for thread in threads(session, mail, self._mail_domain)]
            return [id for one in named for id in with_root(self._repository, one)]

        def index(_: Received) -> None:
            for ticket in opened:
                self._index(ticket)

        self._read(actor, begun)  # nobody fills the store who may not receive
        with self._kept(mail, new) as kept:

            def do(work: Work) -> Received:
                kept.recorded = False
                opened.clear()
                reading = Reading(work, mail, begun(work), self._mail_domain)
                received = reading.take_in(verified, new_contacts, ids, kept, opened)
                kept.recorded = received.decision.allowed and received.sender_id is not None
                return received

            return self._write(
                "mail.receive",
                actor,
                do,
                team_ids=[team_id],
                ticket_ids=tickets,
                look=look,
                after=index,
                once=Once(
                    key=idempotency_key,
                    payload={
                        "mail": _compared(mail),
                        "team_id": team_id,
                        "verified": verified,
                        "new_contacts": new_contacts,
                    },
                    again=lambda work, _: begun(work),
                ),
            )

    @contextmanager
    def _kept(self, mail: IncomingEmail, files: list[NewFile]) -> Iterator[Keeping]:
        """The files of a mail of which something may come."""
        nothing = mail.automatic is Automatic.BOUNCE
        with keeping(self._attachments, [] if nothing else files, self._new_id) as kept:
            yield kept


def _compared(mail: IncomingEmail) -> str:
    """What makes two mails under one key the same."""
    digests = [(f.name, f.media_type, hashlib.sha256(f.content).hexdigest()) for f in mail.files]
    return hashlib.sha256(
        repr((attrs.evolve(mail, files=()), mail.text, digests)).encode()
    ).hexdigest()
