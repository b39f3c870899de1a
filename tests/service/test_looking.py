"""Lists, boards and levels, through the service, over each kind of store."""

import inspect
from datetime import timedelta

import pytest

from desks import MONDAY, SETUP, Company
from helpdesk_core import (
    InvalidValueError,
    NotFoundError,
    RefusedError,
    TicketFilter,
    Visibility,
    can_view,
)
from helpdesk_core.adapters.memory import MemoryRepository

EVERYBODY = ("ann", "bob", "cyd", "emp", "lea", "root", "pat", "pia", "con")


def one_of_each(company: Company) -> dict:
    """A ticket on each level, opened by the system."""
    return {level.value: company.open(level.value, id=level.value) for level in Visibility}


def test_levels(company: Company) -> None:
    """V1, V2, V3, V4, V11: each level shows its tickets to those it should, and to nobody else."""
    one_of_each(company)
    everything = {"private", "company", "public"}
    inside = {"company", "public"}
    assert {u: company.reads(u) for u in EVERYBODY} == {
        **dict.fromkeys(("ann", "bob", "cyd", "emp", "lea"), inside),
        "root": everything,
        **{u: set() for u in ("pat", "pia", "con")},
    }
    for user in ("ann", "pat", "con"):
        for ticket in everything:
            company.desk.follow_ticket(ticket, user, actor=SETUP)
    assert company.reads("ann") == everything
    assert company.reads("pat") == {"public"}
    assert company.reads("con") == set()
    company.desk.follow_team("public", "pia", actor=SETUP)
    assert company.reads("pia") == set(), "following the team alone is not enough (V3)"


def test_list_is_check(company: Company) -> None:
    """V13: list, count, board and the check on one ticket agree for everybody."""
    one_of_each(company)
    company.desk.follow_ticket("private", "ann", actor=SETUP)
    company.desk.follow_team("private", "bob", actor=SETUP)
    company.desk.follow_ticket("public", "pat", actor=SETUP)
    company.desk.assign("private", "cyd", actor=SETUP)
    with company.repository.reading() as session:
        users, teams = session.users(EVERYBODY), session.teams()
        tickets = session.tickets([level.value for level in Visibility])
    for id, user in users.items():
        allowed = {t.id for t in tickets.values() if can_view(user, t, teams[t.team_id]).allowed}
        assert company.reads(id) == allowed
        assert company.desk.count(actor=id) == len(allowed)
        for ticket_id in tickets:
            try:
                company.desk.ticket(ticket_id, actor=id)
                seen = True
            except NotFoundError:
                seen = False
            assert seen is (ticket_id in allowed)
        shown = {t.id for c in company.desk.board(actor=id).columns for t in c.tickets}
        assert shown == allowed


