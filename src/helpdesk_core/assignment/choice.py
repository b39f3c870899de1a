"""Who of a pool gets the next ticket: the rule itself, without team or ticket (A3-A11, A19, A20).

Its names are public as those of `helpdesk_core.assignment`; `dispatcher` makes the same choice
for many tickets in a row.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.assignment.catching import settle, take_turns
from helpdesk_core.assignment.options import (
    FILTERS,
    RANKING,
    Contender,
    Filter,
    Term,
    Workload,
)
from helpdesk_core.availability import DEFAULT_HORIZON, Availability
from helpdesk_core.decisions import Reason
from helpdesk_core.entities import (
    AssignmentMethod,
    AssignmentMode,
    CatchingUp,
    CatchUp,
    Id,
    MemberOptions,
    Options,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import check_id, check_line, distinct, is_a, not_negative, utc
from helpdesk_core.methods import are_options, options_of

# --- what is said ------------------------------------------------------------------------------


class Outcome(enum.Enum):
    """How an automatic assignment ended; nobody is an outcome, never an exception (A2, A11)."""

    ASSIGNED = "assigned"
    DEFERRED = "deferred"
    NOBODY_ELIGIBLE = "nobody_eligible"
    NOBODY_FITS = "nobody_fits"
    NOBODY_AVAILABLE = "nobody_available"


@attrs.frozen
class Candidate:
    """Somebody who competed, with the count and the place in the order; 1 is chosen (A20)."""

    member_id: Id
    count: int
    last_assigned: int | None
    rank: int


@attrs.frozen
class Skipped:
    """Somebody of the pool who did not compete, and why (A20).

    `assignment.absent` with the end of the absence as `until`, or `assignment.outside_hours` with
    the moment of being available next; None is never. `assignment.catching_up`: it is the others'
    turn (A8). A filter's own reason, as `assignment.at_capacity` (A19).
    """

    member_id: Id
    reason: Reason


@attrs.frozen
class Credit:
    """So many tickets are added to somebody's count where tickets are kept equal (A8)."""

    member_id: Id
    tickets: int


