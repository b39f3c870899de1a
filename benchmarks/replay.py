"""Replays the two real logs, checks the report against another count, and times it.

    python benchmarks/replay.py FOLDER [equal_tickets|equal_open]

FOLDER holds `italian_helpdesk.csv` and `servicenow_incidents.csv`. For each log it prints the
figures of the report, whether its historical half agrees with `independent_count.py`, whether as
many tickets came into each stage on each day, by their history, as that counts, and the time of the
whole command as a ratio to just parsing the file with the `csv` module. Exit code 1 when something
does not agree.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import tempfile
import time
from pathlib import Path

from independent_count import count, entered

from helpdesk_core.adapters.sql import SqlRepository
from helpdesk_core.cli import main
from helpdesk_core.cli.csvfile import reading
from helpdesk_core.cli.logs import choose_format, read_log
from helpdesk_core.cli.replay import entries

LOGS = {"italian": "italian_helpdesk.csv", "servicenow": "servicenow_incidents.csv"}


def parse_seconds(path: Path) -> float:
    """The best of five times that it takes to go through the file with `csv`."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        with path.open(encoding="utf-8", newline="") as file:
            for _row in csv.reader(file):
                pass
        best = min(best, time.perf_counter() - started)
    return best


def stages_agree(kind: str, path: Path, database: Path) -> dict[str, bool]:
    """Whether as many came into each stage on each day, by the history, as by the raw rows."""
    with reading(path) as file:
        log = read_log(file, choose_format(file)[0])
    repository = SqlRepository(f"sqlite:///{database}")
    try:
        found = entries(repository, log.cases)
    finally:
        repository.close()
    other = entered(kind, str(path))
    total = sum(other.values())
    print(f"  {total:,} entries of stages, in {len(other):,} pairs of a stage and a day")
    return {"entries_per_stage_and_day": dict(found) == other}


def compare(kind: str, path: Path, method: str) -> bool:
    """Replay one log and print what it gave; whether everything agrees."""
    parsing = parse_seconds(path)
    said = io.StringIO()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "played.db"
        options = ["--json", "--method", method, "--database", str(database)]
        with contextlib.redirect_stdout(said):
            code = main(["replay", str(path), *options])
        seconds = time.perf_counter() - started
        moves = stages_agree(kind, path, database) if code == 0 else {}
    if code != 0:
        print(f"{kind}: exit code {code}")
        return False
    report = json.loads(said.getvalue())
    other = count(kind, str(path))
    history, policy = report["history"], report["policy"]
    known = {name: n for name, n in history["tickets_per_person"].items() if n}
    agreements = {
        "events": other["events"] == report["events"] == policy["events"],
        "cases": other["cases"] == report["cases"] == policy["cases"],
        "never_close": other["never_close"] == report["never_close"],
        "go_on_after_closing": other["go_on_after_closing"] == report["go_on_after_closing"],
        "nobody": other["nobody"] == history["nobody"],
        "tickets_per_person": other["tickets_per_person"] == known,
        "policy_counts_every_case": sum(policy["tickets_per_person"].values()) == other["cases"],
    }
    if method == "equal_tickets":
        agreements["policy_spread_at_most_1"] = policy["spread"] <= 1
    agreements |= moves
    print(f"{kind}, {method}")
    for name in ("cases", "events", "never_close", "go_on_after_closing"):
        print(f"  {name}: {report[name]:,}")
    for name in ("spread", "open_spread_mean", "open_spread_max", "busiest", "nobody", "waited"):
        print(f"  {name}: policy {policy[name]}, history {history[name]}")
    print(f"  agreement: {', '.join(f'{k} {v}' for k, v in agreements.items())}")
    print(f"  replay {seconds:.1f} s, csv {parsing * 1000:.0f} ms: {seconds / parsing:,.0f} to 1")
    return all(agreements.values())


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    chosen = sys.argv[2] if len(sys.argv) == 3 else "equal_tickets"
    folder = Path(sys.argv[1])
    results = [compare(kind, folder / name, chosen) for kind, name in LOGS.items()]
    sys.exit(0 if all(results) else 1)
