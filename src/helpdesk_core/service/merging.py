"""Use-cases of merging: preview, merge, un-merge (M6-M15)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import attrs

from helpdesk_core.decisions import deny
from helpdesk_core.duplicates import Match, rate
from helpdesk_core.entities import Actor, FollowSource, Id, Ticket, User
from helpdesk_core.errors import NotFoundError, RefusedError
from helpdesk_core.events import FollowerRemoved, TicketsMerged
from helpdesk_core.fields import check_id, check_ids, collection, distinct
from helpdesk_core.merge import (
    MERGE_LIMIT,
    MergePlan,
    Strategies,
    UnmergePlan,
    choose_master,
    plan_merge,
    plan_unmerge,
)
from helpdesk_core.plans import Merge
from helpdesk_core.ports import Claim
from helpdesk_core.service.answers import afterwards, answered
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.showing import known
from helpdesk_core.service.work import Case, Work


class MergingUseCases(Desk):
    """One ticket of several, and several again. Nothing is merged without being asked (M3)."""

    def preview_merge(
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
        ids = collection("ticket_ids", ticket_ids)
        options = (master_id, allow_cross_visibility, distinct("add_followers", add_followers))

        def ask(work: Work) -> MergePlan:
            plan = _plan_merge(work, ids, self._new_id(), *options, self._merge_fields)
            return attrs.evolve(plan, ratings=self._ratings(work, plan))

        return self._read(actor, ask)

    def merge(
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
        ids = collection("ticket_ids", ticket_ids)
        carried = distinct("add_followers", add_followers)
        check_ids("ticket_ids", ids)
        options = (master_id, allow_cross_visibility, carried)
        new_id = self._new_id()

        def do(work: Work) -> Merge:
            plan = _plan_merge(work, ids, new_id, *options, self._merge_fields)
            work.holds(*(case.team.id for case in work.cases(ids)))
            work.carry_out(plan)
            record = work.session.merge(new_id)
            return record or _same_merge(work, ids)

        return self._write(
            "ticket.merge",
            actor,
            do,
            ticket_ids=list(dict.fromkeys(ids)),
            once=Once(
                key=idempotency_key,
                payload={
                    "ticket_ids": ids,
                    "master_id": master_id,
                    "allow_cross_visibility": allow_cross_visibility,
                    "add_followers": carried,
                },
                again=lambda work, record: _seen_merge(work, record.id),
            ),
            after=self._index_without,
        )

    def unmerge(
        self, merge_id: Id, *, actor: Actor, idempotency_key: str | None = None
    ) -> UnmergePlan:
        """Undo a merge: what it changed, as far as nobody changed it since (M14).

        Raises `RefusedError` when a later merge stands on it, or it was undone before. The plan
        names what was not restored, and the messages that came later and stay on the master.
        """
        check_id("merge_id", merge_id)
        with self._repository.reading() as session:
            record = session.merge(merge_id)
        ids = [] if record is None else [record.master_id, *record.merged_ids]
        apart: list[Ticket] = []

        def do(work: Work) -> UnmergePlan:
            work.claim(Claim.UNMERGE)
            plan = _plan_unmerge(work, merge_id, ids)
            work.carry_out(plan)
            if self._similarity is not None:
                apart[:] = work.session.tickets(ids).values()
            return plan

        return self._write(
            "ticket.unmerge",
            actor,
            do,
            ticket_ids=ids,
            once=Once(
                key=idempotency_key,
                payload={"merge_id": merge_id},
                again=lambda work, plan: _seen_merge(work, merge_id),
            ),
            after=lambda plan: self._index_all(apart),
        )

    def _ratings(self, work: Work, plan: MergePlan) -> dict[Id, Match]:
        """How alike each is to the master, as it is shown elsewhere too (M1, M15)."""
        if plan.master_id is None:
            return {}
        tickets = work.session.tickets([plan.master_id, *plan.merged_ids])
        master = tickets[plan.master_id]
        similar = rate if self._similarity is None else self._similarity.rate
        with answered("similarity store"):
            return {id: similar(master, tickets[id]) for id in plan.merged_ids}

    def _index_without(self, record: Merge) -> None:
        if self._similarity is not None:
            for id in record.merged_ids:
                with afterwards("is still in the similarity store", id):
                    self._similarity.remove(id)

    def _index_all(self, tickets: Iterable[Ticket]) -> None:
        for ticket in tickets:
            self._index(ticket)


def _plan_merge(
    work: Work,
    ticket_ids: Sequence[Id],
    merge_id: Id,
    master_id: Id | None,
    allow_cross_visibility: bool,
    add_followers: Collection[Id],
    strategies: Strategies,
) -> MergePlan:
    if len(ticket_ids) > MERGE_LIMIT:
        code, given = "merge.refused.too_many", len(ticket_ids)
        return MergePlan(decision=deny(code, limit=MERGE_LIMIT, given=given))
    cases = work.cases(ticket_ids)  # the caller must be able to view all of them (M7, M11)
    work.require("ticket.merge")
    work.claim(Claim.MERGE)
    by_id = {case.ticket.id: case for case in cases}
    tickets = [case.ticket for case in cases]
    teams = {case.team.id: case.team for case in cases}
    if not tickets:
        return MergePlan(decision=deny("merge.refused.one_ticket"))
    users = work.session.users(
        {*add_followers, *(user_id for ticket in tickets for user_id in ticket.followers)}
    )
    master = choose_master(tickets, master_id)
    pipeline = work.pipeline(*teams.values())
    folded = {stage.id: stage.folded for stage in pipeline.stages}

    def may_view(user_id: Id, ticket_id: Id) -> bool:
        case: Case = by_id[ticket_id]
        user: User | None = users.get(user_id)
        return user is not None and work.sees(case.ticket, case.team, user)

    return plan_merge(
        tickets,
        master_id=master_id,
        closed={t.id: folded[t.stage_id] and not t.is_merged_away for t in tickets},
        reopen_stage_id=pipeline.first_open(master.team_id).id,
        teams=teams,
        users=users,
        may_view=may_view,
        merge_id=merge_id,
        now=work.now,
        by=work.by,
        allow_cross_visibility=allow_cross_visibility,
        add_followers=add_followers,
        strategies=strategies,
    )


def _same_merge(work: Work, ticket_ids: Sequence[Id]) -> Merge:
    """The merge that was made of these tickets before (M10)."""
    wanted = frozenset(ticket_ids)
    for merge in reversed(work.session.merges(list(wanted))):
        merged = {merge.master_id, *merge.merged_ids}
        if merge.undone_at is None and wanted <= merged <= known(work, merged):
            return merge
    # merged one by one, or with another one that is hidden: there is no record to give again
    raise RefusedError(deny("merge.refused.merged_before", ticket_ids=tuple(ticket_ids)))


def _plan_unmerge(work: Work, merge_id: Id, ids: Sequence[Id]) -> UnmergePlan:
    record, cases = _seen_merge(work, merge_id)
    if not {case.ticket.id for case in cases} <= set(ids):  # looked up before: it was not there
        raise NotFoundError("merge", merge_id)
    work.require("ticket.merge")
    work.holds(*(case.team.id for case in cases))
    tickets = {case.ticket.id: case.ticket for case in cases}
    people: set[Id] = {user_id for ticket in tickets.values() for user_id in ticket.followers}
    people |= {c.user_id for c in record.changes if hasattr(c, "user_id")}
    session, entries = work.session, Claim.TIME_ENTRIES in work.claims
    made = list(session.merges(ids))  # in the order in which they were made
    return plan_unmerge(
        record,
        tickets,
        later=made[made.index(record) + 1 :],
        users=session.users(people),
        teams={case.team.id: case.team for case in cases},
        eligible={user.id for user in session.eligible_users()},
        now=work.now,
        by=work.by,
        folded={stage.id: stage.folded for stage in session.stages()},
        messages_since=[
            *session.messages([record.master_id]),
            *session.attachments([record.master_id]),
            *(session.time_entries([record.master_id]) if entries else ()),
        ],
        ended_since=_ended_since(work, record),
    )


def _ended_since(work: Work, record: Merge) -> frozenset[tuple[Id, Id, FollowSource]]:
    """The follows of the master that ended after the merge, whatever came after that (M14)."""
    if Claim.HISTORY not in work.claims:
        return frozenset()
    events = [recorded.event for recorded in work.session.history([record.master_id])]
    made = next(
        (
            n
            for n, e in enumerate(events)
            if isinstance(e, TicketsMerged) and e.merge_id == record.id
        ),
        len(events),
    )
    return frozenset(
        (event.ticket_id, event.user_id, source)
        for event in events[made:]
        if isinstance(event, FollowerRemoved) and event.ticket_id is not None
        for source in event.sources
    )


def _seen_merge(work: Work, merge_id: Id) -> tuple[Merge, list[Case]]:
    """A merge with its tickets, for who may see all of them; else there is none (M11, V14)."""
    record = work.session.merge(merge_id)
    if record is None:
        raise NotFoundError("merge", merge_id)
    try:
        return record, work.cases([record.master_id, *record.merged_ids])
    except NotFoundError:
        raise NotFoundError("merge", merge_id) from None  # nothing of it is told
