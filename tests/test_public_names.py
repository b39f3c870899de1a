"""What a host may rely on is written down, so that a change of it is deliberate.

tests/public_names.txt lists the public modules, their names, how each is called, and the fields of
each class. After a change that is meant, write it anew, and look at the difference:

    .venv/bin/python tests/test_public_names.py

docs/stability.md says what may change when.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

for needed in ("aiosqlite", "apprise", "django", "icalendar", "lxml", "phonenumbers"):
    pytest.importorskip(needed)

import django_stores  # noqa: E402

ROOT = Path(__file__).parent.parent
WRITTEN = ROOT / "tests" / "public_names.txt"
#: The modules whose names are public: those in `__all__`, or those that are defined there.
MODULES = (
    "helpdesk_core",
    "helpdesk_core.entities",
    "helpdesk_core.errors",
    "helpdesk_core.events",
    "helpdesk_core.plans",
    "helpdesk_core.ports",
    "helpdesk_core.search",
    "helpdesk_core.pictures",
    "helpdesk_core.visibility.scopes",
    "helpdesk_core.aio",
    "helpdesk_core.testing",
    "helpdesk_core.testing.strategies",
    "helpdesk_core.adapters.apprise",
    "helpdesk_core.adapters.clock",
    "helpdesk_core.adapters.django",
    "helpdesk_core.adapters.django.signals",
    "helpdesk_core.adapters.files",
    "helpdesk_core.adapters.ical",
    "helpdesk_core.adapters.mail",
    "helpdesk_core.adapters.memory",
    "helpdesk_core.adapters.plain",
    "helpdesk_core.adapters.plain_search",
    "helpdesk_core.adapters.routing",
    "helpdesk_core.adapters.smtp",
    "helpdesk_core.adapters.sms",
    "helpdesk_core.adapters.sql",
    "helpdesk_core.adapters.text",
    "helpdesk_core.adapters.threads",
)
_PLAIN = (type(None), bool, int, float, str, timedelta)


def names_of(module: Any) -> list[str]:
    """The public names of a module."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    text = Path(module.__file__).read_text(encoding="utf-8")
    made = [node for node in ast.parse(text).body if not isinstance(node, ast.Import)]
    names = {node.name for node in made if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    for node in made:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return sorted(name for name in names if not name.startswith("_"))


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum) and value is not attrs.NOTHING:
        return str(value)
    return repr(value) if isinstance(value, _PLAIN) else "..."


def _called(thing: Any) -> str:
    """The arguments, by name and kind; of defaults those that a reader would write."""
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return "(...)"
    given: list[str] = []
    for one in signature.parameters.values():
        if one.kind is one.KEYWORD_ONLY and "*" not in "".join(word[0] for word in given):
            given.append("*")
        stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        default = "" if one.default is one.empty else f"={_default(one.default)}"
        if one.name not in ("self", "cls"):
            given.append(f"{stars}{one.name}{default}")
    return f"({', '.join(given)})"


def _of_class(name: str, kind: type) -> Iterator[str]:
    bases = [base.__name__ for base in kind.__mro__[1:] if base.__module__ == "builtins"]
    if issubclass(kind, enum.Enum):
        yield f"{name}: " + ", ".join(f"{member.name}={member.value!r}" for member in kind)
        return
    made = _called(kind) if "__init__" in dir(kind) and not getattr(kind, "_is_protocol", 0) else ""
    yield f"{name}{made}" + (f" is {bases[0]}" if bases[:1] not in ([], ["object"]) else "")
    fields = {field.name for field in attrs.fields(kind)} if attrs.has(kind) else set()
    if fields:
        yield f"{name} has {', '.join(field.name for field in attrs.fields(kind))}"
    for owner in kind.__mro__:
        if owner.__module__.split(".")[0] != "helpdesk_core":
            continue
        for attribute in sorted(vars(owner)):
            if attribute.startswith(("_", "test_")) or attribute in fields:
                continue
            if next(o for o in kind.__mro__ if attribute in vars(o)) is not owner:
                continue
            value = inspect.getattr_static(kind, attribute)
            value = getattr(value, "__func__", value)
            yield f"{name}.{attribute}" + (_called(value) if callable(value) else "")


def lines() -> list[str]:
    """What is public, a line each."""
    django_stores.set_up()
    found: list[str] = []
    known: dict[int, tuple[str, str]] = {}
    for place in MODULES:
        module = importlib.import_module(place)
        found.append(f"\n[{place}]")
        for name in names_of(module):
            thing = getattr(module, name)
            if id(thing) in known and known[id(thing)][0] == name:
                found.append(f"{name}, as in {known[id(thing)][1]}")
            elif inspect.isclass(thing):
                found.extend(_of_class(name, thing))
            elif inspect.isroutine(thing):
                found.append(f"{name}{_called(thing)}")
            else:
                found.append(f"{name}: {type(thing).__name__}")
            if inspect.isclass(thing) or inspect.isroutine(thing):
                known.setdefault(id(thing), (name, place))
    return found


def test_what_is_public_is_what_is_written() -> None:
    """Names, arguments and fields are those of tests/public_names.txt: nothing unseen."""
    written = WRITTEN.read_text(encoding="utf-8").splitlines()
    found = "\n".join(lines()).splitlines()
    assert found == written, "is it meant? then run tests/test_public_names.py"


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_documentation_uses_what_is_public(page: Path) -> None:
    """Whatever an example on a page imports is public."""
    code = re.findall(r"^```py(?:thon)?\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    _imports_what_is_public("\n".join(code))


@pytest.mark.parametrize("name", ["app", "boards", "pages", "teams", "tickets"])
def test_the_desk_uses_what_is_public(name: str) -> None:
    """The host that people look at needs nothing else; only its company is the demo's."""
    _imports_what_is_public((ROOT / "examples" / "desk" / f"{name}.py").read_text("utf-8"))


def _imports_what_is_public(code: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("helpdesk_core"):
            assert node.module in MODULES
            public = names_of(importlib.import_module(node.module))
            assert {alias.name for alias in node.names} <= set(public), node.module


if __name__ == "__main__":
    WRITTEN.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    print("tests/public_names.txt is up to date")
