"""The plain values of the model's desk, the world that holds them, and the questions to it."""

from copy import deepcopy
from datetime import timedelta

from model import assignment, merge, stages, visibility

# T5: "One table says which role may do which use-case: portal user (open, reply, close their own),
# agent, team lead, administrator. It is data that a host can replace."
# CHOICE: who may look may follow, and stop; to name others as customer, assignee or follower takes
# an agent, and a lead for followers of a team. An internal user without a role may open, reply,
# close their own and follow; a team lead may do what an agent may, and change levels and members;
# an administrator may do everything.
PORTAL = {"open", "reply", "follow", "close own"}
INTERNAL = PORTAL | {"follow team"}
AGENT = INTERNAL | {
    "open for",
    "note",
    "move",
    "close",
    "assign",
    "transfer",
    "invite",
    "merge",
    "change",
}
LEAD = AGENT | {"change_level", "set_members", "invite to team"}
TABLE = {
    "contact": set(),
    "portal": PORTAL,
    "internal": INTERNAL,
    "agent": AGENT,
    "lead": LEAD,
    "administrator": LEAD | {"fold", "redact"},
}


# --- plain values --------------------------------------------------------------------------------


def new_user(user_id, kind="internal", **fields):
    """A user dict; see the package's README for the keys."""
    plain = {
        "id": user_id, "kind": kind, "active": True, "agent": False, "lead": False,
        "administrator": False, "email": True, "phone": True,
    }  # fmt: skip
    assert set(fields) <= set(plain), fields
    return plain | fields


def new_team(team_id, level="company", **fields):
    """A team dict; see the package's README for the keys."""
    plain = {
        "id": team_id, "level": level, "company": "", "followers": {}, "members": [],
        "stages": set(), "auto": False, "method": "equal_tickets", "scope": "team",
        "window": timedelta(0), "members_follow": False, "on_answer": "reopen",
        "reopen_window": None,
    }  # fmt: skip
    assert set(fields) <= set(plain), fields
    return plain | fields


def new_stage(stage_id, position, **fields):
    """A stage dict; see the package's README for the keys."""
    plain = {
        "id": stage_id, "position": position, "folded": False, "email": False, "sms": False,
        "once": False,
    }  # fmt: skip
    assert set(fields) <= set(plain), fields
    return plain | fields


def new_ticket(ticket_id, team, stage, created, **fields):
    """A ticket dict; see the package's README for the keys."""
    plain = {
        "id": ticket_id, "team": team, "stage": stage, "created": created, "opener": None,
        "customer": None, "assignee": None, "available_from": None, "waiting": False,
        "tags": set(), "links": set(), "references": set(), "followers": {}, "closed_at": None,
        "merged": None, "fields": {},
    }  # fmt: skip
    assert set(fields) <= set(plain), fields
    return plain | fields


def add_follow(followers, user_id, source):
    """V10: "A follow has sources {chosen, assigned, member, customer}"."""
    followers.setdefault(user_id, set()).add(source)


def end_follow(followers, user_id, source):
    """V10: "it ends with its last source."."""
    followers.get(user_id, set()).discard(source)
    if not followers.get(user_id):
        followers.pop(user_id, None)


def keep_only(followers, user_ids):
    """Take away, with all its sources, the follow of everybody else."""
    for user_id in set(followers) - set(user_ids):
        del followers[user_id]


# --- the world ------------------------------------------------------------------------------------


