"""Public names of a package that are imported when somebody first asks for them (PEP 562).

A host that asks only who may see a ticket does not wait for the service, merges and similarity to
be imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(
    package: str, modules: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """The `__getattr__`, `__dir__` and `__all__` of a package, from the names by their module.

    >>> getattr_, dir_, all_ = lazily(
    ...     "helpdesk_core", {"helpdesk_core.errors": "PortError HelpdeskError"}
    ... )
    >>> all_, dir_() == sorted({*dir_(), "PortError"})
    (['HelpdeskError', 'PortError'], True)
    >>> getattr_("PortError").__name__
    'PortError'
    >>> getattr_("Dog")
    Traceback (most recent call last):
    AttributeError: module 'helpdesk_core' has no attribute 'Dog'
    """
    home = {name: module for module, names in modules.items() for name in names.split()}

    def get(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        import_module(home[name].rpartition(".")[0])  # the room first: so do all threads
        value = getattr(import_module(home[name]), name)
        setattr(sys.modules[package], name, value)  # so it is asked once
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home})

    return get, names, sorted(home)
