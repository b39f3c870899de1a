"""How alike two tickets are, with the share of each field (M1, M2).

The rating is a cosine over the words of subject and description, in which a rare word counts for
more, and a share for the same customer. Sums are exact (`math.fsum`), so that no order of
indexing and no hash seed shows in a rating (M1).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import attrs

from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.similarity.words import words


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
class Content:
    """What the rating sees of a ticket: of each word its count, saturated and weighted, by field.

    The first number of a word is the subject's, the second the description's.
    """

    ticket_id: Id
    created_at: datetime
    customer_id: Id | None
    terms: dict[str, tuple[float, float]]


def read_content(ticket: Ticket, weights: Weights) -> Content:
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
    return Content(ticket.id, ticket.created_at, ticket.customer_id, terms)


def norm_of(content: Content, weigh: Callable[[str], float]) -> float:
    return math.sqrt(math.fsum(weigh(t) * (s + d) * (s + d) for t, (s, d) in content.terms.items()))


def customer_share(a: Content, b: Content, weights: Weights) -> tuple[float, float]:
    """The share that the customer gives, and the greatest that the words can give."""
    if a.customer_id is None or b.customer_id is None:
        return 0.0, 1.0
    same = a.customer_id == b.customer_id
    return (weights.customer if same else 0.0), 1.0 - weights.customer


def compare(
    a: Content, b: Content, norms: float, weigh: Callable[[str], float], weights: Weights
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
    customer, rest = customer_share(a, b, weights)
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

    first, second = read_content(a, weights), read_content(b, weights)
    return compare(first, second, norm_of(first, weigh) * norm_of(second, weigh), weigh, weights)


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
