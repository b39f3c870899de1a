"""Idempotency keys: what counts as the same call, and who is given its first result again."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desks import MONDAY, SETUP, Company
from helpdesk_core import (
    Absence,
    AssignmentMethod,
    EmailTemplate,
    Helpdesk,
    IdempotencyKeyError,
    InvalidValueError,
    NewFile,
    NotFoundError,
    RefusedError,
    Role,
    SmsTemplate,
    StageRemovalPlan,
    User,
    UserKind,
    Visibility,
    VisibilityPlan,
)
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.decisions import allow
from helpdesk_core.ports import IncomingEmail, IncomingFile
from helpdesk_core.service.once import digest

USE_CASES = {
    name: method
    for name, method in inspect.getmembers(Helpdesk, inspect.isfunction)
    if "idempotency_key" in inspect.signature(method).parameters
}

# --- what is the same call -----------------------------------------------------------------------


def _user(**fields: Any) -> User:
    return User(id="new", name="New", kind=UserKind.INTERNAL, **fields)


def _mail(**fields: Any) -> IncomingEmail:
    return IncomingEmail(**({"sender": "pat@example.com", "subject": "a", "text": "a"} | fields))


def _absence(days: int = 1) -> Absence:
    return Absence(user_id="ann", start=MONDAY, end=MONDAY + timedelta(days=days))


#: For each use-case one call, and another value for every one of its arguments.
CALLS: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "add_user": ({"user": _user()}, [{"user": _user(roles={Role.AGENT})}]),
    "assign": (
        {"ticket_id": "a", "user_id": "ann"},
        [{"ticket_id": "b"}, {"user_id": "bob"}, {"user_id": None}, {"expected_version": 1}],
    ),
    "attach": (
        {"ticket_id": "a", "name": "x", "content": b"x"},
        [
            {"ticket_id": "b"},
            {"name": "y"},
            {"content": b"y"},
            {"media_type": "text/plain"},
            {"message_id": "m"},
            {"internal": True},
            {"to_root": True},
            {"limit": 10},
        ],
    ),
    "change_team": (
        {"team_id": "public", "fields": {"name": "A"}},
        [
            {"team_id": "private"},
            {"fields": {"name": "B"}},
            {"fields": {"member_ids": ["ann"]}},
            {"fields": {"member_ids": ["ann", "bob"]}},
            {"fields": {"member_ids": ["bob", "ann"]}},
            {"fields": {"look_ahead_window": timedelta(hours=1)}},
            {"fields": {"assignment_method": AssignmentMethod.EQUAL_OPEN}},
            {"confirmed": "of a plan"},
        ],
    ),
    "change_ticket": (
        {"ticket_id": "a", "fields": {"priority": 1}},
        [
            {"ticket_id": "b"},
            {"expected_version": 1},
            {"fields": {"priority": True}},
            {"fields": {"tags": {"x"}}},
            {"fields": {"fields": {"cost": 1}}},
        ],
    ),
    "change_user": (
        {"user_id": "ann", "fields": {"name": "A"}},
        [{"user_id": "bob"}, {"fields": {"name": "B"}}, {"fields": {"roles": {Role.AGENT}}}],
    ),
    "change_visibility": (
        {"team_id": "public", "to": Visibility.COMPANY},
        [
            {"team_id": "private"},
            {"to": Visibility.PRIVATE},
            {"resubscribe_customers": True},
            {"confirmed": VisibilityPlan(decision=allow("visibility.unchanged"))},
        ],
    ),
    "close": ({"ticket_id": "a"}, [{"ticket_id": "b"}, {"expected_version": 1}]),
    "hand_over": (
        {"team_id": "private", "absence": _absence()},
        [{"team_id": "public"}, {"absence": _absence(days=2)}],
    ),
    "create_stage": (
        {"name": "S"},
        [
            {"name": "T"},
            {"id": "s"},
            {"folded": True},
            {"description": "d"},
            {"email_template": EmailTemplate("a", "b")},
            {"email_template": EmailTemplate("a", "c")},
            {"sms_template": SmsTemplate("a")},
            {"once_per_ticket": True},
            {"team_ids": ["public"]},
        ],
    ),
    "create_team": (
        {"name": "T", "visibility": Visibility.PUBLIC, "settings": {}},
        [
            {"name": "U"},
            {"visibility": Visibility.COMPANY},
            {"id": "t"},
            {"member_ids": ["ann"]},
            {"stage_ids": ["new"]},
            {"settings": {"auto_assign": True}},
        ],
    ),
    "discard_duplicate": (
        {"ticket_id": "a", "other_id": "b"},
        [{"ticket_id": "c"}, {"other_id": "c"}],
    ),
    "fold_stage": ({"stage_id": "new"}, [{"stage_id": "working"}, {"confirmed": "of a plan"}]),
    "follow_team": (
        {"team_id": "public", "user_id": "ann"},
        [{"team_id": "private"}, {"user_id": "bob"}],
    ),
    "follow_ticket": ({"ticket_id": "a", "user_id": "ann"}, [{"ticket_id": "b"}, {"user_id": "b"}]),
    "log_time": (
        {"ticket_id": "a", "minutes": 1},
        [{"ticket_id": "b"}, {"minutes": 2}, {"note": "n"}],
    ),
    "merge": (
        {"ticket_ids": ["a", "b"]},
        [
            {"ticket_ids": ["a", "c"]},
            {"master_id": "a"},
            {"allow_cross_visibility": True},
            {"add_followers": ["pia"]},
        ],
    ),
    "move": (
        {"ticket_id": "a", "stage_id": "working"},
        [{"ticket_id": "b"}, {"stage_id": "new"}, {"expected_version": 1}],
    ),
    "drag": (
        {"ticket_id": "a", "stage_id": "new", "below": "b"},
        [
            {"ticket_id": "c"},
            {"stage_id": "working"},
            {"below": "c"},
            {"above": "c"},
            {"expected_version": 1},
        ],
    ),
    "note": (
        {"ticket_id": "a", "body": "b"},
        [
            {"ticket_id": "b"},
            {"body": "c"},
            {"files": [NewFile(name="x", content=b"x")]},
            {"expected_version": 1},
        ],
    ),
    "open_ticket": (
        {"team_id": "public", "subject": "s"},
        [
            {"team_id": "private"},
            {"subject": "t"},
            {"description": "d"},
            {"id": "i"},
            {"customer_id": "pat"},
            {"assignee_id": "ann"},
            {"priority": 1},
            {"tags": ["x"]},
            {"fields": {"cost": 1}},
        ],
    ),
    "redact_message": (
        {"ticket_id": "a", "message_id": "m", "reason": "r"},
        [{"ticket_id": "b"}, {"message_id": None}, {"reason": "s"}],
    ),
    "redact_attachment": (
        {"ticket_id": "a", "attachment_id": "f", "reason": "r"},
        [{"ticket_id": "b"}, {"attachment_id": "g"}, {"reason": "s"}],
    ),
    "erase_person": (
        {"user_id": "pat", "reason": "r", "words": False},
        [{"user_id": "pia"}, {"reason": "s"}, {"words": True}],
    ),
    "remove_stage": (
        {"stage_id": "working"},
        [
            {"stage_id": "new"},
            {"team_id": "public"},
            {"move_to": "new"},
            {"confirmed": StageRemovalPlan(decision=allow("stage.removed"))},
        ],
    ),
    "change_stage": (
        {"stage_id": "new", "fields": {"name": "A"}},
        [
            {"stage_id": "working"},
            {"fields": {"name": "B"}},
            {"fields": {"sms_template": SmsTemplate("a")}},
            {"fields": {"sms_template": SmsTemplate("a", translations={"it": SmsTemplate("b")})}},
        ],
    ),
    "receive": (
        {"mail": _mail(), "team_id": "public", "verified": True},
        [
            {"mail": _mail(text="b")},
            {"mail": _mail(subject="b")},
            {"mail": _mail(sender="pia@example.com")},
            {"mail": _mail(files=[IncomingFile(name="a", media_type="a/b", content=b"c")])},
            {"mail": _mail(files=[IncomingFile(name="a", media_type="a/b", content=b"d")])},
            {"team_id": "private"},
            {"verified": False},
            {"new_contacts": False},
        ],
    ),
    "send_again": ({"keys": ["a"]}, [{"keys": ["b"]}, {"keys": ["a", "b"]}]),
    "set_aside": ({"keys": ["a"]}, [{"keys": ["b"]}, {"keys": ["a", "b"]}]),
    "reorder_stages": (
        {"stage_ids": ["new", "working"]},
        [{"stage_ids": ["working", "new"]}, {"confirmed": "of a plan"}],
    ),
    "reorder_team_stages": (
        {"team_id": "public", "stage_ids": ["new", "working"]},
        [{"team_id": "private"}, {"stage_ids": ["working", "new"]}, {"confirmed": "of a plan"}],
    ),
    "reply": (
        {"ticket_id": "a", "body": "b"},
        [
            {"ticket_id": "b"},
            {"body": "c"},
            {"automatic": True},
            {"to_root": True},
            {"files": [NewFile(name="x", content=b"x")]},
            {"files": [NewFile(name="x", content=b"y")]},
            {"expected_version": 1},
        ],
    ),
    "transfer": (
        {"ticket_id": "a", "team_id": "company"},
        [{"ticket_id": "b"}, {"team_id": "public"}, {"expected_version": 1}],
    ),
    "unfold_stage": ({"stage_id": "new"}, [{"stage_id": "working"}, {"confirmed": "of a plan"}]),
    "unfollow_team": (
        {"team_id": "public", "user_id": "ann"},
        [{"team_id": "private"}, {"user_id": "bob"}],
    ),
    "unfollow_ticket": (
        {"ticket_id": "a", "user_id": "ann"},
        [{"ticket_id": "b"}, {"user_id": "b"}],
    ),
    "unmerge": ({"merge_id": "m"}, [{"merge_id": "n"}]),
}


def arguments_of(use_case: str) -> set[str]:
    """The names of its arguments, but for who acts and the key."""
    names = set(inspect.signature(USE_CASES[use_case]).parameters)
    return names - {"self", "actor", "idempotency_key"}


def test_every_argument_is_listed() -> None:
    """T7: the table names every use-case that takes a key, and each of its arguments."""
    assert set(CALLS) == set(USE_CASES)
    for use_case, (call, others) in CALLS.items():
        assert {name for other in others for name in other} == arguments_of(use_case), use_case
        assert set(call) <= arguments_of(use_case)


class _WrittenError(Exception):
    """What a call would have been compared by."""


@pytest.mark.parametrize("use_case", sorted(CALLS))
def test_every_argument_makes_another_call(tmp_path: Any, use_case: str) -> None:
    """T7: another value for any argument is another payload, and the same values are the same."""
    company = Company(MemoryRepository(), tmp_path)
    for id in ("a", "b", "c"):
        company.open("public", id=id)

    def write(name: str, actor: Any, do: Any, *, once: Any, **_: Any) -> Any:
        assert once.key == "k"
        raise _WrittenError(digest(name, once.payload))

    company.desk._write = write  # type: ignore[method-assign]

    named = inspect.signature(USE_CASES[use_case]).parameters.values()
    any_name = [one.name for one in named if one.kind is one.VAR_KEYWORD]

    def written(arguments: dict[str, Any]) -> str:
        fields = {k: v for k, v in arguments.items() if k not in any_name}
        for name in any_name:
            fields |= arguments.get(name, {})
        with pytest.raises(_WrittenError) as caught:
            getattr(company.desk, use_case)(**fields, actor="root", idempotency_key="k")
        return str(caught.value)

    call, others = CALLS[use_case]
    assert written(call) == written(call)
    digests = [written(call), *(written(call | other) for other in others)]
    assert len(set(digests)) == len(digests)


_PROGRAM = """
from datetime import timedelta
from helpdesk_core import Role, User, UserKind, Visibility
from helpdesk_core.decisions import allow
from helpdesk_core.service.once import digest
user = User(id="x", name="x", kind=UserKind.INTERNAL, roles=frozenset(Role))
tags = frozenset(map(str, range(20)))
print(digest("any", {"user": user, "tags": tags, "to": Visibility.PUBLIC, "by": {"b": 1, "a": tags},
                     "window": timedelta(1)}))
