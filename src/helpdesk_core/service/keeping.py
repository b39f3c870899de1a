"""Bytes are kept before the transaction that records them, and dropped when it is rolled back."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import attrs

from helpdesk_core.entities import Attachment, Id, Message
from helpdesk_core.errors import AttachmentStoreError, RetryableError
from helpdesk_core.events import Event, FileAttached, InternalFileAttached
from helpdesk_core.plans import Add
from helpdesk_core.ports import AttachmentStore
from helpdesk_core.service.answers import afterwards, answered
from helpdesk_core.service.work import Case, Work

#: The largest attachment, in bytes, unless the host says otherwise.
ATTACHMENT_LIMIT = 25 * 1024 * 1024


@attrs.frozen(kw_only=True)
class NewFile:
    """A file to be attached: with what somebody says, or by itself.

    >>> NewFile(name="label.png", content=b"...", media_type="image/png").name
    'label.png'
    """

    name: str
    content: bytes | BinaryIO = attrs.field(repr=False)
    media_type: str = "application/octet-stream"


@attrs.frozen
class KeptFile:
    """A file whose bytes are in the store."""

    id: Id
    file: NewFile
    size: int
    digest: str

    def attachment(self, work: Work, root: Case, message: Message | None, inside: bool) -> Add:
        """What records it, on a ticket or on what was said there."""
        return Add(
            Attachment(
                id=self.id,
                ticket_id=root.ticket.id,
                name=self.file.name,
                size=self.size,
                digest=self.digest,
                at=work.now,
                media_type=self.file.media_type,
                author_id=work.author_id,
                message_id=None if message is None else message.id,
                internal=inside,
            )
        )

    def event(self, work: Work, root: Case, inside: bool) -> Event:
        """That it came."""
        attached = InternalFileAttached if inside else FileAttached
        return attached(
            at=work.now,
            by=work.by,
            ticket_id=root.ticket.id,
            team_id=root.team.id,
            attachment_id=self.id,
        )


@attrs.define
class Keeping:
    """Files whose bytes are kept; unless they are `recorded` when the block ends, they go."""

    files: tuple[KeptFile, ...] = ()
    recorded: bool = False


@contextmanager
def keeping(
    store: AttachmentStore | None,
    files: Iterable[NewFile],
    new_id: Callable[[], Id],
    limit: int = ATTACHMENT_LIMIT,
) -> Iterator[Keeping]:
    """Keep the bytes of these files for a block that records them.

    What a crash leaves is found by `check`: there is never an attachment without its bytes.
    """
    kept = Keeping()
    try:
        for file in files:
            if store is None:
                raise AttachmentStoreError("the help desk was made without an attachment store")
            content, id = file.content, new_id()
            data = io.BytesIO(content) if isinstance(content, bytes) else content
            with answered("attachment store", AttachmentStoreError):
                size, digest = store.put(id, data, limit=limit)
            kept.files += (KeptFile(id, file, size, digest),)
        yield kept
    except RetryableError:  # nothing was changed; of another error at the commit nobody knows
        kept.recorded = False
        raise
    finally:
        if not kept.recorded and store is not None:  # or an earlier result was given again
            for one in kept.files:
                with afterwards("is a file without its attachment", one.id):
                    store.delete(one.id)
