"""How long a host waits for its first two answers: against importing what the core stands on.

    python benchmarks/importing.py [--rounds 25]

Ours is `import helpdesk_core`, one `can_view` and one `choose_assignee`; the other side is
`import attrs, dateutil.rrule`, which ours has in it. Each is a new interpreter with compiled files
at hand; the sides take turns, and the time is taken inside, from before the first import.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

BEFORE = "import time; began = time.perf_counter()\n"
AFTER = "\nprint(time.perf_counter() - began)"
PEER = "import attrs, dateutil.rrule"
OURS = """
from datetime import UTC, datetime
from helpdesk_core import (
    AssignmentMethod, Availability, Team, Ticket, User, UserKind, Visibility, Workload, can_view,
    choose_assignee,
)
now = datetime(2026, 1, 5, 9, tzinfo=UTC)
ada = User(id="ada", name="Ada", kind=UserKind.INTERNAL)
team = Team(id="legal", name="Legal", visibility=Visibility.PRIVATE)
ticket = Ticket(id="T-1", team_id="legal", stage_id="new", subject="Lease", created_at=now,
                assignee_id="ada")
assert can_view(ada, ticket, team).allowed
chosen = choose_assignee(AssignmentMethod.EQUAL_TICKETS, ["ada", "bob"],
                         {"ada": Workload(member_id="ada", total=1)}, Availability(), now)
assert chosen.assignee_id == "bob"
"""


def seconds(code: str, compiled: str) -> float:
    """The time that the code says it took, in an interpreter of its own."""
    others = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    said = subprocess.run(
        [sys.executable, "-c", BEFORE + code + AFTER],
        env={**others, "PYTHONPYCACHEPREFIX": compiled},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(said.stdout)


def main() -> None:
    """Show both times and the ratio of each round."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=25)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as compiled:
        seconds(PEER, compiled), seconds(OURS, compiled)  # compiled now
        peers, ours = [], []
        for _ in range(rounds):
            peers.append(seconds(PEER, compiled))
            ours.append(seconds(OURS, compiled))
    ratios = [one / other for one, other in zip(ours, peers, strict=True)]
    print(f"attrs and dateutil.rrule: {min(peers) * 1000:.1f} ms at best")
    print(f"helpdesk_core, two answers: {min(ours) * 1000:.1f} ms at best")
    print(
        f"ratio: {min(ours) / min(peers):.2f} of the best, "
        f"{statistics.median(ratios):.2f} in the median of {rounds} rounds"
    )


if __name__ == "__main__":
    main()
