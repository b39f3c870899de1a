"""Duplicates, merge and un-merge, through the service, over each kind of store."""

from datetime import timedelta

import attrs
import pytest

from desks import SETUP, Company
from helpdesk_core import FollowSource, NotFoundError, RefusedError, SimilarityIndex, Visibility


def refused(call, *args, **kwargs) -> str:
    """The code with which a call is refused."""
    with pytest.raises(RefusedError) as caught:
        call(*args, **kwargs)
    return caught.value.code


def content(company: Company, *ids) -> dict:
    """All that is on these tickets, without events and versions."""
    desk = company.desk
    return {
        id: (
            attrs.evolve(desk.ticket(id, actor=SETUP), version=1),
            desk.messages(id, actor=SETUP),
            desk.attachments(id, actor=SETUP),
            desk.time_entries(id, actor=SETUP),
        )
        for id in ids
    }


def two(company: Company, team: str = "public") -> tuple:
    """Two tickets of two customers, with all that can hang on them."""
    desk = company.desk
    one = company.open(team, actor="pat", id="one", tags=["ink"])
    other = company.open(team, actor="pia", id="two", tags=["toner"], subject="No toner")
    desk.reply("two", "It is urgent", actor="pia")
    company.clock.advance(timedelta(minutes=1))
    desk.reply("one", "Which printer?", actor="ann")
    company.clock.advance(timedelta(minutes=1))
    desk.note("two", "Third time", actor="bob")
    desk.attach("two", "photo.jpg", b"jpg", actor="pia")
    desk.log_time("two", 15, actor="bob")
    desk.follow_ticket("two", "cyd", actor="ann")
    company.deliver()
    return one, other


def test_merge_loses_nothing(company: Company) -> None:
    """M6, M8: all that was said, attached and logged is on the master, in order of time."""
    two(company)
    before = content(company, "one", "two")
    company.desk.merge(["two", "one"], actor="ann")
    after = content(company, "one", "two")
    for part in (1, 2, 3):
        both = [*before["one"][part], *before["two"][part]]
        assert list(after["one"][part]) == sorted(both, key=lambda thing: (thing.at, thing.id))
    assert after["one"][0].tags == {"ink", "toner"}
    tombstone = company.desk.ticket("two", actor="ann")
    assert tombstone.merged_into == "one"
    assert tombstone.stage_id == before["two"][0].stage_id
    assert company.desk.ticket("two", actor="pia").stage_id == tombstone.stage_id
    assert "TicketClosed" not in company.names("two")
    assert "two" not in company.reads("root")
    assert company.desk.count(actor=SETUP) == 1


def test_nobody_sees_more_through_a_merge(company: Company) -> None:
    """M7: each customer goes on seeing what they saw, and nothing of the other's."""
    two(company)
    said = {
        id: company.desk.messages(id, actor=who) for id, who in (("one", "pat"), ("two", "pia"))
    }
    merge = company.desk.merge(["one", "two"], actor="ann")
    assert company.desk.messages("one", actor="pat") == said["one"]
    assert company.desk.attachments("one", actor="pat").items == ()
    assert company.desk.messages("two", actor="pia") == said["two"]
    with pytest.raises(NotFoundError):
        company.desk.ticket("one", actor="pia")
    with pytest.raises(NotFoundError):
        company.desk.resolve("two", actor="pia")
    assert company.desk.resolve("two", actor="ann") == "one"
    assert set(company.desk.ticket("one", actor="ann").followers) == {"pat", "cyd"}
    [event] = [e for e in company.desk.history("one", actor="ann") if e.name == "TicketsMerged"]
    assert event.left_behind == ("pia",)
    assert event.merge_id == merge.id


def test_followers_are_carried_over_by_name(company: Company) -> None:
    """M7: add_followers carries over who was left behind, and says so before."""
    two(company)
    plan = company.desk.preview_merge(["one", "two"], actor="ann")
    assert (plan.master_id, plan.left_behind) == ("one", ("pia",))
    company.desk.merge(["one", "two"], actor="ann", add_followers=["pia"])
    assert company.desk.ticket("one", actor="pia").followers["pia"] == {FollowSource.CHOSEN}


