"""Use-cases of the conversation on a ticket: reply, note, attach, log time (M9, V15, N1)."""

from __future__ import annotations

import io
from typing import BinaryIO, TypeVar

import attrs

from helpdesk_core.decisions import deny
from helpdesk_core.entities import (
    Actor,
    Attachment,
    Id,
    Message,
    System,
    Team,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.errors import (
    AttachmentStoreError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    RetryableError,
)
from helpdesk_core.events import (
    FileAttached,
    InternalFileAttached,
    MessagePosted,
    NotePosted,
    TimeLogged,
)
from helpdesk_core.plans import Add, Channel, Notice, NoticeKind
from helpdesk_core.ports import AttachmentStore, Claim
from helpdesk_core.service.answering import answering, opening_another
from helpdesk_core.service.answers import afterwards, answered
from helpdesk_core.service.assigning import AssigningUseCases
from helpdesk_core.service.once import Once
from helpdesk_core.service.presence import NOT_ASKED, Presence
from helpdesk_core.service.showing import conversation, known
from helpdesk_core.service.work import Case, Work
from helpdesk_core.stages.answering import AnswerPlan
from helpdesk_core.visibility import audience

_Said = TypeVar("_Said", Message, Attachment, TimeEntry)

#: The largest attachment, in bytes, unless the host says otherwise.
ATTACHMENT_LIMIT = 25 * 1024 * 1024


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

        def answer(work: Work) -> tuple[Case, AnswerPlan]:
            addressed = work.case(asked)
            root = _root_of(work, addressed)
            return root, answering(work, addressed, root, draft)

        def look() -> Presence:
            if draft.internal or isinstance(actor, System):
                return NOT_ASKED

            def allowed(work: Work) -> Team:
                root, plan = answer(work)
                if not plan.opens_another:
                    raise NotFoundError("ticket", asked)
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
            root = _root(work, addressed)
            if not (draft.internal or to_root):
                _same_customer(work, addressed, root)
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
            ticket_ids=lambda: self._with_root(asked),
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
            shown=lambda work, message: _as_addressed(work, asked, message),
        )

    def attach(
        self,
        ticket_id: Id,
        name: str,
        content: bytes | BinaryIO,
        *,
        actor: Actor,
        media_type: str = "application/octet-stream",
        message_id: Id | None = None,
        internal: bool = False,
        to_root: bool = False,
        limit: int = ATTACHMENT_LIMIT,
        idempotency_key: str | None = None,
    ) -> Attachment:
        """Add a file of at most `limit` bytes to a ticket, or to a message on it.

        A file of an internal note is internal too (V15). Where a tombstone's root has another
        customer, who would read it, an internal user must say `to_root`, as in `reply`. The bytes
        are kept before the transaction begins and dropped again when it is rolled back; what a
        crash leaves is found by `check`.
        """
        store = self._store()
        data = io.BytesIO(content) if isinstance(content, bytes) else content
        new_id = self._new_id()

        def allowed(work: Work) -> None:
            work.case(ticket_id)
            work.require("ticket.note" if internal else "ticket.attach")

        self._read(actor, allowed)  # nobody fills the store who may not attach
        with answered("attachment store", AttachmentStoreError):
            size, digest = store.put(new_id, data, limit=limit)
        kept = False

        def do(work: Work) -> Attachment:
            nonlocal kept
            kept = False
            allowed(work)
            addressed = work.case(ticket_id)
            root = _root(work, addressed)
            inside = internal or _is_internal(work, ticket_id, root, message_id)
            if inside:
                work.require("ticket.note")
            elif not to_root:
                _same_customer(work, addressed, root)
            attachment = Attachment(
                id=new_id,
                ticket_id=root.ticket.id,
                name=name,
                size=size,
                digest=digest,
                at=work.now,
                media_type=media_type,
                author_id=work.author_id,
                message_id=message_id,
                internal=inside,
            )
            attached = InternalFileAttached if inside else FileAttached
            work.write(
                [Add(attachment)],
                [
                    attached(
                        at=work.now,
                        by=work.by,
                        ticket_id=root.ticket.id,
                        team_id=root.team.id,
                        attachment_id=attachment.id,
                    )
                ],
            )
            kept = True
            return attachment

        try:
            return self._write(
                "ticket.attach",
                actor,
                do,
                ticket_ids=lambda: self._with_root(ticket_id),
                once=Once(
                    key=idempotency_key,
                    payload={
                        "ticket_id": ticket_id,
                        "name": name,
                        "content": digest,
                        "media_type": media_type,
                        "message_id": message_id,
                        "internal": internal,
                        "to_root": to_root,
                        "limit": limit,
                    },
                    again=lambda work, attachment: work.case(ticket_id),
                ),
                shown=lambda work, attachment: _as_addressed(work, ticket_id, attachment),
            )
        except RetryableError:  # nothing was changed; of another error at the commit nobody knows
            kept = False
            raise
        finally:
            if not kept:  # rolled back, or an earlier result was given again
                with afterwards("is a file without its attachment", new_id):
                    store.delete(new_id)

    def read_attachment(self, ticket_id: Id, attachment_id: Id, *, actor: Actor) -> BinaryIO:
        """The bytes of an attachment, for who may see the ticket (V14, V15)."""

        def ask(work: Work) -> Attachment:
            work.case(ticket_id)
            for attachment in conversation(work, ticket_id, work.session.attachments):
                if attachment.id == attachment_id:
                    if attachment.is_removed:
                        raise RefusedError(deny("attachment.refused.removed"))
                    return attachment
            raise NotFoundError("attachment", attachment_id)

        attachment = self._read(actor, ask)
        with answered("attachment store", AttachmentStoreError):
            return self._store().get(attachment.id)

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
            root = _root(work, case)
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
            ticket_ids=lambda: self._with_root(ticket_id),
            once=Once(
                key=idempotency_key,
                payload={"ticket_id": ticket_id, "minutes": minutes, "note": note},
                again=lambda work, entry: work.case(ticket_id),
            ),
            shown=lambda work, entry: _as_addressed(work, ticket_id, entry),
        )

    def _with_root(self, ticket_id: Id) -> list[Id]:
        """The ticket and its root: both are locked."""
        ids = [ticket_id]
        with self._repository.reading() as session:
            ticket = session.tickets(ids).get(ticket_id)
            while ticket is not None and ticket.merged_into is not None:
                ids.append(ticket.merged_into)
                ticket = session.tickets([ids[-1]]).get(ids[-1])
        return [ids[0], *ids[-1:]] if len(ids) > 1 else ids

    def _store(self) -> AttachmentStore:
        if self._attachments is None:
            raise AttachmentStoreError("the help desk was made without an attachment store")
        return self._attachments


