"""Stages: closing, moving, transferring, folding, reordering, removing; boards (G1-G10, G12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.entities import Id, Stage, Team, Ticket, User, UserKind, Visibility
from helpdesk_core.errors import InvalidValueError, NotFoundError
from helpdesk_core.events import (
    Event,
    StageDeleted,
    StageFoldChanged,
    StageMessageSkipped,
    StagesReordered,
    TicketClosed,
    TicketMoved,
    TicketReopened,
    TicketTransferred,
)
from helpdesk_core.plans import (
    Add,
    Channel,
    DeleteStage,
    Kind,
    Notice,
    NoticeKind,
    Plan,
    SetField,
    as_shown,
)
from helpdesk_core.stages import (
    Pipeline,
    is_closed,
    plan_fold_change,
    plan_move,
    plan_reorder,
    plan_reorder_team,
    plan_stage_removal,
    plan_transfer,
    stage_messages,
    template_values,
)
from helpdesk_core.stages.boards import Board, build_board
from helpdesk_core.templates import TEMPLATE_NAMES, EmailTemplate, SmsTemplate

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
EARLIER = NOW - timedelta(days=3)
MAIL = EmailTemplate("${ticket.subject} is ${stage.name}", "Dear ${customer.name}, ${team.name}.")
SMS = SmsTemplate("${ticket.id}: ${stage.name}")
EVE = User(id="eve", name="Eve", kind=UserKind.CONTACT, email="eve@example.com", phone="+39 1")
ADA = User(id="ada", name="Ada", kind=UserKind.INTERNAL)

NEW = Stage(id="new", name="New", position=0)
DOING = Stage(id="doing", name="Doing", position=1, email_template=MAIL)
SOLVED = Stage(
    id="solved", name="Solved", position=2, folded=True, email_template=MAIL, sms_template=SMS
)
CANCELLED = Stage(id="cancelled", name="Cancelled", position=3, folded=True)
LAB = Stage(id="lab", name="In the lab", position=4, sms_template=SMS)
SCRAPPED = Stage(id="scrapped", name="Scrapped", position=5, folded=True, sms_template=SMS)
STAGES = (NEW, DOING, SOLVED, CANCELLED, LAB, SCRAPPED)


def team(id: Id, *stage_ids: Id, **settings: Any) -> Team:
    return Team(
        id=id, name=f"Team {id}", visibility=Visibility.COMPANY, stage_ids=stage_ids, **settings
    )


IT = team("it", "new", "doing", "solved", "cancelled")
REPAIR = team("repair", "lab", "scrapped", "doing")
DESK = team("desk", "new", "solved")
FRONT = team("front", "new")
TEAMS = (IT, REPAIR, DESK, FRONT)
PIPELINE = Pipeline(STAGES, TEAMS)


def ticket(id: Id = "T-1", **values: Any) -> Ticket:
    values = {"team_id": "it", "stage_id": "new", "customer_id": "eve"} | values
    return Ticket(id=id, subject="No ink", created_at=EARLIER, **values)


def move(of: Ticket, to: Id, pipeline: Pipeline = PIPELINE, **options: Any) -> Plan:
    options = {"customer": EVE, "assignee": None, "now": NOW, "by": "ada"} | options
    return plan_move(of, to, pipeline, **options)


def transfer(of: Ticket, to: Id, pipeline: Pipeline = PIPELINE, **options: Any) -> Plan:
    options = {"customer": EVE, "assignee": None, "now": NOW, "by": "ada"} | options
    return plan_transfer(of, to, pipeline, **options)


def remove(stage_id: Id, tickets: Iterable[Ticket] = (), **options: Any) -> Plan:
    values: dict[str, Any] = {"pipeline": PIPELINE, "customers": {"eve": EVE}, "assignees": {}}
    values |= {"now": NOW, "by": "ada"} | options
    return plan_stage_removal(stage_id, tickets=tickets, **values)


def applied(plan: Plan, *things: Ticket | Team | Stage) -> Any:
    """The things after the plan, as a repository would have them; expected values are checked."""
    kinds = {Ticket: Kind.TICKET, Team: Kind.TEAM, Stage: Kind.STAGE}
    state = {(kinds[type(thing)], thing.id): thing for thing in things}
    for change in plan.changes:
        if isinstance(change, DeleteStage):
            left = [t for t in state.values() if getattr(t, "stage_id", None) == change.stage_id]
            using = [t for t in state.values() if change.stage_id in getattr(t, "stage_ids", ())]
            assert not left
            assert not using
            state.pop((Kind.STAGE, change.stage_id), None)
            continue
        assert isinstance(change, SetField)
        thing = state[change.kind, change.id]
        assert getattr(thing, change.field) == change.expected
        assert change.expected != change.value
        state[change.kind, change.id] = attrs.evolve(thing, **{change.field: change.value})
    after = list(state.values())
    return after[0] if len(things) == 1 else after


def names(plan: Plan) -> list[str]:
    return [event.name for event in plan.events]


def of_kind(plan: Plan, kind: type[Event]) -> list[Any]:
    return [event for event in plan.events if isinstance(event, kind)]


def nothing_in(plan: Plan) -> bool:
    return not (plan.changes or plan.events or plan.notices)


# --- the pipeline --------------------------------------------------------------------------------


def test_stages_are_in_one_order() -> None:
    """G6: stages are ordered by position, and those at the same one stay as they were given."""
    tied = [
        Stage(id="b", name="B", position=1),
        Stage(id="z", name="Z", position=0),
        Stage(id="a", name="A", position=1),
    ]
    assert [stage.id for stage in Pipeline(tied, []).stages] == ["z", "b", "a"]
    assert [stage.id for stage in Pipeline(reversed(tied), []).stages] == ["z", "a", "b"]


def test_columns_of_a_team() -> None:
    """G5, G6: a team's columns are its own stages in the one order, and no others."""
    assert PIPELINE.columns("repair") == (DOING, LAB, SCRAPPED)
    assert [each.id for each in PIPELINE.teams_using("doing")] == ["it", "repair"]
    assert PIPELINE.belongs("lab", "repair")
    assert not PIPELINE.belongs("lab", "it")


