"""Merging (M3, M4, M6-M10, M13, M14): by looking at every pair, every ticket, every follower."""

LIMIT = 100


def age(ticket):
    """M4: "the older of them (created, then id)"."""
    return (ticket["created"], ticket["id"])


def groups(tickets, ratings, threshold, discarded=()):
    """{master id: all ids of its group}, by M4.

    `ratings` is {(a, b): rating}, each pair once, in either order; `discarded` holds pairs, in
    either order, that were discarded (M5).
    """
    by_id = {t["id"]: t for t in tickets if t["merged"] is None}  # M8: outside search
    pairs = []
    for (a, b), rating in ratings.items():
        # M5: "the pair is not suggested again".
        if a not in by_id or b not in by_id or (a, b) in discarded or (b, a) in discarded:
            continue
        # M3: "Below the threshold nothing is suggested." M4: "Pairs at or above the threshold".
        if a != b and rating >= threshold:
            pairs.append((-rating, min(a, b), max(a, b)))
    found = {}
    # M4: "are taken by (rating descending, ids)".
    for _, a, b in sorted(pairs):
        taken = set().union(*found.values()) if found else set()
        if a not in taken and b not in taken:
            # M4: "two free tickets open a group, the older of them its master".
            master = min(a, b, key=lambda ticket_id: age(by_id[ticket_id]))
            found[master] = {a, b}
        # M4: "a free ticket joins through its pair with a master; other pairs are passed over."
        elif a in found and b not in taken:
            found[a].add(b)
        elif b in found and a not in taken:
            found[b].add(a)
    return found


def choose_master(tickets, chosen=None):
    """M4: "For hand-picked tickets the master is the oldest, unless chosen."; its id."""
    return chosen if chosen is not None else min(tickets, key=age)["id"]


def resolve(ticket_id, tickets):
    """M9: "`resolve(id)` follows chains to the root"; `tickets` is {id: ticket}."""
    walked = []
    while tickets[ticket_id]["merged"] is not None:
        # M9: "the graph is a forest".
        if ticket_id in walked:
            raise AssertionError(f"a cycle: {walked}")
        walked.append(ticket_id)
        ticket_id = tickets[ticket_id]["merged"]
    return ticket_id


def tree(ticket_id, tickets):
    """The ticket and everything that was merged into it, at any depth."""
    found = {ticket_id}
    for _ in tickets:
        for ticket in tickets.values():
            if ticket["merged"] in found and ticket["merged"] is not None:
                found.add(ticket["id"])
    return found


def check(master_id, ids, tickets, levels, allow_cross_visibility):
    """M10, M7: why this merge is refused, "again" when it is done already, or None.

    `ids` is the list of all the tickets, the master too; `levels` is {ticket id: team's level}.
    """
    others = [ticket_id for ticket_id in ids if ticket_id != master_id]
    # M10: "Merging with itself, with one ticket, with a tombstone, into a cycle or over 100 at once
    # is refused by name."
    if len(ids) != len(set(ids)):
        return "with itself"
    if not others:
        return "one ticket"
    # CHOICE: the hundred counts the master.
    if len(ids) > LIMIT:
        return "over 100"
    # M10: "The same merge again does nothing and tells nobody."
    if tickets[master_id]["merged"] is None and all(
        tickets[other]["merged"] == master_id for other in others
    ):
        return "again"
    if tickets[master_id]["merged"] is not None and resolve(master_id, tickets) in others:
        return "cycle"
    if any(tickets[ticket_id]["merged"] is not None for ticket_id in ids):
        return "tombstone"
    # M7: "Merging across teams of different visibility needs [...] an explicit
    # `allow_cross_visibility`."
    if len({levels[ticket_id] for ticket_id in ids}) > 1 and not allow_cross_visibility:
        return "cross visibility"
    return None


def carried_over(master, others, may_view, add_followers=()):
    """M7: (who is added to the master's followers, who is not carried over), sets of ids.

    `may_view(user id, ticket)` is asked before anything changes.
    """
    carried, left = set(), set()
    for ticket in others:
        for user_id in ticket["followers"]:
            if user_id in master["followers"]:
                continue
            # M7: "A follower is carried over only if they could view every merged ticket and may
            # view the master; the others stay on the tombstone, are reported, [...];
            # `add_followers=` carries them over by name."
            if user_id in add_followers or all(may_view(user_id, t) for t in [master, *others]):
                carried.add(user_id)
            else:
                left.add(user_id)
    return carried, left


