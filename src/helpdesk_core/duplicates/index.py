"""An index over many tickets, which knows how common a word is (M1, M3, M4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat
from threading import RLock
from typing import Any
from uuid import UUID

from helpdesk_core.duplicates.contents import (
    DEFAULT,
    Content,
    Splitter,
    Weights,
    measure,
    read_content,
)
from helpdesk_core.duplicates.groups import Pairs, grouped, join_copies, without_copies
from helpdesk_core.duplicates.ranking import (
    COMPARED,
    COMPARED_EACH,
    EFFORT,
    FOUND,
    FOUND_EACH,
    FURTHER,
    NEIGHBOURS,
    OTHERS,
    OWN,
    RATED,
    RATED_EACH,
    Among,
    Near,
    among_best,
    check_among,
    check_limit,
    check_threshold,
    nearest,
    promising,
)
from helpdesk_core.duplicates.rating import Explanation, Group, Match, Probe
from helpdesk_core.duplicates.shelf import (
    Everybody,
    Sayings,
    Shelf,
    Spares,
    TermWeights,
    Vocabulary,
    best,
    look,
)
from helpdesk_core.duplicates.words import id_key, words
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.fields import collection

_Allowed = Callable[[Collection[int]], Iterable[int]]  # of places, those that may be found


class SimilarityIndex:
    """Tickets by their words, to find those that say the same; a `SimilarityStore` (M1-M4).

    Holds what was added last under each id; the ratings depend on nothing else. Tickets that were
    merged away are not kept (M8). Between tickets of one team, how common a word is goes by that
    team, once it has 200 tickets; else by all. Threads may share it: what was added is found by
    the next question, and a long one, for groups say, holds nobody up.

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
        self._all = Everybody(weights, self._vocabulary)
        self._shelves: dict[Any, Shelf] = {}
        self._places: dict[Any, int] = {}
        self._contents: list[Content | None] = []
        self._spare = Spares()
        self._lock = RLock()
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
        with self._lock:
            self._remove(ticket.id)
            if not ticket.is_merged_away:
                self._add(ticket)

    def update(self, ticket: Ticket) -> None:
        """Its content is another now; the same as `add`."""
        self.add(ticket)

    def remove(self, ticket_id: Id) -> None:
        """Forget a ticket; not there is fine."""
        with self._lock:
            self._remove(ticket_id)

    def rate(self, a: Ticket, b: Ticket) -> Match:
        """How alike `b` is to `a`, by the words that are rare in this index (M1, M15)."""
        with self._lock:
            probe, other = self._compared(a, b)
            return probe.match(other)

    def explain(self, a: Ticket, b: Ticket) -> Explanation:
        """Why `b` is as alike to `a` as `rate` says: what each word in common gave (M2, M15).

        >>> from datetime import datetime, UTC
        >>> def ticket(id, subject):
        ...     return Ticket(id=id, team_id="support", stage_id="new", subject=subject,
        ...                   created_at=datetime(2026, 1, 5, tzinfo=UTC))
        >>> index = SimilarityIndex([ticket(1, "No ink"), ticket(2, "No paper"), ticket(3, "Ink!")])
        >>> list(index.explain(ticket(1, "No ink"), ticket(4, "No red INK")).words)
        ['ink', 'no']
        """
        with self._lock:
            probe, other = self._compared(a, b)
            return probe.explain(other, self._vocabulary.spelled)

    def most_similar(
        self, ticket: Ticket, limit: int, *, among: Among | None = None
    ) -> list[Match]:
        """The most similar others, best first, then by id; nothing that has nothing in common.

        `among` is asked of candidates which of them may be found (M11); it may take its time. The
        ticket itself need not be in the index. Who has nothing but common words in common may be
        missed; what is found is rated to the end.
        """
        check_limit(limit)
        check_among(among)
        with self._asked():
            with self._lock:
                content = self._read(ticket)
            allowed = None if among is None else partial(self._allowed, among)
            near = self._near(content, limit, allowed)
            return [probe.match(other, -rating) for rating, _, probe, other in near[:limit]]

    def groups(
        self,
        threshold: float,
        *,
        among: Collection[Id] | None = None,
        discarded: Collection[tuple[Id, Id]] = (),
        progress: Callable[[int, int], object] | None = None,
    ) -> list[Group]:
        """Disjoint groups of tickets that look like one (M3, M4).

        Pairs at or above the threshold are taken by (rating descending, ids): two free tickets
        open a group, the older of them its master; a free ticket joins through its pair with a
        master. With `among`, of those tickets only (M11). `discarded` pairs are left out, either
        way round (M5). `progress` is told after each ticket how many of how many are done.
        """
        check_threshold(threshold)
        wanted = None if among is None else collection("among", among)
        pairs = Pairs(threshold, frozenset(discarded))
        with self._asked():
            with self._lock:
                places = self._places.values() if wanted is None else self._of(wanted)
                contents = list(map(self._at, places))
            self._find_pairs(contents, pairs, progress)
            groups = (self._group(master, members) for master, members in grouped(pairs))
            return [group for group in groups if group.members]

    # --- what is kept ----------------------------------------------------------------------------

    def _add(self, ticket: Ticket) -> None:
        content = read_content(ticket, self.weights, self._split, self._vocabulary.take)
        place = self._spare.take()
        if place is None:
            place = len(self._contents)
            self._contents.append(content)
        else:
            self._contents[place] = content
        self._places[_key(ticket.id)] = place
        shelf = self._shelves.get(_key(ticket.team_id))
        if shelf is None:
            shelf = self._shelves[_key(ticket.team_id)] = Shelf(self.weights)
        shelf.add(place, content)
        self._all.changed(content.terms, len(self), more=True)

    def _remove(self, ticket_id: Id) -> None:
        place = self._places.pop(_key(ticket_id), None)
        if place is None:
            return
        content = self._at(place)
        self._contents[place] = None
        self._spare.give(place)
        shelf = self._shelves[_key(content.team_id)]
        shelf.remove(place, content)
        if not shelf.tickets:
            del self._shelves[_key(content.team_id)]
        self._vocabulary.give_back(content.terms)
        self._all.changed(content.terms, len(self), more=False)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """While somebody asks, without the lock at times, no number comes to mean another thing."""
        spares = self._spare, self._vocabulary.spare
        with self._lock:
            for spare in spares:
                spare.askers += 1
        try:
            yield
        finally:
            with self._lock:
                for spare in spares:
                    spare.askers -= 1

    # --- groups ----------------------------------------------------------------------------------

    def _find_pairs(
        self,
        contents: list[Content],
        pairs: Pairs,
        progress: Callable[[int, int], object] | None,
    ) -> None:
        contents, copied = without_copies(contents, pairs, self.weights)
        every = len(contents) == len(self)
        allowed = None if every else self._of(content.ticket_id for content in contents)
        for done, content in enumerate(contents, start=1):
            if self._is_here(content):  # neither removed meanwhile, nor another now
                intersection = None if allowed is None else allowed.intersection
                for rating, _, _, other in self._near(content, NEIGHBOURS, intersection):
                    pairs.add(content, other, -rating)
            if progress is not None:
                progress(done, len(contents))
        join_copies(pairs, copied)

    def _group(self, master: Content, members: list[Content]) -> Group:
        """With ratings of now; without those who were removed or changed meanwhile."""
        with self._lock:
            found: list[Match] = []
            for member in members:
                if self._is_here(master) and self._is_here(member):
                    team_id = master.team_id if master.team_id == member.team_id else None
                    found.append(self._probe(master, self._common(team_id)).match(member))
            return Group(master_id=master.ticket_id, members=tuple(found))

    # --- candidates ------------------------------------------------------------------------------

    def _near(self, content: Content, limit: int, allowed: _Allowed | None) -> list[Near]:
        """The most similar, best first."""
        with self._lock:
            own = self._shelves.get(_key(content.team_id))
            others = [shelf for shelf in self._shelves.values() if shelf is not own]
            among_all = self._probe(content, self._common(None))
            among_own = self._probe(content, self._common(content.team_id))
        near_by = [] if own is None else self._candidates([own], among_own, 1.0, limit, allowed)
        share = 1.0 if own is None else OTHERS
        further = self._candidates(others, among_all, share, limit, allowed)
        with self._lock:
            chosen = chain(zip(repeat(among_own), near_by), zip(repeat(among_all), further))
            return nearest(chosen, max(RATED, RATED_EACH * limit))

    def _candidates(
        self,
        shelves: Sequence[Shelf],
        probe: Probe,
        share: float,
        limit: int,
        allowed: _Allowed | None,
    ) -> list[Content]:
        """Those on some shelves that may be alike, the most promising of those allowed."""
        wanted = int(max(FOUND, FOUND_EACH * limit) * share)
        verdicts: dict[int, bool] = {}
        chosen: list[int] = []
        for further in FURTHER:
            with self._lock:
                parts = self._parts(shelves, probe)
                found, every = look(shelves, parts, int(EFFORT * share * further))
                found.pop(self._places.get(_key(probe.content.ticket_id), -1), None)
            chosen = self._chosen(found, wanted, allowed, verdicts)
            if every or len(chosen) >= min(wanted, len(found)):  # nobody was left out
                break
        with self._lock:
            at = self._contents.__getitem__
            counted = [(found[place], other) for place in chosen if (other := at(place))]
            return promising(probe, counted, int(max(COMPARED, COMPARED_EACH * limit) * share))

    def _parts(self, shelves: Sequence[Shelf], probe: Probe) -> list[tuple[int, int]]:
        """The words that are asked with, the rarest on these shelves first."""
        spelled = self._vocabulary.spelled
        holders = shelves[0].holders if len(shelves) == 1 else self._all.holders
        held = [(holders(term), spelled(term), term) for term in probe.parts]
        return [(term, probe.parts[term]) for held_by, _, term in sorted(held) if held_by]

    def _chosen(
        self,
        found: dict[int, int],
        wanted: int,
        allowed: _Allowed | None,
        verdicts: dict[int, bool],
    ) -> list[int]:
        """The best places of those allowed; more are asked about until there are enough."""
        if allowed is None:
            return self._best(found, wanted)
        good = among_best(partial(self._best, found), wanted, allowed, verdicts)
        return self._best({place: found[place] for place in good}, wanted)

    def _best(self, found: dict[int, int], limit: int) -> list[int]:
        """The places that count the most; of those that tie, those with the first ids."""
        places, ties = best(found, limit)
        if ties:
            with self._lock:
                here = [
                    (id_key(other.ticket_id), place)
                    for place in ties
                    if (other := self._contents[place])
                ]
            places += [place for _, place in sorted(here)[: limit - len(places)]]
        return places

    def _probe(self, content: Content, common: Sayings) -> Probe:
        return Probe(
            content,
            common.__getitem__,
            common.measured,
            self._vocabulary.pieces,
            self._vocabulary.pieces_of_numbers,
            self.weights,
        )

    def _compared(self, a: Ticket, b: Ticket) -> tuple[Probe, Content]:
        one, other = self._read(a), self._read(b)
        common = self._common(one.team_id if one.team_id == other.team_id else None)
        packed = common.__getitem__
        measured = partial(measure, packed=packed)
        pieces = self._vocabulary.pieces
        return Probe(one, packed, measured, pieces, pieces, self.weights), other

    def _common(self, team_id: Id | None) -> Sayings:
        """Among whom it is counted how common a word is: the team, when it is large, or all."""
        shelf = None if team_id is None else self._shelves.get(_key(team_id))
        return self._all if shelf is None or shelf.tickets < OWN else shelf

    def _read(self, ticket: Ticket) -> Content:
        return read_content(ticket, self.weights, self._split, self._vocabulary.known)

    def _allowed(self, among: Among, places: Collection[int]) -> Iterable[int]:
        """Those of the places that the caller allows."""
        contents = map(self._contents.__getitem__, places)
        ids = [content.ticket_id for content in contents if content is not None]
        return self._of(among(ids)) if ids else ()

    def _of(self, ids: Iterable[Id]) -> set[int]:
        """The places of those that are here."""
        places = map(self._places.get, map(_key, ids))
        return {place for place in places if place is not None}

    def _at(self, place: int) -> Content:
        content = self._contents[place]
        assert content is not None
        return content

    def _is_here(self, content: Content) -> bool:
        place = self._places.get(_key(content.ticket_id))
        return place is not None and self._contents[place] is content


def _key(id: Id) -> Any:
    """The id, or what stands for it: of UUIDs endlessly many can be made with one hash."""
    return id.bytes if isinstance(id, UUID) else id