def test_first_stages() -> None:
    """G7: a new ticket takes the first unfolded stage in the order, whatever came before it."""
    late = Pipeline(
        [SOLVED, attrs.evolve(NEW, position=7), attrs.evolve(DOING, position=9)],
        [team("it", "doing", "new", "solved")],
    )
    assert late.first_open("it").id == "new"
    assert late.first_folded("it") == SOLVED
    assert PIPELINE.first_folded("front") is None


def test_team_without_an_open_stage() -> None:
    """G7: a team that has no unfolded stage cannot take a new ticket, which is said by name."""
    pipeline = Pipeline([SOLVED], [team("x", "solved")])
    with pytest.raises(InvalidValueError, match="'x' must hold an unfolded stage"):
        pipeline.first_open("x")


def test_pipeline_is_checked() -> None:
    """G5: a stage or a team given twice, or a team with a stage that is not there, is refused."""
    with pytest.raises(InvalidValueError, match="stages holds 'new' twice"):
        Pipeline([NEW, NEW], [])
    with pytest.raises(InvalidValueError, match="teams holds 'front' twice"):
        Pipeline([NEW], [FRONT, FRONT])
    with pytest.raises(InvalidValueError, match="gives 'front' the unknown stage 'new'"):
        Pipeline([], [FRONT])


def test_unknown_ids() -> None:
    """G5: ids are compared exactly, and one that is not there is not found, whoever asks."""
    numbers = Pipeline([Stage(id=1, name="One", position=0)], [])
    assert numbers.stage(1).name == "One"
    for look in (
        lambda: numbers.stage("1"),
        lambda: numbers.columns("it"),
        lambda: move(ticket(), "nowhere"),
        lambda: move(ticket(team_id="nobody"), "doing"),
        lambda: transfer(ticket(), "nobody"),
        lambda: remove("nowhere"),
    ):
        with pytest.raises(NotFoundError):
            look()


# --- closing and moving --------------------------------------------------------------------------


@pytest.mark.parametrize("stage", STAGES)
def test_closed_is_the_fold(stage: Stage) -> None:
    """G1: a ticket is closed exactly when its stage is folded; a tombstone is neither."""
    assert is_closed(ticket(), stage) is stage.folded
    assert is_closed(ticket(closed_at=EARLIER), stage) is stage.folded
    assert not is_closed(ticket(merged_into="T-9"), stage)


@pytest.mark.parametrize(
    ("start", "to", "events", "closed_at"),
    [
        ("new", "doing", ["TicketMoved"], None),
        ("new", "solved", ["TicketMoved", "TicketClosed"], NOW),
        ("solved", "cancelled", ["TicketMoved"], EARLIER),
        ("solved", "new", ["TicketMoved", "TicketReopened"], None),
    ],
)
def test_four_moves(start: Id, to: Id, events: list[str], closed_at: datetime | None) -> None:
    """G3: only open to folded closes, only folded to open reopens, and `closed_at` follows."""
    before = ticket(stage_id=start, closed_at=EARLIER if start == "solved" else None)
    plan = move(before, to)
    after = applied(plan, before)
    assert names(plan) == events
    assert (after.stage_id, after.closed_at) == (to, closed_at)
    for event in plan.events:
        assert (event.at, event.by, event.ticket_id, event.team_id) == (NOW, "ada", "T-1", "it")
    assert (plan.events[0].from_stage_id, plan.events[0].to_stage_id) == (start, to)
    assert all(event.stage_id == to for event in plan.events[1:])


@given(st.lists(st.sampled_from(["new", "doing", "solved", "cancelled"]), max_size=12))
def test_any_walk(walk: list[str]) -> None:
    """G3, G1: over any walk each change of openness gives one event and `closed_at` its moment."""
    present, opens, closed_at = ticket(), True, None
    for minutes, to in enumerate(walk):
        now = NOW + timedelta(minutes=minutes)
        plan = move(present, to, now=now)
        present = applied(plan, present)
        stays_open = not PIPELINE.stage(to).folded
        assert len(of_kind(plan, TicketClosed)) == (opens and not stays_open)
        assert len(of_kind(plan, TicketReopened)) == (stays_open and not opens)
        if opens is not stays_open:
            opens, closed_at = stays_open, None if stays_open else now
        assert present.stage_id == to
        assert present.closed_at == closed_at


def test_closing_time_that_is_not_kept() -> None:
    """G3: reopening a ticket whose store keeps no closing time changes only what differs."""
    plan = move(ticket(stage_id="solved", closed_at=None), "new")
    assert names(plan) == ["TicketMoved", "TicketReopened"]
    assert [change.field for change in plan.changes] == ["stage_id"]


def test_stale_closing_time_is_replaced() -> None:
    """G3: a ticket that closes gets the moment of this closing, whatever time stood there."""
    before = ticket(closed_at=EARLIER)
    assert applied(move(before, "solved"), before).closed_at == NOW


def test_time_is_aware() -> None:
    """G3: a naive `now` is refused, and another zone's is kept as the same moment in UTC."""
    with pytest.raises(InvalidValueError, match="now must be a datetime with a time zone"):
        move(ticket(), "solved", now=NOW.replace(tzinfo=None))
    rome = NOW.astimezone(timezone(timedelta(hours=1)))
    plan = move(ticket(), "solved", now=rome)
    assert applied(plan, ticket()).closed_at.tzinfo is UTC
    assert all(event.at.tzinfo is UTC for event in plan.events)


