"""Settings for the whole suite, and the small company over each kind of store."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from desks import STORES, Company, repository_for

settings.register_profile(
    "suite", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(params=STORES)
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Company:
    """The small company, in memory, on SQLite and on PostgreSQL."""
    return Company(repository_for(request.param, tmp_path), tmp_path)
