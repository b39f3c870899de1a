"""HttpSmsNotifier against Kannel, a gateway that operators run, and its fake SMSC.

apt-get install kannel kannel-extras
.venv/bin/python -m pytest -m long tests/test_kannel.py
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("phonenumbers")

from helpdesk_core import NotifierError
from helpdesk_core.adapters.sms import HttpSmsNotifier
from helpdesk_core.plans import Channel
from helpdesk_core.testing.notifiers import outgoing

pytestmark = pytest.mark.long

_BOXES = [shutil.which(name, path="/usr/sbin:/usr/local/sbin") for name in ("bearerbox", "smsbox")]
_FAKE_SMSC = Path("/usr/lib/kannel/test/fakesmsc")
_CONFIGURATION = """\
group = core
admin-port = {admin}
admin-password = admin
admin-interface = "127.0.0.1"
smsbox-port = {smsbox}

group = smsc
smsc = fake
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = "127.0.0.1"

group = sendsms-user
username = desk
password = secret
concatenation = true
max-messages = 5
"""


def _free_ports(names: list[str]) -> dict[str, int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}
    for one in sockets:
        one.close()
    return ports


def _wait_until(so: Callable[[], bool], what: str) -> None:
    for _ in range(300):
        if so():
            return
        time.sleep(0.1)
    pytest.fail(f"{what}: not within half a minute")


def _answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Kannel:
    """Its three processes, and what the fake SMSC got."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._ports = _free_ports(["admin", "smsbox", "smsc", "sendsms"])
        configuration = folder / "kannel.conf"
        configuration.write_text(_CONFIGURATION.format(**self._ports))
        bearerbox, smsbox = _BOXES
        self._run("bearerbox", str(bearerbox), str(configuration))
        _wait_until(lambda: _answers(self._ports["smsbox"]), "bearerbox")
        self._run("smsbox", str(smsbox), str(configuration))
        _wait_until(lambda: _answers(self._ports["sendsms"]), "smsbox")
        smsc = ["-H", "127.0.0.1", "-r", str(self._ports["smsc"]), "-m", "0", "1 2 text x"]
        self._run("fakesmsc", str(_FAKE_SMSC), *smsc)
        _wait_until(lambda: "Connecting" in self._log("fakesmsc"), "fakesmsc")
        _wait_until(lambda: "Client connected" in self._log("bearerbox"), "the fake SMSC")

    def _run(self, name: str, *command: str) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._running.append(
                subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
            )

    def _log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def got(self) -> list[str]:
        """Each message as it came: sender, number, coding, and text, quoted where not ASCII."""
        lines = self._log("fakesmsc").splitlines()
        return [line.partition(": <")[2].removesuffix(">") for line in lines if "Got mess" in line]

    def waits_for(self, messages: int) -> list[str]:
        """What came, as soon as it is so much."""
        _wait_until(lambda: len(self.got()) >= messages, f"{messages} messages")
        return self.got()

    def notifier(self, password: str = "secret") -> HttpSmsNotifier:
        """As the documentation says."""
        return HttpSmsNotifier(
            f"http://127.0.0.1:{self._ports['sendsms']}/cgi-bin/sendsms",
            {
                "username": "desk",
                "password": password,
                "from": "desk",
                "to": "$to",
                "text": "$text",
                "coding": "2",
                "charset": "UTF-8",
            },
            method="GET",
        )

    def stop(self) -> None:
        """End what was begun, last first."""
        for process in reversed(self._running):
            process.terminate()
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def kannel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kannel]:
    """Running, on ports of this machine."""
    if not (all(_BOXES) and _FAKE_SMSC.exists()):
        pytest.skip("Debian's kannel and kannel-extras are not installed")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    one = Kannel(tmp_path)
    yield one
    one.stop()


def _ucs2(text: str) -> bytes:
    return text.encode("utf-16-be")


def _unquoted(line: str) -> tuple[list[str], bytes]:
    """The words before the text, and its bytes."""
    *words, text = line.split(" ", 3)
    return words, _bytes(text)


def _bytes(text: str) -> bytes:
    """A space is written `+`, and what is no letter `%XX`."""
    content, at = bytearray(), 0
    while at < len(text):
        if text[at] == "%":
            content.append(int(text[at + 1 : at + 3], 16))
            at += 3
        else:
            content += b" " if text[at] == "+" else text[at].encode("ascii")
            at += 1
    return bytes(content)


def test_a_message_in_every_script_arrives(kannel: Kannel) -> None:
    """N1, V20: in UCS-2, every script of it, with the link after it."""
    text, link = "Grüße, Привет, 你好 ☃ + 100 %", "https://x.org/T-1"
    message = outgoing(channel=Channel.SMS, to_address="+39 333 123 4567", text=text, link=link)
    notifier = kannel.notifier()
    notifier.send(message)
    [line] = kannel.waits_for(1)
    assert _unquoted(line) == (["desk", "+393331234567", "ucs-2"], _ucs2(f"{text}\n{link}"))


def test_a_bad_password_is_refused(kannel: Kannel) -> None:
    """N1: Kannel says 403, nothing is sent, and the next with the right one arrives."""
    message = outgoing(channel=Channel.SMS, to_address="+393331234567")
    with pytest.raises(NotifierError, match="403") as failure:
        kannel.notifier("another-one").send(message)
    assert "another-one" not in str(failure.value)
    kannel.notifier().send(message)
    [line] = kannel.waits_for(1)
    assert _unquoted(line)[1] == _ucs2("Which printer?")


def test_a_long_text_arrives_in_parts(kannel: Kannel) -> None:
    """N1: more than 70 characters are several messages on the air, and nothing is lost."""
    text = "Привет ☃ " * 20
    kannel.notifier().send(outgoing(channel=Channel.SMS, to_address="+393331234567", text=text))
    parts = [line.split(" ", 5) for line in kannel.waits_for(3)]
    assert [part[3] for part in parts] == [f"%05%00%03%00%03%0{n}" for n in (1, 2, 3)]
    assert b"".join(_bytes(part[5]) for part in parts) == _ucs2(text)
