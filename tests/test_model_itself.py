"""The second model against the sentences of the rules, so that it is not wrong in silence."""

import ast
import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model import assignment, merge, stages, visibility
from model.desk import ModelDesk, new_stage, new_team, new_ticket, new_user

pytestmark = pytest.mark.core

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def hours(number):
    return START + timedelta(hours=number)


def a_desk(**team):
    """Ada and Bob are agents, Root is an administrator, Eve a portal user, Con a contact."""
    settings = {"level": "company", "stages": {"new", "doing", "done"}, "members": ["ada", "bob"]}
    return ModelDesk(
        users=[
            new_user("ada", agent=True),
            new_user("bob", agent=True),
            new_user("root", administrator=True),
            new_user("eve", "portal"),
            new_user("con", "contact", phone=False),
        ],
        teams=[
            new_team("t", **(settings | team)),
            new_team("other", stages={"new", "solved"}, members=["bob"]),
        ],
        stages=[
            new_stage("new", 0, email=True),
            new_stage("doing", 1),
            new_stage("done", 2, folded=True, email=True, sms=True),
            new_stage("solved", 3, folded=True),
        ],
    )


def test_the_model_shares_nothing_with_the_library():
    """V13: a second form of the rules imports nothing of the first."""
    for path in Path(visibility.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            known = {"copy", "datetime", "dateutil", "fractions", "icalendar", "model", "zoneinfo"}
            known |= {"__future__", "collections", "itertools", "math", "typing", "unicodedata"}
            assert {name.split(".")[0] for name in names} <= known


# --- visibility ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "level", "follows", "sees"),
    [
        ("internal", "company", "nothing", True),
        ("internal", "public", "nothing", True),
        ("internal", "private", "nothing", False),
        ("internal", "private", "ticket", True),
        ("internal", "private", "team", True),
        ("internal", "private", "assigned", True),
        ("portal", "public", "ticket", True),
        ("portal", "public", "team", False),
        ("portal", "public", "assigned", False),
        ("portal", "company", "ticket", False),
        ("portal", "private", "ticket", False),
        ("contact", "public", "ticket", False),
        ("martian", "public", "ticket", False),
        ("internal", "unknown", "ticket", False),
    ],
)
def test_who_sees_a_ticket(kind, level, follows, sees):
    """V1, V2, V3, V4, V10, V17: who sees a ticket is this table."""
    user = new_user(1, kind)
    team = {"level": level, "followers": {1} if follows == "team" else set(), "company": ""}
    ticket = {
        "followers": {1} if follows == "ticket" else set(),
        "assignee": 1 if follows == "assigned" else None,
        "merged": None,
    }
    assert visibility.can_view(user, ticket, team) is sees
    assert visibility.can_view(user | {"active": False}, ticket, team) is False


def test_administrators():
    """V11: only an internal user's explicit role shows everything."""
    team, ticket = new_team("t", "private"), new_ticket(1, "t", "new", START)
    assert visibility.can_view(new_user(1, administrator=True), ticket, team)
    assert not visibility.can_view(new_user(1, "portal", administrator=True), ticket, team)
    assert not visibility.can_view(new_user(1, "contact", administrator=True), ticket, team)


def test_one_ticket_opens_a_private_team():
    """V12, V3: a followed ticket opens its private team, closed or not, but not merged away."""
    team, user = new_team("t", "private"), new_user(1)
    ticket = new_ticket(1, "t", "done", START, followers={1})
    assert visibility.can_view_team(user, team, [ticket])
    assert not visibility.can_view_team(user, team, [ticket | {"merged": 2}])
    assert not visibility.can_view_team(user, team, [ticket | {"team": "other"}])
    assert not visibility.can_view_team(user, team, [])
    portal = new_user(1, "portal")
    assert not visibility.can_view_team(portal, team | {"level": "public"}, [ticket])


def test_audience():
    """V5, V9, V15, V20: each recipient once, with no more than they may know."""
    users = [
        new_user("ada"),
        new_user("bob"),
        new_user("eve", "portal"),
        new_user("con", "contact"),
    ]
    ticket = new_ticket(1, "t", "new", START, customer="con", followers={"ada", "eve"})
    private = new_team("t", "private", followers={"ada", "bob"})
    public = private | {"level": "public"}
    assert visibility.audience(ticket, private, users, "bob", False) == {
        "ada": "full+link",
        "eve": "minimal",
        "con": "full",
    }
    assert visibility.audience(ticket, public, users, "bob", False)["eve"] == "full+link"
    assert visibility.audience(ticket, public, users, "con", True) == {
        "ada": "full+link",
        "bob": "full+link",
    }


