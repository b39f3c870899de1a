"""Who gets a ticket (A1-A7, A9-A12, A18, A21), by recounting everything that ever happened."""

from datetime import timedelta


def is_eligible(user):
    """*Words*: "eligible user: an active internal user with the agent role"."""
    return user["active"] and user["kind"] == "internal" and user["agent"]


def pool(team, users):
    """The ids of those who may get the team's tickets automatically, in member order."""
    eligible = [user["id"] for user in users if is_eligible(user)]
    # *Words*: "its members, or every eligible user when it names none".
    # CHOICE: naming members none of whom is eligible is naming somebody: the pool is empty.
    # CHOICE: when it names none, member order is the order in which the users are given.
    if not team["members"]:
        return eligible
    # T3: "Members must be eligible; who stops being so leaves the pool at once".
    return [member for member in team["members"] if member in eligible]


# --- counting ------------------------------------------------------------------------------------


def recount(history):
    """What is so of each ticket after all this: {ticket: dict(team, assignee, open, merged)}.

    A history is a list of these, oldest first::

        ("opened", ticket, team)            ("moved", ticket, new team)
        ("assigned", ticket, team, member)  ("reassigned", ticket, team, member)
        ("unassigned", ticket)
        ("closed", ticket)                  ("reopened", ticket)
        ("merged", ticket)                  ("unmerged", ticket)     the one merged away

    >>> recount([("assigned", 1, "t", "ada"), ("closed", 1)])
    {1: {'team': 't', 'assignee': 'ada', 'open': False, 'merged': False}}
    """
    tickets = {}
    for what, ticket, *rest in history:
        known = tickets.setdefault(
            ticket, {"team": None, "assignee": None, "open": True, "merged": False}
        )
        if what == "opened":
            known["team"] = rest[0]
        elif what in ("assigned", "reassigned"):
            # A7: "Manual assignments count; a reassignment moves the count".
            known["team"], known["assignee"] = rest
        elif what == "unassigned":
            known["assignee"] = None
        elif what == "closed":
            known["open"] = False
        elif what == "reopened":
            known["open"] = True
        elif what == "moved":
            # A7: "a ticket moved to another team takes its count along".
            known["team"] = rest[0]
        elif what == "merged":
            # A7: "merged-away tickets count nowhere".
            known["merged"] = True
        elif what == "unmerged":
            known["merged"] = False
        else:
            raise ValueError(f"nothing is called {what!r}")
    return tickets


def count(method, history, member, team, scope="team"):
    """How many tickets the member has, in the sense of the method."""
    total = 0
    for ticket in recount(history).values():
        if ticket["merged"] or ticket["assignee"] != member:
            continue
        # A7: "Counts are per team; `scope` may be global."
        if scope == "team" and ticket["team"] != team:
            continue
        # A3: "the fewest tickets assigned by this team [...], open and closed alike."
        # A4: "the chosen member has the fewest open tickets."
        if method == "equal_tickets" or (method == "equal_open" and ticket["open"]):
            total += 1
    return total


def last_assigned(history, member, team):
    """The number of the team's assignment that last went to the member; 0 when none did."""
    # A6: "Recency is a sequence number per team, not a time: manual assignments advance it [...].
    # An unassigned ticket or a member who left never resets the rotation."
    number, last = 0, 0
    for what, _ticket, *rest in history:
        if what in ("assigned", "reassigned") and rest[0] == team:
            number += 1
            if rest[1] == member:
                last = number
    return last


# --- time off ------------------------------------------------------------------------------------


def check_absence(start, end):
    """A9: "Aware datetimes only; [...] zero-length ones are refused."; the reason, or None."""
    for moment in (start, end):
        if moment is not None and moment.utcoffset() is None:
            return "naive"
    if end is not None and end <= start:
        return "zero-length"
    return None


def is_available(member, absences, at):
    """Whether no absence holds `at`; `absences` is {member: [(start, end or None)]}."""
    # *Words*: "absence: a half-open interval `[start, end)` of aware datetimes; the end may be
    # open".
    for start, end in absences.get(member, []):
        if start <= at and (end is None or at < end):
            return False
    return True


def next_available(members, absences, now):
    """The earliest moment, not before now, at which any of them is available; None: never."""
    # Somebody becomes available only now or when an absence ends. So all of these are tried.
    # A11: "Finite absences have no horizon: the system looks ahead until there is a match."
    moments = [now]
    for member in members:
        for _start, end in absences.get(member, []):
            if end is not None and end > now:
                moments.append(end)
    for moment in sorted(moments):
        for member in members:
            if is_available(member, absences, moment):
                return moment
    # A11: "Only open-ended absences [...]: the typed outcome *unassigned, nobody available*."
    return None


