"""What a rating sees of a ticket: its words, how much each of them says, and pieces of them (M1).

Everything that is added up is a whole number, so that no order of indexing and no hash seed shows
in a sum (M1). Rounding happens once for each word, before.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import mul
from typing import Any
from zlib import crc32

import attrs

from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import InvalidValueError

#: Whatever takes a text to the words of it that are compared.
Splitter = Callable[[str], Sequence[str]]

_ONCE = 4  # the value of a word that comes once in a description; small, for squares fit in a byte
_MOST = 15
SQUARES = bytes(value * value for value in range(_MOST + 1)) + bytes(255 - _MOST)
_SCALE = 200  # of what a word says, before it is rounded
_SHIFT = 64  # two sums in one: a ticket has too few words for the lower one to reach the upper
_LOWER = (1 << _SHIFT) - 1
_SHORT = 4  # letters from which on a word has pieces
_LEAST = 0.001  # what a word says that is everywhere: nearly nothing, and still something
_MUCH = 50.0  # what no word says: it would be in one ticket of 10^21


@attrs.frozen(kw_only=True)
class Weights:
    """How much each field counts (M2).

    A word of the subject counts `subject` against `description` for one of the description. The
    larger `saturation`, the more a word that is repeated counts; the larger `length` (0 to 1), the
    less it does in a text of more than `usual_length` words. What a rare word says is taken to the
    power of `rarity`. `pieces` is the part of the rating that goes to parts of words, so that words
    that are nearly alike count. The larger `chance`, the more a likeness must go beyond what two
    tickets have in common by chance.

    Of a rating, `customer`, `team`, `tags` and `time` are taken away where the two have another
    customer or team, no tags in common, or were not created close to each other: `time` is lost by
    half after `half_life_days`. Where a customer or the tags of one are unknown, nothing is.

    The defaults were fitted by `benchmarks/similarity_fit.py`, but for those of `customer` and
    `tags`, for which there was no data.

    >>> Weights(customer=1)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: customer must be at least 0 and below 1
    """

    subject: float = 2.5
    description: float = 1.0
    saturation: float = 2.5
    length: float = 0.5
    usual_length: float = 35.0
    rarity: float = 1.2
    pieces: float = 0.3
    chance: float = 1.5
    customer: float = 0.1
    team: float = 0.3
    tags: float = 0.1
    time: float = 0.0
    half_life_days: float = 30.0

    def __attrs_post_init__(self) -> None:
        for field in ("subject", "usual_length", "half_life_days"):
            if not 0 < getattr(self, field) < math.inf:
                raise InvalidValueError(field, "must be above 0 and finite")
        for field in ("description", "saturation"):
            if not 0 <= getattr(self, field) < math.inf:
                raise InvalidValueError(field, "must be at least 0 and finite")
        if not 0 <= self.length <= 1:
            raise InvalidValueError("length", "must be at least 0 and at most 1")
        for field in ("rarity", "chance"):
            if not 0 <= getattr(self, field) <= 4:
                raise InvalidValueError(field, "must be at least 0 and at most 4")
        for field in ("pieces", "customer", "team", "tags", "time"):
            if not 0 <= getattr(self, field) < 1:
                raise InvalidValueError(field, "must be at least 0 and below 1")
        if self.customer + self.team + self.tags + self.time >= 1:
            raise InvalidValueError("customer", "and team, tags, time must sum to less than 1")


DEFAULT = Weights()


@attrs.define(eq=False)
class Content:
    """The words of a ticket, those of the subject first, and its other fields.

    `values` holds how much of each word there is, 1 to 15; `subject`, for the words that are in the
    subject, how much of that is the subject's, in parts of 255. `spread` is the sum of the squares
    of its pieces, once that is known.
    """

    ticket_id: Id
    created_at: datetime
    customer_id: Id | None
    team_id: Id
    tags: frozenset[str]
    terms: Sequence[Any]
    values: bytes
    subject: bytes
    spread: int | None = None
    measured: tuple[Any, int, int, float] | None = None  # kept by `Sayings`

    def held(self) -> Iterator[tuple[Any, int]]:
        """Each word, and how much of it there is."""
        return zip(self.terms, self.values, strict=True)


def read_content(
    ticket: Ticket,
    weights: Weights,
    split: Splitter,
    terms_of: Callable[[Iterable[str]], Sequence[Any]] = tuple,
) -> Content:
    """What the rating sees; `terms_of` gives the words the form in which they are kept."""
    subject, description = split(ticket.subject), split(ticket.description)
    counts = dict.fromkeys(subject, 0.0)
    for word in subject:
        counts[word] += weights.subject
    shares = dict(counts)
    if weights.description:
        for word in description:
            counts[word] = counts.get(word, 0.0) + weights.description
    longer = 1 - weights.length
    longer += weights.length * _length(subject, description, weights) / weights.usual_length
    k = weights.saturation * longer
    full = _ONCE * (1 + k)
    values = bytes(
        [min(_MOST, int(full * count / (count + k) + 0.5)) or 1 for count in counts.values()]
    )
    return Content(
        ticket.id,
        ticket.created_at,
        ticket.customer_id,
        ticket.team_id,
        ticket.tags,
        terms_of(counts),
        values,
        bytes([int(255 * share / counts[word]) for word, share in shares.items()]),
    )


def _length(subject: Sequence[str], description: Sequence[str], weights: Weights) -> float:
    return len(subject) * weights.subject + len(description) * weights.description


# --- how much a word says ------------------------------------------------------------------------


def information(holders: int, tickets: int) -> float:
    """How much a word says that so many of the tickets hold: the rarer, the more."""
    return max(_LEAST, math.log((tickets + 1) / (holders + 0.5)))


def pack(said: float, weights: Weights) -> int:
    """Two weights of a word in one number, so that one sum gives both: see `measure`.

    The lower is what the word counts in a likeness. The upper is what two tickets have in common
    by chance because of it: its weight squared, as often as it comes.
    """
    said = min(max(_LEAST, said), _MUCH)
    weight = math.pow(said, weights.rarity)
    by_chance = weight * weight * math.exp(-said)
    return max(1, round(_SCALE * weight)) + (max(1, round(_SCALE * by_chance)) << _SHIFT)


def counts_for(packed: int) -> int:
    """What a word counts in a likeness."""
    return packed & _LOWER


def measure(content: Content, packed: Callable[[Any], int]) -> tuple[int, float]:
    """The length of a ticket, squared, and what is alike by chance."""
    squares = content.values.translate(SQUARES)
    sums: int = sum(map(mul, map(packed, content.terms), squares))
    length = sums & _LOWER
    return length, math.sqrt((sums >> _SHIFT) / length) if length else 0.0


# --- pieces of words -----------------------------------------------------------------------------


def pieces(word: str) -> Sequence[int]:
    """Each four characters of a word in a row, with its ends marked, as numbers.

    Of a short word there are none: whole, it says all that it has to say.

    >>> len(pieces("printer")), len(set(pieces("printer")) & set(pieces("printers")))
    (6, 5)
    """
    if len(word) < _SHORT:
        return ()
    marked = f"^{word}$"
    return [crc32(marked[at : at + 4].encode()) for at in range(len(marked) - 3)]


def gather(content: Content, pieces_of: Callable[[Any], Iterable[int]]) -> dict[int, int]:
    """How much of each piece there is in a ticket."""
    gathered: defaultdict[int, int] = defaultdict(int)
    for term, value in content.held():
        for piece in pieces_of(term):
            gathered[piece] += value
    return gathered


def spread_of(gathered: Mapping[int, int]) -> int:
    return sum([value * value for value in gathered.values()])
