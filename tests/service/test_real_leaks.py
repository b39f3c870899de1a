"""Leaks that other help desks had, each as a test here; the report is named in the test."""

import io

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    ConflictError,
    NotFoundError,
    RefusedError,
    TicketFilter,
    User,
    UserKind,
    Visibility,
    can_view,
)

SECRET = "the salary list"


def test_odoo_cve_2019_11785_subscribing_gave_access(company: Company) -> None:
    """V2, V12, V14: nobody comes to see more by subscribing, to a ticket or to its whole team."""
    desk = company.desk
    mine, other = company.open("private"), company.open("private", subject=SECRET)
    for user in ("ann", "emp", "lea", "pat", "con"):
        for subscribe in (desk.follow_ticket, desk.follow_team):
            target = other.id if subscribe == desk.follow_ticket else "private"
            with pytest.raises((NotFoundError, RefusedError)):
                subscribe(target, user, actor=user)
    # who was let in by one ticket may open the team, and still cannot subscribe to all of it
    for user in ("ann", "emp", "lea"):
        desk.follow_ticket(mine.id, user, actor=SETUP)
        assert desk.team("private", actor=user).id == "private"
        with pytest.raises(RefusedError) as caught:
            desk.follow_team("private", user, actor=user)
        assert caught.value.code == "visibility.refused.not_the_whole_team"
        assert company.reads(user) == {mine.id}
    # nor subscribe others, nor open the team, nor make themselves members who follow
    for attempt in (
        lambda: desk.follow_team("private", "bob", actor="lea"),
        lambda: desk.change_visibility("private", Visibility.COMPANY, actor="lea"),
        lambda: desk.change_team("private", member_ids=["lea"], members_follow=True, actor="lea"),
    ):
        with pytest.raises(RefusedError) as caught:
            attempt()
        assert caught.value.code == "visibility.refused.not_the_whole_team"
    assert company.reads("lea") == {mine.id}
    # who sees the whole team may subscribe others to it, and stop following it
    desk.follow_team("private", "lea", actor="root")
    assert desk.follow_team("private", "bob", actor="lea").allowed
    assert not desk.unfollow_team("private", "bob", actor="bob").allowed


def test_odoo_cve_2019_11784_a_notification_revealed_a_foreign_message(company: Company) -> None:
    """V5, V9, V20, N2: what is sent holds the text of no message of a ticket not to be seen."""
    desk = company.desk
    ticket = company.open("private", subject=SECRET, customer_id="pia")
    for user in ("pat", "con"):
        desk.follow_ticket(ticket.id, user, actor=SETUP)
    company.deliver()
    desk.reply(ticket.id, f"Here is {SECRET}", actor=SETUP)
    sent = {one.recipient_id: one for one in company.deliver()}
    assert sent.keys() == {"pat", "con", "pia"}
    for user in ("pat", "con"):
        assert SECRET not in sent[user].subject + sent[user].text
        assert sent[user].link is None
    assert sent["pia"].text == f"Here is {SECRET}", "the customer's own (V20)"
    # a notice names a message of its own ticket, and no other
    other = company.open("public", customer_id="pat")
    foreign = desk.reply(ticket.id, SECRET, actor=SETUP)
    company.deliver()
    with company.repository.writing() as session:
        import attrs

        last = session.outbox()[-1]
        forged = attrs.evolve(
            last,
            key="forged",
            notice=attrs.evolve(last.notice, ticket_id=other.id, recipient_id="pat"),
        )
        assert forged.notice.message_id == foreign.id
        session.publish([], [forged])
    assert company.deliver() == []


