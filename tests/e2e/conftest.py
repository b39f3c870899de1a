"""The desk of `examples/desk` on a port of its own, and people who look at it with Chromium."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "docs" / "pictures"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it, or without Playwright, these tests are skipped."""
    missing = [
        name for name in ("playwright", "axe_playwright_python", "fastapi") if not find_spec(name)
    ]
    path = shutil.which("chromium")
    if missing or path is None:
        what = f"not here: {', '.join(missing) or 'chromium'} (extra e2e, Debian's chromium)"
        if os.environ.get("HELPDESK_REQUIRE_BROWSER"):
            pytest.fail(what)
        pytest.skip(what)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk with a database of its own, in a process of its own."""
    folder = tmp_path_factory.mktemp("desk")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")
    } | {"HELPDESK_FOLDER": str(folder)}
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT / "examples"), "--factory"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "desk.app:make", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        answers(server, port, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def answers(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until it listens, which it does when the demo's weeks are played."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            server.wait(0.1)
            break  # it ended
        except subprocess.TimeoutExpired:
            continue
    pytest.fail(log.read_text())


Visit = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, desk: str) -> Iterator[Visit]:
    """`visit("ada", "/")`: a page of somebody's own browser, where no script ever fails."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def heard(message: Any) -> None:
        if "Content Security Policy" in message.text or "Uncaught" in message.text:
            wrong.append(message.text)

    def visit(
        who: str | None, path: str = "/", width: int = 1440, scheme: str = "light", **more: Any
    ) -> Page:
        context = browser.new_context(
            base_url=desk,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(8_000)
        contexts.append(context)
        if who is not None:
            context.request.post("/sign-in", form={"user_id": who}, headers={"Origin": desk})
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(path)
        return page

    yield visit
    for context in contexts:
        for page in context.pages:  # whatever htmx put where
            assert page.locator("h1").count() == 1 + page.locator("dialog h1").count()
            assert page.locator("header .brand").count() == 1
            assert page.locator("#said").count() == 1
        context.close()
    assert wrong == []


@pytest.fixture
def opened(browser: Browser, desk: str) -> Callable[..., str]:
    """`opened("Ink", "Room 7", by="eleni")`: the id of a new ticket, sent as its form sends it."""

    def opened(subject: str, text: str = "", by: str = "eleni", team: str = "care") -> str:
        context = browser.new_context(base_url=desk, extra_http_headers={"Origin": desk})
        context.request.post("/sign-in", form={"user_id": by})
        form = {"team_id": team, "subject": subject, "description": text}
        answer = context.request.post("/tickets/new", form=form)
        context.close()
        ticket_id = answer.url.rpartition("/")[2]
        assert answer.ok
        assert ticket_id != "new"
        return ticket_id

    return opened


@pytest.fixture(scope="session")
def picture(browser: Browser) -> Iterator[Callable[[Page, str], None]]:
    """Keep what a page shows for the documentation, with HELPDESK_PICTURES=1 and not else."""
    if not os.environ.get("HELPDESK_PICTURES"):
        yield lambda page, name: None
        return
    PICTURES.mkdir(exist_ok=True)
    blank = browser.new_page()

    def keep(page: Page, name: str) -> None:
        page.set_viewport_size({"width": page.viewport_size["width"], "height": 760})  # type: ignore[index]
        png = base64.b64encode(page.screenshot()).decode()
        webp = blank.evaluate(AS_WEBP, f"data:image/png;base64,{png}")
        (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(webp.partition(",")[2]))

    yield keep
    blank.close()


AS_WEBP = """async (png) => {
  const image = new Image();
  image.src = png;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.7);
}"""
