"""A similarity store in a database, for more tickets than one process should hold (M1-M5, M11)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.repository import SqlRepository
from helpdesk_core.adapters.sql.similar import keeping
from helpdesk_core.adapters.sql.similar.counting import Rater
from helpdesk_core.adapters.sql.similar.keeping import contents_of, says
from helpdesk_core.adapters.sql.similar.looking import Asked, Found, Lists, lists_for, look, prepare
from helpdesk_core.adapters.sql.similar.spelling import kept
from helpdesk_core.duplicates import DEFAULT, Among, Group, Match, Weights, words
from helpdesk_core.duplicates.contents import Content, Splitter, read_content
from helpdesk_core.duplicates.groups import Pairs, grouped, join_copies, without_copies
from helpdesk_core.duplicates.ranking import (
    FOUND_EACH,
    FURTHER,
    MORE,
    NEIGHBOURS,
    RATED,
    RATED_EACH,
    Near,
    among_best,
    check_among,
    check_limit,
    check_threshold,
    nearest,
)
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.fields import collection

EFFORT = 3000  # entries of lists that are read for a question, each time
COMPARED = 100  # of those found, how many are fetched and compared: how long they are is not asked

_Reading = Callable[[], AbstractContextManager[Connection]]


class SqlSimilarityStore:
    """Tickets by their words, in SQLite or PostgreSQL; a `SimilarityStore` (M1-M5, M8, M11).

    Gives the ratings of a `SimilarityIndex` of the same tickets. Candidates come from an index of
    words, FTS5 or GIN, in tables of its own, beside a `SqlRepository`'s or in another database; the
    options are the same. Any number of threads and processes may use it at once, all with the same
    `weights` and `split`: when these are changed, `clear` it, and fill it anew.

    Raises what `SqlRepository` raises. A database in memory is for the store alone.

    >>> from datetime import datetime, UTC
    >>> def ticket(id, subject):
    ...     return Ticket(id=id, team_id="support", stage_id="new", subject=subject,
    ...                   created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> with SqlSimilarityStore("sqlite:///:memory:") as store:
    ...     store.add_many([ticket("T-1", "No ink"), ticket("T-2", "A flood")])
    ...     store.most_similar(ticket("T-3", "no INK!"), 5)[0].ticket_id
    'T-1'
    """

    def __init__(
        self,
        url_or_engine: str | sa.URL | sa.Engine,
        *,
        weights: Weights = DEFAULT,
        split: Splitter = words,
        id_type: type = str,
        prefix: str = "helpdesk_",
        migrate: bool = True,
        busy_timeout: float = 10.0,
        pool: Mapping[str, Any] | None = None,
    ) -> None:
        self.weights = weights
        self._split = split
        self._repository = SqlRepository(
            url_or_engine,
            id_type=id_type,
            prefix=prefix,
            migrate=migrate,
            busy_timeout=busy_timeout,
            pool=pool,
        )

    def close(self) -> None:
        """Close the connections, unless the engine was handed in."""
        self._repository.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # --- what is kept ----------------------------------------------------------------------------

    def add(self, ticket: Ticket) -> None:
        """Take a ticket in, in the place of what was there under its id; no tombstone (M8)."""
        self._put([ticket])

    def update(self, ticket: Ticket) -> None:
        """Its content is another now; the same as `add`."""
        self._put([ticket])

    def add_many(self, tickets: Iterable[Ticket], *, together: int = 500) -> None:
        """The same as `add` for each of them, so many in a transaction, which others wait for."""
        coming = iter(tickets)
        while some := list(itertools.islice(coming, together)):
            self._put(some)

    def remove(self, ticket_id: Id) -> None:
        """Forget a ticket; not there is fine."""
        with self._writing() as db:
            keeping.put(db, {ticket_id: None})

    def clear(self) -> None:
        """Forget all tickets."""
        with self._writing() as db:
            keeping.clear(db)

    def _put(self, tickets: Iterable[Ticket]) -> None:
        contents = {
            ticket.id: None if ticket.is_merged_away else self._read(ticket) for ticket in tickets
        }
        with self._writing() as db:
            keeping.put(db, contents)

    # --- what is asked ---------------------------------------------------------------------------

    def rate(self, a: Ticket, b: Ticket) -> Match:
        """How alike `b` is to `a`, by the words that are rare among what is kept (M1, M15)."""
        one, other = self._read(a), self._read(b)
        with self._reading() as db:
            rater = Rater(db, one, [other], self.weights)
        return rater.probe(other).match(other)

    def most_similar(
        self, ticket: Ticket, limit: int, *, among: Among | None = None
    ) -> list[Match]:
        """The most similar others, best first, then by id; nothing that has nothing in common.

        `among` is asked of candidates which of them may be found (M11), outside of a transaction.
        The ticket itself need not be kept. Who has nothing but common words in common may be
        missed; what is found is rated to the end.
        """
        check_limit(limit)
        check_among(among)
        near = self._near(self._read(ticket), limit, among)
        return [probe.match(other, -rating) for rating, _, probe, other in near[:limit]]

    def groups(
        self,
        threshold: float,
        *,
        among: Collection[Id] | None = None,
        discarded: Collection[tuple[Id, Id]] = (),
    ) -> list[Group]:
        """Disjoint groups of tickets that look like one, as `SimilarityIndex.groups` has them.

        Those `among` which they are looked for are read into memory, and each is a question.
        """
        check_threshold(threshold)
        wanted = None if among is None else collection("among", among)
        pairs = Pairs(threshold, frozenset(discarded))
        contents = list(self._every() if wanted is None else self._of(wanted))
        self._find_pairs(contents, pairs, every=wanted is None)
        groups = (self._group(master, members) for master, members in grouped(pairs))
        return [group for group in groups if group.members]

    # --- groups ----------------------------------------------------------------------------------

    def _every(self) -> Iterator[Content]:
        contents, after = self._page(0)
        while contents:
            yield from contents
            contents, after = self._page(after)

    def _page(self, after: int) -> tuple[list[Content], int]:
        with self._reading() as db:
            return keeping.page_of(db, after)

    def _of(self, ids: Collection[Id]) -> list[Content]:
        with self._reading() as db:
            return contents_of(db, ids)

    def _find_pairs(self, contents: list[Content], pairs: Pairs, *, every: bool) -> None:
        looked_at, copied = without_copies(contents, pairs, self.weights)
        among = None
        if not every or copied:
            among = {content.ticket_id for content in looked_at}.intersection
        for content in looked_at:
            for rating, _, _, other in self._near(content, NEIGHBOURS, among):
                pairs.add(content, other, -rating)
        join_copies(pairs, copied)

    def _group(self, master: Content, members: list[Content]) -> Group:
        """With ratings of now; without those who were removed or changed meanwhile."""
        ids = [content.ticket_id for content in (master, *members)]
        with self._reading() as db:
            now = {content.ticket_id: says(content) for content in contents_of(db, ids)}
            rater = Rater(db, master, members, self.weights)
        if now.get(master.ticket_id) != says(master):
            return Group(master_id=master.ticket_id, members=())
        here = [member for member in members if now.get(member.ticket_id) == says(member)]
        matches = (rater.probe(member).match(member) for member in here)
        return Group(master_id=master.ticket_id, members=tuple(matches))

    # --- candidates ------------------------------------------------------------------------------

    def _near(self, content: Content, limit: int, among: Among | None) -> list[Near]:
        """The most similar, best first; by one transaction, unless a filter is asked between."""
        if not content.terms:
            return []
        if among is not None:
            return self._search(content, limit, among, self._reading)
        with self._reading() as db:
            return self._search(content, limit, None, lambda: nullcontext(db))

    def _search(
        self, content: Content, limit: int, among: Among | None, reading: _Reading
    ) -> list[Near]:
        with reading() as db:
            team, lists = lists_for(db, content, self.weights)
        wanted = max(COMPARED, FOUND_EACH * limit)
        ids: list[Id] = []
        for some in lists:
            ids += self._candidates(some, content, int(wanted * some.share), among, reading)
        with reading() as db:
            others = contents_of(db, ids)
            rater = Rater(db, content, others, self.weights, None if among is not None else team)
        return nearest(
            ((rater.probe(other), other) for other in others), max(RATED, RATED_EACH * limit)
        )

    def _candidates(
        self, lists: Lists, content: Content, wanted: int, among: Among | None, reading: _Reading
    ) -> list[Id]:
        """The ids of those in some lists that may be alike, the best of those allowed."""
        verdicts: dict[Id, bool] = {}
        chosen: list[Id] = []
        for further in FURTHER:
            asked, every = lists.within(EFFORT * further)
            if not asked:
                break

            def find(limit: int, asked: Sequence[Asked] = asked) -> Found:
                with reading() as db:
                    return look(db, lists, asked, content.ticket_id, limit)

            chosen, number = _chosen(find, wanted, among, verdicts)
            if every or len(chosen) >= min(wanted, number):  # nobody was left out
                break
        return chosen

    def _read(self, ticket: Ticket) -> Content:
        return read_content(
            ticket, self.weights, self._split, lambda found: tuple(map(kept, found))
        )

    # --- sessions --------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._repository.reading() as session:
            prepare(session.connection)
            yield session.connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._repository.writing() as session:
            yield session.connection


def _chosen(
    find: Callable[[int], Found], wanted: int, among: Among | None, verdicts: dict[Id, bool]
) -> tuple[list[Id], int]:
    """The best of those allowed, and how many were found; more are asked about until it is enough.

    With a filter, those that it may come to are fetched with the first.
    """
    if among is None:
        found = find(wanted)
        return list(found.ids), found.number
    found = find(MORE * wanted)

    def best(number: int) -> Sequence[Id]:
        nonlocal found
        if number > len(found.ids) and len(found.ids) < found.number:
            found = find(MORE * number)
        return found.ids[:number]

    good = among_best(best, wanted, among, verdicts)
    return good[:wanted], found.number
