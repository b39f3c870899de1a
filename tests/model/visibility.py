"""Who sees what, and who is told (V1-V12, V15-V18, V20), by looking at everybody."""

LEVELS = ("private", "company", "public")
KINDS = ("internal", "portal", "contact")


def other_company(user, team, company_scope):
    """Whether the team is shut to an employee because of its company."""
    # T1: "The company restricts nobody unless the host sets `company_scope`."
    # CHOICE: it then restricts employees, whatever they follow, to teams of their own company and
    # to those without one; not administrators, for V11 says that they see everything, and nobody
    # outside, who has no company here.
    return company_scope and team["company"] not in ("", user.get("company", ""))


def can_view(user, ticket, team, company_scope=False):
    """Whether the user sees the ticket, which is the team's.

    >>> ada = {"id": "ada", "kind": "internal", "administrator": False, "active": True}
    >>> ticket = {"followers": {"ada"}, "assignee": None, "merged": None}
    >>> can_view(ada, ticket, {"level": "private", "followers": set(), "company": ""})
    True
    """
    # V17: "Unknown level or kind of user, inactive user: denied."
    # CHOICE: an unknown level denies an administrator too.
    if team["level"] not in LEVELS or user["kind"] not in KINDS or not user["active"]:
        return False
    # V4: "A contact sees nothing, ever."
    if user["kind"] == "contact":
        return False
    if user["kind"] == "portal":
        # V4: "On a PRIVATE or COMPANY team nobody outside sees anything, whatever they follow."
        # V3: "A portal user sees a ticket exactly when its team is PUBLIC and the user follows
        # *that ticket*; following the team alone is not enough."
        return team["level"] == "public" and user["id"] in ticket["followers"]
    # V11: "An administrator sees everything, only through an explicit role, which only internal
    # users can have."
    if user["administrator"]:
        return True
    if other_company(user, team, company_scope):
        return False
    # V1: "COMPANY, PUBLIC: every internal user sees the team and all of its tickets."
    if team["level"] in ("company", "public"):
        return True
    # V2: "PRIVATE: an internal user sees a ticket exactly when following the ticket or its team."
    # V10: "`can_view` counts an internal assignee as a follower."
    # M8: "who could view one still can": whether it was merged away is not asked.
    return (
        user["id"] in ticket["followers"]
        or user["id"] in team["followers"]
        or user["id"] == ticket["assignee"]
    )


def can_view_team(user, team, tickets, company_scope=False):
    """Whether the user may open the team; `tickets` are all tickets there are."""
    # V17: "Unknown level or kind of user, inactive user: denied."
    if team["level"] not in LEVELS or user["kind"] not in KINDS or not user["active"]:
        return False
    # V3: "Portal users open no team." V4: "A contact sees nothing, ever."
    if user["kind"] != "internal":
        return False
    if not user["administrator"] and other_company(user, team, company_scope):
        return False
    # V11, V1, V2.
    if user["administrator"] or team["level"] != "private" or user["id"] in team["followers"]:
        return True
    # V12: "On a PRIVATE team, an internal user who follows only one ticket may open the team [...];
    # closed tickets count, merged-away ones do not."
    for ticket in tickets:
        if (
            ticket["team"] == team["id"]
            and ticket["merged"] is None
            and can_view(user, ticket, team, company_scope)
        ):
            return True
    return False


def sees_all_of(user, team):
    """Whether the user sees every ticket of the team, those to come too."""
    # V1, V2, V11: "A team follower sees all of the team's tickets."
    # V12: who "follows only one ticket [...] finds just that ticket there", and so is not let in
    # here by a ticket.
    return can_view_team(user, team, [])


def visible(user, tickets, teams, company_scope=False):
    """V13: `{t : can_view(u, t)}`, tombstones included; `teams` is {id: team}."""
    return {t["id"] for t in tickets if can_view(user, t, teams[t["team"]], company_scope)}


def audience(ticket, team, users, author, internal, company_scope=False):
    """Who is told of a reply or an internal note: {user id: "full+link" | "full" | "minimal"}."""
    told = {}
    for user in users:
        # V9: "The audience of an update = followers of the ticket ∪ followers of the team, [...]
        # without duplicates".
        # CHOICE: an assignee who does not follow (V10 says there is none) is not told.
        is_told = user["id"] in ticket["followers"] or user["id"] in team["followers"]
        # V20: "The ticket's customer gets public replies and stage messages in full, [...] on every
        # level, following or not; a link only when they can view."
        is_customer = user["id"] == ticket["customer"]
        if is_customer and not internal:
            is_told = True
        # V9: "without the author".
        if user["id"] == author:
            is_told = False
        form = form_of(user, ticket, team, internal, company_scope)
        if is_told and form is not None:
            told[user["id"]] = form
    return told


