"""What the package is made of: light to import, small modules, every public name explained."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import attrs
import mypy.api
import pytest

import asynchronous
import helpdesk_core

PACKAGE = Path(helpdesk_core.__file__).parent
#: In a module: lines of code, and all lines with what explains them.
CODE, LINES = 450, 600

_LOADED = """
import sys
before = set(sys.modules)
import helpdesk_core
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def test_importing_loads_attrs_and_dateutil_alone() -> None:
    """A fresh interpreter that imports helpdesk_core loads nothing of the extras."""
    answer = subprocess.run(
        [sys.executable, "-I", "-c", _LOADED], capture_output=True, text=True, check=True
    )
    allowed = {"helpdesk_core", "attr", "attrs", "dateutil", "six"} | sys.stdlib_module_names
    loaded = {name for name in answer.stdout.split() if not name.startswith("_sysconfigdata_")}
    assert loaded - allowed == set()


_DECIDED = """
import sys
from datetime import UTC, datetime
from helpdesk_core import (
    AssignmentMethod, Availability, Team, Ticket, User, UserKind, Visibility, can_view,
    choose_assignee,
)
now = datetime(2026, 1, 5, tzinfo=UTC)
ada = User(id="ada", name="Ada", kind=UserKind.INTERNAL)
team = Team(id="it", name="IT", visibility=Visibility.COMPANY)
ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Printer", created_at=now)
assert can_view(ada, ticket, team).allowed
assert choose_assignee(
    AssignmentMethod.EQUAL_TICKETS, ["ada"], {}, Availability(), now
).assignee_id == "ada"
print(*sorted(name.split(".")[1] for name in sys.modules if name.startswith("helpdesk_core.")))
"""


def test_two_questions_load_no_more_than_they_need() -> None:
    """Who sees a ticket, and who gets it, is answered without service, ports and merge."""
    answer = subprocess.run(
        [sys.executable, "-I", "-c", _DECIDED], capture_output=True, text=True, check=True
    )
    loaded = set(answer.stdout.split())
    assert {"assignment", "availability", "entities", "visibility"} <= loaded
    not_needed = "adapters aio cli duplicates events merge plans ports service stages testing"
    assert loaded & set(not_needed.split()) == set()


_LAZY = ["", "assignment", "entities", "visibility"]


@pytest.mark.parametrize("room", _LAZY)
def test_what_is_imported_when_asked_for_is_what_type_checkers_read(room: str) -> None:
    """Names under TYPE_CHECKING and names by their module are the same, and none is a module's."""
    path = PACKAGE / room / "__init__.py"
    declared = {
        (node.module, name.asname or name.name)
        for block in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    package = importlib.import_module(f"helpdesk_core.{room}".rstrip("."))
    given = {(module, name) for module, names in package._MODULES.items() for name in names.split()}
    assert given == declared
    assert package.__all__ == sorted(name for _, name in given)
    assert set(package.__all__) <= set(dir(package))
    hidden = {found.name for found in pkgutil.iter_modules(package.__path__)}
    assert set(package.__all__) & hidden == set()
    with pytest.raises(AttributeError, match="has no attribute 'Dog'"):
        _ = package.Dog


def test_type_checkers_know_a_wrong_name(tmp_path: Path) -> None:
    """What is imported when asked for hides no mistake: a name that is not there is an error."""
    host = tmp_path / "host.py"
    host.write_text(
        "from helpdesk_core import Helpdesk, can_view\n"
        "from helpdesk_core import Dog\n"
        "from helpdesk_core.visibility import nothing\n"
        "from helpdesk_core.entities import Cat, Ticket\n"
        "from helpdesk_core.assignment import choose_nobody\n"
    )
    said, _, _ = mypy.api.run(
        ["--strict", "--no-error-summary", f"--cache-dir={tmp_path / 'cache'}", str(host)]
    )
    wrong = [line for line in said.splitlines() if "[attr-defined]" in line]
    assert [line.split(":")[1] for line in wrong] == ["2", "3", "4", "5"], said


WRITTEN = sorted(set(PACKAGE.rglob("*.py")) - asynchronous.MADE.keys())  # by hand


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_is_long(path: Path) -> None:
    """A module is read in one sitting."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    other = {n for n, line in enumerate(lines, 1) if not line.strip() or line.strip()[0] == "#"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            other |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    assert len(lines) - len(other) <= CODE
    assert len(lines) <= LINES


def _explained_by_a_sentence(thing: object) -> bool:
    """Exceptions, enumerations, events, protocols and records that do nothing need no example."""
    if not inspect.isclass(thing):
        return False
    if issubclass(thing, BaseException | enum.Enum) or getattr(thing, "_is_protocol", False):
        return True
    return attrs.has(thing) and not any(
        inspect.isroutine(value) for name, value in vars(thing).items() if not name.startswith("_")
    )


def _public() -> list[str]:
    return [
        name
        for name in getattr(helpdesk_core, "__all__", ())
        if inspect.isclass(getattr(helpdesk_core, name))
        or inspect.isroutine(getattr(helpdesk_core, name))
    ]


def test_every_public_name_exists() -> None:
    """Each name in __all__ is there, once and in order."""
    names = list(helpdesk_core.__all__)
    assert [name for name in names if not hasattr(helpdesk_core, name)] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", _public())
def test_every_public_name_shows_how_it_is_used(name: str) -> None:
    """Each public class and function has a docstring, and an example that the doctests run."""
    thing = getattr(helpdesk_core, name)
    text = thing.__doc__ or ""
    assert text.strip(), f"{name} has no docstring"
    if attrs.has(thing) and text.startswith("Method generated by attrs"):
        pytest.fail(f"{name} has no docstring")
    assert _explained_by_a_sentence(thing) or ">>>" in text, f"{name} has no example"


@pytest.mark.parametrize("name", _public())
def test_every_public_name_comes_from_the_package(name: str) -> None:
    """Each public class and function is the package's own, so that its example is among the run."""
    assert getattr(helpdesk_core, name).__module__.startswith("helpdesk_core.")
