"""A second model of the help desk: slow, obvious, and written from the rules alone.

README
======

It is what the real library is compared with on random worlds, so it shares nothing with it: no
import from `helpdesk_core`, only plain dicts, sets, tuples and strings. Every function loops over
everything and recounts from the beginning each time; above the line that keeps a rule stands the
rule's own sentence. Where the rules are silent, the comment says `CHOICE:`; a difference found
there is a question to the rules, not yet a defect.

What things are::

    user    dict(id, kind, active, agent, lead, administrator, email, phone)
            kind: "internal" | "portal" | "contact"; email and phone: bool, is there one?
    team    dict(id, level, company, followers, members, stages, auto, method, scope, window,
                 members_follow, on_answer, reopen_window)
            level: "private" | "company" | "public"; members: list, in order; stages: set
            method: "equal_tickets" | "equal_open"; scope: "team" | "global"
            on_answer: "reopen" | "new_linked" | "ignore"
    stage   dict(id, position, folded, email, sms, once)   email, sms: bool, is there a template?
    ticket  dict(id, team, stage, created, opener, customer, assignee, available_from, waiting,
                 tags, links, references, fields, followers, closed_at, merged)
            fields: {name: text, number or set}, those of the host
            merged: None, or the id of the master it was merged into

`followers` is a set of user ids for the pure functions; the desk keeps {user id: {sources}}, and
both are asked in the same way (`x in followers`, `set(followers)`). A history is a list of tuples,
see `assignment.recount`. `desk.new_user`, `new_team`, `new_stage` and `new_ticket` fill in the
rest of a dict. Every list of things of the desk is in `desk.world`.

Modules: `choosing` (one team's choices over a whole history, with A8, A10's modes and A19),
`visibility`, `assignment`, `availability`, `stages`, `merge`, `removal`, `similarity` (pure
functions), `world` (the plain values and the questions) and `desk` (`ModelDesk`: the operations on
them, without A13).

Not modelled: T7, T8, `company_scope`, A15, A17, G10, M1 and M2 by the desk (to it ratings are
given; `similarity` is for the index), M5 beyond a set of discarded pairs, and sending (N1 to N4).
"""
