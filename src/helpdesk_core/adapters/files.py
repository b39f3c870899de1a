"""Files in a folder: attachments by id, and messages as `.eml` files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote
from uuid import UUID

import attrs

from helpdesk_core.adapters.mail import compose
from helpdesk_core.entities import Id
from helpdesk_core.errors import AttachmentStoreError, InvalidValueError, NotifierError
from helpdesk_core.plans import Channel
from helpdesk_core.ports import OutgoingMessage

_CHUNK = 64 * 1024
_NAME = 200  # characters in a file's name: file systems end near 255, an id in quotes far later
_MARKS: dict[type, str] = {int: "i", str: "s", UUID: "u"}


class FolderAttachmentStore:
    """Keeps each attachment as one file in a folder, written beside and then put in place.

    A file that a crash left half written is never taken for an attachment; it is among `ids()`
    only when it was written whole, so `check` finds it as an orphan.

    >>> import io, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = FolderAttachmentStore(folder)
    ...     size, digest = store.put("A-1", io.BytesIO(b"ink"), limit=10)
    ...     with store.get("A-1") as file:
    ...         (size, file.read(), list(store.ids()))
    (3, b'ink', ['A-1'])
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def put(self, id: Id, content: BinaryIO, *, limit: int) -> tuple[int, str]:
        """Keep the bytes; over `limit` bytes nothing is kept and `InvalidValueError` is raised."""
        path = self._path(id)
        part = path.with_suffix(f".{threading.get_ident()}.part")
        digest, size = hashlib.sha256(), 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                while chunk := content.read(_CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise InvalidValueError("content", f"must have at most {limit:,} bytes")
                    digest.update(chunk)
                    file.write(chunk)
            part.replace(path)
        except OSError as error:
            raise AttachmentStoreError(f"cannot keep an attachment: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
        return size, digest.hexdigest()

    def get(self, id: Id) -> BinaryIO:
        """The bytes as an open file."""
        try:
            return self._path(id).open("rb")
        except OSError as error:
            raise AttachmentStoreError(
                f"cannot read attachment {id!r}: {error.strerror}"
            ) from error

    def delete(self, id: Id) -> None:
        """Drop the bytes; not there is fine."""
        self._path(id).unlink(missing_ok=True)

    def ids(self, *, before: datetime | None = None) -> Iterator[Id]:
        """Everything that is kept whole; or what was so before a moment of the file system's."""
        for path in sorted(self._folder.rglob("*.bin")):
            if before is not None and path.stat().st_mtime >= before.timestamp():
                continue
            *folders, name = path.relative_to(self._folder).parts
            quoted = "".join(folder.removesuffix("+") for folder in folders)
            mark, _, text = unquote(quoted + name.removesuffix(".bin")).partition("-")
            yield int(text) if mark == "i" else UUID(text) if mark == "u" else text

    def _path(self, id: Id) -> Path:
        # 1 and "1" are two ids; quoting keeps a text id from leaving the folder.
        name = quote(f"{_MARKS[type(id)]}-{id}", safe="")
        *folders, last = (name[at : at + _NAME] for at in range(0, len(name), _NAME))
        # quoting leaves no "+", so no file is ever named like a folder
        return self._folder.joinpath(*(f"{folder}+" for folder in folders), f"{last}.bin")


class FileNotifier:
    """Writes each message as an `.eml` file into a folder; its key is the file's name.

    The same message again writes the same file, so that delivery twice is seen once (N1). The mail
    is the one that would be sent (`adapters.mail.compose`).
    """

    def __init__(self, folder: str | Path, sender: str = "helpdesk@example.com") -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sender = sender

    def send(self, message: OutgoingMessage) -> None:
        """Write the file; a text message is written alike, with its number in `X-Phone`."""
        if message.channel is Channel.EMAIL:
            mail = compose(message, sender=self._sender)
        else:
            number = "".join(filter(str.isprintable, message.to_address))
            mail = compose(attrs.evolve(message, to_address=self._sender), sender=self._sender)
            del mail["To"]
            mail["X-Phone"] = number
        path = self._folder / f"{quote(message.key, safe='')}.{message.channel.value}.eml"
        part = path.with_suffix(".part")
        try:
            part.write_bytes(bytes(mail))
            part.replace(path)
        except OSError as error:
            raise NotifierError(f"cannot write a message: {error.strerror}") from error