def test_stage_of_another_team() -> None:
    """G5: a move into a stage that the team does not have is refused and changes nothing."""
    plan = move(ticket(), "lab")
    assert not plan.allowed
    assert plan.decision.code == "stage.refused.not_in_team"
    assert dict(plan.decision.reasons[0].parameters) == {"stage_id": "lab", "team_ids": ("it",)}
    assert nothing_in(plan)


def test_tombstones_do_not_move() -> None:
    """G3: a ticket that was merged away neither moves nor is transferred, and says where it is."""
    away = ticket(merged_into="T-9")
    for plan in (move(away, "solved"), move(away, "new"), transfer(away, "desk")):
        assert plan.decision.code == "stage.refused.merged_away"
        assert set(plan.decision.reasons[0].parameters) == {"ticket_id"}, "T-9 may be hidden (M7)"
        assert nothing_in(plan)


# --- messages ------------------------------------------------------------------------------------


def test_both_messages_once() -> None:
    """G8: entering a stage sends its e-mail and its SMS once each, with the text as it is then."""
    plan = move(ticket(), "solved", customer=EVE)
    assert plan.notices == (
        Notice(
            ticket_id="T-1",
            recipient_id="eve",
            channel=Channel.EMAIL,
            kind=NoticeKind.STAGE,
            stage_id="solved",
            subject="No ink is Solved",
            text="Dear Eve, Team it.",
        ),
        Notice(
            ticket_id="T-1",
            recipient_id="eve",
            channel=Channel.SMS,
            kind=NoticeKind.STAGE,
            stage_id="solved",
            text="T-1: Solved",
        ),
    )
    assert names(plan) == ["TicketMoved", "TicketClosed"]


@pytest.mark.parametrize(
    ("stage", "channels"),
    [
        (NEW, []),
        (DOING, [Channel.EMAIL]),
        (LAB, [Channel.SMS]),
        (SOLVED, [Channel.EMAIL, Channel.SMS]),
    ],
)
@pytest.mark.parametrize("has_email", [True, False])
@pytest.mark.parametrize("has_phone", [True, False])
def test_message_or_recorded_skip(
    stage: Stage, channels: list[Channel], has_email: bool, has_phone: bool
) -> None:
    """G8: each template of the stage gives one message, or one recorded skip with its reason."""
    customer = attrs.evolve(
        EVE, email=EVE.email if has_email else None, phone=EVE.phone if has_phone else None
    )
    notices, events = stage_messages(
        ticket(), stage, IT, customer=customer, assignee=None, now=NOW, by="ada"
    )
    reached = {Channel.EMAIL: has_email, Channel.SMS: has_phone}
    codes = {Channel.EMAIL: "stage.skipped.no_email", Channel.SMS: "stage.skipped.no_phone"}
    assert [notice.channel for notice in notices] == [each for each in channels if reached[each]]
    assert list(events) == [
        StageMessageSkipped(
            at=NOW,
            by="ada",
            ticket_id="T-1",
            team_id="it",
            stage_id=stage.id,
            channel=each.value,
            code=codes[each],
        )
        for each in channels
        if not reached[each]
    ]


@pytest.mark.parametrize(
    ("customer", "code"),
    [
        (None, "stage.skipped.no_customer"),
        (attrs.evolve(EVE, active=False), "stage.skipped.inactive_customer"),
    ],
)
def test_nobody_to_write_to(customer: User | None, code: str) -> None:
    """G8: without a customer who can be written to, both skips are recorded and the move made."""
    plan = move(ticket(), "solved", customer=customer)
    assert plan.allowed
    assert names(plan)[:2] == ["TicketMoved", "TicketClosed"]
    assert [(e.channel, e.code) for e in of_kind(plan, StageMessageSkipped)] == [
        ("email", code),
        ("sms", code),
    ]
    assert not plan.notices


def test_messages_on_creation() -> None:
    """G8: a new ticket gets the message of the stage it is made in, as by a move."""
    made = ticket(stage_id="doing")
    notices, skips = stage_messages(made, DOING, IT, customer=EVE, assignee=None, now=NOW)
    assert [notice.subject for notice in notices] == ["No ink is Doing"]
    assert notices == move(ticket(), "doing").notices
    assert not skips


@pytest.mark.parametrize("stage_id", ["new", "doing", "solved"])
def test_same_stage_again(stage_id: Id) -> None:
    """G8: saving the same stage again sends nothing, changes nothing and records nothing."""
    plan = move(ticket(stage_id=stage_id), stage_id, customer=None)
    assert plan.decision.code == "stage.unchanged"
    assert plan.allowed
    assert nothing_in(plan)


def test_once_per_ticket() -> None:
    """G8: coming back sends the message again, unless the stage sends it once per ticket."""
    before = frozenset({"solved"})
    assert len(move(ticket(), "solved", sent_before=before).notices) == 2
    once = attrs.evolve(SOLVED, once_per_ticket=True)
    pipeline = Pipeline([NEW, DOING, once, CANCELLED, LAB, SCRAPPED], TEAMS)
    assert len(move(ticket(), "solved", pipeline).notices) == 2
    assert len(move(ticket(), "solved", pipeline, sent_before=frozenset({"doing"})).notices) == 2
    for customer in (EVE, None):
        again = move(ticket(), "solved", pipeline, sent_before=before, customer=customer)
        assert names(again) == ["TicketMoved", "TicketClosed"]
        assert not again.notices


@pytest.mark.parametrize("customer", [EVE, None])
def test_quiet_moves(customer: User | None) -> None:
    """G8, G3: a quiet move closes as any other and neither sends nor records a message."""
    plan = move(ticket(), "solved", quiet=True, customer=customer)
    assert names(plan) == ["TicketMoved", "TicketClosed"]
    assert not plan.notices
    assert plan.changes == move(ticket(), "solved").changes