def test_narrowing_and_widening():
    """V6, V7, V8: only leaving PUBLIC removes, and only portal users; widening adds when asked."""
    users = [new_user("ada"), new_user("eve", "portal"), new_user("con", "contact")]
    everybody = {"ada", "eve", "con"}
    tickets = [
        new_ticket(1, "t", "done", START, followers=everybody, merged=9, customer="eve"),
        new_ticket(2, "other", "new", START, followers=everybody, customer="eve"),
    ]
    public = new_team("t", "public", followers=everybody)
    rest = {"ada", "con"}
    for to in ("company", "private"):
        assert visibility.change_level(public, tickets, users, to) == (
            rest,
            {1: rest},
            {("eve", "team", "t"), ("eve", "ticket", 1)},
        )
    private = public | {"level": "private"}
    unchanged = (everybody, {1: everybody}, set())
    assert visibility.change_level(private, tickets, users, "company") == unchanged
    narrowed = [tickets[0] | {"followers": rest}, tickets[1]]
    company = public | {"level": "company", "followers": rest}
    assert visibility.change_level(company, narrowed, users, "public")[1] == {1: rest}
    again = visibility.change_level(company, narrowed, users, "public", True)
    assert again == (rest, {1: everybody}, set())
    loses, notified = visibility.preview_change(public, tickets, users, "private")
    assert loses == {("eve", 1)}
    assert notified == {("ada", 1), ("con", 1), ("eve", 1)}, "Eve, as its customer (V20)"


def test_v17_on_all_small_worlds():
    """V17: adding a follower never takes a view away, and narrowing never adds one."""
    users = [new_user("ada"), new_user("eve", "portal"), new_user("con", "contact")]
    ids = [user["id"] for user in users]
    sets = [set(c) for n in range(4) for c in itertools.combinations(ids, n)]
    for level, of_ticket, of_team in itertools.product(visibility.LEVELS, sets, sets):
        team = new_team("t", level, followers=of_team)
        ticket = new_ticket(1, "t", "new", START, followers=of_ticket)
        seeing = {u["id"] for u in users if visibility.can_view(u, ticket, team)}
        for one in ids:
            more = ticket | {"followers": of_ticket | {one}}
            assert seeing <= {u["id"] for u in users if visibility.can_view(u, more, team)}
        for to in visibility.LEVELS[: visibility.LEVELS.index(level)]:
            left, lefts, _ = visibility.change_level(team, [ticket], users, to)
            narrow = team | {"level": to, "followers": left}
            changed = ticket | {"followers": lefts[1]}
            assert {u["id"] for u in users if visibility.can_view(u, changed, narrow)} <= seeing


# --- assignment ----------------------------------------------------------------------------------


def test_pool():
    """A2, T3: the pool is the eligible members in order, or every eligible user."""
    users = [
        new_user(1, agent=True),
        new_user(2, agent=True),
        new_user(3),
        new_user(4, agent=True, active=False),
        new_user(5, "portal", agent=True),
    ]
    assert assignment.pool(new_team("t", members=[2, 3, 1, 4]), users) == [2, 1]
    assert assignment.pool(new_team("t"), users) == [1, 2]
    assert assignment.pool(new_team("t", members=[3]), users) == []
    assert assignment.choose("equal_tickets", [], [], {}, START) == (None, "nobody eligible", None)


@pytest.mark.parametrize(
    ("method", "then", "chosen"),
    [
        ("equal_tickets", [], "ada"),
        ("equal_tickets", [("closed", 1), ("closed", 3)], "ada"),
        ("equal_open", [("closed", 2)], "bob"),
        ("equal_open", [("closed", 2), ("reopened", 2)], "ada"),
        ("equal_tickets", [("unassigned", 2)], "bob"),
        ("equal_tickets", [("merged", 2)], "bob"),
        ("equal_tickets", [("merged", 2), ("unmerged", 2)], "ada"),
        ("equal_tickets", [("moved", 3, "u")], "cy"),
        ("equal_tickets", [("reassigned", 3, "t", "ada")], "cy"),
        ("equal_tickets", [("assigned", 9, "u", "ada")], "ada"),
    ],
)
def test_counts(method, then, chosen):
    """A3, A4, A6, A7: from one ticket each, what happened then decides who is next."""
    history = [("assigned", n, "t", m) for n, m in enumerate(["ada", "bob", "cy"], start=1)]
    assert assignment.choose(method, ["ada", "bob", "cy"], history + then, {}, START, team="t") == (
        chosen,
        "available",
        START,
    )


