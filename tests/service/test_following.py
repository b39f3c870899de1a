"""Who may let whom follow what: every inviter and every invitee, on every level."""

import itertools
from pathlib import Path

import pytest

from desks import SETUP, Company, repository_for
from helpdesk_core import HelpdeskError, NotFoundError, RefusedError, Visibility

INVITERS = ("emp", "ann", "lea", "root", "pat", "pia", "con", "nobody")
INVITEES = ("emp", "ann", "bob", "lea", "root", "pat", "pia", "con", "nobody")
LEVELS = [level.value for level in Visibility]
#: How somebody comes to a ticket before it begins: not at all, by following it, or by its team.
WAYS = ("none", "ticket", "team")


def may_see(user: str, level: str, way: str) -> bool:
    """V1-V4, V11, in one line each: whether somebody sees the ticket at the start."""
    if user in ("con", "nobody"):
        return False
    if user in ("pat", "pia"):
        return level == "public" and way == "ticket"
    return user == "root" or level != "private" or way != "none"


def expected(inviter: str, invitee: str, level: str, way: str, what: str) -> str:
    """What the rules say of one row: "ok", "refused" or "not found"."""
    if inviter == "nobody":
        return "not found"
    own = inviter == invitee
    if what == "ticket":
        if not may_see(inviter, level, way):
            return "not found"
        if not own and inviter not in ("ann", "lea", "root"):  # T5: to add others takes an agent
            return "refused"
    else:
        if inviter in ("pat", "pia", "con") or not may_see(inviter, level, way):
            return "not found"  # V3: nobody outside opens a team
        if not own and inviter not in ("lea", "root"):  # T5: to add others takes a lead
            return "refused"
        # V12: who was let in by one ticket gives the whole team to nobody, not to themselves either
        if level == "private" and way == "ticket" and inviter != "root":
            return "refused"
    return "not found" if invitee == "nobody" else "ok"


@pytest.mark.parametrize("store", ["memory", "sqlite"])
@pytest.mark.parametrize("level", LEVELS)
def test_who_may_let_whom_follow(store: str, level: str, tmp_path: Path) -> None:
    """V2, V3, V5, V10, V12, V14, T5: each inviter, invitee and way, of a ticket and of a team."""
    company = Company(repository_for(store, tmp_path), tmp_path)
    desk = company.desk
    rows = 0
    for number, (inviter, way, what, invitee) in enumerate(
        itertools.product(INVITERS, WAYS, ("ticket", "team"), INVITEES)
    ):
        team = f"{level}-{number}"
        company.team(team, Visibility(level))
        ticket = company.open(team)
        if inviter != "nobody" and way == "ticket":
            desk.follow_ticket(ticket.id, inviter, actor=SETUP)
        elif inviter != "nobody" and way == "team":
            desk.follow_team(team, inviter, actor=SETUP)
        before = company.desk.ticket(ticket.id, actor=SETUP), desk.team(team, actor=SETUP)
        call = desk.follow_ticket if what == "ticket" else desk.follow_team
        try:
            decision = call(ticket.id if what == "ticket" else team, invitee, actor=inviter)
            answer = "ok"
        except RefusedError:
            answer = "refused"
        except NotFoundError:
            answer = "not found"
        row = (level, way, what, inviter, invitee)
        assert answer == expected(inviter, invitee, level, way, what), row
        after = company.desk.ticket(ticket.id, actor=SETUP), desk.team(team, actor=SETUP)
        if answer != "ok":
            assert after == before, row
            continue
        followed = after[0] if what == "ticket" else after[1]
        assert invitee in followed.followers, row
        # V5: to be told and to view are two things; the decision says whether they can view
        outside = invitee in ("pat", "pia", "con")
        if what == "ticket":
            sees = not outside or (invitee != "con" and level == "public")
        else:
            sees = not outside
        assert decision.allowed is sees, row
        rows += 1
    assert rows > 60


def test_a_contact_follows_only_by_name(company: Company) -> None:
    """V4, V5, V9, T5: a contact follows when somebody inside names them, and not otherwise."""
    desk = company.desk
    ticket = company.open("public", customer_id="con")
    assert "con" not in ticket.followers, "to be the customer is not to follow"
    with pytest.raises(HelpdeskError):
        desk.follow_ticket(ticket.id, "con", actor="con")
    other = company.open("public", customer_id="con")
    desk.merge([ticket.id, other.id], actor="ann")
    desk.transfer(ticket.id, "company", actor="ann")
    desk.transfer(ticket.id, "public", actor="ann")
    desk.change_visibility("public", Visibility.COMPANY, actor="lea")
    desk.change_visibility("public", Visibility.PUBLIC, actor="lea", resubscribe_customers=True)
    assert "con" not in desk.ticket(ticket.id, actor=SETUP).followers
    decision = desk.follow_ticket(ticket.id, "con", actor="ann")
    assert (decision.allowed, decision.code) == (False, "visibility.contact")
    assert "con" in desk.ticket(ticket.id, actor=SETUP).followers
    assert company.reads("con") == set()
    with pytest.raises(RefusedError):  # a customer adds nobody
        desk.follow_ticket(company.open("public", actor="pat").id, "con", actor="pat")


def test_who_is_not_there_is_named_to_none_who_may_not_invite(company: Company) -> None:
    """V14, T5: without the right to add others, known and unknown people look the same."""
    ticket = company.open("public", actor="pat")
    for user in ("pia", "nobody"):
        with pytest.raises(RefusedError) as caught:
            company.desk.follow_ticket(ticket.id, user, actor="pat")
        assert (caught.value.code, str(caught.value)) == (
            "permission.role",
            "permission.role (use_case=ticket.invite)",
        )
