"""A change of level, shown before it is done, and why somebody sees a ticket or does not."""

from pathlib import Path

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    InvalidValueError,
    NotFoundError,
    RefusedError,
    Role,
    User,
    UserKind,
    Visibility,
    explain,
)
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.events import AccessNarrowed
from helpdesk_core.visibility import AccessLost


def lost(user: str, ticket_ids: tuple | None, kept: tuple = ()) -> AccessLost:
    """What somebody loses."""
    return AccessLost(user_id=user, ticket_ids=ticket_ids, kept=kept)


# --- who loses access, who is still told -----------------------------------------------------


def test_preview_of_a_way_into_the_company(company: Company) -> None:
    """V18, V6, V9, V20: away from PUBLIC the portal users are named with what they lose."""
    desk = company.desk
    one = company.open("public", actor="pat", id="one")
    company.open("public", id="two", customer_id="con")
    desk.follow_ticket("two", "pia", actor="ann")
    desk.follow_ticket("one", "con", actor="ann")
    desk.follow_team("public", "pia", actor="lea")
    desk.close(one.id, actor="pat")
    plan = desk.preview_visibility("public", Visibility.COMPANY, actor="lea")
    assert set(plan.loses_access) == {lost("pat", ("one",)), lost("pia", ("two",))}
    assert plan.others_lose_access is False
    assert set(plan.removed_from) == {("pat", "one"), ("pia", "two"), ("pia", None)}
    # the customer of one is still told of public replies, and so are contacts (V20, V5)
    assert set(plan.still_notified) == {("con", "one"), ("pat", "one"), ("con", "two")}
    assert company.reads("pat") == {"one"}, "nothing was done"
    done = desk.change_visibility("public", Visibility.COMPANY, actor="lea", confirmed=plan)
    assert done.fingerprint == plan.fingerprint
    assert company.reads("pat") == company.reads("pia") == set()
    company.deliver()
    desk.reply("one", "Hello", actor="ann")
    assert {m.recipient_id for m in company.deliver()} == {"con", "pat"}


def test_preview_of_a_way_into_privacy(company: Company) -> None:
    """V18, V2, V8, V10, V11: who is not invited loses the team, and keeps what invites them."""
    desk = company.desk
    company.open("company", id="one", assignee_id="ann")
    company.open("company", id="two")
    desk.follow_team("company", "bob", actor="bob")
    desk.follow_ticket("two", "emp", actor="emp")
    plan = desk.preview_visibility("company", Visibility.PRIVATE, actor="lea")
    assert set(plan.loses_access) == {
        lost("ann", None, ("one",)),
        lost("emp", None, ("two",)),
        lost("cyd", None),
        lost("lea", None),
    }
    assert plan.others_lose_access is True
    assert (plan.removed_from, plan.resubscribed) == ((), ())
    assert set(plan.still_notified) == {("bob", None), ("ann", "one"), ("emp", "two")}
    desk.change_visibility("company", Visibility.PRIVATE, actor="lea", confirmed=plan)
    reads = {user: company.reads(user) for user in ("ann", "bob", "cyd", "emp", "lea", "root")}
    assert reads == {
        "ann": {"one"},
        "bob": {"one", "two"},
        "cyd": set(),
        "emp": {"two"},
        "lea": set(),
        "root": {"one", "two"},
    }


def test_widening_takes_nothing(company: Company) -> None:
    """V18, V7: by widening nobody loses anything; who comes back, when asked for, is named."""
    desk = company.desk
    company.open("company", id="one", customer_id="pat")
    desk.unfollow_ticket("one", "pat", actor=SETUP)
    plan = desk.preview_visibility("company", Visibility.PUBLIC, actor="lea")
    assert (plan.loses_access, plan.others_lose_access, plan.resubscribed) == ((), False, ())
    back = desk.preview_visibility(
        "company", Visibility.PUBLIC, actor="lea", resubscribe_customers=True
    )
    assert back.resubscribed == (("pat", "one"),)
    assert back.fingerprint != plan.fingerprint
    same = desk.preview_visibility("company", Visibility.COMPANY, actor="lea")
    assert (same.decision.code, same.changes) == ("visibility.unchanged", ())


