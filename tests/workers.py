"""What runs in processes of its own: workers who race for tickets, and one who is killed at work.

Processes are forked from a server that has loaded all this and played a little of it already
(`warm_workers`): else each of them would do so first, for a second.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import forkserver
from pathlib import Path
from typing import Any
from unittest import mock

from desks import MONDAY, SETUP
from helpdesk_core import Absence, Helpdesk, System
from helpdesk_core.adapters.clock import SystemClock
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.errors import ConflictError, NotFoundError, RefusedError
from helpdesk_core.ports import OutgoingMessage, Repository

WORKER = System(reason="worker")
MEMBERS = ("ann", "bob", "cyd")
TEAM = "race"


def start(run: Callable[..., None], *arguments: Any) -> Any:
    """Run this in a process of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warm_workers"])
    # Before Python 3.12.8 the server looks where a new interpreter does, and says nothing about
    # what it does not find.
    with mock.patch.dict(os.environ, {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}):
        forkserver.ensure_running()
    process = context.Process(target=run, args=arguments, daemon=True)
    process.start()
    return process


def tell_loaded(said: Any) -> None:
    """Which modules are loaded in a worker."""
    said.send(set(sys.modules))


# --- racing --------------------------------------------------------------------------------------


def race(
    where: tuple[str, dict[str, Any]],
    number: int,
    ids: list[str],
    absences: list[Absence],
    changing: bool,
    go: Any,
    results: Any,
) -> None:
    """Open these tickets and serve those that wait, against all others who do the same."""
    url, options = where
    said = "ready"
    try:
        with SqlRepository(url, **options) as repository:
            desk = Helpdesk(repository, MemoryNotifier(), MemoryCalendar(absences), SystemClock())
            results.put((number, said))
            go.wait()
            dice = random.Random(number)
            for count, id in enumerate(ids):
                desk.open_ticket(TEAM, "Ink", actor=WORKER, id=id)
                if changing:
                    _change(desk, dice, number, count, ids[: count + 1])
                desk.assign_waiting(actor=WORKER, limit=2)
            while desk.assign_waiting(actor=WORKER, limit=5):
                pass
        said = "done"
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    results.put((number, said))


