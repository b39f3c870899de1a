"""Use-cases of what a stage is called and says: change it, and see it for a ticket (T4, G8, N4)."""

from __future__ import annotations

from typing import Any

import attrs

from helpdesk_core.entities import Actor, Id, Stage
from helpdesk_core.errors import InvalidValueError, NotFoundError
from helpdesk_core.events import StageChanged
from helpdesk_core.fields import check_id
from helpdesk_core.plans import Kind, SetField
from helpdesk_core.ports import Claim
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.work import Work
from helpdesk_core.stages import template_values
from helpdesk_core.templates import EmailTemplate, Rendered, SmsTemplate

#: What `change_stage` may change: nothing that moves, closes or reopens a ticket.
CHANGEABLE = frozenset({"name", "description", "email_template", "sms_template", "once_per_ticket"})


class StageTextUseCases(Desk):
    """What a stage is called and says."""

    def change_stage(
        self, stage_id: Id, *, actor: Actor, idempotency_key: str | None = None, **fields: Any
    ) -> Stage:
        """Change name, description, templates or `once_per_ticket`: no ticket changes (T4, G8).

        A template was checked when it was made (N4). What was announced before stays as it was.
        """
        if unknown := sorted(fields.keys() - CHANGEABLE):
            raise InvalidValueError(unknown[0], f"is none of {', '.join(sorted(CHANGEABLE))}")

        def do(work: Work) -> Stage:
            work.require("stage.change")
            work.claim(Claim.EDITABLE_STAGES)
            before = _stage(work, stage_id)
            after = attrs.evolve(before, **fields)
            names = [n for n in sorted(fields) if getattr(before, n) != getattr(after, n)]
            if names:
                work.write(
                    [SetField.of(Kind.STAGE, before, name, getattr(after, name)) for name in names],
                    [StageChanged(at=work.now, by=work.by, stage_id=stage_id, fields=tuple(names))],
                )
            return after

        return self._write(
            "stage.change",
            actor,
            do,
            once=Once(
                key=idempotency_key,
                payload={"stage_id": stage_id} | fields,
                again=lambda work, _: work.require("stage.change"),
            ),
        )

    def preview_template(
        self,
        ticket_id: Id,
        template: EmailTemplate | SmsTemplate,
        *,
        actor: Actor,
        stage_id: Id | None = None,
    ) -> Rendered:
        """A template as this ticket's customer would read it now, in their language (N4).

        As on entering a stage of the ticket's team: by default the one that it is in.
        """
        if type(template) not in (EmailTemplate, SmsTemplate):
            raise InvalidValueError("template", "must be an EmailTemplate or an SmsTemplate")

        def ask(work: Work) -> Rendered:
            case = work.case(ticket_id)
            work.require("stage.change")
            stage = work.stage_of(case.ticket) if stage_id is None else _stage(work, stage_id)
            customer = work.user_or_none(case.ticket.customer_id)
            assignee = work.user_or_none(case.ticket.assignee_id)
            values = template_values(case.ticket, stage, case.team, customer, assignee)
            written = template.in_language(customer.language if customer else "")
            return written.render(values)

        return self._read(actor, ask)


def _stage(work: Work, stage_id: Id) -> Stage:
    check_id("stage_id", stage_id)
    for stage in work.session.stages():
        if stage.id == stage_id:
            return stage
    raise NotFoundError("stage", stage_id)
