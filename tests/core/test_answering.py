"""What an answer to a closed ticket does: the policy by itself (G11, G3, G7, N3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import OnAnswer, Stage, Team, Ticket, Visibility
from helpdesk_core.stages import Pipeline, plan_answer
from helpdesk_core.templates import EmailTemplate
from model import stages as model

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
STAGES = [
    Stage(id="queue", name="Queue", position=0, email_template=EmailTemplate("a", "b")),
    Stage(id="doing", name="Doing", position=1),
    Stage(id="done", name="Done", position=2, folded=True),
]
TEAM = Team(
    id="it",
    name="IT",
    visibility=Visibility.PUBLIC,
    stage_ids={"queue", "doing", "done"},
    reopen_window=2 * HOUR,
)
CLOSED = Ticket(id=1, team_id="it", stage_id="done", subject="Ink", created_at=NOW, closed_at=NOW)


def _answer(ticket: Ticket = CLOSED, team: Team = TEAM, hours: int = 0, **how: Any) -> Any:
    how = {"by_customer": True, **how}
    return plan_answer(ticket, team, Pipeline(STAGES, [team]), now=NOW + hours * HOUR, **how)


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (lambda: _answer(attrs.evolve(CLOSED, stage_id="doing")), "answer.ticket_is_open"),
        (lambda: _answer(by_customer=False), "answer.not_of_the_customer"),
        (lambda: _answer(automatic=True), "answer.automatic"),
        (lambda: _answer(team=attrs.evolve(TEAM, on_answer=OnAnswer.IGNORE)), "answer.ignored"),
        (lambda: _answer(hours=3), "answer.opens_another"),
        (
            lambda: _answer(team=attrs.evolve(TEAM, on_answer=OnAnswer.NEW_LINKED)),
            "answer.opens_another",
        ),
    ],
)
def test_what_does_not_open_it_again(plan: Any, code: str) -> None:
    """G11, N3: an answer that does not open the ticket again changes nothing of it, and why."""
    found = plan()
    assert found.decision.code == code
    assert (found.allowed, found.changes, found.events, found.notices) == (True, (), (), ())
    assert found.opens_another is (code == "answer.opens_another")


@pytest.mark.parametrize("closed_at", [NOW, None])
def test_it_is_opened_again(closed_at: datetime | None) -> None:
    """G11, G3, G7, G8: into the first unfolded stage, with one event more, and no message."""
    plan = _answer(attrs.evolve(CLOSED, closed_at=closed_at), hours=2)
    assert plan.decision.code == "answer.reopens"
    assert [event.name for event in plan.events] == ["TicketMoved", "TicketReopened"]
    fields = {change.field: change.value for change in plan.changes}
    assert fields["stage_id"] == "queue"
    assert fields.get("closed_at") is None
    assert (plan.notices, plan.opens_another) == ((), False)


@given(
    st.sampled_from(OnAnswer),
    st.sampled_from(["queue", "doing", "done"]),
    st.integers(0, 4),
    st.booleans(),
)
def test_as_the_model_says(on_answer: OnAnswer, stage: str, hours: int, automatic: bool) -> None:
    """G11: what a customer's answer does is what the second model makes of the rule."""
    team = attrs.evolve(TEAM, on_answer=on_answer)
    ticket = attrs.evolve(CLOSED, stage_id=stage)
    plan = _answer(ticket, team, hours, automatic=automatic)
    expected = model.answer(
        {"stage": stage, "merged": None, "closed_at": NOW},
        {"on_answer": on_answer.value, "reopen_window": team.reopen_window},
        {one.id: {"folded": one.folded} for one in STAGES},
        NOW + hours * HOUR,
        automatic,
    )
    did = "new_linked" if plan.opens_another else "reopen" if plan.events else "nothing"
    assert did == expected
