from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts.errors import FetchError, StoreError
from crawler.config.model import FetchConfig, HostLimits
from crawler.patrol.pages import LEASE, PagePatrol
from crawler.patrol.turns import Turns
from crawler.visits.page import TRIES, PageAnswer, PageClaim, PageState, PageVisit
from crawler.visits.poll import Tally, Validators
from spiders.article import Article
from tests.crawler.store.makers import source
from tests.fakes import NOON, FakeClock
from tests.fakes_outbox import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pytest

    from spiders.source import Source

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
ARTICLE = Article(title="Talks", text="All of it", method="extraction", notes=("drift: article.date matches nothing",))


@dataclass(slots=True)
class Row:
    """What a store knows of one page."""

    url: str
    due: datetime | None
    token: int = 0
    leased_until: datetime | None = None
    attempts: int = 0


@dataclass(slots=True)
class FakePages:
    """Claims, releases and commits pages as a store does."""

    rows: dict[int, Row]
    visits: list[PageVisit] = field(default_factory=list)
    released: list[PageClaim] = field(default_factory=list)
    break_next: list[Exception] = field(default_factory=list)  # what the next commits raise
    refuses: bool = False  # every call, as a full disk makes a store do

    async def claim_pages(self, now: datetime, limit: int, lease: timedelta) -> Sequence[PageClaim]:
        self._check()
        due = [one for one, row in self.rows.items() if row.due and row.due <= now and self._is_free(row, now)]
        return [self._claim(one, now + lease) for one in due[:limit]]

    async def release_page(self, claim: PageClaim, *, not_before: datetime | None = None) -> None:
        self._check()
        self.released.append(claim)
        row = self.rows[claim.story]
        if row.token == claim.token:
            row.leased_until, row.due = None, not_before or row.due

    async def commit_page(self, visit: PageVisit) -> Tally:
        self._check()
        if self.break_next:
            raise self.break_next.pop(0)
        row = self.rows[visit.claim.story]
        if row.leased_until is None or row.token != visit.claim.token:
            raise StoreError("the lease has passed to another")
        row.leased_until, row.due, row.attempts = None, visit.next_at, row.attempts + 1
        self.visits.append(visit)
        return Tally()

    def free(self) -> None:
        for row in self.rows.values():
            assert row.leased_until is None, row

    def _check(self) -> None:
        if self.refuses:
            raise StoreError("the disk is full")

    def _claim(self, story: int, until: datetime) -> PageClaim:
        row = self.rows[story]
        assert row.due
        row.token, row.leased_until = row.token + 1, until
        return PageClaim(story=story, source="bbc", url=row.url, due=row.due, token=row.token, attempts=row.attempts)

    @staticmethod
    def _is_free(row: Row, now: datetime) -> bool:
        return row.leased_until is None or row.leased_until <= now