def test_denied_and_absent_look_the_same(company: Company) -> None:
    """V14: what may not be seen and what is not there give the same error, by every call."""
    one_of_each(company)
    desk = company.desk
    calls = {
        "ticket": lambda id: desk.ticket(id, actor="ann"),
        "messages": lambda id: desk.messages(id, actor="ann"),
        "attachments": lambda id: desk.attachments(id, actor="ann"),
        "time_entries": lambda id: desk.time_entries(id, actor="ann"),
        "history": lambda id: desk.history(id, actor="ann"),
        "access": lambda id: desk.access(id, actor="ann"),
        "resolve": lambda id: desk.resolve(id, actor="ann"),
        "reply": lambda id: desk.reply(id, "x", actor="ann"),
        "note": lambda id: desk.note(id, "x", actor="ann"),
        "attach": lambda id: desk.attach(id, "x", b"x", actor="ann"),
        "read_attachment": lambda id: desk.read_attachment(id, "x", actor="ann"),
        "log_time": lambda id: desk.log_time(id, 1, actor="ann"),
        "move": lambda id: desk.move(id, "solved", actor="ann"),
        "close": lambda id: desk.close(id, actor="ann"),
        "assign": lambda id: desk.assign(id, "ann", actor="ann"),
        "transfer": lambda id: desk.transfer(id, "company", actor="ann"),
        "change_ticket": lambda id: desk.change_ticket(id, actor="ann", priority=1),
        "follow_ticket": lambda id: desk.follow_ticket(id, "ann", actor="ann"),
        "unfollow_ticket": lambda id: desk.unfollow_ticket(id, "ann", actor="ann"),
        "duplicates": lambda id: desk.duplicates(id, actor="ann"),
        "discard_duplicate": lambda id: desk.discard_duplicate("company", id, actor="ann"),
        "preview_merge": lambda id: desk.preview_merge(["company", id], actor="ann"),
        "merge": lambda id: desk.merge(["company", id], actor="ann"),
    }
    before = desk.ticket("private", actor=SETUP)
    for name, call in calls.items():
        shapes = []
        for id in ("private", "missing"):
            with pytest.raises(NotFoundError) as caught:
                call(id)
            shapes.append((type(caught.value), str(caught.value).replace(repr(id), "?")))
        assert shapes[0] == shapes[1] == (NotFoundError, "ticket ? not found"), name
    assert desk.ticket("private", actor=SETUP) == before
    assert list(company.store.ids()) == []
    for team in ("private", "missing"):
        for call in (
            lambda team: desk.team(team, actor="ann"),
            lambda team: desk.board(team, actor="ann"),
            lambda team: desk.stages(team, actor="ann"),
            lambda team: desk.workloads(team, actor="ann"),
            lambda team: desk.change_team(team, actor="ann", name="x"),
            lambda team: desk.preview_visibility(team, Visibility.PUBLIC, actor="ann"),
            lambda team: desk.change_visibility(team, Visibility.PUBLIC, actor="ann"),
            lambda team: desk.open_ticket(team, "x", actor="ann"),
            lambda team: desk.transfer("company", team, actor="ann"),
            lambda team: desk.follow_team(team, "ann", actor="ann"),
            lambda team: desk.unfollow_team(team, "ann", actor="ann"),
            lambda team: desk.explain_assignment(team, actor="ann"),
            lambda team: desk.coverage(team, MONDAY, MONDAY, actor="ann"),
        ):
            with pytest.raises(NotFoundError) as caught:
                call(team)
            assert str(caught.value) == f"team {team!r} not found"


def test_a_private_team_opens_to_who_follows_one_ticket(company: Company) -> None:
    """V12: who follows one ticket may open the PRIVATE team, and finds just that ticket there."""
    mine = company.open("private")
    company.open("private")
    for user in ("ann", "emp"):
        with pytest.raises(NotFoundError):
            company.desk.team("private", actor=user)
    company.desk.follow_ticket(mine.id, "ann", actor=SETUP)
    company.desk.move(mine.id, "solved", actor=SETUP)
    assert company.desk.team("private", actor="ann").id == "private"
    board = company.desk.board("private", actor="ann")
    assert {c.stage.id: c.count for c in board.columns if c.count} == {"solved": 1}
    assert {t.id for t in company.desk.teams(actor="ann")} == {"private", "company", "public"}
    master = company.open("private")
    company.desk.merge([master.id, mine.id], master_id=master.id, actor=SETUP)
    with pytest.raises(NotFoundError):
        company.desk.team("private", actor="ann")


def test_portal_users_open_no_team(company: Company) -> None:
    """V3: a portal user opens no team, whatever they follow."""
    ticket = company.open("public", actor="pat")
    company.desk.follow_team("public", "pat", actor=SETUP)
    assert company.desk.teams(actor="pat").items == ()
    with pytest.raises(NotFoundError):
        company.desk.board("public", actor="pat")
    assert company.reads("pat") == {ticket.id}


