"""Which role may do which use-case: one table, as data, which a host can replace (T5).

Being allowed to *do* comes after being allowed to *see*: somebody who may not see a ticket is told
that it does not exist, whatever the table says (V14).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.entities import Role, User, UserKind

PORTAL = "portal"
EMPLOYEE = "employee"
AGENT = Role.AGENT.value
TEAM_LEAD = Role.TEAM_LEAD.value
ADMINISTRATOR = Role.ADMINISTRATOR.value

_ADMINISTRATORS = frozenset({ADMINISTRATOR})
_LEADS = _ADMINISTRATORS | {TEAM_LEAD}
_AGENTS = _LEADS | {AGENT}
_EMPLOYEES = _AGENTS | {EMPLOYEE}
_EVERYBODY = _EMPLOYEES | {PORTAL}

#: Use-case to roles. An internal user without a role is an *employee*; contacts may do nothing.
PERMISSIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ticket.open": _EVERYBODY,
        "ticket.reply": _EVERYBODY,
        "ticket.attach": _EVERYBODY,
        "ticket.follow": _EVERYBODY,
        "ticket.close_own": _EVERYBODY,
        "ticket.close": _AGENTS,
        "ticket.note": _AGENTS,
        "ticket.move": _AGENTS,
        "ticket.assign": _AGENTS,
        "ticket.transfer": _AGENTS,
        "ticket.change": _AGENTS,
        "ticket.invite": _AGENTS,
        "ticket.log_time": _AGENTS,
        "ticket.open_for": _AGENTS,
        "ticket.merge": _AGENTS,
        "team.follow": _EMPLOYEES,
        "team.invite": _LEADS,
        "team.change": _LEADS,
        "team.create": _ADMINISTRATORS,
        "stage.change": _ADMINISTRATORS,
        "user.change": _ADMINISTRATORS,
        "content.redact": _ADMINISTRATORS,
        "person.erase": _ADMINISTRATORS,
        "work.assign_waiting": _LEADS,
        "work.close_inactive": _LEADS,
        "work.repair": _ADMINISTRATORS,
        "outbox.see_to": _ADMINISTRATORS,
        "mail.receive": _ADMINISTRATORS,
    }
)


def roles_of(user: User) -> frozenset[str]:
    """The names under which the table knows this user.

    >>> sorted(roles_of(User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT})))
    ['agent', 'employee']
    """
    if not user.active:
        return frozenset()
    if user.kind is UserKind.PORTAL:
        return frozenset({PORTAL})
    if user.kind is UserKind.INTERNAL:
        return frozenset({EMPLOYEE, *(role.value for role in user.roles)})
    return frozenset()


def own_roles(user: User) -> frozenset[str]:
    """The same, without *employee* where there is another: what limits agents limits all of them.

    >>> own_roles(User(id="ada", name="Ada", kind=UserKind.INTERNAL, roles={Role.AGENT}))
    frozenset({'agent'})
    """
    roles = roles_of(user)
    return roles - {EMPLOYEE} or roles


def may(user: User, use_case: str, table: Mapping[str, frozenset[str]] = PERMISSIONS) -> Decision:
    """Whether the user's roles allow the use-case; a use-case that is not in the table is denied.

    >>> may(User(id="eve", name="Eve", kind=UserKind.PORTAL), "ticket.move").code
    'permission.role'
    """
    roles = roles_of(user) & table.get(use_case, frozenset())
    if roles:
        return allow("permission.role", use_case=use_case, role=min(roles))
    return deny("permission.role", use_case=use_case)
