"""Who may see what, and what is asked for, as conditions on tickets (V13).

The same rule as `Scope.matches` and `TicketFilter.matches`, said to the database. Ids of another
type than the installation's name nothing here, so they match nothing.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from helpdesk_core.adapters.django import models
from helpdesk_core.adapters.django.fields import is_id
from helpdesk_core.adapters.django.rows import known_ids
from helpdesk_core.entities import Id, Visibility
from helpdesk_core.errors import RepositoryError
from helpdesk_core.ports import TicketFilter
from helpdesk_core.search import Wanted
from helpdesk_core.visibility.scopes import (
    AllOf,
    AnyOf,
    AssignedTo,
    CompanyIs,
    Everything,
    FollowsTeam,
    FollowsTicket,
    LevelIn,
    Nothing,
    Scope,
)

_NONE = Q(pk__in=())


def inside(scope: Scope) -> Q:
    """The tickets inside the scope."""
    match scope:
        case Everything():
            return Q()
        case Nothing():
            return _NONE
        case LevelIn(levels=levels):
            known = sorted(level.value for level in levels if isinstance(level, Visibility))
            return Q(team__visibility__in=known)
        case CompanyIs(company=company):
            return Q(team__company__in=sorted({"", company}))
        case FollowsTicket(user_id=id) | FollowsTeam(user_id=id) | AssignedTo(user_id=id):
            return _by(scope, id) if is_id(id) else _NONE
        case AnyOf(parts=parts):
            return _any(map(inside, parts))
        case AllOf(parts=parts):
            return functools.reduce(operator.and_, map(inside, parts), Q())
    # Refused, never taken for all.
    raise RepositoryError(f"a scope of type {type(scope).__name__} cannot be asked for in SQL")


def _any(parts: Iterable[Q]) -> Q:
    """One of them; a part that asks nothing lets everything in, which an OR of Django's forgets."""
    found = _NONE
    for part in parts:
        if not part:
            return Q()
        found |= part
    return found


def _by(scope: Scope, user_id: Id) -> Q:
    if isinstance(scope, AssignedTo):
        return Q(assignee_id=user_id)
    of_ticket = isinstance(scope, FollowsTicket)
    follows = models.TicketFollow if of_ticket else models.TeamFollow
    place = {"ticket_id": OuterRef("pk")} if of_ticket else {"team_id": OuterRef("team_id")}
    return Q(Exists(follows.objects.filter(user_id=user_id, **place)))


def asked(query: TicketFilter) -> Q:
    """The tickets that the query asks for."""
    found = Q()
    if query.team_ids is not None:
        found &= Q(team_id__in=sorted(map(str, known_ids(query.team_ids))))
    if query.stage_ids is not None:
        found &= Q(stage_id__in=sorted(map(str, known_ids(query.stage_ids))))
    for name in ("assignee_id", "customer_id"):
        if (id := getattr(query, name)) is not None:
            found &= Q(**{name: id}) if is_id(id) else _NONE
    if query.unassigned is not None:
        found &= Q(assignee_id__isnull=query.unassigned)
    if query.priority is not None:
        found &= Q(priority=query.priority)
    if query.tag is not None:
        tags = models.TicketTag.objects.filter(ticket_id=OuterRef("pk"), tag=query.tag)
        found &= Q(Exists(tags))
    if query.waiting is not None:
        found &= Q(waiting=query.waiting)
    if query.closed is not None:
        found &= Q(stage__folded=query.closed, merged_into__isnull=True)
    if query.merged is not None:
        found &= Q(merged_into__isnull=not query.merged)
    return found


def beyond(names: tuple[str, str], place: tuple[Any, Any], *, before: bool = False) -> Q:
    """What comes after a place in the order of these two columns, or before it."""
    (first, second), (at, id) = names, place
    way = "lt" if before else "gt"
    return Q(**{f"{first}__{way}": at}) | Q(**{first: at, f"{second}__{way}": id})


# --- words ---------------------------------------------------------------------------------------


def with_words(scope: Scope, wanted: Wanted, internal: bool, using: str) -> Q:
    """Tickets with a text that has the words: their own, or one of a tombstone inside the scope.

    Whether the ticket is inside is not asked here; that it is no tombstone itself is (M7, M8).
    """
    has = _has_words(wanted, internal)
    tombstones = models.Ticket.objects.using(using).filter(
        inside(scope), has, merged_into__isnull=False
    )
    found = Q(merged_into__isnull=True)
    try:
        hits, values = tombstones.values("merged_into_id").query.get_compiler(using).as_sql()
    except EmptyResultSet:  # nothing is inside
        return found & has
    table = connections[using].ops.quote_name(models.Ticket._meta.db_table)
    above = RawSQL(  # no value is in the text
        f"WITH RECURSIVE above (id) AS ({hits} UNION SELECT t.merged_into_id FROM {table} t "
        "JOIN above ON t.id = above.id WHERE t.merged_into_id IS NOT NULL) SELECT id FROM above",
        values,
    )
    return found & (has | Q(pk__in=above))


def _has_words(wanted: Wanted, internal: bool) -> Q:
    """A word is letters, marks and digits, and stands between two spaces."""
    parts = [*(f" {word} " for word in sorted(wanted.whole))]
    parts += [f" {start}" for start in sorted(wanted.beginnings)]
    words = functools.reduce(operator.and_, (Q(words__contains=part) for part in parts), Q())
    said = models.Message.objects.filter(words, ticket_id=OuterRef("pk"))
    if not internal:
        said = said.filter(internal=False)
    return words | Q(Exists(said))
