"""Makes the asynchronous face of the library from the plain one: `make async` writes both files.

`ports/asynchronous.py` has each port with its methods awaited; `aio/use_cases.py` each use-case of
`Helpdesk`, as a coroutine that runs it. Nothing is kept twice by hand: names, arguments, types and
what they mean are read from the source. What is wrong in either is found by the type checker, for
the arguments that a use-case is run with are checked against its own.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "helpdesk_core"
PORTS, USE_CASES = SOURCE / "ports" / "asynchronous.py", SOURCE / "aio" / "use_cases.py"

#: The ports that are awaited, by the module that has them; a clock only looks.
AWAITED = {
    "repository": ("Session", "Repository"),
    "other_ports": ("Calendar", "Notifier", "AttachmentStore", "SimilarityStore"),
}
_RENAMED = {name: f"Async{name}" for names in AWAITED.values() for name in names}
_RENAMED |= {"AbstractContextManager": "AbstractAsyncContextManager", "Among": "AsyncAmong"}
_MADE = "# Made by `make async` from {}: change it there.\n"


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(module: ast.Module, package: str) -> Iterator[tuple[str, str]]:
    """What a module has by which name, and from which module; its own names too."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((alias.asname or alias.name, node.module) for alias in node.names)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name, package
        elif isinstance(node, ast.Assign):
            yield from ((to.id, package) for to in node.targets if isinstance(to, ast.Name))


def _needed(nodes: Iterable[ast.AST], known: dict[str, str]) -> list[str]:
    """The imports of the names in these nodes that come from somewhere."""
    names = {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}
    return [f"from {known[name]} import {name}" for name in sorted(names & known.keys())]


