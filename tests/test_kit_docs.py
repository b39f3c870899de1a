"""The kit over the ports that the documentation shows, as it shows them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from helpdesk_core.testing import AttachmentStoreContract, SimilarityStoreContract

PAGE = Path(__file__).parent.parent / "docs" / "how-to-files.md"


def _shown() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "shown"}
    code = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    exec(compile("\n".join(code), PAGE.name, "exec"), names)
    return names


_NAMES = _shown()


class TestTableOfFiles(_NAMES["TestTable"], AttachmentStoreContract):  # type: ignore[misc]
    """The store of docs/how-to-files.md that keeps files in a table."""

    examples = 10


class TestSimilarityOfThePage(_NAMES["TestOurs"], SimilarityStoreContract):  # type: ignore[misc]
    """The store that the same page holds to its contract."""