def test_replies_to_a_tombstone_land_on_the_root(company: Company) -> None:
    """M9, M7: a reply to a tombstone lands on the root, by who may write on the one addressed."""
    two(company)
    company.open("public", id="three", actor="ann")
    company.desk.merge(["two", "three"], actor="ann", master_id="two")
    company.desk.merge(["one", "two"], actor="ann")
    company.deliver()
    assert company.desk.resolve("three", actor="ann") == "one"
    message = company.desk.reply("two", "Hello?", actor="pia")
    assert message.ticket_id == "two", "the root's id is not theirs to know"
    assert message.id in {m.id for m in company.desk.messages("one", actor="ann")}
    assert message.id not in {m.id for m in company.desk.messages("two", actor="ann")}
    assert {m.recipient_id for m in company.deliver()} >= {"pat", "cyd"}
    file = company.desk.attach("two", "more.jpg", b"x", actor="pia")
    assert file.ticket_id == "two"
    assert file.id in {a.id for a in company.desk.attachments("one", actor="ann")}
    with pytest.raises(NotFoundError):
        company.desk.reply("one", "Me too", actor="pia")


def test_no_customer_is_written_to(company: Company) -> None:
    """M12: merging and un-merging write to nobody."""
    two(company)
    company.desk.close("one", actor="ann")
    company.deliver()
    merge = company.desk.merge(["one", "two"], actor="ann")
    assert company.names("one").count("TicketReopened") == 1
    company.desk.unmerge(merge.id, actor="ann")
    assert company.deliver() == []


def test_open_and_closed_give_an_open_master(company: Company) -> None:
    """M13: an open and a closed one give an open master, in the first unfolded stage."""
    two(company)
    company.desk.close("one", actor="ann")
    company.desk.merge(["one", "two"], actor="ann")
    master = company.desk.ticket("one", actor="ann")
    assert (master.stage_id, master.closed_at) == ("new", None)
    later = company.open(id="later")
    earliest = company.open(id="earliest")
    company.desk.merge(["later", "earliest"], actor="ann", master_id="earliest")
    assert company.desk.ticket("earliest", actor="ann").created_at == later.created_at
    assert later.created_at < earliest.created_at


def test_the_same_merge_again(company: Company) -> None:
    """M10: the same merge again gives its record, does nothing and tells nobody."""
    two(company)
    first = company.desk.merge(["one", "two"], actor="ann")
    before = (company.names("one"), company.names("two"))
    assert company.desk.merge(["two", "one"], actor="bob") == first
    assert (company.names("one"), company.names("two")) == before


def test_wrong_merges_are_refused_by_name(company: Company) -> None:
    """M10: with itself, with one, with a tombstone, into a cycle or over 100: refused by name."""
    two(company)
    company.open(id="three", team_id="public")
    merge = company.desk.merge
    assert refused(merge, ["one", "one"], actor="ann") == "merge.refused.itself"
    assert refused(merge, ["one"], actor="ann") == "merge.refused.one_ticket"
    assert refused(merge, [], actor="ann") == "merge.refused.one_ticket"
    assert refused(merge, ["one"] * 101, actor="ann") == "merge.refused.too_many"
    merge(["one", "two"], actor="ann")
    code = refused(merge, ["three", "two"], actor="ann")
    assert code == "merge.refused.merged_away"
    assert refused(merge, ["one", "two"], actor="ann", master_id="two") == "merge.refused.cycle"


def test_merging_takes_rights_on_all(company: Company) -> None:
    """M11, T5: who merges must see and may edit all; what is not to be seen is not hinted at."""
    company.open("private", id="hidden", subject="No ink in the printer")
    company.open("company", id="shown", subject="No ink in the printer")
    with pytest.raises(NotFoundError):
        company.desk.merge(["shown", "hidden"], actor="ann")
    assert company.desk.duplicates("shown", actor="ann") == ()
    assert [m.ticket_id for m in company.desk.duplicates("shown", actor="root")] == ["hidden"]
    assert company.desk.duplicate_groups(actor="ann") == ()
    assert len(company.desk.duplicate_groups(actor="root")) == 1
    company.open("company", id="second")
    assert refused(company.desk.merge, ["shown", "second"], actor="emp") == "permission.role"


