"""What leaves, as it may be said at the moment of sending (N2, N3, V5, V15, V20)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, BinaryIO

import attrs

from helpdesk_core.decisions import deny
from helpdesk_core.entities import Attachment, Id, Message, Team, Ticket, User
from helpdesk_core.events import MessageRedacted
from helpdesk_core.mail_ids import MAIL_ID_LIMIT, Thread, mail_id_of, thread_id
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import (
    AutoSubmitted,
    Claim,
    Notification,
    OutgoingFile,
    OutgoingMessage,
    Position,
    Session,
)
from helpdesk_core.stages import template_values
from helpdesk_core.templates import Letters, LetterTemplate, Rendered
from helpdesk_core.visibility import Recipient, may_notify

#: So many of the mails that somebody sent are named in one that they get.
_REFERENCES = 5
#: So many of the messages of one moment are looked at before all are.
_NEAR = 50
_NO_LONGER = deny("notify.no_longer_concerned")


@attrs.frozen(kw_only=True)
class LetterWriter:
    """Writes a notice of the outbox out for its reader, as things are now."""

    claims: frozenset[Claim]
    letters: Letters
    company_scope: bool
    domain: str
    link_to: Callable[[Ticket], str] | None
    open_file: Callable[[Id], BinaryIO] | None

    def written(self, session: Session, notification: Notification) -> OutgoingMessage | None:
        """The message as it may be sent now, or None when it may not (N2)."""
        notice = notification.notice
        ticket = session.tickets([notice.ticket_id]).get(notice.ticket_id)
        user = session.users([notice.recipient_id]).get(notice.recipient_id)
        if ticket is None or user is None:
            return None
        team = session.teams([ticket.team_id]).get(ticket.team_id)
        address = user.email if notice.channel is Channel.EMAIL else user.phone
        if team is None or not address:
            return None
        said: Message | None = None
        if notice.message_id is not None:
            said = _message(session, ticket.id, notice.message_id, notification.created_at)
            if said is None or self._was_removed(session, said):
                return None
        elif notice.kind is NoticeKind.STAGE and notice.text is None:  # removed (T9)
            return None
        recipient = self._recipient(user, ticket, team, notification, said)
        if not recipient.decision.allowed:
            return None
        rendered = self._rendered(session, notification, ticket, team, user, recipient, said)
        thread = Thread(ticket.id, internal=said is not None and said.internal)
        return OutgoingMessage(
            key=notification.key,
            mail_id=self._mail_id(notification.key, thread if recipient.full else None),
            channel=notice.channel,
            kind=notice.kind,
            recipient_id=user.id,
            to_address=address,
            to_name=user.name,
            to_customer=user.id == ticket.customer_id,
            language=user.language,
            subject=rendered.subject or ticket.subject,
            text=rendered.text,
            html=rendered.html,
            files=self._files(session, said) if recipient.full else (),
            ticket_id=ticket.id,
            team_id=team.id,
            at=notification.created_at,
            link=self.link_to(ticket) if self.link_to and recipient.link else None,
            references=self._references(session, thread, user) if recipient.full else (),
            auto_submitted=_auto_submitted(notification, recipient, said),
        )

    def digest(self, user_id: Id, parts: Sequence[OutgoingMessage], key: str) -> OutgoingMessage:
        """Several messages for one person in one; each is in it as it would have been sent."""
        first = parts[0]
        text = "\n\n".join(
            "\n".join([f"* {part.subject}", part.text, *([part.link] if part.link else [])])
            for part in parts
        )
        template = self.letters.digest.in_language(first.language)
        rendered = template.render(
            {
                "digest.count": str(len(parts)),
                "digest.text": text,
                "recipient.name": first.to_name,
            }
        )
        return OutgoingMessage(
            key=key,
            mail_id=mail_id_of(key, self.domain),
            channel=first.channel,
            kind=NoticeKind.DIGEST,
            recipient_id=user_id,
            to_address=first.to_address,
            to_name=first.to_name,
            language=first.language,
            subject=rendered.subject or "",
            text=rendered.text,
            html=rendered.html,
            ticket_id=first.ticket_id,
            at=max(part.at for part in parts),
        )

    # --- who may read it -------------------------------------------------------------------------

    def _was_removed(self, session: Session, said: Message) -> bool:
        """Whether what was said is gone (T9), and is not just that word, which anybody may say."""
        if not said.is_removed or Claim.REMOVAL not in self.claims:
            return False
        if Claim.HISTORY not in self.claims:
            return True
        return any(
            isinstance(one.event, MessageRedacted) and one.event.message_id == said.id
            for one in session.history([said.ticket_id])
        )

    def _recipient(
        self,
        user: User,
        ticket: Ticket,
        team: Team,
        notification: Notification,
        said: Message | None,
    ) -> Recipient:
        internal = said is not None and said.internal
        recipient = may_notify(
            user, ticket, team, internal=internal, company_scope=self.company_scope
        )
        if notification.notice.kind is NoticeKind.ASSIGNED and user.id != ticket.assignee_id:
            # somebody else has the ticket by now: there is nothing to tell
            return attrs.evolve(recipient, decision=_NO_LONGER)
        if notification.notice.kind is NoticeKind.STAGE and user.id != ticket.customer_id:
            return attrs.evolve(recipient, decision=_NO_LONGER)
        return recipient

    # --- what it says ----------------------------------------------------------------------------

    def _rendered(
        self,
        session: Session,
        notification: Notification,
        ticket: Ticket,
        team: Team,
        user: User,
        recipient: Recipient,
        said: Message | None,
    ) -> Rendered:
        """A stage's own words as they were, the letter of this kind, or the minimal one (V5)."""
        notice, letters = notification.notice, self.letters
        if not recipient.full:
            minimal = letters.minimal.in_language(user.language)
            return minimal.render({"recipient.name": user.name})
        if notice.kind is NoticeKind.STAGE:
            return Rendered(subject=notice.subject, text=notice.text or "", html=notice.html)
        by_kind: dict[NoticeKind, LetterTemplate] = {
            NoticeKind.OPENED: letters.opened,
            NoticeKind.ASSIGNED: letters.assigned,
        }
        template = by_kind.get(notice.kind, letters.update).in_language(user.language)
        author_id = None if said is None else said.author_id
        ids = {ticket.customer_id, ticket.assignee_id, author_id} - {None}
        people = session.users([id for id in ids if id is not None])
        named: Callable[[Any], User | None] = people.get
        author = named(author_id)
        stage = next(stage for stage in session.stages() if stage.id == ticket.stage_id)
        values = template_values(
            ticket, stage, team, named(ticket.customer_id), named(ticket.assignee_id)
        )
        return template.render(
            values
            | {
                "ticket.description": ticket.description or ticket.subject,
                "message.text": "" if said is None else said.body,
                "author.name": author.name if author else "",
                "recipient.name": user.name,
            }
        )

    def _files(self, session: Session, said: Message | None) -> tuple[OutgoingFile, ...]:
        """The files of what was said; of a public reply none is internal (V15)."""
        if said is None or self.open_file is None:
            return ()
        return tuple(
            OutgoingFile(
                name=file.name,
                media_type=file.media_type,
                size=file.size,
                open=partial(self.open_file, file.id),
            )
            for file in session.attachments([said.ticket_id])
            if file.message_id == said.id and not file.is_removed and _fits(file, said)
        )

    def _mail_id(self, key: str, thread: Thread | None) -> str:
        """An id that names the thread, as long as an id may be."""
        mail_id = mail_id_of(key, self.domain, thread)
        return mail_id if len(mail_id) <= MAIL_ID_LIMIT else mail_id_of(key, self.domain)

    def _references(self, session: Session, thread: Thread, user: User) -> tuple[str, ...]:
        """The thread, and the mails about it that the reader sent; of nobody else's (M7, N3)."""
        references = [thread_id(thread, self.domain)]
        if Claim.MAIL in self.claims and not thread.internal:
            theirs = [m for m in session.mails([thread.ticket_id]) if m.sender_id == user.id]
            references += [mail.mail_id for mail in theirs[-_REFERENCES:] if mail.mail_id]
        return tuple(one for one in references if len(one) <= MAIL_ID_LIMIT)


