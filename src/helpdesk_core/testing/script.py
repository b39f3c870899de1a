"""A day at a small help desk: every use-case that changes something, one after the other.

Whoever wants to see what becomes of each when something fails goes through it step by step; a
test of the library says so when a use-case is added that no step makes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

import attrs

from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar, MemoryNotifier
from helpdesk_core.duplicates import SimilarityIndex
from helpdesk_core.entities import (
    Absence,
    AssignmentMode,
    CatchUp,
    CountScope,
    Id,
    MemberOptions,
    Role,
    System,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.errors import NotifierError
from helpdesk_core.events import TicketsMerged
from helpdesk_core.plans import Plan
from helpdesk_core.ports import Claim, IncomingEmail, IncomingFile, OutgoingMessage
from helpdesk_core.service import Helpdesk, every
from helpdesk_core.testing.worlds import MONDAY, World, make_id

#: How many ids a step can make.
_IDS = 100
_SETUP = System(reason="the conformance kit")

Call = Callable[..., object]


@attrs.frozen
class Step:
    """One call of a use-case, by the name of its method of `Helpdesk`.

    It needs a store with these claims, and happens so many `days` after Monday. One that is not
    `whole` is several transactions: it is done, and not broken off, on the way to the others. With
    a `preview`, what that shows is confirmed; what it `finds` is an argument of the call. One that
    `gives_up` is made with a notifier that is shut, day after day, until nothing is left to fail.
    """

    method: str
    call: Call
    needs: Collection[Claim] = ()
    days: int = 1
    whole: bool = True
    preview: Callable[[Helpdesk, World], Plan] | None = None
    finds: Callable[[Helpdesk, World], object] | None = None
    gives_up: bool = False

    @property
    def takes_a_key(self) -> bool:
        """Whether it can be given an idempotency key (T7)."""
        return "idempotency_key" in inspect.signature(getattr(Helpdesk, self.method)).parameters


@attrs.define(kw_only=True)
class Workplace:
    """A store with all other ports beside it, over which the steps of the script are made."""

    world: World
    id_type: type
    claims: frozenset[Claim]
    repository: Any
    attachments: Any
    similarity: Any = attrs.Factory(SimilarityIndex)
    notifier: Any = attrs.Factory(MemoryNotifier)
    calendar: Any = attrs.Factory(MemoryCalendar)
    clock: Any = attrs.Factory(lambda: ManualClock(MONDAY))
    steps: Sequence[Step] = attrs.field(init=False)
    _shown: dict[int, dict[str, object]] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.steps = script(self.id_type, self.claims)

    def remembers(self, step: Step) -> bool:
        """Whether the step, made again, is known as the same one and gives its result (T7)."""
        return step.takes_a_key and Claim.IDEMPOTENCY_KEYS in self.claims

    def look(self, number: int) -> None:
        """Be shown what the n-th step confirms or finds, once: made again, it does the same."""
        step = self.steps[number]
        if number in self._shown or not (step.preview or step.finds):
            return
        desk, shown = self._desk(number), self._shown.setdefault(number, {})
        if step.preview is not None:
            shown["confirmed"] = step.preview(desk, self.world).fingerprint
        if step.finds is not None:
            shown["found"] = step.finds(desk, self.world)

    def play(self, number: int) -> object:
        """Make the n-th step: at the same moment and with the same ids whenever it is made."""
        self.look(number)
        step, options = self.steps[number], dict(self._shown.get(number, {}))
        if self.remembers(step):
            options["idempotency_key"] = f"step {number}"
        desk = self._desk(number)
        done: Any = step.call(desk, self.world, **options)
        while step.gives_up and done.failed:
            self.clock.advance(timedelta(days=1))
            done = step.call(desk, self.world, **options)
        return done

    def _desk(self, number: int) -> Helpdesk:
        return Helpdesk(
            self.repository,
            self.notifier_at(number),
            self.calendar,
            self.clock,
            attachments=self.attachments,
            similarity=self.similarity,
            id_factory=self.ids_at(number),
        )

    def notifier_at(self, number: int) -> Any:
        """The notifier of the n-th step."""
        return _Shut() if self.steps[number].gives_up else self.notifier

    def ids_at(self, number: int) -> Callable[[], Id]:
        """Set the clock for the n-th step, and make its ids."""
        self.clock.set(MONDAY + timedelta(days=self.steps[number].days, minutes=number))
        ids = iter(range(_IDS * (number + 10), _IDS * (number + 11)))
        return lambda: make_id(self.id_type, "made", next(ids))


def _mail(world: World, text: str, **fields: Any) -> IncomingEmail:
    return IncomingEmail(
        sender=str(world.users[2].email),
        subject="Ink",
        text=text,
        files=[IncomingFile(name="ink.txt", media_type="text/plain", content=b"ink")],
        **fields,
    )


class _Shut:
    def send(self, message: OutgoingMessage) -> None:
        raise NotifierError("shut")


def newcomer(id_type: type) -> User:
    """Somebody whom the script adds."""
    return User(
        id=make_id(id_type, "user", 9),
        name="Cyd",
        kind=UserKind.INTERNAL,
        roles={Role.AGENT, Role.TEAM_LEAD},
    )


def script(id_type: type, claims: frozenset[Claim]) -> list[Step]:
    """What happens over `plain_world`, as far as a store with these claims can do it."""
    a, b, c = 0, 1, 2

    def ticket(world: World, n: int) -> Id:
        return world.ticket_ids[n]

    def stage(world: World, n: int) -> Id:
        return world.stages[n].id

    def new(kind: str) -> Id:
        return make_id(id_type, kind, 9)

    def automatic(desk: Helpdesk, world: World, **options: Any) -> object:
        team = world.teams[0].id
        return desk.change_team(team, actor=_SETUP, auto_assign=True, **options)

    def unmerge(desk: Helpdesk, world: World, **options: Any) -> object:
        told = every(desk.history, ticket(world, a), actor=_SETUP)
        made = next(event for event in told if isinstance(event, TicketsMerged))
        return desk.unmerge(made.merge_id, actor=_SETUP, **options)

    def dead(desk: Helpdesk, world: World) -> list[str]:
        return [desk.dead_letters(actor=_SETUP, limit=1).items[0].key]

    def ada(world: World) -> Id:
        return world.users[0].id

    def bob(world: World) -> Id:
        return world.users[1].id

    def eve(world: World) -> Id:
        return world.users[2].id

    editable, order = {Claim.EDITABLE_STAGES}, {Claim.ASSIGNMENT_ORDER}
    per_team = {Claim.EDITABLE_STAGES, Claim.STAGES_PER_TEAM}
    merging = {Claim.MERGE, Claim.UNMERGE, Claim.HISTORY}
    follows, removal = {Claim.TEAM_FOLLOWERS}, {Claim.REMOVAL}
    own = {Claim.HOST_FIELDS}
    steps = [
        Step("open_ticket", lambda d, w, **o: d.open_ticket(
            w.teams[0].id, "Toner", actor=eve(w), **o)),
        Step("reply", lambda d, w, **o: d.reply(ticket(w, a), "Which one?", actor=ada(w), **o)),
        Step("receive", lambda d, w, **o: d.receive(
            _mail(w, "None left", mail_id="<1@eve>"), w.teams[0].id, verified=True,
            actor=_SETUP, **o), {Claim.MAIL}),
        Step("receive", lambda d, w, **o: d.receive(
            _mail(w, "Not one", references=["<1@eve>"]), w.teams[0].id, verified=True,
            actor=_SETUP, **o), {Claim.MAIL}),
        Step("reply", lambda d, w, **o: d.reply(ticket(w, b), "Now?", actor=ada(w), **o)),
        Step("deliver", lambda d, w: d.deliver(), {Claim.OUTBOX}, whole=False, gives_up=True),
        Step("send_again", lambda d, w, found, **o: d.send_again(
            found, actor=_SETUP, **o), {Claim.OUTBOX}, finds=dead),
        Step("set_aside", lambda d, w, found, **o: d.set_aside(
            found, actor=_SETUP, **o), {Claim.OUTBOX}, finds=dead),
        Step("note", lambda d, w, **o: d.note(ticket(w, a), "Again", actor=ada(w), **o)),
        Step("attach", lambda d, w, **o: d.attach(
            ticket(w, a), "a.txt", b"ink", actor=ada(w), **o)),
        Step("change_ticket", lambda d, w, **o: d.change_ticket(
            ticket(w, a), actor=ada(w), priority=3, subject="No cyan", **o)),
        Step("assign", lambda d, w, **o: d.assign(ticket(w, a), ada(w), actor=_SETUP, **o)),
        Step("assign", lambda d, w, **o: d.assign(ticket(w, a), bob(w), actor=_SETUP, **o)),
        Step("move", lambda d, w, **o: d.move(ticket(w, a), stage(w, 1), actor=_SETUP, **o)),
        Step("drag", lambda d, w, **o: d.drag(
            ticket(w, a), stage(w, 0), below=ticket(w, b), actor=_SETUP, **o),
            {Claim.BOARD_ORDER}),
        Step("close", lambda d, w, **o: d.close(ticket(w, a), actor=_SETUP, **o)),
        Step("follow_ticket", lambda d, w, **o: d.follow_ticket(
            ticket(w, b), ada(w), actor=_SETUP, **o)),
        Step("unfollow_ticket", lambda d, w, **o: d.unfollow_ticket(
            ticket(w, b), ada(w), actor=_SETUP, **o)),
        Step("log_time", lambda d, w, **o: d.log_time(ticket(w, b), 5, actor=ada(w), **o),
             {Claim.TIME_ENTRIES}),
        Step("add_user", lambda d, w, **o: d.add_user(newcomer(id_type), actor=_SETUP, **o)),
        Step("change_user", lambda d, w, **o: d.change_user(bob(w), actor=_SETUP, name="Bo", **o)),
        Step("create_team", lambda d, w, **o: d.create_team(
            "Print", Visibility.COMPANY, actor=_SETUP, id=new("team"), member_ids=[ada(w)],
            stage_ids=[stage.id for stage in w.stages], **o)),
        Step("change_team", lambda d, w, **o: d.change_team(
            w.teams[1].id, actor=_SETUP, name="Desk", **o)),
        Step("follow_team", lambda d, w, **o: d.follow_team(
            w.teams[1].id, ada(w), actor=_SETUP, **o), follows),
        Step("unfollow_team", lambda d, w, **o: d.unfollow_team(
            w.teams[1].id, ada(w), actor=_SETUP, **o), follows),
        Step("transfer", lambda d, w, **o: d.transfer(
            ticket(w, c), w.teams[1].id, actor=_SETUP, **o), {Claim.FOLLOW_SOURCES}),
        # automatic assignment
        Step("assign", lambda d, w, **o: d.assign(ticket(w, a), None, actor=_SETUP, **o)),
        Step("change_team", automatic, order),
        Step("open_ticket", lambda d, w, **o: d.open_ticket(
            w.teams[0].id, "Drum", actor=ada(w), **o), order),
        Step("hand_over", lambda d, w, **o: d.hand_over(
            w.teams[0].id, Absence(user_id=ada(w), start=MONDAY), actor=_SETUP, **o), order),
        Step("change_team", lambda d, w, **o: d.change_team(
            w.teams[0].id, actor=_SETUP, catch_up=CatchUp.NONE,
            assignment_mode=AssignmentMode.DEFER, assignment_scope=CountScope.GLOBAL, **o),
            {*order, Claim.CREDITS}),
        Step("change_team", lambda d, w, **o: d.change_team(
            w.teams[0].id, actor=_SETUP, member_options={ada(w): MemberOptions(weight=2)}, **o),
            {*order, Claim.MEMBER_OPTIONS}),
        Step("change_user", lambda d, w, **o: d.change_user(
            ada(w), actor=_SETUP, active=False, **o), order),
        Step("change_user", lambda d, w, **o: d.change_user(
            bob(w), actor=_SETUP, active=False, **o), order),
        Step("open_ticket", lambda d, w, **o: d.open_ticket(
            w.teams[0].id, "Belt", actor=eve(w), **o), order),
        Step("change_user", lambda d, w, **o: d.change_user(
            bob(w), actor=_SETUP, active=True, **o), order),
        Step("assign_waiting", lambda d, w: d.assign_waiting(actor=_SETUP), order),
        Step("close_inactive", lambda d, w: d.close_inactive(
            30, [stage(w, 0), stage(w, 1)], actor=_SETUP, limit=1), {Claim.HISTORY}, days=60),
        # fields of the host's
        Step("change_ticket", lambda d, w, **o: d.change_ticket(
            ticket(w, a), actor=_SETUP, fields={"cost": 7, "room": "B 12"}, **o), own),
        Step("change_ticket", lambda d, w, **o: d.change_ticket(
            ticket(w, b), actor=_SETUP, fields={"room": "C 3"}, **o), own),
        # duplicates
        Step("discard_duplicate", lambda d, w, **o: d.discard_duplicate(
            ticket(w, a), ticket(w, b), actor=_SETUP, **o), {Claim.DISCARDS}),
        Step("merge", lambda d, w, **o: d.merge(
            [ticket(w, a), ticket(w, b)], actor=_SETUP, **o), {Claim.MERGE}),
        Step("unmerge", unmerge, merging),
        # the pipeline
        Step("create_stage", lambda d, w, **o: d.create_stage(
            "Paused", actor=_SETUP, id=new("stage"), team_ids=[w.teams[0].id], **o), per_team),
        Step("reorder_stages", lambda d, w, **o: d.reorder_stages(
            [new("stage"), *(stage.id for stage in w.stages)], actor=_SETUP, **o), per_team),
        Step("reorder_team_stages", lambda d, w, **o: d.reorder_team_stages(
            w.teams[0].id, [stage(w, 2), stage(w, 1), stage(w, 0), new("stage")],
            actor=_SETUP, **o), per_team),
        Step("change_stage", lambda d, w, **o: d.change_stage(
            stage(w, 0), actor=_SETUP, description="At once", **o), editable),
        Step("fold_stage", lambda d, w, **o: d.fold_stage(
            stage(w, 0), actor=_SETUP, **o), editable,
            preview=lambda d, w: d.preview_fold(stage(w, 0), True, actor=_SETUP)),
        Step("unfold_stage", lambda d, w, **o: d.unfold_stage(
            stage(w, 0), actor=_SETUP, **o), editable,
            preview=lambda d, w: d.preview_fold(stage(w, 0), False, actor=_SETUP)),
        Step("remove_stage", lambda d, w, **o: d.remove_stage(
            stage(w, 0), actor=_SETUP, move_to=stage(w, 1), **o), per_team,
            preview=lambda d, w: d.preview_stage_removal(
                stage(w, 0), move_to=stage(w, 1), actor=_SETUP)),
        Step("change_visibility", lambda d, w, **o: d.change_visibility(
            w.teams[0].id, Visibility.COMPANY, actor=_SETUP, **o), {Claim.FOLLOW_SOURCES}),
        # removed for legal reasons
        Step("redact_message", lambda d, w, **o: d.redact_message(
            ticket(w, a), None, actor=_SETUP, reason="law", **o), removal),
        Step("redact_message", lambda d, w, **o: d.redact_message(
            ticket(w, a), d.messages(ticket(w, a), actor=_SETUP)[0].id,
            actor=_SETUP, reason="law", **o), removal),
        Step("redact_attachment", lambda d, w, **o: d.redact_attachment(
            ticket(w, a), d.attachments(ticket(w, a), actor=_SETUP)[0].id,
            actor=_SETUP, reason="law", **o), removal),
        Step("erase_person", lambda d, w, **o: d.erase_person(
            eve(w), actor=_SETUP, reason="law", words=True, **o), removal),
        # a worker's
        Step("deliver", lambda d, w: d.deliver(), {Claim.OUTBOX}, whole=False),
        Step("purge", lambda d, w: d.purge(), {Claim.OUTBOX}, days=60),
    ]  # fmt: skip
    return [step for step in steps if claims.issuperset(step.needs)]
