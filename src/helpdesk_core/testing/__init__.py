"""The conformance kit: how a host shows that its ports are right (extra `testing`).

Subclass a contract in a test module, say how a fresh port is made, and run pytest:

    from helpdesk_core.testing import RepositoryContract

    class TestOurRepository(RepositoryContract):
        def new(self):
            return OurRepository(self.new_path(".db"))

What a repository does not claim is not tried; the end of the run lists those rules with the claim.
"""

from __future__ import annotations

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{found.name}" for found in iter_modules(__path__)))

# The modules come after the line above, so that a failing assertion shows its values.
from helpdesk_core.testing.asynchronous import AsyncRepositoryContract  # noqa: E402
from helpdesk_core.testing.attachments import AttachmentStoreContract  # noqa: E402
from helpdesk_core.testing.calendars import CalendarContract  # noqa: E402
from helpdesk_core.testing.contract import Contract  # noqa: E402
from helpdesk_core.testing.notifiers import NotifierContract, Received  # noqa: E402
from helpdesk_core.testing.repositories import RepositoryContract  # noqa: E402
from helpdesk_core.testing.similarities import SimilarityStoreContract  # noqa: E402
from helpdesk_core.testing.summary import NotTried  # noqa: E402

__all__ = [
    "AsyncRepositoryContract",
    "AttachmentStoreContract",
    "CalendarContract",
    "Contract",
    "NotTried",
    "NotifierContract",
    "Received",
    "RepositoryContract",
    "SimilarityStoreContract",
]