def test_identity_is_exact(tmp_path) -> None:
    """V3: identity is equality of ids, never a prefix or a substring, and 1 is not "1"."""
    from datetime import datetime

    from helpdesk_core import FollowSource, Team, Ticket, User, UserKind

    team = Team(id=1, name="Web", visibility=Visibility.PUBLIC)
    for follower, viewer in (("eve2", "eve"), ("eve", "eve2"), (1, 2), (12, 1), ("1", 1), (1, "1")):
        ticket = Ticket(
            id=7,
            team_id=1,
            stage_id=1,
            subject="Ink",
            created_at=datetime(2026, 1, 5, tzinfo=MONDAY.tzinfo),
            followers={follower: {FollowSource.CUSTOMER}},
        )
        user = User(id=viewer, name="Eve", kind=UserKind.PORTAL)
        assert not can_view(user, ticket, team).allowed
    with pytest.raises(InvalidValueError):
        User(id=True, name="Eve", kind=UserKind.PORTAL)


def test_narrowing_removes_portal_users_everywhere(company: Company) -> None:
    """V6: away from PUBLIC, portal users leave team and tickets, closed and merged ones too."""
    open_, closed, gone = (company.open("public", actor="pat") for _ in range(3))
    company.desk.close(closed.id, actor="pat")
    company.desk.merge([open_.id, gone.id], actor="ann")
    company.desk.follow_team("public", "pia", actor=SETUP)
    company.desk.follow_ticket(open_.id, "con", actor=SETUP)
    preview = company.desk.preview_visibility("public", Visibility.COMPANY, actor="lea")
    assert company.reads("pat") == {open_.id, closed.id}
    plan = company.desk.change_visibility("public", Visibility.COMPANY, actor="lea")
    assert (
        set(plan.removed_from)
        == set(preview.removed_from)
        == {
            ("pia", None),
            ("pat", open_.id),
            ("pat", closed.id),
            ("pat", gone.id),
        }
    )
    assert company.reads("pat") == set()
    assert set(company.desk.ticket(open_.id, actor="ann").followers) == {"con"}
    again = company.desk.change_visibility("public", Visibility.COMPANY, actor="lea")
    assert again.removed_from == ()
    company.desk.change_visibility("public", Visibility.PRIVATE, actor=SETUP)
    assert set(company.desk.ticket(open_.id, actor=SETUP).followers) == {"con"}


def test_widening_restores_nobody_by_itself(company: Company) -> None:
    """V7, V8: widening restores nobody, unless each ticket's own portal customer is asked for."""
    ticket = company.open("public", actor="pat")
    company.desk.follow_ticket(ticket.id, "pia", actor="ann")
    company.desk.change_visibility("public", Visibility.COMPANY, actor=SETUP)
    company.desk.change_visibility("public", Visibility.PUBLIC, actor=SETUP)
    assert company.reads("pat") == set()
    company.desk.change_visibility("public", Visibility.COMPANY, actor=SETUP)
    plan = company.desk.change_visibility(
        "public", Visibility.PUBLIC, actor=SETUP, resubscribe_customers=True
    )
    assert plan.resubscribed == (("pat", ticket.id),)
    assert company.reads("pat") == {ticket.id}
    assert company.reads("pia") == set()


def test_company_scope(tmp_path) -> None:
    """T1: the company restricts nobody, unless the host sets company_scope."""
    for scoped in (False, True):
        company = Company(MemoryRepository(), tmp_path / str(scoped), company_scope=scoped)
        company.desk.change_user("ann", actor=SETUP, company="North")
        company.team("north", Visibility.COMPANY, company="North", member_ids=["ann"])
        company.team("south", Visibility.COMPANY, company="South", member_ids=[])
        for team in ("north", "south", "company"):
            company.open(team, id=team)
        assert company.reads("ann") == {"north", "company"} | (set() if scoped else {"south"})
        assert company.reads("root") == {"north", "south", "company"}
        seen = {t.id for t in company.desk.teams(actor="ann")}
        assert ("south" in seen) is not scoped


