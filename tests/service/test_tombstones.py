"""What is written through a merged-away ticket: who reads it, whom it would reach by mistake."""

from __future__ import annotations

from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import NotFoundError, RefusedError, System, Visibility, explain


def merged(company: Company, team: str = "public") -> None:
    """Pia's ticket `hers` is merged into Pat's `his`; neither sees the other's."""
    desk = company.desk
    for id, who in (("his", "pat"), ("hers", "pia")):
        company.open("public", id=id, actor=SETUP, customer_id=who)
        desk.reply(id, f"first words of {who}", actor=who)
    if team != "public":
        desk.transfer("his", team, actor=SETUP)
    desk.merge(["his", "hers"], master_id="his", actor=SETUP, allow_cross_visibility=True)
    company.deliver()


def bodies(company: Company, ticket_id: str, actor: Any) -> list[str]:
    return [message.body for message in company.desk.messages(ticket_id, actor=actor)]


# --- own words -----------------------------------------------------------------------------------


def test_authors_read_their_own_words(company: Company) -> None:
    """M9, M7: who writes through a tombstone reads it there again, and nothing else of the root."""
    merged(company)
    reply = company.desk.reply("hers", "And mine?", actor="pia")
    file = company.desk.attach("hers", "photo.jpg", b"jpg", actor="pia", message_id=reply.id)
    company.desk.reply("his", "Soon", actor="ann")
    company.desk.attach("his", "secret", b"s", actor="ann")
    assert bodies(company, "hers", "pia") == ["first words of pia", "And mine?"]
    assert company.desk.messages("hers", actor="pia")[-1] == reply
    assert reply.ticket_id == file.ticket_id == "hers"
    assert company.desk.attachments("hers", actor="pia").items == (file,)
    with company.desk.read_attachment("hers", file.id, actor="pia") as content:
        assert content.read() == b"jpg"
    assert bodies(company, "his", "ann")[-2:] == ["And mine?", "Soon"]
    assert bodies(company, "hers", "ann") == ["first words of pia"], "the rest is on the root"
    with pytest.raises(NotFoundError):
        company.desk.messages("his", actor="pia")


def test_own_words_from_before_do_not_tell_the_root(company: Company) -> None:
    """M7: what one wrote on the root before the merge is not shown through the tombstone."""
    company.open("public", id="his", actor=SETUP, customer_id="pat")
    company.open("public", id="hers", actor=SETUP, customer_id="pia")
    company.desk.follow_ticket("his", "pia", actor="ann")
    company.desk.reply("his", "I followed this once", actor="pia")
    company.desk.unfollow_ticket("his", "pia", actor="pia")
    company.open("public")
    company.desk.merge(["his", "hers"], master_id="his", actor=SETUP)
    assert bodies(company, "hers", "pia") == []


def test_own_notes_and_hours_inside(company: Company) -> None:
    """M9, V15: a colleague who cannot see the root reads their own notes and hours through it."""
    merged(company, "private")
    note = company.desk.note("hers", "Ask Pat", actor="ann")
    company.desk.note("hers", "Ask Pia", actor="bob")
    hours = company.desk.log_time("hers", 5, actor="ann")
    assert bodies(company, "hers", "ann") == ["first words of pia", note.body]
    assert company.desk.time_entries("hers", actor="ann").items == (hours,)
    assert bodies(company, "hers", "pia") == ["first words of pia"]


def test_own_words_through_a_chain(company: Company) -> None:
    """M9, M7: own words are found again wherever in a chain of hidden tickets they landed."""
    merged(company)
    company.desk.reply("hers", "one", actor="pia")
    company.open("public", id="third", customer_id="con")
    company.desk.merge(["his", "third"], master_id="third", actor=SETUP)
    company.desk.reply("hers", "two", actor="pia")
    assert bodies(company, "hers", "pia") == ["first words of pia", "one", "two"]


def test_messages_of_a_hidden_root_are_no_ones_to_find(company: Company) -> None:
    """M7, V14: a file hangs on a message that one may read; another's on the root is not there."""
    merged(company)
    [theirs] = company.desk.messages("his", actor="pat")
    own = company.desk.reply("hers", "mine", actor="pia")
    for message_id in (theirs.id, "missing"):
        with pytest.raises(NotFoundError) as caught:
            company.desk.attach("hers", "x", b"x", actor="pia", message_id=message_id)
        assert str(caught.value) == f"message {message_id!r} not found"
    assert company.desk.attach("hers", "x", b"x", actor="pia", message_id=own.id).ticket_id == (
        "hers"
    )
    file = company.desk.attach("hers", "y", b"y", actor="ann", message_id=theirs.id, to_root=True)
    assert file.ticket_id == "his"
    assert len(list(company.store.ids())) == 2, "nothing is kept of what was refused"