def test_of_another_company_nobody_loses_what_they_had_not(tmp_path: Path) -> None:
    """V18, T1: with company_scope the employees of another company lose nothing."""
    scoped = Company(MemoryRepository(), tmp_path, company_scope=True)
    scoped.desk.change_user("ann", actor=SETUP, company="North")
    scoped.desk.change_user("bob", actor=SETUP, company="South")
    scoped.team("south", Visibility.COMPANY, company="South", member_ids=["bob"])
    plan = scoped.desk.preview_visibility("south", Visibility.PRIVATE, actor=SETUP)
    assert {one.user_id for one in plan.loses_access} == {"bob"}


# --- what was shown is what is done ----------------------------------------------------------


def test_what_was_shown_is_done_or_refused(company: Company) -> None:
    """V18, V6: a plan that somebody agreed to is carried out as shown, or refused by name."""
    desk = company.desk
    company.open("public", actor="pat", id="one")
    shown = desk.preview_visibility("public", Visibility.COMPANY, actor="lea")
    meanwhile = (
        lambda: desk.follow_ticket("one", "pia", actor="ann"),  # one more would be removed
        lambda: desk.follow_ticket("one", "con", actor="ann"),  # one more would still be told
        lambda: desk.change_user("pat", active=False, actor=SETUP),  # one fewer loses access
    )
    for change in meanwhile:
        change()
        with pytest.raises(RefusedError) as caught:
            desk.change_visibility("public", Visibility.COMPANY, actor="lea", confirmed=shown)
        assert caught.value.code == "plan.refused.moved_on"
        assert desk.team("public", actor=SETUP).visibility is Visibility.PUBLIC
        assert "pat" in desk.ticket("one", actor=SETUP).followers
        shown = desk.preview_visibility("public", Visibility.COMPANY, actor="lea")
    with pytest.raises(RefusedError):  # it is not the plan of another level
        desk.change_visibility("public", Visibility.PRIVATE, actor="lea", confirmed=shown)
    company.open("public", id="new")  # a ticket that concerns nobody outside changes nothing
    done = desk.change_visibility("public", Visibility.COMPANY, actor="lea", confirmed=shown)
    assert {user for user, _ in done.removed_from} == {"pat", "pia"}
    with pytest.raises(RefusedError):  # and it is done once
        desk.change_visibility("public", Visibility.COMPANY, actor="lea", confirmed=shown)


def test_a_host_is_told_to_revoke(company: Company) -> None:
    """V6, V16, V18: narrowing a team, or a ticket's way into a narrower one, is an event of ids."""
    desk = company.desk
    company.open("public", actor="pat", id="one")
    desk.follow_ticket("one", "con", actor="ann")
    desk.transfer("one", "company", actor="ann")
    (event,) = _narrowed(desk.history("one", actor=SETUP))
    assert (event.ticket_id, event.team_id, event.user_ids) == ("one", "company", ("pat",))
    assert _narrowed(desk.history("one", actor="ann")), "those inside may know"
    desk.transfer("one", "public", actor="ann")
    assert len(_narrowed(desk.history("one", actor=SETUP))) == 1, "widening revokes nothing"
    company.open("company", id="two")
    desk.transfer("two", "private", actor="root")
    (event,) = _narrowed(desk.history("two", actor=SETUP))
    assert (event.team_id, event.user_ids) == ("private", ())
    company.open("public", actor="pia", id="three")
    (event,) = _narrowed(desk.change_visibility("public", Visibility.COMPANY, actor="lea").events)
    assert (event.ticket_id, event.team_id, event.user_ids) == (None, "public", ("pia",))
    wider = desk.change_visibility("public", Visibility.PUBLIC, actor="lea")
    assert _narrowed(wider.events) == []


def _narrowed(events) -> list[AccessNarrowed]:
    return [event for event in events if isinstance(event, AccessNarrowed)]


