"""Six outlets that bring the same stories at once: their capture, run again, tells exactly what was told then."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from crawler.capture.commits import Act, commits
from crawler.capture.index import entries
from crawler.capture.playing import visits_of
from crawler.capture.replaying import play
from tests.crawler.crawling import InlineParser
from tests.town import LONG, Town, new_town, rss

if TYPE_CHECKING:
    from crawler.app import App

OUTLETS = [f"s{number}" for number in range(6)]
WORDS = ["treaty", "agreement", "lithium", "gold", "Japan", "France", "weather", "market", "summit", "port", "fleet"]
SEED = 7
CONFIG = """
quiet_hours: [{{name: night, between: '{night}', then: digest}}]
budgets: {{per_channel: 6/h}}
"""


class Press:
    """Six outlets with the same links and texts, of which some have pages, some are edited, and some servers fail."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._dice = random.Random(SEED)
        self._numbers = count()
        self._listed: dict[str, list[tuple[str, str, str]]] = {name: [] for name in OUTLETS}
        self._names: list[str] = []
        text = town.file.read_text()
        start, end = text.index("sources:"), text.index("rules:")
        sources = "".join(
            f'  - {{id: {name}, kind: feed, url: "{town.base}/{name}.xml", fulltext: {fulltext}}}\n'
            for name, fulltext in zip(OUTLETS, ["never", "auto", "always"] * 2, strict=True)
        )
        dusk = town.now() + timedelta(hours=2)
        night = f"{dusk:%H:%M}-{dusk + timedelta(hours=1):%H:%M}"
        text = f"{text[:start]}sources:\n{sources}{text[end:]}{CONFIG.format(night=night)}"
        town.file.write_text(text.replace("concurrency: 4", "concurrency: 12"))

    async def hours(self, app: App, *waits: timedelta) -> None:
        """Publish and visit, once after each wait, and look between visits at what waits."""
        for wait in waits:
            self._publish()
            await self._town.round(app, wait)
            for _ in range(3):
                self._town.wait(timedelta(minutes=2))
                await app.announcing.watch()
                await app.announcing.release()

    def _publish(self) -> None:
        dice, town = self._dice, self._town
        for number in range(5):
            self._write(number)
        edited = dice.choice(self._names)
        town.page(edited, f"Edited {dice.choice(WORDS)}", "The edited text is about a lithium treaty.")
        for name in OUTLETS:
            listed = {story: (title, text) for story, title, text in self._listed[name][:15]}
            town.web.publish(f"/{name}.xml", rss(town.now(), town.base, **listed))
        town.web.fail(f"/{dice.choice(OUTLETS)}.xml", dice.choice([500, 429]), times=1)

    def _write(self, number: int) -> None:
        dice, name = self._dice, f"x{next(self._numbers)}"
        self._names.append(name)
        title = " ".join(dice.choices(WORDS, k=6)).capitalize()
        text = " ".join(dice.choices(WORDS, k=60))
        for outlet in dice.sample(OUTLETS, (1, 2, 4, 6, 6)[number]):
            self._listed[outlet].insert(0, (name, title, text))
        if number != 1:
            self._town.page(name, title, f"{text}. {LONG}")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town whose day is over: what it left on the disk is all there is."""

    async def lived() -> Town:
        async with new_town(tmp_path_factory.mktemp("press")) as made:
            press = Press(made)
            for waits in (10, 45, 90), (30, 60):
                async with made.app() as app:
                    await press.hours(app, *(timedelta(minutes=wait) for wait in waits))
            return made

    return asyncio.run(lived())


async def test_outlets_that_race_tell_exactly_what_they_told(town: Town) -> None:
    found = await play(town.config(), parser=InlineParser())
    compared = found.comparison
    assert compared.is_same, compared
    assert not compared.aside
    assert compared.same >= 10
    assert found.visits >= 50
    assert (found.unsure, found.unvisited, found.broken) == (0, 0, 0)
    assert (found.skipped, found.missing) == ({}, {})


async def test_each_visit_was_noted_once_in_a_growing_order(town: Town) -> None:
    folder = town.folder / "capture"
    noted = commits(folder)
    visits = [one.visit for one in noted if one.act is Act.VISIT]
    assert sorted(filter(None, visits)) == sorted(one.occasion.id for one in visits_of(entries(folder)))
    assert len({one.run for one in noted}) == 2
    assert len({(one.run, one.number) for one in noted}) == len(noted)
    assert {one.act for one in noted} == {*Act}
