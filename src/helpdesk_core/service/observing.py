"""What a host's logging and metrics are told: one value for each use-case, identifiers only.

Never a subject, a body, an address or a name, nor what an exception says: codes, types and ids. The
observer is told after the commit, or after the failure, and what it raises reaches nobody.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Literal

import attrs

from helpdesk_core.entities import Id
from helpdesk_core.errors import RefusedError
from helpdesk_core.events import Event


@attrs.frozen(kw_only=True)
class Observed:
    """One use-case, as it ended.

    `outcome` is done, refused (with the code of the reason) or failed (with the type of the error).
    `retries` are transactions that were begun anew; `events` the types of what happened, in order;
    `errors` the types of what ports raised without ending the use-case. The system acts without an
    id.
    """

    use_case: str
    outcome: Literal["done", "refused", "failed"]
    milliseconds: float
    code: str | None = None
    actor_id: Id | None = None
    ticket_ids: tuple[Id, ...] = ()
    team_ids: tuple[Id, ...] = ()
    events: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    retries: int = 0


Observer = Callable[[Observed], object]


@attrs.define
class Notes:
    """What is noted down while a use-case runs; only what was committed counts."""

    tickets: dict[Id, None] = attrs.Factory(dict)
    teams: dict[Id, None] = attrs.Factory(dict)
    events: list[str] = attrs.Factory(list)
    errors: dict[str, None] = attrs.Factory(dict)
    retries: int = 0
    _happening: list[Event] = attrs.Factory(list)

    def begins(self) -> None:
        """A transaction begins; what the one before did not commit is forgotten."""
        self._happening.clear()

    def happens(self, events: Iterable[Event]) -> None:
        """This comes true with the transaction."""
        self._happening += events

    def commits(self) -> None:
        """The transaction is committed."""
        for event in self._happening:
            self.events.append(event.name)
            if event.ticket_id is not None:
                self.tickets[event.ticket_id] = None
            if event.team_id is not None:
                self.teams[event.team_id] = None
        self._happening.clear()

    def fails(self, error: BaseException) -> None:
        """A port did not do what it was asked, and the use-case goes on without."""
        self.errors[type(error).__name__] = None


_notes: ContextVar[Notes | None] = ContextVar("helpdesk_core_notes", default=None)


def notes() -> Notes:
    """Where the use-case that runs here is noted down; nobody reads it without an observer."""
    return _notes.get() or Notes()


def observe(desk: object, use_cases: Iterable[str], observer: Observer) -> None:
    """Let the observer be told of these methods of the desk."""
    for name in use_cases:
        setattr(desk, name, _observed(getattr(desk, name), observer))


def _observed(method: Callable[..., Any], observer: Observer) -> Callable[..., Any]:
    signature = inspect.signature(method)

    @functools.wraps(method)
    def run(*arguments: Any, **options: Any) -> Any:
        if _notes.get() is not None:  # a part of another use-case, or the observer's own doing
            return method(*arguments, **options)
        noted, began = Notes(), time.perf_counter()
        ended: BaseException | None = None
        token = _notes.set(noted)
        try:
            return method(*arguments, **options)
        except BaseException as error:
            ended = error
            raise
        finally:
            try:
                with suppress(Exception):
                    took = (time.perf_counter() - began) * 1000
                    asked = signature.bind_partial(*arguments, **options).arguments
                    observer(_summary(method.__name__, asked, noted, ended, took))
            finally:
                _notes.reset(token)

    return run


def _summary(
    use_case: str,
    asked: dict[str, Any],
    noted: Notes,
    ended: BaseException | None,
    took: float,
) -> Observed:
    refused = isinstance(ended, RefusedError)
    code = ended.code if isinstance(ended, RefusedError) else type(ended).__name__
    actor = asked.get("actor")
    return Observed(
        use_case=use_case,
        outcome="done" if ended is None else "refused" if refused else "failed",
        milliseconds=took,
        code=None if ended is None else code,
        actor_id=actor if isinstance(actor, Id) else None,
        ticket_ids=tuple({**_ids(asked, "ticket_id", "ticket_ids"), **noted.tickets}),
        team_ids=tuple({**_ids(asked, "team_id"), **noted.teams}),
        events=tuple(noted.events),
        errors=tuple(noted.errors),
        retries=noted.retries,
    )


def _ids(asked: dict[str, Any], *names: str) -> dict[Id, None]:
    """Ids that the use-case was called with; an iterator is not looked into."""
    found: dict[Id, None] = {}
    for name in names:
        given = asked.get(name)
        if isinstance(given, Collection) and not isinstance(given, str):
            found.update((id, None) for id in given if isinstance(id, Id))
        elif isinstance(given, Id):
            found[given] = None
    return found
