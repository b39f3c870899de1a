"""Pages of lists: some of a list, and where the next one begins (T8).

A cursor is a text that means something to the list alone that gave it. It holds the place of the
last thing that was shown, and so nothing that was not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import attrs

from helpdesk_core.entities import Id
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.ports import Position
from helpdesk_core.service.once import digest

T = TypeVar("T")
_At = TypeVar("_At", datetime, str)

#: The most that one page of a list can hold.
PAGE_LIMIT = 500
_NO_CURSOR = "is not a cursor of this list"


@attrs.frozen
class Page(Generic[T]):
    """Some of a list, and the cursor of the next page; `next` is None on the last one (T8).

    >>> page = Page(("a", "b"))
    >>> list(page), len(page), page[-1], page.next
    (['a', 'b'], 2, 'b', None)
    """

    items: tuple[T, ...]
    next: str | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, at: int) -> T:
        return self.items[at]


def every(ask: Callable[..., Page[T]], *arguments: Any, **options: Any) -> Iterator[T]:
    """All of a list, page by page: each thing that was there at the start, once (T8).

    >>> def letters(*, after=None, limit=2):
    ...     rest = "abc"[int(after or 0):]
    ...     return Page(tuple(rest[:limit]), str(limit) if len(rest) > limit else None)
    >>> list(every(letters))
    ['a', 'b', 'c']
    """
    page = ask(*arguments, **options)
    yield from page
    while page.next is not None:
        page = ask(*arguments, **options, after=page.next)
        yield from page


@attrs.frozen
class Cursors:
    """The cursors of one list: those of another list, or of another question, are refused.

    >>> cursors = Cursors.of("messages", ticket_id="T-1")
    >>> from datetime import UTC
    >>> place = Position(datetime(2026, 1, 5, tzinfo=UTC), "M-7")
    >>> cursors.position(cursors.after(place.created_at, place.id)) == place
    True
    >>> Cursors.of("messages", ticket_id="T-2").position(cursors.after(place.created_at, place.id))
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: after is not a cursor of this list
    """

    _question: str

    @classmethod
    def of(cls, name: str, **question: Any) -> Cursors:
        """Those of the list by this name, asked this."""
        return cls(digest(name, question)[:12])

    def after(self, at: datetime | str | None, id: Id) -> str:
        """The cursor of a place: a moment, or a rank in a column, and an id."""
        moment = at.isoformat() if isinstance(at, datetime) else at
        place = [self._question, moment, *_written(id)]
        text = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def place(self, cursor: str) -> tuple[datetime | None, Id]:
        """The place of a cursor; one that is none of this list's is refused by name."""
        return self._place(cursor, datetime.fromisoformat)

    def ranked(self, cursor: str) -> tuple[str, Id]:
        """The same for a place in a column (G12)."""
        rank, id = self._place(cursor, str)
        return rank or "", id

    def _place(self, cursor: str, read: Callable[[str], _At]) -> tuple[_At | None, Id]:
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            decoded = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            _, moment, kind, text = decoded
            at = None if moment is None else read(moment)
            id = _KINDS[kind](text)
            if cursor != self.after(at, id):  # the question is in it
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise InvalidValueError("after", _NO_CURSOR) from None
        return at, id

    def position(self, cursor: str | None) -> Position | None:
        """The same as a place among rows; None is the beginning."""
        if cursor is None:
            return None
        at, id = self.place(cursor)
        if at is None or at.utcoffset() is None:
            raise InvalidValueError("after", _NO_CURSOR)
        return Position(at, id)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """What asks with a place whose id is of another type has asked with no cursor."""
        try:
            yield
        except (TypeError, InvalidValueError):
            raise InvalidValueError("after", _NO_CURSOR) from None

    def page(self, found: Sequence[T], limit: int, place: Callable[[T], tuple[Any, Id]]) -> Page[T]:
        """The first of what was found, and the cursor after it when there is more."""
        items = tuple(found[:limit])
        return Page(items, self.after(*place(items[-1])) if len(found) > limit else None)


_KINDS: Mapping[str, Callable[[str], Id]] = {"i": int, "s": str, "u": UUID}


def _written(id: Id) -> tuple[str, str]:
    kind = "u" if isinstance(id, UUID) else "i" if isinstance(id, int) else "s"
    return kind, str(id)


def check_limit(limit: int) -> None:
    """Refuse a page of nothing, or of more than `PAGE_LIMIT`."""
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= PAGE_LIMIT:
        raise InvalidValueError("limit", f"must be between 1 and {PAGE_LIMIT}")
