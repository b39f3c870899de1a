"""Use-cases of the pipeline: create, fold, reorder and remove stages (G3-G7, G10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from helpdesk_core.entities import Actor, Id, Stage, Team, Ticket
from helpdesk_core.events import Event, StageCreated, TeamChanged
from helpdesk_core.fields import check_id, collection
from helpdesk_core.plans import Add, Change, Kind, Plan, SetField, as_shown, fingerprint_of
from helpdesk_core.ports import Claim, Session, TicketFilter
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.once import Once
from helpdesk_core.service.work import P, Work
from helpdesk_core.stages import (
    FoldPlan,
    ReorderPlan,
    StageRemovalPlan,
    plan_fold_change,
    plan_reorder,
    plan_reorder_team,
    plan_stage_removal,
)
from helpdesk_core.templates import EmailTemplate, SmsTemplate
from helpdesk_core.visibility.scopes import Everything


class StageUseCases(Desk):
    """How the pipeline is set up."""

    def create_stage(
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
        new_id, teams = self._new_id() if id is None else id, collection("team_ids", team_ids)

        def do(work: Work) -> Stage:
            changed = _teams_to_change(work, teams)
            work.claim(Claim.EDITABLE_STAGES)
            last = max((stage.position for stage in work.session.stages()), default=-1)
            stage = Stage(
                id=new_id,
                name=name,
                position=last + 1,
                folded=folded,
                description=description,
                email_template=email_template,
                sms_template=sms_template,
                once_per_ticket=once_per_ticket,
            )
            changes: list[Change] = [Add(stage)]
            events: list[Event] = [StageCreated(at=work.now, by=work.by, stage_id=stage.id)]
            for team in changed:
                changes.append(
                    SetField.of(Kind.TEAM, team, "stage_ids", team.stage_ids | {stage.id})
                )
                events.append(
                    TeamChanged(at=work.now, by=work.by, team_id=team.id, fields=("stage_ids",))
                )
            work.write(changes, events)
            return stage

        once = Once[Stage](
            key=idempotency_key,
            payload={
                "name": name,
                "id": id,
                "folded": folded,
                "description": description,
                "email_template": email_template,
                "sms_template": sms_template,
                "once_per_ticket": once_per_ticket,
                "team_ids": teams,
            },
            again=lambda work, stage: _teams_to_change(work, teams),
        )
        return self._write("stage.create", actor, do, team_ids=teams, once=once)

    def preview_fold(self, stage_id: Id, folded: bool, *, actor: Actor) -> FoldPlan:
        """How many tickets `fold_stage` or `unfold_stage` would close or reopen where (G4)."""
        return self._read(actor, lambda work: work.possible(_plan_fold(work, stage_id, folded)))

    def fold_stage(
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
        return self._fold(stage_id, True, actor, confirmed, idempotency_key)

    def unfold_stage(
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
        return self._fold(stage_id, False, actor, confirmed, idempotency_key)

    def _fold(
        self,
        stage_id: Id,
        folded: bool,
        actor: Actor,
        confirmed: FoldPlan | str | None,
        key: str | None,
    ) -> FoldPlan:
        return self._configure(
            "stage.fold",
            actor,
            lambda work: _plan_fold(work, stage_id, folded),
            stage_id=stage_id,
            confirmed=confirmed,
            key=key,
            payload={"stage_id": stage_id, "folded": folded},
        )

    def preview_reorder(self, stage_ids: Sequence[Id], *, actor: Actor) -> ReorderPlan:
        """What `reorder_stages` would change, and which teams would see it (G6)."""
        wanted = collection("stage_ids", stage_ids)
        return self._read(actor, lambda work: work.possible(_plan_reorder(work, None, wanted)))

    def reorder_stages(
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
        wanted = collection("stage_ids", stage_ids)
        return self._configure(
            "stage.reorder",
            actor,
            lambda work: _plan_reorder(work, None, wanted),
            confirmed=confirmed,
            key=idempotency_key,
            payload={"stage_ids": wanted},
        )

    def preview_team_reorder(
        self, team_id: Id, stage_ids: Sequence[Id], *, actor: Actor
    ) -> ReorderPlan:
        """What `reorder_team_stages` would change, and which other teams would see it (G6)."""
        wanted = collection("stage_ids", stage_ids)
        return self._read(actor, lambda work: work.possible(_plan_reorder(work, team_id, wanted)))

    def reorder_team_stages(
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
        wanted = collection("stage_ids", stage_ids)
        return self._configure(
            "stage.reorder_team",
            actor,
            lambda work: _plan_reorder(work, team_id, wanted),
            teams=[team_id],
            confirmed=confirmed,
            key=idempotency_key,
            payload={"team_id": team_id, "stage_ids": wanted},
        )

    def preview_stage_removal(
        self, stage_id: Id, *, actor: Actor, team_id: Id | None = None, move_to: Id | None = None
    ) -> StageRemovalPlan:
        """What `remove_stage` would do: how many tickets it moves, and whom it writes to (G10)."""

        def ask(work: Work) -> StageRemovalPlan:
            return work.possible(_plan_removal(work, stage_id, team_id, move_to))

        return self._read(actor, ask)

    def remove_stage(
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
        return self._configure(
            "stage.remove",
            actor,
            lambda work: _plan_removal(work, stage_id, team_id, move_to),
            stage_id=stage_id,
            teams=() if team_id is None else (team_id,),
            confirmed=confirmed,
            key=idempotency_key,
            payload={"stage_id": stage_id, "team_id": team_id, "move_to": move_to},
        )

    def _configure(
        self,
        use_case: str,
        actor: Actor,
        make: Callable[[Work], P],
        *,
        stage_id: Id | None = None,
        teams: Collection[Id] = (),
        confirmed: Plan | str | None,
        key: str | None,
        payload: Mapping[str, object],
    ) -> P:
        """Make the plan while nobody else can change what it meets, and do it if it was shown.

        The teams that use the stage, or without one all teams, are held.
        """
        shown = fingerprint_of(confirmed)

        def do(work: Work) -> P:
            plan = make(work)
            work.holds(*_using(work.session, stage_id))
            work.carry_out(as_shown(plan, shown))
            return plan

        return self._write(
            use_case,
            actor,
            do,
            team_ids=lambda: self._using(stage_id),
            once=Once(
                key=key,
                payload={**payload, "confirmed": shown},
                again=lambda work, plan: _teams_to_change(work, teams),
            ),
        )

    def _using(self, stage_id: Id | None) -> list[Id]:
        with self._repository.reading() as session:
            return _using(session, stage_id)


def _using(session: Session, stage_id: Id | None) -> list[Id]:
    """The teams that use a stage, or all."""
    return [
        team.id
        for team in session.teams().values()
        if stage_id is None or stage_id in team.stage_ids
    ]


def _teams_to_change(work: Work, team_ids: Collection[Id] = ()) -> list[Team]:
    """The teams named, for who may change stages and sees all of these teams (V12, V14)."""
    teams = [work.team(team_id) for team_id in team_ids]
    work.require("stage.change")
    for team in teams:
        work.require_all_of(team)
    return teams


def _plan_fold(work: Work, stage_id: Id, folded: bool) -> FoldPlan:
    _teams_to_change(work)
    work.claim(Claim.EDITABLE_STAGES)
    tickets = _in_stage(work, stage_id, merged=False)
    return plan_fold_change(stage_id, folded, work.pipeline(), tickets, now=work.now, by=work.by)


def _plan_reorder(work: Work, team_id: Id | None, stage_ids: Sequence[Id]) -> ReorderPlan:
    _teams_to_change(work, () if team_id is None else (team_id,))
    work.claim(Claim.EDITABLE_STAGES)
    if team_id is None:
        return plan_reorder(stage_ids, work.pipeline(), now=work.now, by=work.by)
    return plan_reorder_team(team_id, stage_ids, work.pipeline(), now=work.now, by=work.by)


def _plan_removal(
    work: Work, stage_id: Id, team_id: Id | None, move_to: Id | None
) -> StageRemovalPlan:
    _teams_to_change(work, () if team_id is None else (team_id,))
    work.claim(Claim.EDITABLE_STAGES)
    if team_id is not None:
        work.claim(Claim.STAGES_PER_TEAM)
    pipeline = work.pipeline()
    tickets = _in_stage(work, stage_id, merged=None)
    return plan_stage_removal(
        stage_id,
        pipeline,
        tickets,
        team_id=team_id,
        move_to=move_to,
        customers=work.session.users(_ids(ticket.customer_id for ticket in tickets)),
        assignees=work.session.users(_ids(ticket.assignee_id for ticket in tickets)),
        now=work.now,
        by=work.by,
        sent_before={ticket.id: work.sent_before(ticket.id, pipeline.stages) for ticket in tickets},
    )


def _in_stage(work: Work, stage_id: Id, *, merged: bool | None) -> Sequence[Ticket]:
    check_id("stage_id", stage_id)
    query = TicketFilter(stage_ids=frozenset({stage_id}), merged=merged)
    return work.session.find(Everything(), query)


def _ids(ids: Iterable[Id | None]) -> Collection[Id]:
    return {id for id in ids if id is not None}
