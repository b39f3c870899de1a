"""`NotifierContract`: what a host's way of sending messages is held to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection
from typing import Any

import attrs
import pytest
from hypothesis import given

from helpdesk_core.errors import NotifierError
from helpdesk_core.plans import Channel, NoticeKind
from helpdesk_core.ports import Notifier, OutgoingMessage
from helpdesk_core.testing.contract import Contract
from helpdesk_core.testing.things import lines, texts
from helpdesk_core.testing.worlds import MONDAY


@attrs.frozen(kw_only=True)
class Received:
    """What came out at the other end; None where the way of sending cannot tell."""

    key: str
    to_address: str
    subject: str | None = None
    text: str | None = None


def outgoing(key: str = "key-1", **fields: Any) -> OutgoingMessage:
    """A message to send.

    >>> outgoing(subject="Ink").subject
    'Ink'
    """
    values: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "kind": NoticeKind.UPDATE,
        "recipient_id": "eve",
        "to_address": "eve@example.com",
        "to_name": "Eve",
        "subject": "Re: No ink",
        "text": "Which printer?",
        "ticket_id": "T-1",
        "at": MONDAY,
    }
    return OutgoingMessage(key=key, **(values | fields))


#: Where messages go; the number is written as the networks write it (E.164).
_ADDRESSES = {Channel.EMAIL: "eve@example.com", Channel.SMS: "+39055123456"}
#: What a careless notifier takes for two recipients, or for a header.
_TWICE = {
    Channel.EMAIL: ("eve@example.com, ann@example.com", "eve@example.com\nBcc: ann@x.org"),
    Channel.SMS: ("+39055123456, +39055123457", "+39055123456\nX-To: +39055123457"),
}


class NotifierContract(Contract):
    """Subclass it, say how a notifier is made and what it sent, and run pytest.

    `failing()` gives one whose way out is shut, when such a one can be made.
    """

    #: The ways by which it can send.
    channels: Collection[Channel] = (Channel.EMAIL, Channel.SMS)

    def new(self) -> Notifier:
        """A fresh notifier."""
        raise NotImplementedError("say how a notifier is made: def new(self)")

    def received(self, notifier: Notifier) -> list[Received] | None:
        """What it sent; None when that cannot be seen."""
        return None

    def failing(self) -> Notifier | None:
        """A notifier that cannot send anything; None when no such one can be made."""
        return None

    def _outgoing(self, key: str = "key-1", **fields: Any) -> OutgoingMessage:
        """A message by the first of its ways, to the address that goes with it."""
        channel = next(channel for channel in Channel if channel in self.channels)
        return outgoing(key, **{"channel": channel, "to_address": _ADDRESSES[channel]} | fields)

    def _came(self, notifier: Notifier) -> list[Received]:
        found = self.received(notifier)
        if found is None:
            self.not_tried("received() gives nothing")
        return found or []

    def test_a_message_arrives_whole(self) -> None:
        """N1, V20: address, subject and text come out as they went in, whatever the script."""

        @self.tries()
        @given(lines(60, empty=False), texts)
        def check(subject: str, text: str) -> None:
            notifier = self.new()
            message = self._outgoing(subject=subject, text=text)
            notifier.send(message)
            [one] = self._came(notifier)
            assert one.to_address == message.to_address
            assert one.subject is None or one.subject.split() == subject.split()
            assert one.text is None or _plain(one.text) == _plain(text)

        self._came(self.new())
        check()

    def test_each_way_of_sending(self) -> None:
        """G8: a message by each of its channels goes to the address or number given."""
        notifier = self.new()
        for channel in self.channels:
            to = _ADDRESSES[channel]
            notifier.send(outgoing(f"key-{channel.value}", channel=channel, to_address=to))
        came = self._came(notifier)
        assert Counter(one.to_address for one in came) == Counter(
            _ADDRESSES[channel] for channel in self.channels
        )

    def test_a_link_is_sent_when_there_is_one(self) -> None:
        """V5, V20: the link is in the message exactly when one was given."""
        notifier = self.new()
        link = "https://desk.example.com/T-1"
        notifier.send(self._outgoing("with", link=link))
        notifier.send(self._outgoing("without"))
        texts_by_key = {one.key: one.text for one in self._came(notifier)}
        for key, text in texts_by_key.items():
            assert text is None or (link in text) == (key == "with")

    def test_the_same_message_twice_can_be_told(self) -> None:
        """N1: a message that comes again has the same key, so that it can be dropped."""
        notifier = self.new()
        for _ in range(2):
            notifier.send(self._outgoing("again"))
        notifier.send(self._outgoing("other"))
        assert {one.key for one in self._came(notifier)} == {"again", "other"}

    def test_one_address_is_one_recipient(self) -> None:
        """V15: an address that reads as two is refused, or is still one recipient."""
        for address in _TWICE[self._outgoing().channel]:
            notifier = self.new()
            try:
                notifier.send(self._outgoing(to_address=address))
            except NotifierError:
                assert not self.received(notifier)
            else:
                assert [one.to_address for one in self._came(notifier)] == [address]

    def test_what_was_not_sent_is_told(self) -> None:
        """N1: a notifier that cannot send raises NotifierError, without the text of the message."""
        notifier = self.failing()
        if notifier is None:
            self.not_tried("failing() gives nothing")
        assert notifier is not None
        with pytest.raises(NotifierError) as failure:
            notifier.send(self._outgoing(text="the secret text"))
        assert "the secret text" not in str(failure.value)

    def test_several_send_at_once(self) -> None:
        """N1: messages of several threads all arrive."""
        notifier = self.new()
        failures: list[BaseException] = []

        def send(name: str) -> None:
            try:
                for n in range(5):
                    notifier.send(self._outgoing(f"{name}-{n}"))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=send, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        expected = {f"{name}-{n}" for name in "abc" for n in range(5)}
        assert {one.key for one in self._came(notifier)} == expected


def _plain(text: str) -> list[str]:
    """Words: lines may be broken anew, and ended otherwise, on the way."""
    return text.split()
