"""What a stage says to the customer on entering (G8, N4)."""

from __future__ import annotations

from datetime import datetime

from helpdesk_core.entities import Id, Stage, Team, Ticket, User
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import (
    Event,
    StageMessageSkipped,
    Who,
)
from helpdesk_core.fields import utc
from helpdesk_core.plans import (
    Channel,
    Notice,
    NoticeKind,
)
from helpdesk_core.templates import Rendered

#: So many characters of a description go into a message: a template may name it several times.
VALUE_LIMIT = 20_000


def template_values(
    ticket: Ticket, stage: Stage, team: Team, customer: User | None, assignee: User | None
) -> dict[str, str]:
    """What a stage's templates may name, as plain strings (G8, N4).

    Of the team customers read the public description (T1); who is not there has an empty name.
    """
    return {
        "ticket.id": str(ticket.id),
        "ticket.subject": ticket.subject,
        "ticket.priority": str(ticket.priority),
        "stage.name": stage.name,
        "stage.description": stage.description[:VALUE_LIMIT],
        "team.name": team.name,
        "team.description": team.public_description[:VALUE_LIMIT],
        "customer.name": customer.name if customer else "",
        "assignee.name": assignee.name if assignee else "",
    }


def stage_messages(
    ticket: Ticket,
    stage: Stage,
    team: Team,
    *,
    customer: User | None,
    assignee: User | None,
    now: datetime,
    by: Who = None,
    sent_before: frozenset[Id] = frozenset(),
    in_answer: bool = False,
) -> tuple[tuple[Notice, ...], tuple[Event, ...]]:
    """The stage's messages to the customer on entering, and the recorded skips (G8).

    For moves and for creation alike: the e-mail and the SMS once each, in the customer's language.
    No customer, no address or no number: a `StageMessageSkipped`. `in_answer` marks what a mail
    that came in causes (N3). `sent_before` are the stages whose message this ticket
    already got; one with `once_per_ticket` among them says nothing more.

    >>> from helpdesk_core.entities import UserKind, Visibility
    >>> from helpdesk_core.templates import SmsTemplate
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> solved = Stage(id="solved", name="Solved", position=1,
    ...                sms_template=SmsTemplate("${ticket.subject}: ${stage.name}"))
    >>> ticket = Ticket(id=1, team_id="it", stage_id="new", subject="Ink", created_at=now,
    ...                 customer_id="eve")
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"solved"})
    >>> eve = User(id="eve", name="Eve", kind=UserKind.CONTACT, phone="+39 055 0000")
    >>> notices, skips = stage_messages(ticket, solved, team, customer=eve, assignee=None, now=now)
    >>> notices[0].text, skips
    ('Ink: Solved', ())
    """
    _is_who("customer", customer, ticket.customer_id)
    _is_who("assignee", assignee, ticket.assignee_id)
    if not stage.writes or (stage.once_per_ticket and stage.id in sent_before):
        return (), ()
    values = template_values(ticket, stage, team, customer, assignee)
    notices: list[Notice] = []
    skips: list[Event] = []

    language = customer.language if customer else ""

    def say(channel: Channel, no_address: str, said: Rendered) -> None:
        if customer is None:
            code = "stage.skipped.no_customer"
        elif not customer.active:
            code = "stage.skipped.inactive_customer"
        elif not (customer.email if channel is Channel.EMAIL else customer.phone):
            code = no_address
        else:
            notices.append(
                Notice(
                    ticket_id=ticket.id,
                    recipient_id=customer.id,
                    channel=channel,
                    kind=NoticeKind.STAGE,
                    stage_id=stage.id,
                    subject=said.subject,
                    text=said.text,
                    html=said.html,
                    in_answer=in_answer,
                )
            )
            return
        skips.append(
            StageMessageSkipped(
                at=utc("now", now),
                by=by,
                ticket_id=ticket.id,
                team_id=team.id,
                stage_id=stage.id,
                channel=channel.value,
                code=code,
            )
        )

    if stage.email_template is not None:
        mail = stage.email_template.in_language(language)
        say(Channel.EMAIL, "stage.skipped.no_email", mail.render(values))
    if stage.sms_template is not None:
        sms = stage.sms_template.in_language(language)
        say(Channel.SMS, "stage.skipped.no_phone", sms.render(values))
    return tuple(notices), tuple(skips)


def _is_who(field: str, user: User | None, expected: Id | None) -> None:
    if user is not None and user.id != expected:
        raise InvalidValueError(field, f"is {user.id!r}, the ticket's is {expected!r}")
