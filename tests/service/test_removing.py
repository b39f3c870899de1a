"""Removal for legal reasons: what is gone is gone everywhere, and the structure stays (T9)."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from desks import MONDAY, SETUP, STORES, Company, counter, repository_for
from helpdesk_core import (
    REMOVED,
    AttachmentStoreError,
    EmailTemplate,
    Helpdesk,
    InvalidValueError,
    MergeStrategy,
    NotClaimedError,
    NotFoundError,
    OnAnswer,
    RefusedError,
    Role,
    System,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.duplicates import SimilarityIndex
from helpdesk_core.events import (
    AttachmentRedacted,
    MessageRedacted,
    PersonErased,
    StageMessageSkipped,
)
from helpdesk_core.plans import Kind, SetField
from helpdesk_core.ports import ALL_CLAIMS, Claim, DeliveryStatus, IncomingEmail
from helpdesk_core.service.removed import Going

#: In every text that has to go, and in nothing else.
MARK = "zzq"
WHY = "request 7 of May"

on_each_store = pytest.mark.parametrize("store", STORES)


def company_for(store: str, folder: Path, **options: Any) -> Company:
    """A company with a similarity index, over this store."""
    folder.mkdir(exist_ok=True)
    return Company(repository_for(store, folder), folder, similarity=SimilarityIndex(), **options)


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, also what `repr` hides."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, enum.Enum):
        yield str(value.value)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from texts(pair)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from texts(item)
    elif value is not None:
        yield str(value)


def kept(company: Company) -> str:
    """All that the store holds, row by row, and every file."""
    repository: Any = company.repository
    found: list[str] = []
    if isinstance(repository, MemoryRepository):
        found += texts(repository._state)
    else:
        with repository._engine.connect() as connection:
            for table in repository._tables.metadata.sorted_tables:
                rows = connection.exec_driver_sql(f"SELECT * FROM {table.name}")
                found += (str(cell) for row in rows for cell in row)
    for id in company.store.ids():
        with company.store.get(id) as file:
            found.append(f"{id} {file.read()!r}")
    return "\n".join(found)


#: What somebody can be shown of a ticket.
LOOKS: tuple[Callable[[Helpdesk, Any, Any], Any], ...] = (
    lambda d, t, a: d.ticket(t, actor=a),
    lambda d, t, a: d.messages(t, actor=a),
    lambda d, t, a: d.attachments(t, actor=a),
    lambda d, t, a: d.time_entries(t, actor=a),
    lambda d, t, a: d.merged_tickets(t, actor=a),
    lambda d, t, a: d.history(t, actor=a),
    lambda d, t, a: d.duplicates(t, actor=a, threshold=0.0),
    lambda d, t, a: d.tickets(actor=a),
    lambda d, t, a: d.board(actor=a),
    lambda d, t, a: d.board("company", actor=a),
    lambda d, t, a: d.user("pat", actor=a),
)


def shown(company: Company, *ticket_ids: Any) -> str:
    """All that the administrator is shown, and all that is still sent."""
    found = [
        text
        for look in LOOKS
        for id in ticket_ids
        for text in texts(look(company.desk, id, "root"))
    ]
    company.clock.advance(timedelta(days=1))
    found += texts(company.deliver())
    return "\n".join(found)


def redact(company: Company, ticket_id: Any, message_id: Any, **options: Any) -> Any:
    """As the administrator, with a reason."""
    options = {"actor": "root", "reason": WHY} | options
    return company.desk.redact_message(ticket_id, message_id, **options)


def erase(company: Company, user_id: Any, **options: Any) -> Any:
    """As the administrator, with a reason."""
    options = {"actor": "root", "reason": WHY, "words": True} | options
    return company.desk.erase_person(user_id, **options)


# --- messages ------------------------------------------------------------------------------------


@on_each_store
def test_a_message_is_gone_and_was_there(store: str, tmp_path: Path) -> None:
    """T9: of a message only that there was one is left, with its files, and it is recorded."""
    company = company_for(store, tmp_path)
    desk = company.desk
    ticket = company.open("public", actor="pat")
    said = desk.reply(ticket.id, f"My PIN is {MARK}", actor="pat", idempotency_key="k")
    file = desk.attach(
        ticket.id, f"{MARK}.png", MARK.encode(), actor="pat", message_id=said.id,
        idempotency_key="k",
    )  # fmt: skip
    other = desk.reply(ticket.id, "Thank you", actor="ann")
    version = desk.ticket(ticket.id, actor="root").version
    assert MARK in kept(company)
    removed = redact(company, ticket.id, said.id)
    assert (removed.message_ids, removed.attachment_ids) == ((said.id,), (file.id,))
    assert removed.left == ()
    assert MARK not in kept(company)
    assert MARK not in shown(company, ticket.id)
    left, stays = desk.messages(ticket.id, actor="pat")
    assert left == attrs.evolve(said, body=REMOVED)
    assert stays == other
    (file_left,) = desk.attachments(ticket.id, actor="pat")
    assert (file_left.id, file_left.at, file_left.is_removed) == (file.id, file.at, True)
    assert desk.ticket(ticket.id, actor="root").version == version + 1
    events = [e for e in desk.history(ticket.id, actor="root") if e.name.endswith("Redacted")]
    at, here = company.clock.now() - timedelta(days=1), {"ticket_id": ticket.id, "reason": WHY}
    here |= {"at": at, "by": "root", "team_id": "public"}
    assert events == [
        MessageRedacted(message_id=said.id, **here),
        AttachmentRedacted(attachment_id=file.id, **here),
    ]
    assert not [e for e in desk.history(ticket.id, actor="pat") if "Redacted" in e.name]
    again = desk.reply(ticket.id, f"My PIN is {MARK}", actor="pat", idempotency_key="k")
    assert again == attrs.evolve(said, body=REMOVED), "the key gives nothing back"
    with pytest.raises(RefusedError) as refused:
        desk.read_attachment(ticket.id, file.id, actor="pat")
    assert refused.value.code == "attachment.refused.removed"
    assert desk.check() == ()


@on_each_store
def test_opening_words_are_gone(store: str, tmp_path: Path) -> None:
    """T9, M5: subject and description go, from suggestions, stage texts and digests too."""
    company = company_for(store, tmp_path)
    desk = company.desk
    words = {"subject": f"PIN {MARK}", "description": f"It is {MARK} {MARK}"}
    ticket = company.open("company", customer_id="con", idempotency_key="k", **words)
    other = company.open("company", **{**words, "subject": "My PIN is 1234"})
    desk.discard_duplicate(ticket.id, other.id, actor="root")
    with company.repository.reading() as session:
        before = session.discards([other.id])
    mails = [m for m in _outbox(company) if m.notice.ticket_id == ticket.id]
    assert any(MARK in text for text in texts(mails))
    redact(company, other.id, None)
    redact(company, ticket.id, None)
    assert MARK not in kept(company)
    assert MARK not in shown(company, ticket.id, other.id)
    left = desk.ticket(ticket.id, actor="root")
    assert (left.subject, left.description, left.customer_id) == (REMOVED, REMOVED, "con")
    with company.repository.reading() as session:
        digests = set(texts(session.discards([other.id])))
    assert not digests & {before[0].first_fingerprint, before[0].second_fingerprint}
    skipped = [e for e in desk.history(ticket.id, actor="root") if type(e) is StageMessageSkipped]
    assert [event.code for event in skipped] == ["stage.skipped.removed"]
    assert not [m for m in company.notifier.sent if m.recipient_id == "con"]
    with pytest.raises(Exception, match="was used"):
        company.open("company", customer_id="con", idempotency_key="k", subject="Else")


def _outbox(company: Company) -> list[Any]:
    with company.repository.reading() as session:
        return list(session.outbox())


def test_what_said_nothing_says_so_still(tmp_path: Path) -> None:
    """T9: a ticket that was opened without a description gets none."""
    company = company_for("memory", tmp_path)
    ticket = company.open("company")
    redact(company, ticket.id, None)
    assert company.desk.ticket(ticket.id, actor="root").description == ""


@on_each_store
def test_one_file_is_gone(store: str, tmp_path: Path) -> None:
    """T9: a file goes alone, with its name; what was said beside it stays."""
    company = company_for(store, tmp_path)
    desk = company.desk
    ticket = company.open("public", actor="pat", subject="A photo")
    file = desk.attach(ticket.id, f"{MARK}.png", MARK.encode(), actor="pat", idempotency_key="k")
    other = desk.attach(ticket.id, "b.png", b"b", actor="pat")
    removed = desk.redact_attachment(ticket.id, file.id, actor="root", reason=WHY)
    assert (removed.message_ids, removed.attachment_ids) == ((), (file.id,))
    assert MARK not in kept(company) + shown(company, ticket.id)
    assert list(company.store.ids()) == [other.id]
    assert desk.check() == ()
    with pytest.raises(NotFoundError):
        desk.redact_attachment(ticket.id, "absent", actor="root", reason=WHY)


@on_each_store
def test_unmerging_brings_nothing_back(store: str, tmp_path: Path) -> None:
    """T9, M6, M8, M14: redacted on the root or a tombstone, before and after, it stays gone."""
    company = company_for(store, tmp_path)
    desk = company.desk
    ids, said = [], []
    for n in range(3):
        ticket = company.open("company", subject=f"{MARK} {n}", description=MARK, customer_id="con")
        said.append(desk.reply(ticket.id, f"{MARK} {n}", actor="ann", idempotency_key=f"{n}").id)
        ids.append(ticket.id)
    redact(company, ids[1], said[1])
    redact(company, ids[1], None)
    merge = desk.merge(ids, actor="root", idempotency_key="m")
    later = desk.reply(ids[2], f"{MARK} later", actor="ann").id
    assert MARK in kept(company)
    redact(company, ids[0], said[0])
    redact(company, ids[0], said[2])  # it hangs on a tombstone, and is shown on the root
    redact(company, ids[2], later)  # the other way round
    for id in (ids[0], ids[2]):
        redact(company, id, None)
    assert MARK not in kept(company) + shown(company, *ids)
    desk.unmerge(merge.id, actor="root", idempotency_key="u")
    assert MARK not in kept(company) + shown(company, *ids)
    assert desk.merge(ids, actor="root", idempotency_key="m") == merge


def test_what_is_being_sent_is_not_sent_again(tmp_path: Path) -> None:
    """T9, N2: a message that was redacted while it was under way is not tried once more."""
    company = company_for("memory", tmp_path)
    desk = company.desk
    ticket = company.open("company", customer_id="con", subject=MARK)
    said = desk.reply(ticket.id, MARK, actor="ann")
    failing = company.notifier.send

    def fails(message: Any) -> None:
        redact(company, ticket.id, said.id)
        redact(company, ticket.id, None)
        raise TimeoutError

    company.notifier.send = fails  # type: ignore[method-assign]
    desk.deliver()
    company.notifier.send = failing  # type: ignore[method-assign]
    assert {m.status for m in _outbox(company)} == {DeliveryStatus.SKIPPED}
    company.clock.advance(timedelta(hours=1))
    assert desk.deliver().sent == 0


@on_each_store
def test_who_says_that_word_is_heard(store: str, tmp_path: Path) -> None:
    """T9, V20, V9: a message that says the word for what is gone is sent like any other one."""
    company = company_for(store, tmp_path)
    ticket = company.open("public", actor="pat")
    company.deliver()
    said = company.desk.reply(ticket.id, REMOVED, actor="ann")
    assert ("pat", REMOVED) in {(m.recipient_id, m.text) for m in company.deliver()}
    later = company.desk.reply(ticket.id, REMOVED, actor="ann")
    redact(company, ticket.id, said.id)
    redact(company, ticket.id, later.id)
    assert company.deliver() == [], "nor is what an administrator removed, whatever it said"


@pytest.mark.parametrize("claims", [{Claim.HISTORY}, {Claim.REMOVAL}], ids=["removal", "history"])
def test_who_says_that_word_to_a_smaller_store(claims: set[Claim], tmp_path: Path) -> None:
    """T9: where nothing is removed it is a word; where that is not recorded, it may be gone."""
    company = company_for("memory", tmp_path)
    company.repository.claims = ALL_CLAIMS - claims  # type: ignore[misc]
    ticket = company.open("public", actor="pat")
    company.deliver()
    company.desk.reply(ticket.id, REMOVED, actor="ann")
    told = {message.recipient_id for message in company.deliver()}
    assert ("pat" in told) == (Claim.REMOVAL in claims)


def test_who_is_called_by_that_word_is_somebody(tmp_path: Path) -> None:
    """T9: somebody who is named so, and is away for good, has an address, and may come back."""
    company = company_for("memory", tmp_path)
    change = company.desk.change_user
    change("ann", actor="root", name=REMOVED, active=False)
    assert not company.desk.user("ann", actor="root").is_erased
    assert change("ann", actor="root", name="Ann", active=True).active
    change("ann", actor="root", name=REMOVED)
    erase(company, "ann", words=False)
    assert company.desk.user("ann", actor="root").is_erased


@on_each_store
def test_twice_is_fine(store: str, tmp_path: Path) -> None:
    """T9, T7: once more changes and records nothing, by the key or without."""
    company = company_for(store, tmp_path)
    ticket = company.open("public", actor="pat")
    said = company.desk.reply(ticket.id, MARK, actor="pat")
    first = redact(company, ticket.id, said.id, idempotency_key="k")
    after = kept(company)
    assert redact(company, ticket.id, said.id, idempotency_key="k") == first
    assert redact(company, ticket.id, said.id) == first
    first = erase(company, "pat", idempotency_key="k")
    erased = kept(company)
    assert after != erased
    assert erase(company, "pat", idempotency_key="k") == first
    assert erase(company, "pat") == first
    assert kept(company) == erased


# --- people --------------------------------------------------------------------------------------


def _known(company: Company) -> list[str]:
    """What is known of somebody who has done everything, marked in all."""
    desk = company.desk
    for id, name in (("quo", "Quo Vadis"), ("zed", "Zed Ned")):
        desk.add_user(
            User(
                id=id,
                name=name,
                kind=UserKind.INTERNAL if id == "zed" else UserKind.PORTAL,
                roles={Role.AGENT} if id == "zed" else (),
                email=f"{id}-mail@example.com",
                phone=f"+39 055 {id}",
            ),
            actor=SETUP,
            idempotency_key=id,
        )
    desk.change_team("public", actor=SETUP, member_ids=["zed", "ann"], members_follow=True)
    ticket = company.open("public", actor="quo", subject=MARK, description=MARK)
    desk.assign(ticket.id, "zed", actor=SETUP)
    said = desk.reply(ticket.id, MARK, actor="quo", idempotency_key="k")
    desk.attach(ticket.id, f"{MARK}.txt", MARK.encode(), actor="quo", message_id=said.id)
    desk.attach(ticket.id, f"{MARK}.txt", MARK.encode(), actor="zed")
    desk.attach(ticket.id, f"{MARK}.txt", MARK.encode(), actor="ann", message_id=said.id)
    desk.log_time(ticket.id, 5, actor="zed", note=MARK)
    desk.reply(ticket.id, MARK, actor="zed")
    desk.close(ticket.id, actor="zed", idempotency_key="c")
    return [ticket.id]


@on_each_store
def test_a_person_is_gone(store: str, tmp_path: Path) -> None:
    """T9: of somebody an id is left, which may do nothing; their words go when that is asked."""
    company = company_for(store, tmp_path)
    desk = company.desk
    (ticket_id,) = _known(company)
    before = desk.ticket(ticket_id, actor="root")
    hers = ("Quo Vadis", "quo-mail@example.com", "+39 055 quo")
    theirs = ("Zed Ned", "zed-mail@example.com", "+39 055 zed")
    assert all(text in kept(company) for text in (*hers, *theirs, MARK))
    erase(company, "quo", words=False)
    assert not [text for text in hers if text in kept(company)]
    assert MARK in kept(company)
    erase(company, "zed", words=False)
    assert not [text for text in theirs if text in kept(company)]
    for user_id in ("quo", "zed"):
        user = desk.user(user_id, actor="root")
        assert user.is_erased
        assert (user.name, user.email, user.phone, user.roles) == (REMOVED, None, None, set())
        assert not user.active
        with pytest.raises(RefusedError):
            desk.tickets(actor=user_id)
        with pytest.raises(RefusedError) as refused:
            desk.change_user(user_id, actor="root", active=True)
        assert refused.value.code == "user.refused.erased"
    after = desk.ticket(ticket_id, actor="root")
    assert (after.customer_id, after.opener_id, after.assignee_id) == ("quo", "quo", "zed")
    assert attrs.evolve(after, version=before.version) == before, "the structure stays"
    assert "zed" not in desk.team("public", actor="root").followers
    removed = [erase(company, user_id) for user_id in ("quo", "zed")]
    assert len(removed[0].attachment_ids) == 2, "and the one that somebody hung on their message"
    assert MARK not in kept(company) + shown(company, ticket_id)
    assert {m.recipient_id for m in company.notifier.sent}.isdisjoint({"quo", "zed"})
    assert desk.check() == ()


def test_that_somebody_was_erased_is_recorded(tmp_path: Path) -> None:
    """T9: who, when and why, and of whom by the id alone."""
    company = company_for("memory", tmp_path)
    erase(company, "pat")
    repository: Any = company.repository
    event = [*repository._state.events.values()][-1]
    assert event == PersonErased(at=company.clock.now(), by="root", user_id="pat", reason=WHY)


def test_only_the_name_goes_from_a_text_about_another(tmp_path: Path) -> None:
    """T9: a stage's message to a customer goes out without the name of somebody erased in it."""
    company = company_for("memory", tmp_path)
    desk = company.desk
    ticket = company.open("company", customer_id="con")
    desk.assign(ticket.id, "bob", actor=SETUP)
    desk.close(ticket.id, actor=SETUP)
    erase(company, "bob", words=False)
    sent = [m.text for m in company.deliver() if m.recipient_id == "con"]
    assert f"By {REMOVED}" in sent
    assert "Dear Con" in sent


