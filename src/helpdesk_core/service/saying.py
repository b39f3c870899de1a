"""Pages of what was said on a ticket and of what happened to it, as they are shown (T8, M7, V15).

What somebody is not shown is passed over on the way: a page is filled with what is shown, and its
cursor is the place of the last of that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from helpdesk_core.entities import Id, Said
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import Event
from helpdesk_core.ports import Position, Recorded
from helpdesk_core.service.pages import Cursors, Page, check_limit
from helpdesk_core.service.showing import Source, shown_history, sources
from helpdesk_core.service.work import Case, Work

_Said = TypeVar("_Said", bound=Said)
_SaidOut = TypeVar("_SaidOut", bound=Said, covariant=True)


class _Load(Protocol[_SaidOut]):
    def __call__(
        self, ticket_ids: Collection[Id], *, after: Position | None, limit: int | None
    ) -> Sequence[_SaidOut]: ...


class SaidPages:
    """One page of what hangs on a ticket and on those merged into it, in order of time."""

    def __init__(self, name: str, ticket_id: Id, after: str | None, limit: int) -> None:
        check_limit(limit)
        self._ticket_id, self._limit = ticket_id, limit
        self._cursors = Cursors.of(name, ticket_id=ticket_id)
        self._after = self._cursors.position(after)

    def page(self, work: Work, load: _Load[_Said]) -> Page[_Said]:
        """What the one who acts is shown of it."""
        found: list[_Said] = []
        for source in sources(work, self._ticket_id):
            found += self._of(source, load)
        found.sort(key=_place)
        return self._cursors.page(found, self._limit, _place)

    def _of(self, source: Source, load: _Load[_Said]) -> list[_Said]:
        found: list[_Said] = []
        after, most = self._after, self._limit + 1
        while len(found) < most:
            with self._cursors.refusing():
                batch = load(source.ticket_ids, after=after, limit=most)
            found += (source.shown(one) for one in batch if source.shows(one))
            if len(batch) < most:
                break
            after = Position(*_place(batch[-1]))
        return found[:most]


def _place(said: Said) -> tuple[datetime, Any]:
    return said.at, said.id


# --- history -------------------------------------------------------------------------------------


def history_page(work: Work, case: Case, after: str | None, limit: int) -> Page[Event]:
    """One page of what happened, as the one who acts is shown it.

    The number of an event in the store counts those of every ticket, and would tell of them. So a
    place is told by what is shown: the moment of the last event, and which one it is of those shown
    of that moment.
    """
    session, ticket_id = work.session, case.ticket.id
    cursors = Cursors.of("history", ticket_id=ticket_id)
    last = 0 if after is None else _sequence(work, case, *cursors.place(after))
    found: list[Recorded] = []
    while len(found) <= limit:
        batch = session.history([ticket_id], after=last, limit=limit + 1)
        found += shown_history(work, case, batch)
        if len(batch) <= limit:
            break
        last = batch[-1].sequence

    def place(one: Recorded) -> tuple[datetime, int]:
        then = _of_moment(work, case, one.event.at)
        return one.event.at, sum(other.sequence <= one.sequence for other in then)

    page = cursors.page(found, limit, place)
    return Page(tuple(one.event for one in page.items), page.next)


def _sequence(work: Work, case: Case, at: datetime | None, n: Id) -> int:
    if at is not None and at.utcoffset() is not None and isinstance(n, int):
        then = _of_moment(work, case, at)
        if 1 <= n <= len(then):
            return then[n - 1].sequence
    raise InvalidValueError("after", "is not a cursor of this list")


def _of_moment(work: Work, case: Case, at: datetime) -> list[Recorded]:
    return shown_history(work, case, work.session.history([case.ticket.id], at=at))
