"""The conformance kit: how a host shows that its ports are right (extra `testing`).

Subclass a contract in a test module, say how a fresh port is made, and run pytest:

    from helpdesk_core.testing import RepositoryContract

    class TestOurRepository(RepositoryContract):
        def new(self):
            return OurRepository(self.new_path(".db"))

What a repository does not claim is not tried; the end of the run lists those rules with the claim.
"""

from __future__ import annotations

import pytest

_MODULES = (
    "attachments calendars contract failing machine notifiers outbox racing reading repositories "
    "similarities writing"
)
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in _MODULES.split()))

# The modules come after the line above, so that a failing assertion shows its values.
from helpdesk_core.testing.attachments import AttachmentStoreContract  # noqa: E402
from helpdesk_core.testing.calendars import CalendarContract  # noqa: E402
from helpdesk_core.testing.contract import Contract, NotTried  # noqa: E402
from helpdesk_core.testing.notifiers import NotifierContract, Received  # noqa: E402
from helpdesk_core.testing.repositories import RepositoryContract  # noqa: E402
from helpdesk_core.testing.similarities import SimilarityStoreContract  # noqa: E402

__all__ = [
    "AttachmentStoreContract",
    "CalendarContract",
    "Contract",
    "NotTried",
    "NotifierContract",
    "Received",
    "RepositoryContract",
    "SimilarityStoreContract",
]
