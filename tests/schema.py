"""docs/schema.json: what all that is sent looks like. `python tests/schema.py` writes it anew."""

from __future__ import annotations

import enum
import inspect
import json
from pathlib import Path
from typing import Any

import attrs

import helpdesk_core
from helpdesk_core import Page, plans
from helpdesk_core.adapters.plain import json_schema
from helpdesk_core.events import EVENT_TYPES, Event

FILE = Path(__file__).parent.parent / "docs" / "schema.json"

#: These hold functions, or bytes.
NOT_SENT = {"AssignmentPolicy", "NewFile"}

#: All that is sent, by name; enumerations, events and the parts of plans too.
KINDS: dict[str, Any] = {
    name: kind
    for module in (helpdesk_core, plans)
    for name, kind in inspect.getmembers(module)
    if isinstance(kind, type)
    and (attrs.has(kind) or issubclass(kind, enum.Enum))
    and (name in helpdesk_core.__all__ or kind.__module__ == plans.__name__)
    and name not in NOT_SENT
}
KINDS |= EVENT_TYPES | {
    "Event": Event,
    "Change": plans.Change,
    "Page of tickets": Page[helpdesk_core.Ticket],
}
KINDS = dict(sorted(KINDS.items()))


def text() -> str:
    """The file as it has to be: the parts of all schemas, for ids that are texts."""
    parts: dict[str, Any] = {}
    for kind in KINDS.values():
        made = json_schema(kind)
        parts |= made["$defs"]
    whole = {"$schema": made["$schema"], "$defs": dict(sorted(parts.items()))}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(f"{FILE.name} is written")
