"""Use-cases of files: attach one to a ticket, and read it (M6, M9, V15)."""

from __future__ import annotations

from typing import BinaryIO

from helpdesk_core.decisions import deny
from helpdesk_core.entities import Actor, Attachment, Id, Message
from helpdesk_core.errors import AttachmentStoreError, NotFoundError, RefusedError
from helpdesk_core.ports import AttachmentStore
from helpdesk_core.service.answers import answered
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.keeping import ATTACHMENT_LIMIT, NewFile, keeping
from helpdesk_core.service.landing import as_addressed, held_root, same_customer, with_root
from helpdesk_core.service.once import Once
from helpdesk_core.service.showing import conversation
from helpdesk_core.service.work import Case, Work


class FileUseCases(Desk):
    """What people hang on a ticket."""

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
        self._store()

        def allowed(work: Work) -> None:
            work.case(ticket_id)
            work.require("ticket.note" if internal else "ticket.attach")

        self._read(actor, allowed)  # nobody fills the store who may not attach
        new = NewFile(name=name, content=content, media_type=media_type)
        with keeping(self._attachments, [new], self._new_id, limit) as kept:
            [file] = kept.files

            def do(work: Work) -> Attachment:
                kept.recorded = False
                allowed(work)
                addressed = work.case(ticket_id)
                root = held_root(work, addressed)
                on = _message(work, ticket_id, root, message_id)
                inside = internal or (on is not None and on.internal)
                if inside:
                    work.require("ticket.note")
                elif not to_root:
                    same_customer(work, addressed, root)
                add = file.attachment(work, root, on, inside)
                work.write([add], [file.event(work, root, inside)])
                kept.recorded = True
                assert isinstance(add.thing, Attachment)
                return add.thing

            return self._write(
                "ticket.attach",
                actor,
                do,
                ticket_ids=lambda: with_root(self._repository, ticket_id),
                once=Once(
                    key=idempotency_key,
                    payload={
                        "ticket_id": ticket_id,
                        "name": name,
                        "content": file.digest,
                        "media_type": media_type,
                        "message_id": message_id,
                        "internal": internal,
                        "to_root": to_root,
                        "limit": limit,
                    },
                    again=lambda work, attachment: work.case(ticket_id),
                ),
                shown=lambda work, attachment: as_addressed(work, ticket_id, attachment),
            )

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

    def _store(self) -> AttachmentStore:
        if self._attachments is None:
            raise AttachmentStoreError("the help desk was made without an attachment store")
        return self._attachments


def _message(work: Work, ticket_id: Id, root: Case, message_id: Id | None) -> Message | None:
    """The message on which a file hangs; one not to be seen is not found (V14)."""
    if message_id is None:
        return None
    ids = {ticket_id, root.ticket.id} if work.sees(root.ticket, root.team) else {ticket_id}
    for id in ids:
        for message in conversation(work, id, work.session.messages):
            if message.id == message_id:
                return message
    raise NotFoundError("message", message_id)
