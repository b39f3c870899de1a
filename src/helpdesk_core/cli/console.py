"""Where the commands write: results on stdout, progress on stderr when it is a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def out() -> Console:
    """The console for results; made anew, so that it is the stdout of this moment."""
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False)


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not unicode, indent=2))


class Steps:
    """Tells how far a long job is; silent when nobody looks."""

    def __init__(self, progress: Progress | None, task: Any) -> None:
        self._progress = progress
        self._task = task

    def advance(self, by: int = 1) -> None:
        """So many more are done."""
        if self._progress is not None:
            self._progress.advance(self._task, by)

    def reached(self, done: int, total: int) -> None:
        """So many are done, of so many."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total)


@contextmanager
def progress(label: str, total: int) -> Iterator[Steps]:
    """A progress bar on stderr when that is a terminal, else nothing."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield Steps(None, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield Steps(bar, bar.add_task(label, total=total))
