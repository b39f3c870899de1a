"""All stages in one order, which of them each team has, and how they are reordered (G5-G7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import attrs

from helpdesk_core.decisions import allow, deny
from helpdesk_core.entities import Id, Stage, Team
from helpdesk_core.errors import InvalidValueError, NotFoundError
from helpdesk_core.events import StagesReordered, Who
from helpdesk_core.fields import collection, utc
from helpdesk_core.plans import Kind, Plan, SetField

_Thing = TypeVar("_Thing", Stage, Team)

# --- the pipeline --------------------------------------------------------------------------------


def _in_order(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    return tuple(sorted(stages, key=lambda stage: stage.position))  # stable: ties as given


def _in_mermaid(text: str) -> str:
    """The text in quotation marks: all but letters, digits and spaces by their numbers."""
    return "".join(c if c.isalnum() or c == " " else f"#{ord(c)};" for c in text)


def _teams(teams: Iterable[Team]) -> tuple[Team, ...]:
    return tuple(teams)


def _by_id(field: str, things: Iterable[_Thing]) -> dict[Id, _Thing]:
    found: dict[Id, _Thing] = {}
    for thing in things:
        if thing.id in found:
            raise InvalidValueError(field, f"holds {thing.id!r} twice")
        found[thing.id] = thing
    return found


@attrs.frozen
class Pipeline:
    """All stages in their one order (G6), and which of them each team has (G5).

    Ties in position keep the order given. Raises `InvalidValueError` when a stage or a team comes
    twice, or a team names a stage that is not there.

    >>> new, solved = Stage(id=1, name="New", position=0), Stage(id=2, name="Solved", position=5,
    ...                                                          folded=True)
    >>> from helpdesk_core.entities import Visibility
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={1, 2})
    >>> pipeline = Pipeline([solved, new], [team])
    >>> [stage.name for stage in pipeline.columns("it")]
    ['New', 'Solved']
    """

    stages: tuple[Stage, ...] = attrs.field(converter=_in_order)
    teams: tuple[Team, ...] = attrs.field(converter=_teams)
    _stages: dict[Id, Stage] = attrs.field(init=False, repr=False, eq=False)
    _teams: dict[Id, Team] = attrs.field(init=False, repr=False, eq=False)

    @_stages.default
    def _index_stages(self) -> dict[Id, Stage]:
        return _by_id("stages", self.stages)

    @_teams.default
    def _index_teams(self) -> dict[Id, Team]:
        return _by_id("teams", self.teams)

    def __attrs_post_init__(self) -> None:
        for team in self.teams:
            for stage_id in team.stage_ids - self._stages.keys():
                problem = f"gives {team.id!r} the unknown stage {stage_id!r}"
                raise InvalidValueError("teams", problem)

    def stage(self, stage_id: Id) -> Stage:
        """The stage, or `NotFoundError`."""
        try:
            return self._stages[stage_id]
        except (KeyError, TypeError):  # what cannot be an id is no stage either
            raise NotFoundError("stage", stage_id) from None

    def team(self, team_id: Id) -> Team:
        """The team, or `NotFoundError`."""
        try:
            return self._teams[team_id]
        except KeyError:
            raise NotFoundError("team", team_id) from None

    def columns(self, team_id: Id) -> tuple[Stage, ...]:
        """The team's stages in order."""
        ids = self.team(team_id).stage_ids
        return tuple(stage for stage in self.stages if stage.id in ids)

    def first_open(self, team_id: Id) -> Stage:
        """Where the team's new tickets go (G7); a team without one is an `InvalidValueError`."""
        stage = self.first(team_id, folded=False)
        if stage is None:
            raise InvalidValueError(
                "stage_ids", f"of {team_id!r} must hold an unfolded stage: create one first"
            )
        return stage

    def first_folded(self, team_id: Id) -> Stage | None:
        """Where the team's tickets are closed by themselves (G9, G13), if anywhere."""
        return self.first(team_id, folded=True)

    def teams_using(self, stage_id: Id) -> tuple[Team, ...]:
        """The teams that have the stage (G4, G5)."""
        return tuple(team for team in self.teams if stage_id in team.stage_ids)

    def belongs(self, stage_id: Id, team_id: Id) -> bool:
        """Whether the team has the stage (G5)."""
        return stage_id in self.team(team_id).stage_ids

    def first(self, team_id: Id, *, folded: bool) -> Stage | None:
        """The team's first folded, or first unfolded, stage."""
        return next((stage for stage in self.columns(team_id) if stage.folded is folded), None)

    def to_mermaid(self) -> str:
        """The pipeline as a flowchart in the language of Mermaid, which many pages draw (G5, G6).

        Stages from left to right in their order, each with the names of the teams that use it. A
        folded one has round ends and a broken line, one that teams share a thick line. Names are
        written so that none can be taken for a part of the chart.

        >>> from helpdesk_core.entities import Visibility
        >>> stages = [Stage(id=1, name="New", position=0),
        ...           Stage(id=2, name="[Solved]", position=1, folded=True)]
        >>> teams = [Team(id=id, name=id, visibility=Visibility.COMPANY, stage_ids=stage_ids)
        ...          for id, stage_ids in (("IT", {1, 2}), ("HR", {1}))]
        >>> print(Pipeline(stages, teams).to_mermaid())
        flowchart LR
            s0["New<br/>IT, HR"]
            s1(["#91;Solved#93;<br/>IT"])
            s0 --> s1
            classDef folded stroke-dasharray: 5 3
            classDef shared stroke-width: 3px
            class s1 folded
            class s0 shared
        <BLANKLINE>
        """
        boxes: list[str] = []
        marked: dict[str, list[str]] = {"folded": [], "shared": []}
        for place, stage in enumerate(self.stages):
            teams = [_in_mermaid(team.name) for team in self.teams_using(stage.id)]
            text = "<br/>".join(filter(None, (_in_mermaid(stage.name), ", ".join(teams))))
            boxes.append(f's{place}(["{text}"])' if stage.folded else f's{place}["{text}"]')
            if stage.folded:
                marked["folded"].append(f"s{place}")
            if len(teams) > 1:
                marked["shared"].append(f"s{place}")
        lines = [
            *boxes,
            *(f"s{place} --> s{place + 1}" for place in range(len(boxes) - 1)),
            "classDef folded stroke-dasharray: 5 3",
            "classDef shared stroke-width: 3px",
            *(f"class {','.join(names)} {mark}" for mark, names in marked.items() if names),
        ]
        return "flowchart LR\n" + "".join(f"    {line}\n" for line in lines)

    def left_without_open(self, stage_id: Id, teams: Iterable[Team]) -> tuple[Id, ...]:
        """Those of the teams whose last unfolded stage this is (G7)."""
        return tuple(
            team.id
            for team in teams
            if [stage.id for stage in self.columns(team.id) if not stage.folded] == [stage_id]
        )


