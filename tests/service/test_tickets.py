"""The life of a ticket, through the service, over each kind of store."""

from datetime import timedelta
from pathlib import Path

import pytest

from desks import MONDAY, SETUP, Company
from helpdesk_core import (
    AssignmentMethod,
    CalendarError,
    ConflictError,
    CountScope,
    EmailTemplate,
    FollowSource,
    HelpdeskError,
    IdempotencyKeyError,
    InvalidValueError,
    NotFoundError,
    RecurringAbsence,
    RefusedError,
    Role,
    System,
    TicketFilter,
    User,
    UserKind,
    Visibility,
    WeeklySchedule,
)
from helpdesk_core.adapters.memory import MemoryRepository


def refused(call, *args, **kwargs) -> str:
    """The code with which a call is refused."""
    with pytest.raises(RefusedError) as caught:
        call(*args, **kwargs)
    return caught.value.code


# --- opening ---------------------------------------------------------------------------------


def test_opening_follows(company: Company) -> None:
    """T5: the opener follows the ticket by choice, a portal customer as its customer."""
    mine = company.desk.open_ticket("public", "No ink", actor="pat")
    assert mine.followers == {"pat": {FollowSource.CHOSEN, FollowSource.CUSTOMER}}
    assert mine.customer_id == "pat"
    theirs = company.open(actor="ann", customer_id="pat")
    assert theirs.followers == {"ann": {FollowSource.CHOSEN}, "pat": {FollowSource.CUSTOMER}}
    for_contact = company.open(actor="ann", customer_id="con")
    assert for_contact.followers == {"ann": {FollowSource.CHOSEN}}


def test_first_open_stage(company: Company) -> None:
    """G7: a new ticket takes the team's first unfolded stage in the one order."""
    assert company.open().stage_id == "new"
    company.team("odd", Visibility.COMPANY, stage_ids=["solved", "working"])
    assert company.open("odd").stage_id == "working"


def test_creation_message(company: Company) -> None:
    """G8, V20: on creation the stage's e-mail goes to the customer once, following or not."""
    ticket = company.open("private", customer_id="con")
    sent = company.deliver()
    assert [(m.recipient_id, m.subject, m.text) for m in sent] == [
        ("con", "Received: No ink", "Dear Con")
    ]
    assert company.deliver() == []
    assert company.names(ticket.id)[0] == "TicketOpened"


def test_no_customer_is_a_recorded_skip(company: Company) -> None:
    """G8: without a customer or an address the message is a recorded skip."""
    ticket = company.open()
    assert "StageMessageSkipped" in company.names(ticket.id)
    assert company.deliver() == []