def _change(desk: Helpdesk, dice: random.Random, number: int, count: int, own: list[str]) -> None:
    """Something that happens meanwhile: to a ticket of one's own, or to the team."""
    id = dice.choice(own)
    desk.move(id, dice.choice(["solved", "working", "new"]), actor=WORKER)
    if dice.random() < 0.3:
        desk.assign(dice.choice(own), dice.choice(MEMBERS), actor=WORKER)
    if number == 0 and count % 3 == 0:  # somebody leaves the team, or comes back to it
        desk.change_team(TEAM, actor=WORKER, member_ids=members_after(count // 3))


def members_after(change: int) -> tuple[str, ...]:
    """Who is in the team after its n-th change."""
    return MEMBERS if change % 2 else MEMBERS[:-1]


# --- being killed --------------------------------------------------------------------------------


def desk_at(repository: Repository, number: int) -> Helpdesk:
    """A desk for one call: the same moment and the same ids whenever it is made."""
    ids = (f"{number}-{n}" for n in itertools.count())
    clock = ManualClock(MONDAY + timedelta(days=1, minutes=number))
    return Helpdesk(
        repository, MemoryNotifier(), MemoryCalendar(), clock, id_factory=lambda: next(ids)
    )


def call(repository: Repository, number: int) -> None:
    """The n-th call of a mixed load; what it is depends on nothing but its number."""
    dice = random.Random(number)
    desk = desk_at(repository, number)
    some, other = (f"t{dice.randrange(max(0, number - 40), number + 1)}" for _ in range(2))
    calls: list[Callable[[], object]] = [
        lambda: desk.reply(some, "Is it plugged in?", actor=dice.choice(MEMBERS)),
        lambda: desk.move(some, dice.choice(["solved", "working"]), actor=SETUP),
        lambda: desk.assign(some, dice.choice(MEMBERS), actor=SETUP),
        lambda: desk.change_ticket(some, actor=SETUP, priority=dice.randrange(4), tags={"a"}),
        lambda: desk.merge([some, other], actor="root"),
        lambda: desk.transfer(some, dice.choice(["company", "public", TEAM]), actor=SETUP),
    ]
    if number % 50 == 49:
        fold = desk.fold_stage if number % 100 == 49 else desk.unfold_stage
        shown = desk.preview_fold("working", number % 100 == 49, actor=SETUP)
        calls = [lambda: fold("working", actor=SETUP, confirmed=shown)]
    elif dice.random() < 0.5:
        calls = [
            lambda: desk.open_ticket(
                TEAM, "Ink", "None left", actor="ann", id=f"t{number}", customer_id="pat"
            )
        ]
    # What is refused is refused in whatever store; else it shows as a difference.
    with contextlib.suppress(RefusedError, NotFoundError, ConflictError):
        dice.choice(calls)()


def merging_call(repository: Repository, number: int) -> None:
    """The n-th call of a load of merges: two tickets are opened, merged, parted, and merged on.

    Into the newer of them goes what was merged before, most often: chains grow.
    """
    dice, (turn, step) = random.Random(number), divmod(number, 6)
    desk = desk_at(repository, number)
    one, other, before = f"t{6 * turn}", f"t{6 * turn + 1}", f"t{6 * turn - 6}"
    with contextlib.suppress(RefusedError, NotFoundError, ConflictError):
        if step < 2:
            tags, who = {dice.choice("abc")}, dice.choice(MEMBERS)
            desk.open_ticket(TEAM, "Ink", actor=who, id=f"t{number}", customer_id="pat", tags=tags)
        elif step == 2:
            desk.merge([one, other], actor="root")
        elif step == 3:  # a merge's id is the first that its call makes
            desk.unmerge(f"{number - 1}-0", actor="root")
        elif step == 4:
            some = [one, other] if dice.random() < 0.2 else [one, other, before]
            desk.merge(some, master_id=one, actor="root")
        elif dice.random() < 0.2:
            desk.unmerge(f"{number - 1}-0", actor="root")
        else:
            desk.reply(other, "And the other printer?", actor="root", to_root=True)


LOADS = {"mixed": call, "merges": merging_call}


def work(where: tuple[str, dict[str, Any]], first: int, said: Any, load: str) -> None:
    """Call after call, each told when it is begun and when it is acknowledged, until killed."""
    url, options = where
    with SqlRepository(url, **options) as repository:
        for number in itertools.count(first):
            said.send(("begun", number))
            LOADS[load](repository, number)
            said.send(("done", number))


# --- delivering ----------------------------------------------------------------------------------


class LinesNotifier:
    """Writes each message as a line into a file: its ticket, its key and who sent it."""

    def __init__(self, file: str, who: int, slow: float = 0.0) -> None:
        self._file, self._who, self._slow = Path(file), who, slow

    def send(self, message: OutgoingMessage) -> None:
        """One write: lines of several processes are not mixed."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{message.ticket_id} {message.key} {self._who}\n")
        if self._slow:
            time.sleep(self._slow)


def deliver(
    where: tuple[str, dict[str, Any]], file: str, number: int, minutes: int, slow: float, said: Any
) -> None:
    """Deliver until nothing is left, at a moment so many minutes after Monday."""
    url, options = where
    clock = ManualClock(MONDAY + timedelta(minutes=minutes))
    with SqlRepository(url, **options) as repository:
        notifier = LinesNotifier(file, number, slow)
        desk = Helpdesk(repository, notifier, MemoryCalendar(), clock)
        said.send("ready")
        idle = 0
        while idle < 20:  # a ticket may be with another worker at this moment
            delivered = desk.deliver(50)
            idle = 0 if delivered.sent else idle + 1
            if idle:
                time.sleep(0.02)
    said.send("done")
