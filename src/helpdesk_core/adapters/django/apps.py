"""The app as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig


class HelpdeskCoreConfig(AppConfig):
    """`helpdesk_core`, not `helpdesk`: that label is another package's."""

    name = "helpdesk_core.adapters.django"
    label = "helpdesk_core"
    verbose_name = "Help desk"
    default_auto_field = "django.db.models.BigAutoField"