def test_global_scope():
    """A7: with the global scope another team's tickets count, but recency stays the team's."""
    history = [("assigned", 1, "u", "ada")]
    asked = ("equal_tickets", ["ada", "bob"], history, {}, START)
    assert assignment.choose(*asked, team="t")[0] == "ada"
    assert assignment.choose(*asked, team="t", scope="global")[0] == "bob"


def test_round_robin():
    """A5: from nothing, everybody there, EQUAL_TICKETS is a rotation in member order."""
    for method in ("equal_tickets", "equal_open"):
        history = []
        for number in range(10):
            member, _, _ = assignment.choose(method, ["b", "c", "a"], history, {}, START, team="t")
            history.append(("assigned", number, "t", member))
        assert "".join(row[3] for row in history) == "bcabcabcab"
    broke = assignment.tie_breaker(
        "equal_tickets", ["a", "b"], [("assigned", 1, "t", "a")], {}, START, team="t"
    )
    assert broke == "fewest"


def test_an_unassigned_ticket_keeps_the_rotation():
    """A6: among equals the least recently assigned goes first, even when it was taken away."""
    history = [("assigned", 1, "t", "ada"), ("unassigned", 1)]
    assert assignment.choose("equal_open", ["ada", "bob"], history, {}, START, team="t")[0] == "bob"


@pytest.mark.parametrize(
    ("absences", "window", "expected"),
    [
        ({}, 0, ("ada", "available", START)),
        ({"ada": [(hours(-1), hours(0))]}, 0, ("ada", "available", START)),
        ({"ada": [(hours(0), hours(1))]}, 0, ("bob", "available", START)),
        ({"ada": [(hours(0), hours(1))]}, 9, ("bob", "available", START)),
        (
            {"ada": [(hours(-1), hours(5))], "bob": [(hours(-9), hours(3))]},
            0,
            ("bob", "look-ahead", hours(3)),
        ),
        (
            {"ada": [(hours(-1), hours(5))], "bob": [(hours(-9), hours(3))]},
            2,
            ("ada", "look-ahead", hours(5)),
        ),
        (
            {"ada": [(hours(-1), hours(5)), (hours(5), None)], "bob": [(hours(0), hours(90000))]},
            0,
            ("bob", "look-ahead", hours(90000)),
        ),
        (
            {"ada": [(hours(-1), hours(1)), (hours(2), None)], "bob": [(hours(0), None)]},
            0,
            ("ada", "look-ahead", hours(1)),
        ),
        (
            {"ada": [(hours(0), None)], "bob": [(hours(0), None)]},
            0,
            (None, "nobody available", None),
        ),
    ],
)
def test_absences(absences, window, expected):
    """A9, A10, A11: the absent are passed over, and the system looks ahead while there is hope."""
    assert (
        assignment.choose(
            "equal_tickets", ["ada", "bob"], [], absences, START, timedelta(hours=window)
        )
        == expected
    )


def test_absences_that_are_refused():
    """A9: an empty absence and a moment without a time zone are refused."""
    assert assignment.check_absence(START, START) == "zero-length"
    assert assignment.check_absence(START.replace(tzinfo=None), None) == "naive"
    assert assignment.check_absence(START, None) is None


def test_what_automatic_assignment_leaves_alone():
    """A1: nothing is assigned where it is off, and nobody is replaced where it is on."""
    users = [new_user("ada", agent=True), new_user("bob", agent=True)]
    ticket = new_ticket(1, "t", "new", START)
    team = new_team("t", members=["ada"], auto=True)
    ask = assignment.choose_for
    assert ask(ticket, team, users, [], {}, START) == ("ada", "available", START)
    assert ask(ticket, team | {"auto": False}, users, [], {}, START)[:2] == (None, "unchanged")
    assert ask(ticket | {"assignee": "bob"}, team, users, [], {}, START)[:2] == ("bob", "unchanged")


def test_assignee_after_a_move():
    """A21: who is not in the new pool is replaced, or taken off where nothing is automatic."""
    users = [new_user("ada", agent=True), new_user("bob", agent=True)]
    ticket = new_ticket(1, "t", "new", START, assignee="bob")
    team = new_team("t", members=["ada"], auto=True)
    ask = assignment.choose_after_move
    assert ask(ticket, team, users, [], {}, START)[0] == "ada"
    assert ask(ticket, team | {"auto": False}, users, [], {}, START)[0] is None
    assert ask(ticket, team | {"members": ["ada", "bob"]}, users, [], {}, START)[0] == "bob"


