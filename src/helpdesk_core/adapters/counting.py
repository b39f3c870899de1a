"""What stores that keep counts per team and member share: corrections, and what is wrong (A7).

A store corrects its counts relatively, by what each change takes away and adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from helpdesk_core.entities import Id
from helpdesk_core.ports import Miscount

#: A team, and somebody in it.
Key = tuple[Id, Id]
_NOTHING = (0, 0, 0)


@attrs.define
class Correction:
    """By what the counts of somebody in a team are to be corrected."""

    total: int = 0
    open: int = 0
    credit: int = 0
    last_assigned: int | None = None

    @property
    def says_something(self) -> bool:
        """Whether there is anything to correct."""
        return bool(self.total or self.open or self.credit or self.last_assigned is not None)

    def mend(self, wrong: Miscount) -> None:
        """Make it what takes a kept count to what was counted."""
        self.total = wrong.total - wrong.kept_total
        self.open = wrong.open - wrong.kept_open
        self.credit = wrong.credit - wrong.kept_credit


def miscounts(
    kept: Mapping[Key, tuple[int, int, int]],
    counted: Mapping[Key, tuple[int, int]],
    credits: Mapping[Key, int],
) -> Iterator[Miscount]:
    """Where what is kept (total, open, credit) is not what there is, in one order (A7, A8).

    >>> [wrong] = miscounts({("it", "ada"): (2, 2, 0)}, {("it", "ada"): (2, 1)}, {})
    >>> wrong.kept_open, wrong.open
    (2, 1)
    """
    for key in sorted(kept.keys() | counted.keys() | credits.keys(), key=str):
        was = kept.get(key, _NOTHING)
        now = (*counted.get(key, (0, 0)), credits.get(key, 0))
        if was != now:
            yield Miscount(
                team_id=key[0],
                member_id=key[1],
                kept_total=was[0],
                kept_open=was[1],
                kept_credit=was[2],
                total=now[0],
                open=now[1],
                credit=now[2],
            )
