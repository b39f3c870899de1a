"""The documentation is true: its code runs, and its links lead somewhere."""

import contextlib
import io
import itertools
import re
from pathlib import Path

import attrs
import pytest

import helpdesk_core

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md"), *(ROOT / "benchmarks").glob("*.md")]
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_in_the_documentation_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block of Python on a page runs, in order, and prints the text block that follows it."""
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "__main__"}
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    for (language, code), (next_language, text) in itertools.pairwise([*blocks, ("", "")]):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, page.name, "exec"), names)
        if next_language == "text":
            assert printed.getvalue() == text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file in the project leads to one that is there, and to a heading in it."""
    for target, heading in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        there = page.parent / target if target else page
        assert there.exists(), target
        if heading and there.suffix == ".md":
            assert heading[1:] in headings_of(there), f"{target}{heading}"


def headings_of(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    text = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_readme_has_its_blocks() -> None:
    """The README shows its fifteen lines and what they print."""
    languages = [language for language, _ in BLOCK.findall((ROOT / "README.md").read_text())]
    assert languages.count("python") >= 2
    assert languages.count("text") == languages.count("python")


@pytest.mark.parametrize("way", ["plain", "fastapi", "flask", "django", "async", "worker"])
def test_an_embedding_is_short(way: str) -> None:
    """The page on each way of embedding is short, and so is the code of the embedding."""
    text = (ROOT / "docs" / f"how-to-{way}.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 126
    first = next(code for language, code in BLOCK.findall(text) if language in ("python", "py"))
    assert len([line for line in first.splitlines() if line.strip()]) < 30


@pytest.mark.parametrize("page", ["migrating", "stability"])
def test_what_is_named_is_there(page: str) -> None:
    """Every use-case, field, right and member of an enumeration that the page names is there."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    for owner, name in re.findall(r"`(desk|[A-Z]\w+)\.(\w+)", text):
        thing = getattr(helpdesk_core, {"desk": "Helpdesk"}.get(owner, owner))
        fields = [field.name for field in attrs.fields(thing)] if attrs.has(thing) else dir(thing)
        assert name in fields, f"{owner}.{name}"
    for right in re.findall(r"the right `([\w.]+)`", text):
        assert right in helpdesk_core.PERMISSIONS


def test_commands_of_benchmarks_are_there() -> None:
    """Each script that the page of figures names is there, and takes the options that it gives."""
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    commands = re.findall(r"`python (benchmarks/\w+\.py)([^`]*)`", page)
    assert len(commands) > 15
    for script, arguments in commands:
        text = (ROOT / script).read_text(encoding="utf-8")
        assert set(re.findall(r"--\w+", arguments)) <= set(re.findall(r"--\w+", text)), script