def test_a_name_inside_a_word_stays(tmp_path: Path) -> None:
    """T9: whose name is Al takes nothing out of Also, and a result that holds nothing is left."""
    company = company_for("memory", tmp_path)
    user = User(id="al", name="Al", kind=UserKind.PORTAL)
    notice: Any = attrs.evolve(
        _outbox_of_one(company).notice, subject="Al, also: Also by Al.", text=None
    )
    going = Going(user=user)
    assert going.left_of([notice])[0].subject == f"{REMOVED}, also: Also by {REMOVED}."
    value = ({"a": (1, frozenset({2}))}, attrs.evolve(notice, subject="Also"))
    assert going.left_of(value) == value


def _outbox_of_one(company: Company) -> Any:
    company.open("company", customer_id="con")
    return _outbox(company)[0]


def test_changes_that_are_remembered_hold_nothing(tmp_path: Path) -> None:
    """T9: a plan that a key gives again holds neither what was expected nor what was put."""
    ticket = Ticket(id=1, team_id=1, stage_id=1, subject=MARK, created_at=MONDAY)
    user = User(id=1, name=MARK, kind=UserKind.CONTACT)
    going = Going(tickets={1: ticket}, user=user)
    changes = [
        SetField(kind=Kind.TICKET, id=1, field="subject", expected=MARK, value=MARK * 2),
        SetField(kind=Kind.USER, id=1, field="name", expected=MARK, value=MARK * 2),
    ]
    other = SetField(kind=Kind.TICKET, id=1, field="priority", expected=0, value=1)
    assert MARK not in "".join(texts(going.left_of(changes)))
    assert going.left_of([other]) == [other]


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ann", "lea", "emp", "pat", "con"])
def test_administrators_alone_remove(who: str, tmp_path: Path) -> None:
    """T9, T5, V14: whoever may see it and not remove it is refused, and nothing is changed."""
    company = company_for("memory", tmp_path)
    desk = company.desk
    ticket = company.open("public", actor="pat")
    said = desk.reply(ticket.id, MARK, actor="pat")
    file = desk.attach(ticket.id, "a", b"a", actor="pat")
    before = kept(company)
    sees = who != "con"
    for call in (
        lambda: redact(company, ticket.id, said.id, actor=who),
        lambda: redact(company, ticket.id, "absent", actor=who),
        lambda: redact(company, ticket.id, None, actor=who),
        lambda: desk.redact_attachment(ticket.id, file.id, actor=who, reason=WHY),
    ):
        with pytest.raises(RefusedError if sees else NotFoundError):
            call()
    for user_id in ("pat", "absent"):
        with pytest.raises(RefusedError) as refused:
            erase(company, user_id, actor=who)
        assert refused.value.code == "permission.role"
    assert kept(company) == before


