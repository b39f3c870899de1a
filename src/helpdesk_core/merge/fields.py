"""How a host's own fields become one on the master, and come apart again (M6, M14, M15)."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from helpdesk_core.decisions import Decision, deny
from helpdesk_core.entities import FieldValue, HostFields, Id, Ticket
from helpdesk_core.entities.host_fields import field_value, host_fields, same_value
from helpdesk_core.errors import InvalidValueError, PortError
from helpdesk_core.fields import NAME_LIMIT, check_line
from helpdesk_core.plans import SetField


class MergeStrategy(enum.Enum):
    """What the master has in a field of the host's after a merge.

    `KEEP`: what it had, be it nothing. `FIRST`: what the first has that has something, the master
    before the others and these by age. `UNION`: what is in any of the sets. `SUM`: the sum of the
    numbers. What a merged ticket had stays on its tombstone with each of them (M6).
    """

    KEEP = "keep"
    FIRST = "first"
    UNION = "union"
    SUM = "sum"


#: A host's own: of the master's value, or None, and those of the others by age, the master's then.
HostStrategy = Callable[[FieldValue | None, Sequence[FieldValue]], FieldValue | None]
Strategies = Mapping[str, MergeStrategy | HostStrategy]

NO_STRATEGIES: Strategies = MappingProxyType({})


def strategies_of(value: Strategies) -> Strategies:
    """The same, as nobody can change it; a field that it does not name is merged by `KEEP`.

    >>> strategies_of({"cost": "sum"})
    Traceback (most recent call last):
    helpdesk_core.errors.InvalidValueError: merge_fields gives 'cost' no MergeStrategy or function
    """
    if not isinstance(value, Mapping):
        raise InvalidValueError("merge_fields", "must map names of fields to strategies")
    for name, strategy in value.items():
        check_line("merge_fields", name, NAME_LIMIT)
        if not isinstance(strategy, MergeStrategy) and not callable(strategy):
            raise InvalidValueError("merge_fields", f"gives {name!r} no MergeStrategy or function")
    return MappingProxyType(dict(value))


def merged_fields(
    master: Ticket, merged: Sequence[Ticket], strategies: Strategies
) -> HostFields | Decision:
    """What the master has in its fields after the merge; or the refusal that names the field.

    `merged` are in order of age. Raises `PortError` when a function of the host's does.
    """
    fields: dict[str, FieldValue | None] = dict(master.fields)
    for name, strategy in sorted(strategies.items()):
        having = [ticket for ticket in (master, *merged) if name in ticket.fields]
        if not having or strategy is MergeStrategy.KEEP:
            continue
        for ticket in having:
            if not _fits(ticket.fields[name], strategy):
                return _refused(name, ticket.id)
        mine = master.fields.get(name)
        others = tuple(ticket.fields[name] for ticket in having if ticket.id != master.id)
        try:
            fields[name] = field_value(name, _united(name, strategy, mine, others))
            host_fields(fields)
        except (InvalidValueError, OverflowError):  # too many, too much, or nothing that is kept
            return _refused(name, master.id)
    return host_fields(fields)


def _refused(name: str, ticket_id: Id) -> Decision:
    return deny("merge.refused.field", field=f"fields.{name}", ticket_id=ticket_id)


def _fits(value: FieldValue, strategy: MergeStrategy | HostStrategy) -> bool:
    if strategy is MergeStrategy.UNION:
        return isinstance(value, frozenset)
    if strategy is MergeStrategy.SUM:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _united(
    name: str,
    strategy: MergeStrategy | HostStrategy,
    mine: FieldValue | None,
    others: tuple[FieldValue, ...],
) -> object:
    values = others if mine is None else (mine, *others)
    if strategy is MergeStrategy.FIRST:
        return values[0]
    if strategy is MergeStrategy.UNION:
        return frozenset().union(*values)  # type: ignore[arg-type]
    if strategy is MergeStrategy.SUM:
        whole = all(isinstance(value, int) for value in values)
        return sum(values) if whole else math.fsum(values)  # type: ignore[arg-type]
    try:
        return strategy(mine, others)  # type: ignore[operator]
    except Exception as error:
        said = type(error).__name__
        raise PortError(f"the strategy of the field {name!r} did not answer: {said}") from error


#: By these the master has one of the values, and the others are lost to it.
_ONE_IS_KEPT = (MergeStrategy.KEEP, MergeStrategy.FIRST)


def lost_values(
    fields: HostFields, merged: Sequence[Ticket], strategies: Strategies
) -> list[tuple[str, tuple[tuple[Id, FieldValue], ...]]]:
    """The fields in which merged tickets have something that the master does not take (M15)."""
    lost = []
    for name in sorted({name for gone in merged for name in gone.fields}):
        if strategies.get(name, MergeStrategy.KEEP) not in _ONE_IS_KEPT:
            continue
        kept = fields.get(name)
        others = ((gone.id, gone.fields[name]) for gone in merged if name in gone.fields)
        if others_lost := tuple(pair for pair in others if pair[1] != kept):
            lost.append((name, others_lost))
    return lost


def fields_back(there: HostFields, change: SetField) -> tuple[HostFields, tuple[str, ...]]:
    """The fields without what the merge changed in them, and the names of those left as they are.

    Of a set what the merge added is taken out again, as of tags, whatever else came in since; any
    other field that somebody changed since is left (M14).
    """
    fields, left = there, []
    for name in sorted({*change.expected, *change.value}):
        before, after = change.expected.get(name), change.value.get(name)
        now: Any = there.get(name)
        if same_value(before, after) or same_value(now, before):
            continue
        if _are_sets(before, after, now):
            had, got, has = (one or frozenset() for one in (before, after, now))
            value = (has - (got - had)) | (had - got)
        elif same_value(now, after):
            value = before
        else:
            left.append(name)
            continue
        try:
            fields = host_fields({**fields, name: value})
        except InvalidValueError:  # there is no room for it any more
            left.append(name)
    return fields, tuple(left)


def _are_sets(*values: FieldValue | None) -> bool:
    return all(value is None or isinstance(value, frozenset) for value in values)