# --- stages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        (False, False, []),
        (False, True, ["TicketClosed"]),
        (True, True, []),
        (True, False, ["TicketReopened"]),
    ],
)
def test_transitions(before, after, events):
    """G3: closing and reopening happen once, and only when openness changes."""
    assert stages.transition({"folded": before}, {"folded": after}) == events


def test_stage_messages():
    """G8: entering sends each template once, the same stage sends nothing, a skip is recorded."""
    desk = a_desk()
    opened = desk.open("ada", "t", now=START, customer="con")[1]
    assert opened["messages"] == [("email", "new")]
    assert desk.move("ada", 1, "new", now=START)[1]["messages"] == []
    assert desk.move("ada", 1, "done", now=START) == (
        "ok",
        {
            "stage": "done",
            "events": ["TicketClosed"],
            "messages": [("email", "done"), ("skipped sms", "done")],
        },
    )
    assert desk.move("ada", 1, "solved", now=START) == ("refused", "stage of another team")
    once = new_stage("x", 0, email=True, once=True)
    assert stages.messages_on_entering(once, new_user(1), []) == [("email", "x")]
    assert stages.messages_on_entering(once, new_user(1), [("email", "x")]) == []


def test_change_of_team():
    """G9, A21, A7: the stage is kept or found by openness, and the count goes along."""
    desk = a_desk()
    desk.open("ada", "t", now=START, customer="con", assignee="bob")
    kept = desk.transfer("ada", 1, "other", now=START)[1]
    assert (kept["stage"], kept["messages"], kept["assignee"]) == ("new", [], "bob")
    assert (desk.workload("t", "bob")[0], desk.workload("other", "bob")[0]) == (0, 1)
    desk.transfer("ada", 1, "t", now=START)
    desk.move("ada", 1, "doing", now=START)
    assert desk.transfer("ada", 1, "other", now=START)[1]["messages"] == [("email", "new")]
    desk.transfer("ada", 1, "t", now=START)
    desk.move("ada", 1, "done", now=START)
    events = len(desk.world["events"])
    assert desk.transfer("ada", 1, "other", now=START)[1]["stage"] == "solved"
    assert desk.world["events"][events:] == [("TicketTransferred", 1)]


def test_fold_change():
    """G4, G7, G1: folding closes in every team after a yes, and writes to nobody."""
    desk = a_desk()
    desk.open("ada", "t", now=START)
    desk.open("ada", "other", now=START)
    sent = list(desk.world["sent"])
    assert desk.fold("ada", "new", True, now=START) == ("refused", "role")
    refused = ("refused", "a team's last unfolded stage")
    assert desk.fold("root", "new", True, now=START, confirm=True) == refused
    desk.teams["other"]["stages"].add("doing")
    assert desk.fold("root", "new", True, now=START) == ("refused", "not confirmed")
    folded = desk.fold("root", "new", True, now=START, confirm=True)[1]
    assert folded["preview"] == {"t": 1, "other": 1}
    assert folded["events"] == {1: "TicketClosed", 2: "TicketClosed"}
    assert desk.state(1) == "closed"
    assert desk.tickets[1]["closed_at"] == START
    assert desk.world["sent"] == sent


def test_reordering_one_team():
    """G6: one team's columns change places among themselves, and others hear of it."""
    all_stages = {s: new_stage(s, n) for n, s in enumerate("abcd")}
    teams = {n: new_team(n, stages=set(s)) for n, s in ((1, "acd"), (2, "ab"), (3, "cd"))}
    assert stages.reorder_team(teams[1], ["c", "a", "d"], all_stages, teams) == (
        ["c", "b", "a", "d"],
        {2},
    )
    assert stages.reorder_team(teams[1], ["c", "a"], all_stages, teams) is None


@pytest.mark.parametrize(
    ("settings", "after", "automatic", "did"),
    [
        ({}, 1, False, "reopen"),
        ({}, 1, True, "nothing"),
        ({"reopen_window": timedelta(hours=2)}, 2, False, "reopen"),
        ({"reopen_window": timedelta(hours=2)}, 3, False, "new_linked"),
        ({"on_answer": "ignore"}, 1, False, "nothing"),
        ({"on_answer": "new_linked"}, 1, False, "new_linked"),
    ],
)
def test_answers_to_a_closed_ticket(settings, after, automatic, did):
    """G11: a customer's answer reopens, opens anew or does nothing, and a machine's never does."""
    desk = a_desk(**settings)
    desk.open("ada", "t", now=START, customer="con")
    desk.move("ada", 1, "done", now=START)
    sent = len(desk.world["sent"])
    answer = desk.incoming("con", 1, now=hours(after), automatic=automatic)[1]
    assert answer["did"] == did
    assert desk.state(1) == ("open" if did == "reopen" else "closed")
    if did == "reopen":
        assert desk.tickets[1]["stage"] == "new"
        assert len(desk.world["sent"]) == sent
    assert answer["ticket"] == (2 if did == "new_linked" else 1)


