"""Several workers drain one outbox, and are killed at it: once each, in order, and nothing is lost.

The long runs have as many kills on each database as HELPDESK_KILLS says.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

import postgres
import workers
from desks import MONDAY, Company
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.plans import Channel, Notice, NoticeKind
from helpdesk_core.ports import DeliveryStatus, Notification
from sql_stores import SQL_STORES
from tallies import Tally

KILLS = int(os.environ.get("HELPDESK_KILLS", "1000"))
ROUND = 50
WORKERS = 4
#: Who is told of each ticket: its customer, and two who follow it.
PEOPLE = ("pat", "ann", "bob")


def _where(store: str, folder: Path) -> tuple[str, dict[str, Any]]:
    if store == "postgresql":
        return postgres.emptied_url()
    return f"sqlite:///{folder / 'desk.sqlite'}", {"busy_timeout": 60.0}


def _tickets(repository: SqlRepository, folder: Path, number: int) -> list[Any]:
    company = Company(repository, folder)
    company.desk.follow_team("public", "ann", actor=workers.WORKER)
    company.desk.follow_team("public", "bob", actor=workers.WORKER)
    opened = [company.open("public", id=f"t{n}", customer_id="pat") for n in range(number)]
    company.deliver()
    return [ticket.id for ticket in opened]


def _put(repository: SqlRepository, ticket_ids: list[Any], first: int, number: int) -> list[str]:
    """Messages for the outbox, in turn for the tickets and their people; their keys in order."""
    mails = [
        Notification(
            key=f"k{n:06}",
            notice=Notice(
                ticket_id=ticket_ids[n % len(ticket_ids)],
                recipient_id=PEOPLE[n // len(ticket_ids) % len(PEOPLE)],
                channel=Channel.EMAIL,
                kind=NoticeKind.OPENED,
            ),
            created_at=MONDAY,
        )
        for n in range(first, first + number)
    ]
    with repository.writing() as session:
        session.lock([], [])
        session.publish([], mails)
    return [mail.key for mail in mails]


def _lines(file: Path) -> list[tuple[str, str, str]]:
    if not file.exists():
        return []
    whole = [line.split(" ") for line in file.read_text(encoding="utf-8").splitlines()]
    return [(ticket, key, who) for ticket, key, who in whole]


def _in_order(lines: list[tuple[str, str, str]]) -> bool:
    """Whether of each ticket the messages were sent in the order of their keys, the first times."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for ticket, key, _ in lines:
        if key not in keys[ticket]:
            keys[ticket].append(key)
    return all(of == sorted(of) for of in keys.values())


def _started(where: Any, file: Path, number: int, minutes: int, slow: float) -> tuple[Any, Any]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = workers.start(workers.deliver, where, str(file), number, minutes, slow, sender)
    sender.close()
    return process, receiver


def _drained(store: str, folder: Path, messages: int, tickets: int, tally: Tally) -> str:
    """Let workers drain so many messages at once; the line for the tally."""
    where, file = _where(store, folder), folder / "sent"
    with SqlRepository(where[0], **where[1]) as repository:
        keys = _put(repository, _tickets(repository, folder, tickets), 0, messages)
        begun = time.monotonic()
        running = [_started(where, file, n, 1, 0.0) for n in range(WORKERS)]
        for _, receiver in running:
            assert receiver.recv() == "ready"
        for process, receiver in running:
            assert receiver.recv() == "done"
            process.join()
        took = time.monotonic() - begun
        lines = _lines(file)
        sent = Counter(key for _, key, _ in lines)
        with repository.reading() as session:
            left = len(session.outbox(status=DeliveryStatus.PENDING))
    line = tally.add(
        f"{WORKERS} workers drained the outbox, {store}",
        {
            "messages": messages,
            "tickets": tickets,
            "sent": len(sent),
            "sent twice": sum(sent.values()) - len(sent),
            "left": left,
            "workers that sent some": len({who for *_, who in lines}),
        },
    )
    assert set(sent) == set(keys)
    assert max(sent.values()) == 1
    assert _in_order(lines)
    assert left == 0
    return f"{took:.0f} s: {line}"


@pytest.mark.parametrize("store", SQL_STORES)
def test_several_workers_drain_one_outbox(store: str, tmp_path: Path, tally: Tally) -> None:
    """N1: four workers at once send each message once, and those of a ticket in order."""
    _drained(store, tmp_path, 600, 40, tally)


@pytest.mark.long
@pytest.mark.parametrize("tickets", [50, 2000])
@pytest.mark.parametrize("store", SQL_STORES)
def test_ten_thousand_messages(store: str, tickets: int, tmp_path: Path, tally: Tally) -> None:
    """N1: the same with ten thousand messages, about few tickets and about many."""
    tally.show(_drained(store, tmp_path, 10_000, tickets, tally))


# --- killed at it --------------------------------------------------------------------------------


def _killed(store: str, folder: Path, kills: int, seed: int, tally: Tally) -> str:
    """Kill a worker so often between a commit and a sending; the line for the tally."""
    dice = random.Random(seed)
    where, file = _where(store, folder), folder / "sent"
    keys: list[str] = []
    with SqlRepository(where[0], **where[1]) as repository:
        ticket_ids = _tickets(repository, folder, 4)
        for number in range(kills):
            keys += _put(repository, ticket_ids, len(keys), 6)
            # a lease that a killed worker had is over by the time of the next one
            process, receiver = _started(where, file, number, 1 + 10 * number, 0.002)
            receiver.recv()
            time.sleep(dice.uniform(0, 0.06))
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            receiver.close()
        process, receiver = _started(where, file, kills, 1 + 10 * kills, 0.0)
        assert (receiver.recv(), receiver.recv()) == ("ready", "done")
        process.join()
        with repository.reading() as session:
            settled = Counter(mail.status for mail in session.outbox() if mail.key in set(keys))
    lines = _lines(file)
    sent = Counter(key for _, key, _ in lines)
    line = tally.add(
        f"killed while delivering, {store}",
        {
            "kills": kills,
            "messages": len(keys),
            "lost": len(set(keys) - set(sent)),
            "sent again, with the same key": sum(sent.values()) - len(sent),
        },
    )
    assert set(sent) == set(keys)
    assert settled == {DeliveryStatus.SENT: len(keys)}
    assert sum(sent.values()) - len(sent) <= kills
    assert _in_order(lines)
    return line


@pytest.mark.parametrize("store", SQL_STORES)
def test_a_worker_that_is_killed_loses_nothing(store: str, tmp_path: Path, tally: Tally) -> None:
    """N1: after 50 kills every message was sent, in order; again only what was being sent."""
    _killed(store, tmp_path, 50, 1, tally)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(-(-KILLS // ROUND)))
@pytest.mark.parametrize("store", SQL_STORES)
def test_delivery_kills_for_long(store: str, seed: int, tmp_path: Path, tally: Tally) -> None:
    """N1: the same for a thousand kills on each database."""
    begun = time.monotonic()
    line = _killed(store, tmp_path, min(ROUND, KILLS - seed * ROUND), seed, tally)
    tally.show(f"{time.monotonic() - begun:.0f} s: {line}")