def test_priority_changes_no_assignment(company: Company) -> None:
    """T4: a ticket has a priority 0-3, which changes no assignment."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    got = [company.open("auto", priority=p).assignee_id for p in (3, 0, 2, 1, 3, 0)]
    assert got == ["ann", "bob", "cyd"] * 2
    with pytest.raises(InvalidValueError, match="priority must be between 0 and 3"):
        company.open(priority=4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "two\nlines"},
        {"subject": "a\u2028b"},
        {"subject": " "},
        {"subject": "\ud800"},
        {"subject": "x" * 501},
        {"description": "x" * (1024 * 1024 + 1)},
        {"description": "bell \x07"},
        {"tags": [""]},
        {"id": True},
    ],
)
def test_bad_values(company: Company, wrong: dict) -> None:
    """T4, T7: a value over its limit is refused by name, and nothing is stored."""
    with pytest.raises(InvalidValueError):
        company.open(**wrong)
    assert company.desk.count(actor=SETUP) == 0


def test_portal_opens_only_on_public_teams(company: Company) -> None:
    """T5, V3, V14: a portal user opens tickets on PUBLIC teams; others do not exist for them."""
    for team in ("company", "private", "nowhere"):
        with pytest.raises(NotFoundError) as caught:
            company.desk.open_ticket(team, "Hello", actor="pat")
        assert str(caught.value) == f"team {team!r} not found"
    assert refused(company.open, "public", actor="pat", customer_id="pia") == "permission.role"
    assert refused(company.open, "public", actor="pat", assignee_id="ann") == "permission.role"


def test_contacts_do_nothing(company: Company) -> None:
    """V4, T5: a contact has no login and can do nothing."""
    with pytest.raises(HelpdeskError):
        company.desk.open_ticket("public", "Hello", actor="con")
    assert company.desk.tickets(actor="con").items == ()


# --- versions and keys -----------------------------------------------------------------------


def test_versions(company: Company) -> None:
    """T7: an expected version that no longer holds is a conflict, and nothing changes."""
    ticket = company.open()
    assert ticket.version == 1
    moved = company.desk.move(ticket.id, "working", actor="ann", expected_version=1)
    assert moved.version == 2
    company.desk.reply(ticket.id, "We are on it", actor="ann")
    with pytest.raises(ConflictError, match="is at version 3, expected was 2"):
        company.desk.move(ticket.id, "solved", actor="ann", expected_version=2)
    now = company.desk.ticket(ticket.id, actor="ann")
    assert (now.version, now.stage_id) == (3, "working")


def test_idempotency_keys(company: Company) -> None:
    """T7: the same key gives the first result again; with another payload it is an error."""
    first = company.open(actor="ann", idempotency_key="k")
    again = company.open(actor="ann", idempotency_key="k")
    assert again == first
    assert company.desk.count(actor=SETUP) == 1
    with pytest.raises(IdempotencyKeyError):
        company.open(actor="ann", subject="Another", idempotency_key="k")
    other = company.open(actor="bob", idempotency_key="k")
    assert other.id != first.id, "a key is its caller's own"


def test_a_kept_result_is_not_shown_to_who_lost_access(company: Company) -> None:
    """T7, V14: a kept result is given again only to somebody who may still see the ticket."""
    company.desk.follow_team("private", "ann", actor=SETUP)
    company.desk.open_ticket("private", "Secret", actor="ann", idempotency_key="k", id="S")
    company.desk.unfollow_team("private", "ann", actor=SETUP)
    company.desk.unfollow_ticket("S", "ann", actor=SETUP)
    with pytest.raises(NotFoundError):
        company.desk.open_ticket("private", "Secret", actor="ann", idempotency_key="k", id="S")


def test_keys_and_outbox_are_purged_and_the_history_stays(company: Company) -> None:
    """T6, T7: after 30 days keys and sent messages go, and the history stays."""
    ticket = company.open("public", actor="pat", idempotency_key="k")
    company.deliver()
    before = company.desk.history(ticket.id, actor=SETUP)
    company.clock.advance(timedelta(days=29))
    assert company.desk.purge() == 0
    company.clock.advance(timedelta(days=2))
    assert company.desk.purge() == 2
    assert company.desk.history(ticket.id, actor=SETUP) == before
    assert company.open("public", actor="pat", idempotency_key="k").id != ticket.id


def test_history_says_who_what_when(company: Company) -> None:
    """T6: the history names who did what when, and carries the version of its schema."""
    ticket = company.open(actor="emp")
    company.desk.move(ticket.id, "solved", actor="ann")
    told = [(e.by, e.name, e.at) for e in company.desk.history(ticket.id, actor="ann")]
    at = MONDAY + timedelta(minutes=1)
    assert told[0] == ("emp", "TicketOpened", at)
    assert ("ann", "TicketClosed", at) in told
    assert all(e.schema == 1 for e in company.desk.history(ticket.id, actor="ann"))


def test_system_names_its_reason(company: Company) -> None:
    """V11: there is no default actor; the system names its reason, and history keeps it."""
    ticket = company.open()
    assert company.desk.history(ticket.id, actor=SETUP)[0].by == SETUP
    with pytest.raises(InvalidValueError):
        System(reason=" ")
    with pytest.raises(TypeError):
        company.desk.open_ticket("company", "No actor")  # type: ignore[call-arg]
    with pytest.raises(InvalidValueError, match="actor"):
        company.desk.open_ticket("company", "No actor", actor=None)  # type: ignore[arg-type]


# --- moving and closing ----------------------------------------------------------------------


def test_closing_follows_the_fold(company: Company) -> None:
    """G1, G3: one TicketClosed going in, none between folded stages, one TicketReopened out."""
    ticket = company.open(customer_id="con")
    for stage, closed in (("solved", True), ("cancelled", True), ("working", False)):
        company.clock.advance(timedelta(hours=1))
        moved = company.desk.move(ticket.id, stage, actor="ann")
        assert (moved.closed_at is not None) is closed
    names = company.names(ticket.id)
    assert names.count("TicketClosed") == names.count("TicketReopened") == 1
    sent = [(m.channel.value, m.subject) for m in company.deliver()]
    assert sorted(sent) == [
        ("email", "Received: No ink"),
        ("email", "Solved: No ink"),
        ("sms", "No ink"),
    ]


def test_saving_the_same_stage_sends_nothing(company: Company) -> None:
    """G8: saving the same stage again sends nothing and changes nothing."""
    ticket = company.open(customer_id="con")
    company.deliver()
    again = company.desk.move(ticket.id, "new", actor="ann")
    assert again == company.desk.ticket(ticket.id, actor=SETUP)
    assert (again.version, company.deliver()) == (1, [])


def test_a_stage_of_another_team(company: Company) -> None:
    """G5: a ticket's stage always belongs to its team."""
    company.desk.create_stage("Elsewhere", id="else", actor=SETUP)
    ticket = company.open()
    code = refused(company.desk.move, ticket.id, "else", actor="ann")
    assert code == "stage.refused.not_in_team"


