"""One team's choices over a whole history (A1-A8, A10, A15, A16, A19, A20), counted anew each time.

Everything happens at a whole hour. What happened is a list of tuples, oldest first::

    ("auto", at, ticket, member, pool)   the team's policy gave the ticket to the member
    ("given", ticket, member)            somebody gave it by hand; member None: to nobody
    ("closed", ticket)    ("reopened", ticket)

A team is dict(method, catch_up, mode, window, options, absences, hours): `options` is
{member: dict(capacity, weight, tags)}, `absences` {member: [(start, end or None)]}, `hours`
{member: {(weekday, hour)}}; who is not in `hours` always works.
"""

from datetime import timedelta
from fractions import Fraction

HOUR = timedelta(hours=1)
PLAIN = {"capacity": None, "weight": 1, "tags": None}


# --- counting ------------------------------------------------------------------------------------


def tickets(history):
    """{ticket: [member or None, is it open?]}."""
    known = {}
    for what, *rest in history:
        if what == "auto":
            known[rest[1]] = [rest[2], True]
        elif what == "given":
            # A7: "Manual assignments count; a reassignment moves the count".
            known.setdefault(rest[0], [None, True])[0] = rest[1]
        else:
            known[rest[0]][1] = what == "reopened"
    return known


def count(team, history, member):
    """A3, A4: how many tickets the member has, in the sense of the method."""
    mine = [is_open for who, is_open in tickets(history).values() if who == member]
    return len(mine) if team["method"] == "equal_tickets" else sum(mine)


def last(history, member):
    """A6: "Recency is a sequence number per team [...]: manual assignments advance it"."""
    number, latest = 0, 0
    for what, *rest in history:
        if what in ("auto", "given"):
            who = rest[2] if what == "auto" else rest[1]
            if who is not None:
                number += 1
                latest = number if who == member else latest
    return latest


def option(team, member):
    return PLAIN | team["options"].get(member, {})


# --- who is there --------------------------------------------------------------------------------


def is_absent(team, member, at):
    return any(
        start <= at and (end is None or at < end) for start, end in team["absences"].get(member, [])
    )


def is_there(team, member, at):
    """*Words*: "available: not absent *and* inside the weekly schedule, if there is one"."""
    hours = team["hours"].get(member)
    inside = hours is None or (at.weekday(), at.hour) in hours
    return inside and not is_absent(team, member, at)


def next_there(team, member, after):
    """The first hour from `after` on; None: never. Hour by hour, past all that ends and a week."""
    ends = [end for _, end in team["absences"].get(member, []) if end is not None]
    latest = max([after, *ends]) + timedelta(days=8)
    while after <= latest:
        if is_there(team, member, after):
            return after
        after += HOUR
    return None


# --- catching up (A8) ----------------------------------------------------------------------------


def returns(team, member, after, until):
    """[(since, at)] of the absences, touching ones as one (A9), that end in (after, until]."""
    found = []
    for _, end in team["absences"].get(member, []):
        if end is None or not after < end <= until or is_absent(team, member, end):
            continue
        # back to the beginning of all that overlaps or touches
        since, moved = end, True
        while moved:
            moved = False
            for start, other in team["absences"][member]:
                if start < since and (other is None or other >= since):
                    since, moved = start, True
        if (since, end) not in found:
            found.append((since, end))
    return found


def share(team, history, credits, member):
    """What is compared: tickets + credit (A8), for each unit of weight (A19)."""
    number = count(team, history, member) + credits.get(member, 0)
    return Fraction(number, option(team, member)["weight"])


def was_there(team, member, since, until, *, to_the_end):
    while since < until or (to_the_end and since == until):
        if is_there(team, member, since):
            return True
        since += HOUR
    return False


def arrive(team, history, credits, behind, before, now, pool):
    """Those who came back or joined since the assignment before: their credits, or being behind.

    `before` is (moment, pool) of that assignment. Changes `credits` and `behind`.
    """
    if before is None:
        # CHOICE: at the first assignment of all nobody has come back or is new.
        return
    at, members = before
    # A8: "on return or joining".
    coming = []
    for member in pool:
        if member not in members:
            # CHOICE: who is new is new from this assignment on, and was not there since the last.
            coming.append((now, at, member, True))
        else:
            coming += [(end, since, member, False) for since, end in returns(team, member, at, now)]
    for moment in sorted({moment for moment, _, _, _ in coming}):
        raised = {}
        for when, since, member, joined in coming:
            if when != moment:
                continue
            # A8: "the lowest of those who were available meanwhile".
            # CHOICE: of those who were members then and are now, those who catch up apart.
            there = [
                other
                for other in pool
                if other != member and other in members and other not in behind
                and was_there(team, other, since, moment, to_the_end=joined)
            ]  # fmt: skip
            # A8: "nobody was: unchanged".
            if not there:
                continue
            lowest = min(share(team, history, credits, other) for other in there)
            if share(team, history, credits, member) < lowest:
                raised[member] = lowest
        for member, lowest in raised.items():
            if team["catch_up"] == "smoothed":
                behind.add(member)
            else:
                # A8: "a stored *credit* raises the member's count to the lowest".
                while share(team, history, credits, member) < lowest:
                    credits[member] = credits.get(member, 0) + 1


