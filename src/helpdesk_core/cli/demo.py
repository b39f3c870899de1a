"""`demo`: a small company at work for three weeks, in a folder to look into afterwards."""

from __future__ import annotations

import argparse
import csv
import heapq
import itertools
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from helpdesk_core.adapters.files import FileNotifier, FolderAttachmentStore
from helpdesk_core.adapters.memory import ManualClock, MemoryCalendar
from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import console, demo_data, demo_scenes
from helpdesk_core.cli.demo_data import CARE, HR, IT, Arrival
from helpdesk_core.cli.errors import InputError
from helpdesk_core.entities import AssignmentMethod, System, UserKind, Visibility
from helpdesk_core.service import Helpdesk
from helpdesk_core.templates import EmailTemplate, SmsTemplate

MARKER = ".helpdesk-core-demo"
DATABASE, MAIL, FILES, TICKETS_CSV = "helpdesk.db", "mail", "files", "tickets.csv"
_OURS = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", MAIL, FILES, TICKETS_CSV)

SETUP = System(reason="set-up of the demo")
INTAKE = System(reason="requests by e-mail and web form")
NEW, WORKING, ASKED, SOLVED, DROPPED = "new", "working", "asked", "solved", "dropped"


def run(arguments: argparse.Namespace) -> int:
    """Make the folder, play three weeks, show what there is to see."""
    folder = fresh_folder(Path(arguments.folder))
    clock = ManualClock(demo_data.FIRST_DAY)
    notifier = demo_scenes.CountingNotifier(FileNotifier(folder / MAIL))
    with SqlRepository(f"sqlite:///{folder / DATABASE}") as repository:
        numbers = itertools.count(1)
        helpdesk = Helpdesk(
            repository,
            notifier,
            MemoryCalendar(demo_data.time_off(), demo_data.schedules()),
            clock,
            attachments=FolderAttachmentStore(folder / FILES),
            id_factory=lambda: f"n-{next(numbers):05}",
            link_to=lambda ticket: f"https://helpdesk.example/tickets/{ticket.id}",
        )
        set_up(helpdesk)
        arrivals = demo_data.arrivals(arguments.seed, demo_data.TICKETS)
        write_csv(folder / TICKETS_CSV, arrivals)
        weeks = ThreeWeeks(helpdesk, clock, arguments.seed)
        weeks.play(arrivals)
        scenes = demo_scenes.Scenes(console.out(), helpdesk, notifier, folder)
        scenes.tickets_came_in(arrivals, weeks.moves)
        scenes.look_ahead(weeks.look_ahead)
        scenes.two_people_one_team()
        scenes.messages(folder / MAIL)
        scenes.duplicates()
        deliver_all(helpdesk)
        scenes.tables()
        problems = [str(finding) for finding in helpdesk.check()]
        scenes.farewell(problems, arguments.folder, arguments.seed)
    return 1 if problems else 0


# --- the folder ----------------------------------------------------------------------------------


def fresh_folder(folder: Path) -> Path:
    """A new folder, or that of an earlier demo emptied of what a demo makes; else refused."""
    marker = folder / MARKER
    if folder.exists() or folder.is_symlink():
        if not marker.is_file():
            raise InputError(f"{folder}: is there already and is no demo's; name another --folder")
        for name in _OURS:
            path = folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    else:
        folder.mkdir(parents=True)
    marker.write_text("Made by `helpdesk-core demo`, which replaces it when it runs again.\n")
    return folder


