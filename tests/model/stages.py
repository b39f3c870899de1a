"""Stages (G1-G9, G11-G13): what is open, what an entry sends, what a fold closes.

`stages` is {id: stage}, `teams` is {id: team}. A message is ("email" | "sms", stage id) when sent
and ("skipped email" | "skipped sms", stage id) when there is no address or number.
"""


def order(stages):
    """G6: "One order over all stages": their ids, first to last."""
    return sorted(stages, key=lambda stage_id: stages[stage_id]["position"])


def columns(team, stages):
    """The ids of the team's stages in that order."""
    return [stage_id for stage_id in order(stages) if stage_id in team["stages"]]


def first_unfolded(team, stages):
    """G7: "the team's first unfolded stage"; None when it has none."""
    for stage_id in columns(team, stages):
        if not stages[stage_id]["folded"]:
            return stage_id
    return None


def first_folded(team, stages):
    """The team's first folded stage; None when it has none."""
    for stage_id in columns(team, stages):
        if stages[stage_id]["folded"]:
            return stage_id
    return None


def state(ticket, stages):
    """*Words*: "open" | "closed" | "merged"; G1: "derived from the stage's fold"."""
    # "a ticket is closed exactly when its stage is folded; *merged away* is a third state".
    if ticket["merged"] is not None:
        return "merged"
    return "closed" if stages[ticket["stage"]]["folded"] else "open"


def messages_on_entering(stage, customer, sent):
    """What entering the stage sends; `sent` are the messages the ticket has had before."""
    messages = []
    # G8: "Entering a stage sends its e-mail template and its SMS template once each to the
    # customer, on creation too."
    for channel, address in (("email", "email"), ("sms", "phone")):
        if not stage[channel]:
            continue
        # G8: "`once_per_ticket` is an option."
        # CHOICE: by whichever way it was written; a recorded skip is not having written.
        if stage["once"] and {("email", stage["id"]), ("sms", stage["id"])} & set(sent):
            continue
        # G8: "No address or number: a recorded skip."
        # CHOICE: no customer is no address; nor has an inactive one any.
        if customer is None or not customer["active"] or not customer[address]:
            messages.append(("skipped " + channel, stage["id"]))
        else:
            messages.append((channel, stage["id"]))
    return messages


def transition(before, after):
    """G3: the events of going from one stage to another."""
    # G3: "open→folded: one `TicketClosed`; folded→folded: none; folded→open: one `TicketReopened`."
    if not before["folded"] and after["folded"]:
        return ["TicketClosed"]
    if before["folded"] and not after["folded"]:
        return ["TicketReopened"]
    return []


def move(ticket, to, team, stages, customer, sent):
    """("ok", dict(stage, events, messages)) or ("refused", why)."""
    # M8: "the stage kept".
    if ticket["merged"] is not None:
        return "refused", "merged away"
    # G5: "a ticket's stage always belongs to its team".
    if to not in stages or to not in team["stages"]:
        return "refused", "stage of another team"
    # G8: "Saving the same stage again sends nothing."
    if to == ticket["stage"]:
        return "ok", {"stage": to, "events": [], "messages": []}
    return "ok", {
        "stage": to,
        "events": transition(stages[ticket["stage"]], stages[to]),
        "messages": messages_on_entering(stages[to], customer, sent),
    }


def change_team(ticket, new_team, stages, customer, sent):
    """G9: the same for a ticket that goes to another team."""
    if ticket["merged"] is not None:
        return "refused", "merged away"
    # G9: "A change of team keeps the stage when the new team has it, and then sends nothing".
    if ticket["stage"] in new_team["stages"]:
        return "ok", {"stage": ticket["stage"], "events": [], "messages": []}
    # G9: "else an open ticket takes the new team's first unfolded stage and a closed one its first
    # folded one (none: refused), with that stage's message."
    if state(ticket, stages) == "open":
        to = first_unfolded(new_team, stages)
    else:
        to = first_folded(new_team, stages)
    if to is None:
        return "refused", "no such stage there"
    # G9: "No closing or reopening unless openness changes.": it never does here.
    return "ok", {
        "stage": to,
        "events": [],
        "messages": messages_on_entering(stages[to], customer, sent),
    }


