"""What races and kills have counted: a line for each long run, and their sums at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest


class Tallies:
    """Sums by what was done; a plugin of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._sums: dict[str, Counter[str]] = {}
        self._most: dict[str, Counter[str]] = {}

    def add(self, what: str, counted: dict[str, int], at_most: dict[str, int] | None = None) -> str:
        """Count a run; `at_most` holds what is not summed up, but has a highest value."""
        self._sums.setdefault(what, Counter()).update({"runs": 1, **counted})
        most = self._most.setdefault(what, Counter())
        most |= Counter(at_most or {})
        return _line(what, {**counted, **(at_most or {})})

    def show(self, line: str) -> None:
        """Say at once how far a long run is."""
        capturing: Any = self._config.pluginmanager.getplugin("capturemanager")
        with capturing.global_and_fixture_disabled():
            print(f"\n{line}", end="", flush=True)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The section of pytest's report."""
        if self._sums:
            terminalreporter.section("races and kills")
        for what, counted in self._sums.items():
            terminalreporter.write_line(_line(what, {**counted, **self._most[what]}))


def _line(what: str, counted: dict[str, int]) -> str:
    return f"{what}: " + ", ".join(f"{name} {number:,}" for name, number in counted.items())


@pytest.fixture
def tallies(request: pytest.FixtureRequest) -> Tallies:
    """Where a test says what it counted."""
    found = request.config.pluginmanager.get_plugin("tallies")
    assert isinstance(found, Tallies)
    return found
