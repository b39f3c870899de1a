"""Several at once, in threads and in processes: nothing lost, nothing done twice."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.entities import Id, System, Ticket
from helpdesk_core.errors import HelpdeskError, RefusedError, RetryableError
from helpdesk_core.plans import Change, Kind, NoteAssignment, SetField
from helpdesk_core.ports import Claim, Notification, Remembered, Repository
from helpdesk_core.service import Helpdesk
from helpdesk_core.testing.outbox import OutboxRules
from helpdesk_core.testing.stores import StoreContract
from helpdesk_core.testing.worlds import MONDAY, make_id

T = TypeVar("T")
Opener = Callable[[], Repository]

#: For how long a call is tried again while the store is busy, in seconds.
PATIENCE = 30.0
_SETUP = System(reason="the conformance kit")


def patiently(call: Callable[[], T]) -> T:
    """Try again for as long as the store says that it is busy."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except RetryableError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)


def all_at_once(*calls: Callable[[], object]) -> list[BaseException]:
    """Run each in a thread of its own, begun together; what they raised."""
    barrier = threading.Barrier(len(calls))
    failures: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
        assert not thread.is_alive(), "a writer waits for ever"
    return failures


def raise_priority(repository: Repository, ticket_id: Id, times: int) -> None:
    """Read a ticket and write what follows from it, so many times."""
    for _ in range(times):
        patiently(lambda: _raise_once(repository, ticket_id))


def _raise_once(repository: Repository, ticket_id: Id) -> None:
    with repository.writing() as session:
        session.lock([], [ticket_id])
        ticket = session.tickets([ticket_id])[ticket_id]
        session.apply([_subject(ticket, int(ticket.subject) + 1)])


def _subject(ticket: Ticket, number: int) -> SetField:
    return SetField.of(Kind.TICKET, ticket, "subject", str(number))


def _in_a_process(opener: Opener, ticket_id: Id, times: int) -> None:
    repository = opener()
    raise_priority(repository, ticket_id, times)
    _close(repository)


def _die(opener: Opener, changes: list[Change], commits: bool) -> None:
    """End like a process that is killed: in the transaction, or just after it."""
    repository = opener()
    with repository.writing() as session:
        session.lock([], [])
        session.apply(changes)
        if not commits:
            os._exit(9)
    os._exit(9)


def _close(repository: Repository) -> None:
    closing: Callable[[], None] | None = getattr(repository, "close", None)
    if closing is not None:
        closing()


