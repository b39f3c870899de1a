"""The rules that were not tried, at the end of a run: a plugin of pytest.

A contract brings it along. Where pytest-xdist runs the tests in workers, the process that prints
the summary never meets a contract; there a host names it in its topmost conftest.py:

    pytest_plugins = ["helpdesk_core.testing.summary"]
"""

from __future__ import annotations

import attrs
import pytest

_NAME = f"{__name__}.found"
_PROPERTY = "rule not tried"


@attrs.frozen
class NotTried:
    """A rule that was not tried over a port, and why: the claim or the hook that is missing."""

    port: str
    rule: str
    reason: str

    def __str__(self) -> str:
        return f"{self.port}: {self.reason}: {self.rule}"


class Summary:
    """Collects what the reports of tests say, whichever process they come from."""

    def __init__(self) -> None:
        self.not_tried: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the rule that a test did not try."""
        self.not_tried |= {str(said) for name, said in report.user_properties if name == _PROPERTY}

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The section of pytest's report."""
        if self.not_tried:
            terminalreporter.section("rules not tried")
        for rule in sorted(self.not_tried):
            terminalreporter.write_line(rule)


def pytest_configure(config: pytest.Config) -> None:
    """Begin to collect, once in a run."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(Summary(), _NAME)


def say(item: pytest.Item, rule: NotTried) -> None:
    """Let the report of a test tell that it did not try its rule."""
    pytest_configure(item.config)
    item.user_properties.append((_PROPERTY, str(rule)))
