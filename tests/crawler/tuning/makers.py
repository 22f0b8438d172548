"""A newsroom whose stories are judged by the rules of a configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.slack.desk import Audit
from crawler.ids import Ids
from crawler.intake.ingest import Ingestor
from crawler.manners import manner_of
from tests.crawler.config.makers import loaded
from tests.crawler.store.makers import Newsroom, WordJudge, entry, nothing, source

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.config.model import Config
    from crawler.store import Store
    from tests.fakes import FakeClock

DAY = timedelta(days=1)


def unheard(done: int, of: int) -> None:
    """Take in how far something is."""
    assert 0 <= done <= of


class Desk:
    """A newsroom, its configuration, and what was published so far."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path, rules: str) -> None:
        self.store, self.clock, self.folder = store, clock, folder
        self.room = Newsroom(store, WordJudge({}), clock)
        self.config = self.adopt(rules)
        self._count = 0

    def adopt(self, rules: str) -> Config:
        """Judge by these rules from now on; the file is named config.yaml."""
        self.config = loaded(self.folder, f"store: sqlite:///tocsin.db\n{rules}")
        judge = self.config.judge
        self.room.ingest = Ingestor(
            self.store, judge, judge.revision, Ids(self.clock), self.clock, manner_of(self.config)
        )
        return self.config

    async def publish(self, *titles: str, outlet: str = "bbc", language: str | None = None, text: str = "") -> None:
        """Let an outlet say something new, a minute after what was said last."""
        if outlet not in self.room.sources:
            await self.room.add(source(outlet, language=language))
        for title in titles:
            self.clock.advance(timedelta(minutes=1))
            self._count += 1
            name = f"{outlet}-{self._count}"
            new = entry(name, title, text, url=f"https://{outlet}.example/{name}", published=self.clock.now())
            await self.room.visit(outlet, new)

    async def code_of(self, title: str) -> int:
        """Return the story with a title."""
        outcomes = await self.store.outcomes(self.clock.now() - 400 * DAY)
        return next(one.story for one in outcomes if one.title == title)

    async def judge(self, rule: str, relevant: bool, *titles: str, user: str = "ada") -> None:
        """Say of stories whether they are relevant to a rule."""
        for title in titles:
            why = Audit(at=self.clock.now(), user=user, channel=None, deed="fb_yes", on=title)
            story = await self.code_of(title)
            assert await self.store.people.judge(story, rule, relevant=relevant, why=why, clauses=nothing)
