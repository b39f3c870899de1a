"""What tells whether a call with an idempotency key is the same call again (T7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def digest_of(payload: object) -> str:
    """A digest that is the same for the same payload, in every process.

    >>> digest_of(({"ink", "paper"}, 1)) == digest_of(({"paper", "ink"}, 1))
    True
    >>> digest_of(1) == digest_of("1")
    False
    """
    return hashlib.sha256(_canonical(payload).encode()).hexdigest()


def _canonical(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{k!r}:{_canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ",".join(sorted(_canonical(item) for item in value)) + "}"
    if isinstance(value, list | tuple):
        return "(" + ",".join(_canonical(item) for item in value) + ")"
    return repr(value)
