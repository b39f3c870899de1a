"""What a change of the stages themselves does to their tickets (G4, G7, G10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.entities import Id, Stage, Team, Ticket, User
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import (
    Event,
    StageDeleted,
    StageFoldChanged,
    Who,
)
from helpdesk_core.fields import utc
from helpdesk_core.plans import (
    Change,
    DeleteStage,
    Kind,
    Notice,
    Plan,
)
from helpdesk_core.stages.moving import enter, flip, not_in_team, plan_move, set_field
from helpdesk_core.stages.pipeline import Pipeline


@attrs.frozen(kw_only=True)
class FoldPlan(Plan):
    """A change of `folded`; `per_team` is how many tickets it closes or reopens where (G4).

    Every team that uses the stage is named, those without tickets in it too. Where there are
    tickets somebody must have been shown the plan: it is `unconfirmed` by itself.
    """

    per_team: tuple[tuple[Id, int], ...] = ()

    @property
    def unconfirmed(self) -> Decision | None:
        """It is refused unseen when it closes or reopens anything (G4)."""
        tickets = sum(count for _, count in self.per_team)
        return deny("stage.refused.not_confirmed", tickets=tickets) if tickets else None


@attrs.frozen(kw_only=True)
class StageRemovalPlan(Plan):
    """A stage goes; `per_team` is how many tickets are moved out of it where (G10).

    Every team that loses the stage is named. Tombstones, which move without a word, count too.
    """

    per_team: tuple[tuple[Id, int], ...] = ()


def plan_fold_change(
    stage_id: Id,
    folded: bool,
    pipeline: Pipeline,
    tickets: Iterable[Ticket],
    *,
    now: datetime,
    by: Who = None,
) -> FoldPlan:
    """Fold or unfold a stage, which closes or reopens its tickets in every team (G4, G7).

    `tickets` are all in that stage, of whatever team; tombstones are passed over (M8). A plan that
    meets tickets is to be shown before it is done: see `as_shown`. No customer is written to.
    Refused when it leaves a team without an unfolded stage.

    >>> from helpdesk_core import Stage, Team, Ticket, as_shown
    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new", "done"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0),
    ...                      Stage(id="done", name="Done", position=1)], [team])
    >>> ticket = Ticket(id=1, team_id="it", stage_id="done", subject="Ink", created_at=now)
    >>> plan = plan_fold_change("done", True, pipeline, [ticket], now=now)
    >>> plan.per_team, [event.name for event in plan.events]
    ((('it', 1),), ['StageFoldChanged', 'TicketClosed'])
    >>> as_shown(plan, None).decision.code, as_shown(plan, plan.fingerprint).allowed
    ('stage.refused.not_confirmed', True)
    """
    if not isinstance(folded, bool):
        raise InvalidValueError("folded", "must be a bool")
    stage = pipeline.stage(stage_id)
    if stage.folded is folded:
        return FoldPlan(decision=allow("stage.unchanged"))
    inside = [ticket for ticket in _all_in(stage, tickets) if not ticket.is_merged_away]
    teams = pipeline.teams_using(stage.id)
    per_team = _per_team(teams, inside)
    stranded = pipeline.left_without_open(stage.id, teams)
    if stranded:
        return FoldPlan(decision=_last_open(stage.id, stranded), per_team=per_team)
    now = utc("now", now)
    changes = set_field(Kind.STAGE, stage, "folded", folded)
    events: list[Event] = [StageFoldChanged(at=now, by=by, stage_id=stage.id, folded=folded)]
    for ticket in inside:
        changed, flipped = flip(ticket, stage.id, ticket.team_id, closed=folded, now=now, by=by)
        changes += changed
        events.append(flipped)
    return FoldPlan(
        decision=allow("stage.fold_changed", stage_id=stage.id, folded=folded),
        changes=changes,
        events=events,
        per_team=per_team,
    )


def plan_stage_removal(
    stage_id: Id,
    pipeline: Pipeline,
    tickets: Iterable[Ticket],
    *,
    team_id: Id | None = None,
    move_to: Id | None = None,
    customers: Mapping[Id, User],
    assignees: Mapping[Id, User],
    now: datetime,
    by: Who = None,
    sent_before: Mapping[Id, frozenset[Id]] | None = None,
) -> StageRemovalPlan:
    """Delete a stage, or take it from one team; its tickets are moved first (G7, G10).

    `tickets` are those in the stage, tombstones too, for they stand in it as well. With tickets
    and without `move_to` it is refused, with their number. `move_to` must be a stage of each of
    their teams; the moves close, reopen and send what moves do, and a tombstone is moved without a
    word. `sent_before` gives, for each ticket, the stages whose message it already got (G8).

    >>> from helpdesk_core import Stage, Team, Ticket
    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new", "old"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0),
    ...                      Stage(id="old", name="Old", position=1)], [team])
    >>> ticket = Ticket(id=1, team_id="it", stage_id="old", subject="Ink", created_at=now)
    >>> plan_stage_removal("old", pipeline, [ticket], customers={}, assignees={},
    ...                    now=now).decision.code
    'stage.refused.holds_tickets'
    >>> plan_stage_removal("old", pipeline, [ticket], move_to="new", customers={}, assignees={},
    ...                    now=now).decision.code
    'stage.removed'
    """
    stage = pipeline.stage(stage_id)
    teams = pipeline.teams_using(stage.id)
    if team_id is not None:
        if not pipeline.belongs(stage.id, team_id):
            return StageRemovalPlan(decision=not_in_team(stage.id, team_id))
        teams = (pipeline.team(team_id),)
    stranded = pipeline.left_without_open(stage.id, teams)
    inside = [ticket for ticket in _all_in(stage, tickets) if team_id in (None, ticket.team_id)]
    per_team = _per_team(teams, inside)
    if stranded:
        return StageRemovalPlan(decision=_last_open(stage.id, stranded), per_team=per_team)
    if inside and move_to is None:
        away = sum(ticket.is_merged_away for ticket in inside)
        return StageRemovalPlan(
            decision=deny(
                "stage.refused.holds_tickets",
                stage_id=stage.id,
                tickets=len(inside) - away,
                merged_away=away,
            ),
            per_team=per_team,
        )
    now = utc("now", now)
    changes: list[Change] = []
    events: list[Event] = []
    notices: list[Notice] = []
    if move_to is not None:
        target = pipeline.stage(move_to)
        if target.id == stage.id:
            raise InvalidValueError("move_to", "must be another stage")
        homes = dict.fromkeys(ticket.team_id for ticket in inside)
        outside = tuple(home for home in homes if not pipeline.belongs(target.id, home))
        if outside:
            return StageRemovalPlan(decision=not_in_team(target.id, *outside), per_team=per_team)
        for ticket in inside:
            if ticket.is_merged_away:
                home = pipeline.team(ticket.team_id)
                moved = enter(ticket, stage, target, home, now=now, by=by)
            else:
                moved = plan_move(
                    ticket,
                    target.id,
                    pipeline,
                    customer=_known(customers, ticket.customer_id),
                    assignee=_known(assignees, ticket.assignee_id),
                    now=now,
                    by=by,
                    sent_before=(sent_before or {}).get(ticket.id, frozenset()),
                )
            changes += moved.changes
            events += moved.events
            notices += moved.notices
    for team in teams:
        changes += set_field(Kind.TEAM, team, "stage_ids", team.stage_ids - {stage.id})
    if team_id is None:
        changes.append(DeleteStage(stage_id=stage.id))
    events.append(StageDeleted(at=now, by=by, team_id=team_id, stage_id=stage.id))
    return StageRemovalPlan(
        decision=allow("stage.removed", stage_id=stage.id),
        changes=changes,
        events=events,
        notices=notices,
        per_team=per_team,
    )


def _per_team(teams: Iterable[Team], tickets: Iterable[Ticket]) -> tuple[tuple[Id, int], ...]:
    """How many of the tickets each team has, those without any too."""
    counts = Counter({team.id: 0 for team in teams})
    counts.update(ticket.team_id for ticket in tickets)
    return tuple(counts.items())


def _known(users: Mapping[Id, User], user_id: Id | None) -> User | None:
    return None if user_id is None else users.get(user_id)


def _all_in(stage: Stage, tickets: Iterable[Ticket]) -> Iterable[Ticket]:
    for ticket in tickets:
        if ticket.stage_id != stage.id:
            raise InvalidValueError("tickets", f"holds {ticket.id!r}, which is in another stage")
        yield ticket


def _last_open(stage_id: Id, team_ids: tuple[Id, ...]) -> Decision:
    return deny("stage.refused.last_open_stage", stage_id=stage_id, team_ids=team_ids)
