"""The most alike of some candidates, best first (M1, M11)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from helpdesk_core.duplicates.contents import Content
from helpdesk_core.duplicates.rating import Probe
from helpdesk_core.duplicates.words import id_key
from helpdesk_core.entities import Id
from helpdesk_core.errors import InvalidValueError

# What a search does, whatever it is over.
EFFORT = 2000  # entries of lists that are read for a question, each time
FOUND = 150  # tickets in them that are looked at, those that count the most
COMPARED = 60  # of these, how many have their words compared
RATED = 15  # of these, how many are rated to the end
FOUND_EACH, COMPARED_EACH, RATED_EACH = 6, 3, 2  # for each that is asked for, where that is more
NEIGHBOURS = 20  # of each ticket, when groups are looked for
OTHERS = 0.25  # the effort for the tickets of other teams
FURTHER = (1, 4)  # the effort, and that for who may see few of those found with it
MORE = 4  # times as many are asked about, when few of those before may be found
OWN = 200  # tickets from which on a team has its own sense of what is common

_T = TypeVar("_T")

#: Of some tickets, those that may be found (M11): `visible.intersection` of a set of ids, say.
Among = Callable[[Collection[Id]], Collection[Id]]

#: Minus its rating, the key of its id, the probe that rated it, what it says.
Near = tuple[float, Any, Probe, Content]

_LONG = 0.3  # how much a long text must have more of them; 0.5 would be that of a cosine
_by_rating = itemgetter(0, 1)


def among_best(
    best: Callable[[int], Sequence[_T]],
    wanted: int,
    allowed: Callable[[Collection[_T]], Iterable[_T]],
    verdicts: dict[_T, bool],
) -> list[_T]:
    """Of the best, those allowed: as many as are wanted or more, or all that there are (M11).

    Each is asked about once, the best first, and more of them until there are enough. `best` gives
    so many of them, or all.
    """
    number = wanted
    while True:
        found = best(number)
        unknown = [one for one in found if one not in verdicts]
        if unknown:
            may = set(allowed(unknown))
            verdicts.update((one, one in may) for one in unknown)
        good = [one for one in found if verdicts[one]]
        if len(good) >= wanted or len(found) < number:
            return good
        number *= MORE


def promising(probe: Probe, counted: Iterable[tuple[int, Content]], limit: int) -> list[Content]:
    """Those with the most of the words that were looked for, against how long they are."""
    length_of, long = probe.length_of, _LONG
    ranked = [
        (-count / length_of(other) ** long, id_key(other.ticket_id), other)
        for count, other in counted
    ]
    ranked.sort()  # no two have the same id
    return [other for _, _, other in ranked[:limit]]


def nearest(candidates: Iterable[tuple[Probe, Content]], limit: int) -> list[Near]:
    """The most alike, best first: all are compared by their words, so many rated to the end."""
    rough: list[tuple[float, Any, float, float, float, Probe, Content]] = []
    for probe, other in candidates:
        cosine, chance = probe.words(other)
        kept = 1 - probe.lost(other)
        rating = probe.text(cosine, chance) * kept
        rough.append((-rating, id_key(other.ticket_id), cosine, chance, kept, probe, other))
    rough.sort(key=_by_rating)
    near = [
        (-probe.text(cosine, chance, other) * kept, key, probe, other)
        for _, key, cosine, chance, kept, probe, other in rough[:limit]
    ]
    near.sort(key=_by_rating)
    return near


def check_limit(limit: int) -> None:
    """Raise `InvalidValueError` for a number of suggestions that is none."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InvalidValueError("limit", "must be at least 1")


def check_among(among: Among | None) -> None:
    """Raise `InvalidValueError` for a filter that is no function."""
    if among is not None and not callable(among):
        raise InvalidValueError("among", "must be a function from ids to those that may be found")


def check_threshold(threshold: float) -> None:
    """Raise `InvalidValueError` for a threshold with which all or nothing would be alike (M3)."""
    if not 0 < threshold <= 1:
        raise InvalidValueError("threshold", "must be above 0 and at most 1")
