"""An index over many tickets, which knows how common a word is (M1, M3, M4)."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import attrs

from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import collection
from helpdesk_core.similarity.rating import (
    DEFAULT,
    Content,
    Group,
    Match,
    Weights,
    compare,
    customer_share,
    norm_of,
    rate,
    read_content,
)
from helpdesk_core.similarity.words import id_key

_SLACK = 1e-9  # far above the rounding of a sum that is not exact, far below what anybody sees


class TermWeights(Mapping[str, float]):
    """How much each word of an index counts: the rarer, the more (M1).

    Goes with the index as it changes. A word that the index never saw counts the most.
    """

    def __init__(self, index: SimilarityIndex) -> None:
        self._index = index

    def __getitem__(self, term: str) -> float:
        return self._index._weigh(term)

    def __iter__(self) -> Iterator[str]:
        return iter(self._index._postings)

    def __len__(self) -> int:
        return len(self._index._postings)


class SimilarityIndex:
    """Tickets by their words, to find those that say the same; a `SimilarityStore` (M1-M4).

    Holds what was added last under each id; the ratings depend on nothing else. Tickets that were
    merged away are not kept (M8). Not to be shared between threads while it is changed.

    >>> from datetime import datetime, UTC
    >>> def ticket(id, subject):
    ...     return Ticket(id=id, team_id="support", stage_id="new", subject=subject,
    ...                   created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> index = SimilarityIndex([ticket(1, "No ink"), ticket(2, "No INK!"), ticket(3, "A flood")])
    >>> [(match.ticket_id, match.rating) for match in index.most_similar(ticket(1, "No ink"), 5)]
    [(2, 1.0)]
    >>> [(group.master_id, len(group.members)) for group in index.groups(0.8)]
    [(1, 1)]
    """

    def __init__(self, tickets: Iterable[Ticket] = (), *, weights: Weights = DEFAULT) -> None:
        self.weights = weights
        self._contents: dict[Id, Content] = {}
        self._postings: dict[str, dict[Id, float]] = {}
        self._customers: dict[Id, dict[Id, None]] = {}
        self._norms: dict[Id, float] = {}
        self._known: dict[str, float] = {}
        for ticket in tickets:
            self.add(ticket)

    def __len__(self) -> int:
        return len(self._contents)

    def __contains__(self, ticket_id: object) -> bool:
        return ticket_id in self._contents

    @property
    def term_weights(self) -> TermWeights:
        """How much each word counts, for `similarity` and `rate`."""
        return TermWeights(self)

    def add(self, ticket: Ticket) -> None:
        """Take a ticket in, in the place of what was there under its id."""
        self.remove(ticket.id)
        if ticket.is_merged_away:
            return
        content = read_content(ticket, self.weights)
        self._contents[ticket.id] = content
        for term, (s, d) in content.terms.items():
            self._postings.setdefault(term, {})[ticket.id] = s + d
        if content.customer_id is not None:
            self._customers.setdefault(content.customer_id, {})[ticket.id] = None

    def update(self, ticket: Ticket) -> None:
        """Its content is another now; the same as `add`."""
        self.add(ticket)

    def remove(self, ticket_id: Id) -> None:
        """Forget a ticket; not there is fine."""
        self._norms.clear()  # how rare a word is has changed, and with it every length
        self._known.clear()
        content = self._contents.pop(ticket_id, None)
        if content is None:
            return
        for term in content.terms:
            _drop(self._postings, term, ticket_id)
        if content.customer_id is not None:
            _drop(self._customers, content.customer_id, ticket_id)

    def rate(self, a: Ticket, b: Ticket) -> Match:
        """How alike `b` is to `a`, by the words that are rare in this index (M1, M15)."""
        return rate(a, b, term_weights=self.term_weights, weights=self.weights)

    def most_similar(
        self, ticket: Ticket, limit: int, *, among: Collection[Id] | None = None
    ) -> list[Match]:
        """The most similar others, best first, then by id; nothing that has nothing in common.

        With `among`, of those only (M11). The ticket itself need not be in the index.
        """
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidValueError("limit", "must be at least 1")
        content = read_content(ticket, self.weights)
        allowed = self._allowed(among)
        near = [
            (rating, id)
            for id, rating in self._rough_ratings(content)
            if id in allowed and id != ticket.id
        ]
        if len(near) > limit:
            floor = heapq.nlargest(limit, (rating for rating, _ in near))[-1] - _SLACK
            near = [(rating, id) for rating, id in near if rating >= floor]
        matches = [self._match(content, id) for _, id in near]
        matches.sort(key=lambda match: (-match.rating, id_key(match.ticket_id)))
        return [match for match in matches[:limit] if match.rating > 0]

    def groups(
        self,
        threshold: float,
        *,
        among: Collection[Id] | None = None,
        discarded: Collection[tuple[Id, Id]] = (),
    ) -> list[Group]:
        """Disjoint groups of tickets that look like one (M3, M4).

        Pairs at or above the threshold are taken by (rating descending, ids): two free tickets
        open a group, the older of them its master; a free ticket joins through its pair with a
        master. `discarded` pairs are left out, either way round (M5).
        """
        if not 0 < threshold <= 1:
            raise InvalidValueError("threshold", "must be above 0 and at most 1")
        pairs = self._pairs(threshold, self._allowed(among), frozenset(discarded))
        groups: dict[Id, list[Match]] = {}
        taken: set[Id] = set()
        for first, second, match in pairs:
            older, younger = sorted((first, second), key=self._age)
            if older not in taken and younger not in taken:
                groups[older] = [attrs.evolve(match, ticket_id=younger)]
                taken |= {older, younger}
                continue
            for master, free in ((older, younger), (younger, older)):
                if master in groups and free not in taken:
                    groups[master].append(attrs.evolve(match, ticket_id=free))
                    taken.add(free)
        return [Group(master_id=id, members=tuple(members)) for id, members in groups.items()]

    def _pairs(
        self, threshold: float, allowed: Collection[Id], discarded: frozenset[tuple[Id, Id]]
    ) -> list[tuple[Id, Id, Match]]:
        found: list[tuple[float, Any, Any, Match]] = []
        for id, content in self._contents.items():
            if id not in allowed:
                continue
            key = id_key(id)
            for other in self._near(content, threshold):
                other_key = id_key(other)
                if key >= other_key or other not in allowed:
                    continue  # each pair once, from the side of its lesser id
                if (id, other) in discarded or (other, id) in discarded:
                    continue
                match = self._match(content, other)
                if match.rating >= threshold:
                    found.append((-match.rating, key, other_key, match))
        found.sort(key=lambda pair: pair[:3])
        return [(key[1], other_key[1], match) for _, key, other_key, match in found]

    def _near(self, content: Content, threshold: float) -> Iterator[Id]:
        """Everything that may reach the threshold, and a little more.

        Words are read from the rarest on. As soon as those not yet read could not reach the
        threshold by themselves (Cauchy and Schwarz), nothing new is looked for: the postings of
        the most common words are never read.
        """
        needed = max(threshold - self.weights.customer, 0.0) / (1 - self.weights.customer)
        needed *= self._norm_of(content.ticket_id) * (1 - _SLACK)
        dots: dict[Id, float] = {}
        if not needed and content.customer_id is not None:
            dots = dict.fromkeys(self._customers[content.customer_id], 0.0)
        left = self._norm_of(content.ticket_id) ** 2
        for term in sorted(content.terms, key=lambda term: (len(self._postings[term]), term)):
            if left < needed**2:
                break
            count = sum(content.terms[term])
            weight = self._weigh(term) * count
            for id, other in self._postings[term].items():
                dots[id] = dots.get(id, 0.0) + weight * other
            left -= weight * count
        rest = math.sqrt(max(left, 0.0))
        return (id for id, dot in dots.items() if dot >= (needed - rest) * self._norm_of(id))

    def _rough_ratings(self, content: Content) -> Iterator[tuple[Id, float]]:
        """The ratings of all that have something in common, but for the last digits."""
        norm = norm_of(content, self._weigh)
        if not norm:
            return
        dots: dict[Id, float] = {}
        if content.customer_id is not None:
            dots = dict.fromkeys(self._customers.get(content.customer_id, ()), 0.0)
        for term, (s, d) in content.terms.items():
            weight = self._weigh(term) * (s + d)
            for id, other in self._postings.get(term, {}).items():
                dots[id] = dots.get(id, 0.0) + weight * other
        for id, dot in dots.items():
            norms = norm * self._norm_of(id)
            if norms:
                customer, rest = customer_share(content, self._contents[id], self.weights)
                yield id, rest * dot / norms + customer

    def _match(self, content: Content, id: Id) -> Match:
        norms = norm_of(content, self._weigh) * self._norm_of(id)
        return compare(content, self._contents[id], norms, self._weigh, self.weights)

    def _norm_of(self, id: Id) -> float:
        norm = self._norms.get(id)
        if norm is None:
            norm = self._norms[id] = norm_of(self._contents[id], self._weigh)
        return norm

    def _weigh(self, term: str) -> float:
        weight = self._known.get(term)
        if weight is None:
            holders = len(self._postings.get(term, ()))
            weight = math.log1p((len(self._contents) - holders + 0.5) / (holders + 0.5))
            if holders:  # words never seen come without end: they are not kept
                self._known[term] = weight
        return weight

    def _age(self, id: Id) -> tuple[datetime, tuple[str, Any]]:
        return self._contents[id].created_at, id_key(id)

    def _allowed(self, among: Collection[Id] | None) -> Collection[Id]:
        return self._contents if among is None else frozenset(collection("among", among))


def _drop(entries: dict[Any, dict[Id, Any]], key: Any, ticket_id: Id) -> None:
    """Take a ticket out of a list, and an empty list out of all, so that no trace stays (M1)."""
    del entries[key][ticket_id]
    if not entries[key]:
        del entries[key]
