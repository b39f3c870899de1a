"""Logs that tests of the command line read: a small one, and the real ones where they lie."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from helpdesk_core.cli.logs import LogFormat

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("HELPDESK_DATA", ROOT.parent / "shared" / "data"))
#: The real logs, which are not part of the project.
REAL = {"italian": "italian_helpdesk.csv", "servicenow": "servicenow_incidents.csv"}

COLUMNS = ("--case", "case", "--activity", "what", "--person", "who", "--time", "when")
PLAIN = LogFormat(case="case", activity="what", person="who", time="when")
LOG = """case,what,who,when
A,New,ada,2026-01-05T09:00
B,New,ada,2026-01-05T10:00
B,New,ben,2026-01-05T10:30
C,Closed,,2026-01-05T11:00
A,Closed,ada,2026-01-05T12:00
B,Work,ada,2026-01-05T13:00
A,Work,cy,2026-01-06T09:00
D,Work,ada,2026-01-06T10:00
D,Closed,ada,2026-01-06T10:00
"""


def real_file(folder: str, name: str) -> Path:
    """A file of the real data; where it is not, the test is skipped."""
    path = DATA / folder / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: set HELPDESK_DATA to the folder of the real data")
    return path


def real_log(kind: str) -> Path:
    """One of the real logs."""
    return real_file("helpdesk", REAL[kind])


def independent_count() -> ModuleType:
    """The other count, from the folder of benchmarks."""
    path = ROOT / "benchmarks" / "independent_count.py"
    spec = importlib.util.spec_from_file_location("independent_count", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
