"""Column types: each refuses what it could not give back exactly as it was."""

from __future__ import annotations

import enum
import functools
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeDecorator, TypeEngine

from helpdesk_core.adapters.codec import Codec
from helpdesk_core.entities import Id
from helpdesk_core.errors import InvalidValueError, RepositoryError
from helpdesk_core.fields import utc
from helpdesk_core.rank import RANK_LIMIT

#: The types that ids can have; an installation has one of them.
ID_TYPES: dict[str, type] = {"str": str, "int": int, "UUID": UUID}

#: A key that counts up by itself; SQLite does so for INTEGER only.
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: A rank; like ids it is ordered by code point everywhere.
RANK: TypeEngine[str] = sa.String(RANK_LIMIT).with_variant(
    sa.String(RANK_LIMIT, collation="C"), "postgresql"
)

#: A word as a key: the same by its letters alone, whatever the server's language.
KEPT_WORD: TypeEngine[str] = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_MOMENT_ON_SQLITE = sa.String(26)
_MOMENT = sa.TIMESTAMP(timezone=True)
# Ids are ordered by code point everywhere, as in Python: cursors depend on it.
_ID_COLUMNS: dict[type, TypeEngine[Any]] = {
    str: sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"),
    int: sa.BigInteger(),
    UUID: sa.Uuid(),
}


class OpaqueId(TypeDecorator[Any]):
    """An id of the installation's one type; `True`, `1` and `"1"` are never mixed up.

    >>> OpaqueId(int).process_bind_param("1", None)
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: id must be of type int here, is str
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, id_type: type) -> None:
        super().__init__()
        self.id_type = id_type

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """The column that fits the type of ids."""
        return dialect.type_descriptor(_ID_COLUMNS[self.id_type])  # type: ignore[no-any-return]

    def bind_processor(self, dialect: Any) -> Any:
        """The same as SQLAlchemy's, without asking what almost every value answers."""
        usual, slow = self.id_type, super().bind_processor(dialect)
        if self.impl_instance.bind_processor(dialect) is not None:
            return slow
        return lambda value: value if type(value) is usual or value is None else slow(value)  # type: ignore[misc]

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """The id, if it is one of this installation."""
        if value is not None and not is_id(value, self.id_type):
            raise InvalidValueError(
                "id", f"must be of type {self.id_type.__name__} here, is {type(value).__name__}"
            )
        return value


def is_id(value: object, id_type: type) -> bool:
    """Whether this can be an id of the installation.

    >>> is_id(True, int), is_id(1, int), is_id("1", int)
    (False, True, False)
    """
    return isinstance(value, id_type) and not isinstance(value, bool)


def known_ids(values: Any, id_type: type) -> list[Id]:
    """Those that can be ids here, each once: others name nothing that is kept.

    >>> known_ids([True, 1, "1", 1], int)
    [1]
    """
    return list(dict.fromkeys([value for value in values if is_id(value, id_type)]))


class Words(TypeDecorator[Any]):
    """The words by which a text is found: `tsvector` on PostgreSQL, else text for FTS5.

    A word is letters, marks and digits only, so nothing in it means something to either.

    >>> from sqlalchemy.dialects import sqlite
    >>> Words().process_bind_param({"ink", "no"}, sqlite.dialect())
    'ink no'
    """

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """The column that the database has for it."""
        kind = TSVECTOR() if dialect.name == "postgresql" else sa.Text()
        return dialect.type_descriptor(kind)  # type: ignore[no-any-return]

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """The words in one order."""
        if dialect.name == "postgresql":
            value = [f"'{word}'" for word in value]
        return " ".join(sorted(value))


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC with its microseconds; naive ones are refused.

    SQLite keeps it as text of fixed width, whose order is the order in time.

    >>> from datetime import UTC
    >>> from sqlalchemy.dialects import sqlite
    >>> UtcDateTime().process_bind_param(datetime(2026, 1, 5, tzinfo=UTC), sqlite.dialect())
    '2026-01-05 00:00:00.000000'
    """

    impl = sa.String
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """Text on SQLite, a timestamp with time zone elsewhere."""
        kind = _MOMENT_ON_SQLITE if dialect.name == "sqlite" else _MOMENT
        return dialect.type_descriptor(kind)  # type: ignore[no-any-return]

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """The moment as it is stored."""
        if value is None:
            return None
        moment = utc("a moment", value)
        if dialect.name != "sqlite":
            return moment
        return moment.isoformat(" ", "microseconds")[:26]

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        """The moment, aware and in UTC."""
        if value is None:
            return None
        if dialect.name != "sqlite":
            return utc("a moment", value)
        try:
            return datetime.fromisoformat(value + "+00:00")
        except (TypeError, ValueError):
            raise RepositoryError(f"{value!r} is stored where a moment should be") from None


class Choice(TypeDecorator[Any]):
    """A member of an enumeration, kept as its value."""

    impl = sa.String(20)
    cache_ok = True

    def __init__(self, kind: type[enum.Enum]) -> None:
        super().__init__()
        self.kind = kind
        self._members = {member.value: member for member in kind}

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """The value of the member."""
        if not isinstance(value, self.kind):
            raise InvalidValueError(self.kind.__name__, f"cannot be {value!r}")
        return value._value_

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """The member; what this release does not know is never guessed at."""
        member = self._members.get(value)
        if member is None:
            raise RepositoryError(f"{value!r} is stored, no {self.kind.__name__}")
        return member


_DURATION = re.compile(r"P(\d+)DT(\d+)\.(\d{6})S")


class Duration(TypeDecorator[timedelta]):
    """A duration in ISO 8601, exact however long it is.

    >>> Duration().process_bind_param(timedelta(days=366, microseconds=5), None)
    'P366DT0.000005S'
    """

    impl = sa.String(30)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        """The duration as text."""
        if not isinstance(value, timedelta) or value < timedelta(0):
            raise InvalidValueError("a duration", "must be zero or more")
        return f"P{value.days}DT{value.seconds}.{value.microseconds:06d}S"

    def process_result_value(self, value: Any, dialect: Any) -> timedelta:
        """The duration."""
        return _duration(value)


@functools.lru_cache(maxsize=256)
def _duration(value: Any) -> timedelta:
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise RepositoryError(f"{value!r} is stored where a duration should be")
    days, seconds, microseconds = map(int, match.groups())
    return timedelta(days=days, seconds=seconds, microseconds=microseconds)


class Json(TypeDecorator[Any]):
    """A value of the given shape as JSON; equal values are equal texts, so SQL can compare them."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, codec: Codec, shape: Any, *, shared: bool = True) -> None:
        super().__init__()
        self.codec = codec
        self.shape = shape
        self.shared = shared  # whether many rows hold the same value, worth being read once

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        """The value as text."""
        if value is None:
            return None
        dumps = self.codec.dumps_shared if self.shared else self.codec.dumps
        return dumps(value, self.shape)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """The value."""
        if value is None:
            return None
        loads = self.codec.loads_shared if self.shared else self.codec.loads
        return loads(value, self.shape)