# --- another customer ----------------------------------------------------------------------------


def test_an_answer_does_not_reach_another_customer_by_mistake(company: Company) -> None:
    """M9, V20: a colleague's answer to a tombstone whose root has another customer is refused."""
    merged(company)
    calls = (
        lambda **options: company.desk.reply("hers", "Dear Pia", actor="ann", **options),
        lambda **options: company.desk.attach("hers", "x", b"x", actor="ann", **options),
    )
    for call in calls:
        with pytest.raises(RefusedError) as caught:
            call()
        assert caught.value.code == "message.refused.another_customer"
        assert explain(caught.value.decision) == (
            "No. The ticket hers was merged into his, whose customer pat would read this."
        )
    assert company.deliver() == []
    for call in calls:
        assert call(to_root=True).ticket_id == "his"
    assert [m.recipient_id for m in company.deliver()] == ["pat"]


def test_the_refusal_names_no_hidden_root(company: Company) -> None:
    """M7, M9: who may not see the root is not told by the refusal which it is, nor whose."""
    merged(company, "private")
    with pytest.raises(RefusedError) as caught:
        company.desk.reply("hers", "Dear Pia", actor="ann")
    assert "his" not in str(caught.value).split()
    assert "pat" not in str(caught.value)
    assert explain(caught.value.decision) == (
        "No. It was merged into a ticket of another customer, or of none, where this would go."
    )
    assert company.desk.reply("hers", "x", actor="ann", to_root=True).ticket_id == "hers"


def test_who_may_write_to_a_tombstone_without_asking(company: Company) -> None:
    """M9, M7: outsiders, mail and notes reach the root, and so do answers to the same customer."""
    merged(company)
    desk = company.desk
    assert desk.reply("hers", "I wait", actor="pia").ticket_id == "hers"
    assert desk.reply("hers", "by mail", actor=System(reason="mail")).ticket_id == "his"
    assert desk.note("hers", "inside", actor="ann").ticket_id == "his"
    assert desk.attach("hers", "x", b"x", actor="ann", internal=True).ticket_id == "his"
    for id in ("a", "b"):
        company.open("public", id=id, actor=SETUP, customer_id="con")
    desk.merge(["a", "b"], actor="ann")
    assert desk.reply("b", "one customer", actor="ann").ticket_id == "a"
    assert desk.reply("a", "no tombstone", actor="ann", to_root=True).ticket_id == "a"


# --- what was merged -----------------------------------------------------------------------------


def test_a_master_leads_to_what_was_merged_into_it(company: Company) -> None:
    """M6, M7, M8: below a master one finds the tickets that one may see, with their first words."""
    for id in ("m", "a", "b"):
        company.open("public", id=id, description=f"words of {id}", customer_id="pat", actor=SETUP)
    company.open("private", id="p", actor=SETUP)
    company.open("public", id="c", customer_id="pia", actor=SETUP)
    merge = company.desk.merge
    merge(["a", "b"], master_id="a", actor=SETUP)
    merge(["m", "a", "c"], master_id="m", actor=SETUP)
    merge(["m", "p"], master_id="m", actor=SETUP, allow_cross_visibility=True)

    def found(actor: Any, id: str = "m") -> list[Any]:
        return [(t.id, t.description) for t in company.desk.merged_tickets(id, actor=actor)]

    ours = [("a", "words of a"), ("b", "words of b")]
    assert found("pat") == ours
    assert found("ann") == [*ours, ("c", "")]
    assert found("root") == [*ours, ("p", ""), ("c", "")]
    assert found("ann", "a") == ours[1:]
    assert found("ann", "b") == []
    assert company.desk.merged_tickets("m", actor="pat")[0].merged_into == "m"
    with pytest.raises(NotFoundError):
        found("pia")


def test_levels_are_what_they_were(company: Company) -> None:
    """M7, V6: a root that became visible is read at the root, and own words are not shown twice."""
    merged(company, "company")
    company.desk.reply("hers", "mine", actor="pia")
    assert bodies(company, "hers", "pia") == ["first words of pia", "mine"]
    company.desk.change_visibility("company", Visibility.PUBLIC, actor=SETUP)
    company.desk.follow_ticket("his", "pia", actor=SETUP)
    assert bodies(company, "hers", "pia") == ["first words of pia"]
    assert bodies(company, "his", "pia")[-1] == "mine"