class World:
    """Everything is in `self.world`, a dict of plain values; nothing is kept twice.

    Keys: users, teams, stages, tickets ({id: dict}); absences ({user id: [(start, end)]});
    messages (dicts: ticket, author, body, internal, at), history (see `assignment.recount`),
    events ((name, ticket id)), sent ((ticket id, message of `stages`)), merges (dicts).
    """

    def __init__(self, users, teams, stages, tickets=(), absences=None, table=TABLE):
        self.table = table
        self.world = {
            "users": {user["id"]: user for user in deepcopy(list(users))},
            "teams": {team["id"]: team for team in deepcopy(list(teams))},
            "stages": {stage["id"]: stage for stage in deepcopy(list(stages))},
            "tickets": {},
            "absences": deepcopy(absences or {}),
            "messages": [],
            "history": [],
            "events": [],
            "sent": [],
            "merges": [],
        }
        for ticket in deepcopy(list(tickets)):
            self._add(ticket)

    # --- small questions to the world ---

    @property
    def users(self):
        return self.world["users"]

    @property
    def teams(self):
        return self.world["teams"]

    @property
    def stages(self):
        return self.world["stages"]

    @property
    def tickets(self):
        return self.world["tickets"]

    def _all(self, what):
        return list(self.world[what].values())

    def _team_of(self, ticket):
        return self.teams[ticket["team"]]

    def state(self, ticket_id):
        """ "open" | "closed" | "merged"."""
        return stages.state(self.tickets[ticket_id], self.stages)

    def _sees(self, user_id, ticket_id):
        ticket = self.tickets.get(ticket_id)
        user = self.users.get(user_id)
        if ticket is None or user is None:
            return False
        return visibility.can_view(user, ticket, self._team_of(ticket))

    def _sees_team(self, user_id, team_id):
        team = self.teams.get(team_id)
        user = self.users.get(user_id)
        if team is None or user is None:
            return False
        return visibility.can_view_team(user, team, self._all("tickets"))

    def _sees_all_of(self, user_id, team_id):
        return visibility.sees_all_of(self.users[user_id], self.teams[team_id])

    def _may(self, user_id, what):
        user = self.users.get(user_id)
        # V11: "There is no default actor." *Words*: a contact has no login.
        if user is None or not user["active"]:
            return False
        roles = [user["kind"]]
        if user["kind"] == "internal":
            roles += [role for role in ("agent", "lead", "administrator") if user[role]]
        return any(what in self.table.get(role, set()) for role in roles)

    def _happened(self, *what):
        self.world["history"].append(what)

    def _announce(self, name, ticket_id):
        self.world["events"].append((name, ticket_id))

    def _add(self, ticket):
        """Put a ticket into the world as it is, with the history that it must have had."""
        self.tickets[ticket["id"]] = ticket
        self._happened("opened", ticket["id"], ticket["team"])
        if ticket["assignee"] is not None:
            self._happened("assigned", ticket["id"], ticket["team"], ticket["assignee"])
            # V10: "The assignee follows the ticket".
            add_follow(ticket["followers"], ticket["assignee"], "assigned")
        if self.stages[ticket["stage"]]["folded"]:
            self._happened("closed", ticket["id"])
            ticket["closed_at"] = ticket["closed_at"] or ticket["created"]
        if ticket["merged"] is not None:
            self._happened("merged", ticket["id"])

    def _set_assignee(self, ticket, member, available_from=None):
        old = ticket["assignee"]
        ticket["available_from"] = available_from if member is not None else None
        if old == member:
            return
        # V10: "assigning adds the follow in the same transaction"; "it ends with its last source".
        if old is not None:
            end_follow(ticket["followers"], old, "assigned")
        ticket["assignee"] = member
        if member is None:
            self._happened("unassigned", ticket["id"])
            self._announce("TicketUnassigned", ticket["id"])
            return
        add_follow(ticket["followers"], member, "assigned")
        what = "assigned" if old is None else "reassigned"
        self._happened(what, ticket["id"], ticket["team"], member)
        self._announce("TicketAssigned", ticket["id"])

    def _apply_choice(self, ticket, choice, now):
        member, why, moment = choice
        if why == "unchanged":
            return
        # A10: "The result says `available_from`."
        self._set_assignee(ticket, member, moment if why == "look-ahead" else None)
        # A16: "Tickets that wait for somebody": those for whom automatic assignment found nobody.
        ticket["waiting"] = why in ("nobody eligible", "nobody available")

    def _sent_to(self, ticket):
        return [message for ticket_id, message in self.world["sent"] if ticket_id == ticket["id"]]

    def _send(self, ticket, messages):
        self.world["sent"] += [(ticket["id"], message) for message in messages]
        return messages

    def _transition(self, ticket, names, now):
        for name in names:
            self._announce(name, ticket["id"])
            self._happened("closed" if name == "TicketClosed" else "reopened", ticket["id"])
            # G3: "`closed_at` follows."
            ticket["closed_at"] = now if name == "TicketClosed" else None

    def _waits(self, ticket):
        return (
            ticket["waiting"]
            and ticket["assignee"] is None
            and stages.state(ticket, self.stages) == "open"
        )

    # --- questions ---

    def visible(self, user_id, *, tombstones=True):
        """V13: the ids of `{t : can_view(u, t)}`; lists and searches leave out tombstones (M8)."""
        if user_id not in self.users:
            return set()
        seen = visibility.visible(self.users[user_id], self._all("tickets"), self.teams)
        return {i for i in seen if tombstones or self.tickets[i]["merged"] is None}

    def messages(self, user_id, ticket_id):
        """What the user reads on the ticket, merged ones' messages too, in order of time."""
        if not self._sees(user_id, ticket_id):
            return "not found", None
        # M7: "Nobody sees through a merge what they could not see before."
        readable = []
        own = self._own_words_above(user_id, ticket_id)
        for message in sorted(self.world["messages"], key=lambda m: m["at"]):
            if not any(message is one for one in own):
                if message["ticket"] not in merge.tree(ticket_id, self.tickets):
                    continue
                if not self._sees(user_id, message["ticket"]):
                    continue
            # V15: "also when quoted or merged later."
            if message["internal"] and self.users[user_id]["kind"] != "internal":
                continue
            readable.append(message["body"])
        return "ok", readable

    def found(self, user_id, words, opened):
        """The tickets that somebody finds by words; `opened` is what each was opened with.

        CHOICE: words are looked for in one text at a time, the last one may be unfinished.
        """
        found = set()
        # V13: "List, count, search, [...] all use it." M8: "outside counts, search and boards".
        for ticket_id in self.visible(user_id, tombstones=False):
            # M6: "Merging loses nothing". M7: "Nobody sees through a merge what they could not see
            # before."
            for other in merge.tree(ticket_id, self.tickets):
                if self._sees(user_id, other) and _has(opened[other], words):
                    found.add(ticket_id)
            # V15: "Internal notes reach nobody outside, through any exit".
            for body in self.messages(user_id, ticket_id)[1]:
                if _has(body, words):
                    found.add(ticket_id)
        return found

    def _own_words_above(self, user_id, ticket_id):
        """What the user wrote, since this ticket was merged, on those it was merged into."""
        # M7: "their later replies land on the root", M9.
        # CHOICE: they read their own words again on the tombstone, where the root is hidden from
        # them; not those from before the merge, which would tell them what the root is.
        own = []
        while self.tickets[ticket_id]["merged"] is not None:
            [this] = [
                one
                for one in self.world["merges"]
                if not one["undone"] and ticket_id in one["others"]
            ]
            ticket_id = this["master"]
            if not self._sees(user_id, ticket_id):
                own += [
                    message
                    for message in self.world["messages"][this["message_count"] :]
                    if message["ticket"] == ticket_id and message["author"] == user_id
                ]
        return own

    def counts(self, team_id, user_id=None):
        """T2: dict(open, unassigned, waiting, closed) of a team; of what a user sees, if given."""
        numbers = {"open": 0, "unassigned": 0, "waiting": 0, "closed": 0}
        for ticket in self._all("tickets"):
            # M8: tombstones are "outside counts".
            if ticket["team"] != team_id or ticket["merged"] is not None:
                continue
            if user_id is not None and not self._sees(user_id, ticket["id"]):
                continue
            numbers[stages.state(ticket, self.stages)] += 1
            # CHOICE: unassigned and waiting are counted among the open ones.
            if stages.state(ticket, self.stages) == "open" and ticket["assignee"] is None:
                numbers["unassigned"] += 1
            if self._waits(ticket):
                numbers["waiting"] += 1
        return numbers

    def workload(self, team_id, member, method="equal_tickets", scope="team"):
        """A3, A4, A7: (the member's count, the team's number of the last assignment to them)."""
        history = self.world["history"]
        return (
            assignment.count(method, history, member, team_id, scope),
            assignment.last_assigned(history, member, team_id),
        )

    def board(self, user_id, which, *, temporarily_folded=()):
        """G12: which is a team's id, or ("my",) or ("all",).

        Result: [(stage id, count, ticket ids or None when only the count is shown)].
        """
        user = self.users.get(user_id)
        if user is None or not user["active"]:
            return "not found", None
        if which in (("my",), ("all",)):
            team = None
        elif self._sees_team(user_id, which):
            team = self.teams[which]
        else:
            return "not found", None
        shown = []
        # G12: "columns in order".
        for stage_id in stages.order(self.stages):
            if team is not None and stage_id not in team["stages"]:
                continue
            found = set()
            for ticket in self._all("tickets"):
                # G12: "tickets filtered by V13". M8: tombstones are outside "boards".
                if (
                    ticket["stage"] == stage_id
                    and ticket["merged"] is None
                    and self._sees(user_id, ticket["id"])
                    and (team is None or ticket["team"] == team["id"])
                    and (which != ("my",) or ticket["assignee"] == user_id)
                ):
                    found.add(ticket["id"])
            # G12: "folded ones with name and count only".
            # G2: "Temporary folding is a setting of one viewer's board; it changes no [...] count".
            only_count = self.stages[stage_id]["folded"] or stage_id in temporarily_folded
            shown.append((stage_id, len(found), None if only_count else found))
        return "ok", shown

    def audience(self, ticket_id, author, *, internal=False):
        """Who would be told of a reply or a note there now; see `visibility.audience`."""
        ticket = self.tickets[ticket_id]
        return visibility.audience(
            ticket, self._team_of(ticket), self._all("users"), author, internal
        )


def _has(text, words):
    """Whether all the words are in the text, the last one at least as a beginning."""
    there = text.lower().split()
    return all(word in there for word in words[:-1]) and any(
        word.startswith(words[-1]) for word in there
    )
