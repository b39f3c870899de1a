"""Who sees what, and who hears of it: the pure decisions, over the whole small world."""

import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core import (
    FollowSource,
    InvalidValueError,
    Role,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
    as_shown,
    audience,
    can_view,
    can_view_team,
    may_answer,
    may_notify,
    plan_narrower_team,
    plan_team_settings,
    plan_visibility_change,
    scope_for,
)
from helpdesk_core.plans import AddFollow, RemoveFollow, SetField
from helpdesk_core.visibility import AccessLost
from helpdesk_core.visibility.scopes import (
    AllOf,
    AnyOf,
    AssignedTo,
    CompanyIs,
    Everything,
    FollowsTeam,
    FollowsTicket,
    LevelIn,
    Nothing,
    select,
)

pytestmark = pytest.mark.core

NOW = datetime(2026, 1, 5, tzinfo=UTC)
CHOSEN = frozenset({FollowSource.CHOSEN})
KINDS = ("internal", "administrator", "portal", "contact")


def someone(id="eve", kind="internal", **fields) -> User:
    """Somebody of this kind."""
    roles = {Role.ADMINISTRATOR} if kind == "administrator" else ()
    real = UserKind.INTERNAL if kind == "administrator" else UserKind(kind)
    return User(id=id, name="Somebody", kind=real, roles=roles, **fields)


def a_team(level=Visibility.PRIVATE, **fields) -> Team:
    """A team on this level."""
    return Team(id="team", name="Team", visibility=level, **fields)


def a_ticket(**fields) -> Ticket:
    """A ticket of that team."""
    fields.setdefault("id", "T")
    return Ticket(team_id="team", stage_id="new", subject="Ink", created_at=NOW, **fields)


def small_world():
    """Every combination of level, kind, active, and the ways of being invited."""
    flags = [(False, True)] * 5
    for level, kind, active in itertools.product(Visibility, KINDS, (True, False)):
        for on_team, on_ticket, assigned, merged, customer in itertools.product(*flags):
            user = someone(kind=kind, active=active)
            team = a_team(level, followers={"eve": CHOSEN} if on_team else {})
            ticket = a_ticket(
                followers={"eve": CHOSEN} if on_ticket else {},
                assignee_id="eve" if assigned else None,
                merged_into="M" if merged else None,
                customer_id="eve" if customer else None,
            )
            yield user, team, ticket


def test_the_whole_small_world() -> None:
    """V1, V2, V3, V4, V11, V17: each combination of the small world is decided by its sentence."""
    for user, team, ticket in small_world():
        invited = (
            "eve" in ticket.followers or "eve" in team.followers or ticket.assignee_id == "eve"
        )
        if not user.active:
            expected = False
        elif user.is_administrator:
            expected = True
        elif user.kind is UserKind.CONTACT:
            expected = False
        elif user.kind is UserKind.PORTAL:
            expected = team.visibility is Visibility.PUBLIC and "eve" in ticket.followers
        else:
            expected = team.visibility is not Visibility.PRIVATE or invited
        decision = can_view(user, ticket, team)
        assert decision.allowed is expected
        assert decision.code.startswith("visibility.")
        assert scope_for(user).matches(ticket, team) is expected, "V13"


def test_team_doors() -> None:
    """V1, V3, V11, V12: a team opens to administrators, to whom its level says, and to invitees."""
    for level, kind, on_team, on_ticket in itertools.product(
        Visibility, KINDS, (True, False), (True, False)
    ):
        team = a_team(level, followers={"eve": CHOSEN} if on_team else {})
        decision = can_view_team(someone(kind=kind), team, follows_a_ticket=on_ticket)
        if kind in ("portal", "contact"):
            assert not decision.allowed
        else:
            open_to_all = kind == "administrator" or level is not Visibility.PRIVATE
            assert decision.allowed is (open_to_all or on_team or on_ticket)


