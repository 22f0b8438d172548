"""What the patrol of pages does on a visit after the first, and when very many pages are due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import FetchError
from crawler.config.model import FetchConfig
from crawler.patrol.pages import BACKLOG, PagePatrol
from crawler.patrol.turns import Turns
from crawler.visits.page import TRIES, PageAnswer, PageClaim, PageState, PageVisit
from crawler.visits.poll import Tally, Validators
from spiders.article import Article
from spiders.source import Fulltext
from tests.crawler.store.makers import source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from spiders.source import Source

KNOWN = Validators(etag='"1"', body_hash=b"0" * 16)
ARTICLE = Article(title="Talks", text="All of it", method="extraction")
READ = PageAnswer(reason="200", article=ARTICLE, validators=Validators(etag='"2"'))


def claim(story: int = 1, **changes: Any) -> PageClaim:
    values: dict[str, Any] = {
        "url": f"https://h{story}.example/1",
        "state": PageState.READ,
        "reads": 1,
        "validators": KNOWN,
    }
    return PageClaim(story=story, source="bbc", due=NOON, token=1, **values | changes)


class World:
    """A patrol that is handed these claims once, and whose pages all answer alike."""

    def __init__(self, *claims: PageClaim, answer: PageAnswer | FetchError = READ, of: Source | None = None) -> None:
        self.clock = FakeClock()
        self.claims = list(claims)
        self.answer = answer
        self.asked: list[tuple[Validators, bool]] = []
        self.visits: list[PageVisit] = []
        sources = {"bbc": of or source(fulltext=Fulltext.AUTO)}
        turns = Turns(FetchConfig(user_agent="T"), self.clock)
        self.patrol = PagePatrol(self, self, self, sources, turns=turns, clock=self.clock, luck=lambda: 0.5)

    async def claim_pages(self, _now: datetime, limit: int, _lease: timedelta) -> Sequence[PageClaim]:
        return [self.claims.pop() for _ in range(min(limit, len(self.claims)))]

    async def release_page(self, claim: PageClaim, *, not_before: datetime | None = None) -> None:
        raise AssertionError((claim, not_before))

    async def commit_page(self, visit: PageVisit) -> Tally:
        self.visits.append(visit)
        return Tally()

    def known_ban(self, url: str) -> None:
        del url

    async def article(self, _url: str, _source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        self.asked.append((known, fast))
        if isinstance(self.answer, FetchError):
            raise self.answer
        return self.answer

    async def round(self) -> PageVisit:
        await self.patrol.tick()
        await self.patrol.idle()
        return self.visits[0]


async def test_a_page_is_asked_for_by_what_is_known_of_it_and_that_is_renewed() -> None:
    world = World(claim())
    visit = await world.round()
    assert world.asked == [(KNOWN, False)]
    assert (visit.state, visit.article, visit.validators) == (PageState.READ, ARTICLE, Validators(etag='"2"'))


async def test_an_unchanged_page_is_a_visit_without_an_article() -> None:
    visit = await World(claim(), answer=PageAnswer(reason="304", validators=KNOWN)).round()
    assert (visit.state, visit.reason, visit.article, visit.validators) == (PageState.READ, "304", None, KNOWN)
    assert visit.detail == "visited again: 304, so it has not changed"


@pytest.mark.parametrize("state", [PageState.READ, PageState.FAILED])
async def test_a_failure_that_may_pass_is_tried_again_and_the_page_stays_what_it_was(state: PageState) -> None:
    visit = await World(claim(state=state), answer=FetchError("timeout", "no answer")).round()
    assert (visit.state, visit.next_at) == (state, NOON + timedelta(minutes=1))
    assert visit.detail == "visited again: timeout, try 1 of 4, again in 1m: no answer"


@pytest.mark.parametrize(
    ("failure", "attempts"), [(FetchError("http-404", status=404), 0), (FetchError("timeout"), TRIES - 1)]
)
async def test_any_other_failure_ends_the_visit_and_when_to_look_again_is_not_the_patrol_s_affair(
    failure: FetchError, attempts: int
) -> None:
    visit = await World(claim(attempts=attempts), answer=failure).round()
    assert (visit.state, visit.reason, visit.next_at) == (PageState.READ, failure.reason, None)


async def test_a_source_that_wants_no_pages_any_more_is_not_asked_again() -> None:
    world = World(claim(), of=source(fulltext=Fulltext.NEVER))
    visit = await world.round()
    assert world.asked == []
    assert "`fulltext: never`" in visit.detail


async def test_a_backlog_is_read_in_haste_and_that_is_written_down() -> None:
    first = {"state": PageState.DUE, "reads": 0, "validators": Validators()}
    world = World(*(claim(story, **first) for story in range(BACKLOG + 1)))
    await world.round()
    assert {fast for _, fast in world.asked} == {visit.fast for visit in world.visits} == {True}
    assert {visit.detail for visit in world.visits} == {
        f"by extraction; read in haste, as {BACKLOG + 1} pages were due"
    }


async def test_as_many_as_that_are_no_backlog() -> None:
    first = {"state": PageState.DUE, "reads": 0}
    world = World(*(claim(story, **first) for story in range(BACKLOG)))
    await world.round()
    assert not any(fast for _, fast in world.asked)
    assert {visit.detail for visit in world.visits} == {"by extraction"}


@pytest.mark.parametrize("fast", [True, False])
async def test_a_page_is_read_again_as_it_was_read_first_or_it_would_seem_changed(fast: bool) -> None:
    world = World(*(claim(story, fast=fast) for story in range(BACKLOG + 1)))
    await world.round()
    assert {haste for _, haste in world.asked} == {fast}
    assert {visit.fast for visit in world.visits} == {fast}
