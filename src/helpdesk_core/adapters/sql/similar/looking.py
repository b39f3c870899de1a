"""Candidates: who holds the rarest words of a ticket, roughly counted by the database (M1, M11)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import attrs
import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.similar.counting import (
    ALL,
    Counts,
    Packed,
    Team,
    packed_by,
    team_with_counts,
)
from helpdesk_core.adapters.sql.similar.spelling import IN_SUBJECT, IN_TEXT, key, question, spelled
from helpdesk_core.adapters.sql.types import OpaqueId
from helpdesk_core.duplicates import Weights
from helpdesk_core.duplicates.contents import Content, counts_for
from helpdesk_core.duplicates.ranking import OTHERS
from helpdesk_core.duplicates.shelf import SUBJECT
from helpdesk_core.entities import Id

_LOOKED_FOR = 300  # words, of a text that has endlessly many
_TOGETHER = 6  # common words that are asked for by two at a time, when none is rare enough


@attrs.frozen
class Asked:
    """Words that a ticket must hold, all of them, where, and what that counts."""

    terms: tuple[str, ...]
    where: str
    counts: int


@attrs.frozen
class _Part:
    """A word that is asked with: what it counts, and how many entries of lists that is.

    Anywhere in a text and in subjects; `read` is more than `held` where others are passed over.
    """

    term: str
    counts: int
    held: tuple[int, int]
    read: tuple[int, int]


@attrs.frozen(kw_only=True)
class Lists:
    """The lists of some teams, and the words to look in them for, the rarest first."""

    parts: Sequence[_Part]
    tickets: int  # that are in them
    teams: tuple[int, ...] | None  # all, if None
    apart_from: int  # whose tickets are passed over
    share: float  # of the effort

    def within(self, effort: int) -> tuple[Sequence[Asked], bool]:
        """What is asked for; whether that is all.

        So many entries are read, twice: in any text, and in subjects, whose lists are short, so
        that they reach words that are more common.
        """
        most = int(effort * self.share)
        asked: list[Asked] = []
        every = True
        for place, (where, scale) in enumerate(((IN_TEXT, 1.0), (IN_SUBJECT, SUBJECT))):
            held = read = 0
            for number, part in enumerate(self.parts):
                held += part.held[place]
                read += part.read[place]
                if held > most or read > 2 * most or number >= _LOOKED_FOR:
                    every = False
                    break
                if part.held[place]:
                    asked.append(Asked((part.term,), where, int(part.counts * scale)))
            if not asked and not every:
                asked = self._by_two(most)
        return asked, every

    def _by_two(self, most: int) -> list[Asked]:
        """Two words at a time, for there are too many who hold the rarest one; who holds both?

        Where there is only one word it is asked for, however many hold it.
        """
        pairs = [
            (one.read[0] * other.read[0] / self.tickets, one.term, other.term, one, other)
            for one, other in combinations(self.parts[:_TOGETHER], 2)
        ]
        asked: list[Asked] = []
        for held, _, _, one, other in sorted(pairs, key=lambda pair: pair[:3]):
            most -= int(held)
            if most < 0 and asked:
                break
            asked.append(Asked((one.term, other.term), IN_TEXT, one.counts + other.counts))
        return asked or [Asked((self.parts[0].term,), IN_TEXT, self.parts[0].counts)]


def lists_for(db: Connection, content: Content, weights: Weights) -> tuple[Team, tuple[Lists, ...]]:
    """Where candidates are looked for: the lists of the own team, if any, and of the others."""
    team, every, own = team_with_counts(db, content.team_id, content.terms)
    in_all = packed_by(weights, team.every, _holders(every))
    few, alone = team.others is not None, team.others is not None and len(team.others) == 1
    others = Lists(
        parts=_parts(content, in_all, every, own, read_all=not few, by_all=not alone),
        tickets=team.every - team.tickets if few else team.every,
        teams=team.others,
        apart_from=ALL if few or team.number is None else team.number,
        share=1.0 if team.number is None else OTHERS,
    )
    if team.number is None:
        return team, (others,)
    common = packed_by(weights, team.tickets, _holders(own)) if team.is_large else in_all
    near = Lists(
        parts=_parts(content, common, own, {}),
        tickets=team.tickets,
        teams=(team.number,),
        apart_from=ALL,
        share=1.0,
    )
    return team, (near, others)


def _holders(counts: Counts) -> list[tuple[str, str]]:
    return [(word, str(holders)) for word, (holders, _) in counts.items()]


def _parts(
    content: Content,
    packed: Packed,
    counts: Counts,
    apart_from: Counts,
    *,
    read_all: bool = True,
    by_all: bool = True,
) -> list[_Part]:
    """The words that somebody holds, the rarest first, by all or by those that are looked for."""
    parts = []
    for term, value in zip(content.terms, content.values, strict=True):
        every, but = (some.get(key(term), (0, 0)) for some in (counts, apart_from))
        held = every[0] - but[0], every[1] - but[1]
        if held[0]:
            part = _Part(term, counts_for(packed(term)) * value, held, every if read_all else held)
            parts.append(((every if by_all else held)[0], spelled(term), part))
    return [part for *_, part in sorted(parts, key=lambda found: found[:2])]


@attrs.frozen
class Found:
    """The ids of some that were found, those that count the most first; how many were in all."""

    ids: Sequence[Id]
    number: int


def look(db: Connection, lists: Lists, asked: Sequence[Asked], but: Id, limit: int) -> Found:
    """Who holds these words, the most of them first, then by id."""
    postgresql = db.statements.postgresql
    words = [question(one.terms, one.where, lists.teams, postgresql=postgresql) for one in asked]
    counts = [one.counts for one in asked]
    values: dict[str, Any] = {"but": but, "apart_from": lists.apart_from, "limit": limit}
    if postgresql:
        values |= {"words": " ".join(words), "counts": " ".join(map(str, counts))}
    else:
        values["asked"] = json.dumps(list(zip(words, counts, strict=True)))
    statement = db.statements.remembered("similar tickets", lambda: _statement(db))
    rows = db.rows(statement, values)
    return Found([row[0] for row in rows], rows[0][2] if rows else 0)


def prepare(db: Connection) -> None:
    """Tell PostgreSQL how to search: it has to guess, and its guess must not cost more than that.

    A plan of the words that are asked for is made before they are known.
    """
    if db.statements.postgresql:
        db.rows(db.statements.remembered("similar settings", _settings))


def _settings() -> sa.Select[Any]:
    off = ("enable_seqscan", "jit")
    return sa.select(*(sa.func.set_config(name, "off", sa.true()).label(name) for name in off))


def _statement(db: Connection) -> sa.TextualSelect:
    tickets, index = db.tables.similar_tickets.name, db.tables.similar_index
    if db.statements.postgresql:
        words, counts = (
            f"string_to_array(CAST(:{name} AS text), ' ')" for name in ("words", "counts")
        )
        found = (
            f"unnest({words}, CAST({counts} AS float8[])) AS asked (words, counts) "
            # OFFSET 0: by the index, word after word, and never through all tickets for many words.
            f"CROSS JOIN LATERAL (SELECT ticket_id, team FROM {tickets} "
            "WHERE words @@ CAST(asked.words AS tsquery) OFFSET 0) AS t"
        )
        where = ""
    else:
        found = (
            "(SELECT json_extract(value, '$[0]') AS words, json_extract(value, '$[1]') AS counts "
            f"FROM json_each(:asked)) AS asked CROSS JOIN {index} "
            f"CROSS JOIN {tickets} AS t ON t.number = {index}.rowid"
        )
        where = f"{index} MATCH asked.words AND"
    id_type = OpaqueId(db.tables.id_type)
    return (
        sa.text(
            "SELECT t.ticket_id, sum(asked.counts) AS counted, count(*) OVER () AS number "
            f"FROM {found} WHERE {where} t.team <> :apart_from AND t.ticket_id <> :but "
            "GROUP BY t.ticket_id ORDER BY counted DESC, t.ticket_id LIMIT :limit"
        )
        .bindparams(sa.bindparam("but", type_=id_type))
        .columns(sa.column("ticket_id", id_type), sa.column("counted"), sa.column("number"))
    )
