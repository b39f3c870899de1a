"""Who comes back or is new, and how they get level where tickets are kept equal (A8).

It is found out when the team next assigns something by itself, from what was so at the latest such
assignment (`CatchingUp`) and from the absences since: as if it had been done at each return, in
order of time. So it depends on nothing but what is stored and the calendar.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import attrs

from helpdesk_core.assignment.options import Contender, fewest
from helpdesk_core.availability import Availability
from helpdesk_core.entities import CatchingUp, CatchUp, Id


@attrs.frozen
class Arrival:
    """Somebody is back, or new, from `at` on, and was not there since `since`."""

    at: datetime
    member_id: Id
    since: datetime
    joined: bool


@attrs.frozen
class Settled:
    """The credits that arrivals bring, and who is behind and catches up."""

    credits: Mapping[Id, int]
    behind: frozenset[Id]


def settle(
    catch_up: CatchUp,
    everybody: Mapping[Id, Contender],
    availability: Availability,
    now: datetime,
    known: CatchingUp | None,
) -> Settled:
    """What has come of those who came back or joined since the latest assignment (A8).

    Each is compared with the lowest of those of the pool who were available meanwhile: for who was
    away during the absence, for who is new since the latest assignment. Nobody was: unchanged.
    Nothing is known of a latest assignment: everybody starts as they are.
    """
    credits: dict[Id, int] = {}
    behind = {member_id for member_id in known.behind if member_id in everybody} if known else set()
    if known is not None:
        now = max(now, known.at)  # a clock may have been set back
        shares = {member_id: fewest(contender) for member_id, contender in everybody.items()}
        arrivals = sorted(_arrivals(everybody, availability, now, known), key=attrgetter("at"))
        for _, together in groupby(arrivals, key=attrgetter("at")):
            raised: dict[Id, Any] = {}
            for arrival in together:
                others = shares.keys() & known.member_ids - {arrival.member_id} - behind
                there = [shares[id] for id in others if _was_there(id, availability, arrival)]
                if there and min(there) > shares[arrival.member_id]:
                    raised[arrival.member_id] = min(there)
            if catch_up is CatchUp.SMOOTHED:
                behind.update(raised)
                continue
            for member_id, share in raised.items():
                had = everybody[member_id]
                count = math.ceil(share * had.options.weight)  # whole tickets
                shares[member_id] = fewest(attrs.evolve(had, count=count))
                credits[member_id] = count - had.count
    return Settled(credits, frozenset(behind))


def take_turns(
    contenders: Sequence[Contender], behind: frozenset[Id], their_turn: bool
) -> tuple[list[Contender], frozenset[Id]]:
    """Who competes this time, and who is still behind (A8, SMOOTHED).

    Who is level with the lowest of the others catches up no more. After a ticket for those who
    catch up, the next is for the others, if any of them is among the contenders.
    """
    others = [contender for contender in contenders if contender.member_id not in behind]
    if not others:
        return list(contenders), behind
    lowest = min(map(fewest, others))
    level = {each.member_id for each in contenders if fewest(each) >= lowest}
    behind -= level
    if not their_turn:
        return list(contenders), behind
    return [contender for contender in contenders if contender.member_id not in behind], behind


def _arrivals(
    pool: Iterable[Id], availability: Availability, now: datetime, known: CatchingUp
) -> Iterable[Arrival]:
    for member_id in pool:
        if member_id not in known.member_ids:
            yield Arrival(now, member_id, known.at, joined=True)
            continue
        for start, end in availability.absences_ended(member_id, known.at, now):
            yield Arrival(end, member_id, start, joined=False)


def _was_there(member_id: Id, availability: Availability, arrival: Arrival) -> bool:
    """Whether they were available at some moment while the other was not there."""
    first = availability.next_available((member_id,), arrival.since, arrival.at - arrival.since)
    if first is None:
        return False
    return first <= arrival.at if arrival.joined else first < arrival.at