def test_template_values() -> None:
    """G8, N4, T1: every name has a plain text; customers read the team's public description."""
    described = attrs.evolve(IT, public_description="We fix it.")
    mine = ticket(id=7, priority=3, assignee_id="ada")
    stage = attrs.evolve(SOLVED, description="It is done.")
    assert template_values(mine, stage, described, EVE, ADA) == {
        "ticket.id": "7",
        "ticket.subject": "No ink",
        "ticket.priority": "3",
        "stage.name": "Solved",
        "stage.description": "It is done.",
        "team.name": "Team it",
        "team.description": "We fix it.",
        "customer.name": "Eve",
        "assignee.name": "Ada",
    }
    nobody = template_values(mine, stage, described, None, None)
    assert nobody["customer.name"] == nobody["assignee.name"] == ""
    assert nobody.keys() == TEMPLATE_NAMES


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1))
def test_customer_text_is_never_a_template(text: str) -> None:
    """G8, N4: what a customer wrote into the subject comes out as it is, names in braces too."""
    subject = f"{text[:50]} ${{customer.name}} $$"
    said = move(attrs.evolve(ticket(), subject=subject), "doing").notices[0].subject
    assert said == f"{subject} is Doing"


def test_somebody_else_is_misuse() -> None:
    """G8: a customer or assignee who is not the ticket's is refused, so no text goes astray."""
    with pytest.raises(InvalidValueError, match="customer is 'ada', the ticket's is 'eve'"):
        move(ticket(), "solved", customer=ADA)
    with pytest.raises(InvalidValueError, match="assignee is 'ada', the ticket's is None"):
        move(ticket(), "solved", assignee=ADA)
    assert move(ticket(assignee_id="ada"), "solved", assignee=ADA).allowed


# --- another team --------------------------------------------------------------------------------


def test_transfer_keeps_the_stage() -> None:
    """G9: a stage that the new team has too is kept, open or closed, and nothing is sent."""
    for stage_id, to in (("new", "desk"), ("doing", "repair"), ("solved", "desk")):
        before = ticket(stage_id=stage_id, closed_at=EARLIER if stage_id == "solved" else None)
        plan = transfer(before, to)
        assert applied(plan, before) == attrs.evolve(before, team_id=to)
        assert plan.events == (
            TicketTransferred(at=NOW, by="ada", ticket_id="T-1", team_id=to, from_team_id="it"),
        )
        assert not plan.notices


def test_transfer_of_an_open_ticket() -> None:
    """G9, G8: else an open ticket takes the first unfolded stage, with that stage's message."""
    before = ticket()
    plan = transfer(before, "repair")
    assert applied(plan, before) == attrs.evolve(before, team_id="repair", stage_id="doing")
    assert names(plan) == ["TicketTransferred", "TicketMoved"]
    assert all(event.team_id == "repair" for event in plan.events)
    assert [(n.stage_id, n.text) for n in plan.notices] == [("doing", "Dear Eve, Team repair.")]


def test_transfer_of_a_closed_ticket() -> None:
    """G9, G8: else a closed ticket takes the first folded stage and stays closed as it was."""
    before = ticket(stage_id="solved", closed_at=EARLIER)
    plan = transfer(before, "repair", customer=attrs.evolve(EVE, phone=None))
    assert applied(plan, before) == attrs.evolve(before, team_id="repair", stage_id="scrapped")
    assert names(plan) == ["TicketTransferred", "TicketMoved", "StageMessageSkipped"]


def test_transfer_without_a_place() -> None:
    """G9: a team without a folded stage refuses a closed ticket, one without an open any open."""
    closed = transfer(ticket(stage_id="cancelled", closed_at=EARLIER), "front")
    assert closed.decision.code == "stage.refused.no_folded_stage"
    empty = Pipeline(STAGES, [*TEAMS, team("empty")])
    opened = transfer(ticket(), "empty", empty)
    assert opened.decision.code == "stage.refused.no_open_stage"
    assert nothing_in(closed)
    assert nothing_in(opened)


def test_transfer_to_the_same_team() -> None:
    """G9: a transfer to the team that has the ticket changes nothing and tells nobody."""
    plan = transfer(ticket(stage_id="doing"), "it")
    assert plan.decision.code == "stage.unchanged"
    assert nothing_in(plan)


