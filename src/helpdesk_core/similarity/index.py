"""An index over many tickets, which knows how common a word is (M1, M3, M4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import collection
from helpdesk_core.similarity.contents import (
    DEFAULT,
    Content,
    Splitter,
    Weights,
    measure,
    read_content,
)
from helpdesk_core.similarity.groups import Pairs, copies, grouped
from helpdesk_core.similarity.rating import Group, Match, Probe
from helpdesk_core.similarity.shelf import Sayings, Shelf, Vocabulary, best
from helpdesk_core.similarity.words import id_key, words

_EFFORT = 3000  # entries of lists that are read for a question, each time
_WORDS = 100  # candidates whose words are compared
_PIECES = 20  # of these, how many are rated to the end
_NEIGHBOURS = 20  # of each ticket, when groups are looked for
_OTHERS = 0.25  # the effort for the tickets of other teams
_FEW = 16  # the effort for few allowed ones among many, at most, against the usual
_OWN = 200  # tickets from which on a team has its own sense of what is common


class TermWeights(Mapping[str, float]):
    """How much each word of an index counts: the rarer, the more (M1).

    Goes with the index as it changes. A word that the index never saw counts the most.
    """

    def __init__(self, vocabulary: Vocabulary, sayings: Sayings) -> None:
        self._vocabulary = vocabulary
        self._sayings = sayings

    def __getitem__(self, word: str) -> float:
        number = self._vocabulary.number(word)
        return self._sayings.said(word if number is None else number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._vocabulary)

    def __len__(self) -> int:
        return len(self._vocabulary)


class SimilarityIndex:
    """Tickets by their words, to find those that say the same; a `SimilarityStore` (M1-M4).

    Holds what was added last under each id; the ratings depend on nothing else. Tickets that were
    merged away are not kept (M8). Between tickets of one team, how common a word is goes by that
    team, once it has 200 tickets; else by all. Not to be shared between threads while it changes.

    `split` takes a text to its words; see `helpdesk_core.adapters.text` for one that knows
    a language.

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

    def __init__(
        self,
        tickets: Iterable[Ticket] = (),
        *,
        weights: Weights = DEFAULT,
        split: Splitter = words,
    ) -> None:
        self.weights = weights
        self._split = split
        self._vocabulary = Vocabulary()
        self._all = _All(weights, self._vocabulary)
        self._shelves: dict[Any, Shelf] = {}
        self._places: dict[Any, int] = {}
        self._contents: list[Content | None] = []
        self._free: list[int] = []
        for ticket in tickets:
            self.add(ticket)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, ticket_id: Id) -> bool:
        return _key(ticket_id) in self._places

    @property
    def term_weights(self) -> TermWeights:
        """How much each word counts among all, for `similarity` and `rate`."""
        return TermWeights(self._vocabulary, self._all)

    def add(self, ticket: Ticket) -> None:
        """Take a ticket in, in the place of what was there under its id."""
        self.remove(ticket.id)
        if ticket.is_merged_away:
            return
        content = read_content(ticket, self.weights, self._split, self._vocabulary.take)
        if self._free:
            place = self._free.pop()
            self._contents[place] = content
        else:
            place = len(self._contents)
            self._contents.append(content)
        self._places[_key(ticket.id)] = place
        shelf = self._shelves.get(_key(ticket.team_id))
        if shelf is None:
            shelf = self._shelves[_key(ticket.team_id)] = Shelf(self.weights)
        shelf.add(place, content)
        self._all.changed(content.terms, len(self), more=True)

    def update(self, ticket: Ticket) -> None:
        """Its content is another now; the same as `add`."""
        self.add(ticket)

    def remove(self, ticket_id: Id) -> None:
        """Forget a ticket; not there is fine."""
        place = self._places.pop(_key(ticket_id), None)
        if place is None:
            return
        content = self._at(place)
        self._contents[place] = None
        self._free.append(place)
        shelf = self._shelves[_key(content.team_id)]
        shelf.remove(place, content)
        if not shelf.tickets:
            del self._shelves[_key(content.team_id)]
        self._vocabulary.give_back(content.terms)
        self._all.changed(content.terms, len(self), more=False)

    def rate(self, a: Ticket, b: Ticket) -> Match:
        """How alike `b` is to `a`, by the words that are rare in this index (M1, M15)."""
        one, other = (
            read_content(ticket, self.weights, self._split, self._vocabulary.known)
            for ticket in (a, b)
        )
        common = self._common(one.team_id if one.team_id == other.team_id else None)
        packed = common.__getitem__
        measured = partial(measure, packed=packed)
        pieces = self._vocabulary.pieces
        return Probe(one, packed, measured, pieces, pieces, self.weights).match(other)

    def most_similar(
        self, ticket: Ticket, limit: int, *, among: Collection[Id] | None = None
    ) -> list[Match]:
        """The most similar others, best first, then by id; nothing that has nothing in common.

        With `among`, of those only (M11). The ticket itself need not be in the index. Who has
        nothing but common words in common may be missed; what is found is rated to the end.
        """
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidValueError("limit", "must be at least 1")
        content = read_content(ticket, self.weights, self._split, self._vocabulary.known)
        allowed = None if among is None else self._of(collection("among", among))
        near = self._near(content, limit, allowed)
        return [probe.match(other, -rating) for rating, _, probe, other in near[:limit]]

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
        places = self._places.values() if among is None else self._of(collection("among", among))
        pairs = Pairs(threshold, frozenset(discarded))
        self._find_pairs(list(map(self._at, places)), pairs)
        return [
            Group(master_id=master.ticket_id, members=tuple(self._matches(master, members)))
            for master, members in grouped(pairs)
        ]

    def _find_pairs(self, contents: list[Content], pairs: Pairs) -> None:
        aside = {id for pair in pairs.discarded for id in pair}
        copied = copies(
            contents, lambda content: content.ticket_id in aside or self.weights.time > 0
        )
        hidden = {copy.ticket_id for copies in copied.values() for copy in copies}
        contents = [content for content in contents if content.ticket_id not in hidden]
        every = len(contents) == len(self)
        allowed = None if every else self._of(content.ticket_id for content in contents)
        for content in contents:
            for rating, _, _, other in self._near(content, _NEIGHBOURS, allowed):
                pairs.add(content, other, -rating)
        for pair in pairs.alike(1.0):
            for one, other in (pair, pair[::-1]):
                for copy in copied.get(other.ticket_id, ()):
                    pairs.add(one, copy, 1.0)

    def _matches(self, master: Content, members: list[Content]) -> Iterator[Match]:
        for member in members:
            same_team = master.team_id == member.team_id
            yield self._probe(master, self._common(master.team_id if same_team else None)).match(
                member
            )

    # --- candidates ------------------------------------------------------------------------------

    def _near(
        self, content: Content, limit: int, allowed: Collection[int] | None
    ) -> list[tuple[float, Any, Probe, Content]]:
        """The most similar, best first: (minus the rating, key of the id, probe, content)."""
        rough: list[tuple[float, Any, tuple[float, float], Probe, Content]] = []
        own = self._shelves.get(_key(content.team_id))
        among_all = self._probe(content, self._common(None))
        among_own = self._probe(content, self._common(content.team_id))
        wanted = max(_WORDS, 3 * limit)
        others = 1.0 if own is None else _OTHERS
        for shelf in self._shelves.values():
            probe = among_own if shelf is own else among_all
            share = 1 if shelf is own else others / len(self._shelves)
            for other in self._candidates(shelf, probe, share, wanted, allowed):
                likeness = probe.words(other)
                rating = probe.text(*likeness) * (1 - probe.lost(other))
                rough.append((-rating, id_key(other.ticket_id), likeness, probe, other))
        rough.sort(key=_by_rating)
        near = [
            (-probe.text(*likeness, other) * (1 - probe.lost(other)), key, probe, other)
            for _, key, likeness, probe, other in rough[: max(_PIECES, 2 * limit)]
        ]
        near.sort(key=_by_rating)
        return near

    def _candidates(
        self, shelf: Shelf, probe: Probe, share: float, limit: int, allowed: Collection[int] | None
    ) -> list[Content]:
        """Those on a shelf that may be alike; other teams get a share of the effort each."""
        effort, limit = int(_EFFORT * share), max(10, int(limit * share))
        if allowed is not None:  # few of those that are read may be among them
            effort *= min(_FEW, 1 + len(self) // (1 + len(allowed)))
        spelled = self._vocabulary.spelled
        parts = sorted(
            [
                (holders, spelled(term), term, counts)
                for term, counts in probe.parts.items()
                if (holders := shelf.holders(term))
            ]
        )
        found = shelf.candidates([(t, h, c) for h, _, t, c in parts], effort, allowed)
        found.pop(self._places.get(_key(probe.content.ticket_id), -1), None)
        places, ties = best(found, limit)
        contents = list(map(self._at, places))
        if ties:
            tied = sorted(map(self._at, ties), key=lambda other: id_key(other.ticket_id))
            contents += tied[: limit - len(contents)]
        return contents

    def _probe(self, content: Content, common: Sayings) -> Probe:
        return Probe(
            content,
            common.__getitem__,
            common.measured,
            self._vocabulary.pieces,
            self._vocabulary.pieces_of_numbers,
            self.weights,
        )

    def _common(self, team_id: Id | None) -> Sayings:
        """Among whom it is counted how common a word is: the team, when it is large, or all."""
        shelf = None if team_id is None else self._shelves.get(_key(team_id))
        return self._all if shelf is None or shelf.tickets < _OWN else shelf

    def _of(self, ids: Iterable[Id]) -> set[int]:
        """The places of those that are here."""
        places = map(self._places.get, map(_key, ids))
        return {place for place in places if place is not None}

    def _at(self, place: int) -> Content:
        content = self._contents[place]
        assert content is not None
        return content


class _All(Sayings):
    """How much each word says among all tickets."""

    def __init__(self, weights: Weights, vocabulary: Vocabulary) -> None:
        super().__init__(weights)
        self._vocabulary = vocabulary

    def holders(self, term: Any) -> int:
        return 0 if isinstance(term, str) else self._vocabulary.holders[term]


def _by_rating(found: tuple[Any, ...]) -> tuple[float, Any]:
    return found[0], found[1]


def _key(id: Id) -> Any:
    """The id, or what stands for it: of UUIDs endlessly many can be made with one hash."""
    return id.bytes if isinstance(id, UUID) else id
