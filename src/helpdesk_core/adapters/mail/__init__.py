"""Mails as the standard writes them."""

from __future__ import annotations

from helpdesk_core.adapters.mail.composing import compose
from helpdesk_core.adapters.mail.parsing import parse_email
from helpdesk_core.adapters.mail.parts import MailLimits

__all__ = ["MailLimits", "compose", "parse_email"]
