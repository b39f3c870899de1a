"""How alike two tickets are: a rating in [0, 1] with the share of each field (M1, M2, M4, M5).

The rating is a cosine over the words of subject and description, in which a rare word counts for
more, and a share for the same customer. Sums are exact (`math.fsum`), so that no order of
indexing and no hash seed shows in a rating (M1).
"""

from __future__ import annotations

import hashlib
import heapq
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import InvalidValueError

# --- words ---------------------------------------------------------------------------------------

#: Marks that are an accent when they stand on a Latin, Greek or Cyrillic letter; on other letters
#: they are a part of the writing, a vowel say, and stay.
_ACCENTS = re.compile(
    "(?<=[A-Za-z\u00aa-\u02b8\u0370-\u052f\u1c80-\u1c8f\u1d00-\u1dbf\u1e00-\u1fff\u2c60-\u2c7f"
    "\ua640-\ua69f\ua720-\ua7ff\uab30-\uab6f])"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff"
    "\ua66f-\ua67d\ufe20-\ufe2f]+"
)

#: Scripts that put no space between words: they are compared by pairs of characters.
_SPACELESS = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)"
)


class _WordCharacters(dict[int, int | str]):
    """A table for `str.translate`: letters, marks and digits stay, everything else is a space."""

    def __missing__(self, code: int) -> int | str:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = value = code if kept else " "
        return value


_WORD_CHARACTERS = _WordCharacters()
_DOTLESS = str.maketrans("ı", "i")  # "ı" in capitals is "I": without this, case would show


def normalise(text: str) -> str:
    """The text without case, accents, and differences of Unicode form (M1).

    Marks are taken from Latin, Greek and Cyrillic letters only.

    >>> normalise("Imprimante EN PANNE à l’Étage"), normalise("STRASSE") == normalise("Straße")
    ('imprimante en panne a l’etage', True)
    """
    if text.isascii():
        return text.lower()
    # Folding can give what decomposes further, and the other way round: Unicode's own definition
    # of a caseless match under NFKD does both twice.
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKD", text).translate(_DOTLESS)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text))


def words(text: str) -> list[str]:
    """The words of a text as they are compared, in order.

    >>> words("No ink, NO paper!"), words("印刷機が故障")
    (['no', 'ink', 'no', 'paper'], ['印刷', '刷機', '機が', 'が故', '故障'])
    """
    found: list[str] = []
    for run in normalise(text).translate(_WORD_CHARACTERS).split():
        if run.isascii():
            found.append(run)
            continue
        for number, part in enumerate(_SPACELESS.split(run)):
            if number % 2 == 0 or len(part) == 1:
                found += [part] if part else []
            else:
                found += (part[at : at + 2] for at in range(len(part) - 1))
    return found