def test_once_per_ticket(company: Company) -> None:
    """G8: a stage with once_per_ticket writes once, however often it is entered."""
    from helpdesk_core import EmailTemplate

    company.desk.create_stage(
        "Asked",
        id="asked",
        actor=SETUP,
        once_per_ticket=True,
        email_template=EmailTemplate("Please answer", "Dear ${customer.name}"),
        team_ids=["company"],
    )
    ticket = company.open(customer_id="con")
    for stage in ("asked", "working", "asked"):
        company.desk.move(ticket.id, stage, actor="ann")
    assert [m.subject for m in company.deliver()].count("Please answer") == 1


def test_customers_close_their_own(company: Company) -> None:
    """T5: a portal user closes their own ticket, and moves or closes no other."""
    mine = company.open("public", actor="pat")
    assert company.desk.close(mine.id, actor="pat").stage_id == "solved"
    assert refused(company.desk.move, mine.id, "new", actor="pat") == "permission.role"
    others = company.open("public", actor="pia")
    company.desk.follow_ticket(others.id, "pat", actor="ann")
    assert refused(company.desk.close, others.id, actor="pat") == "permission.role"
    assert company.desk.close(others.id, actor="ann").stage_id == "solved"
    assert company.names(others.id).count("TicketClosed") == 1
    company.desk.close(others.id, actor="ann")
    assert company.names(others.id).count("TicketClosed") == 1


def test_change_ticket(company: Company) -> None:
    """T4, T7: subject, description, priority and tags change by name; nothing else does."""
    ticket = company.open()
    changed = company.desk.change_ticket(
        ticket.id, actor="ann", priority=2, tags={"ink"}, subject="No ink"
    )
    assert (changed.priority, changed.tags, changed.version) == (2, {"ink"}, 2)
    assert company.desk.history(ticket.id, actor=SETUP)[-1].fields == ("priority", "tags")
    with pytest.raises(InvalidValueError, match="assignee_id is none of"):
        company.desk.change_ticket(ticket.id, actor="ann", assignee_id="bob")
    with pytest.raises(InvalidValueError, match="subject must not be empty"):
        company.desk.change_ticket(ticket.id, actor="ann", subject=" ")
    assert refused(company.desk.change_ticket, ticket.id, actor="emp", priority=1)


# --- assignment ------------------------------------------------------------------------------


def test_manual_assignment(company: Company) -> None:
    """A18, V10: by hand to an eligible user, with a warning when away; the follow moves along."""
    ticket = company.open("private")
    company.desk.follow_ticket(ticket.id, "ann", actor=SETUP)
    company.away("bob")
    given = company.desk.assign(ticket.id, "bob", actor="ann")
    assert given.followers["bob"] == {FollowSource.ASSIGNED}
    assert company.desk.history(ticket.id, actor=SETUP)[-1].warning == "assignment.absent"
    assert company.desk.ticket(ticket.id, actor="bob").id == ticket.id
    opened = company.open(assignee_id="bob")
    assert company.desk.history(opened.id, actor=SETUP)[-1].warning == "assignment.absent"
    for nobody in ("emp", "pat", "con"):
        code = refused(company.desk.assign, ticket.id, nobody, actor="ann")
        assert code == "assignment.refused.not_eligible"
    company.desk.assign(ticket.id, "cyd", actor="ann")
    with pytest.raises(NotFoundError):
        company.desk.ticket(ticket.id, actor="bob")
    freed = company.desk.assign(ticket.id, None, actor="ann")
    assert (freed.assignee_id, freed.waiting) == (None, False)


def test_automatic_assignment_never_overwrites(company: Company) -> None:
    """A1: off, nobody is assigned; on, an explicit assignee stays."""
    assert company.open().assignee_id is None
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    assert company.open("auto", assignee_id="cyd").assignee_id == "cyd"
    assert company.desk.assign_waiting(actor=SETUP) == ()


