"""Removal for legal reasons (T9), by looking at everything that anybody ever said.

What was said is a list of things, dict(kind, id, ticket, author, message, internal, words): kind is
"opening" | "message" | "file" | "entry", the id of an opening is the ticket's, and `message` is the
one that a file hangs on, or None. `events` is a list of (kind, id) that were removed.
"""

from model import merge

GONE = "[removed]"


def redact(world, things, events, actor, ticket_id, kind, thing_id):
    """Remove an opening, a message or a file, by way of this ticket."""
    if not world.users[actor]["active"]:
        return "refused"
    # V14: "Denied and absent look the same to the caller who may not know".
    if not world._sees(actor, ticket_id):
        return "not found"
    # CHOICE: administrators alone.
    if not world._may(actor, "redact"):
        return "refused"
    # M6: "Merging loses nothing", M9: "a reply to a tombstone lands on the root."
    # CHOICE: so what was said is there by way of every ticket of the tree; an opening by its own.
    around = merge.tree(merge.resolve(ticket_id, world.tickets), world.tickets)
    for thing in things:
        if (thing["kind"], thing["id"]) != (kind, thing_id):
            continue
        if kind == "opening" and thing["ticket"] != ticket_id:
            continue
        if thing["ticket"] in around:
            _remove(things, events, [thing])
            return "ok"
    return "not found"


def erase(world, things, events, actor, user_id, words):
    """Remove what is known of somebody; with `words` what they wrote."""
    # CHOICE: administrators alone; this tells nobody who there is, so it comes first (V14).
    if not world._may(actor, "redact"):
        return "refused"
    user = world.users.get(user_id)
    if user is None:
        return "not found"
    if not user.get("gone"):
        events.append(("person", user_id))
    # T9: "remove content [...], leave the structure": the id stays wherever it stands.
    user.update(active=False, agent=False, lead=False, administrator=False)
    user.update(email=False, phone=False, gone=True)
    if words:
        theirs = []
        for thing in things:
            ticket = world.tickets[thing["ticket"]]
            # CHOICE: a ticket's opening is its opener's words, and about its customer.
            if thing["kind"] == "opening" and user_id in (ticket["opener"], ticket["customer"]):
                theirs.append(thing)
            if thing["kind"] != "opening" and thing["author"] == user_id:
                theirs.append(thing)
        _remove(things, events, theirs)
    return "ok"


def _remove(things, events, going):
    for thing in things:
        # CHOICE: a file that hangs on a message goes with it, whoever hung it there.
        with_its_message = thing["kind"] == "file" and any(
            one["kind"] == "message" and one["id"] == thing["message"] for one in going
        )
        if thing not in going and not with_its_message:
            continue
        # T9: "and are recorded"; what is gone already is not once more.
        if thing["words"] != GONE:
            events.append((thing["kind"], thing["id"]))
    for thing in things:
        if ("message", thing["message"]) in [(one["kind"], one["id"]) for one in going]:
            thing["words"] = GONE
    for thing in going:
        thing["words"] = GONE


def read(world, things, user_id, ticket_id):
    """All that somebody is shown of a ticket: {(kind, id): words}."""
    shown = {}
    for thing in things:
        # M6: merged ones' words too. M7: "Nobody sees through a merge what they could not see
        # before."
        if thing["ticket"] not in merge.tree(ticket_id, world.tickets):
            continue
        if not world._sees(user_id, ticket_id) or not world._sees(user_id, thing["ticket"]):
            continue
        # V15: "Internal notes reach nobody outside, through any exit". CHOICE: nor do time entries.
        if world.users[user_id]["kind"] != "internal" and thing["internal"]:
            continue
        shown[thing["kind"], thing["id"]] = thing["words"]
    return shown
