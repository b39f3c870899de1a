"""The table of rules is whole, true and up to date."""

from __future__ import annotations

import importlib
import re

import pytest

import rules


def test_the_table_is_up_to_date() -> None:
    """What docs/rules.md says is what the tests say now."""
    written = rules.TABLE.read_text(encoding="utf-8") if rules.TABLE.exists() else ""
    assert written == rules.render(), "docs/rules.md is not up to date: run `make rules`"


def test_every_rule_has_a_test_or_is_planned() -> None:
    """No rule is without a test of the library unless it is planned."""
    shown = {id for function in rules.test_functions() for id in function.shows}
    bare = [rule.id for rule in rules.rules().values() if rule.id not in shown and not rule.planned]
    assert not bare, f"no test names {', '.join(bare)}"


def test_no_test_names_an_unknown_rule() -> None:
    """Every id at the start of a docstring is that of a rule."""
    known = rules.rules().keys()
    unknown = [
        f"{function.place} names {id}"
        for function in rules.test_functions()
        for id in function.ids
        if id not in known
    ]
    assert not unknown, unknown


def test_every_test_says_in_one_sentence_what_it_shows() -> None:
    """Each test function has a docstring of one sentence."""
    wrong = []
    for function in rules.test_functions():
        text = function.docstring or ""
        ends = re.findall(r"[.!?](?=\s+[A-Z]|$)", text.strip())
        if not text.strip() or "\n\n" in text or len(ends) != 1 or text.strip()[-1] not in ".!?":
            wrong.append(f"{function.place} (line {function.line}): {text!r}")
    assert not wrong, "\n".join(wrong)


def test_every_keeper_exists() -> None:
    """Whatever is said to keep a rule can be imported by its dotted name."""
    missing = []
    for rule in rules.rules().values():
        for keeper in rule.keepers:
            module, _, names = keeper.partition(".")
            thing: object = importlib.import_module("helpdesk_core")
            try:
                thing = importlib.import_module(f"helpdesk_core.{module}")
                for name in names.split("."):
                    if isinstance(thing, type(rules)) and not hasattr(thing, name):
                        thing = importlib.import_module(f"{thing.__name__}.{name}")
                    else:
                        thing = getattr(thing, name)
            except (ImportError, AttributeError):
                missing.append(f"{rule.id}: {keeper}")
    assert not missing, missing


def test_a_rule_that_is_not_planned_has_a_keeper() -> None:
    """The table names for each rule that holds now the function that keeps it."""
    bare = [r.id for r in rules.rules().values() if not r.planned and not r.keepers]
    assert not bare, f"tests/rules.toml names no keeper of {', '.join(bare)}"


def test_the_ids_are_those_of_the_specification() -> None:
    """Where the specification lies beside the project, both have the same rules in order."""
    specification = rules.ROOT.parent / "shared" / "SPEC.md"
    if not specification.is_file():
        pytest.skip("the specification does not lie beside this clone of the project")
    text = specification.read_text(encoding="utf-8")
    ids = re.findall(r"^- \*\*([TVAGMN]\d+)\*\*", text, flags=re.MULTILINE)
    assert list(rules.rules()) == ids


@pytest.mark.parametrize(
    ("docstring", "ids"),
    [
        ("A6: ties go to the fewest.", ("A6",)),
        ("V1, V17: an unknown level is denied.", ("V1", "V17")),
        ("A refused move of G5 is told so: no change.", ()),
        ("Nothing is named here.", ()),
        (None, ()),
    ],
)
def test_ids_are_read_from_the_start(docstring: str | None, ids: tuple[str, ...]) -> None:
    """Only ids before the first colon of a docstring that starts with one count."""
    function = rules.TestFunction(file="test_x.py", name="test_x", line=1, docstring=docstring)
    assert function.ids == ids


def test_the_model_shows_nothing() -> None:
    """A test of the reference model alone is no proof of the library, and its file is there."""
    files = {function.file for function in rules.test_functions()}
    assert files >= rules.OF_THE_MODEL
    model = rules.TestFunction(
        file="test_model_itself.py", name="test_x", line=1, docstring="A6: ties."
    )
    assert (model.ids, model.shows) == (("A6",), ())
