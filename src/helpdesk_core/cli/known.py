"""Duplicates that are known already, as a file labels them: how many of them are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from helpdesk_core.cli.console import Steps
from helpdesk_core.duplicates import SimilarityIndex
from helpdesk_core.entities import Id, Ticket

FIRST = 10  # of those that are listed, so many count for MRR
_BETWEEN_IDS = re.compile(r"[;,]")

#: Of each ticket that has any, the others of which it is known to be a duplicate.
Known = Mapping[Id, frozenset[Id]]


def known_by_groups(labels: Mapping[Id, str]) -> Known:
    """Tickets with the same label are duplicates of each other; without a label they are not.

    >>> known_by_groups({1: "a", 2: "b", 3: "a", 4: "", 5: ""})
    {1: frozenset({3}), 3: frozenset({1})}
    """
    groups: dict[str, set[Id]] = {}
    for id, label in labels.items():
        if label.strip():
            groups.setdefault(label.strip(), set()).add(id)
    return _others(groups.values())


def known_by_ids(labels: Mapping[Id, str]) -> Known:
    """Labels are the ids of known duplicates, with `;` or `,` between; who is one of another too.

    Duplicates of the same are duplicates of each other. What is no id of the file says nothing.

    >>> known_by_ids({1: "", 2: "1", 3: "2; 9", 4: "NULL"})[1] == {2, 3}
    True
    """
    by_name = {str(id): id for id in labels}
    groups: dict[Id, set[Id]] = {id: {id} for id in labels}
    for id, label in labels.items():
        for name in _BETWEEN_IDS.split(label):
            other = by_name.get(name.strip())
            if other is not None and groups[other] is not groups[id]:
                groups[id] |= groups[other]
                for member in groups[other]:
                    groups[member] = groups[id]
    return _others(_distinct(groups.values()))


def _distinct(groups: Iterable[set[Id]]) -> list[set[Id]]:
    """Each once, though it stands there for each of its members."""
    return list({id(group): group for group in groups}.values())


def _others(groups: Iterable[set[Id]]) -> Known:
    return {id: frozenset(group - {id}) for group in groups for id in group if len(group) > 1}


@attrs.frozen(kw_only=True)
class Quality:
    """How well known duplicates are found: where the first of them was listed, 0 for nowhere.

    >>> quality = Quality(places=(1, 0, 2, 12), at=(1, 10))
    >>> quality.recall(1), quality.recall(10), quality.mrr
    (0.25, 0.5, 0.375)
    """

    places: Sequence[int]
    at: Sequence[int]

    def recall(self, k: int) -> float:
        """The share of the questions for which one was among the first `k`."""
        return sum(0 < place <= k for place in self.places) / len(self.places)

    @property
    def mrr(self) -> float:
        """The mean of 1 / place, over the first ten."""
        return sum(1 / place for place in self.places if 0 < place <= FIRST) / len(self.places)

    def rows(self) -> list[tuple[str, float]]:
        """Each figure with its name."""
        return [(f"recall@{k}", self.recall(k)) for k in self.at] + [("MRR", self.mrr)]

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values."""
        return {
            "questions": len(self.places),
            "recall": {str(k): self.recall(k) for k in self.at},
            "mrr": self.mrr,
        }


def ask(
    index: SimilarityIndex,
    tickets: Iterable[Ticket],
    known: Known,
    at: Sequence[int],
    steps: Steps,
) -> Quality:
    """Ask for the duplicates of each ticket that has a known one, among all the others."""
    limit = max(FIRST, *at)
    places: list[int] = []
    for ticket in tickets:
        others = known.get(ticket.id)
        if others is None:
            continue
        found = index.most_similar(ticket, limit)
        hits = (place for place, match in enumerate(found, 1) if match.ticket_id in others)
        places.append(next(hits, 0))
        steps.advance()
    return Quality(places=tuple(places), at=tuple(at))
