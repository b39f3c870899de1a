"""A statement compiled once: its text, how values go into it, and how its rows come out.

SQLAlchemy makes every statement and knows what each database wants; running them through it again
and again costs more than they do. What is kept here is what it would find out each time.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

_Turn = Callable[[Any], Any] | None


class Query:
    """One statement for one dialect whose parameters have places; an insertion of so many rows.

    >>> from sqlalchemy.dialects import sqlite
    >>> users = sa.table("users", sa.column("id", sa.Integer), sa.column("active", sa.Boolean))
    >>> asked = sa.select(users.c.active).where(users.c.id == sa.bindparam("id"))
    >>> query = Query(asked, sqlite.dialect())
    >>> query.text.replace(chr(10), ""), query.values([{"id": 7}]), query.rows([(1,)])
    ('SELECT users.active FROM users WHERE users.id = ?', [7], [Row(active=True)])
    """

    def __init__(self, statement: Any, dialect: sa.Dialect, rows: int = 1) -> None:
        named = {}
        if isinstance(statement, sa.Insert):
            columns = [c for c in statement.table.c if c.autoincrement is not True]
            named = {f"{c.name}_{n}": (n, c.name) for n in range(rows) for c in columns}
            statement = statement.values(
                [
                    {c.name: sa.bindparam(f"{c.name}_{n}", type_=c.type) for c in columns}
                    for n in range(rows)
                ]
            )
        compiled: Any = statement.compile(dialect=dialect)
        #: Whether the text depends on how many values there are.
        self.varies = bool(compiled.post_compile_params)
        if self.varies:
            return
        self.text: str = compiled.string
        #: The table that is changed, if any.
        self.table: str = getattr(getattr(statement, "table", None), "name", "")
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._places: list[tuple[int, str, Any]] = []
        for name in compiled.positiontup:
            turn: _Turn = binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            if binds[name].required:
                row, column = named.get(name, (0, name))
                self._places.append((row, column, turn))
            else:
                value = binds[name].effective_value
                self._places.append((-1, "", value if turn is None else turn(value)))
        asks = isinstance(statement, sa.Select | sa.TextualSelect)
        found = list(statement.selected_columns) if asks else []
        turns = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in found]
        #: How many values it takes.
        self.size = len(self._places)
        self._turns = [(n, turn) for n, turn in enumerate(turns) if turn is not None]
        names = [getattr(column, "name", None) or "" for column in found]
        self._row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]

    def values(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """The values of all rows in their places, as the driver takes them."""
        values = []
        for row, name, turn in self._places:
            if row < 0:
                values.append(turn)
            else:
                value = rows[row][name]
                values.append(value if turn is None else turn(value))
        return values

    def rows(self, fetched: list[Any]) -> list[Any]:
        """What the driver gave, with each value as its column's type has it."""
        make = self._row._make
        if not self._turns:
            return list(map(make, fetched))
        rows = []
        for row in map(list, fetched):
            for n, turn in self._turns:
                row[n] = turn(row[n])
            rows.append(make(row))
        return rows
