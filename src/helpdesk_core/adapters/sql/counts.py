"""Counts per team and member (A7, A8) and per team and stage (T2), kept and recounted.

The transaction that changes a ticket corrects them relatively, by what each change takes away and
adds; a ticket that was merged away counts nowhere (M8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from helpdesk_core.adapters.counting import Correction, miscounts
from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.statements import FIGURES
from helpdesk_core.entities import Id, Stage, Ticket
from helpdesk_core.errors import ConflictError
from helpdesk_core.events import CreditGiven
from helpdesk_core.plans import SetField
from helpdesk_core.ports import Figures, Miscount, WrongFigures

#: Fields of a ticket that decide where it counts.
PLACING_FIELDS = frozenset({"team_id", "stage_id", "assignee_id", "merged_into", "waiting"})
_ANY_TIME = datetime.min.replace(tzinfo=UTC)


class Place(NamedTuple):
    """What decides where a ticket counts."""

    team_id: Id
    stage_id: Id
    assignee_id: Id | None
    merged_into: Id | None
    waiting: bool


def place_in(ticket: Ticket) -> Place:
    """Where this ticket counts."""
    t = ticket
    return Place(t.team_id, t.stage_id, t.assignee_id, t.merged_into, t.waiting)


class Counts:
    """What the changes of one session do to the counts."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._sql = connection.statements
        # Where tickets are and which stages are folded, as this transaction knows them. Kept only
        # when nobody else can change them before it ends.
        self._places: dict[Id, Place] = {}
        self._folded: dict[Id, bool] | None = None
        self._corrections: dict[tuple[Id, Id], Correction] = {}
        self._figures: dict[tuple[Id, Id], list[int]] = {}  # by team and stage; as `FIGURES`

    def forget(self) -> None:
        """What was noted was undone."""
        self._places.clear()
        self._corrections.clear()
        self._figures.clear()
        self.forget_stages()

    def forget_stages(self) -> None:
        """Stages are others now."""
        self._folded = None

    def saw_new_stages(self, stages: Iterable[Stage]) -> None:
        """Remember these too."""
        if self._folded is not None:
            self._folded.update((stage.id, stage.folded) for stage in stages)

    def saw_tickets(self, tickets: Iterable[Ticket]) -> None:
        """Remember where these tickets are, to spare a question later."""
        for ticket in tickets:
            if self._stays(ticket.id):
                self._places[ticket.id] = place_in(ticket)

    def saw_stages(self, stages: Iterable[Stage]) -> None:
        """Remember which stages are folded; who changes that holds every team that uses them."""
        if self._db.alone or self._db.held_teams:
            self._folded = {stage.id: stage.folded for stage in stages}

    def _stays(self, ticket_id: Id) -> bool:
        """Whether nobody else can change the ticket before this transaction ends."""
        return self._db.alone or ticket_id in self._db.held_tickets

    def place_of(self, ticket_id: Id) -> Place:
        """Where a ticket counts, held so that nobody moves it; unknown is a `ConflictError`."""
        place = self._places.get(ticket_id)
        if place is None:
            rows = self._db.rows(self._sql.placing, {"id": ticket_id})
            if not rows:
                raise ConflictError(f"there is no ticket {ticket_id!r}")
            self._db.held_tickets.add(ticket_id)  # the question locks it
            place = Place(*rows[0])
        return place

    def moved(self, ticket_id: Id, before: Place | None, after: Place) -> None:
        """A ticket counts elsewhere now; one that is new did nowhere before."""
        if before is not None:
            self._count(before, -1)
        self._count(after, 1)
        if self._stays(ticket_id):
            self._places[ticket_id] = after

    def _count(self, place: Place, by: int) -> None:
        if place.merged_into is not None:
            return
        figures = self._figures.setdefault((place.team_id, place.stage_id), [0, 0, 0])
        for n, counts in enumerate((True, place.assignee_id is None, place.waiting)):
            figures[n] += by * counts
        if place.assignee_id is None:
            return
        correction = self.of(place.team_id, place.assignee_id)
        correction.total += by
        correction.open += 0 if self._is_folded(place) else by

    def of(self, team_id: Id, member_id: Id) -> Correction:
        """By what the counts of somebody in a team are to be corrected."""
        return self._corrections.setdefault((team_id, member_id), Correction())

    def _is_folded(self, place: Place) -> bool:
        stays = self._db.alone or place.team_id in self._db.held_teams
        if self._folded is None or not stays or place.stage_id not in self._folded:
            question = self._sql.folds if stays else self._sql.folds_to_hold
            self._folded = {row[0]: row[1] for row in self._db.rows(question)}
        return self._folded.get(place.stage_id, False)

    def hold_teams_using(self, stage_id: Id) -> None:
        """Counts change only while their team is held, and a fold changes those of many teams."""
        rows = self._db.rows(self._sql.lock_teams_using, {"id": stage_id})
        self._db.held_teams.update(row[0] for row in rows)

    def folded_changed(self, change: SetField) -> None:
        """All tickets of a stage are open now, or none."""
        if change.value == change.expected:
            return
        if not self._db.alone:  # those too that began to use it before it was changed here
            self.hold_teams_using(change.id)
        by = -1 if change.value else 1
        rows = self._db.rows(self._sql.in_stage, {"stage_id": change.id})
        for team_id, member_id, tickets in rows:
            self.of(team_id, member_id).open += by * tickets
        if self._folded is not None:
            self._folded[change.id] = change.value

    def _correct(self, wrong: Iterable[Miscount | WrongFigures]) -> None:
        """Set kept counts to what was counted."""
        for it in wrong:
            if isinstance(it, WrongFigures):
                was, now = _numbers(it.kept), _numbers(it.counted)
                place = it.kept.team_id, it.kept.stage_id
                self._figures[place] = [new - old for old, new in zip(was, now, strict=True)]
                continue
            self.of(it.team_id, it.member_id).mend(it)
        self.write()

    def write(self) -> None:
        """Correct the counts that are kept by what was noted."""
        rows = [
            {
                "team_id": team_id,
                "member_id": member_id,
                "total": it.total,
                "open": it.open,
                "credit": it.credit,
                "last_assigned": it.last_assigned,
            }
            for (team_id, member_id), it in self._corrections.items()
            if it.says_something
        ]
        rows.sort(key=lambda row: (str(row["team_id"]), str(row["member_id"])))
        self._db.later(self._sql.add_workload, rows)
        self._corrections.clear()
        rows = [
            {"team_id": team_id, "stage_id": stage_id, **dict(zip(FIGURES, figures, strict=True))}
            for (team_id, stage_id), figures in self._figures.items()
            if any(figures)
        ]
        rows.sort(key=lambda row: (str(row["team_id"]), str(row["stage_id"])))
        self._db.later(self._sql.add_figures, rows)
        self._figures.clear()

    # --- counted again ---------------------------------------------------------------------------

    def recount(self, *, mend: bool) -> Sequence[Miscount | WrongFigures]:
        """Where what is kept is not what is there; with `mend` set right, as far as it is held."""
        found: list[Miscount | WrongFigures] = [*self._miscounts(), *self._wrong_figures()]
        if mend:
            found = [it for it in found if self._db.alone or it.team_id in self._db.held_teams]
            self._correct(found)
        return found

    def _wrong_figures(self) -> Iterator[WrongFigures]:
        kept = {(row[0], row[1]): tuple(row[2:]) for row in self._db.rows(self._sql.kept_figures)}
        counted = {
            (row[0], row[1]): tuple(row[2:]) for row in self._db.rows(self._sql.counted_figures)
        }
        for team_id, stage_id in sorted(kept.keys() | counted.keys(), key=str):
            was = kept.get((team_id, stage_id), (0, 0, 0))
            now = counted.get((team_id, stage_id), (0, 0, 0))
            if was != now:
                of = {"team_id": team_id, "stage_id": stage_id}
                yield WrongFigures(
                    kept=Figures(**of, **dict(zip(FIGURES, was, strict=True))),
                    counted=Figures(**of, **dict(zip(FIGURES, now, strict=True))),
                )

    def _miscounts(self) -> Iterator[Miscount]:
        kept = {(row[0], row[1]): tuple(row[2:]) for row in self._db.rows(self._sql.kept_counts)}
        counted = {(row[0], row[1]): tuple(row[2:]) for row in self._db.rows(self._sql.counted)}
        return miscounts(kept, counted, self._credits())

    def _credits(self) -> Counter[tuple[Id, Id]]:
        """The sum of the credits that were given (A8)."""
        given: Counter[tuple[Id, Id]] = Counter()
        for team_id, data in self._db.rows(self._sql.credits_given):
            credit = self._db.codec.event(
                CreditGiven.__name__, CreditGiven.schema, data, at=_ANY_TIME, team_id=team_id
            )
            assert isinstance(credit, CreditGiven)
            given[team_id, credit.member_id] += credit.tickets
        return given


def _numbers(figures: Figures) -> tuple[int, int, int]:
    return figures.tickets, figures.unassigned, figures.waiting
