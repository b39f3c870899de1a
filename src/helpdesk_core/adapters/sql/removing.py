"""What a session does for content that has to go: find where it is, and write over it (T9).

It is rarely asked: no index is kept for it, and each question reads the tables through.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.entities import REMOVED, Id
from helpdesk_core.errors import ConflictError
from helpdesk_core.ports import Notification, Remembered

#: Keys read at once; and texts looked for by the database, which for more than that gives all.
_PAGE = 500


def tickets_of(db: Connection, user_id: Id) -> list[Id]:
    """The tickets that somebody opened or is the customer of."""
    of = db.tables.tickets.c
    theirs = sa.or_(of.opener_id == user_id, of.customer_id == user_id)
    return [row[0] for row in db.rows(sa.select(of.id).where(theirs))]


def remembered(db: Connection, holding: Collection[Id]) -> Iterator[tuple[str, Remembered]]:
    """What keys gave, of those whose result holds the text of one of these."""
    keys = db.tables.keys.c
    wanted: sa.ColumnElement[bool] = sa.true()
    if len(holding) <= _PAGE:
        texts = [json.dumps(str(one), ensure_ascii=False)[1:-1] for one in holding]
        wanted = sa.or_(sa.false(), *(db.statements.inside(keys.result, text) for text in texts))
    last = ""
    while rows := db.rows(
        sa.select(keys.key, keys.digest, keys.result)
        .where(wanted, keys.key > last)
        .order_by(keys.key)
        .limit(_PAGE)
    ):
        for row in rows:
            yield row.key, Remembered(row.digest, db.codec.loads(row.result, Any))
        last = rows[-1].key


def rewrite(
    db: Connection, notifications: Iterable[Notification], results: Mapping[str, Remembered]
) -> None:
    """Put these texts and results in place of what is there."""
    db.must_write()
    outbox, keys = db.tables.outbox, db.tables.keys
    for one in notifications:
        said = {name: getattr(one.notice, name) for name in ("subject", "text", "html")}
        values = {**said, "status": one.status}
        _must_be_one(
            db.changed(sa.update(outbox).where(outbox.c.key == one.key).values(values), {})
        )
    for key, kept in results.items():
        result = db.codec.dumps(kept.result, Any)
        _must_be_one(db.changed(sa.update(keys).where(keys.c.key == key).values(result=result), {}))


def attachment_ids(db: Connection, *, removed: bool) -> set[Id]:
    """The attachments whose file is kept, or was removed."""
    of = db.tables.attachments.c
    gone = of.digest == REMOVED
    return {row[0] for row in db.rows(sa.select(of.id).where(gone if removed else ~gone))}


def _must_be_one(changed: int) -> None:
    if changed != 1:
        raise ConflictError("what is to be written over is not there")
