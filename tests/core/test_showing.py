"""What somebody is shown of a ticket, a stage and a history: an allow-list, and nothing unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import (
    FollowSource,
    Role,
    Stage,
    System,
    Ticket,
    User,
    UserKind,
)
from helpdesk_core.events import (
    EVENT_TYPES,
    DuplicateDiscarded,
    Event,
    MessagePosted,
    TicketAssigned,
    TicketChanged,
    TicketMergedAway,
    TicketOpened,
    TicketsMerged,
    TicketsUnmerged,
    TicketTransferred,
)
from helpdesk_core.templates import EmailTemplate, SmsTemplate
from helpdesk_core.visibility.showing import (
    STAGE_OUTSIDE,
    TICKET_OUTSIDE,
    named_by,
    shown_event,
    shown_stage,
    shown_ticket,
    teams_named_by,
)

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ADA = User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT})
EVE = User(id="eve", name="Eve", kind=UserKind.PORTAL)
CON = User(id="con", name="Con", kind=UserKind.CONTACT)
SYSTEM = System(reason="a test")
CHOSEN = frozenset({FollowSource.CHOSEN})

#: A ticket with something in every field.
FULL = Ticket(
    id="T-1",
    team_id="web",
    stage_id="new",
    subject="Ink",
    description="There is none",
    created_at=NOW,
    opener_id="ada",
    customer_id="pat",
    assignee_id="bob",
    available_from=NOW + timedelta(days=1),
    waiting=True,
    priority=2,
    tags={"difficult"},
    links={"T-2", "T-3"},
    references={"invoice 7"},
    fields={"cost": 7},
    followers={"ada": CHOSEN, "eve": CHOSEN, "pat": CHOSEN},
    closed_at=NOW,
    merged_into="T-9",
    version=4,
)
_DEFAULTS = Ticket(id="T-1", team_id="web", stage_id="new", subject="Ink", created_at=NOW)


def test_every_field_is_filled() -> None:
    """V15: the ticket that is tried has something in every field, so that a new one is tried."""
    same = {f.name for f in attrs.fields(Ticket) if getattr(FULL, f.name) == f.default}
    assert same == set()


@pytest.mark.parametrize("field", [f.name for f in attrs.fields(Ticket)])
@pytest.mark.parametrize("viewer", [EVE, CON], ids=["portal", "contact"])
def test_outsiders_are_shown_an_allow_list(viewer: User, field: str) -> None:
    """V15, V14: of a field that is not named an outsider is shown the default, or themselves."""
    shown = getattr(shown_ticket(FULL, viewer), field)
    if field in TICKET_OUTSIDE:
        assert shown == getattr(FULL, field)
    elif field == "followers":
        assert shown == ({"eve": CHOSEN} if viewer is EVE else {})
    else:
        assert shown == getattr(_DEFAULTS, field)


def test_outsiders_find_themselves() -> None:
    """V15: an outsider is shown as opener and as customer when it is themselves."""
    mine = attrs.evolve(FULL, opener_id="eve", customer_id="eve")
    shown = shown_ticket(mine, EVE)
    assert (shown.opener_id, shown.customer_id) == ("eve", "eve")
    assert shown_ticket(FULL, EVE, known={"T-9"}).merged_into == "T-9"


@given(st.sets(st.sampled_from(["T-2", "T-3", "T-9", "T-4"])))
def test_nobody_is_told_of_tickets_unknown_to_them(known: set[str]) -> None:
    """M7, V14: of the tickets that one names, a viewer is told of those they may see."""
    assert shown_ticket(FULL, SYSTEM) is FULL
    for viewer in (ADA, EVE):
        shown = shown_ticket(FULL, viewer, known=known)
        assert named_by(shown) <= known
        if viewer is ADA:
            assert named_by(shown) == named_by(FULL) & known
            rest = attrs.evolve(shown, links=FULL.links, merged_into=FULL.merged_into)
            assert rest == FULL
    assert shown_ticket(FULL, ADA, known=named_by(FULL)) is FULL


def test_outsiders_are_shown_a_stage_by_name() -> None:
    """V15: what a stage is for and what it sends is not an outsider's to read."""
    stage = Stage(
        id="new",
        name="New",
        position=3,
        description="Look for duplicates",
        folded=True,
        email_template=EmailTemplate("a", "b"),
        sms_template=SmsTemplate("c"),
        once_per_ticket=True,
    )
    shown = shown_stage(stage, EVE)
    for field in attrs.fields(Stage):
        same = getattr(shown, field.name) == getattr(stage, field.name)
        assert same is (field.name in STAGE_OUTSIDE), field.name
    assert shown_stage(stage, ADA) is shown_stage(stage, SYSTEM) is stage


