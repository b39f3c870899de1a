"""A connection that fails at every k-th call of every use-case: all of it is done, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from typing import Any

import attrs

from helpdesk_core.adapters.files import FolderAttachmentStore
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.errors import HelpdeskError, PortError, RepositoryError, RetryableError
from helpdesk_core.ports import Claim, Repository, Session
from helpdesk_core.service import Helpdesk
from helpdesk_core.testing.script import Workplace, newcomer
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, make_id

#: More calls than any use-case makes over a small world.
_MOST_CALLS = 200


class FailingRepository:
    """A repository whose connection fails at the k-th call, and once only.

    Calls are those of its sessions, and the beginning and the end of each; `k=0` never fails.
    `committed` says whether a transaction was committed since.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.committed = False
        #: What the failing call raises.
        self.error: PortError | RetryableError = RepositoryError("the connection is gone")
        self._left = 0

    def fail_at(self, k: int) -> None:
        """Fail at the k-th call from now."""
        self._left = k
        self.committed = False

    @property
    def failed(self) -> bool:
        """Whether the failure that was asked for has come."""
        return self._left == 0

    def step(self) -> None:
        """One call more."""
        if self._left:
            self._left -= 1
            if not self._left:
                raise self.error

    @property
    def claims(self) -> frozenset[Claim]:
        """Those of the repository."""
        return self.repository.claims

    def reading(self) -> AbstractContextManager[Session]:
        """A session that can fail."""
        return self._session(self.repository.reading)

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A transaction that can fail, at its very end too: just before the commit, or after it."""
        with self._session(self.repository.writing) as session:
            yield session
        self.committed = True
        if not isinstance(self.error, RetryableError):  # which says that nothing was changed
            self.step()

    @contextmanager
    def _session(self, begin: Callable[[], AbstractContextManager[Session]]) -> Iterator[Any]:
        self.step()
        with begin() as session:
            yield _FailingSession(session, self.step)
            self.step()


class _FailingSession:
    def __init__(self, session: Session, step: Callable[[], None]) -> None:
        self._session, self._step = session, step

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._session, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self._step()
            return method(*arguments, **options)

        return call


class FailingRules(StoreContract):
    """What is left when a connection is lost."""

    #: Of the use-cases each so-manyth is broken off at all of its calls; more for a slow store.
    broken_off: int = 1

    def _desk_over(self, repository: Any) -> tuple[Helpdesk, MemoryNotifier, ManualClock]:
        numbers = iter(range(1000, 10**6))
        notifier, clock = MemoryNotifier(), ManualClock(MONDAY + timedelta(days=1))
        desk = Helpdesk(
            repository,
            notifier,
            MemoryCalendar(),
            clock,
            id_factory=lambda: make_id(self.id_type, "made", next(numbers)),
        )
        return desk, notifier, clock

    def test_a_failure_leaves_exactly_before_or_exactly_after(self) -> None:
        """N1, M10, T7: whichever call of a use-case fails, all of it is done or nothing, once."""
        plain = self.plain()
        world = attrs.evolve(plain, users=(*plain.users, newcomer(self.id_type)))
        with self.filled(plain) as repository:
            failing = FailingRepository(repository)
            place = Workplace(
                world=world,
                id_type=self.id_type,
                claims=self.claims,
                repository=failing,
                attachments=FolderAttachmentStore(self.new_path()),
            )
            for number, step in enumerate(place.steps):
                before = self.everything(repository, world)
                chosen = step.whole and number % self.broken_off == 0
                done = chosen and self._break_off(place, number, before)
                after = self.everything(repository, world)
                if place.remembers(step) or not done:
                    place.play(number)
                if done:
                    assert self.everything(repository, world) == after, f"{step.method}: twice"
                assert self.everything(repository, world) != before, f"{step.method}: nothing"

    def _break_off(self, place: Workplace, number: int, before: Any) -> bool:
        """Fail at each call, until it comes too late to hinder anything."""
        failing = place.repository
        step = place.steps[number]
        place.look(number)
        for k in range(1, _MOST_CALLS):
            failing.fail_at(k)
            try:
                place.play(number)
            except PortError:
                if failing.committed:
                    return True
                assert self.everything(failing.repository, place.world) == before, (step.method, k)
            else:
                assert not failing.failed, f"{step.method}: the failure of call {k} was not told"
                return True
            finally:
                failing.fail_at(0)
        raise AssertionError(f"{step.method}: never ends")  # pragma: no cover

    def test_no_message_is_lost_when_delivery_fails(self) -> None:
        """N1: whichever call of a delivery fails, each message is sent once or more, later on."""
        self.needs(Claim.OUTBOX)
        world = self.plain()
        with self.filled(world) as repository:
            failing = FailingRepository(repository)
            desk, notifier, clock = self._desk_over(failing)
            for k in range(1, _MOST_CALLS):
                notifier.sent.clear()
                desk.reply(world.ticket_ids[0], f"News {k}", actor=world.users[0].id)
                failing.fail_at(k)
                with suppress(HelpdeskError):
                    desk.deliver()
                missed = failing.failed
                failing.fail_at(0)
                clock.advance(timedelta(hours=1))
                desk.deliver()
                assert {message.to_address for message in notifier.sent} >= {"eve@x.org"}, k
                if not missed:
                    break
