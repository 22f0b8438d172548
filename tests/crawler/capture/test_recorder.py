from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import FetchError
from crawler.capture.commits import Act, Commit
from crawler.capture.exchange import Kind
from crawler.capture.recorder import Recorder
from crawler.visits.page import PageAnswer, PageClaim, PageState, PageVisit
from spiders.source import Source
from spiders.web import WebSpider
from tests.crawler.capture.makers import URL, page
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from crawler.capture.exchange import Exchange
    from crawler.visits.poll import Validators
    from spiders.base import Page, SourceSpider

PATIENCE = timedelta(seconds=10)
SOURCE = Source(id="wire", url=URL, name="Wire")


class Kept:
    """A shelf in memory, whose disk may fail."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.commits: list[Commit] = []
        self.rules: dict[str, Mapping[str, object]] = {}
        self.full = False
        self.closed = False

    def write(self, notes: Sequence[Exchange | Commit], now: datetime) -> int:
        del now
        if self.full:
            raise OSError(28, "No space left on device")
        self.exchanges += (one for one in notes if not isinstance(one, Commit))
        self.commits += (one for one in notes if isinstance(one, Commit))
        return 100 * len(notes)

    def keep_rules(
        self, revision: str, rules: Mapping[str, object], now: datetime, names: Mapping[str, object]
    ) -> None:
        del now, names
        if self.full:
            raise OSError(28, "No space left on device")
        self.rules[revision] = rules

    def close(self) -> None:
        self.closed = True


class Web:
    """A Fetcher with one page."""

    spider: type[SourceSpider] = WebSpider

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Page:
        del headers
        if "bad" in url:
            raise FetchError(url.rpartition("/")[2].removeprefix("bad-"), "no luck")
        return page(b"x" * 1_000, url=url)


class Reader:
    """A PageReader that asks for its page, or is forbidden to."""

    def __init__(self, recorder: Recorder, ban: str | None = None) -> None:
        self._web = recorder.around(Web())
        self._ban = ban

    def known_ban(self, url: str) -> str | None:
        del url
        return self._ban

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        del source, known, fast
        if "robots" in url:
            raise FetchError("robots", "a rule")
        await self._web.fetch(url, {})
        return PageAnswer(reason="200")


async def test_requests_are_kept_in_the_visit_that_made_them_also_in_its_tasks() -> None:
    shelf, clock = Kept(), FakeClock()
    recorder = Recorder(shelf, clock, ["hush-hush"])
    web = recorder.around(Web())
    recorder.start()
    with recorder.occasion(Kind.SOURCE, SOURCE, URL):
        await asyncio.gather(*(web.fetch(f"https://wire.example/{n}?token=hush-hush", {}) for n in range(3)))
    with recorder.occasion(Kind.SOURCE, SOURCE, URL):
        with pytest.raises(FetchError):
            await web.fetch("https://wire.example/bad-timeout", {})
        with pytest.raises(FetchError):
            await web.fetch("https://wire.example/bad-stopped", {})
    await web.fetch("https://wire.example/alone", {})
    await recorder.stop(PATIENCE)
    visits = [one.occasion.id if one.occasion else None for one in shelf.exchanges]
    assert len(set(visits[:3])) == 1
    assert visits[3] not in {visits[0], None}
    assert visits[4:] == [None]
    assert shelf.exchanges[3].failure is not None
    assert shelf.exchanges[3].failure.reason == "timeout"
    assert not any("hush" in one.url for one in shelf.exchanges)
    assert recorder.counts == {"kept": 5, "bytes": 500}
    assert shelf.closed


async def test_a_visit_that_asked_for_nothing_is_kept_with_its_reason() -> None:
    shelf = Kept()
    recorder = Recorder(shelf, FakeClock())
    reader = recorder.reading(Reader(recorder))
    with pytest.raises(FetchError, match="robots"):
        await reader.article("https://wire.example/robots-say-no", SOURCE, known=None, fast=False)  # type: ignore[arg-type]
    banned = recorder.reading(Reader(recorder, ban="a rule"))
    assert banned.known_ban("https://wire.example/x") == "a rule"
    await reader.article("https://wire.example/page", SOURCE, known=None, fast=False)  # type: ignore[arg-type]
    await recorder.stop(PATIENCE)
    first, second, third = shelf.exchanges
    assert first.asked is None
    assert (first.failure and first.failure.reason, second.failure and second.failure.reason) == ("robots", "robots")
    assert third.page is not None
    assert {one.occasion.kind for one in shelf.exchanges if one.occasion} == {Kind.PAGE}


async def test_a_full_disk_costs_the_capture_and_never_a_visit(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Kept()
    shelf.full = True
    recorder = Recorder(shelf, FakeClock())
    web = recorder.around(Web())
    await recorder.keep_rules("r", {})
    for _ in range(3):
        await web.fetch(URL, {})
    recorder.start()
    async with asyncio.timeout(10):
        while not recorder.counts["lost"]:  # noqa: ASYNC110 -- it is counted on the loop, without an event
            await asyncio.sleep(0)
    shelf.full = False
    await web.fetch(URL, {})
    await recorder.stop(PATIENCE)
    assert recorder.counts == {"lost": 3, "kept": 1, "bytes": 100}
    said = [record.message for record in caplog.records]
    assert said == ["capture-refused", "capture-works-again"]


async def test_what_exceeds_the_room_is_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Kept()
    recorder = Recorder(shelf, FakeClock(), room=5_000)
    web = recorder.around(Web())
    for _ in range(6):
        await web.fetch(URL, {})
    await recorder.stop(PATIENCE)
    assert recorder.counts == {"lost": 4, "kept": 2, "bytes": 200}
    assert [record.message for record in caplog.records] == ["capture-behind"]


async def test_a_commit_names_the_visit_that_its_task_made() -> None:
    shelf = Kept()
    recorder = Recorder(shelf, FakeClock())
    web = recorder.around(Web())

    async def visit(name: str) -> None:
        with recorder.occasion(Kind.PAGE, SOURCE, name):
            await web.fetch(name, {})
        commit(name)

    def commit(name: str) -> None:
        claim = PageClaim(story=1, source="wire", url=name, due=NOON, token=1)
        done = PageVisit(claim=claim, at=NOON, state=PageState.FAILED, reason="host-held")
        with recorder.minutes.visit(done, NOON, []) as steps:
            steps[-1](None)  # type: ignore[arg-type]  # it asks nothing

    async def kept_back() -> None:
        commit("https://wire.example/held")

    await asyncio.gather(visit("https://wire.example/1"), visit("https://wire.example/2"))
    await asyncio.create_task(kept_back())
    await recorder.stop(PATIENCE)
    urls = {one.occasion.id: one.url for one in shelf.exchanges if one.occasion}
    visits = [one for one in shelf.commits if one.act is Act.VISIT]
    assert [urls[one.visit or ""] for one in visits] == [f"https://wire.example/{name}" for name in ("1", "2", "held")]
    held = shelf.exchanges[-1].failure
    assert held is not None
    assert held.reason == "host-held"
    assert recorder.counts["kept"] == 3