def test_transfer_heeds_once_per_ticket() -> None:
    """G9, G8: the message of a transfer is subject to `once_per_ticket` as any other."""
    once = attrs.evolve(DOING, once_per_ticket=True)
    pipeline = Pipeline([NEW, once, SOLVED, CANCELLED, LAB, SCRAPPED], TEAMS)
    assert len(transfer(ticket(), "repair", pipeline).notices) == 1
    again = transfer(ticket(), "repair", pipeline, sent_before=frozenset({"doing"}))
    assert again.allowed
    assert not again.notices


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Some stages at some places, and teams that each have an unfolded one of them (G7)."""
    folds = draw(st.lists(st.booleans(), min_size=1, max_size=6).filter(lambda f: not all(f)))
    places = draw(st.lists(st.integers(0, 9), min_size=len(folds), max_size=len(folds)))
    texts = st.sampled_from([None, SMS])
    stages = [
        Stage(id=n, name=f"S{n}", position=place, folded=fold, sms_template=draw(texts))
        for n, (place, fold) in enumerate(zip(places, folds, strict=True))
    ]
    opened = [stage.id for stage in stages if not stage.folded]
    chosen = st.sets(st.integers(0, len(folds) - 1))
    return Pipeline(
        stages,
        [
            team(f"t{n}", *(draw(chosen) | {draw(st.sampled_from(opened))}))
            for n in range(draw(st.integers(1, 4)))
        ],
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Pipeline, list[Ticket]]:
    """A pipeline and tickets that stand in stages of their teams, some of them tombstones."""
    pipeline = draw(pipelines())
    tickets = []
    for n in range(draw(st.integers(0, 6))):
        home = draw(st.sampled_from(pipeline.teams))
        stage = draw(st.sampled_from(pipeline.columns(home.id)))
        away = draw(st.sampled_from([None, None, None, "T-99"]))
        tickets.append(
            ticket(
                n,
                team_id=home.id,
                stage_id=stage.id,
                closed_at=EARLIER if stage.folded else None,
                merged_into=away,
            )
        )
    return pipeline, tickets


@given(worlds(), st.data())
def test_transfers_in_general(world: tuple[Pipeline, list[Ticket]], data: st.DataObject) -> None:
    """G9, G5: no transfer closes or reopens, and the stage always belongs to the team after it."""
    pipeline, tickets = world
    for before in tickets:
        to = data.draw(st.sampled_from(pipeline.teams)).id
        plan = transfer(before, to, pipeline)
        if not plan.allowed:
            assert before.is_merged_away or (
                pipeline.stage(before.stage_id).folded and pipeline.first_folded(to) is None
            )
            continue
        after = applied(plan, before)
        assert after.team_id == to
        assert pipeline.belongs(after.stage_id, to)
        assert after.closed_at == before.closed_at
        assert pipeline.stage(after.stage_id).folded == pipeline.stage(before.stage_id).folded
        assert not of_kind(plan, TicketClosed)
        assert not of_kind(plan, TicketReopened)
        stays = pipeline.belongs(before.stage_id, to)
        assert (after.stage_id == before.stage_id) == stays
        assert bool(plan.notices) == (
            not stays and pipeline.stage(after.stage_id).sms_template is not None
        )


# --- folding -------------------------------------------------------------------------------------


def fold(
    stage_id: Id, folded: bool, tickets: Iterable[Ticket], pipeline: Pipeline = PIPELINE, **o: Any
) -> Any:
    return plan_fold_change(stage_id, folded, pipeline, tickets, **({"now": NOW, "by": "ada"} | o))


IN_DOING = (
    ticket(1, stage_id="doing"),
    ticket(2, stage_id="doing"),
    ticket(3, stage_id="doing", team_id="repair"),
    ticket(4, stage_id="doing", team_id="repair", merged_into=1),
)


def test_fold_change_is_previewed() -> None:
    """G4: unseen, a fold that meets tickets is refused, with how many per team."""
    shown = fold("doing", True, IN_DOING)
    assert as_shown(shown, shown.fingerprint) == shown
    plan = as_shown(shown, None)
    assert plan.decision.code == "stage.refused.not_confirmed"
    assert plan.decision.reasons[0].parameters["tickets"] == 3
    assert plan.per_team == (("it", 2), ("repair", 1))
    assert nothing_in(plan)


def test_fold_change_closes_everywhere() -> None:
    """G4, G3: folding closes the tickets of every team that has the stage and writes to nobody."""
    plan = fold("doing", True, IN_DOING)
    stage, *after = applied(plan, DOING, *IN_DOING)
    assert stage.folded
    assert [each.closed_at for each in after] == [NOW, NOW, NOW, None]
    assert plan.events == (
        StageFoldChanged(at=NOW, by="ada", stage_id="doing", folded=True),
        *(
            TicketClosed(at=NOW, by="ada", ticket_id=id, team_id=home, stage_id="doing")
            for id, home in ((1, "it"), (2, "it"), (3, "repair"))
        ),
    )
    assert not plan.notices
    assert plan.per_team == (("it", 2), ("repair", 1))


def test_unfolding_reopens() -> None:
    """G4, G3: unfolding reopens the tickets of every team, takes closing times, tells nobody."""
    inside = [
        ticket(1, stage_id="solved", closed_at=EARLIER),
        ticket(2, stage_id="solved", team_id="desk", closed_at=EARLIER),
    ]
    plan = fold("solved", False, inside)
    stage, *after = applied(plan, SOLVED, *inside)
    assert not stage.folded
    assert [each.closed_at for each in after] == [None, None]
    assert names(plan) == ["StageFoldChanged", "TicketReopened", "TicketReopened"]
    assert not plan.notices
    assert plan.per_team == (("it", 1), ("desk", 1))


def test_fold_change_that_meets_no_ticket() -> None:
    """G4: where no ticket is met there is nothing to confirm, and tombstones are not met."""
    for tickets in ((), IN_DOING[3:]):
        plan = as_shown(fold("doing", True, tickets), None)
        assert plan.allowed
        assert plan.per_team == (("it", 0), ("repair", 0))
        assert names(plan) == ["StageFoldChanged"]


def test_fold_change_to_the_same() -> None:
    """G4: a fold that is there already changes nothing and needs no confirmation."""
    plan = as_shown(fold("doing", False, IN_DOING), None)
    assert plan.decision.code == "stage.unchanged"
    assert plan.per_team == ()
    assert nothing_in(plan)


def test_folding_the_last_open_stage() -> None:
    """G7, G4: folding what is a team's last unfolded stage is refused, naming the teams."""
    plan = fold("new", True, [ticket(1), ticket(2, team_id="desk")])
    assert as_shown(plan, None) == as_shown(plan, plan.fingerprint) == plan
    assert plan.decision.code == "stage.refused.last_open_stage"
    assert plan.decision.reasons[0].parameters["team_ids"] == ("desk", "front")
    assert plan.per_team == (("it", 1), ("desk", 1), ("front", 0))
    assert nothing_in(plan)