def fingerprint(ticket: Ticket) -> str:
    """A digest of what the rating looks at: as long as it stays, a discard holds (M5).

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="No ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> fingerprint(ticket) == fingerprint(attrs.evolve(ticket, id="T-2", subject="NO INK!"))
    True
    """
    customer = ticket.customer_id
    parts = (
        " ".join(sorted(words(ticket.subject))),
        " ".join(sorted(words(ticket.description))),
        "" if customer is None else f"{type(customer).__name__} {customer}",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def id_key(id: Id) -> tuple[str, Any]:
    """A key that puts ids in order, whatever their type.

    >>> sorted([10, 9, "a"], key=id_key)
    [9, 10, 'a']
    """
    return type(id).__name__, id


# --- ratings -------------------------------------------------------------------------------------


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
class Weights:
    """How much each field counts (M2).

    A word of the subject counts `subject` against `description` for one of the description. The
    same customer gives the share `customer` of a rating, another one takes it away; where one of
    the two is unknown, the words alone count. The larger `saturation`, the more a word that is
    repeated counts.

    >>> Weights(customer=1)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: customer must be at least 0 and below 1
    """

    subject: float = 2.0
    description: float = 1.0
    customer: float = 0.1
    saturation: float = 1.2

    def __attrs_post_init__(self) -> None:
        if not 0 < self.subject < math.inf:
            raise InvalidValueError("subject", "must be above 0 and finite")
        for field in ("description", "saturation"):
            if not 0 <= getattr(self, field) < math.inf:
                raise InvalidValueError(field, "must be at least 0 and finite")
        if not 0 <= self.customer < 1:
            raise InvalidValueError("customer", "must be at least 0 and below 1")


DEFAULT = Weights()


@attrs.frozen
class _Content:
    """What the rating sees of a ticket: of each word its count, saturated and weighted, by field.

    The first number of a word is the subject's, the second the description's.
    """

    ticket_id: Id
    created_at: datetime
    customer_id: Id | None
    terms: dict[str, tuple[float, float]]


def _read(ticket: Ticket, weights: Weights) -> _Content:
    k = weights.saturation

    def weigh(text: str, weight: float) -> dict[str, float]:
        if not weight:
            return {}
        return {term: weight * n * (k + 1) / (n + k) for term, n in Counter(words(text)).items()}

    subject = weigh(ticket.subject, weights.subject)
    description = weigh(ticket.description, weights.description)
    terms = {
        term: (subject.get(term, 0.0), description.get(term, 0.0)) for term in subject | description
    }
    return _Content(ticket.id, ticket.created_at, ticket.customer_id, terms)


def _norm(content: _Content, weigh: Callable[[str], float]) -> float:
    return math.sqrt(math.fsum(weigh(t) * (s + d) * (s + d) for t, (s, d) in content.terms.items()))


def _customer_share(a: _Content, b: _Content, weights: Weights) -> tuple[float, float]:
    """The share that the customer gives, and the greatest that the words can give."""
    if a.customer_id is None or b.customer_id is None:
        return 0.0, 1.0
    same = a.customer_id == b.customer_id
    return (weights.customer if same else 0.0), 1.0 - weights.customer


def _compare(
    a: _Content, b: _Content, norms: float, weigh: Callable[[str], float], weights: Weights
) -> Match:
    """The rating of `b` against `a`; `norms` is the product of their lengths."""
    if not norms:
        # Nothing to go by: a ticket is itself, and like no other (M1).
        itself = 1.0 if a.ticket_id == b.ticket_id and a.terms == b.terms else 0.0
        shares = {"subject": itself, "description": 0.0, "customer": 0.0}
        return Match(ticket_id=b.ticket_id, rating=itself, shares=shares)
    if len(b.terms) < len(a.terms):
        shorter, longer = b.terms, a.terms
    else:
        shorter, longer = a.terms, b.terms
    subject: list[float] = []
    description: list[float] = []
    crossed: list[float] = []
    for term, (s, d) in shorter.items():
        other = longer.get(term)
        if other is not None:
            weight = weigh(term)
            subject.append(weight * (s * other[0]))
            description.append(weight * (d * other[1]))
            crossed.append(weight * (s * other[1] + d * other[0]))
    # A word in the subject of one and in the description of the other counts half to each field.
    half = math.fsum(crossed) / 2
    in_subject = math.fsum(subject) + half
    in_description = math.fsum(description) + half
    dot = in_subject + in_description
    cosine = 1.0 if a.terms == b.terms else min(1.0, dot / norms)
    customer, rest = _customer_share(a, b, weights)
    scale = rest * cosine / dot if dot else 0.0
    shares = {
        "subject": scale * in_subject,
        "description": scale * in_description,
        "customer": customer,
    }
    return Match(ticket_id=b.ticket_id, rating=min(1.0, rest * cosine + customer), shares=shares)


def rate(
    a: Ticket,
    b: Ticket,
    *,
    term_weights: Mapping[str, float] | None = None,
    weights: Weights = DEFAULT,
) -> Match:
    """How alike `b` is to `a`, with the share of each field (M1, M2).

    `term_weights` say how much a word counts, an index's for instance, none of them negative; a
    word that is not named counts 1.

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="No ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> match = rate(ticket, attrs.evolve(ticket, id="T-2", subject="no INK", description="Help"))
    >>> round(match.rating, 3), {field: round(share, 3) for field, share in match.shares.items()}
    (0.943, {'subject': 0.943, 'description': 0.0, 'customer': 0.0})
    """
    known: Mapping[str, float] = {} if term_weights is None else term_weights

    def weigh(term: str) -> float:
        return known.get(term, 1.0)

    first, second = _read(a, weights), _read(b, weights)
    return _compare(first, second, _norm(first, weigh) * _norm(second, weigh), weigh, weights)


def similarity(
    a: Ticket,
    b: Ticket,
    *,
    term_weights: Mapping[str, float] | None = None,
    weights: Weights = DEFAULT,
) -> float:
    """How alike two tickets are, from 0 to 1; see `rate` (M1).

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="support", stage_id="new", subject="Réseau en panne",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> similarity(ticket, attrs.evolve(ticket, id="T-2", subject="RESEAU EN PANNE"))
    1.0
    """
    return rate(a, b, term_weights=term_weights, weights=weights).rating


# --- the index -----------------------------------------------------------------------------------

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
        self._contents: dict[Id, _Content] = {}
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
        content = _read(ticket, self.weights)
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
        content = _read(ticket, self.weights)
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

    def _near(self, content: _Content, threshold: float) -> Iterator[Id]:
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

    def _rough_ratings(self, content: _Content) -> Iterator[tuple[Id, float]]:
        """The ratings of all that have something in common, but for the last digits."""
        norm = _norm(content, self._weigh)
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
                customer, rest = _customer_share(content, self._contents[id], self.weights)
                yield id, rest * dot / norms + customer

    def _match(self, content: _Content, id: Id) -> Match:
        norms = _norm(content, self._weigh) * self._norm_of(id)
        return _compare(content, self._contents[id], norms, self._weigh, self.weights)

    def _norm_of(self, id: Id) -> float:
        norm = self._norms.get(id)
        if norm is None:
            norm = self._norms[id] = _norm(self._contents[id], self._weigh)
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
        return self._contents if among is None else frozenset(among)


def _drop(entries: dict[Any, dict[Id, Any]], key: Any, ticket_id: Id) -> None:
    """Take a ticket out of a list, and an empty list out of all, so that no trace stays (M1)."""
    del entries[key][ticket_id]
    if not entries[key]:
        del entries[key]
