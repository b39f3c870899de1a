"""Messages to the chat services that people use, through Apprise: the extra `apprise` (N1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from helpdesk_core.errors import NotifierError
from helpdesk_core.ports import OutgoingMessage


class AppriseNotifier:
    """Sends a message, as plain text with its link, to each of the URLs that Apprise knows.

    `urls_for` says where a message goes: a person's own chat, or a team's room. Whoever reads
    there reads everything that the recipient may: a room for all is no place for a PRIVATE team's
    tickets, nor for internal notes (V15). Files do not go with it.

    No URL, one that Apprise does not know, and one that took nothing are a `NotifierError`; then
    the message comes again to all of them, with the same key (N1). An error shows no URL, as it
    holds a password. Apprise logs what it sends at the level DEBUG, under `apprise`.

    >>> rooms = {"eve": ["slack://TokenA/TokenB/TokenC/#support"]}
    >>> notifier = AppriseNotifier(lambda message: rooms.get(message.recipient_id, []))
    """

    def __init__(self, urls_for: Callable[[OutgoingMessage], Iterable[str]]) -> None:
        import apprise  # the extra: asked for when it is needed

        self._apprise = apprise
        self._urls_for = urls_for

    def send(self, message: OutgoingMessage) -> None:
        """Send it to all of its URLs: when this returns all have taken it."""
        urls = list(self._urls_for(message))
        if not urls:
            raise NotifierError(f"recipient {message.recipient_id!r} has no URL")
        title, body = message.subject, "\n\n".join(filter(None, [message.text, message.link]))
        if not body.strip():  # Apprise sends none without
            title, body = "", title
        places = self._apprise.Apprise()
        try:
            known = [places.add(url) for url in urls]
            taken = all(known) and places.notify(
                title=title,
                body=body,
                body_format=self._apprise.NotifyFormat.TEXT,
            )
        except Exception as error:  # of a service's plugin; its text may hold the URL
            raise NotifierError(f"Apprise: {type(error).__name__}") from None
        if not all(known):
            place = known.index(False) + 1
            raise NotifierError(f"URL {place} of recipient {message.recipient_id!r} is not known")
        if not taken:
            raise NotifierError(f"not all of {len(urls)} URLs took the message")
