"""Boards through the service: columns page by page, dragging, filters and the dashboard."""

from __future__ import annotations

import random
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from desks import SETUP, Company
from helpdesk_core import (
    AllowedMoves,
    ConflictError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    TicketFilter,
    Visibility,
)
from helpdesk_core.adapters.memory import MemoryRepository
from helpdesk_core.ports import ALL_CLAIMS, Claim, Figures
from helpdesk_core.service.pages import Cursors


def _ids(column: Any) -> list[Any]:
    return [ticket.id for ticket in column.tickets]


def _columns(board: Any) -> dict[Any, list[Any]]:
    return {column.stage.id: _ids(column) for column in board.columns}


def _whole(company: Company, stage_id: str, limit: int, **options: Any) -> list[Any]:
    """A column, page by page."""
    found: list[Any] = []
    after: str | None = None
    while True:
        page = company.desk.column(stage_id, after=after, limit=limit, **options)
        assert len(page.tickets) <= limit
        found += _ids(page)
        after = page.next
        if after is None:
            return found


# --- columns -------------------------------------------------------------------------------------


def test_a_board_goes_on_where_its_first_page_ends(company: Company) -> None:
    """G12, T8: the cursor of a column on a board leads to the rest of the column."""
    for n in range(5):
        company.open(id=f"T-{n}", assignee_id="ann")
    board = company.desk.board("company", actor="ann", limit=2)
    new, working = board.columns[:2]
    assert (_ids(new), new.count, working.next) == (["T-0", "T-1"], 5, None)
    rest = company.desk.column("new", actor="ann", team_id="company", after=new.next, limit=9)
    assert (_ids(rest), rest.count, rest.next) == (["T-2", "T-3", "T-4"], 5, None)
    mine = company.desk.my_board(actor="ann", limit=4).columns[0]
    rest = company.desk.column("new", actor="ann", mine=True, after=mine.next)
    assert _ids(mine) + _ids(rest) == [f"T-{n}" for n in range(5)]
    with pytest.raises(InvalidValueError, match="after is not a cursor of this list"):
        company.desk.column("working", actor="ann", team_id="company", after=new.next)
    with pytest.raises(InvalidValueError, match="after is not a cursor of this list"):
        company.desk.column("new", actor="ann", after=new.next)


def test_a_folded_column_can_be_paged(company: Company) -> None:
    """G2, G12: of a folded column a board has the number only; asked for by itself it is shown."""
    for n in range(3):
        company.open(id=f"T-{n}")
        company.desk.close(f"T-{n}", actor=SETUP)
    board = company.desk.board("company", actor="ann")
    assert (board.columns[2].count, board.columns[2].tickets, board.columns[2].next) == (
        3,
        (),
        None,
    )
    assert _whole(company, "solved", 2, actor="ann", team_id="company") == ["T-0", "T-1", "T-2"]
    opened = company.desk.board(
        "company", actor="ann", temporarily_unfolded=["solved"], limit=2
    ).columns[2]
    rest = company.desk.column("solved", actor="ann", team_id="company", after=opened.next)
    assert _ids(opened) + _ids(rest) == ["T-0", "T-1", "T-2"]


def test_pages_of_a_column_are_disturbed_by_nothing(company: Company) -> None:
    """T8, G12: what comes in, leaves, or is dragged between pages moves none of the others."""
    for n in range(6):
        company.open(id=f"T-{n}")
    first = company.desk.column("new", actor="ann", limit=3)
    assert _ids(first) == ["T-0", "T-1", "T-2"]
    company.desk.close("T-1", actor=SETUP)
    company.desk.drag("T-2", "new", above="T-0", actor=SETUP)
    company.open(id="T-6")
    company.desk.drag("T-5", "new", below="T-3", actor=SETUP)
    rest = company.desk.column("new", actor="ann", after=first.next)
    assert _ids(rest) == ["T-3", "T-5", "T-4", "T-6"]


