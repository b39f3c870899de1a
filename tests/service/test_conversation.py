"""Replies, notes, files and who hears of them, through the service, over each kind of store."""

import io
from datetime import timedelta

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    AttachmentStoreError,
    Delivered,
    FollowSource,
    InvalidValueError,
    NotFoundError,
    NotifierError,
    RefusedError,
    Visibility,
)


def heard(company: Company) -> dict:
    """Who got what form of message: full or minimal."""
    return {m.recipient_id: m.subject != "News on a request" for m in company.deliver()}


def content(company: Company, ticket_id, attachment_id, actor) -> bytes:
    """The bytes of a file."""
    with company.desk.read_attachment(ticket_id, attachment_id, actor=actor) as file:
        return file.read()


def test_audience_of_a_reply(company: Company) -> None:
    """V9, V20: followers of ticket and team and the customer hear a reply once, not its author."""
    ticket = company.open("public", customer_id="con")
    company.deliver()
    company.desk.follow_team("public", "bob", actor=SETUP)
    company.desk.follow_ticket(ticket.id, "bob", actor=SETUP)
    company.desk.follow_ticket(ticket.id, "ann", actor="ann")
    company.desk.follow_ticket(ticket.id, "pat", actor="ann")
    company.desk.reply(ticket.id, "It is on its way", actor="ann")
    assert heard(company) == {"bob": True, "pat": True, "con": True}


def test_following_a_team_counts_for_old_tickets(company: Company) -> None:
    """V9: following a team counts from that moment, for old tickets too."""
    ticket = company.open()
    company.desk.reply(ticket.id, "One", actor="ann")
    assert heard(company) == {}
    company.desk.follow_team("company", "bob", actor="bob")
    company.desk.reply(ticket.id, "Two", actor="ann")
    assert heard(company) == {"bob": True}


def test_outside_followers_of_a_private_team(company: Company) -> None:
    """V4, V5: an outside follower of a PRIVATE ticket hears a minimal word and sees nothing."""
    ticket = company.open("private", subject="Secret merger")
    for outside in ("pat", "con"):
        decision = company.desk.follow_ticket(ticket.id, outside, actor=SETUP)
        assert not decision.allowed
    company.desk.reply(ticket.id, "A secret answer", actor=SETUP)
    sent = company.deliver()
    assert {m.recipient_id for m in sent} == {"pat", "con"}
    for message in sent:
        assert message.link is None
        assert "ecret" not in message.subject + message.text
    assert company.reads("pat") == company.reads("con") == set()


def test_the_customer_is_told_in_full_on_every_level(company: Company) -> None:
    """V5, V20: the customer gets replies in full on every level, a link only when viewing."""
    company.desk._link_to = lambda ticket: f"https://desk.example/{ticket.id}"
    for level in Visibility:
        for customer in ("pat", "con"):
            ticket = company.open(level.value, customer_id=customer)
            company.desk.reply(ticket.id, f"Answer on {level.value}", actor=SETUP)
            [reply] = [m for m in company.deliver() if m.kind.value == "update"]
            assert (reply.recipient_id, reply.text) == (customer, f"Answer on {level.value}")
            may_look = level is Visibility.PUBLIC and customer == "pat"
            assert (reply.link is not None) is may_look


def test_notes_stay_inside(company: Company) -> None:
    """V15: an internal note reaches no portal user and no contact, by any way of looking."""
    ticket = company.open("public", actor="pat")
    company.desk.follow_ticket(ticket.id, "con", actor="ann")
    company.desk.follow_team("public", "bob", actor="bob")
    company.deliver()
    note = company.desk.note(ticket.id, "He is always like this", actor="ann")
    file = company.desk.attach(ticket.id, "notes.txt", b"inside", actor="ann", message_id=note.id)
    assert file.internal
    company.desk.log_time(ticket.id, 30, actor="ann", note="hard")
    assert heard(company) == {"bob": True}
    assert company.desk.messages(ticket.id, actor="pat").items == ()
    assert company.desk.attachments(ticket.id, actor="pat").items == ()
    assert company.desk.time_entries(ticket.id, actor="pat").items == ()
    seen = {e.name for e in company.desk.history(ticket.id, actor="pat")}
    assert seen == {"TicketOpened"}
    with pytest.raises(NotFoundError):
        company.desk.read_attachment(ticket.id, file.id, actor="pat")
    with pytest.raises(NotFoundError, match="message"):
        company.desk.attach(ticket.id, "x", b"x", actor="pat", message_id=note.id)
    assert [m.body for m in company.desk.messages(ticket.id, actor="bob")] == [note.body]
    assert content(company, ticket.id, file.id, "bob") == b"inside"
    with pytest.raises(RefusedError):
        company.desk.note(ticket.id, "Mine", actor="pat")


