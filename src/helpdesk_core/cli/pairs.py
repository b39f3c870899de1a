"""The pairs of a file that say the same, why, and those that nearly did (M2-M4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from helpdesk_core.cli.console import Steps
from helpdesk_core.cli.known import Known
from helpdesk_core.duplicates import Explanation, Group, SimilarityIndex, id_key
from helpdesk_core.entities import Id, Ticket

_CLOSE = 0.1  # below the threshold: worth a word

#: What something is called, and what of a rating it gave.
Gave = tuple[str, float]


@attrs.frozen(kw_only=True)
class Pair:
    """A master and a member of its group; `known` is None where nothing was labelled."""

    master: Ticket
    member: Ticket
    why: Explanation
    known: bool | None = None

    def in_common(self, limit: int) -> tuple[list[Gave], list[Gave]]:
        """What the first words in common gave, and what all the others and parts of words did."""
        words = list(self.why.words.items())
        others: list[Gave] = []
        if words[limit:]:
            others.append((f"{len(words) - limit:,} more", sum(gave for _, gave in words[limit:])))
        if self.why.pieces >= 0.005:
            others.append(("parts of words", self.why.pieces))
        return words[:limit], others


def pairs_of(
    group: Group, tickets: Mapping[Id, Ticket], index: SimilarityIndex, known: Known | None
) -> Iterator[Pair]:
    """Each member of a group beside its master, with what made them alike."""
    master = tickets[group.master_id]
    for match in group.members:
        member = tickets[match.ticket_id]
        yield Pair(
            master=master,
            member=member,
            why=index.explain(master, member),
            known=None if known is None else member.id in known.get(master.id, ()),
        )


@attrs.frozen(kw_only=True)
class NearMiss:
    """A ticket in no group, the other that it is most like, and why they are not together.

    `master_id` is the master of the other's group, and `to_master` how alike the ticket is to that
    one, which is too little (M4); None where the rating itself is too little (M3).
    """

    ticket: Ticket
    other: Ticket
    rating: float
    master_id: Id | None = None
    to_master: float = 0.0

    @property
    def shown(self) -> str:
        """The rating, never rounded up to a threshold that it does not reach."""
        return f"{int(self.rating * 1000) / 1000:.3f}"

    def reason(self, threshold: float) -> str:
        """Why they are not together, in words."""
        if self.master_id is None:
            return f"it is less than {threshold:g}"
        return (
            f"{self.other.id} is in the group of {self.master_id},"
            f" to which {self.ticket.id} rates only {self.to_master:.3f}"
        )

    def as_json(self, threshold: float) -> dict[str, Any]:
        """It as plain values."""
        return {
            "id": self.ticket.id,
            "other": self.other.id,
            "rating": self.rating,
            "reason": self.reason(threshold),
        }


def near_misses(
    index: SimilarityIndex,
    tickets: Mapping[Id, Ticket],
    groups: Sequence[Group],
    threshold: float,
    steps: Steps,
) -> list[NearMiss]:
    """What came close and was not grouped, each two once, the most alike first."""
    master_of = {match.ticket_id: group.master_id for group in groups for match in group.members}
    grouped = {*master_of, *(group.master_id for group in groups)}
    found: dict[frozenset[Id], NearMiss] = {}
    for ticket in tickets.values():
        steps.advance()
        if ticket.id in grouped:
            continue
        for match in index.most_similar(ticket, 1):
            other = tickets[match.ticket_id]
            near = NearMiss(ticket=ticket, other=other, rating=match.rating)
            if match.rating >= threshold and other.id in master_of:
                master_id = master_of[other.id]
                to_master = index.rate(ticket, tickets[master_id]).rating
                near = attrs.evolve(near, master_id=master_id, to_master=to_master)
            elif not threshold - _CLOSE <= match.rating < threshold:
                continue
            found.setdefault(frozenset((ticket.id, other.id)), near)
    return sorted(found.values(), key=lambda near: (-near.rating, id_key(near.ticket.id)))