def test_columns_that_are_not_there(company: Company) -> None:
    """V14, G12: a stage of nobody, or of a team that one may not open, is not found."""
    company.desk.create_stage("Secret stage", id="secret", actor=SETUP, team_ids=["private"])
    for stage_id in ("absent", "secret"):
        with pytest.raises(NotFoundError, match=f"stage '{stage_id}' not found"):
            company.desk.column(stage_id, actor="ann")
    assert company.desk.column("secret", actor="root").count == 0
    with pytest.raises(NotFoundError, match="stage 'secret' not found"):
        company.desk.column("secret", actor="root", team_id="company")
    with pytest.raises(NotFoundError, match="team 'private' not found"):
        company.desk.column("new", actor="ann", team_id="private")
    with pytest.raises(InvalidValueError, match="actor must be a user"):
        company.desk.column("new", actor=SETUP, mine=True)
    with pytest.raises(InvalidValueError, match="limit"):
        company.desk.column("new", actor="ann", limit=0)


def test_columns_of_a_team_that_one_ticket_opens(company: Company) -> None:
    """V12, G12: who is let into a team by one ticket is shown its other columns, if empty ones."""
    company.desk.create_stage("Secret stage", id="secret", actor=SETUP, team_ids=["private"])
    company.open("private", id="a", assignee_id="ann")
    assert company.desk.column("secret", actor="ann").count == 0
    for query in (TicketFilter(), TicketFilter(priority=3)):
        assert "secret" in _columns(company.desk.board(actor="ann", query=query))
        assert "secret" not in _columns(company.desk.board(actor="bob", query=query))


def test_figures_of_nothing_open_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """V12, T2: a store may give a figure of no ticket; it lets nobody into a team."""
    reading = company.repository.reading

    @contextmanager
    def with_nothing() -> Any:
        with reading() as session:
            found = session.figures
            nothing = Figures(team_id="private", stage_id="new", tickets=0)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    session, "figures", lambda *asked: [*found(*asked), nothing], raising=False
                )
                yield session

    monkeypatch.setattr(company.repository, "reading", with_nothing)
    assert "private" not in {team.id for team in company.desk.teams(actor="bob")}
    assert "private" not in _figures(company, "bob")


def test_outsiders_see_their_column_in_order_of_coming(company: Company) -> None:
    """V3, V15, G12: where colleagues drag a ticket is not told to the customer, nor its rank."""
    for n in range(3):
        company.open("public", id=f"T-{n}", customer_id="pat")
    coming = company.desk.ticket("T-2", actor="pat").rank
    company.desk.drag("T-2", "new", above="T-0", actor="ann")
    assert company.desk.ticket("T-2", actor="ann").rank != coming
    assert company.desk.ticket("T-2", actor="pat").rank == coming
    assert _columns(company.desk.board("public", actor="ann"))["new"] == ["T-2", "T-0", "T-1"]
    assert _columns(company.desk.board(actor="pat"))["new"] == ["T-0", "T-1", "T-2"]
    assert _whole(company, "new", 1, actor="pat") == ["T-0", "T-1", "T-2"]
    with pytest.raises(RefusedError):
        company.desk.drag("T-2", "new", below="T-0", actor="pat")


# --- what is asked for ---------------------------------------------------------------------------


def test_a_board_of_what_is_asked_for(company: Company) -> None:
    """G12, V13: a board shows and counts what is asked for: priority, assignee, customer, tag."""
    company.open(id="a", priority=3, assignee_id="ann")
    company.open(id="b", customer_id="con", tags=["ink"])
    company.open("public", id="c", priority=3, customer_id="con")
    for query, expected in (
        (TicketFilter(priority=3), ["a", "c"]),
        (TicketFilter(assignee_id="ann"), ["a"]),
        (TicketFilter(unassigned=True), ["b", "c"]),
        (TicketFilter(customer_id="con"), ["b", "c"]),
        (TicketFilter(tag="ink"), ["b"]),
        (TicketFilter(team_ids=frozenset({"public"})), ["c"]),
        (TicketFilter(stage_ids=frozenset({"working"})), []),
        (TicketFilter(closed=False), ["a", "b", "c"]),
    ):
        column = company.desk.board(actor="ann", query=query).columns[0]
        assert (_ids(column), column.count) == (expected, len(expected))
        assert _whole(company, "new", 1, actor="ann", query=query) == expected
    board = company.desk.board("company", actor="ann", query=TicketFilter(priority=3))
    assert _columns(board)["new"] == ["a"]
    with pytest.raises(RefusedError):
        company.desk.board(actor="pat", query=TicketFilter(tag="ink"))


