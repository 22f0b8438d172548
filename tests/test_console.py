"""The console of a living daemon in a real browser: what a person does there, from a search to a dead letter."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import CardRefused
from alerts.outbox import Receipt, State
from alerts.pacer import Pace
from crawler.app import App
from crawler.clock import SystemClock
from crawler.config import load
from crawler.demo.web import DemoWeb
from crawler.fetch.chromium import NAMES
from tests.crawler.console.test_serving import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

    from alerts.face import Face
    from alerts.outbox import Delivery

CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)
TOKEN = "0123456789abcdef"
PACE = Pace(channel=timedelta(milliseconds=50))
LONGEST = 120_000  # milliseconds; a busy machine takes its time

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")]


class Fussy:
    """A way out that refuses the first message that comes until somebody mends it."""

    rungs = 1

    def __init__(self) -> None:
        self.mended = False
        self.sent = 0
        self.disliked: str | None = None
        self.refused = asyncio.Event()
        self.passed = asyncio.Event()  # after it was mended

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        del face
        self.disliked = self.disliked or delivery.key
        if delivery.key == self.disliked:
            if not self.mended:
                self.refused.set()
                raise CardRefused("invalid_blocks", "a block is too long")
            self.passed.set()
        self.sent += 1
        return Receipt(channel="C0NEWS", message=f"17.{self.sent}")

    async def edit(self, delivery: Delivery, face: Face) -> None: ...

    async def find(self, *_: Any, **__: Any) -> dict[str, Receipt]:
        return {}

    async def copies(self, *_: Any, **__: Any) -> dict[str, list[Receipt]]:
        return {}

    async def delete(self, receipt: Receipt) -> None: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def living(folder: Path, notifier: Fussy) -> AsyncIterator[tuple[App, str]]:
    """Run a daemon on the demo's web, and yield it with the address of its console."""
    clock, port = SystemClock(), free_port()
    async with DemoWeb(clock=clock, scale=0.2) as web:
        file = folder / "config.yaml"
        text = web.config_text(folder / "tocsin.db")
        file.write_text(f'{text}\nconsole: {{listen: "127.0.0.1:{port}", token: "{TOKEN}"}}\n')
        async with App(load(file, {}), notifier, clock, pace=PACE) as app:
            web.restart()
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(stop))
            try:
                yield app, f"http://127.0.0.1:{port}"
            finally:
                stop.set()
                await running


@asynccontextmanager
async def browser(errors: list[str]) -> AsyncIterator[Page]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(LONGEST)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        yield page
        await chromium.close()


async def test_a_person_at_the_console(tmp_path: Path) -> None:
    notifier, errors = Fussy(), list[str]()
    async with (
        asyncio.timeout(LONGEST / 1000 * 5),
        living(tmp_path, notifier) as (app, address),
        browser(errors) as page,
    ):
        # nobody comes in without the token, and cards come by themselves
        await page.goto(f"{address}/")
        await page.fill("#token", TOKEN)
        await page.click("main button")
        await page.wait_for_selector("article.card.is-sent")
        assert await page.text_content("#live") == "live"

        # a search by keys, and why a story was told
        await page.keyboard.press("/")
        await page.keyboard.type("reciprocal access")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/stories?q=reciprocal+access")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".verdict")
        assert await page.locator(".steps > li").count() > 4
        await page.select_option("select[name=rule]", "reciprocal-access")
        await page.wait_for_selector(".tree mark", state="attached")

        # a rule is edited: first with a mistake, then without
        await page.goto(f"{address}/rules/rare-earths")
        await page.click("text=Edit in the workbench")
        written = await page.input_value("#text")
        await page.fill("#text", written.replace("when:", "whn:"))
        await page.wait_for_selector("[role=alert] [data-line]")
        await page.fill("#text", "id: rare-earths\nwhen: |\n  frigates\n")
        await page.keyboard.press("Control+Enter")
        await page.wait_for_selector("text=It would have sent")
        assert await page.locator(".row.gained mark").first.text_content() == "Frigates"
        assert await page.locator(".diff .plus").count() > 0
        assert "- id: rare-earths" in (await page.text_content("#entry") or "")

        # a dead letter goes out after all
        await notifier.refused.wait()
        await page.goto(f"{address}/delivery?state=dead")
        await page.wait_for_selector("tbody button")
        (dead,) = await app.store.deliveries(State.DEAD)
        notifier.mended = True
        await page.click("tbody button")
        await page.wait_for_selector("text=It is tried again.")
        await notifier.passed.wait()
        await page.goto(f"{address}/delivery/{dead.delivery.key}")
        assert "replayed" in (await page.text_content("main") or "")
    assert errors == []