def test_equal_tickets_rotates(company: Company) -> None:
    """A3, A5: with everybody there and equal counts, tickets go round in member order."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    tickets = [company.open("auto") for _ in range(7)]
    assert [t.assignee_id for t in tickets] == ["ann", "bob", "cyd"] * 2 + ["ann"]
    company.desk.move(tickets[1].id, "solved", actor="ann")
    assert company.open("auto").assignee_id == "bob", "closing changes no count (A3)"


def test_equal_open(company: Company) -> None:
    """A4: EQUAL_OPEN gives to whoever has the fewest open tickets."""
    company.team(
        "auto",
        Visibility.COMPANY,
        auto_assign=True,
        assignment_method=AssignmentMethod.EQUAL_OPEN,
    )
    tickets = [company.open("auto") for _ in range(3)]
    company.desk.move(tickets[2].id, "solved", actor="ann")
    assert company.open("auto").assignee_id == "cyd"


def test_unassigned_does_not_reset_the_rotation(company: Company) -> None:
    """A6, T3: an unassigned ticket, or a member who left, never resets the rotation."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    assert company.open("auto").assignee_id == "ann"
    company.away("ann", "bob", "cyd", days=None)
    assert company.open("auto").assignee_id is None
    company.calendar.known_absences.clear()
    company.desk.change_user("ann", actor=SETUP, active=False)
    assert [company.open("auto").assignee_id for _ in range(3)] == ["bob", "cyd", "bob"]


def test_counts_are_per_team_or_global(company: Company) -> None:
    """A7: counts are the team's unless its scope is global; recency is always the team's."""
    company.team("here", Visibility.COMPANY, auto_assign=True)
    company.team("both", Visibility.COMPANY, auto_assign=True, assignment_scope=CountScope.GLOBAL)
    assert [company.open("here").assignee_id for _ in range(2)] == ["ann", "bob"]
    assert company.open("both").assignee_id == "cyd"
    assert company.open("here").assignee_id == "cyd", "this team has not given cyd any"


def test_counts_move(company: Company) -> None:
    """A7: a reassignment moves the count, and a ticket takes its count along to another team."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    ticket = company.open("auto")
    company.desk.assign(ticket.id, "bob", actor="lea")
    counts = company.desk.workloads("auto", actor="lea")
    assert {m: w.total for m, w in counts.items()} == {"ann": 0, "bob": 1}
    company.desk.transfer(ticket.id, "company", actor="lea")
    assert company.desk.workloads("auto", actor="lea")["bob"].total == 0
    assert company.desk.workloads("company", actor="lea")["bob"].total == 1


def test_nobody_eligible(company: Company) -> None:
    """A2, T3: nobody in the pool is an outcome, and the ticket is kept and waits."""
    company.team("auto", Visibility.COMPANY, auto_assign=True, member_ids=["ann"])
    company.desk.change_user("ann", actor=SETUP, roles=())
    ticket = company.open("auto")
    assert (ticket.assignee_id, ticket.waiting) == (None, True)
    events = company.desk.history(ticket.id, actor=SETUP)
    assert [e.code for e in events if e.name == "TicketUnassigned"] == [
        "assignment.nobody_eligible"
    ]


def test_pool_is_everybody_when_no_members_are_named(company: Company) -> None:
    """A2, T3: a team that names nobody assigns to every eligible user."""
    company.team("auto", Visibility.COMPANY, auto_assign=True, member_ids=[])
    got = {company.open("auto").assignee_id for _ in range(4)}
    assert got == {"ann", "bob", "cyd", "lea"}


def test_members_must_be_eligible(company: Company) -> None:
    """T3: only eligible users can be named as members."""
    for nobody in ("emp", "pat", "con", "unknown"):
        code = refused(company.team, "bad", Visibility.COMPANY, member_ids=["ann", nobody])
        assert code == "team.refused.not_eligible"


def test_look_ahead(company: Company) -> None:
    """A9, A10: nobody there now: who is back first gets it, with the moment."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    company.away("ann", days=3)
    company.away("bob", days=2)
    company.away("cyd", days=4)
    ticket = company.open("auto")
    assert ticket.assignee_id == "bob"
    assert ticket.available_from == MONDAY + timedelta(days=2)
    company.calendar.known_absences = [
        a for a in company.calendar.known_absences if a.user_id != "ann"
    ]
    now = company.open("auto")
    assert (now.assignee_id, now.available_from) == ("ann", None)


