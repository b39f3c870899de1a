"""Closing what saw nothing, against the second model, on random worlds over each kind of store."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from against_model import (
    Dice,
    hours,
    messages_of,
    random_tickets,
    random_world,
    stage_of,
    team_of,
    ticket_of,
    turns_of,
    user_of,
)
from desks import STORES, counter, repository_for
from helpdesk_core import Helpdesk, System
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.events import TicketChanged
from helpdesk_core.plans import Add
from model import stages as model_stages
from model import visibility as model_visibility

WORKER = System(reason="worker")


def _random_tickets(dice: Dice, teams: Any, stages: Any) -> list[Any]:
    """Four times as many as in other worlds."""
    made = []
    for batch in "abcd":
        for ticket in random_tickets(dice, teams, stages):
            ticket["id"] = batch + ticket["id"]
            if ticket["merged"] is not None:
                ticket["merged"], ticket["closed_at"] = batch + ticket["merged"], None
            made.append(ticket)
    return made


def _random_events(dice: Dice, tickets: list[Any]) -> list[tuple[Any, Any]]:
    """What happened on which ticket when, as it was recorded: not always in order of time."""
    return [
        (dice.pick(tickets)["id"], hours(24 * dice.number(0, 6) + dice.number(0, 1)))
        for _ in range(dice.number(0, 12))
    ]


@pytest.mark.parametrize("store", STORES)
def test_what_is_closed(store: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """G13, G3, G8, V13: the tickets, their stages, events and messages are those of the model."""

    @settings(
        max_examples={"memory": 150, "sqlite": 40, "postgresql": 25}[store],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**32))
    def check(seed: int) -> None:
        dice = Dice(random.Random(seed).randbytes(800))  # many tickets, not a few simple ones
        people, stages, teams, _ = random_world(dice)
        tickets = _random_tickets(dice, teams, stages)
        happened = _random_events(dice, tickets)
        saw: defaultdict[Any, list[Any]] = defaultdict(list)
        for id, at in happened:
            saw[id].append(at)
        days, now = dice.number(1, 3), hours(24 * dice.number(2, 7) + dice.number(0, 1))
        listed = dice.some(sorted(stages), 5, 2)
        named = dice.some(sorted(teams), 2, 1) if dice.flag(4) else None
        actor = dice.pick([WORKER, WORKER, *(user["id"] for user in people if user["lead"])])
        limit = dice.number(1, 3)

        repository = repository_for(store, tmp_path_factory.mktemp("desk"))
        with repository.writing() as session:
            session.lock([], [])
            things = [
                *map(user_of, people), *map(stage_of, stages.values()),
                *map(team_of, teams.values()), *map(ticket_of, tickets),
            ]  # fmt: skip
            session.apply([Add(thing) for thing in things])
            session.publish(
                [TicketChanged(at=at, ticket_id=id, fields=("tags",)) for id, at in happened], []
            )
        desk = Helpdesk(
            repository,
            MemoryNotifier(),
            MemoryCalendar(),
            ManualClock(now),
            id_factory=counter(),
        )
        closed: list[Any] = []
        visible = {ticket["id"] for ticket in tickets}
        if actor != WORKER:
            user = next(user for user in people if user["id"] == actor)
            visible = model_visibility.visible(user, tickets, teams)
            may_open = (
                model_visibility.can_view_team(user, teams[t], tickets) for t in named or ()
            )
            if not user["active"] or not all(may_open):
                return  # refused, which has tests of its own
        expected = model_stages.close_inactive(
            [
                ticket
                for ticket in tickets
                if ticket["id"] in visible and (named is None or ticket["team"] in named)
            ],
            saw,
            stages,
            teams,
            days=timedelta(days=days),
            listed=listed,
            now=now,
        )
        more = True
        while more:
            done = desk.close_inactive(days, listed, actor=actor, team_ids=named, limit=limit)
            closed += ((ticket.id, ticket.stage_id) for ticket in done.tickets)
            more = done.more
            assert more == (len(closed) < len(expected))
        assert closed == expected
        event(f"{len(closed)} closed")
        _told(repository, dict(expected), people, stages, tickets)

    check()


def _told(repository: Any, closed: Any, people: Any, stages: Any, tickets: Any) -> None:
    """Each closed ticket has its events and messages, and no other one has any."""
    by_id = {user["id"]: user for user in people}
    with repository.reading() as session:
        outbox = [notification.notice for notification in session.outbox()]
        for ticket in tickets:
            events = [one.event for one in session.history([ticket["id"]])]
            sent = [notice for notice in outbox if notice.ticket_id == ticket["id"]]
            to = closed.get(ticket["id"])
            if to is None:
                assert (turns_of(events), sent) == ([], [])
                continue
            expected = model_stages.messages_on_entering(
                stages[to], by_id.get(ticket["customer"]), []
            )
            assert turns_of(events) == [("TicketClosed", ticket["id"])]
            assert messages_of(sent, events) == Counter(expected)
