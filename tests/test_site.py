"""The site of the documentation: every page is in it, every public name is explained once."""

from __future__ import annotations

import html
import importlib
import inspect
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

import test_public_names as public

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^\.\. (currentmodule|auto\w+):: ([\w.]+)", re.MULTILINE)


def _listed(page: Path) -> list[Path]:
    text = page.read_text(encoding="utf-8")
    listed = re.findall(r"^```\{toctree\}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    names = [line for part in listed for line in part.split("\n") if line and line[0] != ":"]
    return [(page.parent / f"{name}.md").resolve() for name in names]


def test_every_page_is_in_the_site_once() -> None:
    """Each page is named once in the tables of contents, and each that is named is there."""
    found = Counter(_listed(DOCS / "index.md") + _listed(DOCS / "api" / "index.md"))
    pages = {*ROOT.glob("*.md"), *DOCS.glob("**/*.md"), ROOT / "benchmarks" / "README.md"}
    assert found == Counter(page.resolve() for page in pages - {DOCS / "index.md"})


def test_every_public_name_is_explained_once() -> None:
    """The reference explains each public thing once, under a name by which it can be imported."""
    explained: list[tuple[str, str]] = []
    for page in sorted((DOCS / "api").glob("*.md")):
        module = ""
        for kind, name in _BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind == "currentmodule":
                module = name
            else:
                explained.append((module, name))
    assert max(Counter(explained).values()) == 1
    things = Counter(id(getattr(importlib.import_module(m), n)) for m, n in explained)
    there: dict[int, tuple[str, str]] = {}
    for place in public.MODULES:
        module = importlib.import_module(place)
        for name in public.names_of(module):
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isroutine(thing):
                there.setdefault(id(thing), (place, name))
            elif not any(
                thing is getattr(importlib.import_module(m), n, None) for m, n in explained
            ):
                pytest.fail(f"{place}.{name} is not explained")
    things = Counter(id(getattr(importlib.import_module(m), n)) for m, n in explained)
    assert [where for key, where in there.items() if things[key] != 1] == []
    assert {m for m, _ in explained} <= set(public.MODULES)


@pytest.mark.parametrize("page", ["architecture", "how-to-stages"])
def test_charts_are_drawn(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each chart of a page is drawn as it is, with all of its words, and needs no script."""
    monkeypatch.setattr(sys, "path", [str(DOCS / "site"), *sys.path])
    charts = importlib.import_module("charts")
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    [chart] = re.findall(r"^```mermaid\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    picture = charts.draw(chart)
    assert "<script" not in picture
    said = html.unescape(" ".join(re.findall(r"<text[^>]*>(.*?)</text>", picture)))
    for words in re.findall(r'\["(.*)"\]|>>\w+: (.+)$|participant (\w+)', chart, re.MULTILINE):
        for word in " ".join(words).replace("<br/>", " ").split():
            assert word in said
