"""Duplicates that people marked in two real trackers, played as merges by the policies."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from event_logs import real_file
from helpdesk_core.decisions import Decision
from helpdesk_core.entities import Team, Ticket, Visibility
from helpdesk_core.merge import MergePlan, plan_merge, resolve
from helpdesk_core.plans import RecordMerge, SetField

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
TEAM = Team(id="team", name="Team", visibility=Visibility.COMPANY, stage_ids=frozenset({"new"}))


def rows_of(tracker: str) -> list[tuple[int, list[int]]]:
    """Each issue of a tracker with those that it was marked a duplicate of, in order of time."""
    with real_file("merges", f"{tracker}.csv").open(newline="", encoding="utf-8") as file:
        return [
            (
                int(row["Issue_id"]),
                [int(id) for id in row["Duplicate"].split(";") if id != "NULL"],
            )
            for row in csv.DictReader(file)
        ]


class Desk:
    """Tickets in a plain dictionary, and merges by the policies alone."""

    def __init__(self, ids: Iterator[int]) -> None:
        self.tickets = {
            id: Ticket(
                id=id,
                team_id=TEAM.id,
                stage_id="new",
                subject=f"Issue {id}",
                created_at=FIRST + timedelta(seconds=number),
            )
            for number, id in enumerate(ids)
        }
        self.merges = 0

    def root(self, id: int) -> int:
        root = resolve(id, lambda id: self.tickets[id].merged_into)
        assert isinstance(root, int)
        return root

    def plan(self, gone: int, master: int) -> MergePlan:
        tickets = [self.tickets[master], self.tickets[gone]]
        return plan_merge(
            tickets,
            master_id=master,
            closed={ticket.id: False for ticket in tickets},
            reopen_stage_id="new",
            teams={TEAM.id: TEAM},
            users={},
            may_view=lambda user_id, ticket_id: True,
            merge_id=self.merges,
            now=FIRST,
        )

    def merge(self, gone: int, master: int) -> Decision:
        """Carry out a merge, if it is allowed, as a store would: each value as expected before."""
        plan = self.plan(gone, master)
        for change in plan.changes:
            if isinstance(change, RecordMerge):
                self.merges += 1
                continue
            assert isinstance(change, SetField)
            ticket = self.tickets[change.id]
            assert getattr(ticket, change.field) == change.expected
            self.tickets[change.id] = attrs.evolve(ticket, **{change.field: change.value})
        return plan.decision


class UnionFind:
    """Who belongs together, by the book: another way to the same roots."""

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}

    def find(self, id: int) -> int:
        while id in self.parents:
            id = self.parents[id]
        return id

    def union(self, gone: int, master: int) -> bool:
        """Whether they were apart before."""
        gone, master = self.find(gone), self.find(master)
        if gone != master:
            self.parents[gone] = master
        return gone != master


@pytest.mark.parametrize(
    ("tracker", "rows", "marks", "merges", "refused"),
    [
        ("jdt", 45_296, 27_600, 6_879, 20_721),
        ("thunderbird", 32_551, 73_333, 8_859, 64_474),
    ],
)
def test_marks_of_duplicates_played_as_merges(
    tracker: str, rows: int, marks: int, merges: int, refused: int
) -> None:
    """M9, M10: roots are those of union-find; what would make a cycle is refused by name."""
    log = rows_of(tracker)
    desk, other = Desk(id for id, _ in log), UnionFind()
    of_roots: Counter[str] = Counter()
    as_marked: Counter[str] = Counter()
    for id, masters in log:
        for master in masters:
            as_it_stands = desk.plan(id, master).decision
            decision = desk.merge(desk.root(id), desk.root(master))
            assert decision.allowed == other.union(id, master)
            of_roots[decision.code] += 1
            if not decision.allowed:  # nor by the tickets that are named, without their roots
                assert not desk.plan(id, master).changes
                as_marked[as_it_stands.code] += 1
    print(f"{tracker}: {len(log):,} rows; {dict(of_roots)}; as marked {dict(as_marked)}")
    assert of_roots == {"merge.merged": merges, "merge.refused.itself": refused}
    assert (len(log), of_roots.total(), desk.merges) == (rows, marks, merges)
    roots = {id: desk.root(id) for id, _ in log}
    assert roots == {id: other.find(id) for id, _ in log}
    assert len(set(roots.values())) == rows - merges
    # each root refuses to go below any of its own, by name
    cycles = {
        desk.plan(ticket.merged_into, id).decision.code
        for id, ticket in desk.tickets.items()
        if ticket.merged_into is not None
    }
    assert cycles == {"merge.refused.cycle"}