"""


def test_a_digest_is_the_same_in_every_process() -> None:
    """T7: what counts as the same call does not hang on PYTHONHASHSEED."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (1, 2, 3)
    }
    assert len(digests) == 1


class _Colour(Enum):
    RED = "red"
    SCARLET = "scarlet"


plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.binary(max_size=3)
    | st.uuids()
    | st.timedeltas()
    | st.sampled_from(_Colour)
    | st.datetimes(timezones=st.just(UTC))
)


def _tagged(value: Any) -> tuple[str, Any]:
    return type(value).__name__, value


@given(st.lists(plain, max_size=4), st.lists(plain, max_size=4))
def test_digests_tell_values_apart(one: list[Any], other: list[Any]) -> None:
    """T7: lists have one digest exactly when they hold the same, `True`, `1` and `"1"` apart."""
    same = [*map(_tagged, one)] == [*map(_tagged, other)]
    assert (digest("u", {"x": one}) == digest("u", {"x": other})) is same
    assert digest("u", {"x": one}) == digest("u", {"x": tuple(one)})


@given(st.dictionaries(st.text(max_size=3), plain, max_size=5), st.randoms())
def test_digests_know_no_order_of_sets(known: dict[str, Any], random: Any) -> None:
    """T7: the order of a mapping or a set is no part of a call."""
    items = list(known.items())
    random.shuffle(items)
    assert digest("u", {"x": known}) == digest("u", {"x": dict(items)})
    assert digest("u", {"x": set(known)}) == digest("u", {"x": frozenset(dict(items))})
    assert digest("u", known) == digest("u", dict(items))