def test_fold_change_is_checked() -> None:
    """G4: tickets of another stage, or a fold that is no bool, are refused by name."""
    with pytest.raises(InvalidValueError, match="'T-1', which is in another stage"):
        fold("doing", True, [ticket()])
    with pytest.raises(InvalidValueError, match="folded must be a bool"):
        fold("doing", 1, [])  # type: ignore[arg-type]


@given(worlds(), st.data())
def test_fold_changes_in_general(world: tuple[Pipeline, list[Ticket]], data: st.DataObject) -> None:
    """G4, G3, G7: closed and `closed_at` agree after any fold, each team keeps an open stage."""
    pipeline, tickets = world
    stage = data.draw(st.sampled_from(pipeline.stages))
    inside = [each for each in tickets if each.stage_id == stage.id]
    met = [each for each in inside if not each.is_merged_away]
    plan = fold(stage.id, not stage.folded, inside, pipeline)
    assert dict(plan.per_team) == {
        each.id: sum(one.team_id == each.id for one in met)
        for each in pipeline.teams_using(stage.id)
    }
    stranded = [
        each.id
        for each in pipeline.teams
        if {s.id for s in pipeline.columns(each.id) if not s.folded} <= {stage.id}
    ]
    if not stage.folded and stranded:
        assert plan.decision.code == "stage.refused.last_open_stage"
        assert list(plan.decision.reasons[0].parameters["team_ids"]) == stranded
        return
    assert plan.allowed
    assert not plan.notices
    after = applied(plan, *pipeline.stages, *tickets)
    folded = {each.id: each.folded for each in after if isinstance(each, Stage)}
    for each in after:
        if isinstance(each, Ticket) and not each.is_merged_away:
            assert (each.closed_at is not None) == folded[each.stage_id]
    flips = of_kind(plan, TicketClosed if folded[stage.id] else TicketReopened)
    assert Counter(event.ticket_id for event in flips) == Counter(each.id for each in met)
    assert len(plan.events) == 1 + len(met)


# --- reordering ----------------------------------------------------------------------------------


def reordered(plan: Plan, pipeline: Pipeline) -> Pipeline:
    state = {stage.id: stage for stage in pipeline.stages}
    for change in plan.changes:
        assert isinstance(change, SetField)
        assert (change.kind, change.field) == (Kind.STAGE, "position")
        assert state[change.id].position == change.expected != change.value
        state[change.id] = attrs.evolve(state[change.id], position=change.value)
    return Pipeline(state.values(), pipeline.teams)


@given(pipelines(), st.data())
def test_reorder_in_general(pipeline: Pipeline, data: st.DataObject) -> None:
    """G6: any permutation becomes the order, only positions change, and one event tells it."""
    present = [stage.id for stage in pipeline.stages]
    wanted = data.draw(st.permutations(present))
    plan = plan_reorder(wanted, pipeline, now=NOW, by="ada")
    after = reordered(plan, pipeline)
    assert [stage.id for stage in after.stages] == wanted
    assert not plan.notices
    if wanted == present:
        assert plan.decision.code == "stage.unchanged"
        assert nothing_in(plan)
    else:
        assert plan.events == (StagesReordered(at=NOW, by="ada", stage_ids=tuple(wanted)),)


@given(pipelines(), st.data())
def test_reorder_of_one_team(pipeline: Pipeline, data: st.DataObject) -> None:
    """G6: a team's columns are permuted among their places, and all who see it are named."""
    mine = data.draw(st.sampled_from(pipeline.teams))
    wanted = data.draw(st.permutations([stage.id for stage in pipeline.columns(mine.id)]))
    plan = plan_reorder_team(mine.id, wanted, pipeline, now=NOW, by="ada")
    after = reordered(plan, pipeline)
    assert [stage.id for stage in after.columns(mine.id)] == wanted
    for old, new in zip(pipeline.stages, after.stages, strict=True):
        assert (old.id in mine.stage_ids) == (new.id in mine.stage_ids)
        if old.id not in mine.stage_ids:
            assert old.id == new.id
    assert set(plan.other_team_ids) == {
        each.id
        for each in pipeline.teams
        if each.id != mine.id
        and [s.id for s in pipeline.columns(each.id)] != [s.id for s in after.columns(each.id)]
    }
    assert [event.team_id for event in plan.events] == [mine.id] * bool(plan.changes)


def test_reorder_tells_other_teams() -> None:
    """G6: a team that shares two of the columns sees the change, one that shares fewer does not."""
    plan = plan_reorder_team("it", ["solved", "new", "doing", "cancelled"], PIPELINE, now=NOW)
    assert plan.other_team_ids == ("desk",)
    assert [(c.id, c.expected, c.value) for c in plan.changes] == [
        ("solved", 2, 0),
        ("new", 0, 1),
        ("doing", 1, 2),
    ]


def test_reorder_changes_few_rows() -> None:
    """G6: places that are apart are shared out; where two stages had one, all are numbered anew."""
    apart = Pipeline([Stage(id=n, name=f"S{n}", position=n * 10) for n in range(4)], [])
    plan = plan_reorder([1, 0, 2, 3], apart, now=NOW)
    assert [(c.id, c.value) for c in plan.changes] == [(1, 0), (0, 10)]
    tied = Pipeline([Stage(id=n, name=f"S{n}", position=5) for n in range(3)], [])
    plan = plan_reorder([2, 0, 1], tied, now=NOW)
    assert [(c.id, c.value) for c in plan.changes] == [(2, 0), (0, 1), (1, 2)]


