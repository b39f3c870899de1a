"""Makes docs/contract.md: what the conformance kit showed of each repository, as a run found it.

The table is written by `make contract`, which runs the kit; any other run of the kit that finds
something else than what is written there fails at its end.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "contract.md"
#: The columns: a name for the reader, and the test class that runs the kit over it.
COLUMNS: Mapping[str, str] = {
    "Memory": "TestMemory",
    "SQLite": "TestSqlite",
    "PostgreSQL": "TestPostgres",
    "Django on SQLite": "TestDjangoSqlite",
    "Django on PostgreSQL": "TestDjangoPostgres",
    "a host's own tables": "TestLegacy",
    "Memory, awaited": "TestAsyncMemory",
    "SQLite, awaited": "TestAsyncSqlite",
    "PostgreSQL, awaited": "TestAsyncPostgres",
}
PLACES = (
    "tests/test_kit.py::TestMemory",
    "tests/test_kit.py::TestSqlite",
    "tests/test_kit.py::TestPostgres",
    "tests/test_django_kit.py::TestDjangoSqlite",
    "tests/test_django_kit.py::TestDjangoPostgres",
    "tests/test_kit_legacy.py::TestLegacy",
    "tests/test_kit_async.py::TestAsyncMemory",
    "tests/test_kit_async.py::TestAsyncSqlite",
    "tests/test_kit_async.py::TestAsyncPostgres",
)

SHOWN = "shown"
_NOT_TRIED = "not tried: "
_HEAD = """\
# The contract, store by store

What `RepositoryContract` of [the conformance kit](how-to-repository.md) showed when it was run over
the stores of this project. `make contract` runs it and writes this table; the suite fails when it
finds anything else. *A host's own tables* is `tests/hosts/legacy.py`: a help desk that knows
nothing of this library, and claims nothing.
"""


class Outcomes:
    """What became of each test of each class; a plugin of pytest."""

    def __init__(self) -> None:
        self.of: dict[tuple[str, str], str] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what the table tells: shown, or why it was not tried."""
        *_, kind, name = ("", *report.nodeid.split("::"))
        if kind not in COLUMNS.values() or (report.passed and report.when != "call"):
            return
        if report.skipped:
            reason = str(report.longrepr[2]).removeprefix("Skipped: ")
            if reason.startswith(_NOT_TRIED):  # else there was no such store here
                self.of[kind, name] = f"– ({reason.removeprefix(_NOT_TRIED)})"
        else:
            self.of[kind, name] = SHOWN if report.passed else "failed"


class Table(Outcomes):
    """Lets a run fail that found something else than the table says; a plugin of pytest.

    It looks when all is done, where the reports come together: workers run a part of the kit each.
    """

    name = "contract-table"

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare; what is not in this run is not asked for."""
        if not hasattr(session.config, "workerinput"):
            self.wrong = differences(self.of, TABLE.read_text(encoding="utf-8"))
            if self.wrong and not session.exitstatus:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is wrong."""
        if self.wrong:
            title = f"{TABLE.name} is not up to date: run `make contract`"
            terminalreporter.section(title, red=True)
        for line in self.wrong:
            terminalreporter.write_line(line)


def differences(found: Mapping[tuple[str, str], str], text: str) -> list[str]:
    """What a run found and the text of the table does not say, a line for each."""
    written = cells(text)
    return [
        f"{kind}, {name}: {said!r}, and written is {written.get((kind, name))!r}"
        for (kind, name), said in found.items()
        if written.get((kind, name)) != said
    ]


def rows() -> dict[str, str]:
    """The tests of the contract with what they show, in the order in which they are written."""
    # Not before pytest runs, which is to rewrite the assertions of what is imported here.
    from helpdesk_core.testing import AsyncRepositoryContract, RepositoryContract

    found: dict[str, str] = {}
    for part in (*RepositoryContract.__mro__, AsyncRepositoryContract):
        for name, test in vars(part).items():
            if name.startswith("test_"):
                found[name] = " ".join(str(test.__doc__).split())
    return found


def render(outcomes: Outcomes) -> str:
    """The text of docs/contract.md; what was not run has an empty cell."""
    lines = [_HEAD, f"| rules | | {' | '.join(COLUMNS)} |", "|---|---|" + "---|" * len(COLUMNS)]
    for name, said in rows().items():
        rules, _, sentence = said.partition(": ")
        cells = [outcomes.of.get((kind, name), _untold(kind, name)) for kind in COLUMNS.values()]
        lines.append(f"| {rules} | {sentence} | {' | '.join(cells)} |")
    counts = [
        f"{sum(outcomes.of.get((kind, name)) == SHOWN for name in rows())} of {len(rows())}"
        for kind in COLUMNS.values()
    ]
    lines.append(f"| | **shown** | {' | '.join(counts)} |")
    return "\n".join(lines) + "\n"


def _untold(kind: str, name: str) -> str:
    """What stands where nothing was run: a plain call is not cancelled."""
    only_awaited = "cancellation" in name and not kind.startswith("TestAsync")
    return "– (nothing is awaited)" if only_awaited else ""


def cells(text: str) -> dict[tuple[str, str], str]:
    """What a table says of each class and test."""
    by_sentence = {said.partition(": ")[2]: name for name, said in rows().items()}
    found: dict[tuple[str, str], str] = {}
    for line in text.splitlines():
        parts = [part.strip() for part in line.strip("|").split(" | ")]
        if len(parts) == 2 + len(COLUMNS) and parts[1] in by_sentence:
            found |= zip(
                [(kind, by_sentence[parts[1]]) for kind in COLUMNS.values()],
                parts[2:],
                strict=True,
            )
    return found


def main() -> int:
    """Run the kit and write the table; nothing is written when a test fails or a store is away."""
    outcomes = Outcomes()
    options = ["-q", "-p", "no:cacheprovider", "-p", f"no:{Table.name}"]
    code = pytest.main([*options, *PLACES], plugins=[outcomes])
    text = render(outcomes)
    away = sorted({kind for (kind, _), cell in cells(text).items() if not cell})
    if code or away:
        print(f"{TABLE.name} was not written: {', '.join(away) or 'a test failed'}")
        return 1
    TABLE.write_text(text, encoding="utf-8")
    print(f"{TABLE.relative_to(ROOT)} is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
