"""The admin: to look at what is there. What changes goes by `Helpdesk`, which keeps the rules.

Django's own permission to view decides who sees a page of it, and then sees every row: visibility
(V13) is not asked here. It is for administrators.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from helpdesk_core.adapters.django import models


class ReadOnly:
    """Nothing is added, changed or deleted by the admin."""

    def has_add_permission(self, *_: Any) -> bool:
        """Never."""
        return False

    def has_change_permission(self, *_: Any) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        """Never."""
        return False


class MessageInline(ReadOnly, admin.TabularInline):
    """What was said on a ticket."""

    model = models.Message
    fields = ("at", "author_id", "internal", "body")
    ordering = ("at", "id")


@admin.register(models.Ticket)
class TicketAdmin(ReadOnly, admin.ModelAdmin):
    """Tickets, newest first."""

    list_display = ("id", "subject", "team", "stage", "assignee_id", "priority", "created_at")
    list_filter = ("team", "stage", "waiting")
    list_select_related = ("team", "stage")
    search_fields = ("id", "subject")
    ordering = ("-created_at", "-id")
    exclude = ("words", "rank")
    inlines = (MessageInline,)


@admin.register(models.Team)
class TeamAdmin(ReadOnly, admin.ModelAdmin):
    """Teams."""

    list_display = ("id", "name", "visibility", "auto_assign")


@admin.register(models.Stage)
class StageAdmin(ReadOnly, admin.ModelAdmin):
    """Stages in the one order."""

    list_display = ("id", "name", "position", "folded")
    ordering = ("position", "id")


@admin.register(models.User)
class UserAdmin(ReadOnly, admin.ModelAdmin):
    """Whom the help desk knows."""

    list_display = ("id", "name", "kind", "active", "email")
    list_filter = ("kind", "active")
    search_fields = ("id", "name", "email")


@admin.register(models.RecordedEvent)
class RecordedEventAdmin(ReadOnly, admin.ModelAdmin):
    """What happened, latest first."""

    list_display = ("sequence", "at", "name", "ticket_id", "team_id", "by_id")
    list_filter = ("name",)
    search_fields = ("ticket_id",)
    ordering = ("-sequence",)


@admin.register(models.OutboxEntry)
class OutboxEntryAdmin(ReadOnly, admin.ModelAdmin):
    """Messages that leave, or have left."""

    list_display = ("key", "status", "kind", "channel", "ticket_id", "recipient_id", "attempts")
    list_filter = ("status", "kind")
    ordering = ("-sequence",)
