"""Every reason has a sentence, found by looking at the policies themselves (V19, A20)."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import helpdesk_core
from helpdesk_core.assignment import choose_assignee, plan_assignment
from helpdesk_core.availability import Availability
from helpdesk_core.decisions import Decision, Reason, allow, deny
from helpdesk_core.entities import Absence, AssignmentMethod, Ticket
from helpdesk_core.events import TicketAssigned
from helpdesk_core.sentences import FULLER, SENTENCES, TIE_BREAKERS, explain, sentence
from helpdesk_core.templates import TEMPLATE_NAMES

pytestmark = pytest.mark.core

PACKAGE = Path(helpdesk_core.__file__).parent
OUTSIDE = ("service", "adapters", "cli", "testing", "sentences.py", "templates.py")
POLICIES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in OUTSIDE
)
SERVICE = sorted((PACKAGE / "service").glob("*.py"))
FAMILIES = "visibility|notify|assignment|stage|merge|plan"
A_CODE = re.compile(rf"""(["'])((?:{FAMILIES})\.[a-z_.]+)\1""")
A_PREFIX = re.compile(rf"(?:{FAMILIES})\.[a-z_.]*")


def parameters_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def prefixes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Functions whose first argument is put behind a prefix to make a code: `_refused("cycle")`."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                    prefix = str(node.values[0].value)
                    if A_PREFIX.fullmatch(prefix):
                        yield function.name, prefix


def calls() -> Iterator[tuple[str, set[str]]]:
    """Each `allow`, `deny` or `Reason` of a literal code, with the parameters it gives."""
    for path in (*POLICIES, *SERVICE):
        tree = ast.parse(path.read_text("utf-8"))
        makers = {"allow": "", "deny": "", "Reason": ""} | dict(prefixes(tree))
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            first, name = node.args[0], node.func.id
            if name not in makers or not isinstance(first, ast.Constant):
                continue
            code = f"{makers[name]}{first.value}"
            if name != "Reason":
                assert all(word.arg for word in node.keywords), f"{code}: parameters unpacked"
                yield code, {str(word.arg) for word in node.keywords}
            elif len(node.args) == 1:
                yield code, set()
            else:
                given = node.args[1]
                assert isinstance(given, ast.Dict), f"{code}: parameters not written out"
                yield code, {str(ast.literal_eval(key)) for key in given.keys if key}


def codes() -> set[str]:
    found = {match[2] for path in POLICIES for match in A_CODE.finditer(path.read_text("utf-8"))}
    return (found | {code for code, _ in calls()}) - TEMPLATE_NAMES


def test_the_policies_are_found() -> None:
    """V19: the search for codes finds the policies and codes that are known to be there."""
    assert {"access.py", "moving.py"} <= {path.name for path in POLICIES}
    assert {
        "visibility.contact",
        "notify.minimal",
        "stage.moved",
        "stage.skipped.no_phone",
    } <= codes()
    assert ("stage.refused.no_folded_stage", {"team_id"}) in list(calls())
    assert ("user.refused.kind", {"user_id"}) in list(calls())


def test_every_code_has_a_sentence() -> None:
    """V19, A20: every code of a policy or of the service has a sentence."""
    assert sorted(codes() - SENTENCES.keys()) == []


def test_every_code_can_be_found() -> None:
    """V19: a policy puts a code together only in a function called with the literal end of it."""
    for path in POLICIES:
        tree = ast.parse(path.read_text("utf-8"))
        makers = dict(prefixes(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                start = str(node.values[0].value)
                assert not A_PREFIX.match(start) or start in makers.values(), ast.unparse(node)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                literal = bool(node.args) and isinstance(node.args[0], ast.Constant)
                assert literal or node.func.id not in makers, ast.unparse(node)


def test_every_sentence_has_a_code() -> None:
    """V19: no sentence is left over from a code that nothing gives any more."""
    source = "\n".join(
        path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "sentences.py"
    )
    unused = [code for code in SENTENCES if f'"{code}"' not in source]
    assert sorted(set(unused) - codes()) == []
    assert FULLER.keys() <= SENTENCES.keys()


def test_sentences_name_what_is_given() -> None:
    """V19: a sentence names only parameters that each decision with its code gives."""
    wrong = [
        (code, parameters_of(SENTENCES[code]) - given)
        for code, given in calls()
        if code in SENTENCES and not parameters_of(SENTENCES[code]) <= given
    ]
    assert wrong == []


@pytest.mark.parametrize("text", [*SENTENCES.values(), *FULLER.values(), *TIE_BREAKERS.values()])
def test_sentences_are_sentences(text: str) -> None:
    """V19: each is one English sentence with a capital and a full stop."""
    assert re.fullmatch(r"[A-Z{][^\n]*[^.\s]\.", text)
    assert not re.search(r"[.!?] [A-Z]", text)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_sentence_with_and_without_its_values(code: str) -> None:
    """V19: with its values a sentence shows them all; without them the code is shown as it is."""
    names = sorted(parameters_of(SENTENCES[code]))
    shown = sentence(Reason(code, {name: f"<{name}>" for name in names}))
    assert shown == SENTENCES[code].format(**{name: f"<{name}>" for name in names})
    assert sentence(code) == (code if names else SENTENCES[code])


@pytest.mark.parametrize("code", sorted(FULLER))
def test_fuller_sentence(code: str) -> None:
    """V19, A20: a fuller sentence is taken when its values are there, and none of them is None."""
    names = sorted(parameters_of(FULLER[code]))
    assert names
    full = sentence(Reason(code, dict.fromkeys(names, "<value>")))
    assert full == FULLER[code].format(**dict.fromkeys(names, "<value>"))
    assert sentence(Reason(code, dict.fromkeys(names))) == SENTENCES[code]
    assert sentence(code) == SENTENCES[code]


@given(st.text(min_size=1), st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_unknown_codes(code: str, parameters: dict[str, object]) -> None:
    """V19: a code of a host's own is shown as it is and never fails, whatever it holds."""
    reason = Reason(f"host.{code}", parameters)
    assert sentence(reason) == str(reason)
    assert explain(Decision(False, (reason,))) == f"No. {reason}"


def test_values_are_never_templates() -> None:
    """V19: a value in a sentence is shown as it is, braces and all."""
    nasty = "{0.__class__}{stage_id}"
    assert sentence(Reason("stage.moved", {"stage_id": nasty})) == (
        f"The ticket goes to the stage {nasty}."
    )


def test_values_in_words() -> None:
    """V19: lists, times, enums, yes and no, and nothing are shown in plain words."""

    class Colour(enum.Enum):
        RED = "red"

    for value, words in (
        (("a", 1), "a, 1"),
        ((), "none"),
        (None, "none"),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (Colour.RED, "red"),
        (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05T00:00:00+00:00"),
    ):
        shown = sentence(Reason("stage.moved", {"stage_id": value}))
        assert shown == f"The ticket goes to the stage {words}."


def test_decisions() -> None:
    """V19, V17: a decision is explained by all its reasons in order, a yes or a no before them."""
    both = Decision(True, (Reason("visibility.follows_ticket"), Reason("visibility.follows_team")))
    assert explain(both) == "Yes. The user follows the ticket. The user follows the team."
    assert explain(allow("visibility.administrator")) == "Yes. An administrator sees everything."
    assert explain(deny("visibility.inactive_user")) == "No. The user is not active."


def test_choices() -> None:
    """A20: a choice is explained by its reason, its count, the tie-breaker, and who was skipped."""
    now = datetime(2026, 1, 5, tzinfo=UTC)
    away = [
        Absence(user_id="bob", start=now, end=now + timedelta(days=1)),
        Absence(user_id="cyd", start=now),
    ]
    choice = choose_assignee(
        AssignmentMethod.EQUAL_OPEN, ["ada", "bob", "cyd"], {}, Availability(away), now
    )
    assert explain(choice) == (
        "Of those available, who had the fewest open tickets was taken: 0. "
        "Nobody else had so few. "
        "Passed over: bob. The person is absent until 2026-01-06T00:00:00+00:00. "
        "Passed over: cyd. The person is absent."
    )
    two = choose_assignee(AssignmentMethod.EQUAL_OPEN, ["bob", "ada"], {}, Availability(), now)
    assert explain(two).endswith("was taken. Ranked 1: bob, with 0. Ranked 2: ada, with 0.")
    ahead = choose_assignee(AssignmentMethod.EQUAL_TICKETS, ["bob"], {}, Availability(away), now)
    assert explain(ahead) == (
        "Of those available, who had the fewest tickets was taken: 0. "
        "Nobody else had so few. Available from 2026-01-06T00:00:00+00:00."
    )
    ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink", created_at=now)
    plan = plan_assignment(ticket, ahead, sequence=1, now=now)
    assert explain(plan.decision) == (
        "Yes. Of those available, who had the fewest tickets was taken: 0. Nobody else had so few."
    )
    assert explain(plan.events[0]) == explain(ahead)  # type: ignore[arg-type]


@pytest.mark.parametrize(("tie_breaker", "words"), TIE_BREAKERS.items())
def test_tie_breakers(tie_breaker: str, words: str) -> None:
    """A20, A6: each way of breaking a tie has its sentence, and one of a host's own is named."""
    event = attrs.evolve(ASSIGNED, tie_breaker=tie_breaker)
    assert explain(event).endswith(f": 3. {words}")
    assert explain(attrs.evolve(ASSIGNED, tie_breaker="dice")).endswith("Decided by: dice.")
    assert explain(attrs.evolve(ASSIGNED, tie_breaker=None)).endswith("taken: 3.")


def test_recorded_choices() -> None:
    """A20, A18: the event of an assignment is explained with its warning, codes of hosts too."""
    by_hand = attrs.evolve(
        ASSIGNED, code="assignment.manual", tie_breaker=None, warning="assignment.absent"
    )
    assert explain(by_hand) == ("The ticket was assigned by hand. Warning: The person is absent.")
    assert explain(attrs.evolve(ASSIGNED, code="host.own", count=None, tie_breaker="dice")) == (
        "host.own (assignee_id=ada, tie_breaker=dice)"
    )


ASSIGNED = TicketAssigned(
    at=datetime(2026, 1, 5, tzinfo=UTC),
    assignee_id="ada",
    automatic=True,
    code="assignment.fewest_tickets",
    count=3,
    tie_breaker="fewest",
)