def change_fold(stage_id, folded, stages, teams, tickets):
    """G4: ("ok", dict(preview, events)) or ("refused", why).

    preview: {team id: how many tickets} for every team that uses it; events: {ticket id: name}.
    """
    preview, events = {}, {}
    if stages[stage_id]["folded"] == folded:
        return "ok", {"preview": preview, "events": events}
    changed = dict(stages)
    changed[stage_id] = dict(stages[stage_id], folded=folded)
    for team in teams.values():
        if stage_id not in team["stages"]:
            continue
        # G7: "A team always keeps one; what would break that is refused."
        if first_unfolded(team, changed) is None:
            return "refused", "a team's last unfolded stage"
        # G4: "Changing `folded` on a stage closes or reopens its tickets in *every* team that uses
        # it: there is a preview of how many per team".
        preview[team["id"]] = 0
        for ticket in tickets:
            # M8: a tombstone is neither open nor closed: "no `TicketClosed`, outside counts".
            if (
                ticket["team"] == team["id"]
                and ticket["stage"] == stage_id
                and ticket["merged"] is None
            ):
                preview[team["id"]] += 1
                events[ticket["id"]] = "TicketClosed" if folded else "TicketReopened"
    # G4: "customers get no stage message for it": there are no messages.
    return "ok", {"preview": preview, "events": events}


def reorder_team(team, new_columns, stages, teams):
    """G6: (the new order over all, the ids of other teams that see a change); None if no order."""
    old_order = order(stages)
    # G6: "reordering is a permutation".
    old_columns = columns(team, stages)
    if len(new_columns) != len(old_columns) or set(new_columns) != set(old_columns):
        return None
    # G6: "Reordering one team's columns permutes those stages among the places they held".
    new_order, rest = [], list(new_columns)
    for stage_id in old_order:
        new_order.append(rest.pop(0) if stage_id in team["stages"] else stage_id)
    # G6: "the caller is told which other teams see a change."
    others = set()
    for other in teams.values():
        before = [s for s in old_order if s in other["stages"]]
        after = [s for s in new_order if s in other["stages"]]
        if other["id"] != team["id"] and before != after:
            others.add(other["id"])
    return new_order, others


def answer(ticket, team, stages, now, automatic):
    """G11: what a customer's answer does: "reopen" | "new_linked" | "nothing"."""
    if state(ticket, stages) != "closed":
        return "nothing"
    # G11: "an automatic reply never reopens".
    # CHOICE: nor does it open a new ticket.
    if automatic or team["on_answer"] == "ignore":
        return "nothing"
    if team["on_answer"] == "new_linked":
        return "new_linked"
    # G11: "`REOPEN` within a window (default; into G7's stage [...])".
    # CHOICE: the window counts from `closed_at`, its end belongs to it, and after it the answer
    # opens another ticket, so that somebody hears it.
    window = team["reopen_window"]
    if window is not None and now - ticket["closed_at"] > window:
        return "new_linked"
    return "reopen"


def close_inactive(tickets, saw, stages, teams, *, days, listed, now):
    """G13: [(ticket id, stage id)], what is closed and into which stage, oldest first.

    `saw` is {ticket id: [the moments of its events]}, `days` a duration.
    """
    closed = []
    for ticket in sorted(tickets, key=lambda ticket: (ticket["created"], ticket["id"])):
        # G13: "Closing tickets that saw nothing for N days".
        # CHOICE: to be made is to see something; what is N days ago to the moment is long enough.
        if any(now - at < days for at in [ticket["created"], *saw.get(ticket["id"], [])]):
            continue
        # G13: "only from the stages listed". *Words*: what is in a folded one is closed already,
        # and a tombstone is neither.
        if ticket["stage"] not in listed or state(ticket, stages) != "open":
            continue
        # G13: "into the first folded stage."
        # CHOICE: the team's, and where it has none the ticket stays.
        to = first_folded(teams[ticket["team"]], stages)
        if to is not None:
            closed.append((ticket["id"], to))
    return closed
