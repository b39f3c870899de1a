"""Where a ticket may go by whose hand, through the service, over each kind of store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    AllowedMoves,
    Helpdesk,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    System,
    Visibility,
)

#: Agents go one step on, employees and customers nowhere; leads and administrators are not named.
TABLE = AllowedMoves(
    {
        "agent": [("new", "working"), ("working", "solved"), ("solved", "working")],
        "employee": [],
        "portal": [],
    }
)


@pytest.fixture
def limited(company: Company) -> Company:
    """A company that limits its agents."""
    company.desk._moves = TABLE
    return company


def _refused(call: Any, *arguments: Any, **options: Any) -> Any:
    with pytest.raises(RefusedError) as caught:
        call(*arguments, **options)
    assert caught.value.code == "stage.refused.move_not_allowed"
    return dict(caught.value.decision.reasons[0].parameters)


def _to(company: Company, ticket_id: Any, actor: Any) -> list[Any]:
    return [stage.id for stage in company.desk.allowed_moves(ticket_id, actor=actor)]


def test_moves_are_limited_by_role(limited: Company) -> None:
    """T5, V19: a move that the role may not make is refused, with the stages that are allowed."""
    ticket = limited.open()
    told = _refused(limited.desk.move, ticket.id, "cancelled", actor="ann")
    assert told == {"from_stage_id": "new", "stage_id": "cancelled", "allowed": ("working",)}
    assert limited.desk.ticket(ticket.id, actor="ann") == ticket, "nothing was changed"
    assert limited.desk.move(ticket.id, "working", actor="ann").stage_id == "working"
    assert limited.desk.move(ticket.id, "solved", actor="ann").closed_at is not None


def test_the_system_and_roles_not_named_are_not_limited(limited: Company) -> None:
    """T5, V11: the system, an administrator, and an agent who is a lead too go everywhere."""
    for actor in (SETUP, "root", "lea"):
        ticket = limited.open()
        assert limited.desk.move(ticket.id, "cancelled", actor=actor).stage_id == "cancelled"


def test_an_agent_is_not_let_through_as_an_employee(company: Company) -> None:
    """T5: agents are employees too, and are limited though employees are not named."""
    company.desk._moves = AllowedMoves({"agent": []})
    ticket = company.open()
    assert _refused(company.desk.move, ticket.id, "working", actor="ann")["allowed"] == ()
    assert _to(company, ticket.id, "ann") == []


def test_closing_is_a_move(limited: Company) -> None:
    """T5: closing asks the table too, of customers who close their own as well."""
    ticket = limited.open("public", actor="pat")
    told = _refused(limited.desk.close, ticket.id, actor="ann")
    assert told == {"from_stage_id": "new", "stage_id": "solved", "allowed": ("working",)}
    assert _refused(limited.desk.close, ticket.id, actor="pat")["allowed"] == ()
    mine = limited.open("company", actor="emp")
    _refused(limited.desk.close, mine.id, actor="emp")
    assert limited.desk.close(ticket.id, actor="lea").stage_id == "solved"


def test_who_may_not_move_is_not_told_where_others_could(company: Company) -> None:
    """V15, T5: a customer whose closing is refused is not told the stages of the team."""
    company.desk._moves = AllowedMoves({"portal": [("new", "cancelled")]})
    ticket = company.open("public", actor="pat")
    assert _refused(company.desk.close, ticket.id, actor="pat")["allowed"] == ()
    assert _to(company, ticket.id, "pat") == []


def test_staying_is_no_move(limited: Company) -> None:
    """G8: the same stage again is never refused, and closing what is closed is not either."""
    ticket = limited.open()
    assert limited.desk.move(ticket.id, "new", actor="ann") == ticket
    limited.desk.move(ticket.id, "cancelled", actor=SETUP)
    assert limited.desk.close(ticket.id, actor="ann").stage_id == "cancelled"


def test_what_is_wrong_anyhow_is_said_first(limited: Company) -> None:
    """G5, V14: an unknown stage, one of another team, and a hidden ticket are what they were."""
    limited.team("few", Visibility.COMPANY, stage_ids=["new", "working"])
    ticket = limited.open("few")
    with pytest.raises(NotFoundError):
        limited.desk.move(ticket.id, "nowhere", actor="ann")
    with pytest.raises(RefusedError) as caught:
        limited.desk.move(ticket.id, "cancelled", actor="ann")
    assert caught.value.code == "stage.refused.not_in_team"
    with pytest.raises(NotFoundError):
        limited.desk.move(limited.open("private").id, "cancelled", actor="emp")


def test_what_follows_by_itself_is_not_limited(limited: Company) -> None:
    """G9, M13, G10: a change of team, a merge and the removal of a stage ask no table."""
    limited.desk._moves = AllowedMoves({"agent": [], "administrator": []})
    limited.team("other", Visibility.COMPANY, stage_ids=["working", "cancelled"])
    ticket = limited.open()
    assert limited.desk.transfer(ticket.id, "other", actor="ann").stage_id == "working"
    closed, open_ = limited.open(), limited.open()
    limited.desk.close(closed.id, actor=SETUP)
    limited.desk.merge([closed.id, open_.id], actor="ann")
    assert limited.desk.ticket(closed.id, actor="ann").stage_id == "new"
    limited.desk.remove_stage("cancelled", move_to="working", actor="root")
    limited.desk.remove_stage("working", team_id="public", move_to="new", actor="root")


def test_where_a_ticket_may_go(limited: Company) -> None:
    """G6, V13, V14: the stages that somebody may move the ticket to, in order, its own left out."""
    limited.team("few", Visibility.COMPANY, stage_ids=["cancelled", "working", "new"])
    ticket = limited.open("few")
    assert _to(limited, ticket.id, "ann") == ["working"]
    assert _to(limited, ticket.id, "lea") == ["working", "cancelled"]
    assert _to(limited, ticket.id, System(reason="a test")) == ["working", "cancelled"]
    assert _to(limited, ticket.id, "emp") == [], "who may not move has nowhere to go"
    limited.desk.move(ticket.id, "working", actor="ann")
    assert _to(limited, ticket.id, "ann") == [], "the team has no stage Solved"
    hidden = limited.open("private")
    for id in (hidden.id, "absent"):
        with pytest.raises(NotFoundError):
            limited.desk.allowed_moves(id, actor="emp")


def test_a_tombstone_goes_nowhere(limited: Company) -> None:
    """M8: what was merged away may be moved nowhere by anybody."""
    master, gone = limited.open(), limited.open()
    limited.desk.merge([master.id, gone.id], actor=SETUP)
    assert [_to(limited, gone.id, actor) for actor in ("ann", "root", SETUP)] == [[], [], []]
    assert _to(limited, master.id, "ann") == ["working"]


def test_what_is_shown_is_what_is_done(limited: Company) -> None:
    """T5, V13: for each person and stage a move is made exactly when the list shows it."""
    everywhere = ["new", "working", "solved", "cancelled"]
    for actor in ("ann", "emp", "lea", "root", SETUP):
        for start in everywhere:
            ticket = limited.open()
            limited.desk.move(ticket.id, start, actor=SETUP)
            shown = _to(limited, ticket.id, actor)
            for to in everywhere:
                if to in shown:
                    assert limited.desk.move(ticket.id, to, actor=actor).stage_id == to
                    limited.desk.move(ticket.id, start, actor=SETUP)
                elif to != start:
                    with pytest.raises(RefusedError):
                        limited.desk.move(ticket.id, to, actor=actor)


def test_no_table_of_another_kind(tmp_path: Path) -> None:
    """T5: a help desk is not made with a table that could not be asked."""
    ports: Any = (None, None, None, None)
    with pytest.raises(InvalidValueError, match="moves must be AllowedMoves"):
        Helpdesk(*ports, moves={"agent": []})  # type: ignore[arg-type]