def test_what_cannot_be_compared_is_refused_by_name(tmp_path: Any) -> None:
    """T7: a value that has no one way of being written is refused, with the argument's name."""
    company = Company(MemoryRepository(), tmp_path)
    for value in (object(), range(3), [lambda: 1], {"a": {1: object()}}):
        with pytest.raises(InvalidValueError, match="member_ids holds a"):
            company.desk.change_team("public", actor="root", idempotency_key="k", member_ids=value)
    with pytest.raises(InvalidValueError, match="at must be a datetime with a time zone"):
        digest("any", {"at": datetime(2026, 1, 5)})  # noqa: DTZ001
    assert digest("any", {"id": UUID(int=1)}) != digest("any", {"id": str(UUID(int=1))})


# --- who is given the first result again ---------------------------------------------------------

Call = Callable[[Company, str], Any]


def _leave(company: Company) -> None:
    """Lea sees nothing of the PRIVATE team any more."""
    company.desk.unfollow_team("private", "lea", actor=SETUP)
    for ticket in company.desk.tickets(actor=SETUP).items:
        company.desk.assign(ticket.id, None, actor=SETUP)
        company.desk.unfollow_ticket(ticket.id, "lea", actor=SETUP)


def _demote(company: Company) -> None:
    """Lea has no role any more."""
    company.desk.change_user("lea", actor=SETUP, roles=())


