"""A plan that was shown is the plan that is done: the one comparison behind every preview."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from helpdesk_core import InvalidValueError, Plan, Reason, VisibilityPlan, as_shown
from helpdesk_core.decisions import allow, deny
from helpdesk_core.events import StageFoldChanged
from helpdesk_core.plans import (
    Channel,
    Kind,
    Notice,
    NoticeKind,
    SetField,
    fingerprint_of,
)
from helpdesk_core.stages import FoldPlan

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def closes(id: object, at: datetime | None = NOW) -> SetField:
    """That a ticket's closing time is set."""
    return SetField(kind=Kind.TICKET, id=id, field="closed_at", expected=None, value=at)


def a_plan(**fields: Any) -> FoldPlan:
    """A plan that closes two tickets."""
    event = StageFoldChanged(at=NOW, by="ada", stage_id="new", folded=True)
    given = {"changes": [closes(1), closes(2)], "events": [event], "per_team": (("it", 2),)}
    return FoldPlan(
        decision=allow("stage.fold_changed", stage_id="new", folded=True), **given | fields
    )


def notice(text: str = "Solved") -> Notice:
    """What the customer would be written."""
    return Notice(ticket_id=1, recipient_id="eve", channel=Channel.SMS, kind=NoticeKind.STAGE,
                  stage_id="new", text=text)  # fmt: skip


def test_what_makes_another_plan() -> None:
    """G4, V18: another change, person, number or message is another plan; who and when are not."""
    plan = a_plan()
    later = NOW + timedelta(days=1)
    same = [
        a_plan(changes=[closes(1, later), closes(2, later)]),
        a_plan(changes=[closes(2), closes(1)]),
        a_plan(events=[StageFoldChanged(at=later, by="bob", stage_id="new", folded=True)]),
    ]
    assert {each.fingerprint for each in same} == {plan.fingerprint}
    others = [
        a_plan(changes=[closes(1), closes(3)]),
        a_plan(changes=[closes(1), closes("2")]),
        a_plan(changes=[closes(1), closes(2, None)]),
        a_plan(changes=[closes(1)]),
        a_plan(changes=[closes(1), closes(2), closes(2)]),
        a_plan(per_team=(("it", 1), ("hr", 1))),
        a_plan(notices=[notice()]),
        a_plan(notices=[notice("Done")]),
        Plan(decision=plan.decision, changes=plan.changes),
        VisibilityPlan(decision=plan.decision, changes=plan.changes),
        VisibilityPlan(decision=plan.decision, changes=plan.changes, others_lose_access=True),
        VisibilityPlan(decision=plan.decision, changes=plan.changes, warnings=(Reason("x"),)),
    ]
    prints = {each.fingerprint for each in [plan, *others]}
    assert len(prints) == 1 + len(others)


def test_what_was_shown_is_done_or_refused() -> None:
    """G4, V18: a plan is done when it was shown, or needs not be; refused, it holds no change."""
    plan = a_plan(notices=[notice()])
    assert as_shown(plan, plan.fingerprint) is plan
    for shown, code in (
        (None, "stage.refused.not_confirmed"),
        (a_plan().fingerprint, "plan.refused.moved_on"),
        ("", "plan.refused.moved_on"),
    ):
        refused = as_shown(plan, shown)
        assert refused.decision.code == code
        assert (refused.changes, refused.events, refused.notices) == ((), (), ())
        assert refused.per_team == plan.per_team, "what it would do by now"
    unseen = a_plan(per_team=(("it", 0),))
    assert as_shown(unseen, None) is unseen
    denied = attrs.evolve(plan, decision=deny("stage.refused.last_open_stage"))
    for shown in (None, "x", denied.fingerprint):
        assert as_shown(denied, shown) is denied


def test_what_can_be_confirmed() -> None:
    """G4: a plan is handed back as it is or as its fingerprint; a bare yes confirms nothing."""
    plan = a_plan()
    assert fingerprint_of(plan) == fingerprint_of(plan.fingerprint) == plan.fingerprint
    assert fingerprint_of(None) is None
    for value in (True, 1, {"plan": plan}):
        with pytest.raises(InvalidValueError, match="confirmed must be the plan that was shown"):
            fingerprint_of(value)  # type: ignore[arg-type]