def test_waiting_are_served_oldest_first(company: Company) -> None:
    """A11, A16: with everybody away for ever tickets wait, and are served oldest first."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    company.away("ann", "bob", "cyd", days=None)
    waiting = [company.open("auto") for _ in range(4)]
    assert [t.waiting for t in waiting] == [True] * 4
    closed = waiting.pop()
    company.desk.move(closed.id, "solved", actor="ann")
    assert company.desk.assign_waiting(actor=SETUP) == ()
    company.calendar.known_absences.clear()
    assert company.desk.count(actor=SETUP, query=TicketFilter(waiting=True)) == 4
    served = company.desk.assign_waiting(actor=SETUP, limit=2)
    assert [(t.id, t.assignee_id) for t in served] == [
        (waiting[0].id, "ann"),
        (waiting[1].id, "bob"),
    ]
    assert [t.id for t in company.desk.assign_waiting(actor=SETUP)] == [waiting[2].id]
    assert company.desk.assign_waiting(actor=SETUP) == ()


def test_a_silent_calendar_is_not_everybody_free(company: Company) -> None:
    """A14: when the calendar does not answer the ticket is kept and waits; nobody is chosen."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)

    def broken(*args: object) -> None:
        raise OSError("no route to host")

    answers, company.calendar.absences = company.calendar.absences, broken
    ticket = company.open("auto")
    assert (ticket.assignee_id, ticket.waiting) == (None, True)
    events = company.desk.history(ticket.id, actor=SETUP)
    assert events[-1].code == "assignment.calendar_did_not_answer"
    with pytest.raises(CalendarError, match="OSError"):
        company.desk.assign_waiting(actor=SETUP)
    with pytest.raises(CalendarError):
        company.desk.explain_assignment("auto", actor="ann")
    company.calendar.absences = answers
    assert [t.id for t in company.desk.assign_waiting(actor=SETUP)] == [ticket.id]


def test_decisions_are_kept_with_their_reason(company: Company) -> None:
    """A20: the history keeps assignee, count and tie-breaker; a decision explains itself."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    company.away("bob", days=2)
    ticket = company.open("auto")
    [event] = [
        e for e in company.desk.history(ticket.id, actor=SETUP) if e.name == "TicketAssigned"
    ]
    assert (event.assignee_id, event.count, event.tie_breaker) == ("ann", 0, "member_order")
    why = company.desk.explain_assignment("auto", actor="lea")
    assert [(c.member_id, c.count, c.rank) for c in why.candidates] == [
        ("cyd", 0, 1),
        ("ann", 1, 2),
    ]
    assert [s.member_id for s in why.skipped] == ["bob"]
    assert why.skipped[0].reason.parameters["until"] == MONDAY + timedelta(days=2)


def test_coverage_is_when_nobody_of_the_pool_will_be_there(company: Company) -> None:
    """A9, A13, A14: the gaps in a team's hours, recurring absences too, for who may open it."""
    week = WeeklySchedule(user_id="ann", time_zone="UTC", hours=[(0, 540, 1020)])
    lunch = RecurringAbsence(
        user_id="ann",
        start=MONDAY.replace(hour=12),
        end=MONDAY.replace(hour=13),
        rule="FREQ=DAILY",
        time_zone="UTC",
    )
    company.team("alone", Visibility.COMPANY, member_ids=["ann"])
    company.calendar.known_absences.append(lunch)
    company.calendar.known_schedules["ann"] = week
    day = MONDAY.replace(hour=0), MONDAY.replace(hour=0) + timedelta(days=1)
    found = company.desk.coverage("alone", *day, actor="emp")
    assert [(gap.start.hour, gap.end.hour) for gap in found] == [(0, 9), (12, 13), (17, 0)]
    assert company.desk.coverage("public", *day, actor="emp") == ()  # bob and cyd
    with pytest.raises(NotFoundError):
        company.desk.coverage("public", *day, actor="pat")
    with pytest.raises(InvalidValueError, match="until"):
        company.desk.coverage("alone", *reversed(day), actor="emp")
    with pytest.raises(InvalidValueError, match="since"):
        company.desk.coverage("alone", day[0].replace(tzinfo=None), day[1], actor="emp")
    company.calendar.absences = None
    with pytest.raises(CalendarError):
        company.desk.coverage("alone", *day, actor="emp")
    with pytest.raises(NotFoundError):
        company.desk.coverage("alone", *day, actor="pat")