# --- merging -------------------------------------------------------------------------------------


def test_groups():
    """M3, M4, M5: pairs by rating open groups or join a master, others are passed over."""
    tickets = [new_ticket(n, "t", "new", hours(-n)) for n in range(1, 7)]
    ratings = {
        (1, 2): 0.9,  # opens a group: 2 is older
        (3, 1): 0.8,  # 1 is no master: passed over
        (3, 2): 0.7,  # joins
        (4, 5): 0.75,  # opens another
        (5, 2): 0.7,  # both taken: passed over
        (6, 2): 0.4,  # below
    }
    assert merge.groups(tickets, ratings, 0.5) == {2: {1, 2, 3}, 5: {4, 5}}
    assert merge.groups(tickets, ratings, 0.4)[2] == {1, 2, 3, 6}
    without = merge.groups(tickets, ratings, 0.5, discarded={(2, 1)})
    assert without == {3: {1, 2, 3}, 5: {4, 5}}
    same_age = [new_ticket(n, "t", "new", START) for n in (1, 2)]
    assert merge.groups(same_age, {(2, 1): 1}, 1) == {1: {1, 2}}


def test_fields_are_merged():
    """M6, M10, M14, M15: each field by its strategy, what does not fit by name, and back."""
    ways = {"cost": "sum", "serials": "union", "room": "first", "best": lambda mine, others: mine}
    one = new_ticket(1, "t", "new", hours(0), fields={"cost": 1, "serials": {"a"}, "sla": "gold"})
    two = new_ticket(2, "t", "new", hours(1), fields={"cost": 2, "serials": {"b"}, "room": "B 1"})
    three = new_ticket(3, "t", "new", hours(2), fields={"room": "B 2", "best": 3, "sla": "iron"})
    after = {"cost": 3, "serials": {"a", "b"}, "room": "B 1", "sla": "gold"}
    assert merge.merged_fields(one, [three, two], ways) == after
    assert merge.lost(one, [three, two], ways) == {"room": {3}, "sla": {3}}
    assert merge.misfit(one, [three, two], ways) is None
    assert merge.misfit(one, [two], ways | {"room": "sum"}) == ("room", 2)
    assert merge.misfit(one, [two], ways | {"cost": "union"}) == ("cost", 1)
    now = one | {"fields": after | {"cost": 9, "serials": {"a", "b", "c"}}, "followers": set()}
    was = [ticket | {"followers": set()} for ticket in (one, one | {"fields": after})]
    back = merge.unmerged(now, *was)["fields"]
    assert back == {"cost": 9, "serials": {"a", "c"}, "sla": "gold"}


def test_merge_and_unmerge():
    """M6, M8, M10, M13, M14: a merge unites, opens the master, and goes back."""
    desk = a_desk()
    desk.open("bob", "t", now=hours(1), tags={"ink"})
    desk.open("ada", "t", now=hours(0), tags={"dry"}, assignee="ada")
    desk.move("ada", 1, "done", now=hours(2))
    sent, before = len(desk.world["sent"]), str(desk.tickets)
    done = desk.merge("ada", [1, 2], master=1, now=hours(3))[1]
    assert done == {
        "merge": 0,
        "master": 1,
        "changed": True,
        "not_carried": set(),
        "opened": True,
    }
    master = desk.tickets[1]
    assert (master["created"], master["tags"], master["stage"]) == (hours(0), {"ink", "dry"}, "new")
    assert set(master["followers"]) == {"ada", "bob"}
    assert desk.world["events"][-2:] == [("TicketMerged", 2), ("TicketReopened", 1)]
    assert len(desk.world["sent"]) == sent
    assert (desk.state(2), desk.resolve(2)) == ("merged", 1)
    assert desk.workload("t", "ada")[0] == 0
    events = len(desk.world["events"])
    assert desk.merge("ada", [1, 2], master=1, now=hours(3))[1]["changed"] is False
    assert len(desk.world["events"]) == events
    assert desk.reply("ada", 2, "late", now=hours(4))[1]["ticket"] == 1
    undone = desk.unmerge("ada", 0, now=hours(5))
    assert undone == ("ok", {"master": 1, "back": {2}, "stayed": ["late"]})
    assert str(desk.tickets) == before
    assert desk.workload("t", "ada")[0] == 1


