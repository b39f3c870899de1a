"""Columns that are ordered by code point everywhere, as texts are in Python: pages depend on it."""

from __future__ import annotations

from typing import Any

from django.db import models

from helpdesk_core.errors import InvalidValueError


class ExactField(models.CharField):
    """A text that is the same by its letters alone, whatever the server's language."""

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """With the collation that PostgreSQL needs for it; SQLite's own does it already."""
        found: dict[str, Any] = super().db_parameters(connection)
        found["collation"] = "C" if connection.vendor == "postgresql" else None
        return found


class IdField(ExactField):
    """An id of the help desk: a text."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("max_length", 200)
        super().__init__(*args, **options)

    def get_prep_value(self, value: Any) -> Any:
        """The id; `1` and `"1"` are never mixed up, as Django would do."""
        if value is not None and not is_id(value):
            raise InvalidValueError("id", f"must be of type str here, is {type(value).__name__}")
        return super().get_prep_value(value)


def is_id(value: object) -> bool:
    """Whether this can be an id here.

    >>> is_id("1"), is_id(1)
    (True, False)
    """
    return isinstance(value, str)
