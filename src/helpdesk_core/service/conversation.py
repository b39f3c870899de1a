"""Use-cases of the conversation on a ticket: reply, note, log time (G11, M9, V15, N1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
    TimeLogged,
)
from helpdesk_core.plans import Add
from helpdesk_core.ports import Claim
from helpdesk_core.service.answering import answering, opening_another
from helpdesk_core.service.assigning import AssigningUseCases
from helpdesk_core.service.keeping import Keeping, NewFile, keeping
from helpdesk_core.service.landing import (
    as_addressed,
    held_root,
    root_of,
    same_customer,
    with_root,
)
from helpdesk_core.service.once import Once
from helpdesk_core.service.posting import post
from helpdesk_core.service.presence import NOT_ASKED, Presence
from helpdesk_core.service.work import Work


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
        files: Iterable[NewFile] = (),
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Say something that the customer reads too, with files if any (V9, V20).

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
            files,
            to_root,
        )

    def note(
        self,
        ticket_id: Id,
        body: str,
        *,
        actor: Actor,
        files: Iterable[NewFile] = (),
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Write an internal note, with files if any, which reach nobody outside (V15)."""
        return self._post(
            "ticket.note",
            Message(id=0, ticket_id=ticket_id, body=body, at=self._now(), internal=True),
            actor,
            expected_version,
            idempotency_key,
            files,
        )

    def _post(
        self,
        use_case: str,
        draft: Message,
        actor: Actor,
        expected_version: int | None,
        key: str | None,
        files: Iterable[NewFile],
        to_root: bool = False,
    ) -> Message:
        new_files = list(files)

        def allowed(work: Work) -> None:
            work.case(draft.ticket_id)
            work.require(use_case)
            if new_files and not draft.internal:
                work.require("ticket.attach")

        if not new_files:
            return self._put(use_case, draft, actor, expected_version, key, Keeping(), to_root)
        self._read(actor, allowed)  # nobody fills the store who may not attach
        with keeping(self._attachments, new_files, self._new_id) as kept:
            return self._put(use_case, draft, actor, expected_version, key, kept, to_root)

    def _put(
        self,
        use_case: str,
        draft: Message,
        actor: Actor,
        expected_version: int | None,
        key: str | None,
        kept: Keeping,
        to_root: bool,
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
            kept.recorded = False
            opened.clear()
            addressed = work.case(asked)
            work.require(use_case)
            if kept.files and not draft.internal:
                work.require("ticket.attach")
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
            post(work, root, message, kept.files)
            kept.recorded = True
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
                    **_compared(kept),
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


def _compared(kept: Keeping) -> dict[str, Any]:
    """What makes the files of two calls under one key the same."""
    files = [(one.file.name, one.file.media_type, one.digest) for one in kept.files]
    return {"files": tuple(files)} if files else {}
