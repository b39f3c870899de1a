"""A ticket: what was said, who follows, who may see it and why; new ones; and merging."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Query, Response, UploadFile
from fastapi.responses import StreamingResponse

from helpdesk_core import Match, NewFile, RefusedError, Ticket, Visibility, every
from helpdesk_core.events import TicketAssigned, TicketsMerged, TicketsUnmerged

from .company import HOST, PEOPLE
from .pages import NOT_KEPT, At, Field, Here

router = APIRouter()
Flag = Annotated[bool, Form()]


def alike(here: Here, matches: Iterable[Match]) -> list[tuple[Ticket, int]]:
    """The tickets behind ratings, each with its rating in percent."""
    me = here.me.id
    return [(here.desk.ticket(m.ticket_id, actor=me), round(m.rating * 100)) for m in matches]


# --- new ones ------------------------------------------------------------------------------------


@router.get("/tickets/new")
def new(here: At) -> Response:
    """An empty form. A customer opens no team: where they may ask is what the host publishes."""
    teams = list(every(here.desk.teams, actor=HOST if here.me.is_external else here.me.id))
    if here.me.is_external:
        teams = [team for team in teams if team.visibility is Visibility.PUBLIC]
    customers = [user for user in PEOPLE.values() if user.is_external]
    return here.show("new.html", "New ticket", teams=teams, customers=customers)


@router.post("/tickets/alike")
def alike_new(
    here: At, team_id: Field, subject: Field = "", description: Field = "", customer_id: Field = ""
) -> Response:
    """While somebody types: what looks like it already. Outsiders are told of nothing (M11)."""
    matches = subject.strip() and here.desk.duplicates_of_new(
        team_id, subject.strip(), description=description, customer_id=customer_id or None,
        actor=here.me.id, limit=5,
    )  # fmt: skip
    return here.show("alike.html", "", alike=alike(here, matches or ()))


@router.post("/tickets/new")
def create(
    here: At, team_id: Field, subject: Field = "", description: Field = "", customer_id: Field = ""
) -> Response:
    """Open it, and go there."""
    opened = here.desk.open_ticket(
        team_id, subject.strip(), description, customer_id=customer_id or None, actor=here.me.id
    )
    return here.go(f"/tickets/{opened.id}", "Your ticket is open.")


# --- one ticket ----------------------------------------------------------------------------------


@router.get("/tickets/{ticket_id}")
def ticket(here: At, ticket_id: str) -> Response:
    """One ticket; of what is beside the conversation an outsider is asked for nothing."""
    desk, me = here.desk, here.me.id
    ticket = desk.ticket(ticket_id, actor=me)
    merged = every(desk.merged_tickets, ticket_id, actor=me)
    said = [*((one.created_at, one) for one in merged),
            *((one.at, one) for one in every(desk.messages, ticket_id, actor=me))]  # fmt: skip
    values: dict[str, Any] = {
        "ticket": ticket,
        "conversation": sorted(said, key=lambda one: one[0]),
        "files": list(every(desk.attachments, ticket_id, actor=me)),
    }
    if not here.me.is_external:
        history = list(every(desk.history, ticket.id, actor=me))
        undone = {event.merge_id for event in history if isinstance(event, TicketsUnmerged)}
        merges = [e for e in history if isinstance(e, TicketsMerged) and e.merge_id not in undone]
        given = [event for event in history if isinstance(event, TicketAssigned)]
        values |= {
            "history": history,
            "merges": merges,
            "assigned": given[-1] if given else None,
            "access": desk.access(ticket.id, actor=me),
            "alike": alike(here, desk.duplicates(ticket.id, actor=me, limit=5)),
        }
    return here.show("ticket.html", ticket.subject, **values)


@router.post("/tickets/{ticket_id}/say")
def say(
    here: At, ticket_id: str, body: Field, internal: Flag = False, file: UploadFile | None = None
) -> Response:
    """A reply, or an internal note, with a file if there is one."""
    files = []
    if file is not None and file.filename:
        kind = file.content_type or "application/octet-stream"
        files = [NewFile(name=file.filename, content=file.file, media_type=kind)]
    put = here.desk.note if internal else here.desk.reply
    put(ticket_id, body.strip(), actor=here.me.id, files=files)
    done = "The note is written." if internal else "Your reply is sent."
    return here.go(f"/tickets/{ticket_id}", done)


@router.get("/tickets/{ticket_id}/files/{file_id}")
def download(here: At, ticket_id: str, file_id: str) -> Response:
    """A file, to be saved and never to be shown by this host."""
    files = every(here.desk.attachments, ticket_id, actor=here.me.id)
    name = next((file.name for file in files if file.id == file_id), None)
    if name is None:
        raise HTTPException(404)
    content = here.desk.read_attachment(ticket_id, file_id, actor=here.me.id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return StreamingResponse(content, 200, NOT_KEPT | headers, "application/octet-stream")


@router.post("/tickets/{ticket_id}/follow")
def follow(here: At, ticket_id: str, user_id: Field, ends: Flag = False) -> Response:
    """Begin or end to follow; the library says what the follower may see by it (V5, V17)."""
    change = here.desk.unfollow_ticket if ends else here.desk.follow_ticket
    decision = change(ticket_id, user_id, actor=here.me.id)
    does = "follows no longer" if ends else "follows"
    told = f"{here.name(user_id)} {does}. Can they see the ticket? {here.explain(decision)}"
    gone = user_id == here.me.id and not decision.allowed
    return here.go("/" if gone else f"/tickets/{ticket_id}", told)


@router.get("/tickets/{ticket_id}/who")
def who(here: At, ticket_id: str) -> Response:
    """*Who can see this?* The library explains one person; the host asks it of each it knows."""
    ticket = here.desk.ticket(ticket_id, actor=here.me.id)
    rows, refusal = [], ""
    try:
        for user in PEOPLE.values():
            why = here.desk.explain_access(ticket_id, user.id, actor=here.me.id)
            rows.append((user, why.decision.allowed, here.explain(why)))
    except RefusedError as error:
        refusal = here.refusal(error)
    rows.sort(key=lambda row: not row[1])
    return here.show("who.html", "Who can see this?", ticket=ticket, rows=rows, refusal=refusal)


# --- merging -------------------------------------------------------------------------------------


@router.get("/tickets/{ticket_id}/merge")
def preview(
    here: At, ticket_id: str, other: Annotated[list[str], Query()],
    master_id: str = "", across: bool = False,
) -> Response:  # fmt: skip
    """What a merge would do, before it does."""
    ids = [ticket_id, *(id.strip() for id in other)]
    plan = here.desk.preview_merge(
        ids, actor=here.me.id, master_id=master_id or None, allow_cross_visibility=across
    )
    tickets = {id: here.desk.ticket(id, actor=here.me.id) for id in ids}
    across |= any(r.code == "merge.refused.cross_visibility" for r in plan.decision.reasons)
    return here.show(
        "merge.html",
        "What a merge would do",
        plan=plan,
        tickets=tickets,
        ticket_id=ticket_id,
        across=across,
    )


@router.post("/tickets/{ticket_id}/merge")
def merge(
    here: At, ticket_id: str, other: Annotated[list[str], Form()], master_id: Field,
    across: Flag = False,
) -> Response:  # fmt: skip
    """Make one ticket of them."""
    done = here.desk.merge(
        [ticket_id, *other], actor=here.me.id, master_id=master_id, allow_cross_visibility=across
    )
    return here.go(f"/tickets/{done.master_id}", f"Merged: {', '.join(map(str, done.merged_ids))}.")


@router.post("/tickets/{ticket_id}/unmerge")
def unmerge(here: At, ticket_id: str, merge_id: Field) -> Response:
    """Take a merge back."""
    plan = here.desk.unmerge(merge_id, actor=here.me.id)
    left = len(plan.not_restored) + len(plan.stays_on_master)
    told = f" What stays as it is now: {left}." if left else ""
    return here.go(f"/tickets/{ticket_id}", f"The merge is undone.{told}")