def test_access_explains_itself(company: Company) -> None:
    """V19: every decision explains itself, by which rule."""
    one_of_each(company)
    company.desk.follow_ticket("public", "pat", actor=SETUP)
    codes = {
        ("public", "pat"): "visibility.follows_ticket",
        ("company", "emp"): "visibility.company_team",
        ("public", "emp"): "visibility.public_team",
        ("private", "root"): "visibility.administrator",
        ("private", SETUP): "visibility.system",
    }
    for (ticket, actor), code in codes.items():
        assert company.desk.access(ticket, actor=actor).code == code


# --- boards ----------------------------------------------------------------------------------


def test_boards(company: Company) -> None:
    """G12: boards have columns in order, folded ones with name and count, inside the scope."""
    company.open(id="a", assignee_id="ann")
    company.open(id="b")
    company.open("private", id="c", assignee_id="ann")
    company.open("private", id="d")
    company.desk.move("b", "solved", actor=SETUP)
    team = company.desk.board("company", actor="ann")
    assert [(c.stage.name, c.folded, c.count, len(c.tickets)) for c in team.columns] == [
        ("New", False, 1, 1),
        ("Working", False, 0, 0),
        ("Solved", True, 1, 0),
        ("Cancelled", True, 0, 0),
    ]
    mine = company.desk.my_board(actor="ann")
    assert [t.id for c in mine.columns for t in c.tickets] == ["a", "c"]
    assert (mine.name, team.name) == ("My tickets", "The company team")
    everything = company.desk.board(actor="bob")
    assert {c.stage.id: c.count for c in everything.columns if c.count} == {"new": 1, "solved": 1}
    with pytest.raises(InvalidValueError, match="actor"):
        company.desk.my_board(actor=SETUP)


def test_temporary_folding_changes_nothing(company: Company) -> None:
    """G2, A4: folding a column for oneself changes no ticket, count, event or message."""
    company.open(id="a", customer_id="con")
    before = company.desk.history("a", actor=SETUP)
    board = company.desk.board("company", actor="ann", temporarily_folded=["new"])
    assert (board.columns[0].folded, board.columns[0].count, board.columns[0].tickets) == (
        True,
        1,
        (),
    )
    assert company.desk.board("company", actor="bob").columns[0].tickets
    assert company.desk.ticket("a", actor=SETUP).closed_at is None
    assert company.desk.history("a", actor=SETUP) == before
    opened = company.desk.board("company", actor="ann", temporarily_unfolded=["solved"])
    assert opened.columns[2].folded is False


def test_other_teams_stages_are_not_on_a_board(company: Company) -> None:
    """G12, V14: a stage of a team that one may not open is not on the board of all tickets."""
    company.desk.create_stage("Secret stage", id="secret", actor=SETUP, team_ids=["private"])
    assert "secret" not in {c.stage.id for c in company.desk.board(actor="ann").columns}
    assert "secret" in {c.stage.id for c in company.desk.board(actor="root").columns}


# --- configuration ---------------------------------------------------------------------------


def test_fold_change_is_shown_and_confirmed(company: Company) -> None:
    """G4: folding a shared stage closes tickets in every team, after a preview and a yes."""
    one, two = company.open("company", customer_id="con"), company.open("private")
    company.deliver()
    for ticket in (one, two):
        company.desk.move(ticket.id, "working", actor=SETUP)
    plan = company.desk.preview_fold("working", True, actor="root")
    assert dict(plan.per_team) == {"company": 1, "private": 1, "public": 0}
    with pytest.raises(RefusedError) as caught:
        company.desk.fold_stage("working", actor="root")
    assert caught.value.code == "stage.refused.not_confirmed"
    assert company.desk.ticket(one.id, actor=SETUP).closed_at is None
    company.desk.fold_stage("working", actor="root", confirmed=plan)
    assert company.desk.ticket(one.id, actor=SETUP).closed_at == company.clock.now()
    assert company.names(two.id)[-1] == "TicketClosed"
    plan = company.desk.preview_fold("working", False, actor="root")
    company.desk.unfold_stage("working", actor="root", confirmed=plan)
    assert company.names(two.id)[-1] == "TicketReopened"
    assert company.deliver() == [], "no customer is written to"
    with pytest.raises(RefusedError):
        company.desk.fold_stage("working", actor="lea", confirmed=plan)