def test_freescout_cve_2026_48811_editing_after_access_was_revoked(company: Company) -> None:
    """V14, V17: who lost access edits nothing, not even what they wrote or began before."""
    desk = company.desk
    ticket = company.open("private", assignee_id="ann")
    desk.reply(ticket.id, "Mine", actor="ann")
    done = desk.change_ticket(ticket.id, priority=1, actor="ann", idempotency_key="k")
    desk.assign(ticket.id, "bob", actor=SETUP)
    before = desk.ticket(ticket.id, actor=SETUP)
    for attempt in (
        lambda: desk.change_ticket(ticket.id, subject="Mine", actor="ann"),
        lambda: desk.change_ticket(
            ticket.id, expected_version=done.version, priority=2, actor="ann"
        ),
        lambda: desk.change_ticket(ticket.id, priority=1, actor="ann", idempotency_key="k"),
        lambda: desk.reply(ticket.id, "Still here", actor="ann"),
        lambda: desk.note(ticket.id, "Still here", actor="ann"),
        lambda: desk.attach(ticket.id, "x.txt", b"x", actor="ann"),
        lambda: desk.move(ticket.id, "solved", actor="ann"),
        lambda: desk.assign(ticket.id, "ann", actor="ann"),
        lambda: desk.follow_ticket(ticket.id, "ann", actor="ann"),
        lambda: desk.transfer(ticket.id, "company", actor="ann"),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert desk.ticket(ticket.id, actor=SETUP) == before
    # a portal user, after the team was narrowed
    own = company.open("public", actor="pat")
    desk.change_visibility("public", Visibility.COMPANY, actor="lea")
    for attempt in (
        lambda: desk.reply(own.id, "Still here", actor="pat"),
        lambda: desk.close(own.id, actor="pat"),
    ):
        with pytest.raises(NotFoundError):
            attempt()


def test_zammad_cve_2022_40816_a_second_channel_was_not_filtered(company: Company) -> None:
    """V13, V15: every way to the same ticket shows the same to the same person."""
    desk = company.desk
    hidden = company.open("public", actor="pia", subject=SECRET, tags=["pay"])
    mine = company.open("public", actor="pat", subject=SECRET)
    desk.note(mine.id, f"Not for customers: {SECRET}", actor="ann")
    file = desk.attach(mine.id, "note.txt", b"x", actor="ann", internal=True)
    ways = {
        "list": {t.id for t in desk.tickets(actor="pat").items},
        "newest": {t.id for t in desk.tickets(actor="pat", newest_first=True).items},
        "merged": {t.id for t in desk.tickets(actor="pat", query=TicketFilter(merged=None)).items},
        "board": {t.id for c in desk.board(actor="pat").columns for t in c.tickets},
        "groups": {mine.id}
        | {g.master_id for g in desk.duplicate_groups(actor="pat", threshold=0.1)},
        "duplicates": {mine.id}
        | {m.ticket_id for m in desk.duplicates(mine.id, actor="pat", threshold=0.0)},
    }
    assert ways == {way: {mine.id} for way in ways}
    with pytest.raises(RefusedError):
        desk.count(actor="pat", query=TicketFilter(tag="pay"))
    assert hidden.id not in ways["list"]
    assert desk.messages(mine.id, actor="pat").items == ()
    assert desk.attachments(mine.id, actor="pat").items == ()
    assert all(not event.internal for event in desk.history(mine.id, actor="pat"))
    with pytest.raises(NotFoundError):
        desk.read_attachment(mine.id, file.id, actor="pat")


def test_zammad_cve_2026_34722_links_were_readable_through_another_ticket(
    company: Company,
) -> None:
    """V14, M7: what hangs on one ticket is read through no other, linked or merged."""
    desk = company.desk
    mine, hidden = company.open("company"), company.open("private", subject=SECRET)
    message = desk.note(hidden.id, SECRET, actor="root")
    file = desk.attach(hidden.id, "pay.txt", b"1", actor=SETUP)

    def look() -> str:
        with pytest.raises(NotFoundError):
            desk.read_attachment(mine.id, file.id, actor="ann")
        with pytest.raises(NotFoundError):
            desk.attach(mine.id, "x.txt", b"x", actor="ann", message_id=message.id)
        seen = (
            desk.ticket(mine.id, actor="ann"),
            [m.body for m in desk.messages(mine.id, actor="ann")],
            [a.name for a in desk.attachments(mine.id, actor="ann")],
        )
        return repr(seen)

    with company.repository.writing() as session:
        from helpdesk_core.plans import Kind, SetField

        session.apply(
            [
                SetField(
                    kind=Kind.TICKET,
                    id=mine.id,
                    field="links",
                    expected=frozenset(),
                    value=frozenset({hidden.id}),
                )
            ]
        )
    assert SECRET not in look()
    assert "pay.txt" not in look()
    desk.merge([mine.id, hidden.id], actor=SETUP, allow_cross_visibility=True)
    assert SECRET not in look()
    assert "pay.txt" not in look()
    assert len(desk.messages(mine.id, actor="root")) == 1, "who could see it reads it there (M6)"


def test_otrs_cve_2009_5055_portal_users_were_matched_by_substring(company: Company) -> None:
    """V3: whose ticket it is, is decided by the exact id, in lists too."""
    desk = company.desk
    alike = ("pa", "patty", "PAT", "pat ", "%", "p_t", "pat%", "pat@example.com")
    for id in alike:
        desk.add_user(User(id=id, name="Alike", kind=UserKind.PORTAL), actor=SETUP)
    ticket = company.open("public", actor="pat")
    team = desk.team("public", actor=SETUP)
    assert company.reads("pat") == {ticket.id}
    for id in alike:
        assert company.reads(id) == set(), id
        assert desk.count(actor=id) == 0
        assert not can_view(desk.user(id, actor=SETUP), ticket, team).allowed
        with pytest.raises(NotFoundError):
            desk.ticket(ticket.id, actor=id)
        with pytest.raises(NotFoundError):
            desk.reply(ticket.id, "Hello", actor=id)


def test_otrs_cve_2021_21435_notes_went_out_in_a_forward(company: Company) -> None:
    """V15, M6: a note goes outside neither later, nor merged, nor by what hangs on it."""
    desk = company.desk
    one, two = company.open("public", actor="pat"), company.open("public", actor="pat")
    note = desk.note(two.id, f"Never say: {SECRET}", actor="ann")
    file = desk.attach(two.id, "inner.txt", b"x", actor="ann", message_id=note.id)
    assert file.internal, "a file of a note is internal"
    desk.merge([one.id, two.id], actor="ann")
    desk.reply(one.id, "We are at it", actor="ann")
    desk.note(one.id, f"After the merge: {SECRET}", actor="ann")
    desk.follow_ticket(one.id, "con", actor="ann")
    desk.reply(one.id, "Done", actor="ann")
    for ticket in (one, two):
        said = desk.messages(ticket.id, actor="pat")
        assert not [m for m in said if m.internal or SECRET in m.body]
        assert desk.attachments(ticket.id, actor="pat").items == ()
        for place in (one, two):
            with pytest.raises(NotFoundError):
                desk.read_attachment(place.id, file.id, actor="pat")
    outside = [m for m in company.deliver() if m.recipient_id in ("pat", "con")]
    assert len(outside) >= 4
    assert not [m for m in outside if SECRET in m.text + m.subject]
    with pytest.raises(NotFoundError):  # nor does an outsider hang anything on a note
        desk.attach(one.id, "x.txt", io.BytesIO(b"x"), actor="pat", message_id=note.id)


def test_zammad_2757_a_sidebar_showed_confidential_subjects(company: Company) -> None:
    """V13, G12, M11: boards, columns, counts and suggestions beside a ticket hold no other's."""
    desk = company.desk
    mine = company.open("company", subject=SECRET, customer_id="pia", assignee_id="ann")
    company.open("private", subject=SECRET, customer_id="pia", assignee_id="bob")
    company.open("private", subject=SECRET, customer_id="pia")
    beside = desk.tickets(actor="ann", query=TicketFilter(customer_id="pia"))
    assert [t.id for t in beside.items] == [mine.id]
    assert desk.duplicates(mine.id, actor="ann", threshold=0.0) == ()
    assert desk.duplicate_groups(actor="ann", threshold=0.1) == ()
    for board in (desk.board(actor="ann"), desk.my_board(actor="ann")):
        assert [t.id for c in board.columns for t in c.tickets] == [mine.id]
        assert sum(c.count for c in board.columns) == 1
    desk.follow_ticket(mine.id, "pat", actor=SETUP)
    assert desk.my_board(actor="pat").columns == desk.board(actor="pat").columns == ()


def test_django_helpdesk_1413_the_list_and_the_detail_disagreed(company: Company) -> None:
    """V13: for everybody, what is listed opens and what opens is listed, after each change."""
    desk = company.desk
    everybody = ("ann", "bob", "cyd", "emp", "lea", "root", "pat", "pia", "con")
    ids = [
        company.open(level.value, id=f"{level.value}-{n}", customer_id=customer).id
        for level in Visibility
        for n, customer in enumerate([None, "pat", "con"])
    ]

    def agree() -> None:
        for user in everybody:
            listed = {t.id for t in desk.tickets(actor=user, query=TicketFilter(merged=None)).items}
            opened = set()
            for id in ids:
                try:
                    desk.ticket(id, actor=user)
                    opened.add(id)
                except NotFoundError:
                    pass
            assert listed == opened, user
            assert desk.count(actor=user, query=TicketFilter(merged=None)) == len(opened)

    agree()
    for change in (
        lambda: desk.assign("private-0", "ann", actor=SETUP),
        lambda: desk.follow_team("private", "emp", actor=SETUP),
        lambda: desk.follow_ticket("public-0", "pia", actor=SETUP),
        lambda: desk.close("private-0", actor=SETUP),
        lambda: desk.merge(["public-0", "public-1"], actor=SETUP),
        lambda: desk.transfer("public-2", "private", actor=SETUP),
        lambda: desk.change_visibility("company", Visibility.PRIVATE, actor=SETUP),
        lambda: desk.change_visibility("public", Visibility.COMPANY, actor=SETUP),
        lambda: desk.change_visibility("private", Visibility.PUBLIC, actor=SETUP),
        lambda: desk.assign("private-0", None, actor=SETUP),
        lambda: desk.change_user("con", kind=UserKind.PORTAL, actor=SETUP),
    ):
        change()
        agree()


def test_zammad_2215_a_follower_heard_of_a_ticket_not_to_be_read(company: Company) -> None:
    """V5, V9, V15, N2: who may no longer read a ticket hears nothing of its words."""
    desk = company.desk
    ticket = company.open("company", subject=SECRET)
    desk.follow_ticket(ticket.id, "pat", actor="ann")
    desk.follow_ticket(ticket.id, "emp", actor="emp")
    desk.reply(ticket.id, f"Before: {SECRET}", actor="ann")
    desk.note(ticket.id, f"Inside: {SECRET}", actor="ann")
    desk.change_user("emp", active=False, actor=SETUP)  # after it was said, before it is sent
    assert [(m.recipient_id, SECRET in m.text + m.subject) for m in company.deliver()] == [
        ("pat", False)
    ]
    away = company.open("public", actor="pia", subject=SECRET)
    desk.follow_ticket(away.id, "pat", actor="ann")
    desk.reply(away.id, SECRET, actor="ann")
    desk.transfer(away.id, "private", actor="root")
    heard = {
        m.recipient_id: SECRET in m.text for m in company.deliver() if m.kind.value == "update"
    }
    assert heard == {"pia": True}, "the customer's own (V20), and nobody else outside"


def test_a_version_tells_nothing_to_who_may_not_see(company: Company) -> None:
    """V14, T7: a wrong version is a conflict only for who may see the ticket."""
    hidden = company.open("private")
    for version in (hidden.version, hidden.version + 1):
        with pytest.raises(NotFoundError):
            company.desk.move(hidden.id, "solved", actor="ann", expected_version=version)
    with pytest.raises(ConflictError):
        company.desk.move(hidden.id, "solved", actor="root", expected_version=99)