def in_processes(target: Callable[..., None], *arguments: tuple[Any, ...]) -> list[int | None]:
    """Run it in fresh processes, one for each tuple of arguments; their exit codes."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=target, args=given) for given in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(2 * PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()
    return [process.exitcode for process in processes]


class RacingRules(StoreContract):
    """What several do at once gives what they would give one after the other."""

    #: How many threads race.
    workers: int = 4

    def test_no_change_is_lost_between_threads(self) -> None:
        """A17, T7: several that read and then write leave the sum of what they did."""
        world = self.plain()
        ticket, rounds = world.tickets[0], 6
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([_subject(ticket, 0)])

            def work() -> None:
                raise_priority(repository, ticket.id, rounds)

            assert all_at_once(*[work] * self.workers) == []
            with repository.reading() as session:
                now = session.tickets([ticket.id])[ticket.id].subject
            assert now == str(rounds * self.workers)

    def test_a_ticket_has_one_taker(self) -> None:
        """A17: of several that want a ticket at once exactly one gets it, and each is counted."""
        world = self.plain(tickets=6)
        takers = [user.id for user in world.users]
        won: Counter[Id] = Counter()

        def take(repository: Repository, user_id: Id) -> None:
            for ticket_id in world.ticket_ids:
                won[user_id] += patiently(lambda: _take(repository, ticket_id, user_id))  # noqa: B023

        with self.filled(world) as repository:
            calls = [partial(take, repository, user_id) for user_id in takers]
            assert all_at_once(*calls) == []
            with repository.reading() as session:
                tickets = session.tickets(world.ticket_ids)
                has = Counter(ticket.assignee_id for ticket in tickets.values())
                loads = session.workloads(world.teams[0].id)
                assert list(session.recount()) == []
        assert None not in has
        assert +won == has
        assert {id: load.total for id, load in loads.items() if load.total} == dict(has)

    def test_workers_assign_in_turn(self) -> None:
        """A5, A17: what several workers take in at once is spread by at most one."""
        self.needs(Claim.ASSIGNMENT_ORDER)
        world = self.plain(tickets=0)
        team, rounds = world.teams[1], 3
        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([team.id], [])
                session.apply([SetField.of(Kind.TEAM, team, "auto_assign", True)])
            desk = self._desk(repository)

            def work() -> None:
                for n in range(rounds):
                    patiently(lambda: desk.open_ticket(team.id, f"Ink {n}", actor=_SETUP))  # noqa: B023

            assert all_at_once(*[work] * self.workers) == []
            with repository.reading() as session:
                loads = session.workloads(team.id)
            counts = [loads[id].total if id in loads else 0 for id in team.member_ids]
            assert sum(counts) == rounds * self.workers
            assert max(counts) - min(counts) <= 1
            places = [load.last_assigned for load in loads.values()]
            assert len(set(places)) == len(places)

    def test_two_merges_crosswise_leave_one(self) -> None:
        """M9, M10: merging A into B and B into A at once, exactly one of them is done."""
        self.needs(Claim.MERGE)
        world = self.plain()
        a, b, _ = world.ticket_ids
        outcomes: list[str] = []

        def merge(desk: Helpdesk, master: Id) -> None:
            try:
                patiently(lambda: desk.merge([a, b], actor=_SETUP, master_id=master))
                outcomes.append("merged")
            except RefusedError:
                outcomes.append("refused")

        with self.filled(world) as repository:
            desk = self._desk(repository)
            assert all_at_once(lambda: merge(desk, a), lambda: merge(desk, b)) == []
            with repository.reading() as session:
                away = [t.merged_into for t in session.tickets([a, b]).values()]
                assert len(session.merges([a, b])) == 1
        assert sorted(map(str, away)) in (sorted(["None", str(a)]), sorted(["None", str(b)]))
        assert "merged" in outcomes

    def _desk(self, repository: Repository) -> Helpdesk:
        counter = iter(range(1000, 10**6))
        lock = threading.Lock()

        def new_id() -> Id:
            with lock:
                return make_id(self.id_type, "made", next(counter))

        ports = (MemoryNotifier(), MemoryCalendar(), ManualClock(MONDAY))
        return Helpdesk(repository, *ports, id_factory=new_id)

    def test_no_change_is_lost_between_processes(self) -> None:
        """A17: several processes that read and then write leave the sum of what they did."""
        world = self.plain()
        ticket, rounds = world.tickets[0], 5
        with self.filled(world) as repository:
            opener = self.opener(repository)
            with repository.writing() as session:
                session.lock([], [ticket.id])
                session.apply([_subject(ticket, 0)])
            given = (opener, ticket.id, rounds)
            assert in_processes(_in_a_process, given, given) == [0, 0]
            with repository.reading() as session:
                assert session.tickets([ticket.id])[ticket.id].subject == str(2 * rounds)

    def test_a_killed_process_leaves_all_or_nothing(self) -> None:
        """M10, N1: who dies in a transaction did nothing, who dies after it did all."""
        world = self.plain()
        ticket, user = world.tickets[0], world.users[0]
        changes: list[Change] = [
            SetField.of(Kind.TICKET, ticket, "assignee_id", user.id),
            SetField.of(Kind.TICKET, ticket, "priority", 3),
        ]
        if self.has(Claim.ASSIGNMENT_ORDER):
            changes.append(NoteAssignment(team_id=ticket.team_id, member_id=user.id, sequence=1))
        with self.filled(world) as repository:
            opener = self.opener(repository)
            before = self.everything(repository, world)
            assert in_processes(_die, (opener, changes, False)) == [9]
            opened = opener()
            assert self.everything(opened, world) == before
            assert in_processes(_die, (opener, changes, True)) == [9]
            now = self.everything(opened, world)
            self.close(opened)
            assert now["tickets"][ticket.id].priority == 3
            assert now["tickets"][ticket.id].assignee_id == user.id
            assert now["recount"] == []


class OutboxRaces(OutboxRules):
    """What several workers do with one outbox."""

    def test_no_notification_is_lent_twice(self) -> None:
        """N1: workers that take at once are given different notifications, and all of them."""
        self.needs(Claim.OUTBOX)
        world = self.plain(tickets=12)
        mails = [self._mail(world, n) for n in range(12)]
        taken: list[Notification] = []

        with self.filled(world) as repository:
            with repository.writing() as session:
                session.lock([], [])
                session.publish([], mails)

            def take() -> None:
                for _ in range(6):
                    taken.extend(patiently(lambda: _two_of(repository)))

            assert all_at_once(take, take, take) == []
        assert Counter(mail.key for mail in taken) == Counter(mail.key for mail in mails)

    def test_a_key_is_remembered_once(self) -> None:
        """T7: of several that remember the same key at once one succeeds, the others are told."""
        self.needs(Claim.IDEMPOTENCY_KEYS)
        world = self.plain()
        with self.filled(world) as repository:

            def remember(number: int) -> None:
                with repository.writing() as session:
                    session.lock([], [])
                    session.remember("key", Remembered("digest", number), MONDAY)

            calls = [partial(patiently, partial(remember, n)) for n in range(4)]
            failures = all_at_once(*calls)
            assert len(failures) == 3
            assert all(isinstance(failure, HelpdeskError) for failure in failures)


def _two_of(repository: Repository) -> list[Notification]:
    with repository.writing() as session:
        return list(session.take(MONDAY, MONDAY + timedelta(hours=1), 2))


def _take(repository: Repository, ticket_id: Id, user_id: Id) -> bool:
    with repository.writing() as session:
        session.lock([], [ticket_id])
        ticket = session.tickets([ticket_id])[ticket_id]
        if ticket.assignee_id is not None:
            return False
        session.apply([SetField.of(Kind.TICKET, ticket, "assignee_id", user_id)])
        return True
