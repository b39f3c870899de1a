"""Single choices, the dispatcher and the second model, over whole random histories."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from choosing_worlds import live_through

pytestmark = pytest.mark.core


@given(st.integers(0, 2**32))
@example(79)  # who was away and came back unchanged was taken for the second best
@example(502)  # who left while full came back by a closing
@example(15402)  # a credit in whole tickets raises a weighted member above the lowest
@example(222)  # a dispatcher begun again where another was, with somebody new
def test_all_three_agree(seed: int) -> None:
    """A2-A11, A19, A20: each decision of a history is the model's, and is explained as it was."""
    live_through(seed)


@pytest.mark.long
def test_all_three_agree_on_many() -> None:
    """A2-A11, A19, A20: the same on HELPDESK_WORLDS worlds, 100,000 when nothing is said."""
    first = int(os.environ.get("HELPDESK_FIRST_WORLD", "0"))
    for seed in range(first, first + int(os.environ.get("HELPDESK_WORLDS", "100000"))):
        live_through(seed)
