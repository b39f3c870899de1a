"""What a port raises, and what becomes of it: an error of the library's own, or a line in the log.

The repository is not asked through here: its errors are part of its contract, and come out as they
are. No text that a port gives is shown or logged, for it may hold what nobody should read there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from helpdesk_core.errors import HelpdeskError, PortError
from helpdesk_core.service.observing import notes

_LOG = logging.getLogger("helpdesk_core")


@contextmanager
def answered(port: str, kind: type[PortError] = PortError) -> Iterator[None]:
    """Raise what is no error of this library as one, by the name of the port.

    >>> with answered("clock"):
    ...     raise TimeoutError
    Traceback (most recent call last):
    helpdesk_core.errors.PortError: the clock did not answer: TimeoutError
    """
    try:
        yield
    except HelpdeskError:
        raise
    except Exception as error:
        raise kind(f"the {port} did not answer: {type(error).__name__}") from error


@contextmanager
def afterwards(what: str, id: object) -> Iterator[None]:
    """What comes after the commit cannot undo it: when it fails, it is logged and no more.

    >>> with afterwards("is not in the similarity store", "T-1"):
    ...     raise TimeoutError
    """
    try:
        yield
    except Exception as error:
        noted(what, id, error)


def noted(what: str, id: object, error: Exception) -> None:
    """Log that something of this id failed, by the kind of the error alone; an observer is told."""
    cause = error.__cause__ or error
    notes().fails(cause)
    _LOG.warning("%r %s: %s", id, what, type(cause).__name__)
