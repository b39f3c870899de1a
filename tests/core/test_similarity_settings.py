"""The settings of the similarity, as they are written down beside the figures that they gave."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

from helpdesk_core.duplicates import Weights

pytestmark = pytest.mark.core

PAGE = Path(__file__).parent.parent.parent / "docs" / "duplicates.md"
ROW = re.compile(r"^\| `(\w+\.\w+)` \| ([\d., ]+) \|", re.MULTILINE)
#: How things are worked out: no figure hangs on these.
WORKINGS = {"contents._SHIFT", "contents._LOWER", "rating._DAY", "words._SLICE"}


def test_settings_are_those_behind_the_figures() -> None:
    """M1, M2: each setting is what the page says that the figures were measured with."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    written = {name: [float(number) for number in value.split(",")] for name, value in rows}
    there: dict[str, Any] = {f"Weights.{name}": it for name, it in attrs.asdict(Weights()).items()}
    for room in ("contents", "noise", "ranking", "rating", "shelf", "words"):
        for name, it in vars(import_module(f"helpdesk_core.duplicates.{room}")).items():
            here = re.fullmatch("[A-Z_]+", name) and isinstance(it, int | float | tuple)
            if here and (room, name) != ("shelf", "OWN"):  # which is that of the ranking
                there[f"{room}.{name}"] = it
    numbers = {name: list(it) if isinstance(it, tuple) else [it] for name, it in there.items()}
    assert {name: it for name, it in numbers.items() if name not in WORKINGS} == written
