"""Where somebody begins, boards with what is dragged and folded on them, and the search."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from helpdesk_core import ConflictError, InvalidValueError, RefusedError, TicketFilter

from .pages import At, Field, Inside

router = APIRouter()
OPEN, CLOSED = TicketFilter(closed=False), TicketFilter(closed=True)


@router.get("/")
def begin(here: At) -> Response:
    """The dashboard for employees; for customers what they asked."""
    me = here.me.id
    if not here.me.is_external:
        return here.show("home.html", "Teams", rows=here.desk.dashboard(actor=me))
    counts = [here.desk.count(actor=me, query=query) for query in (OPEN, CLOSED)]
    page = here.desk.tickets(actor=me, newest_first=True)
    return here.show("requests.html", "Your requests", tickets=page.items, counts=counts)


@router.get("/search")
def search(here: At, text: str = "", after: str | None = None) -> Response:
    """Tickets by their words, as the one who looks may find them."""
    page = here.desk.search(text, actor=here.me.id, after=after, limit=20) if text else None
    return here.show("search.html", text or "Find tickets", text=text, page=page)


def scope(board: str) -> dict[str, Any]:
    """What the library calls the board: `all`, `mine`, or a team by its id after `team:`."""
    return {"team_id": board.partition(":")[2] or None, "mine": board == "mine"}


@router.get("/boards/{board}")
def board(here: Inside, board: str, text: str = "") -> Response:
    """A board, as the one who looks has folded it (G2)."""
    asked: dict[str, Any] = {"actor": here.me.id, "text": text, "limit": 10}
    for name in ("folded", "unfolded"):
        asked[f"temporarily_{name}"] = here.request.session.get(name, [])
    if board == "mine":
        shown = here.desk.my_board(**asked)
    else:
        shown = here.desk.board(scope(board)["team_id"], **asked)
    return here.show("board.html", shown.name, shown=shown, board=board, text=text)


@router.get("/boards/{board}/{stage_id}")
def column(here: Inside, board: str, stage_id: str, after: str, text: str = "") -> Response:
    """The next page of a column."""
    page = here.desk.column(
        stage_id, actor=here.me.id, text=text, after=after, limit=10, **scope(board)
    )
    return here.show("column.html", page.stage.name, column=page, board=board, text=text)


@router.post("/boards/{board}/{stage_id}/fold")
def fold(here: At, board: str, stage_id: str, folded: Annotated[bool, Form()]) -> Response:
    """Fold or open a column for oneself: it is remembered as its width would be (G2)."""
    mine = {name: set(here.request.session.get(name, [])) for name in ("folded", "unfolded")}
    do, undo = ("folded", "unfolded") if folded else ("unfolded", "folded")
    mine[do] |= {stage_id} - mine[undo]
    mine[undo] -= {stage_id}
    known = set(here.names)  # what else is sent is not kept
    here.request.session.update({name: sorted(ids & known) for name, ids in mine.items()})
    return here.go(f"/boards/{board}")


@router.get("/tickets/{ticket_id}/move")
def move_to(here: Inside, ticket_id: str, board: str = "all") -> Response:
    """*Move to…*: the stages that the library allows, and the places in its own column."""
    ticket = here.desk.ticket(ticket_id, actor=here.me.id)
    moves = here.desk.allowed_moves(ticket_id, actor=here.me.id)
    column = here.desk.column(ticket.stage_id, actor=here.me.id, limit=30, **scope(board))
    return here.show(
        "move.html", f"Move {ticket_id}", ticket=ticket, moves=moves, column=column, board=board
    )


@router.post("/tickets/{ticket_id}/move")
def move(
    here: At, ticket_id: str, board: Field, stage_id: Field, below: Field = "", above: Field = ""
) -> Response:
    """What was dropped, or moved with the keyboard; the board is shown as it is now."""
    try:
        here.desk.drag(
            ticket_id, stage_id, below=below or None, above=above or None, actor=here.me.id
        )
        said = f"{ticket_id} is in {here.name(stage_id)} now."
    except (RefusedError, ConflictError, InvalidValueError) as error:
        if isinstance(error, RefusedError) and error.code.startswith("permission."):
            raise
        said = here.refusal(error)
    return here.go(f"/boards/{board}", said)
