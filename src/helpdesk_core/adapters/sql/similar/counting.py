"""How common words are, as it was at one moment, and the ratings that follow from it (M1)."""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs
import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.similar.spelling import LONG, key, pieces_of
from helpdesk_core.adapters.sql.types import known_ids
from helpdesk_core.duplicates import Weights
from helpdesk_core.duplicates.contents import Content, information, measure, pack
from helpdesk_core.duplicates.ranking import OWN
from helpdesk_core.duplicates.rating import Probe
from helpdesk_core.duplicates.shelf import rounded
from helpdesk_core.entities import Id

#: The number of all teams together.
ALL = 0

#: So many teams are asked for one by one: looking through the words of all takes longer.
FEW = 16

#: What a word says among some tickets.
Packed = Callable[[str], int]


class _ByHolders(dict[str, int]):
    """What a word says, packed, by how many hold it; worked out when asked, then kept.

    By the number as the database writes it: a question is about thousands of words.
    """

    def __init__(self, weights: Weights, tickets: int) -> None:
        super().__init__()
        self._weights = weights
        self._tickets = tickets

    def __missing__(self, number: str) -> int:
        said = information(rounded(int(number)), self._tickets)
        self[number] = packed = pack(said, self._weights)
        return packed


_by_holders = functools.lru_cache(maxsize=16)(_ByHolders)


@attrs.frozen
class Team:
    """A team by its number here, if it has one, and how many tickets it has; all there are.

    The others by their numbers, if they are few.
    """

    number: int | None
    tickets: int
    every: int
    others: tuple[int, ...] | None

    @property
    def is_large(self) -> bool:
        """Whether it has its own sense of what is common."""
        return self.tickets >= OWN


#: Of some words, how many tickets hold each anywhere, and how many in the subject.
Counts = Mapping[str, tuple[int, int]]


class _Packed(dict[str, int]):
    """What each word says; of words that are found by a digest, and of those that nobody holds."""

    unheld: int

    def __missing__(self, term: str) -> int:
        return self.get(key(term), self.unheld)


def packed_by(weights: Weights, tickets: int, held: Iterable[tuple[str, str]]) -> Packed:
    """What each word says, if of so many tickets so many hold it: see `pack` (M1)."""
    by_holders = _by_holders(weights, rounded(tickets))
    packed = _Packed({word: by_holders[holders] for word, holders in held})
    packed.unheld = by_holders["0"]
    return packed.__getitem__


def team_with_counts(
    db: Connection, team_id: Id, terms: Iterable[str]
) -> tuple[Team, Counts, Counts]:
    """What is kept of a team, and how many tickets hold these words: of all, and of the team."""
    known = known_ids([team_id], db.tables.id_type)
    rows = db.rows(
        db.statements.remembered("similar team", lambda: _team_with_counts(db)),
        {
            "some": FEW + 1,
            "team_id": known[0] if known else None,
            "words": _in_one(db, terms),
        },
    )
    tickets: dict[int, int] = {}
    counts: defaultdict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for _, number, its, word, holders, in_subject in rows:
        tickets[number] = its
        if word is not None:
            counts[number][word] = holders, in_subject
    every, of_all = tickets.pop(ALL, 0), counts.pop(ALL, {})
    [(number, its)] = tickets.items() or [(None, 0)]
    listed = [int(one) for one in (rows[0][0] or "").split()] if rows else []
    others = None if len(listed) > FEW else tuple(one for one in listed if one != number)
    return Team(number, its, every, others), of_all, counts[number] if number is not None else {}


class Rater:
    """Rates tickets with another, all by the counts of the transaction in which it is made.

    Between tickets of one large team, how common a word is goes by that team; else by all (M1).
    """

    def __init__(
        self,
        db: Connection,
        content: Content,
        others: Iterable[Content],
        weights: Weights,
        team: Team | None = None,
    ) -> None:
        if team is None:
            team, _, _ = team_with_counts(db, content.team_id, ())
        self._content = content
        self._has_own = team.is_large
        terms = {True: set(content.terms), False: set(content.terms)}
        for other in others:
            terms[self._by_own(other)].update(other.terms)
        [(of_all, of_own)] = db.rows(
            db.statements.remembered("similar holders", lambda: _holders(db)),
            {
                "words": _in_one(db, terms[False]),
                "team": team.number if self._has_own else None,
                "own_words": _in_one(db, terms[True] if self._has_own else ()),
            },
        )
        self._probes = {
            is_own: Probe(
                content,
                packed,
                functools.partial(measure, packed=packed),
                pieces_of,
                pieces_of,
                weights,
            )
            for is_own, packed in (
                (True, packed_by(weights, team.tickets, _pairs(of_own))),
                (False, packed_by(weights, team.every, _pairs(of_all))),
            )
        }

    def probe(self, other: Content) -> Probe:
        """What rates this one."""
        return self._probes[self._by_own(other)]

    def _by_own(self, other: Content) -> bool:
        return self._has_own and other.team_id == self._content.team_id


# --- statements ----------------------------------------------------------------------------------


def _in_one(db: Connection, terms: Iterable[str]) -> str:
    """Words as one value: none has a blank in it."""
    words = [term if len(term) <= LONG else key(term) for term in set(terms)]
    return " ".join(words) if db.statements.postgresql else json.dumps(words)


def _pairs(held: str | None) -> Iterator[tuple[str, str]]:
    """Words with their holders, out of one value."""
    parts = held.split(" ") if held else []
    return zip(parts[::2], parts[1::2], strict=True)


def _one_of(name: str, postgresql: bool) -> str:
    if postgresql:
        return f"= ANY(string_to_array(CAST(:{name} AS text), ' '))"
    return f"IN (SELECT value FROM json_each(:{name}))"


def _team_with_counts(db: Connection) -> sa.TextualSelect:
    tables, postgresql = db.tables, db.statements.postgresql
    teams, words = tables.similar_teams, tables.similar_words
    return (
        sa.text(
            f"SELECT (SELECT {_joined('number', postgresql)} FROM (SELECT number FROM {teams.name} "
            f"WHERE number <> {ALL} LIMIT :some) AS listed) AS numbers, "
            "t.number, t.tickets, w.word, w.holders, w.in_subject "
            f"FROM {teams.name} AS t LEFT JOIN {words.name} AS w "
            f"ON w.team = t.number AND w.word {_one_of('words', postgresql)} "
            f"WHERE t.number = {ALL} OR t.team_id = :team_id"
        )
        .bindparams(sa.bindparam("team_id", type_=teams.c.team_id.type))
        .columns(*_columns("numbers", "number", "tickets", "word", "holders", "in_subject"))
    )


def _holders(db: Connection) -> sa.TextualSelect:
    """One row: words with their holders of all, and of a team, each as one value."""
    postgresql = db.statements.postgresql
    held = _joined("word || ' ' || holders", postgresql)

    def of(team: str, among: str) -> str:
        return (
            f"(SELECT {held} FROM {db.tables.similar_words.name} "
            f"WHERE team = {team} AND word {_one_of(among, postgresql)})"
        )

    asked = f"SELECT {of(str(ALL), 'words')}, {of('CAST(:team AS bigint)', 'own_words')}"
    return sa.text(asked).columns(*_columns("of_all", "of_own"))


def _joined(what: str, postgresql: bool) -> str:
    if postgresql:
        return f"string_agg(CAST({what} AS text), ' ')"
    return f"group_concat({what}, ' ')"


def _columns(*names: str) -> list[sa.ColumnClause[Any]]:
    return [sa.column(name) for name in names]