@attrs.frozen(kw_only=True)
class Assignment:
    """Who is chosen, or that nobody is, and why (A20).

    `available_from` is set when nobody was available and the choice looked ahead: from then on the
    assignee is (A10), or somebody is when the ticket is deferred. `count` is the assignee's before
    this ticket. `tie_breaker` is the comparison that decided: `fewest`, `least_recent` or
    `member_order` (A6), or a host's own. `option` names the filter that left nobody (A19). With an
    assignee, `credits` are to be added, and `catching_up` is what to remember (A8).
    """

    outcome: Outcome
    code: str
    assignee_id: Id | None = None
    available_from: datetime | None = None
    count: int | None = None
    tie_breaker: str | None = None
    candidates: tuple[Candidate, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    option: str | None = None
    credits: tuple[Credit, ...] = ()
    catching_up: CatchingUp | None = None


# --- the choice --------------------------------------------------------------------------------

#: The code of a choice, for each method.
CODES = {
    AssignmentMethod.EQUAL_TICKETS: "assignment.fewest_tickets",
    AssignmentMethod.EQUAL_OPEN: "assignment.fewest_open",
}
#: The code of a ticket that nobody gets.
NOBODY = {
    Outcome.DEFERRED: "assignment.deferred",
    Outcome.NOBODY_ELIGIBLE: "assignment.nobody_eligible",
    Outcome.NOBODY_FITS: "assignment.nobody_fits",
    Outcome.NOBODY_AVAILABLE: "assignment.nobody_available",
}
#: Of who is not named among a team's `member_options`.
NO_OPTIONS = MemberOptions()
_NONE: Mapping[Any, Any] = MappingProxyType({})


def _are_functions(_: object, attribute: attrs.Attribute[Any], value: Mapping[str, object]) -> None:
    if not isinstance(value, Mapping):
        raise InvalidValueError(attribute.name, "must map names to functions")
    for name, function in value.items():
        check_line(attribute.name, name, 100)
        if not callable(function):
            raise InvalidValueError(attribute.name, f"has no function under {name!r}")


@attrs.frozen(kw_only=True)
class AssignmentPolicy:
    """How tickets are assigned: the settings of a team, checked once (A3-A11, A19).

    >>> from datetime import UTC
    >>> policy = AssignmentPolicy(method=AssignmentMethod.EQUAL_OPEN, mode=AssignmentMode.DEFER)
    >>> policy(["ada"], {}, Availability(), datetime(2026, 1, 5, tzinfo=UTC)).assignee_id
    'ada'
    """

    method: AssignmentMethod = attrs.field(validator=is_a(AssignmentMethod))
    mode: AssignmentMode = attrs.field(
        default=AssignmentMode.ASSIGN_NOW, validator=is_a(AssignmentMode)
    )
    look_ahead_window: timedelta = attrs.field(default=timedelta(0), validator=not_negative)
    horizon: timedelta = attrs.field(default=DEFAULT_HORIZON, validator=not_negative)
    catch_up: CatchUp = attrs.field(default=CatchUp.FULL, validator=is_a(CatchUp))
    member_options: Options = attrs.field(
        default=_NONE, converter=options_of, validator=are_options
    )
    filters: Mapping[str, Filter] = attrs.field(default=FILTERS, validator=_are_functions)
    ranking: Mapping[str, Term] = attrs.field(default=RANKING, validator=_are_functions)

    @property
    def catches_up(self) -> bool:
        """Whether who comes back or is new is treated otherwise than by the letter (A8)."""
        by_tickets = self.method is AssignmentMethod.EQUAL_TICKETS
        return by_tickets and self.catch_up is not CatchUp.FULL

    def __call__(
        self,
        pool: Sequence[Id],
        workloads: Mapping[Id, Workload],
        availability: Availability,
        now: datetime,
        *,
        tags: Collection[str] = frozenset(),
        catching_up: CatchingUp | None = None,
    ) -> Assignment:
        """Who of the pool gets the next ticket; see `choose_assignee`."""
        check_pool(pool)
        now = utc("now", now)
        if not pool:
            return _nobody(Outcome.NOBODY_ELIGIBLE)
        everybody = self._contenders(pool, workloads)
        unfit, option = self._filtered(everybody.values(), distinct("tags", tags))
        fit = [member_id for member_id in pool if member_id not in unfit]
        if not fit:
            skipped = tuple(Skipped(member_id, unfit[member_id]) for member_id in pool)
            return _nobody(Outcome.NOBODY_FITS, option=option, skipped=skipped)
        ready = {member_id: now for member_id in fit if availability.is_available(member_id, now)}
        moment, looked_ahead = now, not ready
        if looked_ahead:
            ready = self.next_moments(fit, availability, now)
            moment = min(ready.values(), default=now)
        if not ready or (looked_ahead and self.mode is AssignmentMode.DEFER):
            outcome = Outcome.DEFERRED if ready else Outcome.NOBODY_AVAILABLE
            return _nobody(
                outcome,
                available_from=moment if ready else None,
                skipped=self._skipped(pool, (), unfit, availability, now),
            )
        credits: tuple[Credit, ...] = ()
        behind: frozenset[Id] = frozenset()
        if self.catches_up:
            settled = settle(self.catch_up, everybody, availability, now, catching_up)
            credits = tuple(Credit(who, tickets) for who, tickets in settled.credits.items())
            behind = settled.behind
            for credit in credits:
                had = everybody[credit.member_id]
                everybody[credit.member_id] = attrs.evolve(had, count=had.count + credit.tickets)
        within = {who: at for who, at in ready.items() if at - moment <= self.look_ahead_window}
        contenders = [everybody[member_id] for member_id in within]
        if behind:
            theirs = catching_up is not None and catching_up.their_turn
            contenders, behind = take_turns(contenders, behind, theirs)
        candidates, tie_breaker = self._ranked(contenders)
        first = candidates[0]
        chosen = {candidate.member_id for candidate in candidates}
        reasons = unfit | {
            member_id: Reason("assignment.catching_up")
            for member_id in within
            if member_id not in chosen
        }
        return Assignment(
            outcome=Outcome.ASSIGNED,
            code=CODES[self.method],
            assignee_id=first.member_id,
            available_from=within[first.member_id] if looked_ahead else None,
            count=first.count,
            tie_breaker=tie_breaker,
            candidates=candidates,
            skipped=self._skipped(pool, chosen, reasons, availability, moment),
            credits=credits,
            catching_up=CatchingUp(
                at=now if catching_up is None else max(now, catching_up.at),
                member_ids=frozenset(pool),
                behind=behind,
                their_turn=first.member_id in behind,
            )
            if self.catches_up
            else None,
        )

    def next_moments(
        self, members: Iterable[Id], availability: Availability, now: datetime
    ) -> dict[Id, datetime]:
        """When each is available next, without those who never are (A11)."""
        found = ((who, availability.next_available((who,), now, self.horizon)) for who in members)
        return {who: moment for who, moment in found if moment is not None}

    def _contenders(
        self, pool: Sequence[Id], workloads: Mapping[Id, Workload]
    ) -> dict[Id, Contender]:
        found = {}
        for member_id in pool:
            workload = workloads.get(member_id)
            if workload is None:
                workload = Workload(member_id=member_id)
            elif workload.member_id != member_id:
                raise InvalidValueError("workloads", f"has another's under {member_id!r}")
            options = self.member_options.get(member_id, NO_OPTIONS)
            found[member_id] = Contender(member_id, workload.count(self.method), workload, options)
        return found

    def _filtered(
        self, contenders: Iterable[Contender], tags: frozenset[str]
    ) -> tuple[dict[Id, Reason], str | None]:
        """Why each who does not fit does not, and the name of the filter that left nobody (A19)."""
        unfit: dict[Id, Reason] = {}
        left = list(contenders)
        for name, fits in self.filters.items():
            reasons = {each.member_id: fits(each, tags) for each in left}
            unfit |= {who: reason for who, reason in reasons.items() if reason is not None}
            left = [each for each in left if each.member_id not in unfit]
            if not left:
                return unfit, name
        return unfit, None

    def _ranked(self, contenders: Iterable[Contender]) -> tuple[tuple[Candidate, ...], str]:
        """Those who compete, the one to be chosen first, and what set them apart (A6, A20)."""
        keys = [(tuple(term(each) for term in self.ranking.values()), each) for each in contenders]
        keys.sort(key=lambda pair: pair[0])  # stable: what is left equal is in member order (A6)
        candidates = tuple(
            Candidate(each.member_id, each.count, each.workload.last_assigned, rank)
            for rank, (_, each) in enumerate(keys, 1)
        )
        if len(keys) == 1:
            return candidates, next(iter(self.ranking), "member_order")
        best, second = keys[0][0], keys[1][0]
        apart = (name for name, a, b in zip(self.ranking, best, second, strict=True) if a != b)
        return candidates, next(apart, "member_order")

    def _skipped(
        self,
        pool: Iterable[Id],
        candidates: Collection[Id],
        reasons: Mapping[Id, Reason],
        availability: Availability,
        at: datetime,
    ) -> tuple[Skipped, ...]:
        return tuple(
            Skipped(who, reasons.get(who) or self._why_not(who, availability, at))
            for who in pool
            if who not in candidates
        )

    def _why_not(self, member_id: Id, availability: Availability, at: datetime) -> Reason:
        if availability.is_absent(member_id, at):
            return Reason("assignment.absent", {"until": availability.absent_until(member_id, at)})
        until = availability.next_available((member_id,), at, self.horizon)
        return Reason("assignment.outside_hours", {"until": until})


def _nobody(outcome: Outcome, **others: Any) -> Assignment:
    return Assignment(outcome=outcome, code=NOBODY[outcome], **others)


def choose_assignee(
    method: AssignmentMethod,
    pool: Sequence[Id],
    workloads: Mapping[Id, Workload],
    availability: Availability,
    now: datetime,
    *,
    look_ahead_window: timedelta = timedelta(0),
    horizon: timedelta = DEFAULT_HORIZON,
    mode: AssignmentMode = AssignmentMode.ASSIGN_NOW,
    catch_up: CatchUp = CatchUp.FULL,
    catching_up: CatchingUp | None = None,
    member_options: Mapping[Id, MemberOptions] = _NONE,
    tags: Collection[str] = frozenset(),
    filters: Mapping[str, Filter] = FILTERS,
    ranking: Mapping[str, Term] = RANKING,
) -> Assignment:
    """Who of the pool gets the next ticket (A3, A4, A6, A8-A11, A19, A20).

    Of those whom every filter lets through and who are available now, the first by `ranking`: the
    one with the fewest, then the least recently assigned, then the first in the pool, which is in
    member order. Nobody of them available: the moment is moved to the earliest at which somebody
    is, and those who are within `look_ahead_window` of it compete (A10); with `mode` DEFER the
    ticket waits for that moment instead. Somebody without a workload has 0 tickets and was never
    assigned; workloads of people outside the pool change nothing. `catching_up` is what the last
    assignment left to remember (A8). Raises `InvalidValueError` when the pool names somebody twice.

    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> chosen = choose_assignee(AssignmentMethod.EQUAL_TICKETS, ["ada", "bob"],
    ...                          {"ada": Workload(member_id="ada", total=1)}, Availability(), now)
    >>> chosen.assignee_id, chosen.count, chosen.tie_breaker
    ('bob', 0, 'fewest')
    >>> choose_assignee(AssignmentMethod.EQUAL_TICKETS, [], {}, Availability(), now).code
    'assignment.nobody_eligible'
    """
    policy = AssignmentPolicy(
        method=method,
        mode=mode,
        look_ahead_window=look_ahead_window,
        horizon=horizon,
        catch_up=catch_up,
        member_options=member_options,
        filters=filters,
        ranking=ranking,
    )
    return policy(pool, workloads, availability, now, tags=tags, catching_up=catching_up)


def check_pool(pool: Sequence[Id]) -> None:
    """Refuse a pool that is not a sequence of ids, each once.

    >>> check_pool(["ada", "ada"])
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: pool names 'ada' twice
    """
    if isinstance(pool, str | bytes | bytearray) or not isinstance(pool, Sequence):
        # a set has no member order (A6)
        raise InvalidValueError("pool", "must be a sequence of ids in member order")
    seen: set[Id] = set()
    for member_id in pool:
        check_id("pool", member_id)
        if member_id in seen:
            raise InvalidValueError("pool", f"names {member_id!r} twice")
        seen.add(member_id)