def test_merging_across_levels_is_asked_for(company: Company) -> None:
    """M7: merging across levels needs rights on all teams and an explicit word."""
    two(company)
    company.open("private", id="inner")
    code = refused(company.desk.merge, ["one", "inner"], actor="root")
    assert code == "merge.refused.cross_visibility"
    company.desk.merge(["one", "inner"], actor="root", allow_cross_visibility=True)
    assert company.desk.messages("one", actor="pat")
    company.desk.reply("inner", "On the root", actor="root", to_root=True)
    assert company.desk.messages("one", actor="pat")[-1].body == "On the root"


def test_a_preview_shows_how_alike_they_are(company: Company) -> None:
    """M1, M15: however they were selected, each is rated with its shares, as it is elsewhere."""
    company.open(id="a", subject="Printer has no ink")
    company.open(id="b", subject="Quite another thing")
    company.open(id="c", subject="The printer has no ink")
    for n in range(3):
        company.open(id=f"more {n}", subject="The printer")
    ids = ["a", "b", "c"]
    plan = company.desk.preview_merge(ids, actor="ann")
    assert plan.ratings.keys() == {"b", "c"}
    assert plan.ratings["b"].rating == 0
    assert plan.ratings["c"].shares["subject"] > 0
    company.desk._similarity = SimilarityIndex()
    company.desk.fill_similarity_store(actor="root")
    rated = company.desk.preview_merge(ids, actor="ann").ratings
    assert [rated["c"]] == list(company.desk.duplicates("a", actor="ann", limit=1))
    assert rated["c"].rating != plan.ratings["c"].rating, "common words count less"
    refused = company.desk.preview_merge(["a"], actor="ann")
    assert not refused.decision.allowed
    assert not refused.ratings


# --- un-merge --------------------------------------------------------------------------------


def test_unmerge_restores(company: Company) -> None:
    """M14: un-merging when nothing happened since restores the content of all."""
    two(company)
    company.open("public", id="three", actor="ann", tags=["ink"])
    company.desk.close("one", actor="ann")
    before = content(company, "one", "two", "three")
    merge = company.desk.merge(["one", "two", "three"], actor="ann", add_followers=["pia"])
    assert content(company, "one", "two", "three") != before
    plan = company.desk.unmerge(merge.id, actor="ann")
    assert content(company, "one", "two", "three") == before
    assert (plan.not_restored, plan.stays_on_master) == ((), ())
    assert refused(company.desk.unmerge, merge.id, actor="ann") == "merge.refused.undone_before"
    again = company.desk.merge(["one", "two"], actor="ann")
    assert again.id != merge.id


def test_unmerge_after_things_happened(company: Company) -> None:
    """M14: what changed since stays; later messages stay on the master and are listed."""
    two(company)
    merge = company.desk.merge(["one", "two"], actor="ann")
    later = company.desk.reply("two", "And now?", actor="pia")
    company.desk.change_ticket("one", actor="ann", tags=["ink", "toner", "mine"])
    company.desk.change_visibility("public", Visibility.COMPANY, actor=SETUP)
    plan = company.desk.unmerge(merge.id, actor="ann")
    assert plan.stays_on_master == (later.id,)
    assert company.desk.ticket("one", actor="ann").tags == {"ink", "mine"}
    assert "pia" not in company.desk.ticket("two", actor="ann").followers


def test_unmerge_is_refused_when_a_later_merge_stands_on_it(company: Company) -> None:
    """M14: a merge on which a later one stands cannot be undone first."""
    two(company)
    company.open("public", id="three", actor="ann")
    first = company.desk.merge(["one", "two"], actor="ann")
    second = company.desk.merge(["one", "three"], actor="ann")
    assert refused(company.desk.unmerge, first.id, actor="ann") == "merge.refused.later_merge"
    company.desk.unmerge(second.id, actor="ann")
    company.desk.unmerge(first.id, actor="ann")
    assert company.reads("ann") == {"one", "two", "three"}


def test_a_clock_that_is_put_back_hides_no_later_merge(company: Company) -> None:
    """M14: what is later is told by the order in which merges were recorded, not by the clock."""
    two(company)
    company.open("public", id="three", actor="ann")
    first = company.desk.merge(["one", "two"], actor="ann")
    company.clock.advance(-timedelta(seconds=1))
    company.desk.merge(["one", "three"], actor="ann")
    assert refused(company.desk.unmerge, first.id, actor="ann") == "merge.refused.later_merge"


