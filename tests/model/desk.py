"""`ModelDesk`: a whole desk as one big dict of plain values, and what can be done with it.

Operations return ("ok", result), ("refused", why) or ("not found", None), and change nothing
unless they return "ok". V14: whatever the actor may not see is "not found", exactly as if it were
absent; a refusal is explained only to those who may see it.

>>> desk = ModelDesk(
...     users=[new_user("ada", agent=True)],
...     teams=[new_team("t", stages={"new"}, members=["ada"], auto=True)],
...     stages=[new_stage("new", 0)],
... )
>>> desk.open("ada", "t", now=0)
('ok', {'ticket': 1, 'assignee': 'ada', 'why': 'available', 'absent': False, 'messages': []})
"""

from copy import deepcopy

from model import assignment, merge, stages, visibility
from model.world import (
    TABLE,
    World,
    add_follow,
    end_follow,
    keep_only,
    new_stage,
    new_team,
    new_ticket,
    new_user,
)

__all__ = ["TABLE", "ModelDesk", "new_stage", "new_team", "new_ticket", "new_user"]


def asked_by_somebody(operation):
    """V11: "There is no default actor."; V17: "inactive user: denied."."""

    def ask(self, actor, *args, **kwargs):
        if actor not in self.users:
            return "not found", None
        # CHOICE: an inactive user is told so, whatever was asked: that tells nothing else (V14).
        if not self.users[actor]["active"]:
            return "refused", "inactive"
        return operation(self, actor, *args, **kwargs)

    ask.__doc__ = operation.__doc__
    return ask


