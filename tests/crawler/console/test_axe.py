"""The console's pages as axe-core sees them in Chromium: wide and narrow, light and dark."""

from __future__ import annotations

import json
import shutil
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from alerts.outbox import State
from crawler.config.care import CareConfig, DiskConfig
from crawler.config.secret import Secret
from crawler.fetch.chromium import NAMES
from crawler.ids import decode
from crawler.store.leftovers import keep
from spiders.cuts import Why, cut_of
from tests.crawler.browsing import needs_chromium
from tests.crawler.console.house import TOKEN
from tests.crawler.console.test_serving import served
from tests.crawler.store.makers import entry
from tests.crawler.store.test_gaps import with_gap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from tests.crawler.console.house import House

pytestmark = needs_chromium
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
LONGEST = 60_000  # milliseconds; a busy machine takes its time
WIDTHS = (1280, 390)
PAGES = (
    "/stories",
    "/stories?q=japan&by=relevance",
    "/stories?q=(japan",
    "/why?of=https://bbc.example/never",
    "/sources",
    "/sources/bbc",
    "/rules",
    "/rules/france?forecast=1",
    "/workbench?rule=japan",
    "/delivery",
    "/delivery?state=dead",
    "/system",
    "/nowhere",
    "/",
)


async def furnished(house: House) -> list[str]:
    """Let there be what pages show only at times, and return those that only some stories and messages have."""
    low = CareConfig(disk=DiskConfig(stop_below=10**18))
    house.config = replace(house.config, care=low, waits=("store",))
    house.clock.advance(timedelta(hours=1))
    await house.newsroom.visit("bbc", entry("after"), floods=True, schedule=with_gap)
    code = await house.code("Japan and France open talks")
    now, cuts = house.clock.now(), [cut_of(Why.BESIDE, "Home")]
    await house.store._write(lambda connection: keep(connection, decode(code), now, cuts))
    (dead,) = await house.store.deliveries(State.DEAD)
    return [f"/stories/{code}?rule=japan", f"/delivery/{dead.delivery.key}"]


@asynccontextmanager
async def chromium(width: int) -> AsyncIterator[Page]:
    from playwright.async_api import async_playwright

    program = next(found for name in NAMES if (found := shutil.which(name)))
    async with async_playwright() as playwright:
        process = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = await process.new_page(viewport={"width": width, "height": 844}, color_scheme="light")
        page.set_default_timeout(LONGEST)
        yield page
        await process.close()


async def faults(page: Page) -> list[str]:
    """What axe finds on the page that is open, a line each: all in light, and in the dark what colours can spoil."""
    await page.evaluate(AXE)
    found = await run(page)
    await page.emulate_media(color_scheme="dark")
    found += await run(page, runOnly=["color-contrast"])
    await page.emulate_media(color_scheme="light")
    return found


async def run(page: Page, **options: Any) -> list[str]:
    found = await page.evaluate(f"axe.run({json.dumps({'resultTypes': ['violations'], **options})})")
    return [
        f"{page.url}: {one['id']} ({one['impact']}): {node['html'][:120]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


async def test_axe_sees_what_is_wrong(full: House) -> None:
    async with served(full) as console, chromium(WIDTHS[0]) as page:
        await page.goto(f"http://127.0.0.1:{console.port}/stories")
        dim = "@media (prefers-color-scheme: dark) { :root { --dim: #333 } }"
        await page.evaluate(
            "rule => { const one = document.styleSheets[0]; one.insertRule(rule, one.cssRules.length) }", dim
        )
        await page.eval_on_selector("html", "page => page.removeAttribute('lang')")
        found = await faults(page)
    assert {line.split(": ")[1].partition(" ")[0] for line in found} == {"html-has-lang", "color-contrast"}


@pytest.mark.parametrize("width", WIDTHS)
async def test_axe_finds_nothing(full: House, width: int) -> None:
    more = await furnished(full)
    async with served(full, token=Secret(TOKEN)) as console, chromium(width) as page:
        house = f"http://127.0.0.1:{console.port}"
        await page.goto(f"{house}/login")
        found = await faults(page)
        await page.fill("#token", TOKEN)
        await page.click("main button")
        await page.wait_for_url(f"{house}/")
        named = await page.eval_on_selector_all("nav a", "all => all.map(one => one.getAttribute('href'))")
        assert {*named} <= {*PAGES}
        for path in (*more, *PAGES):
            await page.goto(house + path)
            found += await faults(page)
    assert not found, "\n".join(found)
