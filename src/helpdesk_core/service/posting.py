"""What is said on a ticket, with its files: what is added, and who is told (V9, V15, V20)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helpdesk_core.entities import Id, Message
from helpdesk_core.events import MessagePosted, NotePosted
from helpdesk_core.plans import Add, Channel, Notice, NoticeKind
from helpdesk_core.service.keeping import KeptFile
from helpdesk_core.service.work import Case, Work
from helpdesk_core.visibility import audience


def post(
    work: Work,
    root: Case,
    message: Message,
    files: Iterable[KeptFile] = (),
    beside: Sequence[Add] = (),
    *,
    quiet: bool = False,
) -> None:
    """Put a message on a ticket, and what comes with it; `quiet` tells nobody (N3)."""
    posted = NotePosted if message.internal else MessagePosted
    files = list(files)
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
        [
            Add(message),
            *(file.attachment(work, root, message, message.internal) for file in files),
            *beside,
        ],
        [
            posted(
                at=work.now,
                by=work.by,
                ticket_id=root.ticket.id,
                team_id=root.team.id,
                message_id=message.id,
            ),
            *(file.event(work, root, message.internal) for file in files),
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
            if not quiet
        ],
    )


def _one(id: Id | None) -> tuple[Id, ...]:
    return () if id is None else (id,)
