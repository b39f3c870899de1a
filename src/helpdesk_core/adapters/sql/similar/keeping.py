"""What is kept of tickets, and the counts of the words in them, changed together (M1).

One writer is at work at a time: all of them change the counts of the same few common words, so one
would wait for another anyhow, and so nobody waits for somebody who waits for them.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.similar.counting import ALL
from helpdesk_core.adapters.sql.similar.spelling import index_words, key
from helpdesk_core.adapters.sql.types import known_ids
from helpdesk_core.duplicates.contents import Content
from helpdesk_core.entities import Id

_OURS = 0x48445F53  # the first half of the lock of our writers, apart from a host's own
_AT_ONCE = 500  # tickets that are read by one statement


# --- reading -------------------------------------------------------------------------------------


def contents_of(db: Connection, ids: Collection[Id]) -> list[Content]:
    """What is kept of these tickets, as far as they are here."""
    known = known_ids(ids, db.tables.id_type)
    column = db.tables.similar_tickets.c.ticket_id
    among: sa.ColumnElement[bool] = (
        column == sa.any_(sa.bindparam("ids", type_=ARRAY(column.type)))
        if db.statements.postgresql
        else column.in_(sa.bindparam("ids", expanding=True, type_=column.type))
    )
    asked = db.statements.remembered("similar contents", lambda: _contents(db).where(among))
    found: list[Content] = []
    for start in range(0, len(known), _AT_ONCE):
        rows = db.rows(asked, {"ids": known[start : start + _AT_ONCE]})
        found += (_content(*row[1:]) for row in rows)
    return found


def page_of(db: Connection, after: int) -> tuple[list[Content], int]:
    """Some contents after a number, and the number to go on after; none at the end."""
    number = db.tables.similar_tickets.c.number
    asked = _contents(db).where(number > after).order_by(number).limit(_AT_ONCE)
    rows = db.rows(asked)
    return [_content(*row[1:]) for row in rows], rows[-1][0] if rows else after


def _contents(db: Connection) -> sa.Select[Any]:
    teams, t = db.tables.similar_teams.c, db.tables.similar_tickets.c
    return sa.select(
        t.number,
        t.ticket_id,
        t.created_at,
        t.customer_id,
        teams.team_id,
        t.tags,
        t.terms,
        t.amounts,
        t.shares,
    ).where(teams.number == t.team)


def _content(
    ticket_id: Id,
    created_at: Any,
    customer_id: Id | None,
    team_id: Id,
    tags: frozenset[str],
    terms: str,
    amounts: bytes,
    shares: bytes,
) -> Content:
    kept = tuple(terms.split(" ")) if terms else ()
    return Content(ticket_id, created_at, customer_id, team_id, tags, kept, amounts, shares)


def says(content: Content) -> tuple[Any, ...]:
    """All that is kept of a ticket, to compare."""
    return (
        content.created_at,
        content.customer_id,
        content.team_id,
        content.tags,
        tuple(content.terms),
        content.values,
        content.subject,
    )


# --- writing -------------------------------------------------------------------------------------


def put(db: Connection, contents: Mapping[Id, Content | None]) -> None:
    """Keep these under their ids, in the place of what was there; None is to forget it."""
    db.must_write()
    _wait_for_turn(db)
    gone = {content.ticket_id: content for content in contents_of(db, contents)}
    come: list[Content] = []
    for id, content in contents.items():
        if content is None:
            continue
        if id in gone and says(content) == says(gone[id]):
            del gone[id]
        else:
            come.append(content)
    if not gone and not come:
        return
    numbers = _numbers(db, {content.team_id for content in (*gone.values(), *come)})
    t = db.tables.similar_tickets
    forget = db.statements.remembered("similar ticket gone", lambda: _without(t))
    db.many(forget, [{"of": id} for id in gone])
    rows = [_row(content, numbers[content.team_id]) for content in come]
    db.many(db.statements.insert["similar_tickets"], rows)
    _count_words(db, numbers, gone.values(), come)
    _count_tickets(db, numbers, gone.values(), come)


def clear(db: Connection) -> None:
    """Forget everything."""
    db.must_write()
    _wait_for_turn(db)
    for table in (
        db.tables.similar_tickets,
        db.tables.similar_words,
        db.tables.similar_teams,
    ):
        db.changed(sa.delete(table), {})


def _without(tickets: sa.Table) -> sa.Delete:
    its = sa.bindparam("of", type_=tickets.c.ticket_id.type)
    return sa.delete(tickets).where(tickets.c.ticket_id == its)


def _wait_for_turn(db: Connection) -> None:
    if not db.alone:
        turn = {"ours": _OURS, "prefix": zlib.crc32(db.tables.prefix.encode()) & 0x7FFFFFFF}
        db.rows(sa.text("SELECT pg_advisory_xact_lock(:ours, :prefix)"), turn)


def _row(content: Content, team: int) -> dict[str, Any]:
    return {
        "ticket_id": content.ticket_id,
        "team": team,
        "customer_id": content.customer_id,
        "created_at": content.created_at,
        "tags": content.tags,
        "terms": " ".join(content.terms),
        "amounts": content.values,
        "shares": content.subject,
        "words": list(index_words(content, team)),
    }


# --- counts --------------------------------------------------------------------------------------


def _numbers(db: Connection, team_ids: Collection[Id]) -> dict[Id, int]:
    """The numbers of these teams; who has none gets one."""
    teams = db.tables.similar_teams
    asked = sa.select(teams.c.team_id, teams.c.number).where(teams.c.team_id.in_(team_ids))
    numbers: dict[Id, int] = dict(map(tuple, db.rows(asked)))
    new = [{"team_id": id, "tickets": 0} for id in team_ids if id not in numbers]
    if new:
        db.many(sa.insert(teams), new)
        numbers = dict(map(tuple, db.rows(asked)))
    return numbers


def _count_tickets(
    db: Connection, numbers: Mapping[Id, int], gone: Iterable[Content], come: Iterable[Content]
) -> None:
    """More or fewer tickets in a team; one that has none left is forgotten."""
    teams = db.tables.similar_teams
    changes: Counter[int] = Counter()
    for more, contents in ((-1, gone), (1, come)):
        for content in contents:
            changes[ALL] += more
            changes[numbers[content.team_id]] += more
    more_of = sa.bindparam("more", type_=teams.c.tickets.type)
    is_it = teams.c.number == sa.bindparam("of", type_=teams.c.number.type)
    change = sa.update(teams).where(is_it).values(tickets=teams.c.tickets + more_of)
    for number, more in sorted(changes.items()):
        if not db.changed(change, {"of": number, "more": more}):
            db.many(sa.insert(teams), [{"number": number, "team_id": None, "tickets": more}])
    db.changed(sa.delete(teams).where(teams.c.tickets == 0), {})


def _count_words(
    db: Connection, numbers: Mapping[Id, int], gone: Iterable[Content], come: Iterable[Content]
) -> None:
    """More or fewer tickets hold words; no trace stays of a word that nobody holds (M1)."""
    changes: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for more, contents in ((-1, gone), (1, come)):
        for content in contents:
            for team in (ALL, numbers[content.team_id]):
                for place, held in enumerate(_held(content)):
                    for word in held:
                        changes[team, word][place] += more
    rows: list[dict[str, Any]] = [
        {"team": team, "word": word, "holders": holders, "in_subject": in_subject}
        for (team, word), (holders, in_subject) in sorted(changes.items())
        if holders or in_subject
    ]
    fewer = [row for row in rows if row["holders"] < 0]
    count = db.statements.remembered("similar counted", lambda: _count(db))
    forget = db.statements.remembered("similar forgotten", lambda: _forget(db))
    if db.statements.postgresql:
        rows, fewer = _as_lists(rows), _as_lists(fewer)
    db.many(count, rows)
    db.many(forget, fewer)


def _held(content: Content) -> Iterator[list[str]]:
    """The words that it holds, and those of its subject."""
    words = list(map(key, content.terms))
    yield words
    yield words[: len(content.subject)]


def _as_lists(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Many rows as one, each of whose values is all of theirs: one statement for all."""
    if not rows:
        return []
    return [{name: " ".join([str(row[name]) for row in rows]) for name in rows[0]}]