def test_inactive_users_and_unknown_words_are_denied() -> None:
    """V17: an inactive user, an unknown kind and an unknown level are denied."""
    ticket, team = a_ticket(followers={"eve": CHOSEN}), a_team(followers={"eve": CHOSEN})
    assert can_view(someone(active=False), ticket, team).code == "visibility.inactive_user"
    gone = can_view_team(someone(active=False), team, follows_a_ticket=True)
    assert gone.code == "visibility.inactive_user"
    robot = SimpleNamespace(id="eve", kind="robot", active=True, is_administrator=False, company="")
    assert can_view(robot, ticket, team).code == "visibility.unknown_kind"
    assert can_view_team(robot, team, follows_a_ticket=True).code == "visibility.unknown_kind"
    assert scope_for(robot) == Nothing()
    odd = SimpleNamespace(id="team", visibility="open", followers={"eve": CHOSEN}, company="")
    assert can_view(someone(), ticket, odd).code == "visibility.unknown_level"
    assert can_view_team(someone(), odd, follows_a_ticket=True).code == "visibility.unknown_level"
    assert not scope_for(someone()).matches(ticket, odd)


def test_a_ticket_is_looked_at_with_its_own_team() -> None:
    """V13: a decision on a ticket with another team than its own is misuse, named as such."""
    with pytest.raises(InvalidValueError, match="team is 'other', the ticket's is 'team'"):
        can_view(someone(), a_ticket(), attrs.evolve(a_team(), id="other"))


def test_company_scope() -> None:
    """T1: with company_scope employees see teams of their own company, and of none, only."""
    north = someone(company="North")
    for company, allowed in (("", True), ("North", True), ("South", False)):
        team, ticket = a_team(Visibility.COMPANY, company=company), a_ticket()
        assert can_view(north, ticket, team).allowed
        assert can_view(north, ticket, team, company_scope=True).allowed is allowed
        assert scope_for(north, company_scope=True).matches(ticket, team) is allowed
        door = can_view_team(north, team, follows_a_ticket=False, company_scope=True)
        assert door.allowed is allowed
        boss = someone(kind="administrator", company="North")
        assert can_view(boss, ticket, team, company_scope=True).allowed
    assert scope_for(boss, company_scope=True) == Everything()
    assert isinstance(scope_for(north, company_scope=True), AllOf)


def test_every_ground_is_named() -> None:
    """V17, V19: on a PRIVATE team every ground that grants access is among the reasons."""
    grounds = {
        "visibility.follows_ticket": {"followers": {"eve": CHOSEN}},
        "visibility.assignee": {"assignee_id": "eve"},
    }
    team = a_team(followers={"eve": CHOSEN})
    for names in itertools.chain.from_iterable(
        itertools.combinations(grounds, n) for n in range(3)
    ):
        fields = {key: value for name in names for key, value in grounds[name].items()}
        reasons = {r.code for r in can_view(someone(), a_ticket(**fields), team).reasons}
        assert reasons == {*names, "visibility.follows_team"}


@given(st.data())
def test_following_never_takes_away_and_ending_it_never_adds(data: st.DataObject) -> None:
    """V17: adding a follower takes access from nobody; removing one, or narrowing, adds nobody."""
    people = [someone(f"u{n}", kind) for n, kind in enumerate(KINDS)]
    ids = [user.id for user in people]
    followers = st.sets(st.sampled_from(ids)).map(lambda s: dict.fromkeys(s, CHOSEN))
    ticket = a_ticket(followers=data.draw(followers), assignee_id=data.draw(st.sampled_from(ids)))
    team = a_team(data.draw(st.sampled_from(list(Visibility))), followers=data.draw(followers))
    before = {u.id for u in people if can_view(u, ticket, team).allowed}
    who = data.draw(st.sampled_from(ids))
    more = attrs.evolve(ticket, followers={**ticket.followers, who: CHOSEN})
    assert before <= {u.id for u in people if can_view(u, more, team).allowed}
    fewer = attrs.evolve(
        ticket, followers={id: s for id, s in ticket.followers.items() if id != who}
    )
    assert before >= {u.id for u in people if can_view(u, fewer, team).allowed}
    order = [Visibility.PRIVATE, Visibility.COMPANY, Visibility.PUBLIC]
    for level in order[: order.index(team.visibility)]:
        narrower = attrs.evolve(team, visibility=level)
        assert before >= {u.id for u in people if can_view(u, ticket, narrower).allowed}


