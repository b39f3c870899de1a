"""Reasons as English sentences (V19, A20); a host with another language keeps its own table.

Decisions hold codes and plain values, never prose. Here is one sentence for each code; a code that
is not in the table is shown as it is, so an explanation never fails.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

from helpdesk_core.decisions import Decision, Reason
from helpdesk_core.visibility import AccessExplanation

#: One sentence for each code; a name in braces is a parameter of the reason.
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        # who may see
        "visibility.administrator": "An administrator sees everything.",
        "visibility.company_team": "The team is open to every internal user.",
        "visibility.public_team": "The team is public, so every internal user sees it.",
        "visibility.follows_ticket": "The user follows the ticket.",
        "visibility.follows_team": "The user follows the team.",
        "visibility.follows_a_ticket": "The user follows a ticket of the team.",
        "visibility.assignee": "The ticket is assigned to the user.",
        "visibility.not_following": "The user does not follow what is shown to followers only.",
        "visibility.inactive_user": "The user is not active.",
        "visibility.contact": "A contact has no login and can open nothing.",
        "visibility.unknown_kind": "The kind of user is not known, so nothing is shown.",
        "visibility.unknown_level": "The team's visibility is not known, so nothing is shown.",
        "visibility.other_company": "The team belongs to another company.",
        "visibility.team_not_public": "The team is not public, so nobody outside sees its tickets.",
        "visibility.portal_opens_no_team": "A portal user sees tickets, never a whole team.",
        "visibility.changed": "The team's visibility becomes {to}.",
        "visibility.unchanged": "The team has this visibility already.",
        "visibility.narrowed": "The team is not public any more, so portal users stop following.",
        "visibility.refused.inside_only": "Only internal users are shown this: {what}.",
        "visibility.refused.not_the_whole_team": (
            "The user may open the team {team_id} for a ticket of theirs, and does not see all "
            "of it."
        ),
        "visibility.warning.pool_is_everybody": (
            "The team is private, assigns automatically and names no members: any agent can be "
            "given its tickets, and so see them."
        ),
        "visibility.needs.active": "The user must be active.",
        "visibility.needs.same_company": "The user must be of the team's company.",
        "visibility.needs.follow_ticket": "The user must follow the ticket.",
        "visibility.needs.follow_team": "The user must follow the team.",
        "visibility.needs.assignment": "The ticket must be assigned to the user.",
        "visibility.needs.company_level": "The team must be open to the company.",
        "visibility.needs.public_level": "The team must be public.",
        # who hears of it
        "notify.customer": "The customer is told in full.",
        "notify.may_view": "The follower may see the ticket and is told in full.",
        "notify.minimal": "The follower may not see the ticket and is told without its text.",
        "notify.internal_note": "An internal note goes only to internal users who see the ticket.",
        "notify.inactive_user": "The recipient is not active.",
        "notify.not_following": "The recipient does not follow the ticket or its team.",
        # a plan that was shown
        "plan.refused.moved_on": (
            "What was shown is no longer what would be done: look at it again, then confirm."
        ),
        # stages
        "stage.unchanged": "Everything is in its place already.",
        "stage.moved": "The ticket goes to the stage {stage_id}.",
        "stage.transferred": "The ticket goes to the team {team_id}.",
        "stage.fold_changed": "The stage {stage_id} changes (folded: {folded}).",
        "stage.reordered": "The stages get another order.",
        "stage.removed": "The stage {stage_id} is removed.",
        "stage.move_allowed": "The ticket may go to the stage {stage_id}.",
        "answer.ticket_is_open": "The ticket is open: an answer changes nothing about that.",
        "answer.not_of_the_customer": "Somebody else than the customer wrote: nothing opens.",
        "answer.automatic": "A machine answered: the ticket stays closed.",
        "answer.ignored": "An answer does not open this team's closed tickets again.",
        "answer.opens_another": "The answer is a new ticket, linked to the closed one.",
        "answer.reopens": "The answer opens the ticket again.",
        "answer.customer": "The ticket's customer may answer by mail.",
        "answer.may_view": "Who sees the ticket may answer by mail.",
        "answer.refused.may_not_view": "Neither the ticket's customer nor somebody who sees it.",
        "answer.refused.inactive_user": "The user is not active.",
        # what became of a mail
        "mail.opened": "The mail opened a ticket.",
        "mail.replied": "The mail is a reply on its ticket.",
        "mail.noted": "The mail answers an internal note, and is one.",
        "mail.returned": "The mail says that one of ours about the ticket did not arrive.",
        "mail.dropped.own": "The mail is one of ours, which went round in a circle.",
        "mail.dropped.received_before": "The mail was received before.",
        "mail.dropped.automatic_reply": "A machine answered, and about no ticket of the sender's.",
        "mail.dropped.return": "The mail came back, and about no ticket that there is.",
        "mail.refused.inactive_sender": "The sender is not active any more.",
        "mail.refused.not_verified": "Nobody knows whether the employee really sent it.",
        "mail.refused.unknown_sender": "Nobody is known by the sender's address.",
        "board.dragged": "The ticket has its place in the stage {stage_id}.",
        "board.refused.moved_on": (
            "The column is another than the one that was seen: the ticket {ticket_id} is not in "
            "it, or in another order."
        ),
        "board.refused.no_room": "Between these two in the stage {stage_id} there is no room left.",
        "stage.refused.move_not_allowed": (
            "From the stage {from_stage_id} this user may not move a ticket to {stage_id}, but to "
            "these: {allowed}."
        ),
        "stage.refused.merged_away": "The ticket {ticket_id} was merged away and stays in place.",
        "stage.refused.not_in_team": "The stage {stage_id} is not one of the team {team_ids}.",
        "stage.refused.no_folded_stage": (
            "The ticket is closed, and the team {team_id} has no folded stage for it."
        ),
        "stage.refused.no_open_stage": (
            "The ticket is open, and the team {team_id} has no unfolded stage for it."
        ),
        "stage.refused.last_open_stage": (
            "The stage {stage_id} is the last unfolded one of the team {team_ids}."
        ),
        "stage.refused.not_confirmed": (
            "The change closes or reopens every ticket in the stage, {tickets} in all: "
            "look at its preview, then confirm."
        ),
        "stage.refused.not_a_permutation": (
            "Every stage must be named once (missing: {missing}; unknown: {unknown}; "
            "repeated: {repeated})."
        ),
        "stage.refused.holds_tickets": (
            "The stage {stage_id} still holds tickets: {tickets}, and merged-away ones: "
            "{merged_away}."
        ),
        "stage.passed_over.folded": "The stage {stage_id} is folded: its tickets are closed.",
        "stage.passed_over.no_folded_stage": (
            "The team {team_id} has no folded stage into which its tickets could be closed."
        ),
        "stage.skipped.no_customer": "The ticket has no customer to write to.",
        "stage.skipped.inactive_customer": "The customer is not active.",
        "stage.skipped.no_email": "The customer has no e-mail address.",
        "stage.skipped.removed": "What the message said was removed for legal reasons.",
        "stage.skipped.no_phone": "The customer has no telephone number.",
        "stage.skipped.automatic_mail": "A mail by a machine opened the ticket, or too many did.",
        # who gets it
        "assignment.fewest_tickets": "Of those available, who had the fewest tickets was taken.",
        "assignment.fewest_open": "Of those available, who had the fewest open tickets was taken.",
        "assignment.nobody_eligible": "There is nobody who could be assigned tickets of the team.",
        "assignment.nobody_available": "Nobody of the team will be available within reach.",
        "assignment.nobody_fits": "Nobody of the team is for this ticket, by the option {option}.",
        "assignment.deferred": "Nobody is there; the ticket waits until somebody is back.",
        "assignment.manual": "The ticket was assigned by hand.",
        "assignment.kept": "The assignee {assignee_id} keeps the ticket.",
        "assignment.unassigned": "Nobody has the ticket.",
        "assignment.unchanged": "The ticket is assigned so already.",
        "assignment.not_in_pool": "The assignee is not of the new team and gives the ticket up.",
        "assignment.already_assigned": "The ticket is assigned to {assignee_id} already.",
        "assignment.absent": "The person is absent.",
        "assignment.outside_hours": "The person does not work at that time.",
        "assignment.at_capacity": (
            "The person has {open} open tickets, and {capacity} are the most they take."
        ),
        "assignment.other_tags": "The person handles tickets with other tags: {tags}.",
        "assignment.catching_up": "The person is catching up, and it is the others' turn.",
        "assignment.handover": "Of {tickets} tickets, {taken_over} would go to somebody else.",
        "assignment.refused.merged_away": "The ticket was merged away and goes to nobody.",
        "assignment.refused.not_eligible": "The user {user_id} cannot be assigned tickets.",
        "assignment.refused.other_company": (
            "The user {user_id} is of another company and could not open the ticket."
        ),
        # what the roles allow, and what people and teams can be
        "permission.role": "What somebody may do, here {use_case}, is for their roles to say.",
        "permission.inactive_user": "The user is not active.",
        "visibility.system": "The system sees everything, for this reason: {reason}.",
        "user.refused.kind": "The user {user_id} cannot become another kind of user.",
        "user.refused.erased": "Nothing is left of the user {user_id} that could be changed.",
        "attachment.refused.removed": "The file was removed for legal reasons.",
        "removal.left.file": (
            "The file {attachment_id} could not be dropped: `repair`, or the same again, does it."
        ),
        "removal.left.similarity": (
            "The similarity store could not be told of the ticket {ticket_id}: the same again does."
        ),
        "message.refused.another_customer": (
            "It was merged into a ticket of another customer, or of none, where this would go."
        ),
        "team.unchanged": "The team is set up so already.",
        "team.changed": "The team is set up otherwise.",
        "team.refused.not_eligible": "The user {user_id} cannot be a member: agents can.",
        "team.refused.other_company": (
            "The user {user_id} is of another company and could not open the team."
        ),
        "ticket.opened": "The ticket is new.",
        "ticket.refused.merged_away": "The ticket {ticket_id} was merged away.",
        "stage.refused.not_empty": (
            "A stage that is taken from the team {team_id} still holds tickets: {tickets}."
        ),
        "notify.no_longer_concerned": "The recipient is not concerned any more.",
        # what is wrong in a store
        "check.miscount": (
            "The team {team_id} has for {member_id} {kept_total} tickets, {kept_open} of them "
            "open, and a recount gives {total} and {open}."
        ),
        "check.wrong_figures": (
            "Kept of {stage_id} in {team_id} is {kept} tickets, of nobody, waiting; counted "
            "{counted}."
        ),
        "check.miscredit": (
            "The team {team_id} has for {member_id} a credit of {kept_credit}, and those that were "
            "given come to {credit}."
        ),
        "check.missing_words": (
            "Texts that a search does not know: {number}, on tickets such as {ticket_ids}."
        ),
        "check.stale_words": (
            "Texts that a search knows by what they do not say: {number}, on tickets such as "
            "{ticket_ids}."
        ),
        "check.stray_words": (
            "Texts that a search knows twice, or that are not there: {number}, on tickets such as "
            "{ticket_ids}."
        ),
        "check.dangling": "A row hangs on something that is not there: {row}.",
        "check.no_team": "The ticket {ticket_id} is of the team {team_id}, which is not there.",
        "check.no_stage": (
            "The ticket {ticket_id} is in the stage {stage_id}, which is not there."
        ),
        "check.stage_not_in_team": (
            "The ticket {ticket_id} is in the stage {stage_id}, which its team {team_id} lacks: "
            "move it, or give the stage to the team."
        ),
        "check.stranger": (
            "The {kind} {id} names {user_id} as {role}, of whom nothing is known: add the person, "
            "or take the name away."
        ),
        "check.tombstone_to_nowhere": (
            "The ticket {ticket_id} was merged into {merged_into}, which is not there."
        ),
        "check.tombstone_circle": "These tickets were merged in a circle: {ticket_ids}.",
        "check.dead_message": (
            "A message to {recipient_id} on the ticket {ticket_id} is given up after {attempts} "
            "attempts: tell them in another way (key {key})."
        ),
        "check.no_file": "The file of the attachment {attachment_id} is not there.",
        "check.removed_file": (
            "The file {attachment_id} was to be removed for legal reasons, and is still there."
        ),
        "check.orphan_file": "The file {attachment_id} has no attachment.",
        "check.foreign_file": (
            "The file {attachment_id} has no attachment, as none of the files has: they may be "
            "those of another help desk."
        ),
        "check.young_file": (
            "The file {attachment_id} has no attachment yet, and is too young to be called lost."
        ),
        # merging
        "merge.refused.merged_before": "The tickets {ticket_ids} were merged before, one by one.",
        "merge.merged": "The tickets become one.",
        "merge.done_before": "The tickets were merged before.",
        "merge.unmerged": "The merge {merge_id} is undone.",
        "merge.undone": "The merge that had brought this about was undone.",
        "merge.changed_since": "It was changed after the merge.",
        "merge.assignee_not_eligible": "The former assignee cannot be assigned tickets any more.",
        "merge.follow_ended": "The former follower {user_id} may not follow any more.",
        "merge.stage_not_in_team": "The team does not have the stage {stage_id} any more.",
        "merge.stage_not_folded": "The stage {stage_id} does not close tickets any more.",
        "merge.refused.too_many": "At most {limit} tickets can be merged at once, not {given}.",
        "merge.refused.itself": "The ticket {ticket_id} cannot be merged with itself.",
        "merge.refused.one_ticket": "A merge needs two tickets or more.",
        "merge.refused.cross_visibility": (
            "The tickets are of teams with different visibility ({levels}), "
            "which must be allowed explicitly."
        ),
        "merge.refused.cycle": (
            "The ticket {ticket_id} was merged into {merged_into} and cannot take it in."
        ),
        "merge.refused.merged_away": "The ticket {ticket_id} was merged away before.",
        "merge.refused.field": (
            "The field {field} cannot be merged by its strategy: see the ticket {ticket_id}."
        ),
        "merge.refused.undone_before": "The merge {merge_id} was undone before.",
        "merge.refused.later_merge": "The later merge {merge_id} stands on this one.",
    }
)

#: Fuller sentences, for when all of their values are there.
FULLER: Mapping[str, str] = MappingProxyType(
    {
        "message.refused.another_customer": (
            "The ticket {ticket_id} was merged into {root_id}, whose customer {customer_id} would "
            "read this."
        ),
        "assignment.fewest_tickets": (
            "Of those available, who had the fewest tickets was taken: {count}."
        ),
        "assignment.fewest_open": (
            "Of those available, who had the fewest open tickets was taken: {count}."
        ),
        "assignment.deferred": "Nobody is there before {available_from}; the ticket waits.",
        "assignment.absent": "The person is absent until {until}.",
        "assignment.outside_hours": "The person does not work before {until}.",
    }
)

#: What decided between those who could have been chosen (A6).
TIE_BREAKERS: Mapping[str, str] = MappingProxyType(
    {
        "fewest": "Nobody else had so few.",
        "least_recent": "Of those with as few, nobody had waited longer for a ticket.",
        "member_order": "Of those alike in everything else, the first member was taken.",
    }
)


class HasCode(Protocol):
    """Anything that gives its reason as a code: an assignment, or an event that has one."""

    @property
    def code(self) -> str:
        """A stable dotted code."""
        ...


def sentence(reason: Reason | str) -> str:
    """The reason in one sentence; a code without one, or without its values, is shown as it is.

    >>> sentence("visibility.follows_ticket")
    'The user follows the ticket.'
    >>> sentence(Reason("stage.moved", {"stage_id": "solved"}))
    'The ticket goes to the stage solved.'
    >>> sentence(Reason("host.full_moon", {"phase": 4}))
    'host.full_moon (phase=4)'
    """
    if isinstance(reason, str):
        reason = Reason(reason)
    words = {name: _words(value) for name, value in reason.parameters.items()}
    known = {name: words[name] for name, value in reason.parameters.items() if value is not None}
    for template, values in ((FULLER, known), (SENTENCES, words)):
        if reason.code in template:
            try:
                return template[reason.code].format_map(values)
            except KeyError:
                continue
    return str(reason)


def explain(decided: Decision | AccessExplanation | HasCode) -> str:
    """A decision, an assignment or an event in plain words, the deciding reason first (V19, A20).

    Of an access that is denied it is told what would have to change.

    >>> from helpdesk_core.decisions import deny
    >>> explain(Decision(True, (Reason("visibility.follows_ticket"),
    ...                         Reason("visibility.assignee"))))
    'Yes. The user follows the ticket. The ticket is assigned to the user.'
    >>> explain(deny("visibility.contact"))
    'No. A contact has no login and can open nothing.'
    >>> explain(AccessExplanation(decision=deny("visibility.inactive_user"),
    ...                           needs=(Reason("visibility.needs.active"),)))
    'No. The user is not active. To see it: The user must be active.'
    """
    if isinstance(decided, AccessExplanation):
        return " ".join([explain(decided.decision), *_missing(decided)])
    if isinstance(decided, Decision):
        answer = "Yes." if decided.allowed else "No."
        return " ".join([answer, *(part for reason in decided.reasons for part in _told(reason))])
    return " ".join(_parts(decided))


def _missing(explanation: AccessExplanation) -> list[str]:
    """What would have to change, as sentences; nothing when the answer is yes."""
    if explanation.is_hopeless:
        return ["No change of the ticket or its team would help."]
    parts = [sentence(reason) for reason in explanation.needs]
    if explanation.needs_one_of:
        parts.append("One of these is enough:")
        parts += [sentence(reason) for reason in explanation.needs_one_of]
    return ["To see it:", *parts] if parts else []


def _told(reason: Reason) -> list[str]:
    """The reason's sentence, and another on what broke the tie."""
    tie_breaker = reason.parameters.get("tie_breaker")
    if tie_breaker is None or reason.code not in SENTENCES:
        return [sentence(reason)]
    return [sentence(reason), TIE_BREAKERS.get(tie_breaker, f"Decided by: {tie_breaker}.")]


def _parts(decided: HasCode) -> list[str]:
    """What an assignment or its event holds beside the code, as far as it is there."""
    values = {
        name: getattr(decided, name)
        for name in ("assignee_id", "count", "tie_breaker", "option", "available_from")
        if getattr(decided, name, None) is not None
    }
    parts = _told(Reason(decided.code, values))
    available_from = getattr(decided, "available_from", None)
    if available_from is not None and values.get("assignee_id") is not None:
        parts.append(f"Available from {_words(available_from)}.")
    warning = getattr(decided, "warning", None)
    if warning is not None:
        parts.append(f"Warning: {sentence(warning)}")
    candidates = getattr(decided, "candidates", ())
    for candidate in candidates if len(candidates) > 1 else ():
        parts.append(f"Ranked {candidate.rank}: {candidate.member_id}, with {candidate.count}.")
    for skipped in getattr(decided, "skipped", ()):
        parts.append(f"Passed over: {skipped.member_id}. {sentence(skipped.reason)}")
    return parts


def _words(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list | frozenset | set):
        return ", ".join(map(_words, value)) or "none"
    return "none" if value is None else str(value)