def _methods(kind: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    for node in kind.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def _said(function: ast.FunctionDef | ast.ClassDef) -> str:
    """Its docstring without the examples, which are of plain calls."""
    said = ast.get_docstring(function) or ""
    return said.partition(">>>")[0].rstrip()


def _docstring(said: str) -> ast.Expr:
    return ast.Expr(ast.Constant(said))


# --- the ports -----------------------------------------------------------------------------------


class _Renaming(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(_RENAMED.get(node.id, node.id), node.ctx)


def _awaited(method: ast.FunctionDef) -> ast.stmt:
    """A method of a port as a coroutine; what opens a session stays what it is."""
    opens = "ContextManager" in ast.unparse(method.returns or ast.Constant(""))
    fields = {
        name: getattr(method, name)
        for name in ("name", "args", "returns", "type_params")
        if hasattr(method, name)
    }
    body = [_docstring(_indented(_said(method), 8)), ast.Expr(ast.Constant(...))]
    plain = opens or bool(method.decorator_list)
    kind = ast.FunctionDef if plain else ast.AsyncFunctionDef
    return _Renaming().visit(kind(**fields, body=body, decorator_list=method.decorator_list))


def _indented(said: str, by: int) -> str:
    first, *more = said.split("\n")
    lines = [first, *(" " * by + line if line else "" for line in more)]
    return "\n".join([*lines, " " * by] if more else lines)


def ports() -> str:
    """The text of `ports/asynchronous.py`."""
    kinds: list[ast.stmt] = []
    imports: list[str] = []
    for name, wanted in AWAITED.items():
        module = _parsed(SOURCE / "ports" / f"{name}.py")
        known = dict(_imports(module, f"helpdesk_core.ports.{name}"))
        for node in module.body:
            if isinstance(node, ast.ClassDef) and node.name in wanted:
                imports += _needed([node], known)
                said = _indented(_said(node).replace("Several threads use", "Several tasks use"), 4)
                body = [_docstring(said), *map(_awaited, _methods(node))]
                base: list[ast.expr] = [ast.Name("Protocol")]
                kinds.append(
                    ast.ClassDef(_RENAMED[node.name], base, [], body=body, decorator_list=[])
                )
    lines = [line for line in imports if line.rpartition(" ")[2] not in _RENAMED]
    lines += [
        "from collections.abc import Awaitable, Callable, Collection",
        "from contextlib import AbstractAsyncContextManager",
        "from typing import Protocol",
    ]
    among = "AsyncAmong = Callable[[Collection[Id]], Awaitable[Collection[Id]]]"
    text = "\n\n\n".join(ast.unparse(ast.fix_missing_locations(kind)) for kind in kinds)
    return _tidy(
        PORTS,
        '"""The ports as a program of asyncio has them: the same, and awaited."""\n\n'
        + _MADE.format("the ports beside it")
        + "\nfrom __future__ import annotations\n\n"
        + "\n".join(sorted(set(lines)))
        + "\n\n#: Of some tickets, those that may be found (M11).\n"
        + f"{among}\n\n\n{text}\n",
    )


# --- the use-cases -------------------------------------------------------------------------------


def _run(method: ast.FunctionDef) -> ast.AsyncFunctionDef:
    """A use-case as a coroutine that runs the plain one with the same arguments."""
    given = method.args
    call = ast.parse(f"run(self._desk.{method.name})", mode="eval").body
    assert isinstance(call, ast.Call)
    call.args += [ast.Name(one.arg) for one in (*given.posonlyargs, *given.args)[1:]]
    if given.vararg is not None:
        call.args.append(ast.Starred(ast.Name(given.vararg.arg)))
    call.keywords = [ast.keyword(one.arg, ast.Name(one.arg)) for one in given.kwonlyargs]
    if given.kwarg is not None:
        call.keywords.append(ast.keyword(None, ast.Name(given.kwarg.arg)))
    return ast.AsyncFunctionDef(
        method.name,
        given,
        body=[_docstring(_indented(_said(method), 8)), ast.Return(ast.Await(call))],
        decorator_list=[],
        returns=method.returns,
    )


def use_cases() -> str:
    """The text of `aio/use_cases.py`."""
    known: dict[str, str] = {}
    methods: list[ast.FunctionDef] = []
    for path in sorted((SOURCE / "service").glob("*.py")):
        module = _parsed(path)
        for kind in module.body:
            if isinstance(kind, ast.ClassDef) and kind.name.endswith("UseCases"):
                methods += _methods(kind)
                known |= dict(_imports(module, f"helpdesk_core.service.{path.stem}"))
    coroutines = [_run(method) for method in methods]
    asked: list[ast.AST] = [part for one in coroutines for part in (one.args, one.returns) if part]
    text = "\n\n".join(ast.unparse(ast.fix_missing_locations(one)) for one in coroutines)
    body = "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
    return _tidy(
        USE_CASES,
        '"""The use-cases of `Helpdesk`, to be awaited."""\n\n'
        + _MADE.format("the use-cases of `helpdesk_core.service`")
        + "# ruff: noqa: B008 - the defaults are frozen\n"
        + "\nfrom __future__ import annotations\n\n"
        + "\n".join([*_needed(asked, known), "from helpdesk_core.aio.bridge import run"])
        + "\nfrom helpdesk_core.service import Helpdesk\n\n\nclass AsyncUseCases:\n"
        + '    """What can be done with a help desk; `Helpdesk` says how."""\n\n'
        + f"    _desk: Helpdesk\n\n{body}\n",
    )


def _tidy(path: Path, text: str) -> str:
    """As ruff would write it."""
    for command in (["check", "--fix", "--select", "I,F401"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "-q", "--stdin-filename", str(path), "-"]
        done = subprocess.run(ruff, input=text, capture_output=True, text=True, check=False)
        if not done.stdout:
            raise SystemExit(done.stderr)
        text = done.stdout
    return text


MADE = {PORTS: ports, USE_CASES: use_cases}


def main() -> None:
    """Write both files."""
    for path, make in MADE.items():
        path.write_text(make(), encoding="utf-8")
        print(f"{path.relative_to(ROOT)} is up to date")


if __name__ == "__main__":
    main()
