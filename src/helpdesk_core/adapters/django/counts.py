"""Counts per team and member (A7, A8), kept by the transaction that changes a ticket.

They are corrected relatively, by what each change takes away and adds; a ticket that was merged
away counts nowhere (M8). Whoever corrects them holds the team.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count, F, Q

from helpdesk_core.adapters.counting import Correction, miscounts
from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.rows import recorded
from helpdesk_core.adapters.django.transactions import Work
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.errors import ConflictError
from helpdesk_core.events import CreditGiven
from helpdesk_core.plans import SetField
from helpdesk_core.ports import Miscount

#: Fields of a ticket that decide where it counts.
PLACING_FIELDS = frozenset({"team_id", "stage_id", "assignee_id", "merged_into"})


class Place(NamedTuple):
    """What decides where a ticket counts."""

    team_id: Id
    stage_id: Id
    assignee_id: Id | None
    merged_into: Id | None


def place_in(ticket: Ticket) -> Place:
    """Where this ticket counts."""
    return Place(ticket.team_id, ticket.stage_id, ticket.assignee_id, ticket.merged_into)


class Counts:
    """What the changes of one call do to the counts."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._folded: dict[Id, bool] | None = None
        self._corrections: dict[tuple[Id, Id], Correction] = {}

    def forget(self) -> None:
        """Nothing is to be corrected, and stages may be others."""
        self.forget_stages()
        self._corrections.clear()

    def forget_stages(self) -> None:
        """Stages are others now."""
        self._folded = None

    def place_of(self, ticket_id: Id) -> Place:
        """Where a ticket counts, held so that nobody moves it; unknown is a `ConflictError`."""
        rows = self._work.rows(models.Ticket).filter(pk=ticket_id)
        if self._work.locks:
            rows = rows.select_for_update()
        found = rows.values_list("team_id", "stage_id", "assignee_id", "merged_into_id").first()
        if found is None:
            raise ConflictError(f"there is no ticket {ticket_id!r}")
        return Place(*found)

    def moved(self, before: Place | None, after: Place) -> None:
        """A ticket counts elsewhere now; one that is new did nowhere before."""
        if before is not None:
            self._count(before, -1)
        self._count(after, 1)

    def _count(self, place: Place, by: int) -> None:
        if place.merged_into is not None or place.assignee_id is None:
            return
        correction = self.of(place.team_id, place.assignee_id)
        correction.total += by
        correction.open += 0 if self._is_folded(place.stage_id) else by

    def of(self, team_id: Id, member_id: Id) -> Correction:
        """By what the counts of somebody in a team are to be corrected."""
        if not self._work.holds(team_id):
            self._work.hold(models.Team, [team_id])
            self._folded = None  # who folds a stage holds every team that uses it
        return self._corrections.setdefault((team_id, member_id), Correction())

    def _is_folded(self, stage_id: Id) -> bool:
        if self._folded is None:
            self._folded = dict(self._work.rows(models.Stage).values_list("id", "folded"))
        return self._folded.get(stage_id, False)

    def hold_teams_using(self, stage_id: Id) -> None:
        """A fold changes the counts of every team that uses the stage."""
        if self._work.locks:
            using = self._work.rows(models.TeamStage).filter(stage_id=stage_id)
            self._work.hold(models.Team, using.values_list("team_id", flat=True))

    def folded_changed(self, change: SetField) -> None:
        """All tickets of a stage are open now, or none."""
        self._folded = None
        if change.value == change.expected:
            return
        self.hold_teams_using(change.id)  # those too that began to use it before it was changed
        by = -1 if change.value else 1
        counting = Q(stage_id=change.id, assignee_id__isnull=False, merged_into__isnull=True)
        for team_id, member_id, tickets in self._counted(counting, Count("pk")):
            self.of(team_id, member_id).open += by * tickets

    def _counted(self, counting: Q, *numbers: Any) -> list[Any]:
        """Numbers of tickets by team and assignee."""
        by_member = self._work.rows(models.Ticket).filter(counting).order_by()
        named = {f"number_{n}": number for n, number in enumerate(numbers)}
        rows = by_member.values("team_id", "assignee_id").annotate(**named)
        return list(rows.values_list("team_id", "assignee_id", *named))

    def write(self) -> None:
        """Correct the counts that are kept by what was noted."""
        noted = {key: it for key, it in sorted(self._corrections.items()) if it.says_something}
        self._corrections.clear()
        if not noted:
            return
        rows = self._work.rows(models.Workload)
        rows.bulk_create(
            [models.Workload(team_id=team, member_id=member) for team, member in noted],
            ignore_conflicts=True,
        )
        for (team_id, member_id), it in noted.items():
            values = {name: F(name) + getattr(it, name) for name in ("total", "open", "credit")}
            if it.last_assigned is not None:
                values["last_assigned"] = it.last_assigned
            rows.filter(team_id=team_id, member_id=member_id).update(**values)

    # --- counted again ---------------------------------------------------------------------------

    def recount(self, *, mend: bool) -> Sequence[Miscount]:
        """Where what is kept is not what is there; with `mend` set right, as far as it is held."""
        names = ("team_id", "member_id", "total", "open", "credit")
        kept = {row[:2]: row[2:] for row in self._work.rows(models.Workload).values_list(*names)}
        counting = Q(assignee_id__isnull=False, merged_into__isnull=True)
        opened = Count("pk", filter=Q(stage__folded=False))
        counted = {
            (team_id, member_id): (total, open_)
            for team_id, member_id, total, open_ in self._counted(counting, Count("pk"), opened)
        }
        wrong = miscounts(kept, counted, self._credits())
        found = [it for it in wrong if not mend or self._work.holds(it.team_id)]
        if mend:
            for it in found:
                self.of(it.team_id, it.member_id).mend(it)
            self.write()
        return found

    def _credits(self) -> Counter[tuple[Id, Id]]:
        """The sum of the credits that were given (A8)."""
        given: Counter[tuple[Id, Id]] = Counter()
        rows = self._work.rows(models.RecordedEvent).filter(name=CreditGiven.__name__)
        for event in (one.event for one in recorded(rows)):
            if isinstance(event, CreditGiven) and event.team_id is not None:
                given[event.team_id, event.member_id] += event.tickets
        return given