def test_refused_merges():
    """M9, M10, M14: a bad merge is refused by name, so the graph stays a forest."""
    desk = a_desk()
    for number in range(104):
        desk.open("ada", "t", now=hours(number))
    desk.merge("ada", [1, 2], now=START)
    desk.merge("ada", [3, 1], master=3, now=START)
    assert (desk.resolve(2), desk.resolve(1), desk.resolve(3)) == (3, 3, 3)
    for ids, master, why in [
        ([4, 4], 4, "with itself"),
        ([4], None, "one ticket"),
        ([4, 1], None, "tombstone"),
        ([3, 2], 2, "cycle"),
        (range(4, 105), None, "over 100"),
    ]:
        assert desk.merge("ada", ids, master=master, now=START) == ("refused", why)
    assert desk.merge("ada", [4, 999], now=START) == ("not found", None)
    assert desk.unmerge("ada", 0, now=START) == ("refused", "a later merge")
    assert desk.last_merge(3) == 1
    assert desk.unmerge("ada", 1, now=START)[0] == "ok"
    assert desk.unmerge("ada", 0, now=START)[0] == "ok"


def test_followers_carried_over():
    """M7: only who could see all of them is carried over, unless named; authors read themselves."""
    desk = a_desk(level="public")
    desk.open("ada", "t", now=hours(0))
    desk.open("eve", "t", now=hours(1))
    desk.note("ada", 1, "secret", now=hours(1))
    desk.reply("ada", 1, "public", now=hours(1))
    assert desk.merge("ada", [1, 2], now=hours(2))[1]["not_carried"] == {"eve"}
    assert desk.visible("eve") == {2}
    assert desk.visible("eve", tombstones=False) == set()
    assert desk.reply("eve", 2, "and mine?", now=hours(3))[1]["ticket"] == 1
    assert desk.messages("eve", 1) == ("not found", None)
    assert desk.messages("eve", 2) == ("ok", ["and mine?"])
    assert desk.reply("ada", 2, "for Eve?", now=hours(3)) == ("refused", "another customer")
    desk.unmerge("ada", 0, now=hours(4))
    desk.merge("ada", [1, 2], add_followers={"eve"}, now=hours(5))
    assert desk.messages("eve", 1) == ("ok", ["public", "and mine?"])


# --- the desk ------------------------------------------------------------------------------------


def test_denied_looks_like_absent():
    """V14, T5: who may not see hears of nothing, and who may see hears why not."""
    desk = a_desk(level="public")
    desk.open("ada", "t", now=START, customer="con")
    for number in (1, 999):
        assert desk.reply("eve", number, now=START) == ("not found", None)
        assert desk.assign("eve", number, "ada", now=START) == ("not found", None)
    desk.follow("ada", 1, "eve")
    assert desk.assign("eve", 1, "ada", now=START) == ("refused", "role")
    assert desk.move("eve", 1, "done", now=START) == ("refused", "role")
    desk.open("eve", "t", now=START)
    assert desk.close("eve", 2, now=START)[0] == "ok"
    assert desk.open("eve", "other", now=START) == ("not found", None)
    assert desk.reply("con", 1, now=START) == ("not found", None)


def test_following_by_assignment():
    """V10, V17: the assignee follows until somebody else is assigned, beside other reasons."""
    desk = a_desk(level="private")
    desk.open("root", "t", now=START, assignee="ada")
    assert desk.visible("ada") == {1}
    assert desk.visible("bob") == set()
    desk.follow("root", 1, "ada")
    assert desk.unfollow("root", 1, "ada")[1]["still"] == {"follows ticket", "assigned"}
    desk.assign("root", 1, "bob", now=START)
    assert (desk.visible("ada"), desk.visible("bob")) == (set(), {1})
    assert desk.assign("bob", 1, "eve", now=START) == ("refused", "not eligible")
    desk.add_absence("ada", START, None)
    assert desk.assign("bob", 1, "ada", now=START)[1] == {"assignee": "ada", "absent": True}


def test_moving_out_of_public():
    """V16: a ticket that leaves a PUBLIC team for a narrower one loses its portal followers."""
    desk = a_desk(level="public")
    desk.open("eve", "t", now=START)
    assert desk.visible("eve") == {1}
    assert desk.transfer("ada", 1, "other", now=START)[1]["removed"] == {"eve"}
    desk.transfer("ada", 1, "t", now=START)
    assert desk.visible("eve") == set()