def _call(use_case: str, *arguments: Any, **fields: Any) -> Call:
    def call(company: Company, key: str) -> Any:
        method = getattr(company.desk, use_case)
        return method(*arguments, actor="lea", idempotency_key=key, **fields)

    return call


def _redact_file(company: Company, key: str) -> Any:
    with company.repository.reading() as session:
        files = session.attachments(["a"])
    file_id = files[0].id if files else company.desk.attach("a", "x", b"x", actor=SETUP).id
    return company.desk.redact_attachment(
        "a", file_id, actor="lea", reason="law", idempotency_key=key
    )


def _unmerge(company: Company, key: str) -> Any:
    with company.repository.reading() as session:
        [merge] = session.merges(["a", "b"])
    return company.desk.unmerge(merge.id, actor="lea", idempotency_key=key)


#: For each use-case: a call of Lea's, what she loses, and what she is told when she asks again.
LOST: dict[str, tuple[Call, Callable[[Company], None], str]] = {
    "add_user": (_call("add_user", _user()), _demote, "permission.role"),
    "assign": (_call("assign", "a", "ann"), _leave, "ticket 'a' not found"),
    "attach": (_call("attach", "a", "x", b"x"), _leave, "ticket 'a' not found"),
    "hand_over": (_call("hand_over", "private", _absence()), _leave, "team 'private' not found"),
    "change_team": (_call("change_team", "private", name="X"), _leave, "team 'private' not found"),
    "change_ticket": (_call("change_ticket", "a", priority=1), _leave, "ticket 'a' not found"),
    "change_user": (_call("change_user", "bob", name="B"), _demote, "permission.role"),
    "change_visibility": (
        _call("change_visibility", "private", Visibility.PRIVATE),
        _leave,
        "team 'private' not found",
    ),
    "close": (_call("close", "a"), _leave, "ticket 'a' not found"),
    "create_stage": (_call("create_stage", "S"), _demote, "permission.role"),
    "create_team": (
        _call("create_team", "T", Visibility.PUBLIC, stage_ids=["new"]),
        _demote,
        "permission.role",
    ),
    "discard_duplicate": (_call("discard_duplicate", "a", "b"), _leave, "ticket 'a' not found"),
    "fold_stage": (_call("fold_stage", "working"), _demote, "permission.role"),
    "follow_team": (_call("follow_team", "private", "bob"), _leave, "team 'private' not found"),
    "follow_ticket": (_call("follow_ticket", "a", "bob"), _leave, "ticket 'a' not found"),
    "log_time": (_call("log_time", "a", 5), _leave, "ticket 'a' not found"),
    "merge": (_call("merge", ["a", "b"]), _leave, "merge ? not found"),
    "move": (_call("move", "a", "working"), _leave, "ticket 'a' not found"),
    "drag": (_call("drag", "a", "working"), _leave, "ticket 'a' not found"),
    "note": (_call("note", "a", "x"), _leave, "ticket 'a' not found"),
    "open_ticket": (_call("open_ticket", "private", "S", id="S"), _leave, "ticket 'S' not found"),
    "redact_message": (
        _call("redact_message", "a", None, reason="law"),
        _leave,
        "ticket 'a' not found",
    ),
    "redact_attachment": (_redact_file, _leave, "ticket 'a' not found"),
    "erase_person": (
        _call("erase_person", "pat", reason="law", words=True),
        _demote,
        "permission.role",
    ),
    "remove_stage": (_call("remove_stage", "cancelled"), _demote, "permission.role"),
    "reorder_stages": (
        _call("reorder_stages", ["working", "new", "solved", "cancelled"]),
        _demote,
        "permission.role",
    ),
    "reorder_team_stages": (
        _call("reorder_team_stages", "private", ["working", "new", "solved", "cancelled"]),
        _leave,
        "team 'private' not found",
    ),
    "change_stage": (
        lambda c, key: c.desk.change_stage("new", actor="lea", name="X", idempotency_key=key),
        _demote,
        "permission.role",
    ),
    "receive": (
        lambda c, key: c.desk.receive(  # of a contact, who has no role
            _mail(sender="new@example.com"),
            "public",
            verified=True,
            actor="lea",
            idempotency_key=key,
        ),
        _demote,
        "permission.role",
    ),
    "send_again": (_call("send_again", []), _demote, "permission.role"),
    "set_aside": (_call("set_aside", []), _demote, "permission.role"),
    "reply": (_call("reply", "a", "x"), _leave, "ticket 'a' not found"),
    "transfer": (_call("transfer", "a", "inner"), _leave, "ticket 'a' not found"),
    "unfold_stage": (_call("unfold_stage", "solved"), _demote, "permission.role"),
    "unfollow_team": (_call("unfollow_team", "private", "bob"), _leave, "team 'private' not found"),
    "unfollow_ticket": (_call("unfollow_ticket", "a", "bob"), _leave, "ticket 'a' not found"),
    "unmerge": (_unmerge, _leave, "merge ? not found"),
}