def test_a_recurring_absence_counts_when_assigning(company: Company) -> None:
    """A9, A13: who is away every Monday morning gets no ticket then, and one after it."""
    company.team("auto", Visibility.COMPANY, auto_assign=True, member_ids=["ann", "bob"])
    company.calendar.known_absences.append(
        RecurringAbsence(
            user_id="ann",
            start=MONDAY - timedelta(days=70, hours=3),
            end=MONDAY - timedelta(days=70) + timedelta(hours=3),
            rule="FREQ=WEEKLY;INTERVAL=2",
            time_zone="Europe/Rome",
        )
    )
    assert company.open("auto").assignee_id == "bob"
    company.clock.advance(timedelta(hours=4))
    assert company.open("auto").assignee_id == "ann"


# --- changing team ---------------------------------------------------------------------------


def test_transfer_keeps_or_changes_the_assignee(company: Company) -> None:
    """A21: the assignee stays when in the new pool, else the ticket is assigned anew."""
    company.team("auto", Visibility.COMPANY, auto_assign=True, member_ids=["bob", "cyd"])
    company.team("lone", Visibility.COMPANY, member_ids=["cyd"])
    kept = company.open(assignee_id="cyd")
    assert company.desk.transfer(kept.id, "auto", actor="lea").assignee_id == "cyd"
    anew = company.open(assignee_id="ann")
    assert company.desk.transfer(anew.id, "auto", actor="lea").assignee_id == "bob"
    left = company.desk.transfer(anew.id, "lone", actor="lea")
    assert (left.assignee_id, left.waiting) == (None, False)
    none = company.open()
    assert company.desk.transfer(none.id, "auto", actor="lea").assignee_id is not None


def test_transfer_keeps_the_stage_or_takes_one_alike(company: Company) -> None:
    """G9: the stage is kept when the new team has it; else an open ticket goes into an open one."""
    company.desk.create_stage("Done", id="done", folded=True, actor=SETUP)
    company.desk.create_stage("Queue", id="queue", actor=SETUP)
    company.team("other", Visibility.COMPANY, stage_ids=["queue", "done", "working"])
    company.team("open-only", Visibility.COMPANY, stage_ids=["queue"])
    ticket = company.open(customer_id="con")
    company.deliver()
    company.desk.move(ticket.id, "working", actor="ann")
    assert company.desk.transfer(ticket.id, "other", actor="ann").stage_id == "working"
    assert company.deliver() == [], "a stage that is kept sends nothing"
    company.desk.transfer(ticket.id, "company", actor="ann")
    company.desk.move(ticket.id, "solved", actor="ann")
    moved = company.desk.transfer(ticket.id, "other", actor="ann")
    assert moved.stage_id == "done"
    assert company.names(ticket.id).count("TicketClosed") == 1
    code = refused(company.desk.transfer, ticket.id, "open-only", actor="ann")
    assert code == "stage.refused.no_folded_stage"


def test_transfer_out_of_public(company: Company) -> None:
    """V16, V6: from a PUBLIC team to a narrower one portal users stop following the ticket."""
    ticket = company.open("public", actor="pat", id="T")
    company.desk.follow_ticket(ticket.id, "con", actor="ann")
    assert company.reads("pat") == {"T"}
    company.desk.transfer(ticket.id, "company", actor="ann")
    assert set(company.desk.ticket("T", actor="ann").followers) == {"con"}
    company.desk.transfer(ticket.id, "public", actor="ann")
    assert company.reads("pat") == set(), "widening restores nobody by itself (V7)"


def test_transfer_to_a_team_that_is_not_to_be_seen(company: Company) -> None:
    """V14: a team that one may not open does not exist as a target."""
    ticket = company.open()
    with pytest.raises(NotFoundError, match="team 'private' not found"):
        company.desk.transfer(ticket.id, "private", actor="ann")


def test_employees_and_unknown_actors(company: Company) -> None:
    """T5, V17: an employee opens and replies but moves nothing; the inactive do nothing."""
    ticket = company.open(actor="emp")
    company.desk.reply(ticket.id, "More of it", actor="emp")
    assert refused(company.desk.move, ticket.id, "working", actor="emp") == "permission.role"
    company.desk.change_user("emp", actor=SETUP, active=False)
    assert refused(company.desk.ticket, ticket.id, actor="emp") == "permission.inactive_user"
    with pytest.raises(NotFoundError):
        company.desk.ticket(ticket.id, actor="nobody")


def test_the_table_of_permissions_is_data(company: Company) -> None:
    """T5: a host can replace the table of which role may do which use-case."""
    from helpdesk_core import PERMISSIONS, Helpdesk

    strict = Helpdesk(
        company.repository,
        company.notifier,
        company.calendar,
        company.clock,
        permissions={**PERMISSIONS, "ticket.move": frozenset({"administrator"})},
    )
    ticket = company.open()
    assert refused(strict.move, ticket.id, "working", actor="ann") == "permission.role"
    assert strict.move(ticket.id, "working", actor="root").stage_id == "working"