def test_rights_are_looked_up_when_a_message_is_sent(company: Company) -> None:
    """N2: who no longer may hear at the moment of sending hears nothing; the address is today's."""
    ticket = company.open("public", customer_id="con")
    company.deliver()
    company.desk.follow_ticket(ticket.id, "pat", actor="ann")
    company.desk.follow_ticket(ticket.id, "bob", actor="ann")
    company.desk.follow_ticket(ticket.id, "cyd", actor="ann")
    company.desk.reply(ticket.id, "News", actor="ann")
    company.desk.unfollow_ticket(ticket.id, "pat", actor="ann")
    company.desk.change_user("bob", actor=SETUP, active=False)
    company.desk.change_user("con", actor=SETUP, email="new@example.com")
    company.desk.change_user("cyd", actor=SETUP, email=None)
    sent = company.deliver()
    assert [(m.recipient_id, m.to_address) for m in sent] == [("con", "new@example.com")]
    assert company.desk.deliver().sent == 0


def test_delivery_is_at_least_once_with_a_stable_key(company: Company) -> None:
    """N1: a refused message comes again under the same key, and in the end is dead."""
    ticket = company.open("public", customer_id="con")
    keys, send = [], company.notifier.send

    def refusing(message) -> None:
        keys.append(message.key)
        raise NotifierError("the server is down")

    company.notifier.send = refusing
    assert company.desk.deliver().failed == 1
    assert company.desk.deliver() == Delivered(), "not before its time"
    for _ in range(10):
        company.clock.advance(timedelta(days=1))
        company.desk.deliver()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    (dead,) = company.desk.check()
    assert (dead.code, dead.reason.parameters["key"]) == ("check.dead_message", keys[0])
    assert company.desk.repair(actor=SETUP).left == (dead,), "a person has to tell them"
    company.notifier.send = send
    company.desk.reply(ticket.id, "Again", actor="ann")
    assert company.desk.deliver().sent == 1


def test_events_are_stored_exactly_when_their_change_is(company: Company) -> None:
    """N1, V14: a call that fails half-way leaves neither change nor event nor message."""
    ticket = company.open("public", customer_id="con")
    company.deliver()
    before = (
        company.desk.ticket(ticket.id, actor=SETUP),
        company.desk.history(ticket.id, actor=SETUP),
        company.desk.messages(ticket.id, actor=SETUP),
    )
    with pytest.raises(InvalidValueError):
        company.desk.attach(ticket.id, "a" * 300, b"x", actor="ann")
    with pytest.raises(RefusedError):
        company.desk.move(ticket.id, "working", actor="emp")
    after = (
        company.desk.ticket(ticket.id, actor=SETUP),
        company.desk.history(ticket.id, actor=SETUP),
        company.desk.messages(ticket.id, actor=SETUP),
    )
    assert before == after
    assert company.deliver() == []
    assert list(company.store.ids()) == []


def test_assignees_are_told(company: Company) -> None:
    """V9, V10: a new assignee is told, unless somebody else has the ticket by then."""
    ticket = company.open(assignee_id="bob")
    company.desk.assign(ticket.id, "cyd", actor="ann")
    assert [(m.recipient_id, m.kind.value) for m in company.deliver()] == [("cyd", "assigned")]


def test_followers_of_a_team_hear_of_new_tickets(company: Company) -> None:
    """V5, V9: followers of a team hear of a new ticket; outside ones only that there is news."""
    company.desk.follow_team("private", "bob", actor=SETUP)
    company.desk.follow_team("private", "con", actor=SETUP)
    company.open("private", subject="Secret")
    assert heard(company) == {"bob": True, "con": False}


# --- following -------------------------------------------------------------------------------


def test_following_takes_access_or_an_invitation(company: Company) -> None:
    """V2, V14: nobody gains access by following by themselves; it takes an invitation."""
    ticket = company.open("private")
    for user in ("ann", "pat", "emp"):
        with pytest.raises(NotFoundError):
            company.desk.follow_ticket(ticket.id, user, actor=user)
        with pytest.raises(NotFoundError):
            company.desk.follow_team("private", user, actor=user)
    shared = company.open("company")
    with pytest.raises(RefusedError):
        company.desk.follow_ticket(shared.id, "ann", actor="emp")
    with pytest.raises(RefusedError):
        company.desk.follow_team("company", "emp", actor="ann")
    assert company.desk.follow_team("company", "emp", actor="lea").allowed