def test_a_host_may_let_others_remove(tmp_path: Path) -> None:
    """T9, T5, M7, V15: whoever is let, removes what they are shown, and finds nothing else."""
    from helpdesk_core.service import PERMISSIONS

    everybody = frozenset({"agent", "portal"})
    company = company_for(
        "memory", tmp_path, permissions={**PERMISSIONS, "content.redact": everybody}
    )
    desk = company.desk
    mine = company.open("public", actor="pat")
    note = desk.note(mine.id, MARK, actor="ann")
    hidden = company.open("private", customer_id="con")
    there = desk.reply(hidden.id, MARK, actor="root")
    for who, message in (("pat", note), ("ann", there)):
        with pytest.raises(NotFoundError):
            redact(company, mine.id, message.id, actor=who)
    desk.merge([mine.id, hidden.id], master_id=hidden.id, actor="root", allow_cross_visibility=True)
    with pytest.raises(NotFoundError):
        redact(company, mine.id, there.id, actor="ann")
    redact(company, mine.id, note.id, actor="ann")
    redact(company, mine.id, there.id, actor=System(reason="a court"))


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 201, 7])
def test_a_reason_is_a_line(reason: Any, tmp_path: Path) -> None:
    """T9: without a reason that can be kept nothing is removed."""
    company = company_for("memory", tmp_path)
    for call in (
        lambda: redact(company, "T-1", "m", reason=reason),
        lambda: erase(company, "pat", reason=reason),
    ):
        with pytest.raises(InvalidValueError) as refused:
            call()
        assert refused.value.field == "reason"