# --- who hears -------------------------------------------------------------------------------


def test_who_hears_in_the_whole_small_world() -> None:
    """V5, V9, V15, V20: who hears of a reply or a note, in full or not, in every combination."""
    for user, team, ticket in small_world():
        view = can_view(user, ticket, team).allowed
        follows = "eve" in ticket.followers or "eve" in team.followers
        customer = ticket.customer_id == "eve"
        told = {r.user_id: r for r in audience(ticket, team, {"eve": user}, None)}
        if not user.active or not (follows or customer):
            assert told == {}
        else:
            recipient = told["eve"]
            assert recipient.full is (customer or view)
            assert recipient.link is view
        noted = audience(ticket, team, {"eve": user}, None, internal=True)
        inside = user.active and user.kind is UserKind.INTERNAL and view and follows
        assert [(r.user_id, r.full, r.link) for r in noted] == [("eve", True, True)] * inside
        assert audience(ticket, team, {"eve": user}, "eve") == ()


def test_who_may_answer_in_the_whole_small_world() -> None:
    """M9, V20, V17: by mail the customer may answer, and who may view; nobody else."""
    codes = set()
    for user, team, ticket in small_world():
        decision = may_answer(user, ticket, team)
        codes.add(decision.code)
        hears = may_notify(user, ticket, team)
        own = ticket.customer_id == "eve"
        assert decision.allowed == (user.active and (own or can_view(user, ticket, team).allowed))
        assert decision.allowed or not hears.full, "who reads it in full may answer"
    assert codes == {
        "answer.customer",
        "answer.may_view",
        "answer.refused.may_not_view",
        "answer.refused.inactive_user",
    }
    user, team = someone(company="A"), a_team(Visibility.COMPANY, company="B")
    assert may_answer(user, a_ticket(), team).allowed
    assert not may_answer(user, a_ticket(), team, company_scope=True).allowed


def test_nobody_hears_twice_and_the_unknown_hear_nothing() -> None:
    """V9: the audience names nobody twice, leaves the author out and passes over the unknown."""
    ids = {"a": CHOSEN, "b": CHOSEN, "gone": CHOSEN}
    ticket = a_ticket(followers=ids, customer_id="b")
    users = {id: someone(id) for id in ("a", "b", "c")}
    team = a_team(Visibility.COMPANY, followers={"b": CHOSEN, "c": CHOSEN})
    told = [r.user_id for r in audience(ticket, team, users, "a")]
    assert told == ["b", "c"]


def test_who_stopped_following_hears_nothing() -> None:
    """N2, V9: at the moment of sending, who follows no longer and is no customer hears nothing."""
    recipient = may_notify(someone(), a_ticket(), a_team(Visibility.COMPANY))
    assert (recipient.decision.allowed, recipient.decision.code) == (False, "notify.not_following")
    assigned = may_notify(someone(), a_ticket(assignee_id="eve"), a_team())
    assert assigned.full


# --- changes of level ------------------------------------------------------------------------


def applied(plan, team: Team, tickets: list[Ticket]) -> tuple[Team, list[Ticket]]:
    """The team and the tickets as the plan leaves them."""
    things = {("team", team.id): team, **{("ticket", t.id): t for t in tickets}}
    for change in plan.changes:
        key = (change.kind.value, change.id)
        thing = things[key]
        if isinstance(change, SetField):
            assert getattr(thing, change.field) == change.expected
            things[key] = attrs.evolve(thing, **{change.field: change.value})
            continue
        followers = dict(thing.followers)
        sources = followers.pop(change.user_id, frozenset())
        if isinstance(change, AddFollow):
            followers[change.user_id] = sources | {change.source}
        elif isinstance(change, RemoveFollow) and sources - {change.source}:
            followers[change.user_id] = sources - {change.source}
        things[key] = attrs.evolve(thing, followers=followers)
    return things["team", team.id], [things["ticket", t.id] for t in tickets]