def test_a_board_of_what_was_found(company: Company) -> None:
    """G12, V13, V15: by text a board shows and counts what a search finds, newest first."""
    company.open("public", id="a", subject="Cyan is out", customer_id="pat")
    company.open("public", id="b", subject="Ink", description="cyan again", customer_id="pat")
    company.open("public", id="c", subject="Ink", customer_id="pat")
    company.desk.note("c", "Cyan, surely", actor="ann")
    company.open("private", id="d", subject="Cyan for the board room")
    company.desk.close("a", actor=SETUP)
    board = company.desk.board(actor="ann", text="cyan", temporarily_unfolded=["solved"])
    assert {column.stage.id: column.count for column in board.columns if column.count} == {
        "new": 2,
        "solved": 1,
    }
    assert _columns(board) == {"new": ["c", "b"], "working": [], "solved": ["a"], "cancelled": []}
    assert _whole(company, "new", 1, actor="ann", text="cyan") == ["c", "b"]
    assert _whole(company, "new", 1, actor="pat", text="cyan") == ["b"]
    assert company.desk.column("new", actor="pat", text="cyan").count == 1
    mine = company.desk.board("public", actor="root", text="cyan", query=TicketFilter(closed=True))
    assert [column.count for column in mine.columns] == [0, 0, 1, 0]


def test_what_a_board_says_itself(company: Company) -> None:
    """G12, M8: a board's own team and viewer cannot be asked away, and no tombstone is on it."""
    desk = company.desk
    with pytest.raises(InvalidValueError, match="team_ids is said by the board"):
        desk.board("company", actor="ann", query=TicketFilter(team_ids=frozenset({"public"})))
    same = TicketFilter(team_ids=frozenset({"company"}), assignee_id="ann")
    assert desk.board("company", actor="ann", query=same).team_id == "company"
    assert desk.my_board(actor="ann", query=same).name == "My tickets"
    with pytest.raises(InvalidValueError, match="assignee_id is said by the board"):
        desk.my_board(actor="ann", query=TicketFilter(assignee_id="bob"))
    for merged in (None, True):
        with pytest.raises(InvalidValueError, match="tombstones are on no board"):
            desk.board(actor="ann", query=TicketFilter(merged=merged))


# --- dragging ------------------------------------------------------------------------------------


def test_dragging(company: Company) -> None:
    """G12, G3: a ticket goes where it is dropped, on every board, and into another column too."""
    for n in range(4):
        company.open(id=f"T-{n}")
    before = {n: company.desk.ticket(f"T-{n}", actor=SETUP) for n in range(4)}
    company.desk.drag("T-3", "new", below="T-0", above="T-1", actor="ann")
    assert _columns(company.desk.board("company", actor="bob"))["new"] == [
        "T-0",
        "T-3",
        "T-1",
        "T-2",
    ]
    company.desk.drag("T-0", "new", below="T-2", actor="ann")
    company.desk.drag("T-2", "new", above="T-3", actor="ann")
    assert _columns(company.desk.board(actor="bob"))["new"] == ["T-2", "T-3", "T-1", "T-0"]
    assert company.desk.ticket("T-1", actor=SETUP) == before[1], "nobody else is touched"
    moved = company.desk.drag("T-1", "solved", actor="ann")
    assert (moved.stage_id, moved.closed_at, moved.rank) == (
        "solved",
        company.clock.now(),
        before[1].rank,
    )
    company.desk.drag("T-3", "solved", below="T-1", actor="ann")
    assert _whole(company, "solved", 1, actor="bob") == ["T-1", "T-3"]
    told = [event.name for event in company.desk.history("T-3", actor=SETUP)]
    told = [name for name in told if name != "StageMessageSkipped"]
    assert told[-3:] == ["TicketMoved", "TicketClosed", "TicketChanged"]


def test_a_drag_is_limited_as_a_move_is(tmp_path: Path) -> None:
    """T5, G12: where the host limits moves, a drag into another column is a move."""
    moves = AllowedMoves({"agent": {("new", "working")}})
    company = Company(MemoryRepository(), tmp_path, moves=moves)
    for n in range(3):
        company.open(id=f"T-{n}")
    company.desk.drag("T-2", "new", above="T-0", actor="ann")
    company.desk.drag("T-1", "working", actor="ann")
    with pytest.raises(RefusedError) as caught:
        company.desk.drag("T-0", "solved", actor="ann")
    assert caught.value.decision.code == "stage.refused.move_not_allowed"
    assert _columns(company.desk.board(actor="ann"))["new"] == ["T-2", "T-0"]


