"""What a replay reports: the policy's half beside history's half, as figures and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from helpdesk_core.cli.logs import OWNER_FIRST, OWNER_LAST, EventLog


class OpenLoads:
    """How many open cases each has, and how far that is apart, over time.

    >>> loads = OpenLoads(["ada", "ben"])
    >>> for somebody in ("ada", "ada", "ben", None):
    ...     loads.opened(somebody)
    ...     loads.sample()
    >>> loads.maximum, loads.mean
    (2, 1.25)
    """

    def __init__(self, members: Sequence[str]) -> None:
        self._open = dict.fromkeys(members, 0)
        self._people_with = Counter({0: len(members)})
        self._most = self._least = 0
        self._sum = self._samples = 0
        self.maximum = 0

    def opened(self, member: str | None) -> None:
        """One more is open; of nobody: counts nowhere."""
        if member is None:
            return
        count = self._change(member, +1)
        self._most = max(self._most, count)
        if not self._people_with[self._least]:
            self._least = count

    def closed(self, member: str | None) -> None:
        """One less is open."""
        if member is None:
            return
        count = self._change(member, -1)
        self._least = min(self._least, count)
        if not self._people_with[self._most]:
            self._most = count

    def _change(self, member: str, by: int) -> int:
        self._people_with[self._open[member]] -= 1
        self._open[member] += by
        self._people_with[self._open[member]] += 1
        return self._open[member]

    def of(self, member: str) -> int:
        """How many are open now for one of them."""
        return self._open[member]

    @property
    def spread(self) -> int:
        """The most that somebody has open now, less the fewest."""
        return self._most - self._least

    def sample(self) -> None:
        """Take the spread of this moment into the mean and the maximum."""
        spread = self.spread
        self.maximum = max(self.maximum, spread)
        self._sum += spread
        self._samples += 1

    @property
    def mean(self) -> float:
        """The mean of the spreads sampled."""
        return self._sum / self._samples if self._samples else 0.0

    @property
    def open(self) -> Mapping[str, int]:
        """How many are open now, per person."""
        return dict(self._open)


@attrs.frozen(kw_only=True)
class Half:
    """One side of the report. `waited` is None where it is not known."""

    cases: int
    events: int
    tickets: Mapping[str, int]  #: per person, those with none too
    nobody: int  #: cases that nobody had
    closings: int
    reopenings: int
    open_spread_mean: float
    open_spread_max: int
    waited: int | None

    @property
    def spread(self) -> int:
        """The most tickets that somebody has, less the fewest."""
        return max(self.tickets.values(), default=0) - min(self.tickets.values(), default=0)

    @property
    def busiest(self) -> str | None:
        """Who has the most; of equals the first."""
        return max(self.tickets, key=lambda name: self.tickets[name], default=None)

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values."""
        return {
            "cases": self.cases,
            "events": self.events,
            "tickets_per_person": dict(self.tickets),
            "nobody": self.nobody,
            "spread": self.spread,
            "busiest": self.busiest,
            "closings": self.closings,
            "reopenings": self.reopenings,
            "open_spread_mean": round(self.open_spread_mean, 3),
            "open_spread_max": self.open_spread_max,
            "waited": self.waited,
        }


def history_of(log: EventLog) -> Half:
    """What history did: each case is its owner's, from its first event on."""
    loads = OpenLoads(log.people)
    closed: dict[str, bool] = {}
    closings = reopenings = 0
    for event in log.events:
        owner = log.owners[event.case]
        if event.case not in closed:
            closed[event.case] = False
            loads.opened(owner)
        closes = event.activity in log.closing
        if closes and not closed[event.case]:
            closings += 1
            loads.closed(owner)
        elif not closes and closed[event.case]:
            reopenings += 1
            loads.opened(owner)
        closed[event.case] = closes
        loads.sample()
    tickets = Counter(log.owners.values())
    return Half(
        cases=len(log.cases),
        events=len(log.events),
        tickets={person: tickets[person] for person in log.people},
        nobody=tickets[None],
        closings=closings,
        reopenings=reopenings,
        open_spread_mean=loads.mean,
        open_spread_max=loads.maximum,
        waited=None,
    )


def owner_rule(log: EventLog) -> str:
    """The rule for owners in words."""
    rule = log.format.owner
    if rule == OWNER_FIRST:
        return "the first person named in it"
    if rule == OWNER_LAST or rule not in log.activities:
        return "the last person named in it"
    return f"the person of its first {rule!r}, else the last person named in it"


def print_halves(out: Console, log: EventLog, policy: Half, history: Half, method: str) -> None:
    """The two halves side by side, then the tickets of each person."""
    out.print(
        f"{len(log.cases):,} cases, {len(log.events):,} events, {len(log.people):,} people,"
        f" {len(log.activities):,} activities of which {len(log.closing):,} close a case;"
        f" {log.never_close:,} cases never close, {log.go_on_after_closing:,} go on after closing."
    )
    out.print(Text(f"In history a case is had by {owner_rule(log)}."))
    table = Table("", f"policy ({method})", "history")
    for column in table.columns[1:]:
        column.justify = "right"
    for label, value in _ROWS:
        table.add_row(label, Text(value(policy)), Text(value(history)))
    out.print(table)
    people = Table("tickets of", "policy", "history")
    people.columns[0].overflow = "fold"
    for column in people.columns[1:]:
        column.justify = "right"
    for name in sorted(log.people, key=lambda name: -history.tickets[name]):
        people.add_row(Text(name), f"{policy.tickets[name]:,}", f"{history.tickets[name]:,}")
    people.add_row("nobody", f"{policy.nobody:,}", f"{history.nobody:,}")
    out.print(people)


def _busiest(half: Half) -> str:
    return "nobody" if half.busiest is None else f"{half.busiest}: {half.tickets[half.busiest]:,}"


def _waited(half: Half) -> str:
    return "not in the log" if half.waited is None else f"{half.waited:,}"


_ROWS = (
    ("cases", lambda half: f"{half.cases:,}"),
    ("events", lambda half: f"{half.events:,}"),
    ("closings", lambda half: f"{half.closings:,}"),
    ("reopenings", lambda half: f"{half.reopenings:,}"),
    ("cases that nobody had", lambda half: f"{half.nobody:,}"),
    ("tickets per person, most - fewest", lambda half: f"{half.spread:,}"),
    ("busiest person", _busiest),
    ("open tickets, most - fewest: mean", lambda half: f"{half.open_spread_mean:,.2f}"),
    ("open tickets, most - fewest: maximum", lambda half: f"{half.open_spread_max:,}"),
    ("tickets that waited for somebody", _waited),
)
