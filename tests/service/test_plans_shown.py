"""Every change of configuration is shown first, and done as it was shown or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    AccessLost,
    EmailTemplate,
    Helpdesk,
    IdempotencyKeyError,
    InvalidValueError,
    Plan,
    RefusedError,
    Role,
    SmsTemplate,
    Visibility,
)
from helpdesk_core.adapters.memory import MemoryRepository

Use = Callable[..., Any]


def test_two_stages_three_teams(company: Company) -> None:
    """G4: unfolding a shared stage shows how many where, must be confirmed, and writes nobody."""
    desk = company.desk
    desk.create_stage("Open", id="open", actor=SETUP)
    desk.create_stage(
        "Shelf",
        id="shelf",
        actor=SETUP,
        folded=True,
        email_template=EmailTemplate("Put aside: ${ticket.subject}", "Dear ${customer.name}"),
        sms_template=SmsTemplate("${ticket.subject}: put aside"),
    )
    tickets = []
    for team, number in (("one", 2), ("two", 1), ("three", 0)):
        company.team(team, Visibility.PUBLIC, stage_ids=["open", "shelf"])
        tickets += [company.open(team, customer_id="con") for _ in range(number)]
    for ticket in tickets:
        desk.move(ticket.id, "shelf", actor=SETUP)
    left = company.open("one", customer_id="con")
    assert len(company.deliver()) == 6, "entering the stage writes to the customer, twice"

    shown = desk.preview_fold("shelf", False, actor="root")
    assert dict(shown.per_team) == {"one": 2, "two": 1, "three": 0}
    assert (shown.allowed, shown.notices) == (True, ())
    assert shown.unconfirmed is not None
    assert shown.unconfirmed.reasons[0].parameters == {"tickets": 3}
    with pytest.raises(RefusedError) as caught:
        desk.unfold_stage("shelf", actor="root")
    assert caught.value.code == "stage.refused.not_confirmed"
    assert all(desk.ticket(t.id, actor=SETUP).closed_at is not None for t in tickets)

    done = desk.unfold_stage("shelf", actor="root", confirmed=shown)
    assert done.per_team == shown.per_team
    assert all(desk.ticket(t.id, actor=SETUP).closed_at is None for t in tickets)
    assert [company.names(t.id).count("TicketReopened") for t in (*tickets, left)] == [1, 1, 1, 0]
    assert company.deliver() == []
    assert desk.check() == ()


ORDER = ["working", "new", "solved", "cancelled"]

#: For each change: its preview, the change, and what makes another of it meanwhile.
CHANGES: dict[str, tuple[Use, Use, Use]] = {
    "fold": (
        lambda d, **o: d.preview_fold("working", True, **o),
        lambda d, **o: d.fold_stage("working", **o),
        lambda d: d.move("new", "working", actor=SETUP),
    ),
    "unfold": (
        lambda d, **o: d.preview_fold("solved", False, **o),
        lambda d, **o: d.unfold_stage("solved", **o),
        lambda d: d.move("done", "working", actor=SETUP),
    ),
    "the order of all": (
        lambda d, **o: d.preview_reorder(ORDER, **o),
        lambda d, **o: d.reorder_stages(ORDER, **o),
        lambda d: d.reorder_stages(["cancelled", *ORDER[:3]], actor=SETUP),
    ),
    "the order of a team": (
        lambda d, **o: d.preview_team_reorder("public", ORDER, **o),
        lambda d, **o: d.reorder_team_stages("public", ORDER, **o),
        lambda d: d.change_team("private", actor=SETUP, stage_ids=["new", "solved"]),
    ),
    "the removal of a stage": (
        lambda d, **o: d.preview_stage_removal("working", move_to="solved", **o),
        lambda d, **o: d.remove_stage("working", move_to="solved", **o),
        lambda d: d.change_user("con", actor=SETUP, phone=None),  # one SMS fewer
    ),
    "a stage taken from a team": (
        lambda d, **o: d.preview_stage_removal("working", team_id="public", move_to="new", **o),
        lambda d, **o: d.remove_stage("working", team_id="public", move_to="new", **o),
        lambda d: d.move("work", "new", actor=SETUP),
    ),
    "the level": (
        lambda d, **o: d.preview_visibility("public", Visibility.PRIVATE, **o),
        lambda d, **o: d.change_visibility("public", Visibility.PRIVATE, **o),
        lambda d: d.follow_ticket("work", "pia", actor=SETUP),
    ),
    "the members": (
        lambda d, **o: d.preview_team("public", member_ids=["bob"], **o),
        lambda d, **o: d.change_team("public", member_ids=["bob"], **o),
        lambda d: d.change_team("public", member_ids=["ann", "bob"], actor=SETUP),
    ),
    "the stages": (
        lambda d, **o: d.preview_team("public", stage_ids=["new", "working", "solved"], **o),
        lambda d, **o: d.change_team("public", stage_ids=["new", "working", "solved"], **o),
        lambda d: d.change_team("public", stage_ids=["new", "working", "solved"], actor=SETUP),
    ),
    "a name": (
        lambda d, **o: d.preview_team("public", name="Print", **o),
        lambda d, **o: d.change_team("public", name="Print", **o),
        lambda d: d.change_team("public", name="Ink", actor=SETUP),
    ),
}


def with_tickets(company: Company) -> Helpdesk:
    """One new ticket, one at work, one that is done, each with a customer."""
    for id, stage in (("new", None), ("work", "working"), ("done", "solved")):
        company.open("public", id=id, customer_id="con")
        if stage is not None:
            company.desk.move(id, stage, actor=SETUP)
    company.deliver()
    return company.desk


def as_it_is(desk: Helpdesk) -> list[Any]:
    """All that a change of configuration could change."""
    tickets = desk.tickets(actor=SETUP).items
    teams = desk.teams(actor=SETUP).items
    return [tickets, teams, [desk.stages(team.id, actor=SETUP) for team in teams]]


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_shown_is_done_or_refused(company: Company, name: str) -> None:
    """G4, G6, G10, T3, V18: what was shown is done, by whomever and later, or it is refused."""
    desk = with_tickets(company)
    preview, change, meanwhile = CHANGES[name]
    before = as_it_is(desk)
    shown = preview(desk, actor="root")
    assert isinstance(shown, Plan)
    assert shown.allowed
    assert as_it_is(desk) == before, "a preview changes nothing"

    meanwhile(desk)
    company.deliver()
    before = as_it_is(desk)
    for confirmed in (shown, shown.fingerprint):
        with pytest.raises(RefusedError) as caught:
            change(desk, actor="root", confirmed=confirmed)
        assert caught.value.code == "plan.refused.moved_on"
    assert as_it_is(desk) == before
    assert company.deliver() == []

    shown = preview(desk, actor="root")
    company.clock.advance(timedelta(days=1))
    with pytest.raises(InvalidValueError, match="confirmed must be the plan that was shown"):
        change(desk, actor=SETUP, confirmed=True)
    once = {"actor": SETUP, "idempotency_key": "k"}
    done = change(desk, confirmed=shown, **once)
    assert change(desk, confirmed=shown.fingerprint, **once) == done
    with pytest.raises(IdempotencyKeyError):
        change(desk, **once)
    assert len(company.deliver()) == len(shown.notices)
    after = as_it_is(desk)
    assert (after == before) == (not shown.changes)
    if shown.changes:  # and it is done once
        with pytest.raises((RefusedError, LookupError)):
            change(desk, actor="root", confirmed=shown)
    assert as_it_is(desk) == after
    assert desk.check() == ()


@pytest.mark.parametrize("name", CHANGES)
def test_a_preview_takes_the_same_rights(company: Company, name: str) -> None:
    """V14, T5: who may not change it is shown no preview of it, with the same words."""
    desk = with_tickets(company)
    preview, change, _ = CHANGES[name]
    for actor in ("ann", "pat", "con", "nobody"):
        said = []
        for call in (preview, change):
            with pytest.raises((RefusedError, LookupError)) as caught:
                call(desk, actor=actor)
            said.append((type(caught.value), str(caught.value)))
        assert said[0] == said[1]


#: What is refused, by the code: its preview, and the change.
REFUSED: dict[str, tuple[Use, Use]] = {
    "team.refused.not_eligible": (
        lambda d, **o: d.preview_team("public", member_ids=["ann", "emp"], **o),
        lambda d, **o: d.change_team("public", member_ids=["ann", "emp"], **o),
    ),
    "stage.refused.not_empty": (
        lambda d, **o: d.preview_team("public", stage_ids=["new", "solved"], **o),
        lambda d, **o: d.change_team("public", stage_ids=["new", "solved"], **o),
    ),
    "stage.refused.holds_tickets": (
        lambda d, **o: d.preview_stage_removal("working", **o),
        lambda d, **o: d.remove_stage("working", **o),
    ),
    "stage.refused.not_a_permutation": (
        lambda d, **o: d.preview_reorder(["new"], **o),
        lambda d, **o: d.reorder_stages(["new"], **o),
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_preview_says_why_not(company: Company, code: str) -> None:
    """T3, G6, G10: what would be refused is shown as refused, and stays so when confirmed."""
    desk = with_tickets(company)
    preview, change = REFUSED[code]
    shown = preview(desk, actor="root")
    assert (shown.decision.code, shown.changes, shown.events) == (code, (), ())
    for confirmed in (None, shown):
        with pytest.raises(RefusedError) as caught:
            change(desk, actor="root", confirmed=confirmed)
        assert caught.value.decision == shown.decision


def test_a_removal_shows_what_it_moves(company: Company) -> None:
    """G10, G8: before a stage goes, it is shown how many tickets move where, and who is told."""
    desk = with_tickets(company)
    held = desk.preview_stage_removal("working", actor="root").per_team
    assert dict(held) == {"company": 0, "private": 0, "public": 1}
    shown = desk.preview_stage_removal("working", move_to="solved", actor="root")
    assert [(n.recipient_id, n.channel.value) for n in shown.notices] == [
        ("con", "email"),
        ("con", "sms"),
    ]
    desk.remove_stage("working", move_to="solved", actor="root", confirmed=shown)
    assert [n.recipient_id for n in shown.notices] == ["con"] * len(company.deliver())


def test_an_order_shows_who_sees_it(company: Company) -> None:
    """G6: before an order is changed, the teams that see it are named; others see nothing new."""
    company.team("small", Visibility.COMPANY, stage_ids=["new", "cancelled"])
    desk = company.desk
    assert set(desk.preview_reorder(ORDER, actor="root").other_team_ids) == {
        "company",
        "private",
        "public",
    }
    shown = desk.preview_team_reorder("public", ORDER, actor="root")
    assert set(shown.other_team_ids) == {"company", "private"}


def test_a_change_of_members_shows_who_may_see(company: Company) -> None:
    """V10, T3, V18: members who follow come to see a PRIVATE team, and see less when they leave."""
    desk = company.desk
    company.team("inner", Visibility.PRIVATE, members_follow=True, member_ids=["ann", "bob"])
    company.open("inner", id="one", assignee_id="ann")
    company.open("inner", id="two")
    shown = desk.preview_team("inner", member_ids=["bob", "cyd"], actor="root")
    assert (shown.joined, shown.left, shown.gains_access) == (("cyd",), ("ann",), ("cyd",))
    assert shown.loses_access == (AccessLost(user_id="ann", ticket_ids=None, kept=("one",)),)
    assert (company.reads("ann"), company.reads("cyd")) == ({"one", "two"}, set())
    desk.assign("two", "ann", actor=SETUP)  # then she keeps more than was shown
    with pytest.raises(RefusedError):
        desk.change_team("inner", member_ids=["bob", "cyd"], actor="root", confirmed=shown)
    desk.assign("two", None, actor=SETUP)
    desk.change_team("inner", member_ids=["bob", "cyd"], actor="root", confirmed=shown)
    assert (company.reads("ann"), company.reads("cyd")) == ({"one"}, {"one", "two"})


def test_a_change_of_company_shows_who_may_see(tmp_path: Path) -> None:
    """V18, T1: with company_scope it is shown who sees a team no more that goes elsewhere."""
    scoped = Company(MemoryRepository(), tmp_path, company_scope=True)
    desk = scoped.desk
    for name, company in (("ann", "North"), ("bob", "South"), ("pat", "North")):
        desk.change_user(name, actor=SETUP, company=company)
    desk.change_user("cyd", actor=SETUP, roles=[Role.AGENT], company="North")
    scoped.team("branch", Visibility.COMPANY, company="North", member_ids=["ann"])
    shown = desk.preview_team("branch", company="South", actor=SETUP)
    assert {lost.user_id for lost in shown.loses_access} == {"ann", "cyd"}
    assert shown.gains_access == ("bob",)
    assert shown.others_gain_access
    assert shown.others_lose_access
    desk.change_team("branch", company="South", actor=SETUP, confirmed=shown)
