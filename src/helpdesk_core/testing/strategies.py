"""Hypothesis strategies for everything that a port can be given, for a host's own tests too.

`entities`, `events` and `changes` draw single things with ids of one type, `worlds` whole small
help desks that belong together and that a store with given claims can keep. `values_of` draws
values of any class of the library: decisions, plans, boards, and what else is returned.
"""

from helpdesk_core.testing.kinds import values_of
from helpdesk_core.testing.things import (
    Things,
    absences,
    changes,
    durations,
    entities,
    events,
    events_of,
    field_values,
    flags,
    host_fields,
    ids_of,
    lines,
    local_moments,
    moments,
    schedules,
    texts,
)
from helpdesk_core.testing.worlds import World, filters, plain_world, worlds

__all__ = [
    "Things",
    "World",
    "absences",
    "changes",
    "durations",
    "entities",
    "events",
    "events_of",
    "field_values",
    "filters",
    "flags",
    "host_fields",
    "ids_of",
    "lines",
    "local_moments",
    "moments",
    "plain_world",
    "schedules",
    "texts",
    "values_of",
    "worlds",
]
