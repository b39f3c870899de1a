"""Runs what knows nothing of asyncio inside a program of asyncio: where it asks a port, it awaits.

The use-cases are written once, as plain calls. Each runs here in a greenlet of its own; a port that
has to be waited for takes the way back to the task, which awaits it and goes on with the answer.
SQLAlchemy's asyncio extension works by the same means.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar, cast

from greenlet import getcurrent, greenlet

from helpdesk_core.errors import PortError

P = ParamSpec("P")
T = TypeVar("T")


class _Waiting(greenlet):
    """A plain call that may wait; it sees the context variables of its task."""

    # By this mark SQLAlchemy knows that its drivers may be awaited from here, in the same way.
    __sqlalchemy_greenlet_provider__ = True

    def __init__(self, call: Callable[..., object], driver: greenlet) -> None:
        super().__init__(call, driver)
        self.gr_context = driver.gr_context


async def run(call: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """What a plain call gives, in which `wait` may be used; a cancellation is raised in it there.

    >>> import asyncio
    >>> async def answer(): return 42
    >>> asyncio.run(run(lambda: wait(answer()) + 1))
    43
    """
    waiting = _Waiting(call, getcurrent())
    asked = waiting.switch(*arguments, **options)
    while not waiting.dead:
        try:
            answer = await asked
        except BaseException as error:  # a cancellation too: what is open is closed by it
            asked = waiting.throw(error)
        else:
            asked = waiting.switch(answer)
    return cast(T, asked)


def wait(awaitable: Awaitable[T]) -> T:
    """Its answer, awaited by the task that runs this call; raises `PortError` outside of `run`."""
    waiting = getcurrent()
    if not isinstance(waiting, _Waiting) or waiting.parent is None:
        close = getattr(awaitable, "close", None)
        if close is not None:  # or it would be told of as never awaited
            close()
        raise PortError("an asynchronous port can be asked by AsyncHelpdesk only")
    return cast(T, waiting.parent.switch(awaitable))
