"""What races and kills have counted: a line for each long run, and their sums at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

_PROPERTY = "tally"


class Tallies:
    """Sums by what was done, whichever process did it; a plugin of pytest."""

    def __init__(self) -> None:
        self._sums: dict[str, Counter[str]] = {}
        self._most: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what a test has counted."""
        for name, said in report.user_properties if report.when == "call" else ():
            if name == _PROPERTY:
                what, counted, at_most = said
                self._sums.setdefault(what, Counter()).update({"runs": 1, **counted})
                most = self._most.setdefault(what, Counter())
                most |= Counter(at_most)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The section of pytest's report."""
        if self._sums:
            terminalreporter.section("races and kills")
        for what, counted in sorted(self._sums.items()):
            terminalreporter.write_line(_line(what, {**counted, **self._most[what]}))


class Tally:
    """What one test counts."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def add(self, what: str, counted: dict[str, int], at_most: dict[str, int] | None = None) -> str:
        """Count a run; `at_most` holds what is not summed up, but has a highest value."""
        self._item.user_properties.append((_PROPERTY, [what, counted, at_most or {}]))
        return _line(what, {**counted, **(at_most or {})})

    def show(self, line: str) -> None:
        """Say at once how far a long run is."""
        capturing: Any = self._item.config.pluginmanager.getplugin("capturemanager")
        with capturing.global_and_fixture_disabled():
            print(f"\n{line}", end="", flush=True)


def _line(what: str, counted: dict[str, int]) -> str:
    return f"{what}: " + ", ".join(f"{name} {number:,}" for name, number in counted.items())


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Where a test says what it counted."""
    return Tally(request.node)
