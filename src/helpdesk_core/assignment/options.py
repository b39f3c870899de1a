"""What a member is asked before competing, and by what those who compete are ranked (A6, A19).

Filters and terms are plain functions under a name. A host adds its own to the tables, and nothing
here changes: `filters=FILTERS | {"language": speaks_it}`, `ranking={"senior": rank} | RANKING`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from helpdesk_core.decisions import Reason
from helpdesk_core.entities import AssignmentMethod, Id, MemberOptions
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.fields import ID


def _is_count(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if type(value) is not int or value < 0:
        raise InvalidValueError(attribute.name, "must be a whole number of zero or more")


@attrs.frozen(kw_only=True)
class Workload:
    """What a team has assigned to somebody: ever, and still open (A3, A4).

    `last_assigned` is the team's sequence number of the latest assignment, None when there was
    none (A6). `credit` is added to `total` where tickets are kept equal (A8).

    >>> Workload(member_id="ada", total=7, open=2, credit=1).count(AssignmentMethod.EQUAL_TICKETS)
    8
    """

    member_id: Id = ID
    total: int = attrs.field(default=0, validator=_is_count)
    open: int = attrs.field(default=0, validator=_is_count)
    credit: int = attrs.field(default=0, validator=_is_count)
    last_assigned: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_is_count)
    )

    def count(self, method: AssignmentMethod) -> int:
        """What the method keeps equal: tickets + credit (A3, A8), or open tickets (A4)."""
        if method is AssignmentMethod.EQUAL_OPEN:
            return self.open
        return self.total + self.credit


def next_sequence(workloads: Iterable[Workload]) -> int:
    """The number of a team's next assignment, by all who ever had one, who left included (A6).

    >>> next_sequence([Workload(member_id="ada", last_assigned=9), Workload(member_id="bob")])
    10
    """
    return 1 + max((workload.last_assigned or 0 for workload in workloads), default=0)


@attrs.frozen
class Contender:
    """Somebody of the pool as filters and terms see them; `count` is what is kept equal."""

    member_id: Id
    count: int
    workload: Workload
    options: MemberOptions


#: Why somebody is not for a ticket with these tags, or None; it must not depend on the moment.
Filter = Callable[[Contender, frozenset[str]], Reason | None]
#: What is compared, the smaller first; it must depend on nothing but the contender.
Term = Callable[[Contender], Any]

# --- filters -----------------------------------------------------------------------------------


def handles_tags(contender: Contender, tags: frozenset[str]) -> Reason | None:
    """Only who handles one of the ticket's tags, if it has any (A19).

    >>> legal = MemberOptions(tags={"legal"})
    >>> ada = Contender("ada", 0, Workload(member_id="ada"), legal)
    >>> print(handles_tags(ada, frozenset({"legal", "urgent"})))
    None
    >>> print(handles_tags(ada, frozenset({"urgent"})))
    assignment.other_tags (tags=('legal',))
    """
    handled = contender.options.tags
    if handled is None or not tags or not handled.isdisjoint(tags):
        return None
    return Reason("assignment.other_tags", {"tags": tuple(sorted(handled))})


def has_room(contender: Contender, tags: frozenset[str]) -> Reason | None:
    """Only who has fewer open tickets than the capacity (A19)."""
    capacity, open_ = contender.options.capacity, contender.workload.open
    if capacity is None or open_ < capacity:
        return None
    return Reason("assignment.at_capacity", {"capacity": capacity, "open": open_})


#: Each filter by the name of its option, in the order in which they are asked.
FILTERS: Mapping[str, Filter] = MappingProxyType({"tags": handles_tags, "capacity": has_room})

# --- terms -------------------------------------------------------------------------------------


def fewest(contender: Contender) -> Any:
    """The count, for each unit of weight (A3, A4, A19).

    >>> fewest(Contender("ada", 3, Workload(member_id="ada"), MemberOptions(weight=2)))
    Fraction(3, 2)
    """
    weight = contender.options.weight
    if weight == 1:
        return contender.count
    from fractions import Fraction  # with decimals: few teams weigh their members

    return Fraction(contender.count, weight)


def least_recent(contender: Contender) -> int:
    """The number of the latest assignment; who never had one comes first (A6)."""
    last = contender.workload.last_assigned
    return -1 if last is None else last


#: What is compared in turn; what is left equal goes by member order (A6).
RANKING: Mapping[str, Term] = MappingProxyType({"fewest": fewest, "least_recent": least_recent})