def test_a_stage_message_names_who_has_the_ticket_now(company: Company) -> None:
    """G8: what a stage says names the assignee of the moment, on opening and in another team."""
    hello = EmailTemplate("Hello", "${assignee.name} will help you")
    company.desk.create_stage("Queue", id="queue", actor=SETUP, email_template=hello)
    company.team(
        "hot", Visibility.PUBLIC, stage_ids=["queue"], auto_assign=True, member_ids=["bob"]
    )
    company.open("hot", actor="pat")
    assert [m.text for m in company.deliver() if m.recipient_id == "pat"] == ["Bob will help you"]
    moved = company.open("public", actor="pia")
    company.desk.assign(moved.id, "cyd", actor="ann")
    company.deliver()
    company.desk.transfer(moved.id, "hot", actor="ann")
    assert [m.text for m in company.deliver() if m.recipient_id == "pia"] == ["Bob will help you"]


def test_company_scope_keeps_tickets_from_who_could_not_open_them(tmp_path: Path) -> None:
    """T1, V10, A2: with company_scope nobody is given a ticket that they may not open."""
    company = Company(MemoryRepository(), tmp_path, company_scope=True)
    for user_id, name in (("ann", "North"), ("bob", "South"), ("cyd", "South")):
        company.desk.change_user(user_id, actor=SETUP, company=name)
    team = company.team(
        "north", Visibility.COMPANY, company="North", member_ids=[], auto_assign=True
    )
    tickets = [company.open("north") for _ in range(3)]
    assert {ticket.assignee_id for ticket in tickets} == {"ann"}
    assert company.desk.explain_assignment(team.id, actor=SETUP).assignee_id == "ann"
    code = refused(company.desk.assign, tickets[0].id, "bob", actor="ann")
    assert code == "assignment.refused.other_company"
    change = company.desk.change_team
    assert refused(change, team.id, actor=SETUP, member_ids=["bob"]) == "team.refused.other_company"
    moved = company.open("public", assignee_id="bob")
    assert company.desk.transfer(moved.id, "north", actor=SETUP).assignee_id == "ann"


def test_a_contact_who_gets_a_login_sees_their_own_tickets(company: Company) -> None:
    """T5, V3: a contact who becomes a portal user follows their own tickets of PUBLIC teams."""
    company.open("public", id="mine", actor="ann", customer_id="con")
    company.open("public", id="away", actor="ann", customer_id="con")
    company.open("public", id="other", actor="ann", customer_id="pat")
    company.open("company", id="inside", actor="ann", customer_id="con")
    company.desk.merge(["other", "away"], actor="ann", master_id="other")
    company.desk.change_user("con", actor=SETUP, kind=UserKind.PORTAL)
    assert company.reads("con") == {"mine"}
    followers = {id: company.desk.ticket(id, actor=SETUP).followers for id in ("mine", "away")}
    assert all(f["con"] == {FollowSource.CUSTOMER} for f in followers.values())
    assert "con" not in company.desk.ticket("inside", actor=SETUP).followers


def test_kind_of_user_stays(company: Company) -> None:
    """V11, V17: nobody turns from inside to outside or back; a contact may become a portal user."""
    code = refused(company.desk.change_user, "emp", actor=SETUP, kind=UserKind.PORTAL)
    assert code == "user.refused.kind"
    with pytest.raises(InvalidValueError, match="roles"):
        company.desk.change_user("pat", actor=SETUP, roles={Role.ADMINISTRATOR})
    assert company.desk.change_user("con", actor=SETUP, kind=UserKind.PORTAL).kind
    with pytest.raises(ConflictError):
        company.desk.add_user(User(id="ann", name="Ann", kind=UserKind.INTERNAL), actor=SETUP)


