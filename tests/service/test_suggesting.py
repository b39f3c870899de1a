"""What is suggested as a duplicate, through the service, over each kind of store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from desks import SETUP, Company
from helpdesk_core import (
    InvalidValueError,
    NotFoundError,
    PortError,
    RefusedError,
    SimilarityIndex,
    TicketFilter,
)
from helpdesk_core.service import suggesting


def test_discarded_pairs_stay_away(company: Company) -> None:
    """M3, M5: a discarded pair is not suggested again until its content changes."""
    company.open(id="a", subject="Printer has no ink")
    company.open(id="b", subject="printer has no INK")
    company.open(id="c", subject="Quite another thing")
    assert [m.ticket_id for m in company.desk.duplicates("a", actor="ann")] == ["b"]
    before = company.desk.ticket("a", actor="ann")
    company.desk.discard_duplicate("b", "a", actor="ann")
    assert company.desk.ticket("a", actor="ann") == before
    assert company.desk.duplicates("a", actor="ann") == company.desk.duplicates("b", actor="ann")
    assert company.desk.duplicates("a", actor="ann") == ()
    assert company.desk.duplicate_groups(actor="ann") == ()
    company.desk.change_ticket("b", actor="ann", priority=3)
    assert company.desk.duplicates("a", actor="ann") == (), "priority is not content"
    company.desk.change_ticket("b", actor="ann", description="The big printer")
    assert [m.ticket_id for m in company.desk.duplicates("a", actor="ann", threshold=0.1)] == ["b"]


def test_a_similarity_store_is_kept_up_to_date(company: Company) -> None:
    """M1, M8: a similarity store hears of new, changed, merged and un-merged tickets."""
    index = SimilarityIndex()
    company.desk._similarity = index
    for id in ("a", "b"):
        company.open(id=id, subject="Printer has no ink")
    assert [m.ticket_id for m in company.desk.duplicates("a", actor="ann")] == ["b"]
    merge = company.desk.merge(["a", "b"], actor="ann")
    assert "b" not in index
    company.desk.unmerge(merge.id, actor="ann")
    assert "b" in index
    company.desk.change_ticket("b", actor="ann", subject="Something else entirely")
    assert company.desk.duplicates("a", actor="ann") == ()


def with_index(company: Company, *subjects: str, team: str = "public") -> SimilarityIndex:
    """A desk with an index and tickets, which are named by their numbers."""
    index = SimilarityIndex()
    company.desk._similarity = index
    for number, subject in enumerate(subjects):
        company.open(team, id=f"t{number}", subject=subject, actor="root")
    return index


@pytest.mark.parametrize("indexed", [True, False])
def test_before_a_ticket_is_opened(company: Company, indexed: bool) -> None:
    """M3, M11: what looks like a ticket about to be opened is suggested, and none is opened."""
    with_index(company, "Printer has no ink", "Quite another thing")
    company.open("private", id="secret", subject="Printer has no ink", actor="root")
    if not indexed:
        company.desk._similarity = None

    def found(actor: str, **options: Any) -> list[Any]:
        new = company.desk.duplicates_of_new
        options = {"threshold": 0.3} | options
        return [m.ticket_id for m in new("public", "printer has no INK", actor=actor, **options)]

    before = company.desk.count(actor="root")
    assert found("ann") == ["t0"]
    assert found("root") == ["t0", "secret"]
    assert found("root", limit=1) == ["t0"]
    assert found("root", threshold=1) == ["t0"]
    [match] = company.desk.duplicates_of_new(
        "public", "Nothing", actor="ann", description="printer has no ink", customer_id="pat",
        tags=["ink"], threshold=0.2,
    )  # fmt: skip
    assert match.shares.keys() >= {"subject", "description", "team"}
    assert company.desk.count(actor="root") == before


def test_who_may_not_open_is_told_nothing(company: Company) -> None:
    """M11, T5, V12: what looks like a new ticket is for insiders who may open it in that team."""
    with_index(company, "Printer has no ink")
    company.open("private", id="secret", subject="Printer has no ink", actor="root")
    new = company.desk.duplicates_of_new
    for outsider in ("pat", "pia"):
        assert new("public", "Printer has no ink", actor=outsider) == ()
        assert new("private", "Printer has no ink", actor=outsider) == ()
    with pytest.raises(NotFoundError):
        new("private", "Printer has no ink", actor="ann")
    with pytest.raises(RefusedError, match=r"permission\.role"):
        new("public", "Printer has no ink", actor="con")
    with pytest.raises(InvalidValueError, match="limit"):
        new("public", "Printer has no ink", actor="ann", limit=0)


def test_hidden_ones_take_no_place(company: Company) -> None:
    """M11: however many hidden tickets are more alike, the limit counts those that are seen."""
    with_index(company, "The printer has no ink today")
    for number in range(150):
        company.open("private", id=f"hidden {number}", subject="Printer has no ink", actor="root")
    company.open(id="asked", subject="Printer has no ink")
    found = company.desk.duplicates("asked", actor="ann", limit=1, threshold=0)
    assert [match.ticket_id for match in found] == ["t0"]


def test_a_store_that_remembers_the_dead(company: Company) -> None:
    """M8, M11: what a store still has and the desk has not, or has merged away, is left out."""
    index = with_index(company, "Printer has no ink", "Printer has no ink", "Printer has no ink")
    away, stays = company.desk.ticket("t1", actor="ann"), company.desk.ticket("t2", actor="ann")
    company.desk.merge(["t0", "t1"], actor="ann")
    index.add(away)
    index.add(attrs.evolve(stays, id="never there"))
    assert [m.ticket_id for m in company.desk.duplicates("t2", actor="ann")] == ["t0"]


def test_groups_come_from_the_store(company: Company) -> None:
    """M4, M5, M11: groups are the store's own, of what is seen, asked for and not discarded."""
    with_index(company, "Printer has no ink", "no ink has: printer", "ink has no printer")
    company.open("private", id="secret", subject="Printer has no ink", actor="root")
    [group] = company.desk.duplicate_groups(actor="ann")
    assert group.master_id == "t0"
    assert {match.ticket_id for match in group.members} == {"t1", "t2"}
    assert group.members[0] == company.desk.duplicates("t0", actor="ann", limit=1)[0]
    company.desk.discard_duplicate("t0", "t1", actor="ann")
    company.desk.discard_duplicate("t2", "t1", actor="ann")
    [group] = company.desk.duplicate_groups(actor="ann")
    assert [match.ticket_id for match in group.members] == ["t2"]
    only = TicketFilter(priority=3)
    assert company.desk.duplicate_groups(actor="ann", query=only) == ()
    company.desk.change_ticket("t0", actor="ann", priority=3)
    company.desk.change_ticket("t1", actor="ann", priority=3)
    assert company.desk.duplicate_groups(actor="ann", query=only) == ()
    company.desk.change_ticket("t2", actor="ann", priority=3)
    assert len(company.desk.duplicate_groups(actor="ann", query=only)) == 1