class FakeReader:
    """Reads pages as a script says; remembers when, and how many at once."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.scripts: dict[str, list[Any]] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.read: list[tuple[str, timedelta]] = []
        self.asked: list[tuple[Validators, bool]] = []
        self.bans: dict[str, str] = {}
        self.running = self.most = 0

    def known_ban(self, url: str) -> str | None:
        return self.bans.get(url)

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        assert source.id == "bbc"
        self.asked.append((known, fast))
        self.read.append((url, self.clock.now() - NOON))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if gate := self.gates.get(url):
                await gate.wait()
            await asyncio.sleep(0)
            script = self.scripts.get(url) or [ARTICLE]
            answer = script.pop(0) if len(script) > 1 else script[0]
            if isinstance(answer, BaseException):
                raise answer
            return answer if isinstance(answer, PageAnswer) else PageAnswer(reason="200", article=answer)
        finally:
            self.running -= 1


class World:
    """A patrol of pages over a fake store and a fake reader."""

    def __init__(self, *urls: str, limits: FetchConfig | None = None) -> None:
        self.clock = FakeClock()
        self.store = FakePages({number: Row(url, NOON) for number, url in enumerate(urls, 1)})
        self.reader = FakeReader(self.clock)
        self.turns = Turns(limits or FetchConfig(user_agent="T"), self.clock)
        self.patrol = PagePatrol(
            self.store,
            self.store,
            self.reader,
            {"bbc": source()},
            turns=self.turns,
            clock=self.clock,
            luck=lambda: 0.5,
        )

    async def round(self) -> int:
        count = await self.patrol.tick()
        await self.patrol.idle()
        return count

    @property
    def ends(self) -> list[tuple[PageState, str]]:
        return [(visit.state, visit.reason) for visit in self.store.visits]


A, B = "https://a.example/1", "https://b.example/1"
READ = (PageState.READ, "200")


# ---------------------------------------------------------------- a visit and its end


async def test_what_is_due_is_read_and_committed_with_how_it_was_found() -> None:
    world = World(A, B)
    assert await world.round() == 2
    assert world.ends == [READ, READ]
    visit = world.store.visits[0]
    assert (visit.article, visit.at, visit.next_at) == (ARTICLE, NOON, None)
    assert visit.detail == "by extraction; drift: article.date matches nothing"
    assert await world.round() == 0
    assert world.patrol.counts == {"read": 2}


async def test_a_passing_failure_is_tried_again_when_its_wait_is_over() -> None:
    world = World(A)
    world.reader.scripts[A] = [FetchError("timeout", "no answer"), ARTICLE]
    await world.round()
    (visit,) = world.store.visits
    assert (visit.state, visit.next_at, visit.article) == (PageState.DUE, NOON + MINUTE, None)
    world.clock.advance(MINUTE - SECOND)
    assert await world.round() == 0
    world.clock.advance(SECOND)
    await world.round()
    assert world.ends == [(PageState.DUE, "timeout"), READ]


async def test_after_so_many_passing_failures_a_page_is_given_up() -> None:
    world = World(A)
    world.reader.scripts[A] = [FetchError("timeout")]
    for _ in range(TRIES + 3):
        await world.round()
        world.clock.advance(timedelta(hours=5))
    assert world.ends == [*[(PageState.DUE, "timeout")] * (TRIES - 1), (PageState.FAILED, "timeout")]


async def test_a_final_failure_is_asked_for_once() -> None:
    world = World(A)
    world.reader.scripts[A] = [FetchError("http-403", "403 Forbidden", status=403)]
    await world.round()
    world.clock.advance(timedelta(days=1))
    assert await world.round() == 0
    (visit,) = world.store.visits
    assert (visit.state, visit.reason, visit.detail) == (PageState.FAILED, "http-403", "403 Forbidden")


async def test_a_page_whose_source_left_the_configuration_fails_without_a_request() -> None:
    world = World(A)
    world.patrol.replace({})
    await world.round()
    assert world.ends == [(PageState.FAILED, "source-removed")]
    assert world.reader.read == []


async def test_a_fault_of_ours_is_a_passing_failure(caplog: pytest.LogCaptureFixture) -> None:
    world = World(A, B)
    world.reader.scripts[A] = [KeyError("oops"), ARTICLE]
    await world.round()
    assert (PageState.DUE, "internal") in world.ends
    assert READ in world.ends
    assert "KeyError" in caplog.text


# ---------------------------------------------------------------- hosts


async def test_one_host_s_pages_are_read_one_at_a_time_a_second_apart_and_no_other_host_waits() -> None:
    world = World(*(f"https://a.example/{n}" for n in range(3)), B)
    await world.round()
    of_a = [when for url, when in world.reader.read if "a.example" in url]
    assert of_a == [0 * SECOND, 1 * SECOND, 2 * SECOND]
    assert world.store.visits[1].claim.url == B


async def test_a_page_that_is_known_to_be_forbidden_takes_no_turn_from_the_others() -> None:
    world = World(*(f"https://a.example/{n}" for n in range(4)))
    world.reader.bans = {f"https://a.example/{n}": "the rule `Disallow: /`" for n in range(3)}
    await world.round()
    assert world.reader.read == [("https://a.example/3", 0 * SECOND)]
    assert [(visit.reason, visit.detail) for visit in world.store.visits[:3]] == 3 * [
        ("robots", "the rule `Disallow: /`")
    ]


async def test_pages_and_feeds_of_a_host_share_its_turns() -> None:
    world = World(A)
    there, leave = asyncio.Event(), asyncio.Event()

    async def visit_a_feed() -> None:
        async with world.turns.turn("a.example"):
            there.set()
            await leave.wait()

    feed = asyncio.create_task(visit_a_feed())
    await there.wait()
    await world.patrol.tick()
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.reader.read == []
    leave.set()
    await world.patrol.idle()
    await feed
    assert world.ends == [READ]


async def test_a_host_that_says_that_it_is_too_much_is_left_alone_with_all_its_pages() -> None:
    world = World(*(f"https://a.example/{n}" for n in range(3)), B)
    busy = FetchError("http-429", "429 Too Many Requests", status=429, retry_after=30 * MINUTE)
    world.reader.scripts["https://a.example/0"] = [busy, ARTICLE]
    await world.round()
    assert [url for url, _ in world.reader.read] == ["https://a.example/0", B]
    assert sorted(reason for _, reason in world.ends) == ["200", "host-held", "host-held", "http-429"]
    assert await world.round() == 0
    world.clock.advance(31 * MINUTE)
    await world.round()
    assert world.ends[-3:] == [READ] * 3
    assert all(when >= 30 * MINUTE for _, when in world.reader.read[2:])


async def test_a_host_that_is_overloaded_and_names_no_time_is_left_alone_until_the_next_try() -> None:
    world = World(A, "https://a.example/2")
    world.reader.scripts[A] = [FetchError("http-503", status=503), ARTICLE]
    await world.round()
    assert [reason for _, reason in world.ends] == ["http-503", "host-held"]
    world.clock.advance(MINUTE + SECOND)
    await world.round()
    assert world.ends[2:] == [READ, READ]


# ---------------------------------------------------------------- no claim is lost


async def test_a_claim_whose_turn_comes_when_its_lease_is_nearly_over_is_given_back_and_due_again() -> None:
    slow = FetchConfig(user_agent="T", per_host=HostLimits(delay=4 * MINUTE))
    world = World(*(f"https://a.example/{n}" for n in range(5)), limits=slow)
    await world.round()
    assert len(world.store.visits) == 3  # at 0, 4 and 8 minutes of a quarter of an hour, a visit may last 5
    assert len(world.store.released) == 2
    world.store.free()
    await world.round()
    assert world.ends == [READ] * 5


async def test_a_visit_that_outlived_its_lease_writes_nothing_and_the_page_is_read_again() -> None:
    world = World(A)
    gate = world.reader.gates[A] = asyncio.Event()
    await world.patrol.tick()
    await until(lambda: world.reader.running == 1)
    world.clock.advance(LEASE)
    (other,) = await world.store.claim_pages(world.clock.now(), 1, LEASE)
    gate.set()
    await world.patrol.idle()
    assert world.store.visits == []
    assert world.store.rows[1].leased_until is not None  # what the other holds was not taken from it
    await world.store.release_page(other)
    await world.round()
    assert world.ends == [READ]


async def test_a_commit_that_the_store_refuses_is_tried_again_a_little_later() -> None:
    world = World(A)
    world.store.break_next = [StoreError("locked")]
    await world.round()
    world.store.free()
    assert await world.round() == 0
    world.clock.advance(MINUTE)
    assert await world.round() == 1
    assert world.ends == [READ]


async def test_what_the_store_cannot_take_back_is_offered_at_every_tick() -> None:
    world = World(A)
    gate = world.reader.gates[A] = asyncio.Event()
    await world.patrol.tick()
    await until(lambda: world.reader.running == 1)
    world.store.refuses = True
    gate.set()
    await world.patrol.idle()
    assert await world.round() == await world.round() == 0
    world.store.refuses = False
    assert await world.round() == 1
    assert world.ends == [READ]


async def test_a_page_that_breaks_the_judge_fails_for_now_and_keeps_nothing_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(A)
    world.store.break_next = [ZeroDivisionError("a rule")]
    await world.round()
    (visit,) = world.store.visits
    assert (visit.state, visit.reason, visit.next_at) == (PageState.DUE, "internal", NOON + MINUTE)
    assert "ZeroDivisionError" in caplog.text


async def test_a_failure_that_cannot_even_be_written_down_is_given_back_but_not_at_once() -> None:
    world = World(A)
    world.store.break_next = [ZeroDivisionError("a rule"), ZeroDivisionError("a rule")]
    await world.round()
    world.store.free()
    assert world.store.visits == []
    assert await world.round() == 0
    world.clock.advance(MINUTE)
    await world.round()
    assert world.ends == [READ]


async def test_a_store_that_fails_is_no_end_of_the_patrol() -> None:
    world = World(A)
    world.store.refuses = True
    assert await world.patrol.tick() == 0
    world.store.refuses = False
    assert await world.round() == 1


# ---------------------------------------------------------------- the end


async def test_drain_gives_back_what_is_being_read_and_claims_no_more() -> None:
    world = World(A, "https://a.example/2", B)
    world.reader.gates = {A: asyncio.Event(), B: asyncio.Event()}
    await world.patrol.tick()
    await until(lambda: world.reader.running == 2)
    await world.patrol.drain(timedelta(seconds=5))
    assert sorted(claim.story for claim in world.store.released) == [1, 2, 3]
    world.store.free()
    assert await world.patrol.tick() == 0


async def test_drain_lets_a_commit_end() -> None:
    world = World(A)
    held, commit = asyncio.Event(), world.store.commit_page

    class Slow(FakePages):
        async def commit_page(self, visit: PageVisit) -> Tally:
            await held.wait()
            return await commit(visit)

    slow = Slow(world.store.rows)
    patrol = PagePatrol(slow, slow, world.reader, {"bbc": source()}, turns=world.turns, clock=world.clock)
    await patrol.tick()
    await until(lambda: bool(world.reader.read) and not world.reader.running)
    for _ in range(5):
        await asyncio.sleep(0)
    draining = asyncio.create_task(patrol.drain(timedelta(seconds=5)))
    await asyncio.sleep(0)
    held.set()
    await draining
    assert world.ends == [READ]
    assert slow.released == []


async def test_claims_that_the_store_hands_out_while_the_patrol_drains_are_given_back() -> None:
    world = World(A)
    asked, answer, claim_pages = asyncio.Event(), asyncio.Event(), world.store.claim_pages

    class Slow(FakePages):
        async def claim_pages(self, now: datetime, limit: int, lease: timedelta) -> Sequence[PageClaim]:
            asked.set()
            await answer.wait()
            return await claim_pages(now, limit, lease)

    slow = Slow(world.store.rows)
    world.reader.gates[A] = asyncio.Event()
    patrol = PagePatrol(slow, slow, world.reader, {"bbc": source()}, turns=world.turns, clock=world.clock)
    ticking = asyncio.create_task(patrol.tick())
    await asked.wait()
    draining = asyncio.create_task(patrol.drain(timedelta(seconds=5)))
    await asyncio.sleep(0)
    answer.set()
    await asyncio.gather(ticking, draining)
    assert [claim.story for claim in slow.released] == [1]
    slow.free()


async def test_a_page_that_the_stopping_crawl_refuses_is_no_failure() -> None:
    world = World(A)
    world.reader.scripts[A] = [FetchError("stopped")]
    await world.round()
    assert world.store.visits == []
    assert [claim.story for claim in world.store.released] == [1]
