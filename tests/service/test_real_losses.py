"""What other help desks lost when tickets were merged, each as a test here; the report is named."""

from datetime import timedelta

import attrs
import pytest

from desks import SETUP, Company
from helpdesk_core import NewFile, RefusedError, System, Visibility, every
from helpdesk_core.ports import IncomingEmail

MAIL = System(reason="mail")


def duplicates(company: Company) -> None:
    """Pat's `first` and Pat's `second`, which say the same; nothing of them is still to be sent."""
    for id in ("first", "second"):
        company.open("public", id=id, actor="pat", subject="No ink in printer 7")
    company.deliver()


def code_of(call, *args, **kwargs) -> str:
    """The code with which it is refused."""
    with pytest.raises(RefusedError) as caught:
        call(*args, **kwargs)
    return caught.value.code


# --- attachments ---------------------------------------------------------------------------------


def test_freescout_2681_the_merged_ticket_forgot_its_attachments(company: Company) -> None:
    """M6, M8: the master has the merged ticket's files, to list, to read and to send on."""
    # there the files could be seen among the messages, but the ticket did not know of any: when it
    # was forwarded they did not go along
    duplicates(company)
    desk = company.desk
    said = desk.reply(
        "second", "See the picture", actor="pat", files=[NewFile(name="ink.png", content=b"png")]
    )
    desk.merge(["first", "second"], actor="ann", master_id="first")
    (file,) = desk.attachments("first", actor="ann")
    assert (file.name, file.message_id, file.author_id) == ("ink.png", said.id, "pat")
    with desk.read_attachment("first", file.id, actor="ann") as content:
        again = NewFile(name=file.name, content=content.read())
    company.deliver()
    desk.follow_ticket("first", "pia", actor="ann")
    desk.reply("first", "We send you what we have", actor="ann", files=[again])
    sent = {one.recipient_id: [f.name for f in one.files] for one in company.deliver()}
    assert sent["pia"] == sent["pat"] == ["ink.png"]


def test_glpi_5542_documents_were_not_carried_over(company: Company) -> None:
    """M6, M14: every file of every merged ticket is on the root, with its author and its note."""
    # there the messages came along, but the documents did not, and their ticket was deleted
    duplicates(company)
    company.open("public", id="third", actor="pat")
    desk = company.desk
    note = desk.note("second", "From the log", actor="bob")
    files = [
        desk.attach("second", "plan.pdf", b"pdf", actor="pat"),
        desk.attach("second", "log.txt", b"log", actor="bob", message_id=note.id),
        desk.attach("third", "photo.jpg", b"jpg", actor="pat"),
    ]
    desk.merge(["second", "third"], actor="ann", master_id="second")
    merge = desk.merge(["first", "second"], actor="ann", master_id="first")
    kept = list(every(desk.attachments, "first", actor="ann"))
    assert {(f.id, f.name, f.author_id, f.at, f.internal, f.message_id) for f in kept} == {
        (f.id, f.name, f.author_id, f.at, f.internal, f.message_id) for f in files
    }
    for file, content in zip(files, (b"pdf", b"log", b"jpg"), strict=True):
        with desk.read_attachment("first", file.id, actor="ann") as stored:
            assert stored.read() == content
    assert {f.name for f in desk.attachments("first", actor="pat")} == {"plan.pdf", "photo.jpg"}
    desk.unmerge(merge.id, actor="ann")
    assert desk.attachments("first", actor="ann").items == ()
    assert len(desk.attachments("second", actor="ann")) == 3


# --- followers and time --------------------------------------------------------------------------


def test_odoo_179266_who_followed_both_stopped_the_merge(company: Company) -> None:
    """M6, M7: whoever followed the tickets follows the master once, however many they followed."""
    # there a follower of both broke a unique key, and the followers of the merged ticket were
    # sometimes not added; time and terms were put one after the other as if they were texts
    duplicates(company)
    desk = company.desk
    for id, users in (("first", ("bob", "con")), ("second", ("bob", "cyd", "con"))):
        for user in users:
            desk.follow_ticket(id, user, actor="ann")
    desk.log_time("first", 20, actor="bob")
    desk.log_time("second", 25, actor="cyd")
    desk.merge(["first", "second"], actor="ann", master_id="first", add_followers=["con"])
    assert set(desk.ticket("first", actor="ann").followers) == {"pat", "bob", "cyd", "con"}
    worked = [(e.user_id, e.minutes) for e in desk.time_entries("first", actor="ann")]
    assert worked == [("bob", 20), ("cyd", 25)]
    company.deliver()
    desk.reply("first", "Soon", actor="ann")
    told = sorted(one.recipient_id for one in company.deliver())
    assert told == ["bob", "con", "cyd", "pat"], "each of them once"


def test_zammad_4923_the_time_stayed_behind(company: Company) -> None:
    """M6, M9, M14: the time worked on all of them is summed up on the master."""
    # there the messages moved and the minutes did not: 51 on one and 26 on the other, instead of 77
    # on the one that was left
    duplicates(company)
    desk = company.desk
    desk.log_time("second", 51, actor="bob")
    company.clock.advance(timedelta(minutes=1))
    desk.log_time("first", 26, actor="ann")
    merge = desk.merge(["first", "second"], actor="ann", master_id="first")

    def minutes(id: str) -> int:
        return sum(entry.minutes for entry in desk.time_entries(id, actor="ann"))

    assert minutes("first") == 77
    desk.log_time("second", 3, actor="bob")  # through the tombstone: worked on the master
    assert minutes("first") == 80
    assert minutes("second") == 51, "what was worked on it is shown there too, and counted once"
    desk.unmerge(merge.id, actor="ann")
    assert (minutes("first"), minutes("second")) == (29, 51)


