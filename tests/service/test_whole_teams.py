"""Who was let into a PRIVATE team by one ticket sees that ticket, and nothing of the rest."""

from collections.abc import Callable
from typing import Any

import pytest

from desks import MONDAY, SETUP, Company
from helpdesk_core import NotFoundError, RefusedError, Role, Visibility, explain

#: What is about a team as a whole: to set it up, to invite to it, to read its figures.
OF_THE_WHOLE: dict[str, Callable[[Any, str, str], Any]] = {
    "follow it": lambda desk, team, who: desk.follow_team(team, who, actor=who),
    "invite to it": lambda desk, team, who: desk.follow_team(team, "bob", actor=who),
    "end an invitation": lambda desk, team, who: desk.unfollow_team(team, "bob", actor=who),
    "rename it": lambda desk, team, who: desk.change_team(team, actor=who, name="Mine"),
    "name members who follow": lambda desk, team, who: desk.change_team(
        team, actor=who, member_ids=[who], members_follow=True
    ),
    "preview its settings": lambda desk, team, who: desk.preview_team(
        team, actor=who, auto_assign=True
    ),
    "preview its level": lambda desk, team, who: desk.preview_visibility(
        team, Visibility.PUBLIC, actor=who
    ),
    "preview its stages": lambda desk, team, who: desk.preview_team_reorder(
        team, ["working", "new", "solved", "cancelled"], actor=who
    ),
    "preview a stage less": lambda desk, team, who: desk.preview_stage_removal(
        "cancelled", team_id=team, actor=who
    ),
    "read its counts": lambda desk, team, who: desk.workloads(team, actor=who),
    "see who is next": lambda desk, team, who: desk.explain_assignment(team, actor=who),
    "see who is there": lambda desk, team, who: desk.coverage(team, MONDAY, MONDAY, actor=who),
    "reorder its stages": lambda desk, team, who: desk.reorder_team_stages(
        team, ["working", "new", "solved", "cancelled"], actor=who
    ),
    "give it a stage": lambda desk, team, who: desk.create_stage(
        "Later", id="later", actor=who, team_ids=[team]
    ),
    "take a stage from it": lambda desk, team, who: desk.remove_stage(
        "cancelled", team_id=team, actor=who
    ),
    "change its level": lambda desk, team, who: desk.change_visibility(
        team, Visibility.PUBLIC, actor=who
    ),
}


def let_in(company: Company) -> str:
    """A lead with every right but one: they follow a single ticket of the PRIVATE team."""
    company.desk._permissions = {use_case: {"team_lead"} for use_case in company.desk._permissions}
    company.desk.change_user("lea", actor=SETUP, roles={Role.TEAM_LEAD, Role.AGENT})
    company.open("private", id="secret", assignee_id="cyd")
    company.open("private", id="one")
    company.desk.follow_ticket("one", "lea", actor=SETUP)
    return "lea"


def test_one_ticket_gives_no_more_than_itself(company: Company) -> None:
    """V2, V12, V14, T2: a single followed ticket opens a PRIVATE team for looking only."""
    who = let_in(company)
    before = company.desk.team("private", actor=who)
    for name, call in OF_THE_WHOLE.items():
        with pytest.raises(RefusedError) as caught:
            call(company.desk, "private", who)
        assert caught.value.code == "visibility.refused.not_the_whole_team", name
        assert explain(caught.value.decision) == (
            "No. The user may open the team private for a ticket of theirs, and does not see all "
            "of it."
        )
    assert company.reads(who) == {"one"}
    assert company.desk.team("private", actor=who) == before
    company.desk.follow_team("private", who, actor=SETUP)
    for call in OF_THE_WHOLE.values():
        call(company.desk, "private", who)  # refused to nobody who sees all of it


def test_what_is_of_the_whole_team_is_not_there_for_others(company: Company) -> None:
    """V14: who sees nothing of a PRIVATE team is told that there is no such team."""
    let_in(company)
    company.desk.unfollow_ticket("one", "lea", actor=SETUP)
    for name, call in OF_THE_WHOLE.items():
        for team in ("private", "missing"):
            with pytest.raises(NotFoundError) as caught:
                call(company.desk, team, "lea")
            assert str(caught.value) == f"team {team!r} not found", name


def test_one_leaves_a_team_by_oneself(company: Company) -> None:
    """V17: to stop following a team oneself takes no right to see the whole of it."""
    let_in(company)
    company.desk._permissions = {**company.desk._permissions, "team.follow": {"employee"}}
    assert company.desk.unfollow_team("private", "lea", actor="lea").code == (
        "visibility.follows_a_ticket"
    )


def test_history_shows_no_count_of_a_team_that_one_does_not_see(company: Company) -> None:
    """V12, T2, A20: a choice is told without the team's counts to who sees one ticket only."""
    company.team("inner", Visibility.PRIVATE, auto_assign=True, member_ids=["ann"])
    for _ in range(3):
        given = company.open("inner")
    company.desk.follow_ticket(given.id, "bob", actor=SETUP)
    company.desk.follow_team("inner", "cyd", actor=SETUP)

    def count(viewer: str) -> Any:
        history = company.desk.history(given.id, actor=viewer)
        [told] = [(e.count, e.tie_breaker) for e in history if e.name == "TicketAssigned"]
        return told

    assert count("cyd") == (2, "fewest")
    assert count("bob") == (None, None)