def test_a_drop_beside_hidden_tickets(company: Company) -> None:
    """G12, V13: the other neighbour is the next one that the viewer sees, whatever is between."""
    company.open(id="a")
    company.open("private", id="hidden")
    company.open(id="b")
    company.open(id="c")
    company.desk.drag("c", "new", below="a", actor="ann")
    assert _columns(company.desk.board(actor="ann"))["new"] == ["a", "c", "b"]
    assert _columns(company.desk.board(actor="root"))["new"] in (
        ["a", "hidden", "c", "b"],
        ["a", "c", "hidden", "b"],
    )
    with pytest.raises(NotFoundError, match="ticket 'hidden' not found"):
        company.desk.drag("c", "new", below="hidden", actor="ann")


def test_a_drop_where_the_column_has_changed(company: Company) -> None:
    """G12, T7: neighbours that are gone or in another order are refused; nothing changes."""
    for n in range(3):
        company.open(id=f"T-{n}")
    before = company.desk.ticket("T-2", actor=SETUP)
    company.desk.close("T-0", actor=SETUP)
    for options in ({"below": "T-0"}, {"above": "T-0"}, {"below": "T-2"}):
        with pytest.raises(RefusedError) as caught:
            company.desk.drag("T-2", "new", actor="ann", **options)
        assert caught.value.decision.code == "board.refused.moved_on"
    company.open(id="T-3")
    with pytest.raises(RefusedError) as caught:
        company.desk.drag("T-2", "new", below="T-3", above="T-1", actor="ann")
    assert caught.value.decision.code == "board.refused.moved_on"
    with pytest.raises(ConflictError):
        company.desk.drag("T-2", "new", above="T-1", actor="ann", expected_version=99)
    with pytest.raises(NotFoundError):
        company.desk.drag("T-2", "absent", actor="ann")
    assert company.desk.ticket("T-2", actor=SETUP) == before


def test_random_drags_are_insertions(company: Company) -> None:
    """G12: whatever is dragged where, each column is what a plain list would be."""
    chance = random.Random(7)
    columns: dict[str, list[str]] = {"new": [], "working": []}
    for n in range(8):
        columns["new"].append(company.open(id=f"T-{n}").id)
    for _ in range(40):
        source = chance.choice([id for id, column in columns.items() if column])
        ticket = columns[source].pop(chance.randrange(len(columns[source])))
        to = chance.choice([*columns])
        place = chance.randrange(len(columns[to]) + 1)
        below = columns[to][place - 1] if place else None
        above = columns[to][place] if place < len(columns[to]) else None
        if below and above and chance.random() < 0.5:
            below, above = chance.choice([(below, None), (None, above)])
        if below is None and above is None:
            company.desk.drag(ticket, to, actor="ann")
        else:
            company.desk.drag(ticket, to, below=below, above=above, actor="ann")
        columns[to].insert(place, ticket)
        board = _columns(company.desk.board("company", actor="bob"))
        assert {id: board[id] for id in columns} == columns
    assert company.desk.check() == ()


def test_two_that_drop_into_one_gap(company: Company) -> None:
    """G12, T7: what was dropped between looking and holding is looked at, and stands apart."""
    for n in range(4):
        company.open(id=f"T-{n}")
    lock = type(company.desk)._transact
    done: list[str] = []

    attempts: list[Any] = []

    def late(desk: Any, run: Any) -> Any:
        attempts.append(run)
        if not done:
            done.append("first")
            company.desk.drag("T-2", "new", below="T-0", actor="bob")
        return lock(desk, run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(company.desk), "_transact", late)
        company.desk.drag("T-3", "new", below="T-0", actor="ann")
    assert _columns(company.desk.board(actor="ann"))["new"] == ["T-0", "T-3", "T-2", "T-1"]
    assert len(attempts) == 3, "one of theirs, one in vain, and one that holds the new neighbour"