class ModelDesk(World):
    """The operations on a `World`; the questions are there."""

    #: How each of the host's fields is merged; see `merge.misfit`.
    strategies = ()

    # --- opening, replies, notes ---

    @asked_by_somebody
    def open(self, actor, team_id, *, now, customer=None, assignee=None, tags=(), ticket_id=None):
        """Open a ticket; result: dict(ticket, assignee, why, absent, messages)."""
        user, team = self.users[actor], self.teams.get(team_id)
        if team is None:
            return "not found", None
        # CHOICE: a portal user opens tickets on PUBLIC teams, an internal user on teams that they
        # may open; every other team is not there for them (V14).
        if user["kind"] == "internal":
            there = self._sees_team(actor, team_id)
        else:
            there = user["kind"] == "portal" and team["level"] == "public"
        if not there:
            return "not found", None
        if not self._may(actor, "open"):
            return "refused", "role"
        # CHOICE: a portal user opens for themselves; to name another customer, or an assignee,
        # takes an agent.
        if user["kind"] == "portal" and customer is None:
            customer = actor
        # V14: this comes before looking for whoever is named: who may name nobody is not told who
        # there is.
        if (customer not in (None, actor) or assignee is not None) and not self._may(
            actor, "open for"
        ):
            return "refused", "role"
        if customer is not None and customer not in self.users:
            return "not found", None
        absent = False
        if assignee is not None:
            if assignee not in self.users:
                return "not found", None
            answer, absent = assignment.may_assign_by_hand(
                self.users[assignee], self.world["absences"], now
            )
            if answer != "ok":
                return "refused", answer
        # G7: "A new ticket takes the team's first unfolded stage."
        stage_id = stages.first_unfolded(team, self.stages)
        if stage_id is None:
            return "refused", "no unfolded stage"
        if ticket_id is None:
            ticket_id = len(self.tickets) + 1
        assert ticket_id not in self.tickets
        ticket = new_ticket(ticket_id, team_id, stage_id, now, opener=actor, customer=customer)
        ticket["tags"] = set(tags)
        # T5: "The opener of a ticket follows it (source *chosen*); its customer, when a portal
        # user, follows it (source *customer*)."
        add_follow(ticket["followers"], actor, "chosen")
        if customer is not None and self.users[customer]["kind"] == "portal":
            add_follow(ticket["followers"], customer, "customer")
        self._add(ticket)
        self._announce("TicketOpened", ticket_id)
        # G8: "on creation too".
        messages = stages.messages_on_entering(
            self.stages[stage_id], self.users.get(customer), self._sent_to(ticket)
        )
        self._send(ticket, messages)
        if assignee is not None:
            # A1: "An explicit or existing assignee is never overwritten".
            self._set_assignee(ticket, assignee)
            why = "explicit"
        else:
            choice = self._choose_for(ticket, now)
            self._apply_choice(ticket, choice, now)
            why = choice[1]
        return "ok", {
            "ticket": ticket_id,
            "assignee": ticket["assignee"],
            "why": why,
            "absent": absent,
            "messages": messages,
        }

    def _choose_for(self, ticket, now):
        return assignment.choose_for(
            ticket,
            self._team_of(ticket),
            self._all("users"),
            self.world["history"],
            self.world["absences"],
            now,
        )

    @asked_by_somebody
    def reply(self, actor, ticket_id, body="", *, now, to_root=False):
        """A reply by somebody with a login; result as in `incoming`."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        if not self._may(actor, "reply"):
            return "refused", "role"
        # M9: "a reply to a tombstone lands on the root"; V20: its customer gets it in full.
        # CHOICE: an internal user whose words would so reach another customer than they see before
        # them must say that they mean the root.
        root = self.tickets[merge.resolve(ticket_id, self.tickets)]
        if (
            self.users[actor]["kind"] == "internal"
            and root["customer"] != self.tickets[ticket_id]["customer"]
            and not to_root
        ):
            return "refused", "another customer"
        return self.incoming(actor, ticket_id, body, now=now)

    def incoming(self, author, ticket_id, body="", *, now, automatic=False):
        """A reply as it arrives by mail, from anybody; no right is asked.

        Result: dict(ticket: where it landed, audience, did: "reopen" | "new_linked" | "nothing").
        """
        if ticket_id not in self.tickets:
            return "not found", None
        # M9: "a reply to a tombstone lands on the root."
        # M7: "their later replies land on the root".
        addressed = self.tickets[ticket_id]
        ticket = self.tickets[merge.resolve(ticket_id, self.tickets)]
        did = "nothing"
        # G11: "A customer's answer to a closed ticket".
        # CHOICE: the customer of the ticket addressed, or of the root.
        if author is not None and author in (addressed["customer"], ticket["customer"]):
            did = stages.answer(ticket, self._team_of(ticket), self.stages, now, automatic)
        if did == "reopen":
            self._reopen(ticket, now)
        if did == "new_linked":
            ticket = self._open_linked(ticket, author, now)
        return "ok", self._write(ticket, author, body, False, now) | {"did": did}

    @asked_by_somebody
    def note(self, actor, ticket_id, body="", *, now):
        """An internal note; result: dict(ticket, audience)."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        # V15: "Internal notes reach nobody outside": nor do they come from there.
        if not self._may(actor, "note"):
            return "refused", "role"
        ticket = self.tickets[merge.resolve(ticket_id, self.tickets)]
        return "ok", self._write(ticket, actor, body, True, now)

    @asked_by_somebody
    def redact(self, actor, ticket_id, place):
        """Remove what the message at this place of all says; result: its ticket."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        # T9: "remove content for legal reasons", CHOICE: administrators alone.
        if not self._may(actor, "redact"):
            return "refused", "role"
        message = self.world["messages"][place]
        # M9, M6: what was said on a tombstone is read on the root, and the other way round.
        root = merge.resolve(ticket_id, self.tickets)
        if message["ticket"] not in merge.tree(root, self.tickets):
            return "not found", None
        # T9: "leave the structure".
        if message["body"] != "[removed]":
            self._announce("MessageRedacted", message["ticket"])
        message["body"] = "[removed]"
        return "ok", message["ticket"]

    @asked_by_somebody
    def change_fields(self, actor, ticket_id, fields):
        """New values for some of the host's fields, None for none; the others stay as they are."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        if not self._may(actor, "change"):
            return "refused", "role"
        ticket = self.tickets[ticket_id]
        # M8: "a third state beside open and closed", CHOICE: which nobody changes.
        if ticket["merged"] is not None:
            return "refused", "merged away"
        both = ticket["fields"] | fields
        ticket["fields"] = {name: value for name, value in both.items() if value is not None}
        return "ok", None

    def _write(self, ticket, author, body, internal, now):
        self.world["messages"].append(
            {
                "ticket": ticket["id"],
                "author": author,
                "body": body,
                "internal": internal,
                "at": now,
            }
        )
        told = visibility.audience(
            ticket, self._team_of(ticket), self._all("users"), author, internal
        )
        return {"ticket": ticket["id"], "audience": told}

    def _reopen(self, ticket, now):
        """G11, M13: "into G7's stage, with `TicketReopened` and no stage message"."""
        ticket["stage"] = stages.first_unfolded(self._team_of(ticket), self.stages)
        self._transition(ticket, ["TicketReopened"], now)

    def _open_linked(self, old, author, now):
        team = self._team_of(old)
        ticket = new_ticket(
            len(self.tickets) + 1,
            team["id"],
            stages.first_unfolded(team, self.stages),
            now,
            opener=author,
            customer=author,
        )
        ticket["links"] = {old["id"]}
        add_follow(ticket["followers"], author, "chosen")
        if self.users[author]["kind"] == "portal":
            add_follow(ticket["followers"], author, "customer")
        self._add(ticket)
        self._announce("TicketOpened", ticket["id"])
        messages = stages.messages_on_entering(
            self.stages[ticket["stage"]], self.users[author], self._sent_to(ticket)
        )
        self._send(ticket, messages)
        self._apply_choice(ticket, self._choose_for(ticket, now), now)
        return ticket

    # --- moving, assigning, transferring ---

    @asked_by_somebody
    def move(self, actor, ticket_id, stage_id, *, now):
        """To another stage; result: dict(stage, events, messages)."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        if not self._may(actor, "move"):
            return "refused", "role"
        if stage_id not in self.stages:
            return "not found", None
        return self._move(self.tickets[ticket_id], stage_id, now)

    @asked_by_somebody
    def close(self, actor, ticket_id, *, now):
        """Into the team's first folded stage; result as in `move`."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        ticket = self.tickets[ticket_id]
        # T5: a portal user may "close their own".
        # CHOICE: their own is the one whose customer, or opener, they are.
        own = actor in (ticket["customer"], ticket["opener"]) and self._may(actor, "close own")
        if not own and not self._may(actor, "close"):
            return "refused", "role"
        # CHOICE: what is in a folded stage stays there, a tombstone too.
        if self.stages[ticket["stage"]]["folded"]:
            return "ok", {"stage": ticket["stage"], "events": [], "messages": []}
        stage_id = stages.first_folded(self._team_of(ticket), self.stages)
        if stage_id is None:
            return "refused", "no folded stage"
        return self._move(ticket, stage_id, now)

    def _move(self, ticket, stage_id, now):
        answer, result = stages.move(
            ticket,
            stage_id,
            self._team_of(ticket),
            self.stages,
            self.users.get(ticket["customer"]),
            self._sent_to(ticket),
        )
        if answer == "ok":
            ticket["stage"] = result["stage"]
            self._transition(ticket, result["events"], now)
            self._send(ticket, result["messages"])
        return answer, result

    @asked_by_somebody
    def assign(self, actor, ticket_id, member, *, now):
        """By hand, to a member or to None; result: dict(assignee, absent: the warning)."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        if not self._may(actor, "assign"):
            return "refused", "role"
        ticket = self.tickets[ticket_id]
        if member is not None and member not in self.users:
            return "not found", None
        if ticket["merged"] is not None:
            return "refused", "merged away"
        absent = False
        if member is not None:
            answer, absent = assignment.may_assign_by_hand(
                self.users[member], self.world["absences"], now
            )
            if answer != "ok":
                return "refused", answer
        # CHOICE: the same assignee again changes nothing, `available_from` neither.
        if member is None or member != ticket["assignee"]:
            self._set_assignee(ticket, member)
            ticket["waiting"] = False
        return "ok", {"assignee": member, "absent": absent}

    @asked_by_somebody
    def transfer(self, actor, ticket_id, team_id, *, now):
        """To another team; result: dict(stage, assignee, why, messages, removed)."""
        if not self._sees(actor, ticket_id):
            return "not found", None
        if not self._may(actor, "transfer"):
            return "refused", "role"
        if not self._sees_team(actor, team_id):
            return "not found", None
        ticket, team = self.tickets[ticket_id], self.teams[team_id]
        old_team = self._team_of(ticket)
        if ticket["merged"] is not None:
            return "refused", "merged away"
        if team_id == old_team["id"]:
            return "ok", {
                "stage": ticket["stage"],
                "assignee": ticket["assignee"],
                "why": "unchanged",
                "messages": [],
                "removed": set(),
            }
        answer, result = stages.change_team(
            ticket,
            team,
            self.stages,
            self.users.get(ticket["customer"]),
            self._sent_to(ticket),
        )
        if answer != "ok":
            return answer, result
        # V16.
        kept = visibility.followers_after_move(
            ticket, self._all("users"), old_team["level"], team["level"]
        )
        removed = set(ticket["followers"]) - kept
        keep_only(ticket["followers"], kept)
        ticket["stage"], ticket["team"] = result["stage"], team_id
        self._happened("moved", ticket_id, team_id)
        self._announce("TicketTransferred", ticket_id)
        self._send(ticket, result["messages"])
        # A21.
        choice = assignment.choose_after_move(
            ticket,
            team,
            self._all("users"),
            self.world["history"],
            self.world["absences"],
            now,
        )
        self._apply_choice(ticket, choice, now)
        return "ok", {
            "stage": ticket["stage"],
            "assignee": ticket["assignee"],
            "why": choice[1],
            "messages": result["messages"],
            "removed": removed,
        }

    def assign_waiting(self, *, now, limit):
        """A16, by the system; result: [(ticket id, member)] in the order in which it was done."""
        # A16: "Tickets that wait for somebody are assigned oldest first".
        # CHOICE: only open ones wait (T2 counts them beside the open and the closed); the limit is
        # on those assigned, so that one for whom there is nobody holds up no other.
        waiting = [
            ticket for ticket in sorted(self._all("tickets"), key=merge.age) if self._waits(ticket)
        ]
        done = []
        for ticket in waiting:
            if len(done) == limit:
                break
            choice = self._choose_for(ticket, now)
            self._apply_choice(ticket, choice, now)
            if ticket["assignee"] is not None:
                done.append((ticket["id"], ticket["assignee"]))
        return "ok", done

    def add_absence(self, member, start, end):
        """Time off for somebody, as the calendar says; end None is open."""
        why = assignment.check_absence(start, end)
        if why is not None:
            return "refused", why
        # A15: "An absence that begins later unassigns nothing".
        self.world["absences"].setdefault(member, []).append((start, end))
        return "ok", None

    def set_absences(self, absences):
        """All absences at once: {member: [(start, end or None)]}."""
        for intervals in absences.values():
            for start, end in intervals:
                why = assignment.check_absence(start, end)
                if why is not None:
                    return "refused", why
        self.world["absences"] = deepcopy(absences)
        return "ok", None

    # --- following, levels, members ---

    @asked_by_somebody
    def follow(self, actor, ticket_id, user_id):
        """Somebody follows a ticket (source *chosen*)."""
        return self._follow_or_not(
            actor, ticket_id, user_id, lambda followers: add_follow(followers, user_id, "chosen")
        )

    @asked_by_somebody
    def unfollow(self, actor, ticket_id, user_id):
        """End a follow that was chosen; result: dict(still: what still lets them in)."""
        return self._follow_or_not(
            actor, ticket_id, user_id, lambda followers: self._end_choice(followers, user_id)
        )

    def _follow_or_not(self, actor, ticket_id, user_id, change):
        if not self._sees(actor, ticket_id):
            return "not found", None
        if not self._may(actor, "follow" if user_id == actor else "invite"):
            return "refused", "role"
        if user_id not in self.users:
            return "not found", None
        ticket = self.tickets[ticket_id]
        change(ticket["followers"])
        # V17: "[...] does not end access, and the decision says what still grants it."
        return "ok", {
            "still": visibility.what_grants(self.users[user_id], ticket, self._team_of(ticket))
        }

    def _end_choice(self, followers, user_id):
        # CHOICE: who no longer wishes to follow does not follow as the customer either; to be a
        # member or the assignee is no wish.
        end_follow(followers, user_id, "chosen")
        end_follow(followers, user_id, "customer")

    @asked_by_somebody
    def follow_team(self, actor, team_id, user_id):
        """Somebody follows a team (source *chosen*)."""
        return self._follow_team_or_not(
            actor, team_id, user_id, lambda followers: add_follow(followers, user_id, "chosen")
        )

    @asked_by_somebody
    def unfollow_team(self, actor, team_id, user_id):
        """End a follow of a team that was chosen."""
        return self._follow_team_or_not(
            actor,
            team_id,
            user_id,
            lambda followers: self._end_choice(followers, user_id),
            own=True,
        )

    def _follow_team_or_not(self, actor, team_id, user_id, change, own=False):
        if not self._sees_team(actor, team_id):
            return "not found", None
        if not self._may(actor, "follow team" if user_id == actor else "invite to team"):
            return "refused", "role"
        # V12: "an internal user who follows only one ticket may open the team and finds just that
        # ticket there": by following the team they would find all. So who is to give others, or
        # themselves, the team must see all of it; to stop following oneself takes nothing.
        if not (own and user_id == actor) and not self._sees_all_of(actor, team_id):
            return "refused", "not all of the team"
        if user_id not in self.users:
            return "not found", None
        change(self.teams[team_id]["followers"])
        return "ok", {"opens": self._sees_team(user_id, team_id)}

    @asked_by_somebody
    def change_level(self, actor, team_id, to, *, resubscribe_customers=False):
        """V6-V8; result: dict(removed), as in `visibility.change_level`."""
        if not self._sees_team(actor, team_id):
            return "not found", None
        if not self._may(actor, "change_level"):
            return "refused", "role"
        # V12: by a wider level, or as a member who follows, they would find all.
        if not self._sees_all_of(actor, team_id):
            return "refused", "not all of the team"
        if to not in visibility.LEVELS:
            return "refused", "unknown level"
        team = self.teams[team_id]
        team_followers, ticket_followers, removed = visibility.change_level(
            team, self._all("tickets"), self._all("users"), to, resubscribe_customers
        )
        keep_only(team["followers"], team_followers)
        for ticket_id, kept in ticket_followers.items():
            followers = self.tickets[ticket_id]["followers"]
            keep_only(followers, kept)
            # V7: only each ticket's own customer can be new.
            for user_id in kept - set(followers):
                add_follow(followers, user_id, "customer")
        team["level"] = to
        return "ok", {"removed": removed}

    @asked_by_somebody
    def set_members(self, actor, team_id, members):
        """The team's members, in order."""
        if not self._sees_team(actor, team_id):
            return "not found", None
        if not self._may(actor, "set_members"):
            return "refused", "role"
        if not self._sees_all_of(actor, team_id):
            return "refused", "not all of the team"
        team = self.teams[team_id]
        # T3: "Members must be eligible".
        # CHOICE: when they join; who stopped being so may stay named.
        for member in members:
            if member not in team["members"] and (
                member not in self.users or not assignment.is_eligible(self.users[member])
            ):
                return "refused", "not eligible"
        team["members"] = list(members)
        self._members_follow()
        return "ok", None

    def _members_follow(self):
        # V10: "the team's setting `members_follow` makes members followers as they join."
        # CHOICE: and for as long as they are eligible members.
        for team in self._all("teams"):
            for user in self._all("users"):
                if (
                    team["members_follow"]
                    and user["id"] in team["members"]
                    and assignment.is_eligible(user)
                ):
                    add_follow(team["followers"], user["id"], "member")
                else:
                    end_follow(team["followers"], user["id"], "member")

    def set_user(self, user_id, **fields):
        """Change a user from outside: who is active, who is an agent (T3). No right is asked."""
        assert set(fields) <= set(self.users[user_id])
        self.users[user_id].update(fields)
        self._members_follow()
        return "ok", None

    def set_team(self, team_id, **fields):
        """Change settings of a team that touch nothing else (auto, method, scope, window, ...)."""
        assert not set(fields) & {"id", "level", "followers", "members", "stages"}
        self.teams[team_id].update(fields)
        return "ok", None

    # --- folding ---

    @asked_by_somebody
    def fold(self, actor, stage_id, folded, *, now, confirm=False):
        """G4; result: dict(preview, events)."""
        if actor not in self.users or stage_id not in self.stages:
            return "not found", None
        if not self._may(actor, "fold"):
            return "refused", "role"
        answer, result = stages.change_fold(
            stage_id, folded, self.stages, self.teams, self._all("tickets")
        )
        if answer != "ok" or self.stages[stage_id]["folded"] == folded:
            return answer, result
        # G4: "the change must be confirmed".
        # CHOICE: where it closes or reopens no ticket there is nothing to confirm.
        if not confirm and result["events"]:
            return "refused", "not confirmed"
        self.stages[stage_id]["folded"] = folded
        for ticket_id, name in result["events"].items():
            self._transition(self.tickets[ticket_id], [name], now)
        return "ok", result

    # --- merging ---

    @asked_by_somebody
    def merge(
        self, actor, ids, *, now, master=None, allow_cross_visibility=False, add_followers=()
    ):
        """Merge these tickets; result: dict(merge, master, changed, not_carried, opened).

        `merge` is the number to give to `unmerge`, None when nothing was done.
        """
        ids = list(ids)
        if master is not None and master not in ids:
            ids.append(master)
        # M11: "The caller must be able to view and edit all of them."
        if not ids or not all(self._sees(actor, ticket_id) for ticket_id in ids):
            return "not found", None
        if not self._may(actor, "merge"):
            return "refused", "role"
        standing = [i for i in ids if self.tickets[i]["merged"] is None]
        # CHOICE: asked again without a master, the one that still stands is it.
        if master is None and len(standing) == 1:
            master = standing[0]
        master_id = merge.choose_master([self.tickets[i] for i in ids], master)
        levels = {i: self._team_of(self.tickets[i])["level"] for i in ids}
        why = merge.check(master_id, ids, self.tickets, levels, allow_cross_visibility)
        # CHOICE: merged one by one before is not the same merge; nor is one with another ticket in
        # it that the actor may not see, M11: "Candidates the caller may not see are not hinted at."
        if why == "again" and not any(
            set(ids) <= {one["master"], *one["others"]}
            and all(self._sees(actor, i) for i in (one["master"], *one["others"]))
            for one in self.world["merges"]
            if not one["undone"]
        ):
            why = "merged before"
        if why == "again":
            return "ok", {
                "merge": None,
                "master": master_id,
                "changed": False,
                "not_carried": set(),
                "opened": False,
            }
        if why is not None:
            return "refused", why
        ticket = self.tickets[master_id]
        others = [self.tickets[i] for i in ids if i != master_id]
        # "a field that its strategy does not fit is refused by name"
        if merge.misfit(ticket, others, dict(self.strategies)) is not None:
            return "refused", "field"
        result = merge.merged(
            ticket,
            others,
            lambda t: stages.state(t, self.stages) == "open",
            lambda user_id, t: self._sees(user_id, t["id"]),
            add_followers,
            self.strategies,
        )
        before = deepcopy(ticket)
        for field in ("tags", "links", "references", "fields", "created"):
            ticket[field] = result[field]
        for user_id in result["followers"] - set(ticket["followers"]):
            # CHOICE: the source of what is carried over is *chosen*.
            add_follow(ticket["followers"], user_id, "chosen")
        for other in others:
            for user_id, sources in other["followers"].items():
                # CHOICE: of somebody who follows the master anyhow, a choice is carried over too,
                # so that it outlives an assignment; like any other only as M7 says.
                may = user_id in add_followers or all(self._sees(user_id, i) for i in ids)
                if user_id in before["followers"] and "chosen" in sources and may:
                    add_follow(ticket["followers"], user_id, "chosen")
        brought = [
            user_id
            for user_id, sources in ticket["followers"].items()
            if "chosen" in sources - before["followers"].get(user_id, set())
        ]
        for other in others:
            # M8: "tombstones that point to the master: [...] the stage kept, no `TicketClosed`".
            other["merged"] = master_id
            self._happened("merged", other["id"])
            self._announce("TicketMerged", other["id"])
        if result["opens"]:
            self._reopen(ticket, now)
        self.world["merges"].append(
            {
                "master": master_id,
                "others": [other["id"] for other in others],
                "before": before,
                "after": deepcopy(ticket),
                "brought": brought,
                "undone": False,
                "message_count": len(self.world["messages"]),
            }
        )
        return "ok", {
            "merge": len(self.world["merges"]) - 1,
            "master": master_id,
            "changed": True,
            "not_carried": result["not_carried"],
            "opened": result["opens"],
        }

    def last_merge(self, master_id):
        """The number of the last merge into this ticket that still stands; None: there is none."""
        numbers = [
            number
            for number, one in enumerate(self.world["merges"])
            if one["master"] == master_id and not one["undone"]
        ]
        return numbers[-1] if numbers else None

    @asked_by_somebody
    def unmerge(self, actor, number, *, now):
        """Undo a merge by its number; result: dict(master, back, stayed: later messages)."""
        merges = self.world["merges"]
        if number is None or not 0 <= number < len(merges):
            return "not found", None
        this = merges[number]
        # M11, in the other direction: all of them must be visible.
        if not all(self._sees(actor, i) for i in [this["master"], *this["others"]]):
            return "not found", None
        if not self._may(actor, "merge"):
            return "refused", "role"
        if this["undone"]:
            return "refused", "undone already"
        if merge.stands_on(merges[number + 1 :], this):
            return "refused", "a later merge"
        ticket = self.tickets[this["master"]]
        result = merge.unmerged(ticket, this["before"], this["after"])
        was_closed = self.stages[ticket["stage"]]["folded"]
        for field in ("tags", "links", "references", "fields", "created"):
            ticket[field] = result[field]
        # CHOICE: what the merge brought is a follow with the source *chosen*; whoever has become
        # assignee or customer since stays a follower for that.
        for user_id in this["brought"]:
            end_follow(ticket["followers"], user_id, "chosen")
        # G5: "a ticket's stage always belongs to its team".
        if result["stage"] in self._team_of(ticket)["stages"]:
            ticket["stage"] = result["stage"]
        is_closed = self.stages[ticket["stage"]]["folded"]
        if is_closed and not was_closed:
            self._transition(ticket, ["TicketClosed"], now)
            ticket["closed_at"] = this["before"]["closed_at"]
        # G3, G4: where both stages were folded or unfolded since.
        if was_closed and not is_closed:
            self._transition(ticket, ["TicketReopened"], now)
        for other_id in this["others"]:
            self._raise(self.tickets[other_id], now)
        this["undone"] = True
        return "ok", {
            "master": this["master"],
            "back": set(this["others"]),
            # M14: "messages that came later stay on the master and are listed."
            "stayed": [
                message["body"]
                for message in self.world["messages"][this["message_count"] :]
                if message["ticket"] == this["master"]
            ],
        }

    def _raise(self, tombstone, now):
        """A tombstone is a ticket again."""
        tombstone["merged"] = None
        self._happened("unmerged", tombstone["id"])
        self._announce("TicketUnmerged", tombstone["id"])
        # M14: "assignees no longer eligible are not restored".
        assignee = tombstone["assignee"]
        if assignee is not None and not assignment.is_eligible(self.users[assignee]):
            self._set_assignee(tombstone, None)
        # G4 may have folded or unfolded its stage meanwhile. G1: closed is what the stage says;
        # G3: "open→folded: one `TicketClosed`; [...] folded→open: one `TicketReopened`.
        # `closed_at` follows."
        closed = self.stages[tombstone["stage"]]["folded"]
        if closed and tombstone["closed_at"] is None:
            self._transition(tombstone, ["TicketClosed"], now)
        if not closed and tombstone["closed_at"] is not None:
            self._transition(tombstone, ["TicketReopened"], now)

    def resolve(self, ticket_id):
        """M9: the root; None when there is no such ticket."""
        if ticket_id not in self.tickets:
            return None
        return merge.resolve(ticket_id, self.tickets)