def form_of(user, ticket, team, internal, company_scope=False):
    """In which form somebody may be told who is to be told; None: not at all."""
    # V15: "Internal notes reach nobody outside, through any exit".
    # CHOICE: nor anybody inside who may not view the ticket: a note has no minimal form.
    sees = can_view(user, ticket, team, company_scope)
    if internal and (user["kind"] != "internal" or not sees):
        return None
    # CHOICE: nobody writes to an inactive user, not even to an inactive customer.
    if not user["active"]:
        return None
    # V5: "On every level a recipient who may not view the ticket gets the minimal template,
    # without a link; V20 apart."
    if sees:
        return "full+link"
    return "full" if user["id"] == ticket["customer"] and not internal else "minimal"


def may_notify(user, ticket, team, internal, company_scope=False):
    """N2: the form in which the user is told when the message is sent; None: not any more."""
    # V9, V20; V10: "The assignee follows the ticket".
    follows = (
        user["id"] in ticket["followers"]
        or user["id"] in team["followers"]
        or user["id"] == ticket["assignee"]
    )
    if not follows and (internal or user["id"] != ticket["customer"]):
        return None
    return form_of(user, ticket, team, internal, company_scope)


def change_level(team, tickets, users, to, resubscribe_customers=False):
    """What V6-V8 do to followers when the team's level becomes `to`.

    Returns (team followers, {ticket id: followers} for every ticket of the team, removed), where
    removed is a set of (user id, "team" | "ticket", its id).
    """
    portal = {user["id"] for user in users if user["kind"] == "portal"}
    team_followers = set(team["followers"])
    ticket_followers = {t["id"]: set(t["followers"]) for t in tickets if t["team"] == team["id"]}
    removed = set()
    # V6: "PUBLIC → COMPANY or PRIVATE removes portal users as followers of the team and of every
    # ticket of it, closed and merged-away ones included [...]; internal users and contacts stay.
    # [...] Returns who was removed from what."
    if team["level"] == "public" and to in ("company", "private"):
        for user_id in team_followers & portal:
            removed.add((user_id, "team", team["id"]))
        team_followers -= portal
        for ticket_id in ticket_followers:
            for user_id in ticket_followers[ticket_id] & portal:
                removed.add((user_id, "ticket", ticket_id))
            ticket_followers[ticket_id] -= portal
    # V7: "Widening again restores nobody by itself. `resubscribe_customers=True` adds each ticket's
    # own portal customer back."
    if team["level"] in ("private", "company") and to == "public" and resubscribe_customers:
        for ticket in tickets:
            if ticket["team"] == team["id"] and ticket["customer"] in portal:
                ticket_followers[ticket["id"]].add(ticket["customer"])
    # V8: "PRIVATE ↔ COMPANY changes no follower."
    return team_followers, ticket_followers, removed


def followers_after_move(ticket, users, level_before, level_after):
    """V16: the ticket's followers when it goes from a team of one level to one of another."""
    portal = {user["id"] for user in users if user["kind"] == "portal"}
    # V16: "Moving a ticket from a PUBLIC team to a narrower one applies V6 to that ticket."
    if level_before == "public" and level_after in ("company", "private"):
        return set(ticket["followers"]) - portal
    return set(ticket["followers"])


def preview_change(team, tickets, users, to, resubscribe_customers=False, company_scope=False):
    """V18: (who loses access to what, who is still notified of what), sets of (user, ticket)."""
    after_team, after_tickets, _ = change_level(team, tickets, users, to, resubscribe_customers)
    changed_team = dict(team, level=to, followers=after_team)
    loses, notified = set(), set()
    for ticket in tickets:
        if ticket["team"] != team["id"]:
            continue
        changed = dict(ticket, followers=after_tickets[ticket["id"]])
        for user in users:
            saw = can_view(user, ticket, team, company_scope)
            if saw and not can_view(user, changed, changed_team, company_scope):
                loses.add((user["id"], ticket["id"]))
            if user["id"] in audience(changed, changed_team, users, None, False, company_scope):
                notified.add((user["id"], ticket["id"]))
    return loses, notified


def what_grants(user, ticket, team):
    """V17, V19: every reason for which the user may see the ticket; nothing when they may not."""
    reasons = set()
    if not can_view(user, ticket, team):
        return reasons
    if user["kind"] == "internal" and user["administrator"]:
        reasons.add("administrator")
    if user["kind"] == "internal" and team["level"] != "private":
        reasons.add("level")
    if user["id"] in ticket["followers"]:
        reasons.add("follows ticket")
    if user["kind"] == "internal" and user["id"] in team["followers"]:
        reasons.add("follows team")
    if user["kind"] == "internal" and user["id"] == ticket["assignee"]:
        reasons.add("assigned")
    return reasons