@pytest.mark.parametrize(
    ("wanted", "wrong"),
    [
        ([], {"missing": ("new", "solved"), "unknown": (), "repeated": ()}),
        (["new"], {"missing": ("solved",), "unknown": (), "repeated": ()}),
        (["new", "solved", "lab"], {"missing": (), "unknown": ("lab",), "repeated": ()}),
        (["new", "solved", "new"], {"missing": (), "unknown": (), "repeated": ("new",)}),
        (["new", "lab"], {"missing": ("solved",), "unknown": ("lab",), "repeated": ()}),
    ],
)
def test_only_permutations(wanted: list[Id], wrong: Mapping[str, tuple[Id, ...]]) -> None:
    """G6: what is no permutation is refused, and what is wrong with it is said."""
    both = Pipeline([NEW, SOLVED], [DESK])
    for plan in (
        plan_reorder(wanted, both, now=NOW),
        plan_reorder_team("desk", wanted, both, now=NOW),
    ):
        assert plan.decision.code == "stage.refused.not_a_permutation"
        assert dict(plan.decision.reasons[0].parameters) == wrong
        assert nothing_in(plan)


# --- removing ------------------------------------------------------------------------------------


def test_removal_of_an_empty_stage() -> None:
    """G10: an empty stage is taken from every team that has it, and then deleted."""
    plan = remove("cancelled")
    assert plan.changes == (
        SetField(
            kind=Kind.TEAM,
            id="it",
            field="stage_ids",
            expected=IT.stage_ids,
            value=IT.stage_ids - {"cancelled"},
        ),
        DeleteStage(stage_id="cancelled"),
    )
    assert plan.events == (StageDeleted(at=NOW, by="ada", stage_id="cancelled"),)


def test_removal_from_one_team() -> None:
    """G10: taking a stage from one team leaves the stage, the other teams and their tickets."""
    elsewhere = ticket(team_id="desk", stage_id="solved", closed_at=EARLIER)
    plan = remove("solved", [elsewhere], team_id="it")
    assert [(c.id, c.value) for c in plan.changes] == [("it", {"new", "doing", "cancelled"})]
    assert plan.events == (StageDeleted(at=NOW, by="ada", team_id="it", stage_id="solved"),)


def test_removal_with_tickets_is_refused() -> None:
    """G10: with tickets in it a stage stays, and the refusal says how many, tombstones apart."""
    for options in ({}, {"team_id": "repair"}):
        plan = remove("doing", IN_DOING, **options)
        assert plan.decision.code == "stage.refused.holds_tickets"
        counts = dict(plan.decision.reasons[0].parameters)
        assert counts == {"stage_id": "doing", "tickets": 1 if options else 3, "merged_away": 1}
        assert plan.per_team == ((("repair", 2),) if options else (("it", 2), ("repair", 2)))
        assert nothing_in(plan)


def test_removal_moves_first() -> None:
    """G10, G3, G8: `move_to` moves each ticket as a move does, message included, and deletes."""
    inside = [ticket(1, stage_id="doing"), ticket(2, stage_id="doing", assignee_id="ada")]
    pipeline = Pipeline(STAGES, [IT])
    plan = remove("doing", inside, move_to="solved", pipeline=pipeline, assignees={"ada": ADA})
    after = applied(plan, *inside, IT, *STAGES)
    assert [(t.stage_id, t.closed_at) for t in after[:2]] == [("solved", NOW)] * 2
    assert names(plan) == [*["TicketMoved", "TicketClosed"] * 2, "StageDeleted"]
    assert [(n.ticket_id, n.channel.value) for n in plan.notices] == [
        (1, "email"),
        (1, "sms"),
        (2, "email"),
        (2, "sms"),
    ]
    assert isinstance(plan.changes[-1], DeleteStage)
    assert plan.per_team == (("it", 2),)
    assert as_shown(plan, None) == plan, "it may be done unseen"


def test_removal_heeds_once_per_ticket() -> None:
    """G10, G8: what a ticket already got once is not sent again by a removal, the others are."""
    once = attrs.evolve(SOLVED, once_per_ticket=True, sms_template=None)
    pipeline = Pipeline([NEW, DOING, once], [team("it", "new", "doing", "solved")])
    inside = [ticket(1, stage_id="doing"), ticket(2, stage_id="doing", customer_id=None)]
    inside.append(ticket(3, stage_id="doing", customer_id="unknown"))
    sent = {1: frozenset({"solved"})}
    plan = remove("doing", inside, move_to="solved", pipeline=pipeline, sent_before=sent)
    assert not plan.notices
    skips = of_kind(plan, StageMessageSkipped)
    assert [(skip.ticket_id, skip.code) for skip in skips] == [
        (2, "stage.skipped.no_customer"),
        (3, "stage.skipped.no_customer"),
    ]
    assert len(remove("doing", inside, move_to="solved", pipeline=pipeline).notices) == 1


def test_removal_moves_tombstones_without_a_word() -> None:
    """G10: a tombstone goes along, neither closed nor told of, so nothing is left behind."""
    away = ticket(1, stage_id="doing", merged_into=9)
    plan = remove("doing", [away], move_to="solved", pipeline=Pipeline(STAGES, [IT]))
    assert applied(plan, away, IT)[0] == attrs.evolve(away, stage_id="solved")
    assert names(plan) == ["TicketMoved", "StageDeleted"]
    assert not plan.notices


def test_removal_to_a_place_that_not_all_have() -> None:
    """G10, G5: `move_to` must be a stage of every team concerned, and not the one that goes."""
    plan = remove("doing", IN_DOING, move_to="new")
    assert plan.decision.code == "stage.refused.not_in_team"
    assert dict(plan.decision.reasons[0].parameters) == {"stage_id": "new", "team_ids": ("repair",)}
    assert nothing_in(plan)
    assert remove("doing", IN_DOING[:2], move_to="new", team_id="it").allowed
    with pytest.raises(InvalidValueError, match="move_to must be another stage"):
        remove("doing", IN_DOING, move_to="doing")
    with pytest.raises(NotFoundError):
        remove("doing", IN_DOING, move_to="nowhere")


