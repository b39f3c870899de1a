"""A team: its settings, what a change of them would do, and when nobody is there."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from helpdesk_core import Gap, Id, Visibility, VisibilityPlan, sentence

from .company import OPENS, TIME_OFF, ZONE
from .pages import At, Field, Here, listed

router = APIRouter()
Month = Annotated[date, Query(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
OTHERS = ("every other employee who does not follow the team",)


@router.get("/teams/{team_id}")
def team(here: At, team_id: str) -> Response:
    """Its settings, and its stages."""
    team = here.desk.team(team_id, actor=here.me.id)
    stages = here.desk.stages(team_id, actor=here.me.id)
    return here.show("team.html", team.name, team=team, stages=stages, levels=list(Visibility))


@router.get("/teams/{team_id}/visibility")
def preview_visibility(here: At, team_id: str, to: Visibility, back: bool = False) -> Response:
    """What another level would do to whom (V18)."""
    team = here.desk.team(team_id, actor=here.me.id)
    plan = here.desk.preview_visibility(team_id, to, resubscribe_customers=back, actor=here.me.id)
    values = {"to": to.value, "back": "true" if back else ""}
    title = f"{team.name}: {team.visibility.value} becomes {to.value}"
    return here.show(
        "plan.html", title, plan=plan, team=team, values=values, lines=effects(here, plan)
    )


def effects(here: Here, plan: VisibilityPlan) -> Iterable[str]:
    """The plan in words: what it does, and to whom."""

    def counted(pairs: Iterable[tuple[Id, object]]) -> list[str]:
        return [f"{here.name(id)} ({n})" for id, n in Counter(id for id, _ in pairs).items()]

    everything = [lost for lost in plan.loses_access if lost.ticket_ids is None]
    yield from [
        f"{what}: {listed(people)}."
        for what, people in {
            "Stop following tickets": counted(plan.removed_from),
            "Follow tickets of their own again": counted(plan.resubscribed),
            "Can no longer see so many tickets": counted(
                (lost.user_id, id) for lost in plan.loses_access for id in lost.ticket_ids or ()
            ),
            "Can no longer see any": [
                *(here.name(lost.user_id) for lost in everything if not lost.kept),
                *OTHERS[: plan.others_lose_access],
            ],
            "Can no longer see any but those that they follow or have": counted(
                (lost.user_id, id) for lost in everything for id in lost.kept
            ),
            "Still told of updates": [here.name(id) for id, _ in plan.still_notified],
        }.items()
        if people
    ]
    yield from map(sentence, plan.warnings)


@router.post("/teams/{team_id}/visibility")
def change_visibility(
    here: At, team_id: str, to: Annotated[Visibility, Form()], confirmed: Field, back: Field = ""
) -> Response:
    """Do it as it was shown, or not at all."""
    here.desk.change_visibility(
        team_id, to, resubscribe_customers=bool(back), confirmed=confirmed, actor=here.me.id
    )
    return here.go(f"/teams/{team_id}", f"The team is {to.value} now.")


@router.get("/teams/{team_id}/fold/{stage_id}")
def preview_fold(here: At, team_id: str, stage_id: str, folded: bool) -> Response:
    """What folding a stage would do, in every team that uses it (G4)."""
    team = here.desk.team(team_id, actor=here.me.id)
    plan = here.desk.preview_fold(stage_id, folded, actor=here.me.id)
    does = "closes" if folded else "opens again"
    lines = [f"{here.name(id)}: it {does} {number} tickets." for id, number in plan.per_team]
    title = f"{'Fold' if folded else 'Unfold'} {here.name(stage_id)}"
    values = {"folded": "true" if folded else ""}
    return here.show("plan.html", title, plan=plan, team=team, values=values, lines=lines)


@router.post("/teams/{team_id}/fold/{stage_id}")
def change_fold(
    here: At, team_id: str, stage_id: str, confirmed: Field, folded: Field = ""
) -> Response:
    """Fold or unfold it as it was shown."""
    change = here.desk.fold_stage if folded else here.desk.unfold_stage
    change(stage_id, confirmed=confirmed, actor=here.me.id)
    return here.go(f"/teams/{team_id}", "The stage is changed, in every team that uses it.")


# --- time off ------------------------------------------------------------------------------------


@router.get("/teams/{team_id}/time-off")
def time_off(here: At, team_id: str, month: Month = OPENS.date()) -> Response:  # noqa: B008
    """A month: who is away, as the host's calendar says, and when nobody is there (A13)."""
    first = datetime(month.year, month.month, 1, tzinfo=ZONE)
    number = calendar.monthrange(first.year, first.month)[1]
    days = [first + timedelta(days=n) for n in range(number + 1)]  # on the wall
    team = here.desk.team(team_id, actor=here.me.id)
    gaps = here.desk.coverage(team_id, first, days[-1], actor=here.me.id)
    return here.show(
        "time_off.html",
        f"Time off: {team.name}",
        team=team,
        days=[(day, away(day, team.member_ids), empty(day, gaps)) for day in days[:-1]],
        longest=min(gaps, key=lambda gap: gap.start - gap.end, default=None),
        before=first - timedelta(days=1),
        after=days[-1],
    )


def away(day: datetime, members: Iterable[Id]) -> list[Id]:
    """Which of the members have time off on this day."""
    end = day + timedelta(days=1)
    ids = {a.user_id for a in TIME_OFF if a.start < end and (a.end is None or a.end > day)}
    return [id for id in members if id in ids]


def empty(day: datetime, gaps: Iterable[Gap]) -> list[tuple[int, int]]:
    """From which minute of the day to which nobody is there."""

    def minute(moment: datetime) -> int:
        on_wall = moment.astimezone(ZONE).replace(tzinfo=None) - day.replace(tzinfo=None)
        return min(max(on_wall // timedelta(minutes=1), 0), 1440)

    hours = [(minute(gap.start), minute(gap.end)) for gap in gaps]
    return [(start, end) for start, end in hours if start < end]
