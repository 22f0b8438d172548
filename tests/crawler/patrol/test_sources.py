import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.errors import FetchError, StoreError
from crawler.config.model import FetchConfig, HostLimits
from crawler.fetch.crawl import Fetched
from crawler.patrol.sources import Patrol
from crawler.visits.poll import Answer, Claim, Validators
from crawler.visits.standing import HostHold, Standing
from spiders.entry import Reading
from spiders.source import Source
from tests.fakes import NOON, FakeClock
from tests.fakes_frontier import FakeStore

MINUTE = timedelta(minutes=1)
READ = Fetched(
    answer=Answer.READ,
    reason="200",
    status=200,
    url="https://a.example/feed",
    size=9,
    reading=Reading(title=None, dialect="rss20"),
    validators=Validators(etag='"1"'),
)


class FakeCrawl:
    """Answers from a script; remembers when each source was visited, and how many visits ran at once."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.scripts: dict[str, list[Any]] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.visited: list[tuple[str, timedelta]] = []
        self.running = self.most = 0

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        assert claim.source == source.id
        self.visited.append((source.id, self.clock.now() - NOON))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if gate := self.gates.get(source.id):
                await gate.wait()
            await asyncio.sleep(0)
            script = self.scripts.get(source.id) or [READ]
            answer = script.pop(0) if len(script) > 1 else script[0]
            if isinstance(answer, BaseException):
                raise answer
            assert isinstance(answer, Fetched)
            return answer
        finally:
            self.running -= 1


class World:
    """A patrol over a fake store and a fake crawl."""

    def __init__(self, *urls: str, limits: FetchConfig | None = None, eager: bool = True, **options: Any) -> None:
        names = [f"s{number}" for number in range(len(urls))]
        self.clock = FakeClock(eager=eager)
        self.sources = {
            name: Source(id=name, url=url, name=name, every=5 * MINUTE) for name, url in zip(names, urls, strict=True)
        }
        self.store = FakeStore(self.sources.values(), NOON)
        self.crawl = FakeCrawl(self.clock)
        self.patrol = Patrol(
            self.store,
            self.store,
            self.crawl,
            self.sources,
            limits=limits or FetchConfig(user_agent="T"),
            clock=self.clock,
            luck=lambda: 0.5,
            **options,
        )

    async def round(self) -> int:
        count = await self.patrol.tick()
        await self.patrol.idle()
        return count


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")


async def test_what_is_due_is_visited_and_committed() -> None:
    world = World("https://a.example/feed", "https://b.example/feed")
    assert await world.round() == 2
    poll = world.store.polls[0]
    assert (poll.answer, poll.reason, poll.size, poll.reading) == (Answer.READ, "200", 9, READ.reading)
    assert poll.validators == READ.validators
    plan = world.store.plans[0]
    assert (plan.at, plan.why) == (NOON + 5 * MINUTE, "every 5m")
    assert await world.round() == 0


async def test_a_failure_is_committed_with_its_reason_and_the_old_validators() -> None:
    world = World("https://a.example/feed")
    world.crawl.scripts["s0"] = [READ, FetchError("http-404", "404 Not Found", status=404)]
    await world.round()
    world.clock.advance(5 * MINUTE)
    await world.round()
    poll = world.store.polls[1]
    assert (poll.answer, poll.reason, poll.detail, poll.status) == (Answer.FAILED, "http-404", "404 Not Found", 404)
    assert (world.store.plans[1].standing.failures, poll.validators) == (1, READ.validators)


async def test_a_fault_of_ours_is_a_failure_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    world = World("https://a.example/feed")
    world.crawl.scripts["s0"] = [KeyError("oops")]
    await world.round()
    assert [(poll.answer, poll.reason) for poll in world.store.polls] == [(Answer.FAILED, "internal")]
    assert "KeyError" in caplog.text


async def test_one_host_is_visited_one_at_a_time_a_second_apart() -> None:
    world = World(*["https://a.example/feed"] * 3)
    await world.round()
    assert [when for _, when in world.crawl.visited] == [timedelta(seconds=n) for n in range(3)]
    assert world.crawl.most == 1


async def test_a_slow_host_does_not_hold_up_others() -> None:
    limits = FetchConfig(user_agent="T", concurrency=2)
    world = World(*["https://slow.example/feed"] * 50, "https://quick.example/feed", limits=limits)
    gate = world.crawl.gates["s0"] = asyncio.Event()
    await world.patrol.tick()
    await until(lambda: any(poll.source.id == "s50" for poll in world.store.polls))
    assert not gate.is_set()
    gate.set()
    await world.patrol.idle()
    assert len(world.store.polls) == 51


async def test_no_more_visits_run_at_once_than_allowed() -> None:
    limits = FetchConfig(user_agent="T", concurrency=3)
    world = World(*[f"https://h{number}.example/" for number in range(20)], limits=limits)
    await world.round()
    assert world.crawl.most == 3


async def test_a_host_may_be_visited_by_several_at_once_when_allowed() -> None:
    limits = FetchConfig(user_agent="T", per_host=HostLimits(concurrency=2, delay=timedelta(0)))
    world = World(*["https://a.example/feed"] * 6, limits=limits)
    await world.round()
    assert world.crawl.most == 2


async def test_retry_after_holds_the_whole_host() -> None:
    world = World("https://a.example/1", "https://a.example/2", "https://b.example/")
    world.crawl.scripts["s0"] = [FetchError("http-429", status=429, retry_after=30 * MINUTE)]
    await world.round()
    assert sorted(name for name, _ in world.crawl.visited) == ["s0", "s2"]
    held, plan = next(
        pair for pair in zip(world.store.polls, world.store.plans, strict=True) if pair[0].source.id == "s1"
    )
    assert (held.answer, held.reason, plan.standing.failures) == (Answer.FAILED, "host-held", 0)
    assert plan.at == world.store.holds[0].until >= NOON + 30 * MINUTE


async def test_a_hold_is_kept_over_a_restart() -> None:
    world = World("https://a.example/1", "https://b.example/")
    world.store.holds.append(HostHold(host="a.example", until=NOON + 30 * MINUTE, reason="429 from s0"))
    await world.patrol.start()
    await world.round()
    assert [name for name, _ in world.crawl.visited] == ["s1"]
    world.clock.advance(30 * MINUTE)
    await world.round()
    assert "s0" in [name for name, _ in world.crawl.visited]


async def test_a_host_that_wants_to_be_left_alone_in_the_midst_of_a_visit_is_no_failure_either() -> None:
    world = World("https://a.example/1")
    world.crawl.scripts["s0"] = [FetchError("host-held", retry_after=30 * MINUTE)]
    await world.round()
    (plan,) = world.store.plans
    assert (plan.at, plan.standing.failures) == (NOON + 30 * MINUTE, 0)


async def test_a_source_that_has_moved_is_visited_at_its_new_host_s_turn() -> None:
    world = World("https://a.example/1", "https://b.example/2")
    world.store.rows["s0"].standing = Standing(moved_to="https://b.example/1")
    world.crawl.gates["s0"] = asyncio.Event()
    await world.patrol.tick()
    await until(lambda: world.crawl.running == 1)
    assert [name for name, _ in world.crawl.visited] == ["s0"]  # s1 waits for the same host
    world.crawl.gates["s0"].set()
    await world.patrol.idle()


async def test_a_crawl_delay_that_robots_ask_for_spaces_visits() -> None:
    world = World(*["https://a.example/feed"] * 3)
    world.patrol._turns.slow("a.example", timedelta(seconds=30))
    await world.round()
    assert [when for _, when in world.crawl.visited] == [timedelta(seconds=30 * n) for n in range(3)]


async def test_what_piled_up_is_taken_up_within_a_minute_and_then_all_is_as_ever() -> None:
    world = World(*[f"https://h{number}.example/" for number in range(450)])
    assert await world.patrol.tick(gently=True) == 200
    await world.patrol.idle()
    world.clock.advance(timedelta(seconds=1))
    assert await world.patrol.tick(gently=True) == 200
    await world.patrol.idle()
    assert await world.patrol.tick(gently=True) == 50
    await world.patrol.idle()
    for second in range(240):
        world.clock.advance(timedelta(seconds=1))
        assert await world.patrol.tick(gently=True) == 0, second
    world.clock.advance(MINUTE - timedelta(seconds=1))
    assert await world.patrol.tick(gently=True) == 450


async def test_after_a_sleep_of_the_machine_visits_are_spread_again() -> None:
    world = World(*[f"https://h{number}.example/" for number in range(450)])
    for row in world.store.rows.values():
        row.due = NOON + 10 * MINUTE
    for _ in range(90):
        await world.patrol.tick(gently=True)
        world.clock.advance(timedelta(seconds=1))
    world.clock.advance(60 * MINUTE)
    assert await world.patrol.tick(gently=True) == 200
    await world.patrol.idle()


async def test_one_round_takes_everything_that_is_due() -> None:
    world = World(*[f"https://h{number}.example/" for number in range(450)])
    assert await world.round() == 450


async def test_a_claim_that_waited_too_long_for_its_lease_is_given_back() -> None:
    slow = FetchConfig(user_agent="t", per_host=HostLimits(delay=4 * MINUTE))
    world = World(*["https://a.example/feed"] * 3, limits=slow)
    await world.round()
    assert [claim.source for claim in world.store.released] == ["s2"]
    await world.round()
    assert {poll.source.id for poll in world.store.polls} == {"s0", "s1", "s2"}


async def test_a_source_nobody_knows_is_given_back() -> None:
    world = World("https://a.example/feed")
    del world.sources["s0"]
    await world.round()
    assert [claim.source for claim in world.store.released] == ["s0"]


async def test_a_commit_that_the_store_refuses_is_tried_again_a_little_later() -> None:
    world = World("https://a.example/feed")
    world.store.break_next = StoreError("locked")
    await world.round()
    assert world.patrol.counts["refused"] == 1
    assert await world.round() == 0
    world.clock.advance(MINUTE)
    assert await world.round() == 1
    assert len(world.store.polls) == 1


async def test_what_breaks_the_judge_is_no_hot_loop_against_the_publisher(caplog: pytest.LogCaptureFixture) -> None:
    world = World("https://a.example/feed")
    world.store.break_next = ZeroDivisionError("a rule")
    await world.round()
    (poll,), (plan,) = world.store.polls, world.store.plans
    assert (poll.answer, poll.reason, plan.standing.failures) == (Answer.FAILED, "internal", 1)
    assert poll.validators == poll.claim.validators
    assert plan.at > world.clock.now() + 3 * MINUTE
    assert await world.round() == 0
    assert world.patrol.counts["lost"] == 1
    assert "ZeroDivisionError" in caplog.text


async def test_a_store_that_fails_is_told_once_and_work_goes_on_when_it_works_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World("https://a.example/feed")
    gate = world.crawl.gates["s0"] = asyncio.Event()
    await world.patrol.tick()
    await until(lambda: world.crawl.running == 1)
    world.store.refuses = True
    gate.set()
    await world.patrol.idle()
    assert await world.round() == await world.round() == 0
    world.store.refuses = False
    assert await world.round() == 1
    assert len(world.store.polls) == 1
    events = [record.getMessage() for record in caplog.records]
    assert (events.count("store-fails"), events.count("store-works-again")) == (1, 1)


@pytest.mark.parametrize(("answer", "visited"), [(READ, 16 + 3), (replace(READ, reading=None), 100)])
async def test_while_the_store_is_behind_few_documents_are_kept_in_memory(answer: Fetched, visited: int) -> None:
    limits = FetchConfig(user_agent="T", concurrency=3)
    world = World(*[f"https://h{number}.example/" for number in range(100)], limits=limits)
    world.crawl.scripts |= {name: [answer] for name in world.sources}
    world.store.takes_in.clear()
    await world.patrol.tick()
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert len(world.crawl.visited) == visited
    world.store.takes_in.set()
    await world.patrol.idle()
    assert sorted(poll.source.id for poll in world.store.polls) == sorted(world.sources)


async def test_drain_gives_back_what_waits_for_a_store_that_is_behind() -> None:
    world = World(*[f"https://h{number}.example/" for number in range(20)])
    world.store.takes_in.clear()
    await world.patrol.tick()
    await until(lambda: len(world.crawl.visited) == 20 and world.crawl.running == 0)
    draining = asyncio.create_task(world.patrol.drain(timedelta(0)))
    await until(lambda: len(world.store.released) == 4)
    world.store.takes_in.set()
    await draining
    await world.patrol.idle()
    assert len(world.store.polls) == 16


async def test_drain_lets_visits_end_and_gives_the_waiting_back() -> None:
    world = World(*["https://a.example/feed"] * 3)
    gate = world.crawl.gates["s0"] = asyncio.Event()
    await world.patrol.tick()
    await until(lambda: world.crawl.running == 1)
    draining = asyncio.create_task(world.patrol.drain(timedelta(seconds=5)))
    await until(lambda: len(world.store.released) == 2)
    gate.set()
    await draining
    assert [poll.source.id for poll in world.store.polls] == ["s0"]
    assert await world.patrol.tick() == 0


async def test_drain_cuts_off_what_takes_too_long_and_gives_it_back() -> None:
    world = World("https://a.example/feed", "https://b.example/feed")
    world.crawl.gates["s0"] = asyncio.Event()
    await world.patrol.tick()
    await until(lambda: len(world.store.polls) == 1)
    await world.patrol.drain(timedelta(0))
    assert [claim.source for claim in world.store.released] == ["s0"]


async def test_a_claim_that_was_just_taken_is_given_back_too() -> None:
    world = World("https://a.example/feed")
    ticking = asyncio.create_task(world.patrol.tick())
    await asyncio.sleep(0)
    await world.patrol.drain(timedelta(seconds=5))
    await ticking
    assert len(world.store.released) + len(world.store.polls) == 1


async def test_a_visit_that_the_stopping_crawl_refuses_is_no_failure_of_the_source() -> None:
    world = World("https://a.example/feed")
    world.crawl.scripts["s0"] = [FetchError("stopped")]
    await world.round()
    assert world.store.polls == []
    assert len(world.store.released) == 1


async def test_a_change_of_state_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="crawler.patrol.sources")
    world = World("https://a.example/feed")
    dns, dead = FetchError("dns"), FetchError("http-404", status=404)
    world.crawl.scripts["s0"] = [READ, dns, dns, dead, READ, READ]
    for _ in range(6):
        await world.round()
        world.clock.advance(timedelta(days=1))
    events = [(record.getMessage(), vars(record).get("reason")) for record in caplog.records]
    assert events == [("failing", "dns"), ("failing", "http-404"), ("down", None), ("recovered", None)]
    loud = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert loud == ["down", "recovered"]


async def test_what_changes_in_how_a_source_does_is_logged_as_loud_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="crawler.patrol.sources")
    world = World("https://a.example/feed")
    moved = replace(READ, moved_to="https://b.example/feed")
    world.crawl.scripts["s0"] = [moved, moved, moved, FetchError("gone", status=410)]
    for _ in range(4):
        await world.round()
        world.clock.advance(timedelta(days=1))
    said = [(record.levelname, record.getMessage(), vars(record).get("detail")) for record in caplog.records]
    assert said == [
        ("WARNING", "moved", said[0][2]),
        ("INFO", "failing", ""),
        ("WARNING", "gone", "its server says that it is gone for good (410): it will be asked twice more"),
        ("INFO", "moved-back", "https://b.example/feed fails: back to https://a.example/feed"),
    ]


async def test_a_source_that_left_and_came_back_fails_anew(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="crawler.patrol.sources")
    world = World("https://a.example/feed")
    world.crawl.scripts["s0"] = [FetchError("http-404", status=404)] * 3
    for sources in (world.sources, {}, world.sources):
        world.patrol.replace(sources, FetchConfig(user_agent="T"))
        world.clock.advance(timedelta(days=1))
        await world.round()
    assert [record.getMessage() for record in caplog.records] == ["failing", "failing"]


async def test_where_a_source_leads_is_told_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="crawler.patrol.sources")
    world = World("https://a.example/feed")
    home, moved = (replace(READ, url=f"https://a.example/{path}") for path in ("feed", "new"))
    world.crawl.scripts["s0"] = [home, moved, moved, home]
    for _ in range(4):
        await world.round()
        world.clock.advance(5 * MINUTE)
    assert [(record.getMessage(), vars(record)["to"]) for record in caplog.records] == [
        ("redirected", "https://a.example/new"),
        ("redirected", "https://a.example/feed"),
    ]


async def test_hosts_with_nothing_to_remember_are_forgotten() -> None:
    world = World(*[f"https://h{number}.example/" for number in range(1_002)])
    await world.round()
    world.clock.advance(5 * MINUTE)
    world.store.rows.clear()
    await world.round()
    assert world.patrol._turns._hosts == {}


async def test_a_source_that_joins_is_visited_and_one_that_leaves_is_given_back() -> None:
    world = World("https://a.example/feed", "https://b.example/feed")
    limits = FetchConfig(user_agent="T")
    world.patrol.replace({"s1": world.sources["s1"]}, limits)
    await world.round()
    assert [name for name, _ in world.crawl.visited] == ["s1"]
    world.patrol.replace(world.sources, limits)
    await world.round()
    assert [name for name, _ in world.crawl.visited] == ["s1", "s0"]


async def test_a_new_pace_holds_from_the_next_turn_on() -> None:
    world = World(*["https://a.example/feed"] * 2)
    await world.round()
    hurried = FetchConfig(user_agent="T", per_host=HostLimits(concurrency=2, delay=timedelta(0)))
    world.patrol.replace(world.sources, hurried)
    world.clock.advance(10 * MINUTE)
    await world.round()
    first, second = (when for _, when in world.crawl.visited[-2:])
    assert first == second
    assert world.crawl.most == 2


async def test_a_new_limit_over_all_hosts_holds_from_the_next_turn_on() -> None:
    urls = [f"https://{name}.example/feed" for name in "abc"]
    world = World(*urls, limits=FetchConfig(user_agent="T", concurrency=1))
    await world.round()
    assert world.crawl.most == 1
    world.patrol.replace(world.sources, FetchConfig(user_agent="T", concurrency=3))
    world.clock.advance(10 * MINUTE)
    await world.round()
    assert world.crawl.most == 3


async def test_the_log_tells_no_address_that_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="crawler.patrol.sources")
    world = World("https://user:sesame@a.example/sesame/feed?key=sesame", concealed={"s0"})
    url = world.sources["s0"].url
    moved = replace(READ, url=f"{url}&moved=1", moved_to=f"{url}&moved=1")
    world.crawl.scripts["s0"] = [moved, moved, moved, FetchError("bad-redirect", f"from {url} to nowhere"), READ]
    for _ in range(5):
        await world.round()
        world.clock.advance(timedelta(days=1))
    told = {record.getMessage(): vars(record) for record in caplog.records}
    assert {"redirected", "moved", "failing", "moved-back"} <= told.keys()
    assert told["failing"]["url"] == "https://a.example/…"
    assert told["failing"]["detail"] == "from https://a.example/… to nowhere"
    assert "sesame" not in repr([vars(record) for record in caplog.records])
    kept = [text for plan in world.store.plans for text in (event.text for event in plan.events)]
    assert any(text.startswith("moved to https://a.example/…: ") for text in kept)
    assert "sesame" not in repr([kept, [poll.detail for poll in world.store.polls]])
    world.patrol.replace(world.sources, FetchConfig(user_agent="T"))
    world.crawl.scripts["s0"] = [FetchError("dns")]
    await world.round()
    assert vars(caplog.records[-1])["url"] == "https://a.example/sesame/feed?key=REDACTED"


async def test_of_a_new_address_no_credentials_are_kept() -> None:
    world = World("https://a.example/feed")
    there = "https://user:sesame@b.example/feed?page=2&token=sesame"
    world.crawl.scripts["s0"] = [replace(READ, url=there, moved_to=there)] * 3
    for _ in range(3):
        await world.round()
        world.clock.advance(5 * MINUTE)
    (moved,) = world.store.plans[-1].events
    assert moved.text.startswith("moved to https://b.example/feed?page=2&token=REDACTED: ")
    assert world.store.plans[-1].standing.moved_to == there, "it is visited there"
