"""Settings for the whole suite, and the small company over each kind of store."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

import contract
from desks import STORES, Company, repository_for
from tallies import Tallies, tally  # noqa: F401 - a fixture

collect_ignore = ["warm_workers.py"]  # it plays, when it is loaded
pytest_plugins = ["helpdesk_core.testing.summary"]  # for workers: see there

settings.register_profile(
    "suite", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# In CI the same examples each time: a change is judged by itself, not by its luck. New ones are
# looked for by every run elsewhere, and by the long campaigns.
settings.register_profile("ci", parent=settings.get_profile("suite"), derandomize=True)
# For mutation testing (docs/mutation.md), where every test is run hundreds of times, and that one
# fails is all that is asked.
settings.register_profile(
    "mutation",
    parent=settings.get_profile("suite"),
    derandomize=True,
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("ci" if os.environ.get("CI") else "suite")


def pytest_configure(config: pytest.Config) -> None:
    """What the kit shows is held against the table of it, and what races count is summed up."""
    config.pluginmanager.register(contract.Table(), contract.Table.name)
    config.pluginmanager.register(Tallies(), "tallies")


@pytest.fixture(params=STORES)
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """The small company, in memory, on SQLite and on PostgreSQL."""
    return Company(repository_for(request.param, tmp_path), tmp_path)
