"""What all contracts stand on: a folder, settings for examples, and the rules not tried."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings

Test = TypeVar("Test", bound=Callable[..., Any])
_PLUGIN = "helpdesk_core.testing"


@attrs.frozen
class NotTried:
    """A rule that was not tried over a port, and why: the claim or the hook that is missing."""

    port: str
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"{self.port}: {self.reason}: {self.rule}"


class Summary:
    """Prints at the end of a run which rules were not tried; a plugin of that run."""

    def __init__(self) -> None:
        self.not_tried: dict[NotTried, None] = {}

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The section of pytest's report."""
        terminalreporter.section("rules not tried")
        for rule in sorted(self.not_tried, key=str):
            terminalreporter.write_line(str(rule))


def _summary_of(config: pytest.Config) -> Summary:
    plugins = config.pluginmanager
    found = plugins.get_plugin(_PLUGIN)
    if found is None:
        found = Summary()
        plugins.register(found, _PLUGIN)
    assert isinstance(found, Summary)
    return found


class Contract:
    """A set of tests over a port; a host's subclass says how a fresh one is made.

    `examples` is how many random cases each property is tried with. `self.folder` is empty when a
    test begins, and `self.new_path()` names a new file in it.
    """

    #: How many random examples each property is tried with.
    examples: int = 25
    #: Whether a failing example is made small before it is shown; off, a failure is found sooner.
    shrink: bool = True

    folder: Path
    _config: pytest.Config | None = None
    _names: Iterator[int]
    _doc: str = ""

    @pytest.fixture(autouse=True)
    def _begin_test(self, request: pytest.FixtureRequest, tmp_path: Path) -> None:
        self._config = request.config
        self.begin(tmp_path, request.node.obj)

    def begin(self, folder: Path, test: Callable[[], object]) -> None:
        """Make ready for one test."""
        self.folder, self._names = folder, itertools.count(1)
        said = inspect.getdoc(test) or str(getattr(test, "__name__", test))
        self._doc = said.partition("\n")[0]

    def new_path(self, suffix: str = "") -> Path:
        """A path in the folder of this test that was not given before."""
        return self.folder / f"{next(self._names):04}{suffix}"

    def not_tried(self, reason: str) -> None:
        """Leave this test, and say so at the end of the run."""
        if self._config is not None:
            rule = NotTried(type(self).__name__, self._doc, reason)
            _summary_of(self._config).not_tried[rule] = None
        pytest.skip(f"not tried: {reason}")

    def tries(self, share: float = 1.0) -> Callable[[Test], Test]:
        """The settings of a property: so many examples of what the contract asks for."""
        phases = [phase for phase in Phase if self.shrink or phase is not Phase.shrink]
        found: Any = settings(
            max_examples=max(1, round(self.examples * share)),
            deadline=None,
            phases=phases,
            database=settings.default.database if self.shrink and settings.default else None,
            suppress_health_check=list(HealthCheck),
        )
        return cast(Callable[[Test], Test], found)