def test_unfollowing_says_what_still_grants_access(company: Company) -> None:
    """V17, V10: ending a ticket's follow ends no access that team or assignment still grant."""
    ticket = company.open("private", assignee_id="ann")
    company.desk.follow_ticket(ticket.id, "ann", actor="ann")
    company.desk.follow_team("private", "ann", actor=SETUP)
    decision = company.desk.unfollow_ticket(ticket.id, "ann", actor="ann")
    assert [r.code for r in decision.reasons] == [
        "visibility.follows_ticket",
        "visibility.follows_team",
        "visibility.assignee",
    ]
    fresh = company.desk.ticket(ticket.id, actor="ann")
    assert fresh.followers["ann"] == {FollowSource.ASSIGNED}
    assert company.desk.unfollow_team("private", "ann", actor="ann").code == (
        "visibility.follows_a_ticket"
    )


def test_members_follow(company: Company) -> None:
    """V10, T3: with members_follow members follow as they join, and no longer when they leave."""
    company.team("inner", Visibility.PRIVATE, members_follow=True, member_ids=["ann", "bob"])
    ticket = company.open("inner")
    assert company.reads("ann") == {ticket.id}
    company.desk.change_team("inner", actor=SETUP, member_ids=["bob", "cyd"])
    assert company.reads("ann") == set()
    assert company.reads("cyd") == {ticket.id}
    company.desk.change_user("cyd", actor=SETUP, roles=())
    assert company.reads("cyd") == set(), "who is not eligible is no member (Words)"
    company.desk.change_team("inner", actor=SETUP, members_follow=False)
    assert company.reads("bob") == set()
    company.desk.change_team("inner", actor=SETUP, members_follow=True)
    assert company.reads("bob") == {ticket.id}


def test_members_of_private_teams_are_invited_only_by_following(company: Company) -> None:
    """V10, V2: by the letter a member of a PRIVATE team sees nothing without following."""
    company.open("private")
    assert company.reads("ann") == set()
    company.desk.follow_team("private", "ann", actor=SETUP)
    assert len(company.reads("ann")) == 1


# --- files -----------------------------------------------------------------------------------


def test_files(company: Company) -> None:
    """M6, V14: a file is kept with its size and digest and given to who may see the ticket."""
    ticket = company.open("public", actor="pat")
    file = company.desk.attach(ticket.id, "scan.pdf", io.BytesIO(b"%PDF"), actor="pat")
    assert (file.size, file.name, file.author_id) == (4, "scan.pdf", "pat")
    assert content(company, ticket.id, file.id, "pat") == b"%PDF"
    with pytest.raises(NotFoundError):
        company.desk.read_attachment(ticket.id, file.id, actor="pia")
    other = company.open("public", actor="pia")
    with pytest.raises(NotFoundError, match="attachment"):
        company.desk.read_attachment(other.id, file.id, actor="pia")


def test_a_file_over_the_limit_leaves_nothing(company: Company) -> None:
    """M6, N1: a file over the limit is refused by name, and nothing of it is kept."""
    ticket = company.open()
    with pytest.raises(InvalidValueError, match="content must have at most 3 bytes"):
        company.desk.attach(ticket.id, "big", b"1234", actor="ann", limit=3)
    assert company.desk.attachments(ticket.id, actor="ann").items == ()
    assert company.desk.check() == ()
    assert list(company.store.ids()) == []


def test_the_same_key_keeps_one_file(company: Company) -> None:
    """T7: attaching twice under one key keeps one file."""
    ticket = company.open()
    one, two = (
        company.desk.attach(ticket.id, "a", b"a", actor="ann", idempotency_key="k")
        for _ in range(2)
    )
    assert one == two
    assert list(company.store.ids()) == [one.id]


def test_a_crash_leaves_an_orphan_that_check_finds(company: Company) -> None:
    """N1: bytes kept before a crash are found by check; a record without its bytes too."""
    ticket = company.open()
    file = company.desk.attach(ticket.id, "a", b"a", actor="ann")
    company.store.put("orphan", io.BytesIO(b"b"), limit=10)
    assert [str(found) for found in company.desk.check()] == [
        "The file orphan has no attachment yet, and is too young to be called lost."
    ]
    company.store.delete("orphan")
    company.store.delete(file.id)
    assert [str(found) for found in company.desk.check()] == [
        f"The file of the attachment {file.id} is not there."
    ]
    with pytest.raises(AttachmentStoreError):
        company.desk.read_attachment(ticket.id, file.id, actor="ann")


def test_without_a_store(company: Company) -> None:
    """V14: a help desk without an attachment store says so by name."""
    ticket = company.open()
    company.desk._attachments = None
    with pytest.raises(AttachmentStoreError):
        company.desk.attach(ticket.id, "a", b"a", actor="ann")
    assert company.desk.check() == ()
