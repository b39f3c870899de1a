"""The pool that a team had last is asked about first, and never taken for the pool it has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import NotFoundError, Role, User, UserKind, Visibility
from helpdesk_core.adapters.memory import MemoryCalendar


class _Asked(MemoryCalendar):
    """A calendar that notes who it is asked about, and how far."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[set[Any], timedelta]] = []

    def absences(self, user_ids: Any, since: Any, until: Any) -> Any:
        """As asked, and noted."""
        self.asked.append((set(user_ids), until - since))
        return super().absences(user_ids, since, until)


def _team(company: Company, **settings: Any) -> _Asked:
    """A team of ann and bob that assigns by itself and has had a ticket; the desk's calendar."""
    settings = {"member_ids": ["ann", "bob"], "auto_assign": True} | settings
    company.team("quick", Visibility.PUBLIC, **settings)
    calendar = company.desk._calendar = _Asked()
    company.open("quick")
    calendar.asked.clear()
    return calendar


YEAR = timedelta(days=366)


def _joins(company: Company) -> None:
    company.desk.change_team("quick", member_ids=["cyd", "ann", "bob"], actor=SETUP)


def _leaves(company: Company) -> None:
    company.desk.change_team("quick", member_ids=["bob"], actor=SETUP)


def _is_no_agent(company: Company) -> None:
    company.desk.change_user("ann", roles=set(), actor=SETUP)


def _looks_less_far(company: Company) -> None:
    company.desk.change_team("quick", horizon=timedelta(days=7), actor=SETUP)


@pytest.mark.parametrize(
    ("change", "pool", "far"),
    [
        (_joins, {"cyd", "ann", "bob"}, YEAR),
        (_leaves, {"bob"}, YEAR),
        (_is_no_agent, {"bob"}, YEAR),
        (_looks_less_far, {"ann", "bob"}, timedelta(days=7)),
    ],
)
def test_a_pool_that_is_another_is_looked_up(
    company: Company, change: Callable[[Company], None], pool: set[str], far: timedelta
) -> None:
    """T3, A2, A11, A18: after a change the calendar is asked about the pool as it is now."""
    calendar = _team(company)
    change(company)
    ticket = company.open("quick")
    assert ticket.assignee_id in pool
    assert calendar.asked == [({"ann", "bob"}, YEAR), (pool, far)]
    assert company.open("quick").assignee_id in pool
    assert calendar.asked[2:] == [(pool, far)]
    assert company.desk.check() == ()


def test_a_team_that_assigns_no_more_asks_no_more(company: Company) -> None:
    """A1: with automatic assignment off nobody is asked about, but for once."""
    calendar = _team(company)
    company.desk.change_team("quick", auto_assign=False, actor=SETUP)
    assert [company.open("quick").assignee_id for _ in range(3)] == [None] * 3
    assert len(calendar.asked) == 1
    company.desk.change_team("quick", auto_assign=True, actor=SETUP)
    assert company.open("quick").assignee_id == "bob"
    assert len(calendar.asked) == 2


def test_who_is_refused_learns_nothing_from_the_calendar(company: Company) -> None:
    """V14: what is remembered of a team is of no use to who may no longer know of it."""
    calendar = _team(company)
    for _ in range(2):
        assert company.open("quick", actor="pat").assignee_id in {"ann", "bob"}
    assert len(calendar.asked) == 2
    company.desk.change_visibility("quick", Visibility.COMPANY, actor=SETUP)
    for _ in range(3):
        with pytest.raises(NotFoundError):
            company.open("quick", actor="pat")
    assert len(calendar.asked) == 3  # of what was known to them, once


def test_a_pool_of_everybody_grows(company: Company) -> None:
    """A2, A14: in a team that names nobody a new agent is in the pool at once."""
    calendar = _team(company, member_ids=[])
    zoe = User(id="zoe", name="Zoe", kind=UserKind.INTERNAL, roles={Role.AGENT})
    company.desk.add_user(zoe, actor=SETUP)
    given = {company.open("quick").assignee_id for _ in range(5)}
    assert given >= {"zoe", "lea", "cyd"}
    assert [len(asked) for asked, _ in calendar.asked] == [4, 5, 5, 5, 5, 5]


def test_a_pool_that_does_not_change_is_asked_about_once_a_ticket(company: Company) -> None:
    """A9: the calendar is asked anew for each ticket, and who is away then gets none."""
    calendar = _team(company)
    calendar.known_absences = company.calendar.known_absences
    company.away("ann")
    assert [company.open("quick").assignee_id for _ in range(3)] == ["bob"] * 3
    assert len(calendar.asked) == 3
