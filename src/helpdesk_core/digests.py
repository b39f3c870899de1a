"""The one way in which a value is written, so that two can be compared by a digest of it."""

from __future__ import annotations

import enum
import functools
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import attrs

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import utc


def written(name: str, value: Any, *, moments: bool = True) -> str:
    """The value as text: the same in every process, whatever the order of a set or a mapping.

    Without `moments`, any one is written as any other. Raises `InvalidValueError`, with the name,
    for what has no one way of being written.

    >>> written("tags", {"ink", "toner"}) == written("tags", {"toner", "ink"})
    True
    >>> written("id", 1), written("id", "1"), written("id", True)
    ('1', "'1'", 'True')
    """
    kind: Any = type(value)
    if kind in _PLAIN:  # almost always: asked for every value of everything that is compared
        return repr(value)
    fields = _fields(kind)
    if fields is not None:
        parts = [f"{each}={written(name, getattr(value, each), moments=moments)}"
                 for each in fields]  # fmt: skip
        return f"{kind.__name__}({','.join(parts)})"
    if isinstance(value, enum.Enum):
        return f"{kind.__name__}.{value.name}"
    if isinstance(value, datetime):
        return utc(name, value).isoformat() if moments else "a moment"
    if isinstance(value, _BY_REPR):
        return repr(value)

    def inner(values: Iterable[Any]) -> list[str]:
        return [written(name, item, moments=moments) for item in values]

    if isinstance(value, Mapping):
        pairs = zip(inner(value.keys()), inner(value.values()), strict=True)
        return "{" + ",".join(sorted(f"{k}:{v}" for k, v in pairs)) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(inner(value))) + "}"
    if isinstance(value, list | tuple):
        return "(" + ",".join(inner(value)) + ")"
    raise InvalidValueError(name, f"holds a {kind.__name__}, which no key can compare")


_BY_REPR = (int, float, str, bytes, UUID, timedelta)
_PLAIN = frozenset({*_BY_REPR, bool, type(None)})


@functools.cache
def _fields(kind: type) -> tuple[str, ...] | None:
    return tuple(field.name for field in attrs.fields(kind)) if attrs.has(kind) else None


def digest_of(text: str) -> str:
    """A short text for a long one.

    >>> len(digest_of("ink"))
    64
    """
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_all(texts: Iterable[str]) -> str:
    """A short text for many, whatever their order; none of them is kept meanwhile.

    >>> digest_of_all(["ink", "toner"]) == digest_of_all(["toner", "ink"])
    True
    >>> digest_of_all(["ink", "ink"]) == digest_of_all(["toner", "toner"])
    False
    """
    total = 0
    for text in texts:
        total += int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return f"{total % 2**256:064x}"