# --- replies to the duplicate --------------------------------------------------------------------


@pytest.fixture
def by_mail(company: Company) -> Company:
    """The company with the domain of its mail, by which answers find their ticket."""
    company.desk._mail_domain = "desk.example.com"
    return company


def test_frappe_helpdesk_2539_a_reply_reopened_the_duplicate(by_mail: Company) -> None:
    """M9, M8, G11: a mail that answers the duplicate is one on the master, and opens no other."""
    # there it opened the duplicate again, which stayed marked as merged, so that the words stood
    # where nobody worked and could not be merged once more
    duplicates(by_mail)
    desk = by_mail.desk
    desk.close("first", actor="ann")
    desk.close("second", actor="ann")
    merge = desk.merge(["first", "second"], actor="ann", master_id="first")
    before = desk.ticket("second", actor="ann")
    received = desk.receive(
        IncomingEmail(
            sender="pat@example.com",
            subject="Re: No ink in printer 7",
            text="It is empty again",
            references=("<ticket.s.second@desk.example.com>",),
        ),
        "public",
        verified=True,
        actor=MAIL,
    )
    assert received.decision.allowed
    assert [m.body for m in desk.messages("first", actor="ann")] == ["It is empty again"]
    after = desk.ticket("second", actor="ann")
    assert attrs.evolve(after, version=before.version) == before, "a tombstone, as it was"
    assert "TicketReopened" not in by_mail.names("second")
    assert "TicketReopened" in by_mail.names("first"), "an answer to a closed ticket (G11)"
    assert desk.count(actor=SETUP) == 1
    assert desk.merge(["first", "second"], actor="ann") == merge, "nothing is to be merged again"


# --- cycles --------------------------------------------------------------------------------------


def test_zammad_1216_tickets_merged_into_each_other(company: Company) -> None:
    """M9, M10: what would make a cycle is refused by name, and every chain goes on ending."""
    # there one could be merged into the other and back again, until neither led anywhere
    duplicates(company)
    company.open("public", id="third", actor="pat")
    desk = company.desk
    desk.merge(["first", "second"], actor="ann", master_id="first")
    back = {"actor": "ann", "master_id": "second"}
    assert code_of(desk.merge, ["first", "second"], **back) == "merge.refused.cycle"
    assert code_of(desk.merge, ["first", "first"], actor="ann") == "merge.refused.itself"
    desk.merge(["third", "first"], actor="ann", master_id="third")
    assert code_of(desk.merge, ["third", "second"], **back) == "merge.refused.merged_away"
    assert {desk.resolve(id, actor="ann") for id in ("first", "second", "third")} == {"third"}
    assert desk.check() == ()


# --- customers spammed ---------------------------------------------------------------------------


def test_glpi_20620_merging_spammed_customers(company: Company) -> None:
    """M12, V15: merging tickets that are full of words writes to nobody, then or later."""
    # there the customer got a mail for the ticket, and one for each public message that was copied;
    # what a supplier had written for inside only would have gone out as well
    duplicates(company)
    desk = company.desk
    desk.follow_ticket("second", "pia", actor="ann")
    for n in range(3):
        desk.reply("second", f"Public {n}", actor="ann")
        desk.note("second", f"Internal {n}", actor="bob")
    desk.close("second", actor="ann")
    company.deliver()
    merge = desk.merge(["first", "second"], actor="ann", master_id="first")
    assert company.deliver() == []
    desk.merge(["first", "second"], actor="ann", master_id="first")
    company.clock.advance(timedelta(days=1))
    assert company.deliver() == []
    desk.reply("first", "Solved", actor="ann")
    told = {one.recipient_id: one.text for one in company.deliver()}
    assert told["pat"] == "Solved", "one message, with nothing of the others in it"
    assert not any("Internal" in text or "Public" in text for text in told.values())
    desk.unmerge(merge.id, actor="ann")
    assert company.deliver() == []


# --- merged ticket still open --------------------------------------------------------------------


def test_glpi_12702_the_merged_ticket_was_still_open(company: Company) -> None:
    """M8, T2: a merged ticket is neither open nor closed, in no list, and takes no work."""
    # there it was deleted while open: it warned whoever closed the other one, and could be worked
    # on as if nothing had happened
    duplicates(company)
    desk = company.desk
    desk.merge(["first", "second"], actor="ann", master_id="first")
    for call, args in (
        (desk.move, ("working",)),
        (desk.close, ()),
        (desk.assign, ("bob",)),
        (desk.transfer, ("company",)),
    ):
        assert code_of(call, "second", *args, actor="lea").endswith(".merged_away")
    (row,) = [r for r in desk.dashboard(actor="lea") if r.team.id == "public"]
    assert (row.open, row.closed) == (1, 0)
    board = desk.board(actor="lea", team_id="public")
    assert [t.id for c in board.columns for t in c.tickets] == ["first"]
    desk.close("first", actor="ann")
    (row,) = [r for r in desk.dashboard(actor="lea") if r.team.id == "public"]
    assert (row.open, row.closed) == (0, 1)
    assert "TicketClosed" not in company.names("second")
    desk.change_visibility("public", Visibility.COMPANY, actor="lea")  # nor in the way of a change
    assert desk.check() == ()