def test_waiting():
    """A16, A11, T2: those for whom there was nobody wait, and are assigned oldest first."""
    desk = a_desk(auto=True)
    desk.set_absences({"ada": [(START, None)], "bob": [(START, None)]})
    for number in (3, 1, 2):
        opened = desk.open("ada", "t", now=hours(number))[1]
        assert (opened["assignee"], opened["why"]) == (None, "nobody available")
    assert desk.counts("t") == {"open": 3, "unassigned": 3, "waiting": 3, "closed": 0}
    desk.set_absences({"ada": [(START, None)]})
    assert desk.assign_waiting(now=hours(4), limit=2) == ("ok", [(2, "bob"), (3, "bob")])
    desk.set_absences({})
    assert desk.assign_waiting(now=hours(4), limit=2) == ("ok", [(1, "ada")])
    assert desk.counts("t") == {"open": 3, "unassigned": 0, "waiting": 0, "closed": 0}


def test_closing_what_saw_nothing():
    """G13: what saw nothing for the days goes from the stages listed into the first folded one."""
    desk = a_desk()
    for number in (3, 1, 2):
        desk.open("ada", "t", now=hours(number))
    tickets = list(desk.tickets.values())

    def closed(now, listed=("new",), saw=None):
        return stages.close_inactive(
            tickets,
            saw or {},
            desk.stages,
            desk.teams,
            days=hours(9) - START,
            listed=listed,
            now=now,
        )

    folded = stages.first_folded(desk.teams["t"], desk.stages)
    assert closed(hours(10)) == [(2, folded)]
    assert closed(hours(12)) == [(2, folded), (3, folded), (1, folded)]
    assert closed(hours(12), saw={3: [hours(4)]}) == [(2, folded), (1, folded)]
    assert closed(hours(12), listed=["done"]) == []
    tickets[0]["merged"] = 2
    assert closed(hours(12)) == [(2, folded), (3, folded)]


def test_boards():
    """G2, G12, M8: columns in order, folded ones as a number, only what the viewer sees."""
    desk = a_desk(level="private")
    for number in range(4):
        desk.open("root", "t", now=hours(number))
    desk.move("root", 3, "done", now=START)
    desk.merge("root", [1, 4], now=START)
    desk.follow("root", 1, "ada")
    desk.follow("root", 3, "ada")
    assert desk.board("root", "t") == (
        "ok",
        [("new", 2, {1, 2}), ("doing", 0, set()), ("done", 1, None)],
    )
    assert desk.board("ada", "t", temporarily_folded={"new"}) == (
        "ok",
        [("new", 1, None), ("doing", 0, set()), ("done", 1, None)],
    )
    assert desk.board("bob", "t") == ("not found", None)
    assert desk.board("ada", ("my",))[1][0] == ("new", 0, set())
    assert desk.board("ada", ("all",))[1][0] == ("new", 1, {1})
    assert desk.counts("t", "ada") == {"open": 1, "unassigned": 1, "waiting": 0, "closed": 1}


def test_nothing_changes_unless_ok():
    """M10, V14: an operation that is refused leaves the world as it was."""
    desk = a_desk(level="private")
    desk.open("root", "t", now=START)
    desk.open("root", "other", now=START)
    before = str(desk.world)
    for answer in (
        desk.assign("root", 1, "eve", now=START),
        desk.move("root", 1, "solved", now=START),
        desk.merge("root", [1, 2], now=START),
        desk.fold("root", "new", True, now=START, confirm=True),
        desk.transfer("bob", 1, "other", now=START),
        desk.change_level("root", "t", "secret"),
        desk.set_members("root", "t", ["eve"]),
        desk.add_absence("ada", START, START),
    ):
        assert answer[0] != "ok"
    assert str(desk.world) == before


def test_members_who_follow():
    """V10: with `members_follow` members follow as they join, until they leave."""
    desk = a_desk(level="private", members=[], members_follow=True)
    desk.open("root", "t", now=START)
    desk.set_members("root", "t", ["ada"])
    assert desk.visible("ada") == {1}
    desk.set_members("root", "t", ["bob"])
    assert (desk.visible("ada"), desk.visible("bob")) == (set(), {1})


def test_a_merge_shows_nobody_more():
    """M7, M13: who reads the master does not read with it what was said on the other."""
    desk = a_desk(level="public")
    desk.open("eve", "t", now=hours(0))
    desk.open("ada", "t", now=hours(1))
    desk.reply("ada", 2, "not for Eve", now=hours(1))
    desk.move("ada", 1, "doing", now=hours(1))
    assert desk.merge("ada", [1, 2], now=hours(2))[1]["opened"] is False
    assert desk.tickets[1]["stage"] == "doing", "an open master stays where it is"
    assert desk.messages("eve", 1) == ("ok", [])
    assert desk.messages("ada", 1) == ("ok", ["not for Eve"])


