"""Use-cases of the conversation on a ticket: reply, note, log time (G11, M9, V15, N1)."""

from __future__ import annotations

import attrs

from helpdesk_core.entities import (
    Actor,
    Id,
    Message,
    System,
    Team,
    Ticket,
    TimeEntry,
)
from helpdesk_core.errors import (
    InvalidValueError,
    NotFoundError,
)
from helpdesk_core.events import (
    MessagePosted,
    NotePosted,
    TimeLogged,
)
from helpdesk_core.plans import Add, Channel, Notice, NoticeKind
from helpdesk_core.ports import Claim
from helpdesk_core.service.answering import answering, opening_another
from helpdesk_core.service.assigning import AssigningUseCases
from helpdesk_core.service.landing import (
    as_addressed,
    held_root,
    root_of,
    same_customer,
    with_root,
)
from helpdesk_core.service.once import Once
from helpdesk_core.service.presence import NOT_ASKED, Presence
from helpdesk_core.service.work import Work
from helpdesk_core.visibility import audience


class ConversationUseCases(AssigningUseCases):
    """What people say on a ticket."""

    def reply(
        self,
        ticket_id: Id,
        body: str,
        *,
        actor: Actor,
        automatic: bool = False,
        to_root: bool = False,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Say something that the customer reads too (V9, V20).

        The right is checked on the ticket addressed; a reply to a tombstone lands on the root (M9).
        Where the root has another customer, an internal user must say so with `to_root`: they would
        write to somebody else than they see before them. `automatic` marks what a machine sent
        (N3). What its customer answers to a closed ticket opens it again, or another one that is
        linked to it, as the team's `on_answer` says; then the message is on that one (G11).
        """
        return self._post(
            "ticket.reply",
            Message(id=0, ticket_id=ticket_id, body=body, at=self._now(), automatic=automatic),
            actor,
            expected_version,
            idempotency_key,
            to_root,
        )

    def note(
        self,
        ticket_id: Id,
        body: str,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Write an internal note, which reaches nobody outside (V15)."""
        return self._post(
            "ticket.note",
            Message(id=0, ticket_id=ticket_id, body=body, at=self._now(), internal=True),
            actor,
            expected_version,
            idempotency_key,
        )

    def _post(
        self,
        use_case: str,
        draft: Message,
        actor: Actor,
        expected_version: int | None,
        key: str | None,
        to_root: bool = False,
    ) -> Message:
        asked, new_id, another_id = draft.ticket_id, self._new_id(), self._new_id()
        opened: list[Ticket] = []

        def look() -> Presence:
            if draft.internal or isinstance(actor, System):
                return NOT_ASKED

            def allowed(work: Work) -> Team:
                addressed = work.case(asked)
                root = root_of(work, addressed)
                if not answering(work, addressed, root, draft).opens_another:
                    raise NotFoundError("ticket", asked)  # there is none that somebody would get
                return root.team

            return self._presence(actor, allowed)

        def index(_: Message) -> None:
            for ticket in opened:
                self._index(ticket)

        def do(work: Work) -> Message:
            opened.clear()
            addressed = work.case(asked)
            work.require(use_case)
            work.at_version(addressed.ticket, expected_version)
            root = held_root(work, addressed)
            if not (draft.internal or to_root):
                same_customer(work, addressed, root)
            plan = answering(work, addressed, root, draft)
            if plan.opens_another:
                root = opening_another(work, root, another_id)
                opened.append(root.ticket)
            elif plan.changes:
                work.carry_out(plan)
            message = attrs.evolve(
                draft, id=new_id, ticket_id=root.ticket.id, author_id=work.author_id, at=work.now
            )
            posted = NotePosted if message.internal else MessagePosted
            users = work.session.users(
                {*root.ticket.followers, *root.team.followers, *_one(root.ticket.customer_id)}
            )
            told = audience(
                root.ticket,
                root.team,
                users,
                work.author_id,
                internal=message.internal,
                company_scope=work.company_scope,
            )
            work.write(
                [Add(message)],
                [
                    posted(
                        at=work.now,
                        by=work.by,
                        ticket_id=root.ticket.id,
                        team_id=root.team.id,
                        message_id=message.id,
                    )
                ],
                [
                    Notice(
                        ticket_id=root.ticket.id,
                        recipient_id=recipient.user_id,
                        channel=Channel.EMAIL,
                        kind=NoticeKind.UPDATE,
                        message_id=message.id,
                    )
                    for recipient in told
                ],
            )
            return message

        return self._write(
            use_case,
            actor,
            do,
            ticket_ids=lambda: with_root(self._repository, asked),
            look=look,
            after=index,
            once=Once(
                key=key,
                payload={
                    "ticket_id": asked,
                    "body": draft.body,
                    "automatic": draft.automatic,
                    "to_root": to_root,
                    "expected_version": expected_version,
                },
                again=lambda work, message: work.case(asked),
            ),
            shown=lambda work, message: as_addressed(work, asked, message),
        )

    def log_time(
        self,
        ticket_id: Id,
        minutes: int,
        *,
        actor: Id,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> TimeEntry:
        """Record minutes that the one who acts worked on the ticket."""
        new_id = self._new_id()

        def do(work: Work) -> TimeEntry:
            if work.author_id is None:
                raise InvalidValueError("actor", "must be a user: the system does not work hours")
            case = work.case_to_change(ticket_id, "ticket.log_time")
            work.claim(Claim.TIME_ENTRIES)
            root = held_root(work, case)
            entry = TimeEntry(
                id=new_id,
                ticket_id=root.ticket.id,
                user_id=work.author_id,
                minutes=minutes,
                at=work.now,
                note=note,
            )
            event = TimeLogged(
                at=work.now,
                by=work.by,
                ticket_id=root.ticket.id,
                team_id=root.team.id,
                time_entry_id=entry.id,
            )
            work.write([Add(entry)], [event])
            return entry

        return self._write(
            "ticket.log_time",
            actor,
            do,
            ticket_ids=lambda: with_root(self._repository, ticket_id),
            once=Once(
                key=idempotency_key,
                payload={"ticket_id": ticket_id, "minutes": minutes, "note": note},
                again=lambda work, entry: work.case(ticket_id),
            ),
            shown=lambda work, entry: as_addressed(work, ticket_id, entry),
        )


def _one(id: Id | None) -> tuple[Id, ...]:
    return () if id is None else (id,)
