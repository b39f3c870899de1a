"""The use-cases of `Helpdesk`, to be awaited."""

# Made by `make async` from the use-cases of `helpdesk_core.service`: change it there.
# ruff: noqa: B008 - the defaults are frozen

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from helpdesk_core.aio.bridge import run
from helpdesk_core.assignment import Assignment, HandoverPlan, Workload
from helpdesk_core.availability import Gap
from helpdesk_core.decisions import Decision
from helpdesk_core.duplicates import Group, Match
from helpdesk_core.entities import (
    Absence,
    Actor,
    Attachment,
    FieldValue,
    Id,
    Message,
    ReceivedMail,
    Stage,
    Team,
    Ticket,
    TimeEntry,
    User,
    Visibility,
)
from helpdesk_core.entities.host_fields import NO_FIELDS
from helpdesk_core.events import Event
from helpdesk_core.merge import MergePlan, UnmergePlan
from helpdesk_core.plans import Discard, Merge
from helpdesk_core.ports import IncomingEmail, TicketFilter
from helpdesk_core.service import Helpdesk
from helpdesk_core.service.boards import _ANY
from helpdesk_core.service.checking import GRACE, Finding, Repaired
from helpdesk_core.service.closing import ClosedInactive
from helpdesk_core.service.delivering import DeadLetter, Delivered
from helpdesk_core.service.incoming import Received
from helpdesk_core.service.keeping import ATTACHMENT_LIMIT, NewFile
from helpdesk_core.service.pages import Page
from helpdesk_core.service.removing import Removed
from helpdesk_core.service.searching import SearchPage
from helpdesk_core.service.suggesting import THRESHOLD
from helpdesk_core.stages import FoldPlan, ReorderPlan, StageRemovalPlan
from helpdesk_core.stages.boards import Board, BoardColumn, TeamFigures
from helpdesk_core.templates import EmailTemplate, Rendered, SmsTemplate
from helpdesk_core.visibility import AccessExplanation, TeamPlan, VisibilityPlan