@pytest.fixture
def lea(company: Company) -> Company:
    """A lead with every right who follows a PRIVATE team with the tickets `a` and `b`."""
    desk = company.desk
    desk._permissions = dict.fromkeys(desk._permissions, frozenset({"team_lead"}))
    company.team("inner", Visibility.PRIVATE)
    for team in ("private", "inner"):
        desk.follow_team(team, "lea", actor=SETUP)
    for id in ("a", "b"):
        company.open("private", id=id)
    return company


def test_every_use_case_is_tried() -> None:
    """T7, V14: every use-case that takes a key is among those that are tried."""
    assert set(LOST) == set(USE_CASES)


@pytest.mark.parametrize("use_case", sorted(LOST))
def test_a_first_result_is_not_given_to_who_lost_it(lea: Company, use_case: str) -> None:
    """T7, V14: under a key the first result comes again, until one may no longer see it."""
    call, lose, answer = LOST[use_case]
    if use_case == "unmerge":
        lea.desk.merge(["a", "b"], actor=SETUP)
    first = call(lea, "k")
    assert call(lea, "k") == first
    lose(lea)
    if use_case == "transfer":
        lea.desk.unfollow_team("inner", "lea", actor=SETUP)
    with pytest.raises((NotFoundError, RefusedError)) as caught:
        call(lea, "k")
    text = str(caught.value)
    if answer.startswith("merge"):
        text = "merge ? not found" if text.startswith("merge ") else text
    assert text.startswith(answer)


def test_a_farewell_is_told_again(company: Company) -> None:
    """T7: who ended their own access is given the first answer again, which shows nothing."""
    ticket = company.open("private")
    company.desk.follow_ticket(ticket.id, "ann", actor=SETUP)
    company.desk.follow_team("private", "bob", actor=SETUP)
    for call in (
        lambda: company.desk.unfollow_ticket(ticket.id, "ann", actor="ann", idempotency_key="k"),
        lambda: company.desk.unfollow_team("private", "bob", actor="bob", idempotency_key="k"),
    ):
        first = call()
        assert not first.allowed
        assert call() == first


def test_the_error_names_the_key_that_was_given(company: Company) -> None:
    """T7: a key that comes again with another payload is named as its caller gave it."""
    company.open(actor="ann", idempotency_key="mine")
    with pytest.raises(IdempotencyKeyError, match=r"^idempotency key 'mine' was used before"):
        company.open(actor="ann", subject="Another", idempotency_key="mine")
