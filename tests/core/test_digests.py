"""Values are written in one way, so that a digest of them can be compared anywhere."""

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core import InvalidValueError, Visibility
from helpdesk_core.digests import digest_of, digest_of_all, written

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@given(st.lists(st.text(max_size=3)), st.randoms())
def test_digests_of_many(texts: list[str], random: Any) -> None:
    """V18: the digest of many knows no order, and does know how often each is there."""
    mixed = list(texts)
    random.shuffle(mixed)
    assert digest_of_all(iter(mixed)) == digest_of_all(texts)
    assert digest_of_all([digest_of("one more"), *texts]) != digest_of_all(texts)


class Colour(Enum):
    """Two of them."""

    CYAN = 1
    BLACK = 2


class Name(str):
    """A text of a kind of its own."""

    __slots__ = ()


@attrs.frozen
class Nothing:
    """No value."""


@attrs.frozen
class Pair:
    """Two values."""

    one: object
    two: object


def test_how_values_are_written() -> None:
    """T7, V18: values that differ are written otherwise, equal ones alike, moments at will."""
    there = NOW.astimezone(timezone(timedelta(hours=1)))
    different = [
        None, True, 1, "1", 1.5, b"1", UUID(int=1), timedelta(1), NOW, NOW + timedelta(1),
        Colour.CYAN, Colour.BLACK, (1, 2), (2, 1), {1, 2}, {1: 2}, {2: 1},
        Pair(1, 2), Pair(2, 1), Nothing(),
        Visibility.PUBLIC,
    ]  # fmt: skip
    assert len({written("x", value) for value in different}) == len(different)
    assert written("x", NOW) == written("x", there)
    assert written("x", [1, 2]) == written("x", (1, 2))
    assert written("x", Name("ink")) == written("x", "ink")
    assert written("x", {2, 1, "a"}) == written("x", frozenset({"a", 1, 2}))
    for at in (NOW, [NOW], {NOW}, {1: NOW}, Pair(1, NOW)):
        assert "a moment" in written("x", at, moments=False)
        assert "2026" not in written("x", at, moments=False)
        assert "2026" in written("x", at)
    with pytest.raises(InvalidValueError, match="x holds a object, which no key can compare"):
        written("x", [{1: object()}])
