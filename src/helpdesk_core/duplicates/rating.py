"""How alike two tickets are, with the share of each field (M1, M2).

The likeness is a cosine over the words of subject and description, in which a rare word counts for
more, and a cosine over pieces of words. It is weighed against what the two would have in common by
chance: common words make any two tickets alike. Another customer or team, or other tags, take
their part away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from itertools import repeat
from operator import mul
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.duplicates.contents import (
    DEFAULT,
    Content,
    Splitter,
    Weights,
    counts_for,
    gather,
    measure,
    pack,
    pieces,
    read_content,
    spread_of,
)
from helpdesk_core.duplicates.words import words
from helpdesk_core.entities import Id, Ticket

_USUAL_CHANCE = 0.36  # on the collections that the defaults were fitted on; gives ratings a scale
_USUAL = 3.5  # of a word of which nothing is known
_DAY = 86_400.0


def _frozen(value: Mapping[str, float]) -> Mapping[str, float]:
    return MappingProxyType(dict(value))


@attrs.frozen(kw_only=True)
class Match:
    """Another ticket, how alike it is, and what of that came from which field (M2).

    >>> Match(ticket_id="T-2", rating=0.75, shares={"subject": 0.5, "customer": 0.25}).rating
    0.75
    """

    ticket_id: Id
    rating: float
    shares: Mapping[str, float] = attrs.field(factory=dict, converter=_frozen, hash=False)


@attrs.frozen(kw_only=True)
class Group:
    """Tickets that look like one: a master, and the others with their ratings to it (M4)."""

    master_id: Id
    members: tuple[Match, ...]


@attrs.frozen(kw_only=True)
class Explanation:
    """Why two tickets are as alike as they are: what each word gave, beside each field (M2).

    `words` are those in common, as they are compared, what gave the most first. `pieces` is what
    parts of words gave: of these words, and of others that are nearly alike. Together they are the
    shares of subject and description, unless neither ticket has any word.

    >>> match = Match(ticket_id="T-2", rating=0.75, shares={"subject": 0.5, "customer": 0.25})
    >>> why = Explanation(match=match, words={"ink": 0.3, "no": 0.1}, pieces=0.1)
    >>> [f"{word} {gave:.1f}" for word, gave in why.words.items()]
    ['ink 0.3', 'no 0.1']
    """

    match: Match
    words: Mapping[str, float] = attrs.field(factory=dict, converter=_frozen, hash=False)
    pieces: float = 0.0


class Probe:
    """One ticket, made ready to be compared with many.

    `packed` gives what a word says (see `pack`), `measured` the measures of the others (see
    `measure`), `pieces_of` and `other_pieces_of` the pieces of a word of this ticket and of others.
    """

    def __init__(
        self,
        content: Content,
        packed: Callable[[Any], int],
        measured: Callable[[Content], tuple[int, float]],
        pieces_of: Callable[[Any], Iterable[int]],
        other_pieces_of: Callable[[Any], Iterable[int]],
        weights: Weights,
    ) -> None:
        self.content = content
        self.weights = weights
        self._measured = measured
        self._length, self._chance = measure(content, packed)
        self.parts = {term: counts_for(packed(term)) * value for term, value in content.held()}
        self._pieces_of = pieces_of, other_pieces_of

    @cached_property
    def _pieces(self) -> _Alike:
        return _Alike(self.content, *self._pieces_of)

    def length_of(self, other: Content) -> int:
        """The length of another, squared."""
        return self._measured(other)[0]

    def words(self, other: Content) -> tuple[float, float]:
        """The cosine of the words, and what the two have in common by chance."""
        dot = sum(map(mul, map(self.parts.get, other.terms, repeat(0)), other.values))
        length, chance = self._measured(other)
        # Never above 1, and 1 for who says the same: the root of a square below 2^106 is exact.
        cosine = dot / math.sqrt(self._length * length) if dot else 0.0
        return cosine, (self._chance + chance) / 2

    def text(self, cosine: float, chance: float, other: Content | None = None) -> float:
        """The rating of the texts, from 0 to 1; with the other, pieces of words are looked at."""
        if not cosine:
            return 0.0
        if other is not None and self.weights.pieces:
            cosine += self.weights.pieces * (self._pieces.cosine(other, cosine) - cosine)
        # The odds that they say the same, against those of the like by chance.
        against = math.pow(chance / _USUAL_CHANCE, self.weights.chance)
        return cosine / (cosine + against * (1 - cosine))

    def rating(self, other: Content) -> float:
        """The rating that is shown (M1)."""
        if not self.content.terms:
            return float(self.is_itself(other))
        cosine, chance = self.words(other)
        return self.text(cosine, chance, other) * (1 - self.lost(other))

    def is_itself(self, other: Content) -> bool:
        """Without any content a ticket is itself, and like no other (M1)."""
        return not other.terms and self.content.ticket_id == other.ticket_id

    def lost(self, other: Content) -> float:
        """What the other fields take away from the rating of the texts: `fields`, in short."""
        one, weights = self.content, self.weights
        lost = 0.0
        if one.customer_id is not None and other.customer_id not in (None, one.customer_id):
            lost += weights.customer
        if one.team_id != other.team_id:
            lost += weights.team
        if one.tags and other.tags:
            lost += weights.tags * (1 - _in_common(one.tags, other.tags))
        if weights.time:
            lost += weights.time * (1 - self._close(other))
        return lost

    def fields(self, other: Content) -> dict[str, tuple[float, float]]:
        """Of each field that both have: its part of a rating, and how alike it is."""
        one, weights = self.content, self.weights
        found: dict[str, tuple[float, float]] = {}
        if one.customer_id is not None and other.customer_id is not None:
            found["customer"] = weights.customer, float(one.customer_id == other.customer_id)
        found["team"] = weights.team, float(one.team_id == other.team_id)
        if one.tags and other.tags:
            found["tags"] = weights.tags, _in_common(one.tags, other.tags)
        if weights.time:
            found["time"] = weights.time, self._close(other)
        return found

    def _close(self, other: Content) -> float:
        apart = abs((self.content.created_at - other.created_at).total_seconds())
        return math.pow(0.5, apart / _DAY / self.weights.half_life_days)

    def match(self, other: Content, rating: float | None = None) -> Match:
        """The rating, which may be known already, with the share of each field (M2)."""
        if rating is None:
            rating = self.rating(other)
        fields = self.fields(other)
        shares = {"subject": rating, "description": 0.0, **dict.fromkeys(fields, 0.0)}
        if rating and self.content.terms:
            text = rating / (1 - self.lost(other))
            for name, (part, same) in fields.items():
                shares[name] = text * part * same
            in_words = text * (1 - math.fsum(part for part, _ in fields.values()))
            subject = self._subjects_part(other)
            shares["subject"], shares["description"] = in_words * subject, in_words * (1 - subject)
        return Match(ticket_id=other.ticket_id, rating=rating, shares=shares)

    def explain(self, other: Content, spelled: Callable[[Any], str]) -> Explanation:
        """The rating with its shares, and what of it each word in common gave (M2)."""
        match = self.match(other)
        cosine, _ = self.words(other)
        if not cosine:
            return Explanation(match=match)
        in_words = match.shares["subject"] + match.shares["description"]
        of_pieces = 0.0
        if cosine < 1 and self.weights.pieces and self._pieces.compares(other):
            part = self.weights.pieces * self._pieces.cosine(other, cosine)
            of_pieces = in_words * part / (part + (1 - self.weights.pieces) * cosine)
        gave = {
            spelled(term): self.parts[term] * value
            for term, value in other.held()
            if term in self.parts
        }
        for_one = (in_words - of_pieces) / sum(gave.values())
        most_first = sorted(gave.items(), key=lambda item: (-item[1], item[0]))
        words = {word: count * for_one for word, count in most_first}
        return Explanation(match=match, words=words, pieces=of_pieces)

    def _subjects_part(self, other: Content) -> float:
        """Of what the words have in common, the part that the subjects gave.

        A word in the subject of one and in the description of the other counts half to each field.
        """
        value_of = dict(other.held()).get
        part_of = self.parts.get
        everything: int = sum(map(mul, map(part_of, other.terms, repeat(0)), other.values))
        subjects = 0
        for content in (self.content, other):
            for term, share in zip(content.terms, content.subject, strict=False):
                subjects += share * part_of(term, 0) * value_of(term, 0)
        return subjects / (2 * 255 * everything)


def _in_common(tags: frozenset[str], others: frozenset[str]) -> float:
    return len(tags & others) / len(tags | others)


class _Alike(dict[Any, int]):
    """How alike each word is to those of one ticket, by its pieces; worked out when asked."""

    def __init__(
        self,
        content: Content,
        pieces_of: Callable[[Any], Iterable[int]],
        other_pieces_of: Callable[[Any], Iterable[int]],
    ) -> None:
        super().__init__()
        gathered = gather(content, pieces_of)
        self._get = gathered.get
        self._spread = spread_of(gathered)
        self._pieces_of = other_pieces_of

    def __missing__(self, term: Any) -> int:
        self[term] = alike = sum(map(self._get, self._pieces_of(term), repeat(0)))
        return alike

    def compares(self, other: Content) -> bool:
        """Whether both have pieces."""
        if other.spread is None:
            other.spread = spread_of(gather(other, self._pieces_of))
        return bool(self._spread and other.spread)

    def cosine(self, other: Content, of_words: float) -> float:
        """The cosine of the pieces; that of the words where one of the two has no pieces."""
        if not self.compares(other):
            return of_words
        assert other.spread is not None
        dot: int = sum(map(mul, map(self.__getitem__, other.terms), other.values))
        return dot / math.sqrt(self._spread * other.spread)


def rate(
    a: Ticket,
    b: Ticket,
    *,
    term_weights: Mapping[str, float] | None = None,
    weights: Weights = DEFAULT,
    split: Splitter = words,
) -> Match:
    """How alike `b` is to `a`, with the share of each field (M1, M2).

    `term_weights` say how much a word counts, an index's for instance, none of them negative; a
    word that is not named counts 3.5, as one that one of thirty tickets holds. `split` takes a text
    to its words.

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="No ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> match = rate(ticket, attrs.evolve(ticket, id="T-2", subject="no INK", description="Help"))
    >>> round(match.rating, 2), {field: round(share, 2) for field, share in match.shares.items()}
    (0.9, {'subject': 0.63, 'description': 0.0, 'team': 0.27})
    """
    known: Mapping[str, float] = {} if term_weights is None else term_weights

    def packed(word: str) -> int:
        return pack(known.get(word, _USUAL), weights)

    one, other = (read_content(ticket, weights, split) for ticket in (a, b))
    measured = partial(measure, packed=packed)
    return Probe(one, packed, measured, pieces, pieces, weights).match(other)


def similarity(
    a: Ticket,
    b: Ticket,
    *,
    term_weights: Mapping[str, float] | None = None,
    weights: Weights = DEFAULT,
    split: Splitter = words,
) -> float:
    """How alike two tickets are, from 0 to 1; see `rate` (M1).

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="Réseau en panne",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> similarity(ticket, attrs.evolve(ticket, id="T-2", subject="RESEAU EN PANNE"))
    1.0
    """
    return rate(a, b, term_weights=term_weights, weights=weights, split=split).rating