def test_a_store_that_cannot_remove_says_so(tmp_path: Path) -> None:
    """T9: where other programs keep copies, nothing is said to be removed that is not."""
    company = company_for("memory", tmp_path)
    ticket = company.open("company")
    company.repository.claims = ALL_CLAIMS - {Claim.REMOVAL}  # type: ignore[misc]
    before = kept(company)
    for call in (lambda: redact(company, ticket.id, None), lambda: erase(company, "pat")):
        with pytest.raises(NotClaimedError):
            call()
    assert kept(company) == before


# --- what can go wrong ---------------------------------------------------------------------------


def test_what_is_left_is_told_and_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """T9: a file that cannot be dropped is in the answer, in the log and in `check`, and mended."""
    company = company_for("memory", tmp_path)
    desk = company.desk
    ticket = company.open("company", subject=MARK)
    said = desk.reply(ticket.id, MARK, actor="ann")
    file = desk.attach(ticket.id, "a.txt", MARK.encode(), actor="ann", message_id=said.id)
    delete, similarity = company.store.delete, desk._similarity

    def fails(*_: Any) -> None:
        raise AttachmentStoreError(f"the disk is away: {MARK}")

    company.store.delete = fails  # type: ignore[method-assign]
    with caplog.at_level(logging.WARNING):
        removed = redact(company, ticket.id, said.id, idempotency_key="k")
    assert [(r.code, r.parameters) for r in removed.left] == [
        ("removal.left.file", {"attachment_id": file.id})
    ]
    assert MARK not in caplog.text
    assert [(f.code, f.mendable) for f in desk.check()] == [("check.removed_file", True)]
    company.store.delete = delete  # type: ignore[method-assign]
    desk._similarity = None
    assert redact(company, ticket.id, said.id, idempotency_key="k").left == ()
    assert desk.check() == ()
    desk._similarity = similarity
    similarity.update = fails  # type: ignore[method-assign, union-attr]
    assert [r.code for r in redact(company, ticket.id, None).left] == ["removal.left.similarity"]
    del similarity.update  # type: ignore[union-attr]
    assert redact(company, ticket.id, None).left == ()