# --- choosing ------------------------------------------------------------------------------------


def competitors(pool, absences, now, window=timedelta(0)):
    """(those among whom the policy chooses, the moment at which the first of them is there)."""
    # A9: "Somebody not available at the moment is not chosen while somebody available is in the
    # pool."
    there = [member for member in pool if is_available(member, absences, now)]
    if there:
        return there, now
    # A10: "nobody available now: the moment is moved to the earliest at which somebody is; those
    # available then compete by the same policy."
    moment = next_available(pool, absences, now)
    if moment is None:
        return [], None
    # A10: "`look_ahead_window` (default 0) lets those who are available within it of that moment
    # compete too".
    # CHOICE: the end of the window belongs to it.
    there = []
    for member in pool:
        own = next_available([member], absences, moment)
        if own is not None and own <= moment + window:
            there.append(member)
    return there, moment


def choose(method, pool, history, absences, now, window=timedelta(0), *, team=None, scope="team"):
    """(member or None, why, moment).

    why: "available" | "look-ahead" | "nobody eligible" | "nobody available".
    moment: now, or for a look-ahead the first at which *the chosen one* is available, or None.

    >>> choose("equal_tickets", ["ada", "bob"], [("assigned", 1, None, "ada")], {}, 0)
    ('bob', 'available', 0)
    """
    # A2: "Nobody in it: the typed outcome *unassigned, nobody eligible*, never an exception".
    if not pool:
        return None, "nobody eligible", None
    there, moment = competitors(pool, absences, now, window)
    if not there:
        return None, "nobody available", None
    # A3, A4, A6: "Ties: fewest, then least recently assigned, then member order."
    counts = [count(method, history, member, team, scope) for member in there]
    fewest = [m for m, number in zip(there, counts, strict=True) if number == min(counts)]
    lasts = [last_assigned(history, member, team) for member in fewest]
    oldest = [m for m, last in zip(fewest, lasts, strict=True) if last == min(lasts)]
    chosen = oldest[0]
    if moment == now:
        return chosen, "available", now
    # CHOICE: with a window, `available_from` is the chosen one's own moment, not the first one's.
    return chosen, "look-ahead", next_available([chosen], absences, now)


def tie_breaker(
    method, pool, history, absences, now, window=timedelta(0), *, team=None, scope="team"
):
    """A20: what decided: "only one" | "fewest" | "least recent" | "member order" | None."""
    there, _ = competitors(pool, absences, now, window)
    if not there:
        return None
    if len(there) == 1:
        return "only one"
    counts = [count(method, history, member, team, scope) for member in there]
    if counts.count(min(counts)) == 1:
        return "fewest"
    lasts = [
        last_assigned(history, m, team)
        for m, number in zip(there, counts, strict=True)
        if number == min(counts)
    ]
    return "least recent" if lasts.count(min(lasts)) == 1 else "member order"


def choose_for(ticket, team, users, history, absences, now):
    """A1: the same for a ticket of this team; (its assignee, "unchanged", None) when left alone."""
    # A1: "Automatic assignment off: the assignee is unchanged. An explicit or existing assignee is
    # never overwritten by automatic assignment."
    if not team["auto"] or ticket["assignee"] is not None:
        return ticket["assignee"], "unchanged", None
    # A18: "An automatic assignment commits only to somebody in the pool of the ticket's present
    # team".
    return choose(
        team["method"],
        pool(team, users),
        history,
        absences,
        now,
        team["window"],
        team=team["id"],
        scope=team["scope"],
    )


def choose_after_move(ticket, new_team, users, history, absences, now):
    """A21: the same for a ticket that has just come to `new_team`, with the assignee it had."""
    # A21: "A ticket moved to another team keeps its assignee when in the new pool, else it is
    # assigned anew: the one exception to A1."
    if ticket["assignee"] is not None and ticket["assignee"] in pool(new_team, users):
        return ticket["assignee"], "unchanged", None
    # A21: "With automatic assignment off it becomes unassigned."
    if not new_team["auto"]:
        return None, "automatic assignment is off", None
    return choose_for(dict(ticket, assignee=None), new_team, users, history, absences, now)


def may_assign_by_hand(user, absences, now):
    """A18: ("ok" or "not eligible", warn of an absence?)."""
    # A18: "a manual one to an eligible user, with a warning about an absence."
    if not is_eligible(user):
        return "not eligible", False
    return "ok", not is_available(user["id"], absences, now)