def test_a_follow_chosen_anew_outlives_the_unmerge(company: Company) -> None:
    """M14: a follow that the merge carried over, and that was ended and chosen again, stays."""
    two(company)
    company.desk.follow_ticket("two", "bob", actor="ann")
    company.desk.follow_ticket("two", "cyd", actor="ann")
    merge = company.desk.merge(["one", "two"], actor="ann", master_id="one")
    company.desk.unfollow_ticket("one", "bob", actor="bob")
    company.desk.follow_ticket("one", "bob", actor="bob")
    plan = company.desk.unmerge(merge.id, actor="ann")
    followers = company.desk.ticket("one", actor="ann").followers
    assert "bob" in followers
    assert "cyd" not in followers
    assert [(n.ticket_id, n.field, n.reason.code) for n in plan.not_restored] == [
        ("one", "followers", "merge.changed_since")
    ]


def test_unmerge_is_for_who_sees_all(company: Company) -> None:
    """M11, V14: a merge of tickets that one may not see does not exist."""
    company.open("private", id="a")
    company.open("private", id="b")
    merge = company.desk.merge(["a", "b"], actor="root")
    for id in (merge.id, "missing"):
        with pytest.raises(NotFoundError) as caught:
            company.desk.unmerge(id, actor="ann")
        assert str(caught.value) == f"merge {id!r} not found"


def test_merged_away_tickets_count_nowhere(company: Company) -> None:
    """A7, M8: tombstones are in no count, and come back when un-merged."""
    company.team("auto", Visibility.COMPANY, auto_assign=True)
    one, other = company.open("auto"), company.open("auto")
    assert [one.assignee_id, other.assignee_id] == ["ann", "bob"]
    merge = company.desk.merge([one.id, other.id], actor="lea")
    assert company.desk.workloads("auto", actor="lea")["bob"].total == 0
    assert refused(company.desk.move, other.id, "working", actor="lea")
    assert refused(company.desk.assign, other.id, "cyd", actor="lea")
    assert refused(company.desk.transfer, other.id, "company", actor="lea")
    assert refused(company.desk.change_ticket, other.id, actor="lea", priority=1)
    company.desk.unmerge(merge.id, actor="lea")
    assert company.desk.workloads("auto", actor="lea")["bob"].total == 1
    assert company.desk.check() == ()


def test_merging_with_a_tombstone_names_the_tombstone(company: Company) -> None:
    """M10, V12, V14: a tombstone that one may see is refused by name, its team shut or not."""
    company.open("private", id="p", assignee_id="ann")
    company.open("company", id="c")
    company.open("company", id="d")
    company.desk.merge(["c", "p"], actor=SETUP, master_id="c", allow_cross_visibility=True)
    with pytest.raises(NotFoundError):
        company.desk.team("private", actor="ann")
    code = refused(company.desk.merge, ["d", "p"], actor="ann", allow_cross_visibility=True)
    assert code == "merge.refused.merged_away"


def test_a_hidden_tombstone_hides_only_itself(company: Company) -> None:
    """M6, M7: on the root one reads each merged ticket that one could see, and no other."""
    for id in ("root", "between", "below"):
        company.open("private", id=id)
        company.desk.reply(id, f"said on {id}", actor=SETUP)
    for id in ("root", "below"):
        company.desk.follow_ticket(id, "emp", actor=SETUP)
    company.desk.merge(["between", "below"], actor=SETUP, master_id="between")
    company.desk.merge(["root", "between"], actor=SETUP, master_id="root")
    told = [m.body for m in company.desk.messages("root", actor="emp")]
    assert told == ["said on root", "said on below"]


def test_a_choice_is_carried_over_only_by_who_saw_all(company: Company) -> None:
    """M7: an assignee of the master gets no choice from a ticket beside a hidden one."""
    company.open("private", id="m", assignee_id="ann")
    for id in ("x", "y"):
        company.open("private", id=id)
    company.desk.follow_ticket("x", "ann", actor=SETUP)
    company.desk.merge(["m", "x", "y"], actor=SETUP, master_id="m")
    company.desk.assign("m", "bob", actor=SETUP)
    assert "m" not in company.reads("ann")