def test_repair_drops_what_was_to_be_removed(tmp_path: Path) -> None:
    """T9: a file that outlived its removal goes by `repair`, however young."""
    company = company_for("memory", tmp_path)
    desk = company.desk
    ticket = company.open("company")
    file = desk.attach(ticket.id, "a.txt", MARK.encode(), actor="ann")
    delete = company.store.delete
    company.store.delete = lambda id: None  # type: ignore[method-assign]
    desk.redact_attachment(ticket.id, file.id, actor="root", reason=WHY)
    company.store.delete = delete  # type: ignore[method-assign]
    repaired = desk.repair(actor="root")
    assert [finding.code for finding in repaired.mended] == ["check.removed_file"]
    assert repaired.left == ()
    assert list(company.store.ids()) == []


def test_a_team_that_is_made_meanwhile_is_held_too(tmp_path: Path) -> None:
    """T9, A17: who is erased is named by no stage of a team that was made just then."""
    seen: list[Any] = []
    company = company_for("memory", tmp_path, observer=seen.append)
    repository: Any = company.repository
    writing, late = repository.writing, iter([True])

    def meanwhile() -> Any:
        if next(late, False):
            company.team("late", Visibility.PUBLIC)
        return writing()

    repository.writing = meanwhile
    erase(company, "pat")
    assert (seen[-1].use_case, seen[-1].retries) == ("erase_person", 1)


