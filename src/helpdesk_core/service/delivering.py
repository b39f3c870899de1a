"""The worker's use-cases: deliver the outbox, see to what is dead, purge (N1, N2, T6, T8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import attrs

from helpdesk_core.entities import Actor, Id, System
from helpdesk_core.errors import (
    InvalidValueError,
    NotFoundError,
    RepositoryError,
    RetryableError,
)
from helpdesk_core.events import MessageGivenUp
from helpdesk_core.fields import utc
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import Claim, DeliveryStatus, Later, Notification, OutgoingMessage, Session
from helpdesk_core.service.answers import noted
from helpdesk_core.service.claims import require_claims
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.letters import LetterWriter, digest_key
from helpdesk_core.service.observing import notes
from helpdesk_core.service.once import Once
from helpdesk_core.service.pages import Cursors, Page, check_limit
from helpdesk_core.service.work import Work

#: For how long a message that was taken from the outbox is nobody else's.
LEASE = timedelta(minutes=5)
#: So many are taken at once: all of them have to be sent within that time.
AT_ONCE = 20
#: After how many attempts a message is dead.
ATTEMPTS = 8
#: For how long sent messages and idempotency keys are kept (T7).
KEPT = timedelta(days=30)

_DELIVERY = System(reason="delivery")
_Status = DeliveryStatus
#: What stops a whole delivery; anything else is of one message, and must not stop the others.
_OF_THE_STORE = (RepositoryError, RetryableError)


@attrs.frozen(kw_only=True)
class Delivered:
    """What one call of `deliver` did; `errors` are the types of those that failed, by name.

    `later` were put off by the notifier to another moment, which is no failure.
    """

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    later: int = 0
    errors: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class DeadLetter:
    """A message that was given up, by ids alone: what it said is not shown.

    `error` is the type of what kept it from being sent the last time.
    """

    key: str
    ticket_id: Id
    recipient_id: Id
    channel: Channel
    kind: NoticeKind
    created_at: datetime
    attempts: int
    error: str | None


@attrs.frozen
class _Outcome:
    """What becomes of one notification."""

    status: DeliveryStatus
    error: str | None = None
    later: Later | None = None


_SENT, _SKIPPED = _Outcome(_Status.SENT), _Outcome(_Status.SKIPPED)


class DeliveringUseCases(Desk):
    """What a host's worker calls, for the help desk itself."""

    def deliver(self, limit: int = 100) -> Delivered:
        """Hand up to `limit` messages of the outbox to the notifier, each at least once (N1).

        Of a ticket they go in order, and for one person one after the other; who cannot be reached
        keeps nobody else waiting. The right to be told and the address are looked up at this moment
        (N2). What the notifier refuses, by whatever exception, is tried again, later each time, and
        is dead after a number of attempts: then the history of the ticket says so
        (`MessageGivenUp`). Any number of workers may call this at once.
        """
        require_claims(self._repository.claims, [Claim.OUTBOX])
        done: Counter[str] = Counter()
        errors: dict[str, None] = {}

        def count(outcome: _Outcome, number: int = 1) -> None:
            word = {_Status.SENT: "sent", _Status.SKIPPED: "skipped"}.get(outcome.status, "failed")
            done["later" if outcome.later else word] += number
            if outcome.error is not None:
                errors[outcome.error] = None

        while (left := limit - done.total()) > 0:
            until, taken = self._taken(left)
            for notification in taken:
                if self._now() >= until:  # somebody else may have them by now
                    return Delivered(**done, errors=tuple(errors))
                outcome = self._send(notification)
                self._settle(notification, outcome)
                count(outcome)
            if not taken and not self._deliver_digest(count):
                break
        return Delivered(**done, errors=tuple(errors))

    def _taken(self, limit: int) -> tuple[datetime, Sequence[Notification]]:
        now = self._now()
        until = now + LEASE
        taken = self._transact(lambda session: session.take(now, until, min(limit, AT_ONCE)))
        return until, taken

    def _send(self, notification: Notification) -> _Outcome:
        try:
            with self._repository.reading() as session:
                message = self._writer().written(session, notification)
        except _OF_THE_STORE:
            raise
        except Exception as error:  # of a host's `link_to`
            return self._failed(notification, error)
        return _SKIPPED if message is None else self._handed_over(message, [notification])

    def _handed_over(self, message: OutgoingMessage, of: Sequence[Notification]) -> _Outcome:
        try:
            later = self._notifier.send(message)
            if later is None:
                return _SENT
            if utc("at", later.at) <= self._now():
                raise InvalidValueError("at", "must be after now")
        except Exception as error:  # a notifier with a bug must not keep the others waiting
            return self._failed(of[0], error)
        return _Outcome(_Status.HELD if later.digest else _Status.PENDING, later=later)

    def _failed(self, notification: Notification, error: Exception) -> _Outcome:
        noted("was not sent", notification.key, error)
        dead = notification.attempts >= ATTEMPTS
        return _Outcome(_Status.DEAD if dead else _Status.PENDING, error=type(error).__name__)

    def _settle(self, notification: Notification, outcome: _Outcome) -> None:
        now = self._now()
        self._transact(lambda session: self._settled(session, notification, outcome, now))

    def _settled(
        self, session: Session, notification: Notification, outcome: _Outcome, now: datetime
    ) -> None:
        """Put down what became of one; when it is given up the ticket's history says so."""
        key, notice, later = notification.key, notification.notice, outcome.later
        lent = notification.not_before  # unless it ran out, and somebody else has it by now
        if later is not None:
            held = later.at if later.digest else None
            at = None if later.digest else later.at
            session.settle(
                key, outcome.status, not_before=at, held_until=held, attempts=0, lent_until=lent
            )
            return
        again: datetime | None = None
        status, held = outcome.status, None
        if status is _Status.PENDING:
            again, held = now + timedelta(minutes=2**notification.attempts), notification.held_until
            status = _Status.HELD if held else status
        own = session.settle(
            key, status, not_before=again, error=outcome.error, held_until=held, lent_until=lent
        )
        if own and status is _Status.DEAD and Claim.HISTORY in self._repository.claims:
            given_up = MessageGivenUp(
                at=now,
                by=_DELIVERY,
                ticket_id=notice.ticket_id,
                recipient_id=notice.recipient_id,
                channel=notice.channel.value,
                attempts=notification.attempts,
                error=outcome.error or "",
            )
            session.publish([given_up], [])
            notes().happens([given_up])

    def _deliver_digest(self, count: Callable[[_Outcome, int], None]) -> bool:
        """Send one digest that is due, of what may be told by now; whether to look for another."""
        now = self._now()
        taken = self._transact(lambda session: session.take_digest(now, now + LEASE))
        if not taken:
            return False
        writer, parts = self._writer(), []
        outcome = _SKIPPED
        try:
            with self._repository.reading() as session:
                for one in taken:
                    if (message := writer.written(session, one)) is not None:
                        parts.append(message)
        except _OF_THE_STORE:
            raise
        except Exception as error:  # of a host's `link_to`
            outcome = self._failed(taken[0], error)
        else:
            if parts and self._now() < now + LEASE:
                key = digest_key([one.key for one in taken])
                digest = writer.digest(taken[0].notice.recipient_id, parts, key)
                outcome = self._handed_over(digest, taken)
            elif parts:  # somebody else may have them by now, and another call has time
                return False
        told = {part.key for part in parts}
        settled_at = self._now()

        def settle(session: Session) -> None:
            for one in taken:
                left_out = outcome.status is _Status.SENT and one.key not in told
                self._settled(session, one, _SKIPPED if left_out else outcome, settled_at)

        self._transact(settle)
        count(outcome, len(taken))
        return True

    def _writer(self) -> LetterWriter:
        return LetterWriter(
            claims=self._repository.claims,
            letters=self._letters,
            company_scope=self._company_scope,
            domain=self._mail_domain,
            link_to=self._link_to,
            open_file=None if self._attachments is None else self._attachments.get,
        )

    # --- what could not be delivered -------------------------------------------------------------

    def dead_letters(
        self, *, actor: Actor, after: str | None = None, limit: int = 100
    ) -> Page[DeadLetter]:
        """Messages that were given up, oldest first (N1, T8)."""
        check_limit(limit)
        cursors = Cursors.of("dead_letters")
        last = None if after is None else str(cursors.place(after)[1])

        def ask(work: Work) -> Page[DeadLetter]:
            work.require("outbox.see_to")
            work.claim(Claim.OUTBOX)
            found = work.session.outbox(status=_Status.DEAD, after=last, limit=limit + 1)
            dead = [_dead_letter(one) for one in found]
            return cursors.page(dead, limit, lambda one: (None, one.key))

        return self._read(actor, ask)

    def send_again(
        self, keys: Collection[str], *, actor: Actor, idempotency_key: str | None = None
    ) -> int:
        """Try messages that were given up once more, as if for the first time; how many (N1)."""
        return self._see_to("outbox.send_again", keys, _Status.PENDING, actor, idempotency_key)

    def set_aside(
        self, keys: Collection[str], *, actor: Actor, idempotency_key: str | None = None
    ) -> int:
        """Try messages that were given up no more: `purge` drops them in time; how many (N1)."""
        return self._see_to("outbox.set_aside", keys, _Status.SKIPPED, actor, idempotency_key)

    def _see_to(
        self,
        use_case: str,
        keys: Collection[str],
        status: DeliveryStatus,
        actor: Actor,
        key: str | None,
    ) -> int:
        wanted = _keys(keys)

        def allowed(work: Work) -> None:
            work.require("outbox.see_to")
            work.claim(Claim.OUTBOX)

        def do(work: Work) -> int:
            allowed(work)
            for one in wanted:
                if not work.session.settle(one, status, attempts=0, was=_Status.DEAD):
                    raise NotFoundError("dead letter", one)
            return len(wanted)

        return self._write(
            use_case,
            actor,
            do,
            once=Once(
                key=key,
                payload={"keys": wanted},
                again=lambda work, _: allowed(work),
            ),
        )

    def purge(self) -> int:
        """Drop what was sent or skipped, and idempotency keys, older than 30 days; how many.

        The history of tickets stays (T6).
        """
        claims = self._repository.claims
        if Claim.IDEMPOTENCY_KEYS not in claims:
            require_claims(claims, [Claim.OUTBOX])
        return self._transact(lambda session: session.purge(self._now() - KEPT))


def _keys(keys: Collection[str]) -> tuple[str, ...]:
    if isinstance(keys, str) or not all(isinstance(key, str) for key in keys):
        raise InvalidValueError("keys", "must be a collection of texts")
    return tuple(dict.fromkeys(keys))


def _dead_letter(notification: Notification) -> DeadLetter:
    notice = notification.notice
    return DeadLetter(
        key=notification.key,
        ticket_id=notice.ticket_id,
        recipient_id=notice.recipient_id,
        channel=notice.channel,
        kind=notice.kind,
        created_at=notification.created_at,
        attempts=notification.attempts,
        error=notification.error,
    )
