"""A newsroom that judges by a configuration, so that a replay can be held against what it told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.config import load
from crawler.ids import Ids
from crawler.intake.ingest import Ingestor
from crawler.manners import manner_of
from crawler.replay.nouns import Request
from crawler.replay.running import replay
from crawler.store.archive import Archive
from tests.crawler.store.makers import Newsroom, WordJudge, source

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from crawler.config.model import Config
    from crawler.replay.nouns import Result
    from crawler.store import Store
    from spiders.source import Source
    from tests.fakes import FakeClock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOURCES = tuple(source(name) for name in ("bbc", "nhk", "afp"))
HEAD = """
store: {store}
timezone: Europe/Paris
sources:
  - {id: bbc, name: BBC, url: "https://bbc.example/feed", fulltext: never}
  - {id: nhk, name: NHK, url: "https://nhk.example/feed", fulltext: never}
  - {id: afp, name: AFP, url: "https://afp.example/feed", fulltext: never}
"""


class Press(Newsroom):
    """A newsroom with rules as users write them."""

    def __init__(self, folder: Path, store: Store, clock: FakeClock, url: str = "sqlite:///tocsin.db") -> None:
        super().__init__(store, WordJudge({}), clock)
        self.folder = folder
        self._url = url

    def rules(self, written: str, name: str = "config.yaml", store: str = "") -> Config:
        path = self.folder / name
        path.write_text(HEAD.replace("{store}", f"sqlite:///{store}" if store else self._url) + written)
        return load(path, {})

    def follow(self, config: Config) -> None:
        judge = config.judge
        self.ingest = Ingestor(self.store, judge, judge.revision, Ids(self.clock), self.clock, manner_of(config))

    async def open(self, config: Config, *sources: Source) -> None:
        """Let every source have been visited, and judge by a configuration from now on."""
        self.follow(config)
        await self.add(*(sources or SOURCES))

    async def pass_time(self, span: timedelta, step: timedelta = 10 * MINUTE) -> None:
        """Let time pass, and whatever it brings about."""
        end = self.clock.now() + span
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            await self.ingest.watch()
            await self.ingest.release()

    def tellings(self, since: datetime) -> list[tuple[str, str, str]]:
        """Return title, rule and channel of all that was told of stories."""
        with archive_of(self.folder) as archive:
            told = archive.told(since, self.clock.now() + MINUTE)
            titles = {text.story.id: text.story.title for text in archive.some([one.story for one in told])}
        return sorted((titles[one.story], one.rule, one.channel) for one in told if one.state != "withdrawn")

    def replayed(self, config: Config, since: datetime, against: Config | None = None, **changes: object) -> Result:
        request = Request(since=since, until=self.clock.now() + MINUTE, **changes)  # type: ignore[arg-type]
        *_, last = replay(config, request, against, workers=1)
        assert last.result
        return last.result


def archive_of(folder: Path) -> Archive:
    file = folder / "tocsin.db"
    archive = Archive.of(f"sqlite:///{file}" if file.exists() else load(folder / "config.yaml", {}).store)
    assert archive
    return archive
