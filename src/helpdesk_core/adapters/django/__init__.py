"""The help desk inside a Django project: an app with models, migrations, admin and signals.

`INSTALLED_APPS` names `"helpdesk_core.adapters.django"`; the repository is there once the apps are
ready. Needs the extra `django`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpdesk_core.adapters.django.repository import DjangoRepository

__all__ = ["DjangoRepository"]


def __getattr__(name: str) -> Any:
    # Django imports this package before any model may be.
    if name == "DjangoRepository":
        from helpdesk_core.adapters.django.repository import DjangoRepository

        return DjangoRepository
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
