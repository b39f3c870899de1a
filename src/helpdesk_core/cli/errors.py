"""What the commands stop with when they cannot use what they were given."""

from __future__ import annotations


class InputError(Exception):
    """What was given cannot be used; the message is one line that says what and where."""
