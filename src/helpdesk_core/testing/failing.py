"""A connection that fails at every k-th call of every use-case: all of it is done, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from typing import Any

from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.entities import Id, System, Visibility
from helpdesk_core.errors import HelpdeskError, PortError, RepositoryError
from helpdesk_core.ports import Claim, Repository, Session
from helpdesk_core.service import Helpdesk
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, World, make_id

#: More calls than any use-case makes over a small world.
_MOST_CALLS = 200
_SETUP = System(reason="the conformance kit")


class FailingRepository:
    """A repository whose connection fails at the k-th call, and once only.

    Calls are those of its sessions, and the beginning of each session; `k=0` never fails.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._left = 0

    def fail_at(self, k: int) -> None:
        """Fail at the k-th call from now."""
        self._left = k

    @property
    def failed(self) -> bool:
        """Whether the failure that was asked for has come."""
        return self._left == 0

    def step(self) -> None:
        """One call more."""
        if self._left:
            self._left -= 1
            if not self._left:
                raise RepositoryError("the connection is gone")

    @property
    def claims(self) -> frozenset[Claim]:
        """Those of the repository."""
        return self._repository.claims

    def reading(self) -> AbstractContextManager[Session]:
        """A session that can fail."""
        return self._session(self._repository.reading)

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction that can fail, at its very end too: then it is rolled back."""
        return self._session(self._repository.writing)

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


Call = Callable[[Helpdesk, World], object]


def use_cases(claims: frozenset[Claim]) -> list[tuple[str, Call]]:
    """What a help desk does over a small world, one after the other, as far as it is claimed."""
    a, b, c = 0, 1, 2

    def ticket(world: World, n: int) -> Id:
        return world.ticket_ids[n]

    def agent(world: World) -> Id:
        return world.users[0].id

    steps: list[tuple[str, tuple[Claim, ...], Call]] = [
        ("open", (), lambda d, w: d.open_ticket(w.teams[0].id, "Toner", actor=w.users[2].id)),
        ("reply", (), lambda d, w: d.reply(ticket(w, a), "Which one?", actor=agent(w))),
        ("note", (), lambda d, w: d.note(ticket(w, a), "Again", actor=agent(w))),
        ("change", (), lambda d, w: d.change_ticket(ticket(w, a), actor=agent(w), priority=3)),
        ("assign", (), lambda d, w: d.assign(ticket(w, a), agent(w), actor=_SETUP)),
        ("reassign", (), lambda d, w: d.assign(ticket(w, a), w.users[1].id, actor=_SETUP)),
        ("move", (), lambda d, w: d.move(ticket(w, a), w.stages[1].id, actor=_SETUP)),
        ("close", (), lambda d, w: d.close(ticket(w, a), actor=_SETUP)),
        ("follow", (), lambda d, w: d.follow_ticket(ticket(w, b), agent(w), actor=_SETUP)),
        ("unfollow", (), lambda d, w: d.unfollow_ticket(ticket(w, b), agent(w), actor=_SETUP)),
        ("team", (), lambda d, w: d.change_team(w.teams[1].id, actor=_SETUP, name="Desk")),
        ("user", (), lambda d, w: d.change_user(w.users[1].id, actor=_SETUP, name="Bo")),
        (
            "follow a team",
            (Claim.TEAM_FOLLOWERS,),
            lambda d, w: d.follow_team(w.teams[1].id, agent(w), actor=_SETUP),
        ),
        (
            "transfer",
            (Claim.FOLLOW_SOURCES,),
            lambda d, w: d.transfer(ticket(w, c), w.teams[1].id, actor=_SETUP),
        ),
        (
            "assign automatically",
            (Claim.ASSIGNMENT_ORDER,),
            lambda d, w: d.change_team(w.teams[0].id, actor=_SETUP, auto_assign=True),
        ),
        (
            "open and assign",
            (Claim.ASSIGNMENT_ORDER,),
            lambda d, w: d.open_ticket(w.teams[0].id, "Drum", actor=agent(w)),
        ),
        ("time", (Claim.TIME_ENTRIES,), lambda d, w: d.log_time(ticket(w, b), 5, actor=agent(w))),
        (
            "once",
            (Claim.IDEMPOTENCY_KEYS,),
            lambda d, w: d.note(ticket(w, b), "Once", actor=agent(w), idempotency_key="k"),
        ),
        (
            "discard",
            (Claim.DISCARDS,),
            lambda d, w: d.discard_duplicate(ticket(w, a), ticket(w, b), actor=_SETUP),
        ),
        (
            "merge",
            (Claim.MERGE,),
            lambda d, w: d.merge([ticket(w, a), ticket(w, b)], actor=_SETUP),
        ),
        (
            "fold",
            (Claim.EDITABLE_STAGES,),
            lambda d, w: d.fold_stage(w.stages[1].id, actor=_SETUP, confirmed=True),
        ),
        (
            "narrow",
            (Claim.FOLLOW_SOURCES,),
            lambda d, w: d.change_visibility(w.teams[0].id, Visibility.COMPANY, actor=_SETUP),
        ),
    ]
    return [(name, call) for name, needed, call in steps if claims.issuperset(needed)]


class FailingRules(StoreContract):
    """What is left when a connection is lost."""

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
        """N1, M10: whichever call of a use-case fails, nothing of it is done, and it says so."""
        world = self.plain()
        with self.filled(world) as repository:
            failing = FailingRepository(repository)
            desk = self._desk_over(failing)[0]
            for name, call in use_cases(self.claims):
                before = self.everything(repository, world)
                for k in range(1, _MOST_CALLS):
                    failing.fail_at(k)
                    try:
                        call(desk, world)
                    except PortError:
                        assert self.everything(repository, world) == before, (name, k)
                        continue
                    assert not failing.failed, f"{name}: the failure of call {k} was not told"
                    break
                else:  # pragma: no cover
                    raise AssertionError(f"{name}: never ends")
                failing.fail_at(0)
                assert self.everything(repository, world) != before, f"{name} did nothing"

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
