"""What a store disclaims is refused by name, and everything else still works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desks import MONDAY, SETUP, Company
from helpdesk_core import (
    Absence,
    AssignmentMode,
    CatchUp,
    MemberOptions,
    NotClaimedError,
    OnAnswer,
    System,
    Visibility,
)
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.ports import ALL_CLAIMS, Claim, IncomingEmail, TicketFilter

Call = Callable[[Company], Any]

#: Every use-case that needs something of the store, by what it needs.
REFUSED: dict[str, tuple[Claim, Call]] = {
    "redact a message": (
        Claim.REMOVAL,
        lambda c: c.desk.redact_message("T-1", None, actor=SETUP, reason="law"),
    ),
    "erase a person": (
        Claim.REMOVAL,
        lambda c: c.desk.erase_person("pat", actor=SETUP, reason="law", words=True),
    ),
    "create a stage": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.create_stage("Later", actor=SETUP),
    ),
    "fold a stage": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.fold_stage("working", actor=SETUP),
    ),
    "unfold a stage": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.unfold_stage("solved", actor=SETUP),
    ),
    "preview a fold": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.preview_fold("working", True, actor=SETUP),
    ),
    "preview an order": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.preview_reorder(["working", "new", "solved", "cancelled"], actor=SETUP),
    ),
    "preview an order of a team's stages": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.preview_team_reorder(
            "company", ["working", "new", "solved", "cancelled"], actor=SETUP
        ),
    ),
    "preview the removal of a stage": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.preview_stage_removal("cancelled", actor=SETUP),
    ),
    "preview that a stage is taken from a team": (
        Claim.STAGES_PER_TEAM,
        lambda c: c.desk.preview_stage_removal("cancelled", team_id="company", actor=SETUP),
    ),
    "preview a team's stages": (
        Claim.STAGES_PER_TEAM,
        lambda c: c.desk.preview_team("company", actor=SETUP, stage_ids=["new", "solved"]),
    ),
    "reorder the stages": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.reorder_stages(["working", "new", "solved", "cancelled"], actor=SETUP),
    ),
    "reorder a team's stages": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.reorder_team_stages(
            "company", ["working", "new", "solved", "cancelled"], actor=SETUP
        ),
    ),
    "delete a stage": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.remove_stage("cancelled", actor=SETUP),
    ),
    "take a stage from a team": (
        Claim.STAGES_PER_TEAM,
        lambda c: c.desk.remove_stage("cancelled", team_id="company", actor=SETUP),
    ),
    "create a team with some of the stages": (
        Claim.STAGES_PER_TEAM,
        lambda c: c.team("few", Visibility.COMPANY, stage_ids=["new", "solved"]),
    ),
    "change a team's stages": (
        Claim.STAGES_PER_TEAM,
        lambda c: c.desk.change_team("company", actor=SETUP, stage_ids=["new", "solved"]),
    ),
    "create a stage for some teams": (
        Claim.STAGES_PER_TEAM,
        lambda c: c.desk.create_stage("Later", team_ids=["company"], actor=SETUP),
    ),
    "follow a team": (
        Claim.TEAM_FOLLOWERS,
        lambda c: c.desk.follow_team("company", "emp", actor=SETUP),
    ),
    "unfollow a team": (
        Claim.TEAM_FOLLOWERS,
        lambda c: c.desk.unfollow_team("company", "emp", actor=SETUP),
    ),
    "a team whose members follow it": (
        Claim.TEAM_FOLLOWERS,
        lambda c: c.team("close", Visibility.COMPANY, members_follow=True),
    ),
    "let members follow": (
        Claim.FOLLOW_SOURCES,
        lambda c: c.desk.change_team("company", actor=SETUP, members_follow=True),
    ),
    "narrow a team with customers": (
        Claim.FOLLOW_SOURCES,
        lambda c: c.desk.change_visibility("public", Visibility.COMPANY, actor=SETUP),
    ),
    "a customer stops following": (
        Claim.FOLLOW_SOURCES,
        lambda c: c.desk.unfollow_ticket("T-1", "pat", actor=SETUP),
    ),
    "create a PRIVATE team": (
        Claim.PRIVATE_TEAMS,
        lambda c: c.team("hidden", Visibility.PRIVATE),
    ),
    "make a team PRIVATE": (
        Claim.PRIVATE_TEAMS,
        lambda c: c.desk.change_visibility("company", Visibility.PRIVATE, actor=SETUP),
    ),
    "preview a PRIVATE team": (
        Claim.PRIVATE_TEAMS,
        lambda c: c.desk.preview_visibility("company", Visibility.PRIVATE, actor=SETUP),
    ),
    "create a team that assigns": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.team("auto", Visibility.COMPANY, auto_assign=True),
    ),
    "switch assigning on": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.desk.change_team("company", actor=SETUP, auto_assign=True),
    ),
    "create a team that defers": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.team("defers", Visibility.COMPANY, assignment_mode=AssignmentMode.DEFER),
    ),
    "preview a handover": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.desk.preview_handover("assigning", AWAY, actor=SETUP),
    ),
    "hand over": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.desk.hand_over("assigning", AWAY, actor=SETUP),
    ),
    "create a team that gives credit": (
        Claim.CREDITS,
        lambda c: c.team("credits", Visibility.COMPANY, catch_up=CatchUp.NONE),
    ),
    "say what an answer does": (
        Claim.ANSWERS,
        lambda c: c.desk.change_team("public", actor=SETUP, on_answer=OnAnswer.IGNORE),
    ),
    "open a ticket on a team that gives credit": (
        Claim.CREDITS,
        lambda c: c.open("crediting"),
    ),
    "give a member a capacity": (
        Claim.MEMBER_OPTIONS,
        lambda c: c.desk.change_team(
            "company", actor=SETUP, member_options={"ann": MemberOptions(capacity=1)}
        ),
    ),
    "open a ticket on a team that assigns": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.open("assigning"),
    ),
    "explain the next assignment": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.desk.explain_assignment("assigning", actor=SETUP),
    ),
    "serve those who wait": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.desk.assign_waiting(actor=System(reason="worker")),
    ),
    "close what saw nothing": (
        Claim.HISTORY,
        lambda c: c.desk.close_inactive(30, ["new"], actor=System(reason="worker")),
    ),
    "list those who wait": (
        Claim.ASSIGNMENT_ORDER,
        lambda c: c.desk.tickets(actor=SETUP, query=TicketFilter(waiting=True)),
    ),
    "change at a version": (
        Claim.VERSIONS,
        lambda c: c.desk.change_ticket("T-1", actor=SETUP, priority=3, expected_version=1),
    ),
    "reply at a version": (
        Claim.VERSIONS,
        lambda c: c.desk.reply("T-1", "Soon", actor="ann", expected_version=1),
    ),
    "merge": (Claim.MERGE, lambda c: c.desk.merge(["T-1", "T-2"], actor=SETUP)),
    "preview a merge": (Claim.MERGE, lambda c: c.desk.preview_merge(["T-1", "T-2"], actor=SETUP)),
    "un-merge": (Claim.UNMERGE, lambda c: c.desk.unmerge("merge-1", actor=SETUP)),
    "discard a pair": (
        Claim.DISCARDS,
        lambda c: c.desk.discard_duplicate("T-1", "T-2", actor=SETUP),
    ),
    "deliver": (Claim.OUTBOX, lambda c: c.desk.deliver()),
    "list what is dead": (Claim.OUTBOX, lambda c: c.desk.dead_letters(actor=SETUP)),
    "send it again": (Claim.OUTBOX, lambda c: c.desk.send_again([], actor=SETUP)),
    "receive a mail": (
        Claim.MAIL,
        lambda c: c.desk.receive(
            IncomingEmail(sender="pat@example.com", subject="Ink", text="None"),
            "public",
            verified=True,
            actor=SETUP,
        ),
    ),
    "list mails": (Claim.MAIL, lambda c: c.desk.mails("T-1", actor=SETUP)),
    "change a stage": (
        Claim.EDITABLE_STAGES,
        lambda c: c.desk.change_stage("new", actor=SETUP, name="N"),
    ),
    "read a history": (Claim.HISTORY, lambda c: c.desk.history("T-1", actor=SETUP)),
    "a stage's message once per ticket": (
        Claim.HISTORY,
        lambda c: c.desk.move("T-1", "once", actor=SETUP),
    ),
    "drag": (Claim.BOARD_ORDER, lambda c: c.desk.drag("T-1", "new", actor=SETUP, below="T-2")),
    "an idempotency key": (
        Claim.IDEMPOTENCY_KEYS,
        lambda c: c.desk.reply("T-1", "Soon", actor="ann", idempotency_key="k"),
    ),
    "an idempotency key of a change of level": (
        Claim.IDEMPOTENCY_KEYS,
        lambda c: c.desk.change_visibility(
            "company", Visibility.PUBLIC, actor=SETUP, idempotency_key="k"
        ),
    ),
    "open with tags": (Claim.TAGS, lambda c: c.open(tags=["ink"])),
    "open with fields of the host's": (Claim.HOST_FIELDS, lambda c: c.open(fields={"cost": 1})),
    "change a field of the host's": (
        Claim.HOST_FIELDS,
        lambda c: c.desk.change_ticket("T-1", actor=SETUP, fields={"cost": 1}),
    ),
    "change tags": (
        Claim.TAGS,
        lambda c: c.desk.change_ticket("T-1", actor=SETUP, tags={"ink"}),
    ),
    "list by tag": (
        Claim.TAGS,
        lambda c: c.desk.tickets(actor=SETUP, query=TicketFilter(tag="ink")),
    ),
    "count by tag": (
        Claim.TAGS,
        lambda c: c.desk.count(actor=SETUP, query=TicketFilter(tag="ink")),
    ),
    "group by tag": (
        Claim.TAGS,
        lambda c: c.desk.duplicate_groups(actor=SETUP, query=TicketFilter(tag="ink")),
    ),
    "log time": (Claim.TIME_ENTRIES, lambda c: c.desk.log_time("T-1", 5, actor="ann")),
    "search": (Claim.SEARCH, lambda c: c.desk.search("ink", actor=SETUP)),
    "read the time": (Claim.TIME_ENTRIES, lambda c: c.desk.time_entries("T-1", actor="ann")),
}
AWAY = Absence(user_id="ann", start=MONDAY)
#: Nothing is refused without these: see `test_closing_times_are_left_out`.
NEEDED_BY_NOTHING_YET = {Claim.CLOSING_TIMES}


@pytest.fixture
def small(tmp_path: Path) -> Company:
    """The small company with two tickets, a team that assigns, and a stage that writes once."""
    company = Company(MemoryRepository(), tmp_path)
    desk = company.desk
    desk.create_stage("Once", id="once", once_per_ticket=True, team_ids=["public"], actor=SETUP)
    company.team("assigning", Visibility.COMPANY, auto_assign=True)
    company.team("crediting", Visibility.COMPANY, auto_assign=True, catch_up=CatchUp.NONE)
    company.open("public", id="T-1", customer_id="pat")
    company.open("public", id="T-2")
    return company


def _everything(repository: MemoryRepository) -> Any:
    return repository._state.copy()


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_store_disclaims_is_refused_by_name(small: Company, name: str) -> None:
    """T7, V14: without its claim the use-case is refused by that name, and changes nothing."""
    claim, call = REFUSED[name]
    small.repository.claims = ALL_CLAIMS - {claim}
    before = _everything(small.repository)
    with pytest.raises(NotClaimedError) as refused:
        call(small)
    assert refused.value.claim == claim.value
    assert _everything(small.repository) == before


def test_every_claim_is_needed_by_something() -> None:
    """T7: each claim has a use-case in the table above, or none that needs it yet."""
    assert {claim for claim, _ in REFUSED.values()} | NEEDED_BY_NOTHING_YET == ALL_CLAIMS


@pytest.mark.parametrize("claim", Claim, ids=lambda claim: claim.value)
def test_the_rest_works_without_a_claim(small: Company, claim: Claim) -> None:
    """A1, G3, V10: a store that disclaims one thing opens, assigns, answers, moves and closes."""
    small.repository.claims = ALL_CLAIMS - {claim}
    desk = small.desk
    ticket = small.open("company", actor="ann")
    desk.reply(ticket.id, "Which printer?", actor="ann")
    desk.note(ticket.id, "Again", actor="bob")
    desk.assign(ticket.id, "bob", actor="ann")
    desk.transfer(ticket.id, "private", actor=SETUP)
    desk.follow_ticket(ticket.id, "emp", actor=SETUP)
    desk.close(ticket.id, actor="bob")
    assert desk.ticket(ticket.id, actor="bob").stage_id == "solved"
    assert desk.board(actor=SETUP).columns
    assert desk.duplicates(ticket.id, actor=SETUP) is not None
    assert len(desk.messages(ticket.id, actor="bob")) == 2
    assert desk.check() == ()


def test_closing_times_are_left_out(small: Company) -> None:
    """G3: a store without closing times closes and reopens, and is given no time for it."""
    small.repository.claims = ALL_CLAIMS - {Claim.CLOSING_TIMES}
    assert small.desk.close("T-1", actor=SETUP).closed_at is None
    assert small.desk.move("T-1", "new", actor=SETUP).closed_at is None


def test_the_order_of_assignments_is_left_out(small: Company) -> None:
    """A6: a store without the order is told of an assignment by hand, and of no number."""
    small.repository.claims = ALL_CLAIMS - {Claim.ASSIGNMENT_ORDER}
    small.desk.assign("T-1", "ann", actor=SETUP)
    loads = small.desk.workloads("public", actor=SETUP)
    assert (loads["ann"].total, loads["ann"].last_assigned) == (1, None)


def test_purging_needs_something_to_purge(small: Company) -> None:
    """T6: a store with neither outbox nor keys refuses to purge, with either of them it does."""
    both = {Claim.OUTBOX, Claim.IDEMPOTENCY_KEYS}
    for claims in (ALL_CLAIMS - {Claim.OUTBOX}, ALL_CLAIMS - {Claim.IDEMPOTENCY_KEYS}):
        small.repository.claims = claims
        assert small.desk.purge() == 0
    small.repository.claims = ALL_CLAIMS - both
    with pytest.raises(NotClaimedError):
        small.desk.purge()


def test_a_use_case_tells_nothing_before_the_right_to_see(small: Company) -> None:
    """V14: who may not see the ticket is told that it is absent, not what the store lacks."""
    from helpdesk_core import NotFoundError

    small.repository.claims = frozenset()
    for call in (
        lambda: small.desk.history("T-1", actor="con"),
        lambda: small.desk.merge(["T-1", "T-2"], actor="pia"),
        lambda: small.desk.change_ticket("T-1", actor="pia", expected_version=1, tags=["x"]),
    ):
        with pytest.raises(NotFoundError):
            call()
