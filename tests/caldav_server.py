"""Radicale, a real CalDAV server, in a process of its own on a free port."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import attrs

USER, PASSWORD = "desk", "secret word"
_COLLECTION = b"""<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"/>"""
_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = error
"""


@attrs.frozen
class Server:
    """Where it is, and what a host would do there with a client of its own."""

    url: str
    folder: Path

    def collection(self, name: str) -> str:
        """The address of a collection of the user's."""
        return f"{self.url}/{USER}/{quote(name)}/"

    def make(self, name: str) -> str:
        """A new collection."""
        self.ask("MKCALENDAR", self.collection(name), _COLLECTION)
        return self.collection(name)

    def put(self, collection: str, name: str, content: str) -> None:
        """Write one file into a collection, or write it anew."""
        self.ask("PUT", f"{collection}{name}.ics", content.encode(), "text/calendar")

    def ask(self, method: str, url: str, data: bytes, kind: str = "application/xml") -> bytes:
        """Any request."""
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        passwords.add_password(None, self.url, USER, PASSWORD, is_authenticated=True)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
        request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
        with opener.open(request, timeout=60) as answer:
            return answer.read()  # type: ignore[no-any-return]


@contextmanager
def radicale(folder: Path, port: int) -> Iterator[Server]:
    """A server over a folder, which is ended with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(folder / "config")],
            stdout=log,
            stderr=log,
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", folder)
        _wait(process, server.url)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(600):
        assert process.poll() is None, "the server has ended"
        try:
            urllib.request.urlopen(f"{url}/.web/", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")