def misfit(master, others, strategies):
    """M6: (field, ticket id) of the first field that its strategy does not fit, or None.

    `strategies` is {field: "keep" | "first" | "union" | "sum" | function}.
    """
    for field in sorted(strategies):
        for ticket in [master, *sorted(others, key=age)]:
            value = ticket["fields"].get(field)
            if value is None:
                continue
            if strategies[field] == "sum" and type(value) not in (int, float):
                return field, ticket["id"]
            if strategies[field] == "union" and type(value) not in (set, frozenset):
                return field, ticket["id"]
    return None


def merged_fields(master, others, strategies):
    """M6: the master's fields after the merge: {field: value}, by each field's strategy."""
    result = {}
    everybody = [master, *sorted(others, key=age)]
    for field in {field for ticket in everybody for field in ticket["fields"]}:
        mine = master["fields"].get(field)
        values = [t["fields"][field] for t in everybody if field in t["fields"]]
        # CHOICE: a field that no strategy is named for stays the master's.
        strategy = strategies.get(field, "keep")
        if strategy == "keep":
            value = mine
        elif strategy == "first":
            value = values[0]
        elif strategy == "union":
            value = {item for one in values for item in one}
        elif strategy == "sum":
            value = sum(values)
        else:
            value = strategy(mine, values if mine is None else values[1:])
        if value is not None:
            result[field] = value
    return result


def lost(master, others, strategies):
    """M15: {field: ids of the tickets that have something there which the master does not take}."""
    kept, found = merged_fields(master, others, strategies), {}
    for ticket in others:
        for field, value in ticket["fields"].items():
            if strategies.get(field, "keep") in ("keep", "first") and value != kept.get(field):
                found.setdefault(field, set()).add(ticket["id"])
    return found


def merged(master, others, is_open, may_view, add_followers=(), strategies=()):
    """What the master becomes; `is_open(ticket)` and `may_view(user id, ticket)` are of before.

    dict(tags, links, references, fields, created, followers, not_carried, opens)
    """
    carried, left = carried_over(master, others, may_view, add_followers)
    everybody = [master, *others]
    return {
        # M6: "Merging loses nothing: messages, attachments, tags, time entries, links, references
        # of all".
        # CHOICE: links by the letter, even one from a tombstone to its master.
        "tags": set().union(*(t["tags"] for t in everybody)),
        "links": set().union(*(t["links"] for t in everybody)),
        "references": set().union(*(t["references"] for t in everybody)),
        "fields": merged_fields(master, others, dict(strategies)),
        # M13: "Created is the earliest."
        "created": min(t["created"] for t in everybody),
        "followers": set(master["followers"]) | carried,
        "not_carried": left,
        # M13: "An open and a closed one give an open master".
        "opens": not is_open(master) and any(is_open(t) for t in others),
    }


def stands_on(later_merges, this):
    """M14: "Refused by name when a later merge stands on it."

    A merge is dict(master, others, undone). Its tombstones can take part in no later merge (M10),
    so a later one stands on it when its master takes part, as master or as one merged away.
    """
    return any(
        not merge["undone"] and this["master"] in [merge["master"], *merge["others"]]
        for merge in later_merges
    )


def unmerged(now, before, after):
    """M14: the master becomes dict(tags, links, references, fields, created, followers, stage).

    `before` and `after` are the master's values before and after the merge.
    """
    result = {}
    # M14: "only what the merge changed, and nobody changed since, goes back". Of a set, that is:
    # what the merge added, and is still there, is taken out again; what was taken out since (by
    # V6, say) is not put back.
    for field in ("tags", "links", "references", "followers"):
        added = set(after[field]) - set(before[field])
        result[field] = {item for item in now[field] if item not in added}
    for field in ("created", "stage"):
        result[field] = before[field] if now[field] == after[field] else now[field]
    result["fields"] = {}
    for field in {*now["fields"], *before["fields"], *after["fields"]}:
        was, became, is_now = (one["fields"].get(field) for one in (before, after, now))
        if type(became) in (set, frozenset):
            added = became - (was or set())
            value = {item for item in is_now or () if item not in added} or None
            # CHOICE: what somebody has made something else than a set since is theirs.
            if type(is_now) not in (set, frozenset, type(None)):
                value = is_now
        else:
            # CHOICE: 1 in place of 1.0 is a change.
            same = type(is_now) is type(became) and is_now == became
            value = was if same else is_now
        if value is not None:
            result["fields"][field] = value
    return result