def test_only_who_sees_the_whole_team_may_change_it(company: Company) -> None:
    """V12, V14, V18: a lead whom one ticket let in neither previews nor changes the team."""
    desk = company.desk
    company.open("private", id="one")
    company.open("private", id="two")
    for call in (
        lambda: desk.preview_visibility("private", Visibility.COMPANY, actor="lea"),
        lambda: desk.change_visibility("private", Visibility.COMPANY, actor="lea"),
        lambda: desk.change_team("private", name="Mine", actor="lea"),
        lambda: desk.preview_team("private", auto_assign=True, actor="lea"),
        lambda: desk.workloads("private", actor="lea"),
        lambda: desk.explain_assignment("private", actor="lea"),
    ):
        with pytest.raises(NotFoundError):
            call()
        desk.follow_ticket("one", "lea", actor=SETUP)
        with pytest.raises(RefusedError) as caught:
            call()
        assert caught.value.code == "visibility.refused.not_the_whole_team"
        desk.unfollow_ticket("one", "lea", actor=SETUP)
    desk.follow_team("private", "lea", actor=SETUP)
    assert desk.preview_visibility("private", Visibility.COMPANY, actor="lea").allowed
    assert desk.workloads("private", actor="lea") == {}
    with pytest.raises(InvalidValueError, match="to must be a Visibility"):
        desk.preview_visibility("private", "company", actor="lea")


# --- why somebody sees it, or not ------------------------------------------------------------


def test_why_somebody_sees_a_ticket_or_not(company: Company) -> None:
    """V17, V19: why, or why not and what would have to change, in codes and in words."""
    desk = company.desk
    company.open("private", id="one", assignee_id="ann")
    desk.follow_team("private", "lea", actor=SETUP)
    why = desk.explain_access("one", "ann", actor="lea")
    assert [reason.code for reason in why.decision.reasons] == [
        "visibility.follows_ticket",
        "visibility.assignee",
    ]
    assert explain(why) == "Yes. The user follows the ticket. The ticket is assigned to the user."
    not_bob = desk.explain_access("one", "bob", actor="lea")
    assert explain(not_bob) == (
        "No. The user does not follow what is shown to followers only. To see it: "
        "One of these is enough: The user must follow the ticket. The user must follow the team. "
        "The ticket must be assigned to the user. The team must be open to the company. "
        "The team must be public."
    )
    assert explain(desk.explain_access("one", "con", actor="root")) == (
        "No. A contact has no login and can open nothing. "
        "No change of the ticket or its team would help."
    )
    pat = desk.explain_access("one", "pat", actor="root")
    assert [reason.code for reason in pat.needs] == [
        "visibility.needs.follow_ticket",
        "visibility.needs.public_level",
    ]
    emp = desk.explain_access("one", "emp", actor="root")
    assert "visibility.needs.assignment" not in {r.code for r in emp.needs_one_of}, "no agent"


def test_who_may_ask_why(company: Company) -> None:
    """V14, V19, T5: only who may change the team, and sees the ticket, is told who sees it."""
    desk = company.desk
    company.open("private", id="hidden")
    company.open("company", id="open")
    for actor in ("lea", "ann", "pat", "con"):
        for ticket in ("hidden", "absent"):
            with pytest.raises(NotFoundError, match=f"ticket '{ticket}' not found"):
                desk.explain_access(ticket, "bob", actor=actor)
    for actor in ("ann", "emp"):
        for user in ("bob", "absent"):
            with pytest.raises(RefusedError) as caught:
                desk.explain_access("open", user, actor=actor)
            assert caught.value.code == "permission.role"
    assert desk.explain_access("open", "bob", actor="lea").decision.allowed
    with pytest.raises(NotFoundError, match="user 'absent' not found"):
        desk.explain_access("open", "absent", actor="lea")
    gone = User(id="gone", name="Gone", kind=UserKind.INTERNAL, roles={Role.AGENT}, active=False)
    desk.add_user(gone, actor=SETUP)
    assert explain(desk.explain_access("open", "gone", actor="root")) == (
        "No. The user is not active. To see it: The user must be active."
    )
