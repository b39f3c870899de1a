"""A mail that came in, read inside one transaction: what it answers, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta

import attrs

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.entities import Id, Message, ReceivedMail, Team, Ticket, User, UserKind
from helpdesk_core.errors import NotFoundError, RefusedError
from helpdesk_core.events import MailReturned, UserChanged
from helpdesk_core.fields import NAME_LIMIT
from helpdesk_core.mail_ids import Thread, is_own, thread_of
from helpdesk_core.plans import Add
from helpdesk_core.ports import Automatic, IncomingEmail, Session
from helpdesk_core.service.answering import answering, opening_another
from helpdesk_core.service.choosing import choice
from helpdesk_core.service.keeping import Keeping
from helpdesk_core.service.landing import held_root, root_of, same_customer
from helpdesk_core.service.opening import Answering, after, first_followers, taking_in
from helpdesk_core.service.posting import post
from helpdesk_core.service.presence import NOT_ASKED
from helpdesk_core.service.work import Case, MovedError, Work
from helpdesk_core.visibility import may_answer

#: An address gets at most one automatic reply about a ticket, and so many in all, in this time.
IN_AN_HOUR, ANSWERS_IN_AN_HOUR = timedelta(hours=1), 5
#: So many of the tickets that a mail names are looked at.
_NAMED = 10
_NO_SUBJECT = "(no subject)"


@attrs.frozen(kw_only=True)
class Received:
    """What became of a mail: the ticket, and the message where it is one; `decision` says which.

    Where nothing came of it, `decision.allowed` is False, and its code says why.
    """

    decision: Decision
    ticket_id: Id | None = None
    message_id: Id | None = None
    sender_id: Id | None = None


@attrs.frozen
class _Addressed:
    """The ticket that a mail answers, and whether what it answers is an internal note."""

    case: Case
    internal: bool


@attrs.frozen
class NewIds:
    """Ids for what may be made: the same in each attempt."""

    ticket: Id
    another: Id
    message: Id
    mail: Id
    user: Id


@attrs.frozen
class Reading:
    """A mail, as it is read inside one transaction."""

    work: Work
    mail: IncomingEmail
    team: Team
    domain: str

    # --- what becomes of it ----------------------------------------------------------------------

    def take_in(
        self,
        verified: bool,
        new_contacts: bool,
        ids: NewIds,
        kept: Keeping,
        opened: list[Ticket],
    ) -> Received:
        mail, nothing = self.mail, self._nothing()
        if mail.automatic is Automatic.BOUNCE:
            return self._returned()
        if nothing is not None:
            return Received(decision=nothing)
        sender = self._sender(verified, new_contacts, ids.user)
        before = self._before(sender)
        if before is not None:
            return before
        writing = attrs.evolve(self.work, actor=sender)
        addressed = self._addressed(writing)
        if addressed is not None:
            return self._answer(writing, addressed, ids, kept, opened)
        if mail.automatic is Automatic.REPLIED:
            return Received(decision=deny("mail.dropped.automatic_reply"))
        return self._open(writing, ids, kept, opened)

    def opens_in(self, verified: bool) -> Team:
        """The team in which it would open a ticket; `NotFoundError` when in none."""
        mail, none = self.mail, NotFoundError("ticket", 0)
        if mail.automatic in (Automatic.BOUNCE, Automatic.REPLIED) or self._nothing() is not None:
            raise none
        sender = self._known_sender(verified)
        if sender is None:
            return self.team
        if self._before(sender) is not None:
            raise none
        writing = attrs.evolve(self.work, actor=sender)
        addressed = self._addressed(writing)
        if addressed is None:
            return self.team
        root = root_of(writing, addressed.case)
        draft = self._draft(addressed)
        if not answering(writing, addressed.case, root, draft, by_mail=True).opens_another:
            raise none
        return root.team

    def _nothing(self) -> Decision | None:
        """Why nothing can come of it, whoever sent it."""
        if self.mail.mail_id is not None and is_own(self.mail.mail_id, self.domain):
            return deny("mail.dropped.own")  # it went round in a circle
        return None

    def _before(self, sender: User) -> Received | None:
        """What came of the same mail before: by id and sender, to this mailbox or ticket."""
        if self.mail.mail_id is None:
            return None
        roots = {self.work.resolve(thread.ticket_id) for thread in self._threads()}
        for earlier in self.work.session.mails_named([self.mail.mail_id]):
            same_place = earlier.team_id == self.team.id
            if earlier.sender_id != sender.id:
                continue
            if same_place or self.work.resolve(earlier.ticket_id) in roots:
                return Received(
                    decision=deny("mail.dropped.received_before"),
                    ticket_id=earlier.ticket_id,
                    message_id=earlier.message_id,
                    sender_id=sender.id,
                )
        return None

    def _returned(self) -> Received:
        """A mail of ours did not arrive: the history of its ticket says so."""
        ours = [one for one in self.mail.references if is_own(one, self.domain)]
        named = {thread_of(one, self.domain) for one in ours}  # which takes a mail of ours to know
        for thread in self._threads():
            if thread not in named:
                continue
            ticket = self.work.session.tickets([thread.ticket_id])[thread.ticket_id]
            self.work.holds(ticket.team_id)
            event = MailReturned(
                at=self.work.now, by=self.work.by, ticket_id=ticket.id, team_id=ticket.team_id
            )
            self.work.write([], [event])
            return Received(decision=allow("mail.returned"), ticket_id=ticket.id)
        return Received(decision=deny("mail.dropped.return"))

    # --- who sent it -----------------------------------------------------------------------------

    def _known_sender(self, verified: bool) -> User | None:
        """Who has exactly this address: an active one, one who may answer before the others."""
        found = self.work.session.users_at(self.mail.sender)
        active = [user for user in found if user.active]
        if found and not active:
            raise RefusedError(deny("mail.refused.inactive_sender"))
        if not verified and any(not user.is_external for user in active):
            raise RefusedError(deny("mail.refused.not_verified"))
        answers = (u for u in active if self._addressed(attrs.evolve(self.work, actor=u)))
        return next(answers, active[0] if active else None)

    def _sender(self, verified: bool, new_contacts: bool, new_id: Id) -> User:
        known = self._known_sender(verified)
        if known is not None:
            return known
        if not new_contacts:
            raise RefusedError(deny("mail.refused.unknown_sender"))
        name = self.mail.sender_name.strip() or self.mail.sender
        user = User(
            id=new_id, name=name[:NAME_LIMIT], kind=UserKind.CONTACT, email=self.mail.sender
        )
        if self.mail.automatic is not Automatic.REPLIED:  # of which nothing comes
            event = UserChanged(at=self.work.now, by=self.work.by, user_id=user.id, fields=("id",))
            self.work.write([Add(user)], [event])
        return user

    # --- what it answers -------------------------------------------------------------------------

    def _threads(self) -> list[Thread]:
        return threads(self.work.session, self.mail, self.domain)

    def _addressed(self, writing: Work) -> _Addressed | None:
        """The ticket that it answers, the nearest on which its sender may write."""
        assert isinstance(writing.actor, User)
        sender = writing.actor
        for thread in threads(writing.session, self.mail, self.domain, sender.id):
            ticket = writing.session.tickets([thread.ticket_id])[thread.ticket_id]
            team = writing.session.teams([ticket.team_id])[ticket.team_id]
            internal = thread.internal and not sender.is_external
            decision = may_answer(sender, ticket, team, company_scope=writing.company_scope)
            by_role = writing.may("ticket.note" if internal else "ticket.reply") is None
            own = not internal and decision.code == "answer.customer"
            seen = own or writing.sees(ticket, team)
            # a contact has no role, and answers what they are told in full (V20)
            may = by_role or (own and sender.kind is UserKind.CONTACT)
            if decision.allowed and may and seen:
                return _Addressed(Case(ticket, team), internal)
        return None

    def _draft(self, addressed: _Addressed) -> Message:
        return Message(
            id=0,
            ticket_id=addressed.case.ticket.id,
            body=self.mail.text,
            at=self.work.now,
            internal=addressed.internal,
            automatic=self._is_automatic,
        )

    @property
    def _is_automatic(self) -> bool:
        """Whether a machine sent it; what a list passes on somebody wrote."""
        return self.mail.automatic not in (None, Automatic.BULK)

    def _answer(
        self,
        writing: Work,
        addressed: _Addressed,
        ids: NewIds,
        kept: Keeping,
        opened: list[Ticket],
    ) -> Received:
        case, draft = addressed.case, self._draft(addressed)
        _may_attach(writing, kept)
        root = held_root(writing, case)
        if not draft.internal:
            same_customer(writing, case, root)
        plan = answering(writing, case, root, draft, by_mail=True)
        if plan.opens_another:
            root = opening_another(writing, root, ids.another, self._answering(writing))
            opened.append(root.ticket)
        elif plan.changes:
            writing.carry_out(plan)
        message = attrs.evolve(
            draft, id=ids.message, ticket_id=root.ticket.id, author_id=writing.author_id
        )
        on = root.ticket.id if plan.opens_another else case.ticket.id
        mail = Add(self._record(writing, ids.mail, on, message))
        post(writing, root, message, kept.files, [mail], quiet=self._is_automatic)
        return Received(
            decision=allow("mail.noted" if message.internal else "mail.replied"),
            ticket_id=root.ticket.id,
            message_id=message.id,
            sender_id=writing.author_id,
        )

    # --- what it opens ---------------------------------------------------------------------------

    def _open(self, writing: Work, ids: NewIds, kept: Keeping, opened: list[Ticket]) -> Received:
        """A new ticket in the mailbox's team, of which the sender is the customer."""
        assert isinstance(writing.actor, User)
        sender, team = writing.actor, self.team
        if sender.kind is not UserKind.CONTACT:
            writing.require("ticket.open")
        _may_attach(writing, kept)
        if team.auto_assign and writing.presence == NOT_ASKED:
            raise MovedError  # it was an answer when the calendar would have been asked
        # who may not open the team does not come to see inside what is said of them there
        opens = not sender.is_external and writing.opens(sender, team).allowed
        stage = writing.pipeline(team).first_open(team.id)
        ticket = Ticket(
            id=ids.ticket,
            team_id=team.id,
            stage_id=stage.id,
            subject=self.mail.subject.strip() or _NO_SUBJECT,
            description=self.mail.text,
            created_at=writing.now,
            opener_id=sender.id,
            customer_id=sender.id,
            followers=first_followers(sender.id if opens else None, sender),
        )
        assigning = [choice(writing, ticket, team)] if team.auto_assign else []
        if self._is_automatic:
            assigning = [attrs.evolve(plan, notices=()) for plan in assigning]
        assigned = after(ticket, *assigning) if stage.writes else ticket
        how = self._answering(writing)
        writing.carry_out(
            taking_in(writing, ticket, assigned, team, stage, sender, how), *assigning
        )
        case = Case(writing.fresh(ticket.id), team)
        writing.write(
            [
                *(file.attachment(writing, case, None, False) for file in kept.files),
                Add(self._record(writing, ids.mail, ticket.id)),
            ],
            [file.event(writing, case, False) for file in kept.files],
        )
        opened.append(case.ticket)
        return Received(decision=allow("mail.opened"), ticket_id=ticket.id, sender_id=sender.id)

    def _answering(self, writing: Work) -> Answering:
        """Whether its sender is answered by a machine, and anybody told (N3)."""
        if self._is_automatic:
            return Answering.QUIET
        if self.mail.automatic is Automatic.BULK or self._was_answered_enough(writing):
            return Answering.UNANSWERED
        return Answering.ANSWERED

    def _was_answered_enough(self, writing: Work) -> bool:
        """Whether something answers us without saying that it is a machine.

        It says the same again, or it opened many tickets within the hour.
        """
        assert isinstance(writing.actor, User)
        since = writing.now - IN_AN_HOUR
        recent = writing.session.mails_of(writing.actor.id, since)
        tickets = writing.session.tickets({mail.ticket_id for mail in recent})
        opened = [m for m in recent if m.at == tickets[m.ticket_id].created_at]
        if len(opened) >= ANSWERS_IN_AN_HOUR:
            return True
        words = self.mail.text.split()
        ids = {mail.message_id for mail in opened}
        said = [tickets[mail.ticket_id].description for mail in opened if mail.message_id is None]
        messages = writing.session.messages({m.ticket_id for m in opened if m.message_id})
        said += [message.body for message in messages if message.id in ids]
        return any(text.split() == words for text in said)

    def _record(
        self, writing: Work, id: Id, ticket_id: Id, message: Message | None = None
    ) -> ReceivedMail:
        assert isinstance(writing.actor, User)
        return ReceivedMail(
            id=id,
            ticket_id=ticket_id,
            team_id=self.team.id,
            sender_id=writing.actor.id,
            at=writing.now,
            mail_id=self.mail.mail_id,
            message_id=None if message is None else message.id,
            subject=self.mail.subject,
            quoted=self.mail.quoted,
            internal=message is not None and message.internal,
            automatic=self._is_automatic,
        )


def threads(
    session: Session, mail: IncomingEmail, domain: str, sender_id: Id | None = None
) -> list[Thread]:
    """The tickets that it names and that there are: by our ids, or by those of earlier mails.

    An id under which several people sent something says nothing: anybody can use it once more. To
    one of them, with `sender_id`, it says what they sent themselves.
    """
    references = mail.references[:_NAMED]
    earlier = session.mails_named(references) if references else ()
    found: dict[Thread, None] = {}
    for reference in references:
        thread = thread_of(reference, domain)
        if thread is not None:
            found.setdefault(thread)
        named = [one for one in earlier if one.mail_id == reference]
        if sender_id is not None and len({one.sender_id for one in named}) > 1:
            named = [one for one in named if one.sender_id == sender_id]
        for one in named:
            found.setdefault(Thread(one.ticket_id, one.internal))
    there = session.tickets([thread.ticket_id for thread in found])
    return [thread for thread in found if thread.ticket_id in there][:_NAMED]


def _may_attach(writing: Work, kept: Keeping) -> None:
    """Raise `RefusedError` for files of somebody whose role may attach none (T5)."""
    assert isinstance(writing.actor, User)
    if kept.files and writing.actor.kind is not UserKind.CONTACT:
        writing.require("ticket.attach")
