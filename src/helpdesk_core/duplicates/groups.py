"""Groups out of pairs that are alike (M4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from helpdesk_core.duplicates.contents import Content, Weights
from helpdesk_core.duplicates.words import id_key
from helpdesk_core.entities import Id


def grouped(pairs: Iterable[tuple[Content, Content]]) -> Iterable[tuple[Content, list[Content]]]:
    """Each master with its members, from pairs, the most alike first (M4).

    Two free tickets open a group, the older of them its master; a free ticket joins through its
    pair with a master; other pairs are passed over.
    """
    groups: dict[Id, tuple[Content, list[Content]]] = {}
    taken: set[Id] = set()
    for pair in pairs:
        older, younger = sorted(pair, key=_age)
        if older.ticket_id not in taken and younger.ticket_id not in taken:
            groups[older.ticket_id] = older, [younger]
            taken |= {older.ticket_id, younger.ticket_id}
            continue
        for master, free in ((older, younger), (younger, older)):
            if master.ticket_id in groups and free.ticket_id not in taken:
                groups[master.ticket_id][1].append(free)
                taken.add(free.ticket_id)
    return groups.values()


def _age(content: Content) -> tuple[Any, ...]:
    return content.created_at, id_key(content.ticket_id)


@attrs.define
class Pairs:
    """The pairs at or above a threshold, each once, without those discarded (M3, M5)."""

    threshold: float
    discarded: frozenset[tuple[Id, Id]]
    _found: dict[tuple[Any, Any], tuple[float, Content, Content]] = attrs.field(factory=dict)

    def add(self, a: Content, b: Content, rating: float) -> None:
        one, other = a.ticket_id, b.ticket_id
        if rating < self.threshold:
            return
        if (one, other) in self.discarded or (other, one) in self.discarded:
            return
        if id_key(other) < id_key(one):
            a, b = b, a
        self._found[id_key(a.ticket_id), id_key(b.ticket_id)] = rating, a, b

    def __iter__(self) -> Iterator[tuple[Content, Content]]:
        """By rating, descending, and ids."""

        found = sorted(self._found.items(), key=lambda pair: (-pair[1][0], pair[0]))
        return ((a, b) for _, (_, a, b) in found)

    def alike(self, rating: float) -> list[tuple[Content, Content]]:
        return [(a, b) for found, a, b in self._found.values() if found == rating]


def copies(
    contents: Iterable[Content], apart: Callable[[Content], bool]
) -> dict[Id, list[Content]]:
    """Tickets that are the same in all that a rating looks at, but for the first two by id.

    By the id of each of these two. They rate 1 with each other, and each of the others joins the
    group of the first two, if it has not joined another that rates 1 too: of what they rate with
    anything else, nothing shows (M4). So a text that thousands sent costs no more than two of it.
    Tickets that are kept `apart` are not looked at.
    """
    same: dict[Any, list[Content]] = {}
    for content in contents:
        if content.terms and not apart(content):
            says = tuple(sorted(content.held()))
            fields = content.customer_id, content.team_id, content.tags
            same.setdefault((says, fields), []).append(content)
    found: dict[Id, list[Content]] = {}
    for alike in same.values():
        alike.sort(key=lambda content: id_key(content.ticket_id))
        if others := alike[2:]:
            found[alike[0].ticket_id] = found[alike[1].ticket_id] = others
    return found


def without_copies(
    contents: Iterable[Content], pairs: Pairs, weights: Weights
) -> tuple[list[Content], Mapping[Id, Sequence[Content]]]:
    """Those among which pairs are looked for, and the others by whom they are copies of."""
    contents = list(contents)
    aside = {id for pair in pairs.discarded for id in pair}
    copied = copies(contents, lambda content: content.ticket_id in aside or weights.time > 0)
    hidden = {copy.ticket_id for alike in copied.values() for copy in alike}
    return [content for content in contents if content.ticket_id not in hidden], copied


def join_copies(pairs: Pairs, copied: Mapping[Id, Sequence[Content]]) -> None:
    """Let the copies rate 1 with whatever the tickets that they are copies of rate 1 with."""
    for pair in pairs.alike(1.0):
        for one, other in (pair, pair[::-1]):
            for copy in copied.get(other.ticket_id, ()):
                pairs.add(one, copy, 1.0)
