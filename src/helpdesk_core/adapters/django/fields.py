"""Columns that are ordered by code point everywhere, as texts are in Python: pages depend on it."""

from __future__ import annotations

from typing import Any

from django.db import models


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
