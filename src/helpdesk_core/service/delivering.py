"""The worker's use-cases: deliver the outbox, purge (N1, N2, V5, V15, V20, T6)."""

from __future__ import annotations

from datetime import timedelta

import attrs

from helpdesk_core.decisions import deny
from helpdesk_core.entities import Message, System, Team, Ticket, User
from helpdesk_core.errors import HelpdeskError
from helpdesk_core.events import MessageGivenUp, MessageRedacted
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import Claim, DeliveryStatus, Notification, OutgoingMessage, Session
from helpdesk_core.service.answers import noted
from helpdesk_core.service.claims import require_claims
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.observing import notes
from helpdesk_core.visibility import Recipient, may_notify

#: For how long a message that was taken from the outbox is nobody else's.
LEASE = timedelta(minutes=5)
#: After how many attempts a message is dead.
ATTEMPTS = 8
#: For how long sent messages and idempotency keys are kept (T7).
KEPT = timedelta(days=30)

_DELIVERY = System(reason="delivery")
_NO_LONGER = deny("notify.no_longer_concerned")


@attrs.frozen(kw_only=True)
class Delivered:
    """What one call of `deliver` did; `errors` are the types of those that failed, by name."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    errors: tuple[str, ...] = ()


class DeliveringUseCases(Desk):
    """What a host's worker calls, for the help desk itself."""

    def deliver(self, limit: int = 100) -> Delivered:
        """Hand up to `limit` messages of the outbox to the notifier, each at least once (N1).

        The right to be told and the address are looked up at this moment (N2). What the notifier
        refuses, by whatever exception, is tried again, later each time, and is dead after a number
        of attempts: then the history of the ticket says so (`MessageGivenUp`). The others go on.
        """
        require_claims(self._repository.claims, [Claim.OUTBOX])
        now = self._now()
        taken = self._transact(lambda session: session.take(now, now + LEASE, limit))
        done = dict.fromkeys(DeliveryStatus, 0)
        errors: dict[str, None] = {}
        for notification in taken:
            status, error = self._send(notification)
            self._settle(notification, status, error)
            done[status] += 1
            if error is not None:
                errors[error] = None
        return Delivered(
            sent=done[DeliveryStatus.SENT],
            skipped=done[DeliveryStatus.SKIPPED],
            failed=done[DeliveryStatus.PENDING] + done[DeliveryStatus.DEAD],
            errors=tuple(errors),
        )

    def _settle(
        self, notification: Notification, status: DeliveryStatus, error: str | None
    ) -> None:
        now, notice = self._now(), notification.notice
        pending = status is DeliveryStatus.PENDING
        again = now + timedelta(minutes=2**notification.attempts) if pending else None
        dead = status is DeliveryStatus.DEAD and Claim.HISTORY in self._repository.claims

        def settle(session: Session) -> None:
            session.settle(notification.key, status, not_before=again)
            if dead:
                given_up = MessageGivenUp(
                    at=now,
                    by=_DELIVERY,
                    ticket_id=notice.ticket_id,
                    recipient_id=notice.recipient_id,
                    channel=notice.channel.value,
                    attempts=notification.attempts,
                    error=error or "",
                )
                session.publish([given_up], [])
                notes().happens([given_up])

        self._transact(settle)

    def _send(self, notification: Notification) -> tuple[DeliveryStatus, str | None]:
        """What became of it, and the type of the error where it could not be sent."""
        try:
            with self._repository.reading() as session:
                message = self._written(session, notification)
        except HelpdeskError:
            raise
        except Exception as error:  # of a host's `link_to`
            return self._failed(notification, error)
        if message is None:
            return DeliveryStatus.SKIPPED, None
        try:
            self._notifier.send(message)
        except Exception as error:  # a notifier with a bug must not keep the others waiting
            return self._failed(notification, error)
        return DeliveryStatus.SENT, None

    def _failed(
        self, notification: Notification, error: Exception
    ) -> tuple[DeliveryStatus, str | None]:
        noted("was not sent", notification.key, error)
        dead = notification.attempts >= ATTEMPTS
        return DeliveryStatus.DEAD if dead else DeliveryStatus.PENDING, type(error).__name__

    def _written(self, session: Session, notification: Notification) -> OutgoingMessage | None:
        """The message as it may be sent now, or None when it may not (N2)."""
        notice = notification.notice
        ticket = session.tickets([notice.ticket_id]).get(notice.ticket_id)
        user = session.users([notice.recipient_id]).get(notice.recipient_id)
        if ticket is None or user is None:
            return None
        team = session.teams([ticket.team_id]).get(ticket.team_id)
        if team is None:
            return None
        address = user.email if notice.channel is Channel.EMAIL else user.phone
        if not address:
            return None
        said: Message | None = None
        if notice.message_id is not None:
            said = next(
                (m for m in session.messages([ticket.id]) if m.id == notice.message_id), None
            )
            if said is None or self._was_removed(session, said):
                return None
        elif notice.kind is NoticeKind.STAGE and notice.text is None:  # removed (T9)
            return None
        recipient = self._recipient(user, ticket, team, notification, said)
        if not recipient.decision.allowed:
            return None
        subject, text = _text(notification, ticket, recipient, said)
        return OutgoingMessage(
            key=notification.key,
            channel=notice.channel,
            kind=notice.kind,
            recipient_id=user.id,
            to_address=address,
            to_name=user.name,
            subject=subject,
            text=text,
            ticket_id=ticket.id,
            at=notification.created_at,
            link=self._link_to(ticket) if self._link_to and recipient.link else None,
        )

    def _was_removed(self, session: Session, said: Message) -> bool:
        """Whether what was said is gone (T9), and is not just that word, which anybody may say."""
        claims = self._repository.claims
        if not said.is_removed or Claim.REMOVAL not in claims:
            return False
        if Claim.HISTORY not in claims:
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
            user, ticket, team, internal=internal, company_scope=self._company_scope
        )
        if notification.notice.kind is NoticeKind.ASSIGNED and user.id != ticket.assignee_id:
            # somebody else has the ticket by now: there is nothing to tell
            return attrs.evolve(recipient, decision=_NO_LONGER)
        if notification.notice.kind is NoticeKind.STAGE and user.id != ticket.customer_id:
            return attrs.evolve(recipient, decision=_NO_LONGER)
        return recipient

    def purge(self) -> int:
        """Drop what was sent or skipped, and idempotency keys, older than 30 days; how many.

        The history of tickets stays (T6).
        """
        claims = self._repository.claims
        if Claim.IDEMPOTENCY_KEYS not in claims:
            require_claims(claims, [Claim.OUTBOX])
        return self._transact(lambda session: session.purge(self._now() - KEPT))


def _text(
    notification: Notification, ticket: Ticket, recipient: Recipient, said: Message | None
) -> tuple[str, str]:
    """Subject and text: a stage's own, the full one, or the minimal one (V5, V20)."""
    notice = notification.notice
    if not recipient.full:
        return "News on a request", "There is news on a request that you follow."
    if notice.kind is NoticeKind.STAGE:
        return notice.subject or ticket.subject, notice.text or ""
    if notice.kind is NoticeKind.OPENED:
        return f"New: {ticket.subject}", ticket.description or ticket.subject
    if notice.kind is NoticeKind.ASSIGNED:
        return f"Assigned to you: {ticket.subject}", ticket.description or ticket.subject
    return f"Re: {ticket.subject}", "" if said is None else said.body
