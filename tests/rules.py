"""Makes docs/rules.md: each rule, what keeps it, and the tests whose docstring names it.

A test names the rules that it shows at the start of its docstring: `A6: ties go to ...`,
`V1, V17: ...`. Run by `make rules`; tests/test_rules.py fails when the table is not up to date.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import attrs

TESTS = Path(__file__).parent
ROOT = TESTS.parent
#: The contracts that hosts run, and that tests/test_kit.py runs over the library's own ports.
KIT = ROOT / "src" / "helpdesk_core" / "testing"
TABLE = ROOT / "docs" / "rules.md"
#: These hold the reference model to the rules; nothing of the library is shown by them.
OF_THE_MODEL = frozenset({"test_model_itself.py"})

_ID = re.compile(r"\b[TVAGMN]\d+\b")
_STARTS_WITH_ID = re.compile(r"[TVAGMN]\d+\b")
_TITLES = {
    "T": "Teams, roles, tickets",
    "V": "Visibility",
    "A": "Assignment and availability",
    "G": "Stages",
    "M": "Merge",
    "N": "Notifications and events",
}
_HEAD = """\
# Rules

Every rule of the domain has an id. This table is made by `make rules` from `tests/rules.toml` and
from the docstrings of the tests; a test fails when it is not up to date.
"""


@attrs.frozen(kw_only=True)
class Rule:
    """One rule; `keepers` are names below `helpdesk_core`, `planned` says what is to come."""

    id: str
    rule: str
    keepers: tuple[str, ...] = attrs.field(converter=tuple)
    planned: str | None = None


@attrs.frozen(kw_only=True)
class TestFunction:
    """One test function as it is written."""

    __test__ = False

    file: str
    name: str
    line: int
    docstring: str | None

    @property
    def ids(self) -> tuple[str, ...]:
        """The rules named before the first colon, when the docstring starts with one."""
        head, colon, _ = (self.docstring or "").partition(":")
        return tuple(_ID.findall(head)) if colon and _STARTS_WITH_ID.match(head) else ()

    @property
    def shows(self) -> tuple[str, ...]:
        """The rules that the library is shown to keep."""
        return () if Path(self.file).name in OF_THE_MODEL else self.ids

    @property
    def place(self) -> str:
        """Where it is, for a reader and for pytest."""
        return f"{self.file}::{self.name}"


def rules() -> dict[str, Rule]:
    """All rules of tests/rules.toml in its order, by id."""
    data = tomllib.loads((TESTS / "rules.toml").read_text(encoding="utf-8"))
    return {id: Rule(id=id, **fields) for id, fields in data.items()}


def _functions(file: str, body: list[ast.stmt], prefix: str = "") -> Iterator[TestFunction]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(file, node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            text = ast.get_docstring(node)
            yield TestFunction(file=file, name=prefix + node.name, line=node.lineno, docstring=text)


def test_functions() -> list[TestFunction]:
    """Every test function below tests/ and in the kit, by file and in the order written."""
    found: list[TestFunction] = []
    for path in sorted(TESTS.rglob("test_*.py")):
        file = path.relative_to(TESTS).as_posix()
        found += _functions(file, ast.parse(path.read_text(encoding="utf-8")).body)
    for path in sorted(KIT.glob("*.py")):
        file = f"helpdesk_core/testing/{path.name}"
        found += _functions(file, ast.parse(path.read_text(encoding="utf-8")).body)
    return found


test_functions.__test__ = False  # type: ignore[attr-defined]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def render() -> str:
    """The text of docs/rules.md."""
    shown: dict[str, list[str]] = {}
    for function in test_functions():
        for id in function.shows:
            shown.setdefault(id, []).append(f"`{function.place}`")
    parts = [_HEAD.rstrip()]
    if any(rule.planned for rule in rules().values()):
        parts.append("*Planned*: the rule, or a part of it, is still to come.")
    letter = ""
    for rule in rules().values():
        if rule.id[0] != letter:
            letter = rule.id[0]
            parts.append(f"\n## {_TITLES[letter]}\n\n| id | rule in short | kept by | shown by |")
            parts.append("|---|---|---|---|")
        kept = ", ".join(f"`{keeper}`" for keeper in rule.keepers) or "-"
        tests = list(shown.get(rule.id, ()))
        if rule.planned:
            tests.append(f"*{'the rest is planned' if tests else 'planned'}: {rule.planned}*")
        parts.append(f"| {rule.id} | {_cell(rule.rule)} | {kept} | {'<br>'.join(tests) or '-'} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(render(), encoding="utf-8")
    print(f"{TABLE.relative_to(ROOT)} is up to date")
