"""What the demo shows when its three weeks are over: each scene looks at the database anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from helpdesk_core.assignment import Assignment
from helpdesk_core.cli import demo_data
from helpdesk_core.cli.demo_data import ADMINISTRATOR, CARE, HR, IT, Arrival
from helpdesk_core.duplicates import Group
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import Notifier, OutgoingMessage, TicketFilter
from helpdesk_core.sentences import explain, sentence
from helpdesk_core.service import Helpdesk, every

THRESHOLD = 0.85
#: Friday of the first week, when nobody of HR is there.
LOOK_AHEAD_AT = demo_data.FIRST_DAY + timedelta(days=4, hours=3)
_TEAMS = (HR, IT, CARE)


class CountingNotifier:
    """Hands messages on, and counts them by kind and channel."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self.sent: Counter[tuple[NoticeKind, Channel]] = Counter()

    def send(self, message: OutgoingMessage) -> None:
        """Hand it on; what raises is not counted."""
        self._notifier.send(message)
        self.sent[message.kind, message.channel] += 1


@attrs.frozen
class LookAhead:
    """A ticket that came when nobody was there, and why it went to whom it did."""

    ticket: Ticket
    why: Assignment
    at: datetime


class Scenes:
    """Shows one thing after the other."""

    def __init__(
        self, out: Console, helpdesk: Helpdesk, notifier: CountingNotifier, folder: Path
    ) -> None:
        self._out = out
        self._helpdesk = helpdesk
        self._notifier = notifier
        self._folder = folder
        self._names = {user.id: user.name for user in demo_data.people()}

    def _title(self, text: str) -> None:
        self._out.print()
        self._out.print(Text(text, style="bold"))

    def _say(self, text: str) -> None:
        self._out.print(Text(text))

    def tickets_came_in(self, arrivals: Sequence[Arrival], moves: int) -> None:
        """How much happened."""
        languages = len({ticket.language for ticket in arrivals})
        self._title("1. Three weeks in a company that makes ink")
        self._say(
            f"{len(arrivals)} requests in {languages} languages came to three teams, one per level"
            f" of visibility; {len(demo_data.schedules())} members with working hours and time off"
            f" were given them automatically and moved them {moves} times."
        )

    def look_ahead(self, seen: LookAhead | None) -> None:
        """Why somebody who was not there got a ticket (A10, A20)."""
        self._title("2. Nobody is there: the assignment looks ahead")
        if seen is None:
            return
        ticket, why = seen.ticket, seen.why
        self._say(f"{_when(seen.at)}: {ticket.id} comes to People and pay, “{ticket.subject}”")
        who = self._name(ticket.assignee_id)
        self._say(f"  {who} gets it, and is there from {_when(ticket.available_from)}.")
        self._say(f"  Why: {sentence(why.code)}")
        for skipped in why.skipped:
            until = skipped.reason.parameters.get("until")
            plain = sentence(skipped.reason.code)
            back = "" if until is None else f" Back on {_when(until)}."
            self._say(f"  Passed over: {self._name(skipped.member_id)}. {plain}{back}")

    def two_people_one_team(self) -> None:
        """A portal user and an internal user look at the same team (V1, V3)."""
        self._title("3. Two people look at Customer care, which is public")
        for user_id, what in (("sam", "of IT support, internal"), ("eleni", "a customer, portal")):
            query = TicketFilter(team_ids=frozenset({CARE}))
            page = self._helpdesk.tickets(actor=user_id, query=query, limit=4, newest_first=True)
            count = self._helpdesk.count(actor=user_id, query=query)
            table = Table(
                "ticket",
                "of",
                "subject",
                title=Text(f"{self._names[user_id]}, {what}, sees {count}; the newest:"),
                title_justify="left",
            )
            for ticket in page.items:
                table.add_row(
                    str(ticket.id), Text(self._name(ticket.customer_id)), Text(ticket.subject)
                )
            self._out.print(table)
            first = page.items[0]
            why = explain(self._helpdesk.access(first.id, actor=user_id))
            self._say(f"May {self._names[user_id]} see {first.id}? {why}")
        table = Table("sees how many", "as", *(self._team_name(id) for id in _TEAMS))
        for user_id, what in (
            (ADMINISTRATOR, "administrator"),
            ("giulia", "member of People and pay"),
            ("sam", "member of IT support"),
            ("franco", "employee"),
            ("eleni", "portal user"),
            ("bruno", "contact"),
        ):
            counts = (
                self._helpdesk.count(
                    actor=user_id, query=TicketFilter(team_ids=frozenset({team_id}))
                )
                for team_id in _TEAMS
            )
            table.add_row(Text(self._names[user_id]), what, *(str(count) for count in counts))
        _right(table, 2)
        self._out.print(table)

    def messages(self, mail: Path) -> None:
        """Where the messages are, and one of them (G8, V20)."""
        self._title("4. Stage messages and other mail")
        table = Table("message", "by", "files")
        _right(table, 2)
        for (kind, channel), count in sorted(
            self._notifier.sent.items(), key=lambda item: (item[0][0].value, item[0][1].value)
        ):
            table.add_row(kind.value, channel.value, str(count))
        table.add_row("in all", "", str(len(list(mail.glob("*.eml")))))
        self._out.print(table)
        for path in sorted(mail.glob("*.email.eml")):
            letter = message_from_bytes(path.read_bytes(), policy=policy.default)
            if letter["X-Helpdesk-Kind"] == "stage" and "eleni" in str(letter["To"]):
                self._say(f"{path}:")
                self._say(f"  To: {letter['To']}")
                self._say(f"  Subject: {letter['Subject']}")
                break

    def duplicates(self) -> None:
        """Duplicates are found; a group is merged and un-merged, another one stays merged (M)."""
        self._title("5. Requests that were sent twice")
        helpdesk, actor = self._helpdesk, ADMINISTRATOR
        found = sorted(
            helpdesk.duplicate_groups(actor=actor, threshold=THRESHOLD),
            key=lambda group: (-len(group.members), str(group.master_id)),
        )
        table = Table("master", "duplicate", "rating", "of which", "subject")
        for group in found[:5]:
            self._add_group(table, group)
        duplicates = sum(len(group.members) for group in found)
        self._say(f"{len(found)} groups with {duplicates} duplicates at {THRESHOLD} or more:")
        self._out.print(table)
        if len(found) < 2:
            return
        group = max(found, key=self._said_in_duplicates)  # where there is most to be seen
        found.remove(group)
        ids = [group.master_id, *(match.ticket_id for match in group.members)]
        before = [helpdesk.ticket(id, actor=actor) for id in ids]
        said = self._said(ids[0])
        record = helpdesk.merge(ids, actor=actor, master_id=ids[0])
        joined = self._said(ids[0])
        root = helpdesk.resolve(ids[1], actor=actor)
        self._say(
            f"Merged {', '.join(map(str, ids[1:]))} into {record.master_id}: the master showed"
            f" {said} messages and shows {joined}; {ids[1]} now leads to {root}."
        )
        helpdesk.unmerge(record.id, actor=actor)
        after = [helpdesk.ticket(id, actor=actor) for id in ids]
        same = all(
            attrs.evolve(old, version=1) == attrs.evolve(new, version=1)
            for old, new in zip(before, after, strict=True)
        )
        told = "all of them are as they were" if same else "SOMETHING IS NOT AS IT WAS"
        self._say(f"Un-merged: {told}; the master shows {self._said(ids[0])} messages again.")
        group = found[0]
        ids = [group.master_id, *(match.ticket_id for match in group.members)]
        helpdesk.merge(ids, actor=actor, master_id=ids[0])
        self._say(f"Merged {', '.join(map(str, ids[1:]))} into {ids[0]}, and left so.")
        if len(found) > 1:
            pair = (found[1].master_id, found[1].members[0].ticket_id)
            helpdesk.discard_duplicate(*pair, actor=actor)
            self._say(f"Said that {pair[0]} and {pair[1]} are not the same.")
        left = helpdesk.duplicate_groups(actor=actor, threshold=THRESHOLD)
        self._say(f"Suggested now: {len(left)} groups.")

    def _said(self, ticket_id: Id) -> int:
        return sum(1 for _ in every(self._helpdesk.messages, ticket_id, actor=ADMINISTRATOR))

    def _said_in_duplicates(self, group: Group) -> int:
        return sum(self._said(match.ticket_id) for match in group.members)

    def _add_group(self, table: Table, group: Group) -> None:
        for match in group.members:
            shares = ", ".join(
                f"{field} {share:.2f}" for field, share in match.shares.items() if share >= 0.005
            )
            subject = self._helpdesk.ticket(match.ticket_id, actor=ADMINISTRATOR).subject
            table.add_row(
                str(group.master_id),
                str(match.ticket_id),
                f"{match.rating:.2f}",
                shares,
                Text(subject),
            )

    def tables(self) -> None:
        """Teams, members and a board, to be checked by eye."""
        self._title("6. Where things stand on Friday night")
        teams = Table("team", "visibility", "open", "of them waiting", "closed", "merged away")
        _right(teams, 2)
        for team_id in _TEAMS:
            team = self._helpdesk.team(team_id, actor=ADMINISTRATOR)
            counts = (
                self._count(team_id, closed=False),
                self._count(team_id, closed=False, waiting=True),
                self._count(team_id, closed=True),
                self._count(team_id, merged=True),
            )
            teams.add_row(Text(team.name), team.visibility.value, *map(str, counts))
        self._out.print(teams)
        members = Table("member", "of", "kept equal", "tickets", "open", "days off")
        _right(members, 3)
        for team_id in _TEAMS:
            members.add_section()
            team = self._helpdesk.team(team_id, actor=ADMINISTRATOR)
            loads = self._helpdesk.workloads(team_id, actor=ADMINISTRATOR)
            for id in team.member_ids:
                load = loads.get(id)
                days = sum(
                    (a.end - a.start).days
                    for a in demo_data.time_off()
                    if a.user_id == id and a.end
                )
                members.add_row(
                    Text(self._name(id)),
                    Text(team.name),
                    team.assignment_method.value.removeprefix("equal_"),
                    str(load.total if load else 0),
                    str(load.open if load else 0),
                    str(days or ""),
                )
        self._out.print(members)
        board = Table("Customer care, by stage", "tickets", "")
        _right(board, 1)
        for column in self._helpdesk.board(CARE, actor=demo_data.LEAD_OF_CARE).columns:
            kind = "folded: closed" if column.stage.folded else ""
            board.add_row(Text(column.stage.name), str(column.count), kind)
        self._out.print(board)

    def farewell(self, problems: Sequence[str], folder: str, seed: int) -> None:
        """What `check` says, and what to try next."""
        for problem in problems:
            self._say(f"check: {problem}")
        if not problems:
            self._say("check: nothing wrong was found.")
        self._title("What to try next")
        path = self._folder
        names = (each.name for each in path.iterdir())
        made = sorted(name for name in names if not name.startswith(".") and "db-" not in name)
        self._say(f"  look into {path}: {', '.join(name for name in made if name[0] != '.')}")
        self._say(f"  helpdesk-core check {path / 'helpdesk.db'}")
        self._say(
            f"  helpdesk-core duplicates {path / 'tickets.csv'} --id id --title subject"
            f" --text description --threshold {THRESHOLD}"
        )
        self._say("  helpdesk-core replay LOG.csv, with an event log of your own help desk")
        self._say(f"  helpdesk-core demo --folder {folder} --seed {seed + 1}")

    def _count(self, team_id: str, **query: bool) -> int:
        wanted = TicketFilter(team_ids=frozenset({team_id}), **query)  # type: ignore[arg-type]
        return self._helpdesk.count(actor=ADMINISTRATOR, query=wanted)

    def _team_name(self, team_id: str) -> str:
        return self._helpdesk.team(team_id, actor=ADMINISTRATOR).name

    def _name(self, user_id: object) -> str:
        return self._names.get(str(user_id), "nobody")


def _right(table: Table, start: int) -> None:
    for column in table.columns[start:]:
        column.justify = "right"


def _when(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%a %d %b %H:%M} UTC"