def test_once_per_ticket_counts_what_was_sent(company: Company) -> None:
    """G8, M13: entering a stage without a word, as by a merge, is not having written."""
    from helpdesk_core import EmailTemplate

    company.desk.create_stage(
        "First",
        id="first",
        actor=SETUP,
        once_per_ticket=True,
        email_template=EmailTemplate("Please answer", "Dear ${customer.name}"),
    )
    company.team("only", Visibility.COMPANY, stage_ids=["first", "solved"])
    company.open("only", customer_id="con", id="a")
    company.desk.move("a", "solved", actor="ann")
    company.desk.move("a", "first", actor="ann")
    assert company.names("a").count("StageMessageSent") == 3
    company.open("public", id="b", customer_id="con")
    company.open("public", id="c")
    company.desk.create_stage("Zero", id="zero", actor=SETUP)
    company.desk.reorder_stages(
        ["first", "new", "working", "solved", "cancelled", "zero"], actor=SETUP
    )
    company.desk.change_team(
        "public", actor=SETUP, stage_ids=["first", "new", "working", "solved", "cancelled"]
    )
    company.desk.close("b", actor="ann")
    company.desk.merge(["b", "c"], actor="ann")
    assert company.desk.ticket("b", actor="ann").stage_id == "first", "without a word (M13)"
    company.desk.move("b", "working", actor="ann")
    company.desk.move("b", "first", actor="ann")
    company.desk.move("b", "working", actor="ann")
    company.desk.move("b", "first", actor="ann")
    assert [m.subject for m in company.deliver()].count("Please answer") == 2, "once for each"


def test_a_waiting_ticket_is_assigned_where_it_goes(company: Company) -> None:
    """A16, A21: a ticket that waits is given to somebody of the team that it goes to."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    company.team("more", Visibility.COMPANY, auto_assign=True, member_ids=["lea"])
    company.away("ann", "bob", "cyd", days=None)
    ticket = company.open("auto")
    assert ticket.waiting
    given = company.desk.transfer(ticket.id, "more", actor="ann")
    assert (given.assignee_id, given.waiting) == ("lea", False)
    master = company.open()
    company.desk.merge([master.id, ticket.id], actor="ann", master_id=master.id)
    code = refused(company.desk.transfer, ticket.id, "more", actor="ann")
    assert code == "stage.refused.merged_away", "its own team is no exception"


def test_who_may_not_name_others_learns_nothing_of_them(company: Company) -> None:
    """T5, V14: without the right to open for others, known and unknown customers look the same."""
    for customer in ("pia", "nobody"):
        code = refused(company.open, "public", actor="emp", customer_id=customer)
        assert code == "permission.role"


def test_a_team_that_does_not_assign_is_explained_too(company: Company) -> None:
    """A20: whom a ticket would go to is told also where automatic assignment is off."""
    assert company.desk.explain_assignment("company", actor="ann").assignee_id == "ann"


# --- what cannot be found out by asking -------------------------------------------------------


def test_an_id_is_given_by_who_may_open_for_others(company: Company) -> None:
    """V14, T5: who may not name others cannot try out which ids are taken."""
    company.open("private", id="HR-7")
    for user in ("pat", "emp"):
        told = set()
        for id in ("HR-7", "HR-8"):
            with pytest.raises(RefusedError) as caught:
                company.desk.open_ticket("public", "x", actor=user, id=id)
            told.add(str(caught.value))
        assert len(told) == 1
    assert company.desk.open_ticket("public", "x", actor="ann", id="HR-8").id == "HR-8"


def test_the_calendar_is_asked_by_who_is_allowed(company: Company) -> None:
    """V14, A14: a hidden team or ticket is not told from none by whether a calendar is asked."""
    company.team("HR", Visibility.PRIVATE, auto_assign=True, member_ids=["bob"])
    company.open("HR", id="theirs")
    company.open("company", id="ours")
    asked = []
    absences = company.calendar.absences

    def count(*arguments):
        asked.append(arguments)
        return absences(*arguments)

    company.calendar.absences = count
    desk = company.desk
    refused_ = [
        lambda: desk.open_ticket("HR", "x", actor="pat"),
        lambda: desk.open_ticket("HR", "x", actor="ann"),
        lambda: desk.open_ticket("HR", "x", actor="ann", assignee_id="bob"),
        lambda: desk.open_ticket("public", "x", actor="pat", assignee_id="bob"),
        lambda: desk.open_ticket("HR", "x", actor="con"),
        lambda: desk.open_ticket("HR", "x", actor="nobody"),
        lambda: desk.assign("theirs", "bob", actor="ann"),
        lambda: desk.assign("ours", "bob", actor="emp"),
        lambda: desk.transfer("ours", "HR", actor="ann"),
        lambda: desk.transfer("theirs", "HR", actor="ann"),
        lambda: desk.explain_assignment("HR", actor="ann"),
        lambda: desk.explain_assignment("company", actor="emp"),
    ]
    for call in refused_:
        with pytest.raises(HelpdeskError):
            call()
    assert asked == []
    desk.open_ticket("HR", "x", actor="root")
    desk.assign("ours", "bob", actor="ann")
    assert len(asked) == 2