def test_a_team_keeps_an_open_stage(company: Company) -> None:
    """G7: what would leave a team without an unfolded stage is refused."""
    company.team("narrow", Visibility.COMPANY, stage_ids=["working", "solved"])
    with pytest.raises(RefusedError) as caught:
        company.desk.fold_stage("working", actor="root")
    assert caught.value.code == "stage.refused.last_open_stage"
    with pytest.raises(InvalidValueError, match="must hold an unfolded stage"):
        company.desk.change_team("narrow", actor=SETUP, stage_ids=["solved"])
    with pytest.raises(InvalidValueError, match="must hold an unfolded stage"):
        company.team("none", Visibility.COMPANY, stage_ids=["solved"])


def test_reordering_changes_no_ticket(company: Company) -> None:
    """G6: another order is a permutation, changes no ticket, and says who else sees it."""
    ticket = company.open()
    company.desk.reorder_stages(["cancelled", "working", "solved", "new"], actor="root")
    assert [s.id for s in company.desk.stages("company", actor="ann")] == [
        "cancelled",
        "working",
        "solved",
        "new",
    ]
    assert company.desk.ticket(ticket.id, actor=SETUP) == ticket
    with pytest.raises(RefusedError) as caught:
        company.desk.reorder_stages(["new", "new"], actor="root")
    assert caught.value.code == "stage.refused.not_a_permutation"
    plan = company.desk.reorder_team_stages(
        "company", ["new", "working", "solved", "cancelled"], actor="root"
    )
    assert set(plan.other_team_ids) == {"private", "public"}


def test_removing_a_stage(company: Company) -> None:
    """G10: a stage with tickets in it is kept, unless they are moved first."""
    ticket = company.open()
    company.desk.move(ticket.id, "working", actor="ann")
    with pytest.raises(RefusedError) as caught:
        company.desk.remove_stage("working", actor="root")
    assert caught.value.code == "stage.refused.holds_tickets"
    with pytest.raises(RefusedError) as caught:
        company.desk.change_team("company", actor=SETUP, stage_ids=["new", "solved"])
    assert caught.value.code == "stage.refused.not_empty"
    company.desk.remove_stage("working", actor="root", team_id="company", move_to="solved")
    assert company.desk.ticket(ticket.id, actor=SETUP).stage_id == "solved"
    company.desk.remove_stage("working", actor="root")
    assert "working" not in {s.id for s in company.desk.stages("public", actor="ann")}


def test_pages(company: Company) -> None:
    """V13: a list goes on where the page before ended, whatever is added meanwhile."""
    ids = [company.open().id for _ in range(7)]
    seen, after = [], None
    for turn in range(4):
        page = company.desk.tickets(actor="ann", limit=2, after=after)
        seen += [t.id for t in page.items]
        after = page.next
        if turn == 1:
            company.desk.move(ids[0], "solved", actor="ann")
    assert seen == ids
    assert after is None
    newest = company.desk.tickets(actor="ann", limit=3, newest_first=True)
    assert [t.id for t in newest.items] == ids[:3:-1]
    more = company.desk.tickets(actor="ann", limit=9, newest_first=True, after=newest.next)
    assert [t.id for t in more.items] == ids[3::-1]
    with pytest.raises(InvalidValueError, match="limit"):
        company.desk.tickets(actor="ann", limit=0)


