"""Duplicates become one ticket, and several again (M4-M15).

Merged tickets stay as tombstones that point to their master; what was said on them does not move.
"""

from helpdesk_core.merge.fields import HostStrategy, MergeStrategy, Strategies, strategies_of
from helpdesk_core.merge.merging import MERGE_LIMIT, Conflict, MergePlan, plan_merge
from helpdesk_core.merge.roots import choose_master, resolve
from helpdesk_core.merge.unmerging import NotRestored, UnmergePlan, plan_unmerge

__all__ = [
    "MERGE_LIMIT",
    "Conflict",
    "HostStrategy",
    "MergePlan",
    "MergeStrategy",
    "NotRestored",
    "Strategies",
    "UnmergePlan",
    "choose_master",
    "plan_merge",
    "plan_unmerge",
    "resolve",
    "strategies_of",
]
