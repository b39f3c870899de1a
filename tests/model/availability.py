"""Who is there when (A9-A13), asked step by step of what is written on calendars and walls.

Everything begins and ends on a quarter of an hour, so that looking each quarter misses nothing.

A member is {"away": [(start, end or None)], "again": [recurring absence, ...],
"week": None or (time zone, [(weekday, start minute, end minute)])}; a recurring absence is
(start, end, rule, time zone, left out), its moments aware.
"""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

STEP = timedelta(minutes=15)


def on_the_wall(moment, zone):
    """What a clock shows there."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def off_the_wall(shown, zone):
    """RFC 5545, 3.3.5: what is shown twice is the first; what never is has the offset before."""
    return shown.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def ends(rule):
    """Whether a rule comes to an end by itself."""
    return "COUNT" in rule or "UNTIL" in rule


def occurrences(recurring, until):
    """[(start, end)] of those that begin before a moment, straight from the first one on."""
    start, end, rule, zone, left_out = recurring
    first = on_the_wall(start, zone)
    lasts = on_the_wall(end, zone) - first
    found = []
    for shown in rrulestr(rule, dtstart=first):
        begins = off_the_wall(shown, zone)
        if begins > until + timedelta(days=2):
            break
        if shown not in [on_the_wall(moment, zone) for moment in left_out]:
            # CHOICE: an occurrence of which a clock put forward leaves nothing is not there.
            found.append((begins, off_the_wall(shown + lasts, zone)))
    return [(begins, stops) for begins, stops in found if begins < stops]


def has_hours(member, at, known):
    """Whether what can go on for ever lets the member in: the week, and recurring absences.

    A11: "A horizon [...] bounds only what schedules and recurrences could go on for ever."
    """
    if member["week"] is not None:
        # A13: "A weekly working schedule per user in the user's own time zone is optional; without
        # one a user is always inside it."
        zone, hours = member["week"]
        wall = on_the_wall(at, zone)
        minute = wall.hour * 60 + wall.minute
        if not any(day == wall.weekday() and a <= minute < b for day, a, b in hours):
            return False
    return not any(start <= at < end for start, end in known["endless"])


def is_away(at, known):
    """*Words*: "absence: time off: a half-open interval `[start, end)`; the end may be open"."""
    return any(start <= at and (end is None or at < end) for start, end in known["finite"])


def told(member, until):
    """Every absence of a member up to a moment: those that end, and those that go on for ever."""
    known = {"finite": list(member["away"]), "endless": []}
    for recurring in member["again"]:
        known["finite" if ends(recurring[2]) else "endless"] += occurrences(recurring, until)
    return known


def is_available(member, at):
    """*Words*: "available: not absent *and* inside the weekly schedule, if there is one"."""
    known = told(member, at)
    return has_hours(member, at, known) and not is_away(at, known)


def presence(member, after, steps):
    """Whether the member is there, for each of so many steps from a moment on."""
    known = told(member, after + steps * STEP)
    moments = (after + step * STEP for step in range(steps))
    return [has_hours(member, at, known) and not is_away(at, known) for at in moments]


def next_available(members, after, horizon, steps):
    """The first of so many steps at which any of these is there; None: at none of them."""
    found = [first for one in members if (first := _next(one, after, horizon, steps)) is not None]
    return after + min(found) * STEP if found else None


def _next(member, after, horizon, steps):
    known = told(member, after + steps * STEP)
    # A11: "A horizon [...] bounds only what schedules and recurrences could go on for ever. [...]
    # nobody within it: the typed outcome"; "Finite absences have no horizon".
    # CHOICE: so the hours must come round within it, other absences apart (A12); once they have,
    # they may take four weeks if it is shorter, since no week takes as long.
    limit, since = horizon, 0
    for step in range(steps):
        at = after + step * STEP
        if has_hours(member, at, known):
            if (step - since) * STEP > limit:
                return None
            limit, since = max(horizon, timedelta(weeks=4)), step + 1
            if not is_away(at, known):
                return step
    return None


def gaps(members, after, steps):
    """[(start, end)] in which nobody is there, of so many steps."""
    there = [
        any(seen) for seen in zip(*(presence(one, after, steps) for one in members), strict=True)
    ]
    found = []
    for step, somebody in enumerate(there):
        if not somebody:
            if found and found[-1][1] == step:
                found[-1][1] = step + 1
            else:
                found.append([step, step + 1])
    return [(after + start * STEP, after + end * STEP) for start, end in found]
