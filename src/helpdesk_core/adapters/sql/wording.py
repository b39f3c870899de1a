"""Whether a search knows every text by its words: looked through, and set right where it is not.

Each row of `texts` is held against what it is of; then each ticket must have as many of them as
there are texts on it. Both go a page at a time, and what is found is counted, so that the memory
needed is that of a page, however much there is and however much is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.entities import Id
from helpdesk_core.ports import Misworded, Wording
from helpdesk_core.search import opening_text, words_in

#: Texts read at once, each of which may be long; and tickets that are named of all that are wrong.
_PAGE, _NAMED = 100, 5


class _Paged:
    """All rows of a question in the order of a key, some at a time."""

    def __init__(self, asked: sa.Select[Any], key: sa.Column[Any]) -> None:
        self._key = key.name
        self._first = asked.order_by(key).limit(_PAGE)
        self._further = self._first.where(key > sa.bindparam("after", type_=key.type))

    def rows(self, db: Connection, **values: Any) -> Iterator[Any]:
        rows = db.rows(self._first, values)
        while rows:
            yield from rows
            if len(rows) < _PAGE:
                return
            rows = db.rows(self._further, {**values, "after": rows[-1]._mapping[self._key]})


class Proofreader:
    """Looks at the words of all texts, in one session; with `mend` sets right what is held."""

    def __init__(self, db: Connection, *, mend: bool) -> None:
        self._db, self._mend = db, mend
        self._numbers: Counter[Wording] = Counter()
        self._tickets: dict[Wording, dict[Id, None]] = {how: {} for how in Wording}
        self._missing: list[dict[str, Any]] = []
        self._unknown = _unknown(db)

    def found(self) -> Sequence[Misworded]:
        """What is wrong, or was."""
        self._look_at_rows()
        self._look_at_tickets()
        if self._mend and self._numbers and not self._db.statements.postgresql:
            # What is taken out of FTS5 must be what was put in, which nobody knows here.
            name = self._db.tables.text_index
            self._db.changed(sa.text(f"INSERT INTO {name} ({name}) VALUES ('rebuild')"), {})
        return [
            Misworded(how=how, number=self._numbers[how], ticket_ids=tuple(self._tickets[how]))
            for how in Wording
            if self._numbers[how]
        ]

    def _look_at_rows(self) -> None:
        texts = self._db.tables.texts
        for row in _Paged(_rows(self._db), texts.c.number).rows(self._db):
            if not self._may_look(row.team_id):
                continue
            its = texts.c.number == row.number
            if row.text is None:
                self._note(Wording.STRAY, row.ticket_id)
                self._change(sa.delete(texts).where(its))
                continue
            more = row.more
            words = words_in(row.text if more is None else opening_text(row.text, more))
            if words != _words(row.words) or row.internal != row.note:
                self._note(Wording.STALE, row.ticket_id)
                right = {"words": words, "internal": row.note}
                self._change(sa.update(texts).where(its).values(right))

    def _look_at_tickets(self) -> None:
        for row in _Paged(_tickets(self._db), self._db.tables.tickets.c.id).rows(self._db):
            if not self._may_look(row.team_id):
                continue
            self._note(Wording.STRAY, row.id, max(row.openings - 1, 0) + row.kept - row.known)
            self._note(Wording.MISSING, row.id, (row.openings == 0) + row.said - row.known)
            if self._mend and (row.openings > 1 or row.kept > row.known):
                self._drop_doubles(row.id)
            if self._mend and row.openings == 0:
                [opened] = self._db.rows(self._db.statements.opening, {"id": row.id})
                self._add(row.id, None, False, opening_text(*opened))
            if self._mend and row.known < row.said:
                self._add_messages(row.id)
        self._write_missing()

    def _may_look(self, team_id: Id | None) -> bool:
        """Whether nobody else can change the text meanwhile, as on a ticket that is not there."""
        db = self._db
        return not self._mend or db.alone or team_id is None or team_id in db.held_teams

    def _note(self, how: Wording, ticket_id: Id, number: int = 1) -> None:
        if number:
            self._numbers[how] += number
            if len(self._tickets[how]) < _NAMED:
                self._tickets[how][ticket_id] = None

    def _change(self, change: sa.Executable) -> None:
        if self._mend:
            self._db.changed(change, {})

    def _drop_doubles(self, ticket_id: Id) -> None:
        texts = self._db.tables.texts
        of_ticket = texts.c.ticket_id == ticket_id
        first = sa.select(sa.func.min(texts.c.number)).where(of_ticket)
        first = first.group_by(texts.c.message_id)
        self._change(sa.delete(texts).where(of_ticket, texts.c.number.not_in(first)))

    def _add_messages(self, ticket_id: Id) -> None:
        for row in self._unknown.rows(self._db, of=ticket_id):
            self._add(ticket_id, row.id, row.internal, row.body)

    def _add(self, ticket_id: Id, message_id: Id | None, internal: bool, text: str) -> None:
        row = {"ticket_id": ticket_id, "message_id": message_id, "internal": internal}
        self._missing.append({**row, "words": words_in(text)})
        if len(self._missing) >= _PAGE:
            self._write_missing()

    def _write_missing(self) -> None:
        self._db.insert("texts", self._missing)
        self._missing = []


def _rows(db: Connection) -> sa.Select[Any]:
    """The rows of words with what each is of; a text that is not there is None."""
    texts, t, m = (db.tables.texts, db.tables.tickets, db.tables.messages)
    opening = texts.c.message_id.is_(None)
    said = sa.and_(m.c.id == texts.c.message_id, m.c.ticket_id == texts.c.ticket_id)
    return sa.select(
        texts,
        t.c.team_id,
        sa.case((opening, t.c.subject), else_=m.c.body).label("text"),
        sa.case((opening, t.c.description)).label("more"),
        sa.func.coalesce(m.c.internal, sa.false()).label("note"),
    ).select_from(texts.outerjoin(t, t.c.id == texts.c.ticket_id).outerjoin(m, said))


def _tickets(db: Connection) -> sa.Select[Any]:
    """Tickets with the number of their messages, and of the rows of words that are of one."""
    texts, t, m = db.tables.texts, db.tables.tickets, db.tables.messages
    mine = texts.c.ticket_id == t.c.id
    rows = texts.join(m, sa.and_(m.c.id == texts.c.message_id, m.c.ticket_id == texts.c.ticket_id))

    def number(what: Any, of: Any, where: Any) -> sa.ScalarSelect[Any]:
        return sa.select(what).select_from(of).where(where).correlate(t).scalar_subquery()

    every, distinct = sa.func.count(), sa.func.count(texts.c.message_id.distinct())
    return sa.select(
        t.c.id,
        t.c.team_id,
        number(every, texts, mine & texts.c.message_id.is_(None)).label("openings"),
        number(every, m, m.c.ticket_id == t.c.id).label("said"),
        number(every, rows, mine).label("kept"),
        number(distinct, rows, mine).label("known"),
    )


def _unknown(db: Connection) -> _Paged:
    """The messages of one ticket of which a search does not know."""
    texts, messages = db.tables.texts.c, db.tables.messages
    of = sa.bindparam("of", type_=texts.ticket_id.type)
    known = sa.select(texts.message_id).where(texts.ticket_id == of, texts.message_id.is_not(None))
    asked = sa.select(messages).where(messages.c.ticket_id == of, messages.c.id.not_in(known))
    return _Paged(asked, messages.c.id)


def _words(kept: str) -> frozenset[str]:
    """The words in a row, which PostgreSQL gives in quotes; no word has one in it."""
    return frozenset(kept.replace("'", "").split())