@st.composite
def followed_worlds(draw: st.DrawFn) -> tuple:
    """A team with followers and tickets of every state, and the people."""
    people = {f"u{n}": someone(f"u{n}", KINDS[n % 4]) for n in range(6)}
    sources = st.frozensets(st.sampled_from(list(FollowSource)), min_size=1)
    followers = st.dictionaries(st.sampled_from([*people, "unknown"]), sources)
    team = a_team(draw(st.sampled_from(list(Visibility))), followers=draw(followers))
    tickets = [
        a_ticket(
            id=f"T{n}",
            followers=draw(followers),
            customer_id=draw(st.sampled_from([None, *people, "unknown"])),
            closed_at=draw(st.sampled_from([None, NOW])),
            merged_into=draw(st.sampled_from([None, "M"])),
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    return team, tickets, people


@given(followed_worlds(), st.sampled_from(list(Visibility)), st.booleans())
def test_changes_of_level(world: tuple, to: Visibility, resubscribe: bool) -> None:
    """V6, V7, V8: narrowing ends portal follows everywhere; nothing else ends or begins any."""
    team, tickets, people = world
    portal = {id for id, user in people.items() if user.kind is UserKind.PORTAL}
    plan = plan_visibility_change(
        team, to, tickets, users=people, now=NOW, resubscribe_customers=resubscribe
    )
    after_team, after = applied(plan, team, tickets)
    assert after_team.visibility is to
    narrowed = team.visibility is Visibility.PUBLIC and to is not Visibility.PUBLIC
    widened = to is Visibility.PUBLIC and team.visibility is not Visibility.PUBLIC
    for before, now in zip((team, *tickets), (after_team, *after), strict=True):
        expected = dict(before.followers)
        if narrowed:
            expected = {id: s for id, s in expected.items() if id not in portal}
        customer = getattr(before, "customer_id", None)
        if widened and resubscribe and customer in portal and customer not in expected:
            expected[customer] = frozenset({FollowSource.CUSTOMER})
        assert dict(now.followers) == expected
    followed = {(None, id) for id in team.followers if id in portal} | {
        (t.id, id) for t in tickets for id in t.followers if id in portal
    }
    assert {(t, u) for u, t in plan.removed_from} == (followed if narrowed else set())
    again = plan_visibility_change(
        after_team, to, after, users=people, now=NOW, resubscribe_customers=resubscribe
    )
    assert (again.changes, again.events) == ((), ())


def test_the_level_is_a_visibility() -> None:
    """V17: a level that is none is refused by name."""
    with pytest.raises(InvalidValueError, match="to must be a Visibility"):
        plan_visibility_change(a_team(), "public", [], users={}, now=NOW)  # type: ignore[arg-type]


# --- shown before it is done -----------------------------------------------------------------


def test_a_plan_that_was_shown() -> None:
    """V18: a change that would do anything else than was shown is refused, and shows what."""
    people = {id: someone(id, kind) for id, kind in (("eve", "portal"), ("ada", "internal"))}
    team = a_team(Visibility.PUBLIC, followers={"ada": CHOSEN})
    tickets = [a_ticket(followers={"eve": CHOSEN})]

    def plan(tickets, later=0, by=None):
        now = NOW + timedelta(minutes=later)
        return plan_visibility_change(
            team, Visibility.COMPANY, iter(tickets), users=people, now=now, by=by
        )

    shown = plan(tickets)
    assert [event.name for event in shown.events] == [
        "VisibilityChanged",
        "AccessNarrowed",
        "FollowerRemoved",
    ]
    assert as_shown(plan(tickets, later=5, by="ada"), shown.fingerprint).allowed
    more = [*tickets, a_ticket(id="T2", followers={"eve": CHOSEN})]
    refused = as_shown(plan(more), shown.fingerprint)
    assert refused.decision.code == "plan.refused.moved_on"
    assert (refused.changes, refused.events) == ((), ())
    assert refused.removed_from == (("eve", "T"), ("eve", "T2")), "what it would do by now"
    assert as_shown(plan(more), plan(more).fingerprint).allowed


AGENT = frozenset({Role.AGENT})
MEMBER = frozenset({FollowSource.MEMBER})


def test_a_change_of_members() -> None:
    """V10, T3: who joins a PRIVATE team may see it; who leaves keeps what else invites them."""
    people = {
        id: User(id=id, name=id, kind=UserKind.INTERNAL, roles=AGENT)
        for id in ("ada", "bob", "cyd", "dan")
    }
    people["eve"] = User(id="eve", name="Eve", kind=UserKind.INTERNAL)  # an agent no more
    team = a_team(
        member_ids=["ada", "bob", "eve"],
        members_follow=True,
        followers={"ada": MEMBER, "bob": MEMBER | CHOSEN, "dan": CHOSEN, "eve": MEMBER},
    )
    tickets = [a_ticket(assignee_id="ada"), a_ticket(id="T2", followers={"dan": CHOSEN})]
    after = attrs.evolve(team, member_ids=["cyd", "dan"])

    def plan(later):
        return plan_team_settings(team, later, iter(tickets), users=people, now=NOW, by="root")

    shown = plan(after)
    assert (shown.joined, shown.left) == (("cyd", "dan"), ("ada", "bob", "eve"))
    assert shown.gains_access == ("cyd",), "dan follows already"
    assert shown.loses_access == (
        AccessLost(user_id="ada", ticket_ids=None, kept=("T",)),
        AccessLost(user_id="eve", ticket_ids=None),
    ), "bob was invited by name too"
    assert [event.name for event in shown.events] == [
        "TeamChanged", *["FollowerAdded"] * 2, *["FollowerRemoved"] * 3
    ]  # fmt: skip
    assert [(c.user_id, c.source) for c in shown.changes[1:3]] == [
        ("cyd", FollowSource.MEMBER),
        ("dan", FollowSource.MEMBER),
    ]
    assert {change.user_id for change in shown.changes[3:]} == {"ada", "bob", "eve"}
    assert plan(attrs.evolve(team, members_follow=False)).left == ()
    ended = plan(attrs.evolve(team, members_follow=False)).loses_access
    assert {one.user_id for one in ended} == {"ada", "eve"}
    same = plan(team)
    assert (same.decision.code, same.changes, same.events) == ("team.unchanged", (), ())


def test_a_change_of_settings_is_warned_of() -> None:
    """V10: a change to a PRIVATE team that gives its tickets to anybody is previewed with that."""
    team = a_team()
    codes = [
        [warning.code for warning in plan_team_settings(
            team, attrs.evolve(team, **fields), [], users={}, now=NOW).warnings]
        for fields in ({"auto_assign": True}, {"name": "Legal"}, {})
    ]  # fmt: skip
    assert codes == [["visibility.warning.pool_is_everybody"], [], []]


@pytest.mark.parametrize("level", Visibility)
def test_a_change_of_company(level) -> None:
    """V18, T1: with company_scope another company sees the team, and whose it was do not."""
    people = {
        id: User(id=id, name=id, kind=UserKind.INTERNAL, company=company)
        for id, company in (("nora", "North"), ("ned", "North"), ("sam", "South"))
    }
    tickets = [a_ticket(followers={"nora": CHOSEN, "sam": CHOSEN})]

    def plan(company, to, scoped=True):
        team = a_team(level, company=company)
        after = attrs.evolve(team, company=to)
        return plan_team_settings(team, after, tickets, users=people, now=NOW, company_scope=scoped)

    one = plan("North", "South")
    losers = {lost.user_id: lost for lost in one.loses_access}
    if level is Visibility.PRIVATE:
        assert losers == {"nora": AccessLost(user_id="nora", ticket_ids=("T",))}
    else:
        assert losers == {id: AccessLost(user_id=id, ticket_ids=None) for id in ("nora", "ned")}
    assert one.gains_access == ("sam",)
    wide = level is not Visibility.PRIVATE
    assert (one.others_gain_access, one.others_lose_access) == (wide, wide)
    for company, to, gain, lose in (("", "South", False, wide), ("North", "", wide, False)):
        other = plan(company, to)
        assert (other.others_gain_access, other.others_lose_access) == (gain, lose)
    everybody = plan("North", "South", scoped=False)
    assert (everybody.gains_access, everybody.loses_access) == ((), ())
    assert (everybody.others_gain_access, everybody.others_lose_access) == (False, False)


def test_a_way_into_a_narrower_team() -> None:
    """V16: out of PUBLIC portal users go; into a narrower team a host is told; else nothing."""
    people = {"eve": someone(kind="portal"), "con": someone("con", "contact")}
    ticket = a_ticket(followers={"eve": CHOSEN, "con": CHOSEN})
    order = [Visibility.PRIVATE, Visibility.COMPANY, Visibility.PUBLIC]
    for left, entered in itertools.product(order, order):
        new = attrs.evolve(a_team(entered), id="new")
        plan = plan_narrower_team(ticket, a_team(left), new, users=people, now=NOW)
        names = [event.name for event in plan.events]
        if order.index(entered) >= order.index(left):
            assert (plan.changes, names) == ((), [])
            continue
        out = left is Visibility.PUBLIC
        assert plan.removed_from == ((("eve", "T"),) if out else ())
        assert names == ["AccessNarrowed"] + ["FollowerRemoved"] * out
        assert {(event.ticket_id, event.team_id) for event in plan.events} == {("T", "new")}
        assert plan.events[0].user_ids == (("eve",) if out else ())


@given(st.data())
def test_scopes_of_any_shape(data: st.DataObject) -> None:
    """V13: many tickets at once and one by one are the same, for whatever expression."""
    single = st.sampled_from(
        [
            Everything(),
            Nothing(),
            LevelIn(frozenset({Visibility.PRIVATE})),
            CompanyIs("North"),
            *(kind(id) for kind in (FollowsTicket, FollowsTeam, AssignedTo) for id in "ab"),
        ]
    )
    shapes = st.recursive(
        single,
        lambda inner: st.lists(inner, max_size=4).flatmap(
            lambda some: st.sampled_from([AnyOf(tuple(some)), AllOf(tuple(some))])
        ),
        max_leaves=8,
    )
    scope = data.draw(shapes)
    some = st.sets(st.sampled_from("abc")).map(lambda s: dict.fromkeys(s, CHOSEN))
    teams = {
        level.value: Team(
            id=level.value,
            name="Team",
            visibility=level,
            followers=data.draw(some),
            company=data.draw(st.sampled_from(["", "North", "South"])),
        )
        for level in Visibility
    }
    tickets = [
        attrs.evolve(
            a_ticket(id=n, followers=data.draw(some)),
            team_id=data.draw(st.sampled_from([*teams])),
            assignee_id=data.draw(st.sampled_from([None, "a", "b"])),
        )
        for n in range(4)
    ]

    def inside(scope, ticket) -> bool:
        """The meaning in plain words."""
        team = teams[ticket.team_id]
        match scope:
            case AnyOf(parts=parts):
                return any(inside(part, ticket) for part in parts)
            case AllOf(parts=parts):
                return all(inside(part, ticket) for part in parts)
            case LevelIn(levels=levels):
                return team.visibility in levels
            case CompanyIs(company=company):
                return team.company in ("", company)
            case FollowsTicket(user_id=id):
                return id in ticket.followers
            case FollowsTeam(user_id=id):
                return id in team.followers
            case AssignedTo(user_id=id):
                return ticket.assignee_id == id
        return isinstance(scope, Everything)

    expected = [ticket for ticket in tickets if inside(scope, ticket)]
    assert select(scope, tickets, teams) == expected
    assert [t for t in tickets if scope.matches(t, teams[t.team_id])] == expected


def test_scopes_of_three_parts_that_the_ticket_decides() -> None:
    """V13: with any number of parts, one is enough for AnyOf, and all are needed for AllOf."""
    parts = (FollowsTicket("eve"), AssignedTo("eve"), FollowsTicket("bob"))
    team = a_team()
    for eve, assigned, bob in itertools.product((False, True), repeat=3):
        ticket = a_ticket(
            followers={id: CHOSEN for id, there in (("eve", eve), ("bob", bob)) if there},
            assignee_id="eve" if assigned else None,
        )
        holds = (eve, assigned, bob)
        assert AnyOf(parts).matches(ticket, team) is any(holds)
        assert AllOf(parts).matches(ticket, team) is all(holds)