def test_levels_on_the_desk():
    """V6, V7, V9: the desk narrows, widens, and brings the customers back only when asked."""
    desk = a_desk(level="public")
    desk.open("eve", "t", now=START)
    desk.follow_team("root", "t", "eve")
    desk.follow_team("root", "t", "bob")
    assert desk.audience(1, "ada") == {"eve": "full+link", "bob": "full+link"}
    assert desk.change_level("root", "t", "private")[1]["removed"] == {
        ("eve", "team", "t"),
        ("eve", "ticket", 1),
    }
    assert desk.audience(1, "ada") == {"eve": "full", "bob": "full+link"}
    assert (desk.visible("eve"), desk.visible("ada"), desk.visible("bob")) == (set(), set(), {1})
    assert desk.change_level("root", "t", "public") == ("ok", {"removed": set()})
    assert desk.visible("eve") == set()
    desk.change_level("root", "t", "company")
    desk.change_level("root", "t", "public", resubscribe_customers=True)
    assert desk.visible("eve") == {1}
    desk.unfollow_team("root", "t", "bob")
    assert desk.audience(1, "ada") == {"eve": "full+link"}


def a_random_step(desk, draw, step):
    """Do something, sensible or not, and return the answer."""
    people = [*desk.users, None, "nobody"]
    now = hours(step)
    who = draw.choice(["ada", "root", *people])
    one, two = (draw.choice([*desk.tickets, 999]) for _ in range(2))
    user, team = draw.choice(people), draw.choice(["t", "other"])
    stage = draw.choice(list(desk.stages))
    off = (now, draw.choice([None, hours(step + 9)]))
    return draw.choice(
        [
            lambda: desk.open(who, team, now=now, customer=user),
            lambda: desk.reply(who, one, now=now),
            lambda: desk.incoming(who, one, now=now),
            lambda: desk.note(who, one, now=now),
            lambda: desk.move(who, one, stage, now=now),
            lambda: desk.assign(who, one, user, now=now),
            lambda: desk.transfer(who, one, team, now=now),
            lambda: desk.follow(who, one, user),
            lambda: desk.unfollow(who, one, user),
            lambda: desk.follow_team(who, team, user),
            lambda: desk.unfollow_team(who, team, user),
            lambda: desk.change_level(who, team, draw.choice(visibility.LEVELS)),
            lambda: desk.fold(who, stage, draw.choice([True, False]), now=now, confirm=True),
            lambda: desk.merge(who, [one, two], now=now, allow_cross_visibility=True),
            lambda: desk.unmerge(who, desk.last_merge(one), now=now),
            lambda: desk.set_absences({"ada": [off], "bob": [off]}),
            lambda: desk.set_absences({}),
            lambda: desk.assign_waiting(now=now, limit=2),
            lambda: desk.set_user("bob", active=draw.choice([True, False])),
            lambda: desk.set_members(who, team, draw.choice([[], ["ada"], ["ada", "bob"]])),
        ]
    )()


@pytest.mark.parametrize("seed", range(15))
def test_a_random_walk_breaks_nothing(seed):
    """V10, V13, G3, M9, A7: whatever is done, the world stays whole and the recount right."""
    draw = random.Random(seed)
    desk = a_desk(level="public", auto=True, window=timedelta(hours=3))
    desk.set_team("other", auto=True, method="equal_open", on_answer="new_linked")
    for step in range(150):
        answer = a_random_step(desk, draw, step)
        assert answer[0] in ("ok", "refused", "not found")
        recounted = assignment.recount(desk.world["history"])
        assert set(recounted) == set(desk.tickets)
        for ticket_id, ticket in desk.tickets.items():
            state = desk.state(ticket_id)
            known = recounted[ticket_id]
            assert (known["team"], known["assignee"]) == (ticket["team"], ticket["assignee"])
            assert known["merged"] == (state == "merged")
            assert state == "merged" or known["open"] == (state == "open")
            assert state == "merged" or (ticket["closed_at"] is None) == (state == "open")
            assert desk.tickets[desk.resolve(ticket_id)]["merged"] is None
            assigned = {u for u, sources in ticket["followers"].items() if "assigned" in sources}
            assert assigned == ({ticket["assignee"]} - {None})
            assert all(ticket["followers"].values())
            assert ticket["stage"] in desk.teams[ticket["team"]]["stages"]
    for user_id in desk.users:
        seen = desk.visible(user_id, tombstones=False)
        board = desk.board(user_id, ("all",))[1] or []
        assert sum(count for _, count, _ in board) == len(seen)