def test_an_index_is_filled_from_the_tickets(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M1, M8: after a restart an index is told of every ticket, and forgets what is merged away."""
    monkeypatch.setattr(suggesting, "_PAGE", 3)
    with_index(company, *["Printer has no ink"] * 3, *[f"Another thing {n}" for n in range(4)])
    company.desk.merge(["t0", "t1"], actor="ann")
    index = SimilarityIndex([attrs.evolve(company.desk.ticket("t0", actor="ann"), id="t1")])
    company.desk._similarity = index
    assert company.desk.fill_similarity_store(actor="root") == 7
    assert len(index) == 6
    assert "t1" not in index
    assert [m.ticket_id for m in company.desk.duplicates("t0", actor="ann")] == ["t2"]
    with pytest.raises(RefusedError, match=r"permission\.role"):
        company.desk.fill_similarity_store(actor="ann")


def test_a_store_that_does_not_answer(company: Company) -> None:
    """M1: a store that fails is told by its name, and so is that there is none."""
    with pytest.raises(PortError, match="made without a similarity store"):
        company.desk.fill_similarity_store(actor=SETUP)
    with_index(company, "Printer has no ink")

    class Broken(SimilarityIndex):
        def most_similar(self, *arguments: Any, **options: Any) -> Any:
            raise TimeoutError

        update = rate = groups = most_similar  # type: ignore[assignment]

    company.desk._similarity = Broken()
    company.open("public", id="other", actor="root")
    calls: dict[str, Callable[[], Any]] = {
        "fill": lambda: company.desk.fill_similarity_store(actor=SETUP),
        "of one": lambda: company.desk.duplicates("t0", actor="ann"),
        "of a new one": lambda: company.desk.duplicates_of_new("public", "Printer", actor="ann"),
        "groups": lambda: company.desk.duplicate_groups(actor="ann"),
        "preview": lambda: company.desk.preview_merge(["t0", "other"], actor="root"),
    }
    said = {}
    for name, call in calls.items():
        with pytest.raises(PortError) as caught:
            call()
        said[name] = str(caught.value)
    assert set(said.values()) == {"the similarity store did not answer: TimeoutError"}, said


def test_the_store_is_not_blamed_for_the_repository(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M11: what the repository raises while candidates are looked at comes out as it is."""
    with_index(company, "Printer has no ink", "Printer has no ink")
    session: Any = None
    with company.repository.reading() as opened:
        session = type(opened)
    tickets, calls = session.tickets, []

    def fails(self: Any, ids: Any) -> Any:
        calls.append(ids)
        if len(calls) > 1:
            raise TimeoutError("the database")
        return tickets(self, ids)

    monkeypatch.setattr(session, "tickets", fails)
    with pytest.raises(TimeoutError, match="the database"):
        company.desk.duplicates("t0", actor="ann")
