"""A backtest of a log of 65,000 events, made of a real one that is repeated later in time.

    python benchmarks/backtest.py FOLDER [EVENTS]

FOLDER holds `italian_helpdesk.csv`. The cases of each repetition have names of their own; the
people are the same. Prints how long the whole command takes, from reading the file to the page, and
how much of that is time of the processor: on a shared machine the two are far apart.
"""

from __future__ import annotations

import contextlib
import csv
import io
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from helpdesk_core.cli import main
from helpdesk_core.cli.logs import PRESETS

FORM = PRESETS["italian"]
RUNS: dict[str, Sequence[str]] = {
    "history and both methods": ["--against", "equal_open"],
    "the same, absences worked out": ["--against", "equal_open", "--infer-absences"],
    "history and seven, absences worked out": [
        *("--infer-absences", "--against", "equal_open", "--against", "equal_open,capacity=8"),
        *("--against", "equal_open,capacity=8,defer", "--against", "equal_tickets,capacity=20"),
        *("--against", "equal_tickets,catch_up=none", "--against", "equal_open,weight=Value 2:3"),
    ],
    "history, smoothed, absences worked out": [
        *("--infer-absences", "--against", "equal_tickets,catch_up=smoothed"),
    ],
}


def repeated(source: Path, target: Path, events: int) -> None:
    """The rows of a log again and again, each time after the last row before, until so many."""
    with source.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    case, at = header.index(FORM.case), header.index(FORM.time)
    form = str(FORM.time_format)
    times = [datetime.strptime(row[at], form) for row in rows]  # noqa: DTZ007 - moved, and no more
    span = max(times) - min(times) + timedelta(days=3)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(events):
            again, place = divmod(number, len(rows))
            row = list(rows[place])
            row[case] += f" ({again})"
            row[at] = (times[place] + again * span).strftime(form)[:-3]
            writer.writerow(row)


def run(folder: Path, events: int) -> None:
    """Time each of `RUNS` on one log."""
    with tempfile.TemporaryDirectory() as scratch:
        log, page = Path(scratch) / "log.csv", Path(scratch) / "page.html"
        repeated(folder / "italian_helpdesk.csv", log, events)
        print(f"{events:,} events")
        for name, options in RUNS.items():
            started, busy = time.perf_counter(), time.process_time()
            with contextlib.redirect_stdout(io.StringIO()):
                code = main(["replay", str(log), "--report", str(page), *options])
            took, busy = time.perf_counter() - started, time.process_time() - busy
            size = f"exit code {code}, page {page.stat().st_size:,} bytes"
            print(f"  {name}: {took:.1f} s ({busy:.1f} s of processor), {size}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    run(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 65_000)
