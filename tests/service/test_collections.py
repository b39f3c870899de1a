"""A text where a collection is expected is refused by name, by every call that takes one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    AssignmentMethod,
    Availability,
    Dispatcher,
    InvalidValueError,
    SimilarityIndex,
    TicketFilter,
    Visibility,
    choose_assignee,
    plan_merge,
)
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.assignment import plan_team_change
from helpdesk_core.stages import Pipeline, plan_reorder, plan_reorder_team
from helpdesk_core.stages.boards import build_board

NOW = datetime(2026, 1, 5, tzinfo=UTC)

#: For each call that takes a collection: its name, and the call with whatever is given for it.
CALLS: dict[str, tuple[str, Callable[[Company, Any], Any]]] = {
    "open a ticket": (
        "tags",
        lambda c, text: c.desk.open_ticket("public", "x", actor="ann", tags=text),
    ),
    "change a ticket": (
        "tags",
        lambda c, text: c.desk.change_ticket("a", actor="ann", tags=text),
    ),
    "create a team of members": (
        "member_ids",
        lambda c, text: c.desk.create_team("T", Visibility.PUBLIC, actor=SETUP, member_ids=text),
    ),
    "create a team with stages": (
        "stage_ids",
        lambda c, text: c.desk.create_team("T", Visibility.PUBLIC, actor=SETUP, stage_ids=text),
    ),
    "change a team's members": (
        "member_ids",
        lambda c, text: c.desk.change_team("public", actor=SETUP, member_ids=text),
    ),
    "preview a team": (
        "stage_ids",
        lambda c, text: c.desk.preview_team("public", actor=SETUP, stage_ids=text),
    ),
    "change a user": (
        "roles",
        lambda c, text: c.desk.change_user("ann", actor=SETUP, roles=text),
    ),
    "create a stage": (
        "team_ids",
        lambda c, text: c.desk.create_stage("S", actor=SETUP, team_ids=text),
    ),
    "reorder stages": (
        "stage_ids",
        lambda c, text: c.desk.reorder_stages(text, actor=SETUP),
    ),
    "reorder a team's stages": (
        "stage_ids",
        lambda c, text: c.desk.reorder_team_stages("public", text, actor=SETUP),
    ),
    "preview an order": (
        "stage_ids",
        lambda c, text: c.desk.preview_reorder(text, actor=SETUP),
    ),
    "preview a team's order": (
        "stage_ids",
        lambda c, text: c.desk.preview_team_reorder("public", text, actor=SETUP),
    ),
    "merge": ("ticket_ids", lambda c, text: c.desk.merge(text, actor="ann")),
    "preview a merge": ("ticket_ids", lambda c, text: c.desk.preview_merge(text, actor="ann")),
    "carry followers over": (
        "add_followers",
        lambda c, text: c.desk.merge(["a", "b"], actor="ann", add_followers=text),
    ),
    "preview followers": (
        "add_followers",
        lambda c, text: c.desk.preview_merge(["a", "b"], actor="ann", add_followers=text),
    ),
    "fold on a board": (
        "temporarily_folded",
        lambda c, text: c.desk.board("public", actor="ann", temporarily_folded=text),
    ),
    "unfold on one's board": (
        "temporarily_unfolded",
        lambda c, text: c.desk.my_board(actor="ann", temporarily_unfolded=text),
    ),
    "ask for teams": (
        "team_ids",
        lambda c, text: c.desk.count(actor="ann", query=TicketFilter(team_ids=text)),
    ),
    "ask for stages": (
        "stage_ids",
        lambda c, text: c.desk.tickets(actor="ann", query=TicketFilter(stage_ids=text)),
    ),
    "choose from a pool": (
        "pool",
        lambda c, text: choose_assignee(AssignmentMethod.EQUAL_OPEN, text, {}, Availability(), NOW),
    ),
    "choose many times": ("pool", lambda c, text: Dispatcher(AssignmentMethod.EQUAL_OPEN, text)),
    "change teams": (
        "pool",
        lambda c, text: plan_team_change(
            c.desk.ticket("a", actor=SETUP), c.desk.team("public", actor=SETUP), text, now=NOW
        ),
    ),
    "look for who is there": (
        "member_ids",
        lambda c, text: Availability().next_available(text, NOW),
    ),
    "look among tickets": (
        "among",
        lambda c, text: SimilarityIndex().groups(0.5, among=text),
    ),
    "plan an order": ("stage_ids", lambda c, text: plan_reorder(text, Pipeline([], []), now=NOW)),
    "plan a team's order": (
        "stage_ids",
        lambda c, text: plan_reorder_team(
            "public",
            text,
            Pipeline(c.desk.stages("public", actor=SETUP), c.desk.teams(actor=SETUP)),
            now=NOW,
        ),
    ),
    "plan a merge": (
        "add_followers",
        lambda c, text: plan_merge(
            [],
            closed={},
            reopen_stage_id="new",
            teams={},
            users={},
            may_view=lambda user, ticket: True,
            merge_id="m",
            now=NOW,
            add_followers=text,
        ),
    ),
    "build a board": (
        "temporarily_folded",
        lambda c, text: build_board([], {}, {}, temporarily_folded=text),
    ),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_text_is_no_collection(tmp_path: Path, name: str) -> None:
    """T4, V13, M10: a text given for a collection is refused by name, not read by its letters."""
    company = Company(MemoryRepository(), tmp_path)
    for id in ("a", "b"):
        company.open("public", id=id)
    field, call = CALLS[name]
    for text in ("ab", b"ab"):
        with pytest.raises(InvalidValueError, match=f"^{field} must be a ") as caught:
            call(company, text)
        assert caught.value.field == field
    assert company.desk.count(actor=SETUP) == 2


def test_what_can_be_read_once_is_read_once(company: Company) -> None:
    """T4, T7: an iterator given for a collection is as good as a list, also when it starts anew."""
    company.team("auto", Visibility.COMPANY, auto_assign=True, member_ids=iter(["ann"]))
    company.open("public", id="a")

    tags = (tag for tag in ("x", "y"))
    changed = company.desk.change_ticket("a", actor="ann", tags=tags, idempotency_key="k")
    assert changed.tags == {"x", "y"}
    again = company.desk.change_ticket("a", actor="ann", tags=["x", "y"], idempotency_key="k")
    assert again == changed
    team = company.desk.change_team("auto", actor=SETUP, member_ids=iter(["bob", "ann"]))
    assert team.member_ids == ("bob", "ann")
