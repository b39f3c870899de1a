"""Looking: every list, count and page goes through the viewer's scope (V13, T8)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helpdesk_core.assignment import Workload
from helpdesk_core.decisions import Decision, allow
from helpdesk_core.entities import (
    Actor,
    Attachment,
    Id,
    Message,
    ReceivedMail,
    Stage,
    System,
    Team,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.errors import InvalidValueError, NotFoundError
from helpdesk_core.events import Event
from helpdesk_core.ports import Claim, TicketFilter
from helpdesk_core.service.boards import opened_teams
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.pages import Cursors, Page, check_limit
from helpdesk_core.service.saying import SaidPages, history_page
from helpdesk_core.service.showing import shown, shown_all
from helpdesk_core.service.work import Work
from helpdesk_core.visibility import AccessExplanation, can_view, explain_access


class ReadingUseCases(Desk):
    """What people look at. Nothing here changes anything."""

    def ticket(self, ticket_id: Id, *, actor: Actor) -> Ticket:
        """One ticket, a tombstone too for who could view it (M8); else `NotFoundError` (V14)."""
        return self._read(actor, lambda work: shown(work, work.case(ticket_id).ticket))

    def resolve(self, ticket_id: Id, *, actor: Actor) -> Id:
        """The id of the ticket that this one was merged into in the end, or its own (M9).

        Who may not see the root is not told its id, by the error either (M7, V14).
        """

        def ask(work: Work) -> Id:
            work.case(ticket_id)
            root_id = work.resolve(ticket_id)
            try:
                work.case(root_id)
            except NotFoundError:
                raise NotFoundError("root of ticket", ticket_id) from None
            return root_id

        return self._read(actor, ask)

    def tickets(
        self,
        *,
        actor: Actor,
        query: TicketFilter = TicketFilter(),  # noqa: B008 - frozen
        after: str | None = None,
        limit: int = 50,
        newest_first: bool = False,
    ) -> Page[Ticket]:
        """The tickets that the one who acts may see and asks for, a page at a time (V13, T8)."""
        check_limit(limit)
        cursors = Cursors.of("tickets", query=query, newest_first=newest_first)
        place = cursors.position(after)

        def ask(work: Work) -> Page[Ticket]:
            work.can_ask(query)
            with cursors.refusing():
                found = work.session.find(
                    work.scope, query, after=place, limit=limit + 1, newest_first=newest_first
                )
            page = cursors.page(found, limit, lambda ticket: ticket.place)
            return attrs.evolve(page, items=tuple(shown_all(work, page.items)))

        return self._read(actor, ask)

    def count(self, *, actor: Actor, query: TicketFilter = TicketFilter()) -> int:  # noqa: B008
        """How many `tickets` would give in all (V13)."""

        def ask(work: Work) -> int:
            work.can_ask(query)
            return work.session.count(work.scope, query)

        return self._read(actor, ask)

    def messages(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Message]:
        """What was said on the ticket and on those merged into it, in order of time (M6).

        Who is outside sees no internal note (V15). Of a ticket that it was merged into and that is
        hidden, everybody sees what they wrote there themselves through this one (M7, M9). What the
        merged ones were opened with is in `merged_tickets`.
        """

        pages = SaidPages("messages", ticket_id, after, limit)

        def ask(work: Work) -> Page[Message]:
            work.case(ticket_id)
            return pages.page(work, work.session.messages)

        return self._read(actor, ask)

    def attachments(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Attachment]:
        """The files on the ticket and on those merged into it, in order of time (M6, V15)."""

        pages = SaidPages("attachments", ticket_id, after, limit)

        def ask(work: Work) -> Page[Attachment]:
            work.case(ticket_id)
            return pages.page(work, work.session.attachments)

        return self._read(actor, ask)

    def time_entries(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[TimeEntry]:
        """The time worked on the ticket and on those merged into it; nothing for outsiders (M6)."""

        pages = SaidPages("time_entries", ticket_id, after, limit)

        def ask(work: Work) -> Page[TimeEntry]:
            work.case(ticket_id)
            if not work.sees_internal:
                return Page(())
            work.claim(Claim.TIME_ENTRIES)
            return pages.page(work, work.session.time_entries)

        return self._read(actor, ask)

    def mails(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[ReceivedMail]:
        """By which mails it came, with what they quoted; nothing for outsiders (N3, M6, V15)."""

        pages = SaidPages("mails", ticket_id, after, limit)

        def ask(work: Work) -> Page[ReceivedMail]:
            work.case(ticket_id)
            if not work.sees_internal:
                return Page(())
            work.claim(Claim.MAIL)
            return pages.page(work, work.session.mails)

        return self._read(actor, ask)

    def merged_tickets(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Ticket]:
        """The tickets that were merged into this one, by whatever chain, oldest first (M6, M8).

        With what they were opened with, which no message repeats. Those that the one who acts may
        see (M7).
        """

        check_limit(limit)
        cursors = Cursors.of("merged_tickets", ticket_id=ticket_id)
        place = cursors.position(after)

        def ask(work: Work) -> Page[Ticket]:
            work.case(ticket_id)
            found = sorted(work.below([ticket_id])[ticket_id], key=lambda ticket: ticket.place)
            if place is not None:
                mark = (place.created_at, place.id)
                with cursors.refusing():
                    found = [ticket for ticket in found if ticket.place > mark]
            page = cursors.page(found, limit, lambda ticket: ticket.place)
            return attrs.evolve(page, items=tuple(shown_all(work, page.items)))

        return self._read(actor, ask)

    def history(
        self, ticket_id: Id, *, actor: Actor, after: str | None = None, limit: int = 50
    ) -> Page[Event]:
        """Who did what when on the ticket; who is outside sees no internal event (T6, V15).

        Other tickets and teams are named to who may see them, and counts of the team to who sees
        all of it (M7, V12).
        """

        check_limit(limit)

        def ask(work: Work) -> Page[Event]:
            case = work.case(ticket_id)
            work.claim(Claim.HISTORY)
            return history_page(work, case, after, limit)

        return self._read(actor, ask)

    def access(self, ticket_id: Id, *, actor: Actor) -> Decision:
        """Why the one who acts may see the ticket (V19); if not: `NotFoundError` (V14)."""

        def ask(work: Work) -> Decision:
            case = work.case(ticket_id)
            if isinstance(work.actor, System):
                return allow("visibility.system", reason=work.actor.reason)
            return can_view(work.actor, case.ticket, case.team, company_scope=work.company_scope)

        return self._read(actor, ask)

    def explain_access(self, ticket_id: Id, user_id: Id, *, actor: Actor) -> AccessExplanation:
        """Why somebody may see the ticket, or not, and what would have to change (V17, V19).

        For those who may see the ticket themselves and may change its team (T5).
        """

        def ask(work: Work) -> AccessExplanation:
            case = work.case(ticket_id)
            work.require("team.change")
            user = work.user(user_id)
            return explain_access(user, case.ticket, case.team, company_scope=work.company_scope)

        return self._read(actor, ask)

    # --- teams and stages ------------------------------------------------------------------------

    def team(self, team_id: Id, *, actor: Actor) -> Team:
        """One team that the one who acts may open; else `NotFoundError` (V12, V14)."""
        return self._read(actor, lambda work: work.team(team_id))

    def teams(self, *, actor: Actor, after: str | None = None, limit: int = 50) -> Page[Team]:
        """The teams that the one who acts may open, in the order in which they came (V1, V12).

        A cursor of a team that may not be opened any more is refused as one that is none (V14).
        """
        check_limit(limit)
        cursors = Cursors.of("teams")
        last = None if after is None else cursors.place(after)[1]

        def ask(work: Work) -> Page[Team]:
            found = opened_teams(work)
            if last is not None:
                ids = [team.id for team in found]
                if last not in ids:
                    raise InvalidValueError("after", "is not a cursor of this list")
                found = found[ids.index(last) + 1 :]
            return cursors.page(found, limit, lambda team: (None, team.id))

        return self._read(actor, ask)

    def stages(self, team_id: Id, *, actor: Actor) -> tuple[Stage, ...]:
        """A team's stages in order (G6)."""

        def ask(work: Work) -> tuple[Stage, ...]:
            team = work.team(team_id)
            return work.pipeline(team).columns(team.id)

        return self._read(actor, ask)

    def user(self, user_id: Id, *, actor: Actor) -> User:
        """Somebody, for employees; outsiders find only themselves (V14)."""

        def ask(work: Work) -> User:
            if not work.sees_internal and user_id != work.author_id:
                raise NotFoundError("user", user_id)
            return work.user(user_id)

        return self._read(actor, ask)

    def workloads(self, team_id: Id, *, actor: Actor) -> Mapping[Id, Workload]:
        """The team's counts per person, who left included (A7).

        Kept counts are for who sees all of the team's tickets (T2).
        """

        def ask(work: Work) -> Mapping[Id, Workload]:
            team = work.team(team_id)
            work.require("ticket.assign")
            work.require_all_of(team)
            return work.session.workloads(team_id)

        return self._read(actor, ask)