def write_csv(path: Path, arrivals: list[Arrival]) -> None:
    """The requests as a file, to be tried with `duplicates`."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "subject", "description"])
        writer.writerows([ticket.id, ticket.subject, ticket.description] for ticket in arrivals)


# --- the company ---------------------------------------------------------------------------------


def set_up(helpdesk: Helpdesk) -> None:
    """People, stages with their messages, and one team per level of visibility."""
    for user in demo_data.people():
        helpdesk.add_user(user, actor=SETUP)
    helpdesk.create_stage(
        "New",
        actor=SETUP,
        id=NEW,
        email_template=EmailTemplate(
            "We have it: ${ticket.subject}",
            "Dear ${customer.name},\n\nyour request ${ticket.id} is with us.\n\n${team.name}",
        ),
    )
    helpdesk.create_stage("In progress", actor=SETUP, id=WORKING)
    helpdesk.create_stage("Waiting for the customer", actor=SETUP, id=ASKED)
    helpdesk.create_stage(
        "Solved",
        actor=SETUP,
        id=SOLVED,
        folded=True,
        email_template=EmailTemplate(
            "Solved: ${ticket.subject}",
            "Dear ${customer.name},\n\n${assignee.name} solved ${ticket.id}.\n\n${team.name}",
        ),
        sms_template=SmsTemplate("${ticket.id} is solved. ${team.name}"),
    )
    helpdesk.create_stage("Cancelled", actor=SETUP, id=DROPPED, folded=True)
    everywhere = (NEW, WORKING, SOLVED, DROPPED)
    for id, name, level, method, stages, follow in (
        (HR, "People and pay", Visibility.PRIVATE, AssignmentMethod.EQUAL_OPEN, (), True),
        (IT, "IT support", Visibility.COMPANY, AssignmentMethod.EQUAL_TICKETS, (), False),
        (CARE, "Customer care", Visibility.PUBLIC, AssignmentMethod.EQUAL_OPEN, (ASKED,), False),
    ):
        helpdesk.create_team(
            name,
            level,
            actor=SETUP,
            id=id,
            member_ids=demo_data.members_of(id),
            stage_ids=(*everywhere, *stages),
            auto_assign=True,
            assignment_method=method,
            members_follow=follow,
            public_description=f"{name} of the ink works.",
        )


def deliver_all(helpdesk: Helpdesk) -> None:
    """Hand the outbox over until nothing is due."""
    while True:
        done = helpdesk.deliver(500)
        if done.sent + done.skipped + done.failed == 0:
            return


class ThreeWeeks:
    """Plays what happens, in order of time: requests, work on them, and the post every night."""

    def __init__(self, helpdesk: Helpdesk, clock: ManualClock, seed: int) -> None:
        self._helpdesk = helpdesk
        self._clock = clock
        self._random = Random(f"life {seed}")
        self._kinds = {user.id: user.kind for user in demo_data.people()}
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._steps: console.Steps | None = None
        self._end = demo_data.FIRST_DAY + timedelta(days=demo_data.DAYS - 1, hours=13)
        self.moves = 0
        self.look_ahead: demo_scenes.LookAhead | None = None

    def play(self, arrivals: list[Arrival]) -> None:
        """Play until Friday night of the third week; what lies later does not happen."""
        for ticket in arrivals:
            self._at(ticket.at, lambda ticket=ticket: self._arrives(ticket))  # type: ignore[misc]
        self._at(demo_scenes.LOOK_AHEAD_AT, self._looks_ahead)
        for day in range(1, demo_data.DAYS):
            night = demo_data.FIRST_DAY + timedelta(days=day)
            self._at(night, lambda: deliver_all(self._helpdesk))
        with console.progress("tickets come in", len(arrivals)) as self._steps:
            while self._agenda and self._agenda[0][0] <= self._end:
                at, _, happens = heapq.heappop(self._agenda)
                self._clock.set(at)
                happens()
        self._clock.set(self._end)
        deliver_all(self._helpdesk)

    def _at(self, at: datetime, happens: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), happens))

    def _hours(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=round(self._random.uniform(least, most) * 60))

    def _arrives(self, arrival: Arrival) -> None:
        outside = self._kinds[arrival.requester_id] is not UserKind.INTERNAL
        by_itself = arrival.team_id == HR or self._kinds[arrival.requester_id] is UserKind.CONTACT
        ticket = self._helpdesk.open_ticket(
            arrival.team_id,
            arrival.subject,
            arrival.description,
            actor=INTAKE,  # the form and the mailbox, which give tickets their numbers
            id=arrival.id,
            customer_id=arrival.requester_id,
            priority=0 if outside and not by_itself else arrival.priority,
            tags={arrival.language},
        )
        if arrival.team_id == HR:  # who asks HR something is invited to that ticket, and no other
            self._helpdesk.follow_ticket(ticket.id, arrival.requester_id, actor=INTAKE)
        if self._steps is not None:
            self._steps.advance()
        begins = max(ticket.available_from or self._clock.now(), self._clock.now())
        begins += self._hours(0.5, 6)
        self._at(begins, lambda: self._is_begun(arrival))

    def _is_begun(self, arrival: Arrival) -> None:
        if self._random.random() < 0.6:
            self._by_assignee(
                arrival,
                lambda who: self._helpdesk.reply(
                    arrival.id, demo_data.ANSWERS[arrival.language], actor=who
                ),
            )
        asks = arrival.team_id == CARE and self._random.random() < 0.25
        self._move(arrival, ASKED if asks else WORKING)
        fate = self._random.random()
        if fate < 0.85:
            end = SOLVED if fate < 0.8 else DROPPED
            self._at(self._clock.now() + self._hours(3, 70), lambda: self._ends(arrival, end))

    def _ends(self, arrival: Arrival, stage_id: str) -> None:
        self._move(arrival, stage_id)
        if self._random.random() < 0.06:
            again = self._clock.now() + self._hours(2, 24)
            self._at(again, lambda: self._move(arrival, WORKING))

    def _move(self, arrival: Arrival, stage_id: str) -> None:
        self._by_assignee(arrival, lambda who: self._helpdesk.move(arrival.id, stage_id, actor=who))
        self.moves += 1

    def _by_assignee(self, arrival: Arrival, act: Callable[[str], object]) -> None:
        assignee = self._helpdesk.ticket(arrival.id, actor=SETUP).assignee_id
        act(str(assignee))

    def _looks_ahead(self) -> None:
        """Friday morning, and nobody of HR is there: whom would a ticket go to, and why?"""
        why = self._helpdesk.explain_assignment(HR, actor=demo_data.ADMINISTRATOR)
        ticket = self._helpdesk.open_ticket(
            HR,
            "May I carry five days of leave over into April?",
            actor=INTAKE,
            id="T-AHEAD",
            customer_id="sara",
        )
        self._helpdesk.attach(
            ticket.id, "plan.txt", b"Easter: five days\n", actor=INTAKE, media_type="text/plain"
        )
        self.look_ahead = demo_scenes.LookAhead(ticket, why, self._clock.now())