def test_filters(company: Company) -> None:
    """V13, G12: a filter asks for what it says, inside the scope."""
    company.open(id="a", priority=2, tags=["ink"], customer_id="con")
    company.open(id="b", assignee_id="ann")
    company.open("private", id="c", tags=["ink"])
    company.desk.move("b", "solved", actor=SETUP)
    company.open(id="m")
    company.desk.merge(["a", "m"], actor="ann")

    def found(**fields) -> set:
        items = company.desk.tickets(actor="ann", query=TicketFilter(**fields)).items
        return {ticket.id for ticket in items}

    assert found() == {"a", "b"}
    assert found(tag="ink") == {"a"}
    assert found(priority=2) == found(customer_id="con") == {"a"}
    assert found(assignee_id="ann") == found(closed=True) == {"b"}
    assert found(unassigned=True) == found(closed=False) == {"a"}
    assert found(unassigned=False) == {"b"}
    assert found(merged=True) == {"m"}
    assert found(merged=None) == {"a", "b", "m"}
    assert found(team_ids=frozenset({"private"})) == set()
    assert found(stage_ids=frozenset({"solved"})) == {"b"}
    assert found(waiting=True) == set()


def test_time_is_utc(company: Company) -> None:
    """T6: times are kept as they were to the microsecond, in UTC."""
    company.clock.set(MONDAY + timedelta(microseconds=123_457))
    ticket = company.desk.open_ticket("company", "Ink", actor=SETUP)
    kept = company.desk.ticket(ticket.id, actor=SETUP).created_at
    assert kept == MONDAY + timedelta(microseconds=123_457)
    assert kept.utcoffset() == timedelta(0)


def test_a_private_pool_of_everybody_is_warned_of(company: Company) -> None:
    """V10: a PRIVATE team that assigns and names nobody is previewed with a warning."""
    warning = "visibility.warning.pool_is_everybody"
    company.team("any", Visibility.COMPANY, member_ids=[], auto_assign=True)
    plan = company.desk.preview_visibility("any", Visibility.PRIVATE, actor="lea")
    assert [w.code for w in plan.warnings] == [warning]
    quiet = company.desk.preview_visibility("any", Visibility.PUBLIC, actor="lea")
    assert quiet.warnings == ()
    settings = {"member_ids": [], "auto_assign": True}
    shown = company.desk.preview_team("private", actor=SETUP, **settings)
    assert [w.code for w in shown.warnings] == [warning]
    assert company.desk.preview_team("private", actor=SETUP, auto_assign=True).warnings == ()
    assert company.desk.team("private", actor=SETUP).auto_assign is False
    with pytest.raises(InvalidValueError, match="version is no setting"):
        company.desk.preview_team("private", actor=SETUP, version=2)


def test_every_change_takes_an_actor_and_may_take_a_key(company: Company) -> None:
    """T7, V11: every mutating call names its actor without a default, and honours its key."""
    looking = {
        "access", "allowed_moves", "assign_waiting", "attachments", "board", "check",
        "close_inactive", "column", "count", "coverage", "dashboard", "dead_letters",
        "deliver", "duplicate_groups",
        "duplicates", "duplicates_of_new", "fill_similarity_store",
        "explain_access", "explain_assignment", "history", "mails", "merged_tickets",
        "messages", "my_board", "preview_fold", "preview_handover", "preview_merge",
        "preview_reorder", "preview_stage_removal", "preview_team", "preview_team_reorder",
        "preview_template", "preview_visibility", "purge", "read_attachment", "repair", "resolve",
        "search", "stages",
        "team", "teams", "ticket", "tickets", "time_entries", "user", "workloads",
    }  # fmt: skip
    for name, method in inspect.getmembers(type(company.desk), inspect.isfunction):
        if name.startswith("_"):
            continue
        parameters = inspect.signature(method).parameters
        if name not in {"check", "deliver", "purge"}:
            assert parameters["actor"].default is inspect.Parameter.empty, name
        assert (name in looking) is ("idempotency_key" not in parameters), name
        if name not in looking:
            # the parameter, and its one use
            assert inspect.getsource(method).count("idempotency_key") >= 2, name


def test_a_change_of_level_under_a_key(company: Company) -> None:
    """T7, V6: the same key gives the first plan again, also for a change of level."""
    company.open("public", actor="pat")
    change = company.desk.change_visibility
    plan = change("public", Visibility.COMPANY, actor="lea", idempotency_key="k")
    assert len(plan.removed_from) == 1
    assert change("public", Visibility.COMPANY, actor="lea", idempotency_key="k") == plan
