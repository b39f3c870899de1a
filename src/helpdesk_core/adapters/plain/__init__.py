"""Entities, decisions, plans and events as plain data, for hosts that send them; extra `plain`."""

from helpdesk_core.adapters.plain.converting import from_plain, json_schema, to_plain

__all__ = ["from_plain", "json_schema", "to_plain"]
