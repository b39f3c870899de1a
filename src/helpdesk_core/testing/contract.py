"""What all contracts stand on: a folder, settings for examples, and the rules not tried."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
from hypothesis import HealthCheck, Phase, settings

from helpdesk_core.testing import summary

Test = TypeVar("Test", bound=Callable[..., Any])


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
    _item: pytest.Item | None = None
    _names: Iterator[int]
    _doc: str = ""

    @pytest.fixture(autouse=True)
    def _begin_test(self, request: pytest.FixtureRequest, tmp_path: Path) -> None:
        self._item = request.node
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
        if self._item is not None:
            summary.say(self._item, summary.NotTried(type(self).__name__, self._doc, reason))
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