def _as_addressed(work: Work, asked: Id, said: _Said) -> _Said:
    """What landed on a root, for who may not see the root: its id is not told (M7)."""
    if said.ticket_id == asked or known(work, [said.ticket_id]):
        return said
    return attrs.evolve(said, ticket_id=asked)


def _root(work: Work, addressed: Case) -> Case:
    """The case on which a reply lands (M9), held by this transaction."""
    root = _root_of(work, addressed)
    work.holds(addressed.team.id, root.team.id)
    return root


def _root_of(work: Work, addressed: Case) -> Case:
    root_id = work.resolve(addressed.ticket.id)
    root = addressed.ticket
    if root_id != root.id:
        root = work.session.tickets([root_id])[root_id]
    if root.team_id == addressed.team.id:
        return Case(root, addressed.team)
    return Case(root, work.session.teams([root.team_id])[root.team_id])


def _same_customer(work: Work, addressed: Case, root: Case) -> None:
    """Raise `RefusedError` for a colleague whose answer would go to another customer (M9, V20)."""
    same = addressed.ticket.customer_id == root.ticket.customer_id
    if same or not isinstance(work.actor, User) or work.actor.is_external:
        return
    seen = work.sees(root.ticket, root.team)
    raise RefusedError(
        deny(
            "message.refused.another_customer",
            ticket_id=addressed.ticket.id,
            root_id=root.ticket.id if seen else None,
            customer_id=root.ticket.customer_id if seen else None,
        )
    )


def _is_internal(work: Work, ticket_id: Id, root: Case, message_id: Id | None) -> bool:
    """Whether a file hangs on an internal note; a message not to be seen is not found (V14)."""
    if message_id is None:
        return False
    ids = {ticket_id, root.ticket.id} if work.sees(root.ticket, root.team) else {ticket_id}
    for id in ids:
        for message in conversation(work, id, work.session.messages):
            if message.id == message_id:
                return message.internal
    raise NotFoundError("message", message_id)


def _one(id: Id | None) -> tuple[Id, ...]:
    return () if id is None else (id,)
