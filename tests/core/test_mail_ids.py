"""The ids of mails: what ours say can be read back, and nobody else's is taken for one (N3)."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.errors import InvalidValueError
from helpdesk_core.mail_ids import (
    NO_DOMAIN,
    Thread,
    check_domain,
    folded_address,
    is_own,
    mail_id_of,
    thread_id,
    thread_of,
)

pytestmark = pytest.mark.core

DOMAIN = "desk.example.com"
ids = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.uuids(),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30),
)
threads = st.builds(Thread, ids, st.booleans())
#: What may stand in an id by RFC 5322, without quoting it.
_LEGAL = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z.]+>")


@given(threads, st.text(min_size=1, max_size=30))
def test_what_an_id_says_is_read_back(thread: Thread, key: str) -> None:
    """N3: thread and message name the ticket, of whatever type its id is, and are legal ids."""
    for mail_id in (thread_id(thread, DOMAIN), mail_id_of("k", DOMAIN, thread)):
        found = thread_of(mail_id, DOMAIN)
        assert found == thread
        assert type(found.ticket_id) is type(thread.ticket_id)
        assert thread_of(mail_id, DOMAIN.upper()) == thread
        assert thread_of(mail_id, "example.com") is None
        assert _LEGAL.fullmatch(mail_id)
        assert ".." not in mail_id
    key = key.encode("utf-8", "ignore").decode() or "x"
    for mail_id in (mail_id_of(key, DOMAIN), mail_id_of(key, DOMAIN, thread)):
        assert is_own(mail_id, DOMAIN)
        assert is_own(mail_id, DOMAIN.upper())
        assert not is_own(mail_id, "example.com")
        assert _LEGAL.fullmatch(mail_id)
    assert not is_own(thread_id(thread, DOMAIN), DOMAIN)
    assert thread_of(mail_id_of(key, DOMAIN), DOMAIN) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_keys_have_ids_of_their_own(one: str, other: str) -> None:
    """N1: two keys have the same id exactly when they are the same."""
    one, other = (key.encode("utf-8", "ignore").decode() for key in (one, other))
    assert (mail_id_of(one) == mail_id_of(other)) == (one == other)
    assert mail_id_of(one).endswith(f"@{NO_DOMAIN}>")


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "ticket.s.T-1@desk.example.com",
        "<ticket.s.T-1>",
        "<ticket.s.@desk.example.com>",
        "<ticket.x.T-1@desk.example.com>",
        "<ticket.i.T-1@desk.example.com>",
        "<ticket.i.99999999999999999999@desk.example.com>",
        "<ticket.u.T-1@desk.example.com>",
        "<ticket.s.a%0Ab@desk.example.com>",
        "<ticket.s.T-1@desk.example.com> x",
        "<note.s.T 1@desk.example.com>",
        "<other.s.T-1@desk.example.com>",
        "<ticket.s.T-1@desk.example.com.evil.org>",
    ],
)
def test_what_is_no_thread(reference: str) -> None:
    """N3: an id that we cannot have made names no ticket."""
    assert thread_of(reference, DOMAIN) is None


def test_ids_of_each_type() -> None:
    """N3: 1 and "1" are two tickets, and the id says which."""
    uuid = UUID(int=7)
    made = [thread_id(Thread(id), DOMAIN) for id in (1, "1", uuid, str(uuid))]
    assert len(set(made)) == 4
    assert thread_id(Thread("a.b", internal=True), DOMAIN) == "<note.s.a%2Eb@desk.example.com>"


@pytest.mark.parametrize("wrong", ["", "a b", "a@b", "-a", "a.", "a\n", None, "a" * 254])
def test_what_is_no_domain(wrong: object) -> None:
    """N3: what cannot stand after the @ is refused by name."""
    with pytest.raises(InvalidValueError, match="mail_domain must be a domain"):
        check_domain("mail_domain", wrong)
    check_domain("mail_domain", "a")
    check_domain("mail_domain", "a" * 253)


@given(st.text(max_size=20))
def test_an_address_for_comparing(address: str) -> None:
    """N3, V3: A to Z are a to z, and nothing else is anything else."""
    folded = folded_address(address)
    assert len(folded) == len(address)
    for before, after in zip(address, folded, strict=True):
        assert after == (before.lower() if "A" <= before <= "Z" else before)
    assert folded_address("\u212aE@X.org") == "\u212ae@x.org"