def _count(db: Connection) -> sa.TextClause:
    """More or fewer tickets hold words."""
    names = ("team", "word", "holders", "in_subject")
    values = ", ".join(f":{name}" for name in names)
    rows = (
        f"SELECT * FROM unnest({_lists(*names)})"
        if db.statements.postgresql
        else f"VALUES ({values})"
    )
    return sa.text(
        f"INSERT INTO {db.tables.similar_words.name} AS w ({', '.join(names)}) {rows} "
        "ON CONFLICT (team, word) DO UPDATE SET holders = w.holders + excluded.holders, "
        "in_subject = w.in_subject + excluded.in_subject"
    )


def _forget(db: Connection) -> sa.TextClause:
    """No trace stays of words that nobody holds."""
    words = db.tables.similar_words.name
    if not db.statements.postgresql:
        return sa.text(f"DELETE FROM {words} WHERE team = :team AND word = :word AND holders = 0")
    return sa.text(
        f"DELETE FROM {words} AS w USING unnest({_lists('team', 'word')}) AS gone (team, word) "
        "WHERE w.team = gone.team AND w.word = gone.word AND w.holders = 0"
    )


def _lists(*names: str) -> str:
    kinds = {"word": "text"}
    return ", ".join(
        f"CAST(string_to_array(CAST(:{name} AS text), ' ') AS {kinds.get(name, 'bigint')}[])"
        for name in names
    )