def test_nothing_is_left_in_the_file(tmp_path: Path) -> None:
    """T9: after a checkpoint the bytes of the SQLite file hold nothing of what was removed."""
    company = company_for("sqlite", tmp_path)
    desk = company.desk
    ticket = company.open("company", subject=f"{MARK} 0", description=MARK * 3000)
    said = desk.reply(ticket.id, MARK * 5000, actor="ann", idempotency_key="k")
    desk.purge()
    redact(company, ticket.id, said.id)
    redact(company, ticket.id, None)
    repository: Any = company.repository
    with repository._engine.connect() as connection:
        connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    repository.close()
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert files
    assert not [path.name for path in files if MARK.encode() in path.read_bytes()]


# --- whatever was done before --------------------------------------------------------------------

_ACTS = (
    "reply", "note", "attach", "time", "merge", "unmerge", "close", "move", "open", "discard",
    "fields",
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    acts=st.lists(st.tuples(st.sampled_from(_ACTS), st.integers(0, 5)), max_size=14),
    who=st.sampled_from(["pat", "ann", "con"]),
    later=st.lists(st.tuples(st.sampled_from(_ACTS), st.integers(0, 5)), max_size=4),
)
@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_whatever_was_done_all_of_it_is_gone(
    store: str, acts: Any, who: str, later: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """T9, M6, M8, T7: after any calls, what is redacted or erased is nowhere, un-merged or not."""
    company = company_for(
        store, tmp_path_factory.mktemp("desk"), id_factory=counter(), merge_fields=_FIELDS
    )
    played = _Played(company)
    for _ in range(3):
        played.play("open", 0, "ann", "first")
    for n, (act, which) in enumerate(acts):
        played.play(act, which, who, f"{n}")
    desk = company.desk
    structure = played.structure()
    for id in played.ids:
        with company.repository.reading() as session:
            messages = list(session.messages([id]))
            files = list(session.attachments([id]))
        for message in messages:
            redact(company, id, message.id)
        for file in files:
            desk.redact_attachment(id, file.id, actor="root", reason=WHY)
        redact(company, id, None)
    erase(company, who)
    assert played.structure() == structure
    text = kept(company)
    assert MARK not in text
    assert f"{who}@example.com" not in text
    assert (played.worked in text) <= (who != "ann")
    for n, (act, which) in enumerate(later):
        if act in ("merge", "unmerge", "close", "move", "discard"):
            played.play(act, which, who, f"later {n}")
    assert MARK not in kept(company) + shown(company, *played.ids)
    assert desk.check() == ()


def _joined(mine: Any, others: Any) -> str:
    return "; ".join(filter(None, [mine, *others]))[:500]


_FIELDS = {
    "room": MergeStrategy.FIRST,
    "serials": MergeStrategy.UNION,
    "cost": MergeStrategy.SUM,
    "said": _joined,
}


def _own_fields(words: str) -> dict[str, Any]:
    return {"room": words, "serials": {words}, "said": words, "sla": words, "cost": 5}


def _numbers(ticket: Ticket) -> dict[str, Any]:
    return {name: value for name, value in ticket.fields.items() if isinstance(value, int)}


def _of_fields(change: Any) -> bool:
    return isinstance(change, SetField) and change.field == "fields"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    acts=st.lists(st.tuples(st.sampled_from(["merge", "unmerge"]), st.integers(0, 4)), max_size=9),
    which=st.integers(0, 4),
    later=st.lists(st.tuples(st.sampled_from(["merge", "unmerge"]), st.integers(0, 4)), max_size=3),
)
@example(acts=[("merge", 0), ("merge", 4)], which=1, later=[("unmerge", 1), ("unmerge", 0)])
@example(acts=[("merge", 1), ("merge", 0)], which=2, later=[("unmerge", 1), ("unmerge", 0)])
@example(acts=[("merge", 1), ("merge", 0), ("unmerge", 1), ("unmerge", 0)], which=2, later=[])
@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_what_was_carried_goes_and_no_more(
    store: str, acts: Any, which: int, later: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """T9, M6, M14: words in a ticket's fields go from wherever merges took them, others' stay."""
    company = company_for(
        store, tmp_path_factory.mktemp("desk"), id_factory=counter(), merge_fields=_FIELDS
    )
    desk, played = company.desk, _Played(company, [], [])
    played.ids[:] = [
        company.open("public", subject="Ink", fields=_own_fields(f"{MARK}{n}x") if n % 2 else {
            name: value for name, value in _own_fields(f"{MARK}{n}x").items() if name != "room"
        }).id
        for n in range(5)
    ]  # fmt: skip
    for n, (act, number) in enumerate(acts):
        played.play(act, number, "ann", f"{n}")
    before = {id: desk.ticket(id, actor=SETUP) for id in played.ids}
    redact(company, played.ids[which], None)
    assert f"{MARK}{which}x" not in kept(company)
    for n, id in enumerate(played.ids):
        left = desk.ticket(id, actor=SETUP).fields
        assert (left["sla"] == f"{MARK}{n}x") if n != which else ("sla" not in left)
        assert (f"{MARK}{n}x" in repr(left.get("said"))) == (n != which)
        assert left["cost"] == before[id].fields["cost"], "a number stays"
    for n, (act, number) in enumerate(later):
        played.play(act, number, "ann", f"later {n}")
    assert f"{MARK}{which}x" not in kept(company) + shown(company, *played.ids)
    assert desk.check() == ()


@attrs.define
class _Played:
    """A desk on which anything is done by somebody, with a mark in every text of theirs."""

    company: Company
    ids: list[Any] = attrs.Factory(list)
    merges: list[Any] = attrs.Factory(list)
    worked: str = "worked on it"

    def structure(self) -> Any:
        """Who said something when and where; all but words and versions."""
        with self.company.repository.reading() as session:
            return (
                [
                    attrs.evolve(t, subject="-", description="", version=1, fields=_numbers(t))
                    for t in session.tickets(self.ids).values()
                ],
                [attrs.evolve(m, body="") for m in session.messages(self.ids)],
                [
                    attrs.evolve(a, name="-", digest="-", size=0)
                    for a in session.attachments(self.ids)
                ],
                [attrs.evolve(e, note="") for e in session.time_entries(self.ids)],
                [
                    attrs.evolve(m, changes=[c for c in m.changes if not _of_fields(c)])
                    for m in session.merges(self.ids)
                ],
            )

    def play(self, act: str, which: int, who: str, key: str) -> None:
        """Do this, or nothing where a rule refuses it."""
        desk, actor = self.company.desk, SETUP if who == "con" else who
        id = self.ids[which % len(self.ids)] if self.ids else None
        other = self.ids[(which + 1) % len(self.ids)] if self.ids else None
        try:
            if act == "open":
                ticket = self.company.open(
                    "public", subject=f"{MARK} {key}", description=MARK, customer_id=who
                    if who != "ann" else "pia", idempotency_key=f"o{key}{len(self.ids)}",
                    fields=_own_fields(f"{MARK} {key}"),
                )  # fmt: skip
                self.ids.append(ticket.id)
            elif act == "reply":
                desk.reply(id, f"{MARK} {key}", actor=actor, to_root=True, idempotency_key=key)
            elif act == "note":
                desk.note(id, f"{MARK} {key}", actor="ann", idempotency_key=key)
            elif act == "attach":
                desk.attach(
                    id, f"{MARK}.txt", MARK.encode(), actor=actor, to_root=True,
                    idempotency_key=key,
                )  # fmt: skip
            elif act == "time":
                desk.log_time(id, 5, actor="ann", note=self.worked, idempotency_key=key)
            elif act == "merge":
                self.merges.append(desk.merge([id, other], actor="root", idempotency_key=key).id)
            elif act == "unmerge" and self.merges:
                desk.unmerge(self.merges[which % len(self.merges)], actor="root")
            elif act == "close":
                desk.assign(id, "ann", actor=SETUP)
                desk.close(id, actor=SETUP, idempotency_key=key)
            elif act == "fields":
                desk.change_ticket(
                    id, actor="ann", fields=_own_fields(f"{MARK} {key}"), idempotency_key=key
                )
            elif act == "move":
                desk.move(id, "new", actor=SETUP, idempotency_key=key)
            elif act == "discard":
                desk.discard_duplicate(id, other, actor="root")
        except (RefusedError, NotFoundError, InvalidValueError):
            pass


# --- mails that came in --------------------------------------------------------------------------


def _answered(company: Company, text: str, sender: str = "pat", **fields: Any) -> Any:
    letter = IncomingEmail(sender=f"{sender}@example.com", text=text, **fields)
    return company.desk.receive(letter, "public", verified=True, actor=SETUP)


@on_each_store
def test_a_message_that_came_by_mail_is_gone(store: str, tmp_path: Path) -> None:
    """T9: with what a mail said go its subject, its id, and what other mails quoted of it."""
    company = company_for(store, tmp_path)
    opened = _answered(company, "No ink", subject="Ink", mail_id="<1@x>")
    said = _answered(
        company, f"My PIN is {MARK}", subject=f"PIN {MARK}", mail_id="<2@x>",
        references=["<1@x>"],
    )  # fmt: skip
    _answered(
        company, "Which?", "ann", subject="Re: Ink", references=["<1@x>"], mail_id="<3@x>",
        quoted=f"> My PIN is {MARK}",
    )  # fmt: skip
    assert company.desk.mails(opened.ticket_id, actor="ann")[2].quoted
    company.desk.redact_message(opened.ticket_id, said.message_id, actor="root", reason=WHY)
    assert MARK not in kept(company)
    first, own, other = company.desk.mails(opened.ticket_id, actor="ann")
    assert (first.subject, first.mail_id, first.quoted) == (REMOVED, "<1@x>", "")
    assert (own.subject, own.mail_id, own.quoted) == (REMOVED, "<2@x>", "")
    assert (other.subject, other.mail_id, other.quoted) == (REMOVED, "<3@x>", REMOVED)
    before = kept(company)
    again = _answered(company, f"My PIN is {MARK}", subject=f"PIN {MARK}", mail_id="<2@x>")
    assert again.decision.code == "mail.dropped.received_before"
    assert kept(company) == before, "fetched once more, it does not come back"


@on_each_store
def test_what_a_ticket_was_opened_with_by_mail_is_gone(store: str, tmp_path: Path) -> None:
    """T9: the same for the mail that opened the ticket, also where that was merged away."""
    company = company_for(store, tmp_path)
    opened = _answered(company, MARK, subject=MARK, mail_id="<1@x>", quoted=MARK)
    other = company.open("public", customer_id="pat")
    _answered(
        company, "Well?", "ann", subject=f"Re: {MARK}", quoted=f"> {MARK}",
        references=[f"<ticket.s.{other.id}@helpdesk.invalid>"],
    )  # fmt: skip
    company.desk.merge([opened.ticket_id, other.id], master_id=other.id, actor="root")
    company.desk.redact_message(opened.ticket_id, None, actor="root", reason=WHY)
    assert MARK not in kept(company)


@on_each_store
@pytest.mark.parametrize("words", [True, False])
def test_the_mails_of_somebody_who_is_erased(store: str, words: bool, tmp_path: Path) -> None:
    """T9: the heads and signatures of their mails go with them; what they said, when asked for."""
    company = company_for(store, tmp_path)
    opened = _answered(
        company, "No ink", "pia", subject=f"From {MARK}", mail_id=f"<1@{MARK}>",
        quoted=f"-- \n{MARK}", sender_name=MARK,
    )  # fmt: skip
    company.desk.change_user("pia", actor=SETUP, name=MARK, phone=MARK)
    _answered(company, "Hm", "ann", subject="Re", quoted="> No ink", references=[f"<1@{MARK}>"])
    company.desk.change_ticket(opened.ticket_id, actor=SETUP, subject="Ink")
    company.desk.erase_person("pia", actor="root", reason=WHY, words=words)
    assert MARK not in kept(company)
    own, other = company.desk.mails(opened.ticket_id, actor="ann")
    assert (own.sender_id, own.subject, own.quoted, own.mail_id) == ("pia", REMOVED, REMOVED, None)
    assert other.quoted == (REMOVED if words else "> No ink")
    said = company.desk.ticket(opened.ticket_id, actor="ann").description
    assert said == (REMOVED if words else "No ink")


@on_each_store
def test_what_was_to_be_sent_in_html_is_gone(store: str, tmp_path: Path) -> None:
    """T9: a stage's message that waits loses its HTML with its text."""
    company = company_for(store, tmp_path)
    template = EmailTemplate("Got it", "Hello ${customer.name}", "<p>${customer.name}")
    company.desk.change_stage("new", actor=SETUP, email_template=template)
    company.desk.change_user("pat", actor=SETUP, name=MARK)
    company.open("public", customer_id="pat")
    assert MARK in kept(company)
    company.desk.erase_person("pat", actor="root", reason=WHY, words=False)
    assert MARK not in kept(company)
    assert company.deliver() == []


@on_each_store
def test_what_a_linked_ticket_quotes_is_gone(store: str, tmp_path: Path) -> None:
    """T9, G11: an answer that opened another, linked ticket quotes the same words."""
    company = company_for(store, tmp_path)
    company.desk.change_team("public", actor=SETUP, on_answer=OnAnswer.NEW_LINKED)
    opened = _answered(company, "No ink", subject="Ink", mail_id="<1@x>")
    said = _answered(company, MARK, subject="Re: Ink", references=["<1@x>"], mail_id="<2@x>")
    company.desk.close(opened.ticket_id, actor=SETUP)
    linked = _answered(
        company, "Still", subject=f"Re: {MARK}", quoted=f"> {MARK}", references=["<1@x>"]
    )
    assert linked.ticket_id != opened.ticket_id
    company.desk.redact_message(opened.ticket_id, said.message_id, actor="root", reason=WHY)
    assert MARK not in kept(company)