def test_a_store_that_keeps_no_order(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """G12: a store that disclaims the order of boards shows columns in order of coming."""
    monkeypatch.setattr(company.repository, "claims", ALL_CLAIMS - {Claim.BOARD_ORDER})
    for n in range(3):
        company.open(id=f"T-{n}")
    assert _whole(company, "new", 2, actor="ann") == ["T-0", "T-1", "T-2"]
    assert company.desk.drag("T-0", "working", actor="ann").stage_id == "working"


# --- the dashboard -------------------------------------------------------------------------------


def _figures(company: Company, actor: Any) -> dict[Any, tuple[int, int, int, int]]:
    return {
        row.team.id: (row.open, row.unassigned, row.waiting, row.closed)
        for row in company.desk.dashboard(actor=actor)
    }


def test_the_dashboard(company: Company) -> None:
    """T2, V12, V13: each team that one may open, with what one may see of it, and no other."""
    company.open(id="a", assignee_id="ann")
    company.open(id="b")
    company.open(id="c")
    company.desk.close("c", actor=SETUP)
    company.open("private", id="d", assignee_id="ann")
    company.open("private", id="e")
    company.open("public", id="f", customer_id="pat")
    company.team("auto", Visibility.COMPANY, auto_assign=True, member_ids=["cyd"])
    company.away("cyd", days=None)
    company.open("auto", id="g")
    everything = {
        "private": (2, 1, 0, 0),
        "company": (2, 1, 0, 1),
        "public": (1, 1, 0, 0),
        "auto": (1, 1, 1, 0),
    }
    assert _figures(company, "root") == _figures(company, SETUP) == everything
    assert _figures(company, "ann") == everything | {"private": (1, 0, 0, 0)}
    assert "private" not in _figures(company, "bob")
    assert [row.team.id for row in company.desk.dashboard(actor="root")] == [*everything]
    assert company.desk.dashboard(actor="pat") == ()
    company.desk.merge(["a", "b"], actor="root")
    assert _figures(company, "root")["company"] == (1, 0, 0, 1)


def test_figures_follow_every_change(company: Company) -> None:
    """T2, M8, A16, G4, G10: kept figures are a recount whatever is done to tickets and stages."""
    desk = company.desk
    company.team("auto", Visibility.COMPANY, auto_assign=True, member_ids=["cyd"])
    company.away("cyd", days=None)
    steps: list[Any] = [
        lambda: company.open("auto", id="w"),
        lambda: desk.assign("w", "ann", actor=SETUP),
        lambda: desk.assign("w", None, actor=SETUP),
        lambda: desk.transfer("w", "company", actor=SETUP),
        lambda: company.open(id="x"),
        lambda: desk.merge(["w", "x"], actor=SETUP),
        lambda: desk.unmerge(
            next(e.merge_id for e in desk.history("w", actor=SETUP) if e.name == "TicketsMerged"),  # type: ignore[attr-defined]
            actor=SETUP,
        ),
        lambda: desk.create_stage("Parked", id="parked", actor=SETUP, team_ids=["company"]),
        lambda: desk.drag("x", "parked", below=None, actor=SETUP),
        lambda: desk.remove_stage("parked", move_to="working", actor=SETUP),
        lambda: desk.close("x", actor=SETUP),
    ]
    for step in steps:
        step()
        assert desk.check() == ()
        rows = _figures(company, SETUP)
        open_ = sum(row[0] for row in rows.values())
        assert open_ == desk.count(actor=SETUP, query=TicketFilter(closed=False))
        waiting = sum(row[2] for row in rows.values())
        assert waiting == desk.count(actor=SETUP, query=TicketFilter(closed=False, waiting=True))


def test_a_cursor_of_a_column_holds_a_rank(company: Company) -> None:
    """T8, G12: a forged cursor of a column is refused by name, or goes on after its place."""
    for n in range(3):
        company.open(id=f"T-{n}")
    page = company.desk.column("new", actor="ann", limit=1)
    assert page.next is not None
    query = TicketFilter(stage_ids=frozenset({"new"}))
    cursors = Cursors.of("column", stage_id="new", query=query, text="", by_rank=True)
    assert cursors.after(page.tickets[0].rank, "T-0") == page.next
    for forged in (
        cursors.after("0", "T-0"),
        cursors.after(None, "T-0"),
        cursors.after("é", "T-0"),
    ):
        with pytest.raises(InvalidValueError, match="after is not a cursor of this list"):
            company.desk.column("new", actor="ann", after=forged)
    far = company.desk.column("new", actor="ann", after=cursors.after("zzz", "T-0"))
    assert (far.tickets, far.count) == ((), 3)