# --- reordering ----------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ReorderPlan(Plan):
    """Another order; `other_team_ids` are the teams, beside the one named, that see it too (G6)."""

    other_team_ids: tuple[Id, ...] = ()


def plan_reorder(
    stage_ids: Sequence[Id], pipeline: Pipeline, *, now: datetime, by: Who = None
) -> ReorderPlan:
    """Put all stages into this order, which must be a permutation of them (G6).

    No ticket changes. The stages share out the positions that are there, so that few rows change;
    only where two stages had the same one, all are numbered anew.

    >>> from datetime import UTC
    >>> pipeline = Pipeline([Stage(id="a", name="A", position=0), Stage(id="b", name="B",
    ...                      position=9), Stage(id="c", name="C", position=10)], [])
    >>> plan = plan_reorder(["b", "a", "c"], pipeline, now=datetime(2026, 1, 5, tzinfo=UTC))
    >>> [(change.id, change.value) for change in plan.changes]
    [('b', 0), ('a', 9)]
    """
    wanted = collection("stage_ids", stage_ids)
    return _reorder(wanted, pipeline.stages, pipeline, None, now=now, by=by)


def plan_reorder_team(
    team_id: Id,
    stage_ids: Sequence[Id],
    pipeline: Pipeline,
    *,
    now: datetime,
    by: Who = None,
) -> ReorderPlan:
    """Put one team's columns into this order, among the places that they held (G6).

    `other_team_ids` are the teams that see their own columns in another order by this.

    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC
    >>> teams = [Team(id=id, name=id, visibility=Visibility.COMPANY, stage_ids={"a", "c"})
    ...          for id in ("it", "hr")]
    >>> pipeline = Pipeline([Stage(id="a", name="A", position=0), Stage(id="b", name="B",
    ...                      position=1), Stage(id="c", name="C", position=2)], teams)
    >>> plan = plan_reorder_team("it", ["c", "a"], pipeline, now=datetime(2026, 1, 5, tzinfo=UTC))
    >>> [(change.id, change.value) for change in plan.changes], plan.other_team_ids
    ([('c', 0), ('a', 2)], ('hr',))
    """
    wanted = collection("stage_ids", stage_ids)
    return _reorder(wanted, pipeline.columns(team_id), pipeline, team_id, now=now, by=by)


def _reorder(
    wanted: tuple[Id, ...],
    columns: tuple[Stage, ...],
    pipeline: Pipeline,
    team_id: Id | None,
    *,
    now: datetime,
    by: Who,
) -> ReorderPlan:
    held = tuple(stage.id for stage in columns)
    if Counter(wanted) != Counter(held):
        return ReorderPlan(
            decision=deny(
                "stage.refused.not_a_permutation",
                missing=tuple(each for each in held if each not in wanted),
                unknown=tuple(dict.fromkeys(each for each in wanted if each not in held)),
                repeated=tuple(each for each, times in Counter(wanted).items() if times > 1),
            )
        )
    if wanted == held:
        return ReorderPlan(decision=allow("stage.unchanged"))
    next_wanted, among = iter(wanted), frozenset(held)
    order = tuple(
        pipeline.stage(next(next_wanted)) if stage.id in among else stage
        for stage in pipeline.stages
    )
    places: Sequence[int] = [stage.position for stage in pipeline.stages]
    if len(set(places)) < len(places):
        places = range(len(places))
    return ReorderPlan(
        decision=allow("stage.reordered"),
        changes=[
            SetField.of(Kind.STAGE, stage, "position", place)
            for stage, place in zip(order, places, strict=True)
            if stage.position != place
        ],
        events=[
            StagesReordered(
                at=utc("now", now),
                by=by,
                team_id=team_id,
                stage_ids=tuple(stage.id for stage in order),
            )
        ],
        other_team_ids=tuple(
            team.id
            for team in pipeline.teams
            if team.id != team_id
            and pipeline.columns(team.id)
            != tuple(stage for stage in order if stage.id in team.stage_ids)
        ),
    )