def settled(team, history, now, pool):
    """(credits, who is behind, was the latest automatic assignment theirs?) when choosing now."""
    credits, behind, theirs, before = {}, set(), False, None
    if team["method"] != "equal_tickets" or team["catch_up"] == "full":
        return credits, behind, theirs
    for place, (what, *rest) in enumerate(history):
        if what == "auto":
            at, _, member, members = rest
            if before is not None:
                at = max(at, before[0])
            arrive(team, history[:place], credits, behind, before, at, members)
            behind &= set(members)
            there = competitors(team, history[:place], at, members, rest[1])[0]
            grow_level(team, history[:place], credits, behind, there)
            theirs, before = member in behind, (at, members)
    now = now if before is None else max(now, before[0])
    arrive(team, history, credits, behind, before, now, pool)
    behind &= set(pool)
    return credits, behind, theirs


def grow_level(team, history, credits, behind, there):
    """CHOICE: who has as many as the lowest of the others who compete catches up no more."""
    others = [member for member in there if member not in behind]
    if others:
        lowest = min(share(team, history, credits, member) for member in others)
        for member in there:
            if share(team, history, credits, member) >= lowest:
                behind.discard(member)


# --- choosing ------------------------------------------------------------------------------------


def fits(team, history, member, tags):
    """A19: None, or the name of the option for which the member is not for such a ticket."""
    mine = option(team, member)
    # "tags (only members who handle one of the ticket's tags)"
    # CHOICE: a ticket without tags, and a member of whom no tags are named, fit everything.
    if tags and mine["tags"] is not None and not set(tags) & set(mine["tags"]):
        return "tags"
    # "capacity per member"
    held = [who for who, is_open in tickets(history).values() if is_open]
    if mine["capacity"] is not None and held.count(member) >= mine["capacity"]:
        return "capacity"
    return None


def competitors(team, history, now, pool, ticket):
    """(who competes, {member: from when}, was it a look ahead?)."""
    fit = [m for m in pool if fits(team, history, m, team["tags_of"].get(ticket, ())) is None]
    there = {member: now for member in fit if is_there(team, member, now)}
    if there:
        return list(there), there, False
    # A10.
    back = {member: next_there(team, member, now) for member in fit}
    back = {member: at for member, at in back.items() if at is not None}
    if not back:
        return [], {}, True
    first = min(back.values())
    back = {member: at for member, at in back.items() if at <= first + team["window"]}
    return list(back), back, True


def choose(team, history, now, pool, ticket):
    """(member or None, why, moment, count, tie-breaker, the option that left nobody)."""
    # A2.
    if not pool:
        return None, "nobody eligible", None, None, None, None
    reasons = [fits(team, history, member, team["tags_of"].get(ticket, ())) for member in pool]
    if None not in reasons:
        # A19: "The outcome *nobody fits* names the option."
        # CHOICE: tags are asked first, then capacity; the one that left nobody.
        return None, "nobody fits", None, None, None, max(reasons, key=["tags", "capacity"].index)
    there, moments, ahead = competitors(team, history, now, pool, ticket)
    if not there:
        return None, "nobody available", None, None, None, None
    # A10: "`mode` *defer* (it waits, and is assigned when somebody is back, oldest first, A16)".
    if ahead and team["mode"] == "defer":
        return None, "deferred", min(moments.values()), None, None, None
    credits, behind, theirs = settled(team, history, now, pool)
    grow_level(team, history, credits, behind, there)
    # A8: "of two consecutive automatic assignments at most one goes to all members catching up
    # together, the others by A6".
    others = [member for member in there if member not in behind]
    if theirs and others:
        there = others
    # A6: "fewest, then least recently assigned, then member order".
    shares = {member: share(team, history, credits, member) for member in there}
    fewest = [member for member in there if shares[member] == min(shares.values())]
    lasts = {member: last(history, member) for member in fewest}
    oldest = [member for member in fewest if lasts[member] == min(lasts.values())]
    chosen = oldest[0]
    broken_by = "fewest"
    if len(fewest) > 1:
        broken_by = "least_recent" if len(oldest) == 1 else "member_order"
    number = count(team, history, chosen) + credits.get(chosen, 0)
    why = "look-ahead" if ahead else "available"
    return chosen, why, moments[chosen] if ahead else None, number, broken_by, None
