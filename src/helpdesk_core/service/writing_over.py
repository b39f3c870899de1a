"""What is kept beside the things themselves, without what has to go: outbox, keys, digests (T9)."""

from __future__ import annotations

import attrs

from helpdesk_core.entities import Id
from helpdesk_core.events import Event, StageMessageSkipped
from helpdesk_core.plans import Change, Notice
from helpdesk_core.ports import Claim, DeliveryStatus, Notification
from helpdesk_core.service.removed import Going
from helpdesk_core.service.work import Work


def undigested(work: Work, going: Going) -> list[Change]:
    """Digests of words that are gone would tell whoever guesses them that they were right (M5)."""
    if Claim.DISCARDS not in work.claims or not going.tickets:
        return []
    left = []
    for pair in work.session.discards(list(going.tickets)):
        sides = (("first_fingerprint", pair.first_id), ("second_fingerprint", pair.second_id))
        left.append(attrs.evolve(pair, **{name: "" for name, id in sides if id in going.tickets}))
    return [*left]


def write_over(work: Work, going: Going) -> None:
    """What is kept beside the things themselves: notifications and results of keys."""
    mails: list[Notification] = []
    skipped: list[Event] = []
    if Claim.OUTBOX in work.claims:
        for mail in work.session.outbox():
            left = _mail_left(mail, going)
            if left != mail:
                mails.append(left)
            if left.status is not mail.status and left.notice.stage_id is not None:
                skipped.append(_skip(work, left.notice, left.notice.stage_id))
    results = {}
    if Claim.IDEMPOTENCY_KEYS in work.claims:
        for key, kept in work.session.remembered(going.names):
            result = going.left_of(kept.result)
            if result != kept.result:
                results[key] = attrs.evolve(kept, result=result)
    if mails or results:
        work.session.rewrite(mails, results)
    work.write([], skipped)


def _mail_left(mail: Notification, going: Going) -> Notification:
    """The notification without what has to go; one that has nothing left to say is not sent."""
    left = attrs.evolve(mail, notice=going.left_of(mail.notice))
    of_a_message = mail.notice.message_id in going.messages
    to_them = going.user is not None and mail.notice.recipient_id == going.user.id
    cut_off = left.notice.text is None and mail.notice.text is not None
    if mail.status is DeliveryStatus.PENDING and (of_a_message or to_them or cut_off):
        return attrs.evolve(left, status=DeliveryStatus.SKIPPED)
    return left


def _skip(work: Work, notice: Notice, stage_id: Id) -> Event:
    return StageMessageSkipped(
        at=work.now,
        by=work.by,
        ticket_id=notice.ticket_id,
        stage_id=stage_id,
        channel=notice.channel.value,
        code="stage.skipped.removed",
    )