def _message(session: Session, ticket_id: Id, id: Id, at: datetime) -> Message | None:
    """What was said, of a ticket on which much is: it was said when the notice was made."""
    before = Position(at - timedelta(microseconds=1), id)
    near = session.messages([ticket_id], after=before, limit=_NEAR)
    for messages in (near, () if len(near) < _NEAR else session.messages([ticket_id])):
        for message in messages:
            if message.id == id:
                return message
    return None


def digest_key(keys: Sequence[str]) -> str:
    """The key of a digest: the same for the same messages (N1).

    >>> digest_key(["a", "b"]) == digest_key(["a", "b"]) != digest_key(["a"])
    True
    """
    return f"digest-{hashlib.sha256(repr(list(keys)).encode()).hexdigest()[:32]}"


def _fits(file: Attachment, said: Message) -> bool:
    return said.internal or not file.internal


def _auto_submitted(
    notification: Notification, recipient: Recipient, said: Message | None
) -> AutoSubmitted:
    """Whose words they are: somebody's, or the desk's (N3)."""
    if notification.notice.in_answer:
        return AutoSubmitted.REPLIED
    by_somebody = said is not None and said.author_id is not None and not said.automatic
    return AutoSubmitted.NO if by_somebody and recipient.full else AutoSubmitted.GENERATED
