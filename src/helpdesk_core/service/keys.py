"""What an idempotency key was used with: a digest of the payload (T7)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def digest_of(payload: object) -> str:
    """The same for the same payload, in every process.

    >>> digest_of({"a", "b"}) == digest_of({"b", "a"}) != digest_of(["b", "a"])
    True
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