# --- history -------------------------------------------------------------------------------------

HERE: dict[str, Any] = {"at": NOW, "by": "ada", "ticket_id": "T-1", "team_id": "web"}


def shown(event: Event, viewer: Any, **rights: Any) -> Event | None:
    return shown_event(event, viewer, **{"teams": {"web"}} | rights)


def test_merges_are_told_without_hidden_tickets() -> None:
    """M7: a merge is told to who may not see its other tickets without their ids and followers."""
    away = TicketMergedAway(**HERE, master_id="T-9", merge_id="m")
    took = TicketsMerged(**HERE, merge_id="m", merged_ids=("T-2", "T-3"), left_behind=("pat",))
    back = TicketsUnmerged(**HERE, merge_id="m", merged_ids=("T-2", "T-3"))
    other = DuplicateDiscarded(**HERE, other_id="T-2")
    assert shown(away, ADA) == attrs.evolve(away, master_id=None)
    assert shown(took, ADA, known={"T-2"}) == attrs.evolve(
        took, merged_ids=("T-2",), left_behind=()
    )
    assert shown(back, ADA, known={"T-3"}) == attrs.evolve(back, merged_ids=("T-3",))
    assert shown(other, ADA) is None
    for event in (away, took, back, other):
        assert shown(event, ADA, known=named_by(event)) is event
        assert shown(event, SYSTEM, teams=()) is event
        assert shown(event, EVE, known=named_by(event)) is None
    assert named_by(attrs.evolve(away, master_id=None)) == frozenset()


def test_teams_are_told_to_who_may_open_them() -> None:
    """V14: a history names the teams that its reader may open, and no other."""
    went = TicketTransferred(**HERE, from_team_id="hr")
    before = TicketOpened(**HERE | {"team_id": "hr"}, stage_id="new")
    assert teams_named_by(went) == {"web", "hr"}
    assert shown(went, ADA) == shown(went, EVE) == attrs.evolve(went, from_team_id=None)
    assert shown(before, ADA) == attrs.evolve(before, team_id=None)
    assert shown(went, ADA, teams={"web", "hr"}) is went


def test_counts_are_told_to_who_sees_the_whole_team() -> None:
    """T2, V12, A20: how many tickets somebody had is told to who sees all of the team."""
    given_ = TicketAssigned(
        **HERE, assignee_id="bob", automatic=True, code="c", count=7, tie_breaker="fewest"
    )
    assert shown(given_, ADA) == attrs.evolve(given_, count=None, tie_breaker=None)
    assert shown(given_, ADA, whole_team=True) is given_


def test_outsiders_read_no_more_than_the_ticket_shows() -> None:
    """V15: an outsider's history names no field, opener or reason that the ticket does not show."""
    changed = TicketChanged(**HERE, fields=("priority", "tags"))
    assert shown(changed, EVE) == attrs.evolve(changed, fields=("priority",))
    assert shown(attrs.evolve(changed, fields=("tags",)), EVE) is None
    opened = TicketOpened(**HERE, stage_id="new")
    assert shown(opened, EVE) == attrs.evolve(opened, by=None)
    mine = attrs.evolve(opened, by="eve")
    assert shown(mine, EVE) == mine
    by_system = MessagePosted(**HERE | {"by": SYSTEM}, message_id=1)
    assert shown(by_system, EVE) == attrs.evolve(by_system, by=None)
    assert shown(by_system, ADA) is by_system


def test_no_internal_event_is_shown_outside() -> None:
    """V15: whatever kind of event is internal, no outsider is shown it."""
    for kind in EVENT_TYPES.values():
        if kind.internal:
            event = object.__new__(kind)
            for field in attrs.fields(kind):
                value = () if field.name in ("merged_ids", "left_behind") else None
                object.__setattr__(event, field.name, value)
            assert shown_event(event, EVE) is None, kind