class AsyncUseCases:
    """What can be done with a help desk; `Helpdesk` says how."""

    _desk: Helpdesk

    async def assign(
        self,
        ticket_id: Id,
        user_id: Id | None,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give the ticket to somebody, or to nobody, by hand (A7, A18, V10).

        Raises `RefusedError` when they are not eligible. Somebody who is away gets it all the same;
        the event then carries a warning.
        """
        return await run(
            self._desk.assign,
            ticket_id,
            user_id,
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def assign_waiting(self, *, actor: Actor, limit: int = 100) -> tuple[Ticket, ...]:
        """Serve tickets that wait for somebody, oldest first; those that got an assignee (A16).

        A host's worker calls it, say every minute, with `actor=System(reason="worker")`. Raises
        `CalendarError` when the calendar does not answer; the tickets then go on waiting (A14).
        """
        return await run(self._desk.assign_waiting, actor=actor, limit=limit)

    async def explain_assignment(
        self, team_id: Id, *, actor: Actor, tags: Collection[str] = ()
    ) -> Assignment:
        """Whom the team's next ticket, with these tags, would go to now, and why (A20).

        It shows the team's counts, so it is for who sees all of the team's tickets (T2).
        Raises `CalendarError` when the calendar does not answer (A14).
        """
        return await run(self._desk.explain_assignment, team_id, actor=actor, tags=tags)

    async def preview_handover(
        self, team_id: Id, absence: Absence, *, actor: Actor
    ) -> HandoverPlan:
        """Who would take over the open tickets of somebody who will be away (A15).

        Nothing changes, and the calendar need not know of the absence yet. It shows the team's
        counts, so it is for who sees all of the team's tickets (T2). Raises `CalendarError` when
        the calendar does not answer (A14).
        """
        return await run(self._desk.preview_handover, team_id, absence, actor=actor)

    async def hand_over(
        self, team_id: Id, absence: Absence, *, actor: Actor, idempotency_key: str | None = None
    ) -> HandoverPlan:
        """Carry out what `preview_handover` shows, as it is by then (A15).

        Tickets for which there is nobody stay where they are.
        """
        return await run(
            self._desk.hand_over, team_id, absence, actor=actor, idempotency_key=idempotency_key
        )

    async def coverage(
        self, team_id: Id, since: datetime, until: datetime, *, actor: Actor
    ) -> tuple[Gap, ...]:
        """The hours in which nobody who may get the team's tickets will be there (A9, A13).

        For whoever sees all of the team (V12); at most ten years at once. Raises `CalendarError`
        when the calendar does not answer (A14).
        """
        return await run(self._desk.coverage, team_id, since, until, actor=actor)

    async def board(
        self,
        team_id: Id | None = None,
        *,
        actor: Actor,
        query: TicketFilter = _ANY,
        text: str = "",
        temporarily_folded: Collection[Id] = (),
        temporarily_unfolded: Collection[Id] = (),
        limit: int = 50,
    ) -> Board:
        """A team's board, or *All tickets* when no team is named (G12, G2, V13).

        Columns in order; folded ones with name and count only; of the others the first `limit`
        tickets, and the cursor with which `column` goes on. `query` and `text` show and count only
        the tickets that they ask for; with `text` those that were found come newest first. The two
        temporary sets are this viewer's own setting and change nothing else.
        """
        return await run(
            self._desk.board,
            team_id,
            actor=actor,
            query=query,
            text=text,
            temporarily_folded=temporarily_folded,
            temporarily_unfolded=temporarily_unfolded,
            limit=limit,
        )

    async def my_board(
        self,
        *,
        actor: Id,
        query: TicketFilter = _ANY,
        text: str = "",
        temporarily_folded: Collection[Id] = (),
        temporarily_unfolded: Collection[Id] = (),
        limit: int = 50,
    ) -> Board:
        """*My tickets*: those assigned to the viewer, over all teams (G12)."""
        return await run(
            self._desk.my_board,
            actor=actor,
            query=query,
            text=text,
            temporarily_folded=temporarily_folded,
            temporarily_unfolded=temporarily_unfolded,
            limit=limit,
        )

    async def column(
        self,
        stage_id: Id,
        *,
        actor: Actor,
        team_id: Id | None = None,
        mine: bool = False,
        query: TicketFilter = _ANY,
        text: str = "",
        after: str | None = None,
        limit: int = 50,
    ) -> BoardColumn:
        """One column of a board, a page at a time, folded or not (G12, T8, V13).

        The board is that of `team_id`, or of *My tickets* with `mine`, or *All tickets*. A page
        costs the same however many tickets the column has.
        """
        return await run(
            self._desk.column,
            stage_id,
            actor=actor,
            team_id=team_id,
            mine=mine,
            query=query,
            text=text,
            after=after,
            limit=limit,
        )

    async def dashboard(self, *, actor: Actor) -> tuple[TeamFigures, ...]:
        """What each team that the viewer may open has to do, in the order of the teams (T2, V13).

        Counted are the tickets that the viewer may see. Outsiders open no team, and see none (V3).
        """
        return await run(self._desk.dashboard, actor=actor)

    async def drag(
        self,
        ticket_id: Id,
        stage_id: Id,
        *,
        actor: Actor,
        below: Id | None = None,
        above: Id | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Drop the ticket into a column, `below` one ticket and `above` another (G12, G3, G8).

        One of the two is enough: the other neighbour is then the next one that the viewer sees;
        with neither, the ticket keeps its place in time. No other ticket is touched. Into another
        stage it is a move, with all that follows from it. Raises `RefusedError` when the column
        has changed meanwhile, so that the two are not in it, or in another order.
        """
        return await run(
            self._desk.drag,
            ticket_id,
            stage_id,
            actor=actor,
            below=below,
            above=above,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def check(self) -> tuple[Finding, ...]:
        """What is wrong in the store; nothing is well. It only looks, however long it takes.

        Kept counts against a recount (A7, T2); what a search knows against the texts (V13); rows
        that hang on nothing; tickets in a stage that their team lacks (G5); people who are named
        and not known; tombstones that lead nowhere or in a circle (M9); dead messages (N1); files
        without their attachment and the other way round, which is what a crash leaves.
        """
        return await run(self._desk.check)

    async def repair(self, *, actor: Actor, grace: timedelta = GRACE) -> Repaired:
        """Mend what can be mended without guessing; what, and what is left, as findings (T5).

        Kept counts are set to what a recount gives, and what a search knows to what the texts say
        (V13). Files without their attachment are dropped when they are older than `grace`, and
        those that were to be removed for legal reasons whatever their age (T9). Each is
        recorded as a `StoreRepaired`.
        """
        return await run(self._desk.repair, actor=actor, grace=grace)

    async def close_inactive(
        self,
        days: int,
        stage_ids: Collection[Id],
        *,
        actor: Actor,
        team_ids: Collection[Id] | None = None,
        limit: int = 100,
    ) -> ClosedInactive:
        """Close tickets in these stages that saw nothing for `days`: no event is recorded (G13).

        At most `limit`, oldest first, each in a transaction of its own that looks again: so it may
        run twice, and in several workers at once. They go into their team's first folded stage,
        with its messages (G8) and a `TicketClosed` each (G3). A stage that is folded and a team
        without a folded stage are passed over, with the reason; a stage or a team that is not
        there is a `NotFoundError`. A host's worker calls it with `actor=System(reason="worker")`;
        somebody else closes only what they may see (V13). It asks no table of allowed moves.
        """
        return await run(
            self._desk.close_inactive, days, stage_ids, actor=actor, team_ids=team_ids, limit=limit
        )

    async def reply(
        self,
        ticket_id: Id,
        body: str,
        *,
        actor: Actor,
        automatic: bool = False,
        to_root: bool = False,
        files: Iterable[NewFile] = (),
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Say something that the customer reads too, with files if any (V9, V20).

        The right is checked on the ticket addressed; a reply to a tombstone lands on the root (M9).
        Where the root has another customer, an internal user must say so with `to_root`: they would
        write to somebody else than they see before them. `automatic` marks what a machine sent
        (N3). What its customer answers to a closed ticket opens it again, or another one that is
        linked to it, as the team's `on_answer` says; then the message is on that one (G11).
        """
        return await run(
            self._desk.reply,
            ticket_id,
            body,
            actor=actor,
            automatic=automatic,
            to_root=to_root,
            files=files,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def note(
        self,
        ticket_id: Id,
        body: str,
        *,
        actor: Actor,
        files: Iterable[NewFile] = (),
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Message:
        """Write an internal note, with files if any, which reach nobody outside (V15)."""
        return await run(
            self._desk.note,
            ticket_id,
            body,
            actor=actor,
            files=files,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def log_time(
        self,
        ticket_id: Id,
        minutes: int,
        *,
        actor: Id,
        note: str = "",
        idempotency_key: str | None = None,
    ) -> TimeEntry:
        """Record minutes that the one who acts worked on the ticket."""
        return await run(
            self._desk.log_time,
            ticket_id,
            minutes,
            actor=actor,
            note=note,
            idempotency_key=idempotency_key,
        )

    async def deliver(self, limit: int = 100) -> Delivered:
        """Hand up to `limit` messages of the outbox to the notifier, each at least once (N1).

        Of a ticket they go in order, and for one person one after the other; who cannot be reached
        keeps nobody else waiting. The right to be told and the address are looked up at this moment
        (N2). What the notifier refuses, by whatever exception, is tried again, later each time, and
        is dead after a number of attempts: then the history of the ticket says so
        (`MessageGivenUp`). Any number of workers may call this at once.
        """
        return await run(self._desk.deliver, limit)

    async def dead_letters(
        self, *, actor: Actor, after: str | None = None, limit: int = 100
    ) -> Page[DeadLetter]:
        """Messages that were given up, oldest first (N1, T8)."""
        return await run(self._desk.dead_letters, actor=actor, after=after, limit=limit)

    async def send_again(
        self, keys: Collection[str], *, actor: Actor, idempotency_key: str | None = None
    ) -> int:
        """Try messages that were given up once more, as if for the first time; how many (N1)."""
        return await run(self._desk.send_again, keys, actor=actor, idempotency_key=idempotency_key)

    async def set_aside(
        self, keys: Collection[str], *, actor: Actor, idempotency_key: str | None = None
    ) -> int:
        """Try messages that were given up no more: `purge` drops them in time; how many (N1)."""
        return await run(self._desk.set_aside, keys, actor=actor, idempotency_key=idempotency_key)

    async def purge(self) -> int:
        """Drop what was sent or skipped, and idempotency keys, older than 30 days; how many.

        The history of tickets stays (T6).
        """
        return await run(self._desk.purge)

    async def attach(
        self,
        ticket_id: Id,
        name: str,
        content: bytes | BinaryIO,
        *,
        actor: Actor,
        media_type: str = "application/octet-stream",
        message_id: Id | None = None,
        internal: bool = False,
        to_root: bool = False,
        limit: int = ATTACHMENT_LIMIT,
        idempotency_key: str | None = None,
    ) -> Attachment:
        """Add a file of at most `limit` bytes to a ticket, or to a message on it.

        A file of an internal note is internal too (V15). Where a tombstone's root has another
        customer, who would read it, an internal user must say `to_root`, as in `reply`. The bytes
        are kept before the transaction begins and dropped again when it is rolled back; what a
        crash leaves is found by `check`.
        """
        return await run(
            self._desk.attach,
            ticket_id,
            name,
            content,
            actor=actor,
            media_type=media_type,
            message_id=message_id,
            internal=internal,
            to_root=to_root,
            limit=limit,
            idempotency_key=idempotency_key,
        )

    async def read_attachment(self, ticket_id: Id, attachment_id: Id, *, actor: Actor) -> BinaryIO:
        """The bytes of an attachment, for who may see the ticket (V14, V15)."""
        return await run(self._desk.read_attachment, ticket_id, attachment_id, actor=actor)

    async def follow_ticket(
        self, ticket_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """Let somebody follow a ticket; the decision says whether they can view it (V5, V17).

        To follow oneself takes the right to view; to add others takes an agent (T5). An outside
        follower chosen on a PRIVATE team is notified, and still cannot view (V5).
        """
        return await run(
            self._desk.follow_ticket,
            ticket_id,
            user_id,
            actor=actor,
            idempotency_key=idempotency_key,
        )

    async def unfollow_ticket(
        self, ticket_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """End somebody's chosen follow; the decision says what still grants access (V17).

        An assignee goes on following until somebody else has the ticket (V10).
        """
        return await run(
            self._desk.unfollow_ticket,
            ticket_id,
            user_id,
            actor=actor,
            idempotency_key=idempotency_key,
        )

    async def follow_team(
        self, team_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """Let somebody follow a team: all of its tickets, old ones too, from this moment (V2, V9).

        On a PRIVATE team this is the invitation, which nobody gives themselves: it takes somebody
        who sees all of the team's tickets. To add others takes a team lead (T5).
        """
        return await run(
            self._desk.follow_team, team_id, user_id, actor=actor, idempotency_key=idempotency_key
        )

    async def unfollow_team(
        self, team_id: Id, user_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Decision:
        """End somebody's chosen follow of a team; the decision says what still opens it (V17)."""
        return await run(
            self._desk.unfollow_team, team_id, user_id, actor=actor, idempotency_key=idempotency_key
        )

    async def preview_merge(
        self,
        ticket_ids: Sequence[Id],
        *,
        actor: Actor,
        master_id: Id | None = None,
        allow_cross_visibility: bool = False,
        add_followers: Collection[Id] = (),
    ) -> MergePlan:
        """What `merge` would do: the result, conflicts, followers left behind (M4, M7, M11, M15).

        With each ticket's similarity to the master and its shares, however it was selected.
        """
        return await run(
            self._desk.preview_merge,
            ticket_ids,
            actor=actor,
            master_id=master_id,
            allow_cross_visibility=allow_cross_visibility,
            add_followers=add_followers,
        )

    async def merge(
        self,
        ticket_ids: Sequence[Id],
        *,
        actor: Actor,
        master_id: Id | None = None,
        allow_cross_visibility: bool = False,
        add_followers: Collection[Id] = (),
        idempotency_key: str | None = None,
    ) -> Merge:
        """Make one ticket of several, all or nothing; no customer is written to (M6-M12).

        The master is the oldest unless `master_id` chooses (M4). The same merge again gives its
        record again and does nothing (M10). Teams of different visibility need
        `allow_cross_visibility`; `add_followers` carries people over by name (M7). The host's own
        fields become one as `merge_fields` says; where that cannot be, it is refused. Raises
        `PortError` when a function in there raises: nothing is done.
        """
        return await run(
            self._desk.merge,
            ticket_ids,
            actor=actor,
            master_id=master_id,
            allow_cross_visibility=allow_cross_visibility,
            add_followers=add_followers,
            idempotency_key=idempotency_key,
        )

    async def unmerge(
        self, merge_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> UnmergePlan:
        """Undo a merge: what it changed, as far as nobody changed it since (M14).

        Raises `RefusedError` when a later merge stands on it, or it was undone before. The plan
        names what was not restored, and the messages that came later and stay on the master.
        """
        return await run(self._desk.unmerge, merge_id, actor=actor, idempotency_key=idempotency_key)

    async def allowed_moves(self, ticket_id: Id, *, actor: Actor) -> tuple[Stage, ...]:
        """The other stages that the one who acts may `move` the ticket to, in order (T5, G5).

        Nothing for who may not move tickets, and for a tombstone, which stays in its place (M8).
        """
        return await run(self._desk.allowed_moves, ticket_id, actor=actor)

    async def add_user(
        self, user: User, *, actor: Actor, idempotency_key: str | None = None
    ) -> User:
        """Make somebody known; the same id again is a `ConflictError`."""
        return await run(self._desk.add_user, user, actor=actor, idempotency_key=idempotency_key)

    async def change_user(
        self, user_id: Id, *, actor: Actor, idempotency_key: str | None = None, **fields: Any
    ) -> User:
        """Change name, roles, active, addresses or language.

        Who stops being eligible leaves every pool at once, and no longer follows as a member (T3,
        V10). A contact may become a portal user, and then follows their own tickets of PUBLIC teams
        as their customer (T5); no other change of kind is accepted, since what somebody follows
        would then mean something else.
        """
        return await run(
            self._desk.change_user, user_id, actor=actor, idempotency_key=idempotency_key, **fields
        )

    async def ticket(self, ticket_id: Id, *, actor: Actor) -> Ticket:
        """One ticket, a tombstone too for who could view it (M8); else `NotFoundError` (V14)."""
        return await run(self._desk.ticket, ticket_id, actor=actor)

    async def resolve(self, ticket_id: Id, *, actor: Actor) -> Id:
        """The id of the ticket that this one was merged into in the end, or its own (M9).

        Who may not see the root is not told its id, by the error either (M7, V14).
        """
        return await run(self._desk.resolve, ticket_id, actor=actor)

    async def tickets(
        self,
        *,
        actor: Actor,
        query: TicketFilter = TicketFilter(),
        after: str | None = None,
        limit: int = 50,
        newest_first: bool = False,
    ) -> Page[Ticket]:
        """The tickets that the one who acts may see and asks for, a page at a time (V13, T8)."""
        return await run(
            self._desk.tickets,
            actor=actor,
            query=query,
            after=after,
            limit=limit,
            newest_first=newest_first,
        )

    async def count(self, *, actor: Actor, query: TicketFilter = TicketFilter()) -> int:
        """How many `tickets` would give in all (V13)."""
        return await run(self._desk.count, actor=actor, query=query)

    async def messages(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Message]:
        """What was said on the ticket and on those merged into it, in order of time (M6).

        Who is outside sees no internal note (V15). Of a ticket that it was merged into and that is
        hidden, everybody sees what they wrote there themselves through this one (M7, M9). What the
        merged ones were opened with is in `merged_tickets`.
        """
        return await run(self._desk.messages, ticket_id, actor=actor, after=after, limit=limit)

    async def attachments(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Attachment]:
        """The files on the ticket and on those merged into it, in order of time (M6, V15)."""
        return await run(self._desk.attachments, ticket_id, actor=actor, after=after, limit=limit)

    async def time_entries(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[TimeEntry]:
        """The time worked on the ticket and on those merged into it; nothing for outsiders (M6)."""
        return await run(self._desk.time_entries, ticket_id, actor=actor, after=after, limit=limit)

    async def mails(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[ReceivedMail]:
        """By which mails it came, with what they quoted; nothing for outsiders (N3, M6, V15)."""
        return await run(self._desk.mails, ticket_id, actor=actor, after=after, limit=limit)

    async def merged_tickets(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Ticket]:
        """The tickets that were merged into this one, by whatever chain, oldest first (M6, M8).

        With what they were opened with, which no message repeats. Those that the one who acts may
        see (M7).
        """
        return await run(
            self._desk.merged_tickets, ticket_id, actor=actor, after=after, limit=limit
        )

    async def history(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Event]:
        """Who did what when on the ticket; who is outside sees no internal event (T6, V15).

        Other tickets and teams are named to who may see them, and counts of the team to who sees
        all of it (M7, V12).
        """
        return await run(self._desk.history, ticket_id, actor=actor, after=after, limit=limit)

    async def access(self, ticket_id: Id, *, actor: Actor) -> Decision:
        """Why the one who acts may see the ticket (V19); if not: `NotFoundError` (V14)."""
        return await run(self._desk.access, ticket_id, actor=actor)

    async def explain_access(
        self, ticket_id: Id, user_id: Id, *, actor: Actor
    ) -> AccessExplanation:
        """Why somebody may see the ticket, or not, and what would have to change (V17, V19).

        For those who may see the ticket themselves and may change its team (T5).
        """
        return await run(self._desk.explain_access, ticket_id, user_id, actor=actor)

    async def team(self, team_id: Id, *, actor: Actor) -> Team:
        """One team that the one who acts may open; else `NotFoundError` (V12, V14)."""
        return await run(self._desk.team, team_id, actor=actor)

    async def teams(self, *, actor: Actor, after: str | None = None, limit: int = 50) -> Page[Team]:
        """The teams that the one who acts may open, in the order in which they came (V1, V12).

        A cursor of a team that may not be opened any more is refused as one that is none (V14).
        """
        return await run(self._desk.teams, actor=actor, after=after, limit=limit)

    async def stages(self, team_id: Id, *, actor: Actor) -> tuple[Stage, ...]:
        """A team's stages in order (G6)."""
        return await run(self._desk.stages, team_id, actor=actor)

    async def user(self, user_id: Id, *, actor: Actor) -> User:
        """Somebody, for employees; outsiders find only themselves (V14)."""
        return await run(self._desk.user, user_id, actor=actor)

    async def workloads(self, team_id: Id, *, actor: Actor) -> Mapping[Id, Workload]:
        """The team's counts per person, who left included (A7).

        Kept counts are for who sees all of the team's tickets (T2).
        """
        return await run(self._desk.workloads, team_id, actor=actor)

    async def receive(
        self,
        mail: IncomingEmail,
        team_id: Id,
        *,
        verified: bool,
        actor: Actor,
        new_contacts: bool = True,
        idempotency_key: str | None = None,
    ) -> Received:
        """Take in a mail that came to this team's mailbox: an answer, or a new ticket (N3).

        It is an answer when it names a ticket on which its sender may write: the right is checked
        on the ticket addressed, and the words stand on its root (M9). All else opens a ticket, so a
        mail is never a way in. An answer to an internal note is one. The sender is whoever has
        exactly this address; nobody has: a new contact, unless `new_contacts` is False.

        `verified` says that the host's mail server knows the sender's domain to have sent it: in an
        employee's name nothing is done without. The same mail again does nothing. What a machine
        sent tells nobody, and is never answered; its replies and returns open no ticket (N3).

        Raises `RefusedError` for a sender who may not be taken for who they say they are, so that a
        host can put the mail aside; `AttachmentStoreError` when its files cannot be kept, and
        `InvalidValueError` for one that is too large.
        """
        return await run(
            self._desk.receive,
            mail,
            team_id,
            verified=verified,
            actor=actor,
            new_contacts=new_contacts,
            idempotency_key=idempotency_key,
        )

    async def redact_message(
        self,
        ticket_id: Id,
        message_id: Id | None,
        *,
        actor: Actor,
        reason: str,
        idempotency_key: str | None = None,
    ) -> Removed:
        """Remove what a message said, and its files; None: what the ticket was opened with.

        The message stays, with its author and its time, and says `REMOVED`. Gone too are the texts
        of stages about the words that a ticket was opened with, all that is text in the host's own
        fields of it, also where a merge carried it to, what is still to be sent of it, and what
        idempotency keys would give again. `reason` is recorded: it quotes nothing.
        """
        return await run(
            self._desk.redact_message,
            ticket_id,
            message_id,
            actor=actor,
            reason=reason,
            idempotency_key=idempotency_key,
        )

    async def redact_attachment(
        self,
        ticket_id: Id,
        attachment_id: Id,
        *,
        actor: Actor,
        reason: str,
        idempotency_key: str | None = None,
    ) -> Removed:
        """Remove one file with its name; that there was one stays."""
        return await run(
            self._desk.redact_attachment,
            ticket_id,
            attachment_id,
            actor=actor,
            reason=reason,
            idempotency_key=idempotency_key,
        )

    async def erase_person(
        self,
        user_id: Id,
        *,
        actor: Actor,
        reason: str,
        words: bool,
        idempotency_key: str | None = None,
    ) -> Removed:
        """Remove what is known of somebody; with `words` what they wrote, too.

        Name, addresses and roles go. The id stays wherever it stands, and names nobody: they are
        inactive for ever. `words` has no default: whether what somebody wrote goes too is for the
        host to know. With it go their messages, files and notes, and what their tickets were
        opened with, as `redact_message` removes it.
        """
        return await run(
            self._desk.erase_person,
            user_id,
            actor=actor,
            reason=reason,
            words=words,
            idempotency_key=idempotency_key,
        )

    async def search(
        self,
        text: str,
        *,
        actor: Actor,
        query: TicketFilter = TicketFilter(),
        whole_words: bool = False,
        after: str | None = None,
        limit: int = 50,
    ) -> SearchPage:
        """The tickets in which all of the words stand together in one text, newest first (V13, T8).

        A text is subject and description together, or one message; what was said on a ticket that
        was merged into another is found there by those who may see both (M6, M7, M8). Case and
        accents make no difference, and the last word may be unfinished unless `whole_words`.
        Outsiders find nothing by an internal note (V15).
        """
        return await run(
            self._desk.search,
            text,
            actor=actor,
            query=query,
            whole_words=whole_words,
            after=after,
            limit=limit,
        )

    async def change_stage(
        self, stage_id: Id, *, actor: Actor, idempotency_key: str | None = None, **fields: Any
    ) -> Stage:
        """Change name, description, templates or `once_per_ticket`: no ticket changes (T4, G8).

        A template was checked when it was made (N4). What was announced before stays as it was.
        """
        return await run(
            self._desk.change_stage,
            stage_id,
            actor=actor,
            idempotency_key=idempotency_key,
            **fields,
        )

    async def preview_template(
        self,
        ticket_id: Id,
        template: EmailTemplate | SmsTemplate,
        *,
        actor: Actor,
        stage_id: Id | None = None,
    ) -> Rendered:
        """A template as this ticket's customer would read it now, in their language (N4).

        As on entering a stage of the ticket's team: by default the one that it is in.
        """
        return await run(
            self._desk.preview_template, ticket_id, template, actor=actor, stage_id=stage_id
        )

    async def create_stage(
        self,
        name: str,
        *,
        actor: Actor,
        id: Id | None = None,
        folded: bool = False,
        description: str = "",
        email_template: EmailTemplate | None = None,
        sms_template: SmsTemplate | None = None,
        once_per_ticket: bool = False,
        team_ids: Iterable[Id] = (),
        idempotency_key: str | None = None,
    ) -> Stage:
        """Create a stage, last in the one order, for these teams (G5, G6)."""
        return await run(
            self._desk.create_stage,
            name,
            actor=actor,
            id=id,
            folded=folded,
            description=description,
            email_template=email_template,
            sms_template=sms_template,
            once_per_ticket=once_per_ticket,
            team_ids=team_ids,
            idempotency_key=idempotency_key,
        )

    async def preview_fold(self, stage_id: Id, folded: bool, *, actor: Actor) -> FoldPlan:
        """How many tickets `fold_stage` or `unfold_stage` would close or reopen where (G4)."""
        return await run(self._desk.preview_fold, stage_id, folded, actor=actor)

    async def fold_stage(
        self,
        stage_id: Id,
        *,
        actor: Actor,
        confirmed: FoldPlan | str | None = None,
        idempotency_key: str | None = None,
    ) -> FoldPlan:
        """Fold a stage: its tickets are closed in *every* team that uses it (G4, G7).

        `confirmed` is the plan of `preview_fold`: see `as_shown`. Raises `RefusedError` without it
        when tickets are in the stage. No customer is written to.
        """
        return await run(
            self._desk.fold_stage,
            stage_id,
            actor=actor,
            confirmed=confirmed,
            idempotency_key=idempotency_key,
        )

    async def unfold_stage(
        self,
        stage_id: Id,
        *,
        actor: Actor,
        confirmed: FoldPlan | str | None = None,
        idempotency_key: str | None = None,
    ) -> FoldPlan:
        """Unfold a stage: its tickets are reopened in *every* team that uses it (G4).

        It is shown and confirmed as `fold_stage` is.
        """
        return await run(
            self._desk.unfold_stage,
            stage_id,
            actor=actor,
            confirmed=confirmed,
            idempotency_key=idempotency_key,
        )

    async def preview_reorder(self, stage_ids: Sequence[Id], *, actor: Actor) -> ReorderPlan:
        """What `reorder_stages` would change, and which teams would see it (G6)."""
        return await run(self._desk.preview_reorder, stage_ids, actor=actor)

    async def reorder_stages(
        self,
        stage_ids: Sequence[Id],
        *,
        actor: Actor,
        confirmed: ReorderPlan | str | None = None,
        idempotency_key: str | None = None,
    ) -> ReorderPlan:
        """Put all stages into another order, which changes no ticket (G6).

        `confirmed` is the plan of `preview_reorder`: see `as_shown`.
        """
        return await run(
            self._desk.reorder_stages,
            stage_ids,
            actor=actor,
            confirmed=confirmed,
            idempotency_key=idempotency_key,
        )

    async def preview_team_reorder(
        self, team_id: Id, stage_ids: Sequence[Id], *, actor: Actor
    ) -> ReorderPlan:
        """What `reorder_team_stages` would change, and which other teams would see it (G6)."""
        return await run(self._desk.preview_team_reorder, team_id, stage_ids, actor=actor)

    async def reorder_team_stages(
        self,
        team_id: Id,
        stage_ids: Sequence[Id],
        *,
        actor: Actor,
        confirmed: ReorderPlan | str | None = None,
        idempotency_key: str | None = None,
    ) -> ReorderPlan:
        """Put one team's columns into another order; the plan names who sees it too (G6).

        `confirmed` is the plan of `preview_team_reorder`: see `as_shown`.
        """
        return await run(
            self._desk.reorder_team_stages,
            team_id,
            stage_ids,
            actor=actor,
            confirmed=confirmed,
            idempotency_key=idempotency_key,
        )

    async def preview_stage_removal(
        self, stage_id: Id, *, actor: Actor, team_id: Id | None = None, move_to: Id | None = None
    ) -> StageRemovalPlan:
        """What `remove_stage` would do: how many tickets it moves, and whom it writes to (G10)."""
        return await run(
            self._desk.preview_stage_removal,
            stage_id,
            actor=actor,
            team_id=team_id,
            move_to=move_to,
        )

    async def remove_stage(
        self,
        stage_id: Id,
        *,
        actor: Actor,
        team_id: Id | None = None,
        move_to: Id | None = None,
        confirmed: StageRemovalPlan | str | None = None,
        idempotency_key: str | None = None,
    ) -> StageRemovalPlan:
        """Delete a stage, or take it from one team; its tickets go to `move_to` first (G7, G10).

        `confirmed` is the plan of `preview_stage_removal`: see `as_shown`.
        """
        return await run(
            self._desk.remove_stage,
            stage_id,
            actor=actor,
            team_id=team_id,
            move_to=move_to,
            confirmed=confirmed,
            idempotency_key=idempotency_key,
        )

    async def duplicates(
        self, ticket_id: Id, *, actor: Actor, limit: int = 10, threshold: float = THRESHOLD
    ) -> tuple[Match, ...]:
        """Tickets that look like this one, best first, each with its shares (M2, M3).

        Only those that the one who acts may see (M11), and no pair discarded before unless its
        content changed since (M5). Nothing for outsiders: the shares tell of tags and customers.
        """
        return await run(
            self._desk.duplicates, ticket_id, actor=actor, limit=limit, threshold=threshold
        )

    async def duplicates_of_new(
        self,
        team_id: Id,
        subject: str,
        *,
        actor: Actor,
        description: str = "",
        customer_id: Id | None = None,
        tags: Collection[str] = (),
        limit: int = 10,
        threshold: float = THRESHOLD,
    ) -> tuple[Match, ...]:
        """Tickets that look like one that is about to be opened: `duplicates`, before it is (M3).

        For who may open it (T5), and nothing for outsiders, as in `duplicates`.
        """
        return await run(
            self._desk.duplicates_of_new,
            team_id,
            subject,
            actor=actor,
            description=description,
            customer_id=customer_id,
            tags=tags,
            limit=limit,
            threshold=threshold,
        )

    async def duplicate_groups(
        self, *, actor: Actor, query: TicketFilter = TicketFilter(), threshold: float = THRESHOLD
    ) -> tuple[Group, ...]:
        """Groups of tickets that look like one, among those to be seen and asked for (M4, M11).

        Nothing for outsiders, as in `duplicates`.
        """
        return await run(self._desk.duplicate_groups, actor=actor, query=query, threshold=threshold)

    async def discard_duplicate(
        self, ticket_id: Id, other_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> Discard:
        """Say that two tickets are not the same; not suggested again until one changes (M5)."""
        return await run(
            self._desk.discard_duplicate,
            ticket_id,
            other_id,
            actor=actor,
            idempotency_key=idempotency_key,
        )

    async def fill_similarity_store(self, *, actor: Actor) -> int:
        """Tell the similarity store of every ticket there is; how many there were (M1).

        For an index that begins empty with its process, or after the store was out of reach. The
        desk goes on meanwhile: what changes is told as ever. Raises `PortError` without a store,
        and when it does not take a ticket.
        """
        return await run(self._desk.fill_similarity_store, actor=actor)

    async def create_team(
        self,
        name: str,
        visibility: Visibility,
        *,
        actor: Actor,
        id: Id | None = None,
        member_ids: Iterable[Id] = (),
        stage_ids: Iterable[Id] = (),
        idempotency_key: str | None = None,
        **settings: Any,
    ) -> Team:
        """Create a team with its members in order and its stages (T1, T3, G5, G7).

        `settings` are the other fields of `Team`: `auto_assign`, `assignment_method`,
        `look_ahead_window`, `members_follow`, `public_description`, `company` and so on.
        """
        return await run(
            self._desk.create_team,
            name,
            visibility,
            actor=actor,
            id=id,
            member_ids=member_ids,
            stage_ids=stage_ids,
            idempotency_key=idempotency_key,
            **settings,
        )

    async def preview_team(self, team_id: Id, *, actor: Actor, **fields: Any) -> TeamPlan:
        """What `change_team` would do with these fields, without doing it (T3, V10, V18, G10).

        Who joins and leaves, who can view more and less by it, and what somebody should know first.
        """
        return await run(self._desk.preview_team, team_id, actor=actor, **fields)

    async def change_team(
        self,
        team_id: Id,
        *,
        actor: Actor,
        confirmed: TeamPlan | str | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Team:
        """Change a team's settings, members or stages (T1, T3, V10, G10).

        `confirmed` is the plan of `preview_team`: see `as_shown`. Taking a stage away while tickets
        are in it is refused: use `remove_stage`.
        """
        return await run(
            self._desk.change_team,
            team_id,
            actor=actor,
            confirmed=confirmed,
            idempotency_key=idempotency_key,
            **fields,
        )

    async def preview_visibility(
        self, team_id: Id, to: Visibility, *, actor: Actor, resubscribe_customers: bool = False
    ) -> VisibilityPlan:
        """What `change_visibility` would do, without doing it (V6, V7, V18).

        Who loses access to what, who stops following, and who is still notified. By name are shown
        agents, members, and those who follow, have or opened a ticket as its customer.
        """
        return await run(
            self._desk.preview_visibility,
            team_id,
            to,
            actor=actor,
            resubscribe_customers=resubscribe_customers,
        )

    async def change_visibility(
        self,
        team_id: Id,
        to: Visibility,
        *,
        actor: Actor,
        resubscribe_customers: bool = False,
        confirmed: VisibilityPlan | str | None = None,
        idempotency_key: str | None = None,
    ) -> VisibilityPlan:
        """Change a team's level, with what that does to its followers (V6-V8, V10, V18).

        Returns the plan that was carried out: who was removed from what, and who came back.
        `confirmed` is the plan of `preview_visibility`: see `as_shown`.
        """
        return await run(
            self._desk.change_visibility,
            team_id,
            to,
            actor=actor,
            resubscribe_customers=resubscribe_customers,
            confirmed=confirmed,
            idempotency_key=idempotency_key,
        )

    async def open_ticket(
        self,
        team_id: Id,
        subject: str,
        description: str = "",
        *,
        actor: Actor,
        id: Id | None = None,
        customer_id: Id | None = None,
        assignee_id: Id | None = None,
        priority: int = 0,
        tags: Iterable[str] = (),
        fields: Mapping[str, FieldValue | None] = NO_FIELDS,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Take a new ticket in: into the team's first unfolded stage, assigned, announced.

        The opener follows it, and so does a portal customer (T5). A portal user opens tickets on
        PUBLIC teams and is their customer; to name another customer, an assignee or the ticket's
        id takes an agent: who gives an id finds out whether it is taken (V14). So does to fill
        `fields`, those that the host defines: they are for the inside (V15).
        The stage's messages go to the customer (G7, G8), followers of the team are told (V9), and
        a team with automatic assignment gives it to somebody or lets it wait (A1-A6, A14, A16).
        """
        return await run(
            self._desk.open_ticket,
            team_id,
            subject,
            description,
            actor=actor,
            id=id,
            customer_id=customer_id,
            assignee_id=assignee_id,
            priority=priority,
            tags=tags,
            fields=fields,
            idempotency_key=idempotency_key,
        )

    async def change_ticket(
        self,
        ticket_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Ticket:
        """Change subject, description, priority, tags or fields that the host defines (T4, T7).

        `fields` maps names to new values, None to remove one; the others stay as they are, whoever
        changes them meanwhile.
        """
        return await run(
            self._desk.change_ticket,
            ticket_id,
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
            **fields,
        )

    async def move(
        self,
        ticket_id: Id,
        stage_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Put the ticket into another stage of its team; closing follows the fold (G3, G5, G8).

        Where the host limits moves, one that is not allowed is refused, with those that are (T5).
        """
        return await run(
            self._desk.move,
            ticket_id,
            stage_id,
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def close(
        self,
        ticket_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Close the ticket: into the team's first folded stage. Customers may close their own (T5).

        A ticket that is closed already stays where it is; a team without a folded stage refuses.
        """
        return await run(
            self._desk.close,
            ticket_id,
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )

    async def transfer(
        self,
        ticket_id: Id,
        team_id: Id,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give the ticket to another team, which the one who acts may open (G9, A21, V16, A7).

        The stage is kept when the new team has it. The assignee is kept when in the new pool, else
        it is assigned anew. From a PUBLIC team to a narrower one, portal users stop following it.
        """
        return await run(
            self._desk.transfer,
            ticket_id,
            team_id,
            actor=actor,
            expected_version=expected_version,
            idempotency_key=idempotency_key,
        )
