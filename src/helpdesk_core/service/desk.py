"""What every use-case runs in: one transaction, tried again after a collision, with its ports."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from helpdesk_core.assignment import Filter, Term
from helpdesk_core.availability import Availability
from helpdesk_core.decisions import deny
from helpdesk_core.entities import Actor, Id, System, Ticket, User
from helpdesk_core.errors import (
    CalendarError,
    CollisionError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    RetryableError,
)
from helpdesk_core.fields import check_id, check_ids, utc
from helpdesk_core.mail_ids import check_domain
from helpdesk_core.merge import Strategies, strategies_of
from helpdesk_core.ports import (
    AttachmentStore,
    Calendar,
    Clock,
    Notifier,
    Repository,
    Session,
    SimilarityStore,
)
from helpdesk_core.service.answers import afterwards, answered
from helpdesk_core.service.observing import notes
from helpdesk_core.service.once import Done, Once, done_once
from helpdesk_core.service.presence import NOT_ASKED, Pool, Presence
from helpdesk_core.service.work import MovedError, Work
from helpdesk_core.stages import MoveRule
from helpdesk_core.templates import Letters

T = TypeVar("T")
_Ids = Collection[Id]

#: How often a use-case starts anew when what it was about to lock has moved meanwhile.
ATTEMPTS = 5
#: How long, in seconds, it waits at most before the first new attempt after a collision.
PAUSE = 0.02


class Desk:
    """The ports, and how a use-case is run over them; `Helpdesk` adds the use-cases."""

    def __init__(
        self,
        repository: Repository,
        notifier: Notifier,
        calendar: Calendar,
        clock: Clock,
        *,
        attachments: AttachmentStore | None,
        similarity: SimilarityStore | None,
        id_factory: Callable[[], Id],
        permissions: Mapping[str, frozenset[str]],
        company_scope: bool,
        link_to: Callable[[Ticket], str] | None,
        filters: Mapping[str, Filter],
        ranking: Mapping[str, Term],
        moves: MoveRule,
        letters: Letters,
        mail_domain: str,
        merge_fields: Strategies,
    ) -> None:
        if not callable(moves):
            raise InvalidValueError("moves", "must be AllowedMoves, or a function of the host's")
        if not isinstance(letters, Letters):
            raise InvalidValueError("letters", "must be Letters")
        check_domain("mail_domain", mail_domain)
        self._repository = repository
        self._notifier = notifier
        self._calendar = calendar
        self._clock = clock
        self._attachments = attachments
        self._similarity = similarity
        self._new_id = id_factory
        self._permissions = permissions
        self._company_scope = company_scope
        self._link_to = link_to
        self._filters = filters
        self._ranking = ranking
        self._moves = moves
        self._letters = letters
        self._mail_domain = mail_domain
        self._merge_fields = strategies_of(merge_fields)
        self._pools: dict[object, Pool] = {}  # as tickets met them, by who opened them

    # --- running a use-case ----------------------------------------------------------------------

    def _now(self) -> datetime:
        with answered("clock"):
            return utc("now", self._clock.now())

    def _begin(
        self,
        session: Session,
        actor: Actor,
        now: datetime,
        teams: frozenset[Id] = frozenset(),
        presence: Presence = NOT_ASKED,
    ) -> Work:
        return Work(
            session=session,
            now=now,
            actor=_actor(session, actor),
            permissions=self._permissions,
            company_scope=self._company_scope,
            new_id=self._new_id,
            claims=self._repository.claims,
            locked_teams=teams,
            filters=self._filters,
            ranking=self._ranking,
            moves=self._moves,
            presence=presence,
        )

    def _read(self, actor: Actor, ask: Callable[[Work], T]) -> T:
        with self._repository.reading() as session:
            return ask(self._begin(session, actor, self._now()))

    def _write(
        self,
        use_case: str,
        actor: Actor,
        do: Callable[[Work], T],
        *,
        ticket_ids: Collection[Id] | Callable[[], Collection[Id]] = (),
        team_ids: Collection[Id] | Callable[[], Collection[Id]] = (),
        look: Callable[[], Presence] = Presence,
        once: Once[T] | None = None,
        shown: Callable[[Work, T], T] | None = None,
        after: Callable[[T], object] | None = None,
    ) -> T:
        """Run `do` in one transaction that holds these tickets and teams, the tickets' own too.

        What has to be asked to know them, and who is there, is asked before each attempt. `shown`
        makes of the result what the one who acts is shown of it, also when it is given again;
        `after` is told of a new one once it is committed.
        """

        def run(session: Session, presence: Presence, teams: _Ids, tickets: _Ids) -> Done[T]:
            now = self._now()
            held = session.lock(teams, tickets)
            work = self._begin(session, actor, now, held, presence)
            result, is_new = done_once(work, use_case, once, do) if once else (do(work), True)
            return Done(result, result if shown is None else shown(work, result), is_new)

        for _ in range(ATTEMPTS):
            teams = team_ids() if callable(team_ids) else team_ids
            tickets = ticket_ids() if callable(ticket_ids) else ticket_ids
            check_ids("team_id", teams)
            check_ids("ticket_id", tickets)
            presence = look()
            teams = [*teams, *presence.beside]
            attempt = functools.partial(run, presence=presence, teams=teams, tickets=tickets)
            try:
                done = self._transact(attempt)
            except MovedError:
                notes().retries += 1
                continue
            if after is not None and done.is_new:
                after(done.result)
            return done.shown
        raise RetryableError(f"{use_case}: what it works on keeps moving; try again")

    def _transact(self, run: Callable[[Session], T]) -> T:
        """Run in a transaction of its own, again after a collision: a bounded number of times."""
        for attempt in range(ATTEMPTS - 1):
            try:
                return self._once_through(run)
            except CollisionError:
                # Those who collided must not meet again: each waits for another while.
                self._pause(random.uniform(0, PAUSE * 2**attempt))
                notes().retries += 1
        return self._once_through(run)

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def _once_through(self, run: Callable[[Session], T]) -> T:
        noted = notes()
        noted.begins()
        with self._repository.writing() as session:
            result = run(session)
        noted.commits()
        return result

    def _index(self, ticket: Ticket) -> None:
        """Tell the similarity store, after the transaction: the ticket stands whatever it says."""
        if self._similarity is not None:
            with afterwards("is not in the similarity store", ticket.id):
                self._similarity.update(ticket)

    # --- who is there ----------------------------------------------------------------------------

    def _availability(
        self, user_ids: Collection[Id], since: datetime, until: datetime
    ) -> Availability:
        """Who of these is there when, from `since` on; asked outside of any transaction.

        Raises `CalendarError`: a calendar that does not answer never means that all are free (A14).
        """
        with answered("calendar", CalendarError):
            absences = list(self._calendar.absences(user_ids, since, until))
            schedules = dict(self._calendar.schedules(user_ids))
            try:
                return Availability(absences, schedules)
            except InvalidValueError:  # nonsense is no answer either
                raise CalendarError("the calendar did not answer: nonsense") from None


def _actor(session: Session, actor: Actor) -> User | System:
    if isinstance(actor, System):
        return actor
    if actor is None:
        raise InvalidValueError("actor", "must be a user's id or a System with its reason")
    check_id("actor", actor)
    user = session.users([actor]).get(actor)
    if user is None:
        raise NotFoundError("user", actor)
    if not user.active:
        raise RefusedError(deny("permission.inactive_user"))
    return user