def test_removal_is_checked() -> None:
    """G10: tickets of another stage, or a team that has not the stage, are told apart."""
    with pytest.raises(InvalidValueError, match="'T-1', which is in another stage"):
        remove("doing", [ticket()])
    plan = remove("lab", team_id="it")
    assert plan.decision.code == "stage.refused.not_in_team"
    assert nothing_in(plan)


def test_removal_of_the_last_open_stage() -> None:
    """G7, G10: a stage that is some team's last unfolded one is neither deleted nor taken away."""
    everywhere = remove("new", [ticket()], move_to="doing")
    assert everywhere.decision.code == "stage.refused.last_open_stage"
    assert everywhere.decision.reasons[0].parameters["team_ids"] == ("desk", "front")
    assert not remove("new", team_id="front").allowed
    assert remove("new", team_id="it").allowed
    assert remove("solved", team_id="desk").allowed
    assert nothing_in(everywhere)


@given(worlds(), st.data())
def test_removals_in_general(world: tuple[Pipeline, list[Ticket]], data: st.DataObject) -> None:
    """G10, G5, G7, G3: after any removal all tickets stand in a stage of theirs, rightly closed."""
    pipeline, tickets = world
    stage = data.draw(st.sampled_from(pipeline.stages))
    others = [None, *(each.id for each in pipeline.stages if each != stage)]
    team_ids = [None, *(each.id for each in pipeline.teams_using(stage.id))]
    inside = [each for each in tickets if each.stage_id == stage.id]
    plan = remove(
        stage.id,
        inside,
        pipeline=pipeline,
        move_to=data.draw(st.sampled_from(others)),
        team_id=data.draw(st.sampled_from(team_ids)),
    )
    if not plan.allowed:
        assert nothing_in(plan)
        return
    after = applied(plan, *pipeline.stages, *pipeline.teams, *tickets)
    left = Pipeline(
        [each for each in after if isinstance(each, Stage)],
        [each for each in after if isinstance(each, Team)],
    )
    for each in left.teams:
        assert not left.first_open(each.id).folded
    for each in after:
        if isinstance(each, Ticket):
            assert left.belongs(each.stage_id, each.team_id)
            if not each.is_merged_away:
                assert (each.closed_at is not None) == left.stage(each.stage_id).folded
    assert not any(isinstance(change, Add) for change in plan.changes)
    moves = of_kind(plan, TicketMoved)
    concerned = [each for each in inside if each.id in {event.ticket_id for event in moves}]
    assert {each.id for each in concerned} == {
        c.id for c in plan.changes if isinstance(c, SetField) and c.kind is Kind.TICKET
    }


# --- boards --------------------------------------------------------------------------------------


def board(**options: Any) -> Board:
    inside = {
        "new": [ticket(1), ticket(2), ticket(3, merged_into=1)],
        "solved": [ticket(4, stage_id="solved", closed_at=EARLIER)],
    }
    counts = {"new": 12, "solved": 5}
    return build_board([SOLVED, NEW, DOING], inside, counts, name="All tickets", **options)


def seen(of: Board) -> list[tuple[Id, bool, int, list[Id]]]:
    return [(c.stage.id, c.folded, c.count, [t.id for t in c.tickets]) for c in of.columns]


def test_board() -> None:
    """G12: columns are in order; folded ones have name and count only; tombstones are on none."""
    mine = board(team_id="it")
    assert (mine.name, mine.team_id) == ("All tickets", "it")
    assert seen(mine) == [
        ("new", False, 12, [1, 2]),
        ("doing", False, 0, []),
        ("solved", True, 5, []),
    ]


def test_folding_for_oneself() -> None:
    """G2, G12: what one viewer folds or unfolds changes what is shown, and nothing else."""
    assert seen(
        board(temporarily_folded={"new", "elsewhere"}, temporarily_unfolded={"solved"})
    ) == [
        ("new", True, 12, []),
        ("doing", False, 0, []),
        ("solved", False, 5, [4]),
    ]
    assert seen(board(temporarily_folded={"solved"})) == seen(board())
    assert seen(board(temporarily_unfolded={"new"})) == seen(board())


def test_folding_both_ways() -> None:
    """G2: the same column folded and unfolded for one viewer is refused by name."""
    with pytest.raises(InvalidValueError, match="names 'new', which is folded too"):
        board(temporarily_folded={"new"}, temporarily_unfolded={"new"})


@given(worlds(), st.data())
def test_boards_in_general(world: tuple[Pipeline, list[Ticket]], data: st.DataObject) -> None:
    """G2, G12: no temporary fold changes stages, order, counts or what is in an open column."""
    pipeline, tickets = world
    inside = {s.id: [t for t in tickets if t.stage_id == s.id] for s in pipeline.stages}
    counts = {stage_id: len(found) for stage_id, found in inside.items()}
    ids = st.sets(st.sampled_from([stage.id for stage in pipeline.stages]))
    folded = data.draw(ids)
    unfolded = data.draw(ids) - folded
    plain = build_board(pipeline.stages, inside, counts)
    mine = build_board(
        pipeline.stages,
        inside,
        counts,
        temporarily_folded=folded,
        temporarily_unfolded=unfolded,
    )
    assert [c.stage for c in mine.columns] == [c.stage for c in plain.columns]
    assert [c.count for c in mine.columns] == [c.count for c in plain.columns]
    for column in mine.columns:
        hidden = column.stage.id in folded or (
            column.stage.folded and column.stage.id not in unfolded
        )
        assert column.folded is hidden
        kept = [t for t in inside[column.stage.id] if not t.is_merged_away]
        assert list(column.tickets) == ([] if hidden else kept)
